//! A file on its way into one collection: as it is, or, for a table, as it was understood.

use super::encoding_choice::parse_encoding;
use super::file_properties::FileProperties;
use super::import_format::ImportFormat;
use super::progress::ImportProgress;
use super::row_reader::{RowOptions, RowReader};
use super::source::ImportSource;
use super::source_bounds::SourceBounds;
use super::source_facts::SourceFacts;
use super::table::{
    ABOUT_SHEET, CellCorrection, ColumnLayout, ExportedWorkbook, HEAD_BYTES, PLAIN_ROWS, QuestionChoice, RowIterator,
    SheetEntry, TableAnswers, TableQuestion, TableRow, TableRowsSource, TableTarget, TableUnderstanding, TextForm,
    TextRows, UnderstoodRows, UnderstoodTable, ask_place_names, correct_row, has_doubtful_row, is_plain_text,
    quote_argument, understand_rows, understand_sheet,
};
use super::text_encoding::TextEncoding;
use super::workbook::{SheetChoice, count_unpacked_bytes, read_workbook};
use crate::error::{Error, Result};
use crate::work_budget::ByteReservation;
use serde_json::json;
use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;

/// A file that is ready to be read.
#[derive(Clone)]
pub struct PreparedSource<'a> {
    source: &'a ImportSource,
    table: Option<Arc<UnderstoodTable>>,
    /// Of a file that is no table, when all is told.
    properties: Option<FileProperties>,
}

impl<'a> PreparedSource<'a> {
    /// Understands a table; other files, and plain tables, need nothing.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub fn prepare(source: &'a ImportSource, target: &TableTarget<'_>, answers: &TableAnswers) -> Result<Self> {
        let table = match source.format() {
            ImportFormat::Workbook(_) => Some(understand_workbook(source, target, answers)?),
            ImportFormat::Csv => understand_text(source, target, answers)?,
            _ => None,
        };
        let is_told = target.tells_all && table.is_none();
        let properties = if is_told { FileProperties::read(source, target, answers)? } else { None };
        let mut prepared = Self { source, table: table.map(Arc::new), properties };
        prepared.ask_place_names(target, answers)?;
        Ok(prepared)
    }

    /// Asks whether rows without coordinates are to be placed by the names of the plan, when any can be.
    fn ask_place_names(&mut self, target: &TableTarget<'_>, answers: &TableAnswers) -> Result<()> {
        let is_open = answers.place_names.is_none() && self.table.as_ref().is_some_and(|t| t.named_places.is_some());
        if !is_open {
            return Ok(());
        }
        let options = RowOptions { declared_crs: target.crs, lenient: target.lenient };
        let (question, notes) = ask_place_names(&mut *self.open_rows(None, options)?)?;
        if let Some(table) = self.table.as_mut().map(Arc::make_mut) {
            table.summary.questions.extend(question);
            table.summary.notes.extend(notes);
        }
        Ok(())
    }

    /// A table and how its rows are read.
    pub fn table(&self) -> Option<&UnderstoodTable> {
        self.table.as_deref()
    }

    /// The features of the file as it calls their properties.
    pub fn open_plain_rows(&self) -> Result<Box<dyn RowReader + Send>> {
        self.source.open_rows(None, RowOptions::default())
    }

    /// The rows of a table that are features, as their cells are.
    pub fn open_cells(&self) -> Result<RowIterator> {
        let Some(table) = self.table.clone() else { return Ok(Box::new(std::iter::empty())) };
        let rows = self.open_table(&table, None)?;
        Ok(Box::new(rows.filter(move |row| row.as_ref().map_or(true, |row| table.is_feature(row)))))
    }

    fn open_table(&self, table: &UnderstoodTable, progress: Option<&Arc<ImportProgress>>) -> Result<RowIterator> {
        Ok(match &table.rows {
            TableRowsSource::Text(form) => open_text(self.source, progress, form, &table.corrections)?,
            TableRowsSource::Sheet(sheet) => {
                let sheet = sheet.clone();
                Box::new((0..sheet.rows.len()).map(move |at| Ok(sheet.rows[at].clone())))
            }
            TableRowsSource::None => Box::new(std::iter::empty()),
        })
    }

    pub fn name(&self) -> &str {
        &self.source.name
    }

    /// What was understood of the file before its rows.
    pub fn facts(&self) -> &SourceFacts {
        self.source.facts()
    }

    /// How many features a workbook had when it was exported for this collection; `None` for any other file.
    pub fn exported_features(&self) -> Option<u64> {
        self.table.as_ref()?.exported_features
    }

    /// Takes back a question that need not be asked.
    pub fn drop_question(&mut self, id: &str) {
        if let Some(table) = &mut self.table {
            Arc::make_mut(table).summary.questions.retain(|question| question.id != id);
        }
    }

    /// What was understood of a table.
    pub fn understanding(&self) -> Option<&TableUnderstanding> {
        let properties = self.properties.as_ref().map(|properties| &properties.summary);
        self.table.as_deref().map(|table| &table.summary).or(properties)
    }

    /// The features of the file, from its start.
    pub fn open_rows(
        &self,
        progress: Option<&Arc<ImportProgress>>,
        options: RowOptions,
    ) -> Result<Box<dyn RowReader + Send>> {
        let Some(table) = &self.table else {
            let rows = self.source.open_rows(progress, options)?;
            return Ok(match &self.properties {
                Some(properties) => properties.rename(rows),
                None => rows,
            });
        };
        let rows = self.open_table(table, progress)?;
        Ok(Box::new(UnderstoodRows::new(table.clone(), rows, options)))
    }
}

/// Understands a table of text; `None` for one that needs no understanding.
fn understand_text(
    source: &ImportSource,
    target: &TableTarget<'_>,
    answers: &TableAnswers,
) -> Result<Option<UnderstoodTable>> {
    let mut head = vec![];
    let read_error = |e: std::io::Error| super::byte_reader::read_error(&e);
    source.open_unpacked(None)?.take(HEAD_BYTES).read_to_end(&mut head).map_err(read_error)?;
    let named = parse_encoding(answers.encoding.as_deref())?;
    let form = TextForm::detect(&head, named);
    let is_whole = (head.len() as u64) < HEAD_BYTES;
    if answers.is_empty() && !target.tells_all && is_plain_text(&head, is_whole, &form, target) {
        let is_seen = is_whole && bytecount::count(&head, b'\n') < PLAIN_ROWS;
        if is_seen || !has_doubtful_row(source.open_unpacked(None)?, form.delimiter) {
            return Ok(None);
        }
    }
    let open = || open_text(source, None, &form, &answers.cells);
    let mut table = understand_rows(&open, target, answers)?;
    let summary = &mut table.summary;
    summary.file.clone_from(&source.name);
    summary.encoding = Some(form.encoding.name().to_owned());
    summary.encoding_example = form.detected.as_ref().and_then(|detected| detected.example.clone());
    summary.form = Some(describe_form(&form));
    summary.questions.splice(0..0, ask_encoding(&form));
    table.rows = TableRowsSource::Text(form);
    table.corrections.clone_from(&answers.cells);
    Ok(Some(table))
}

fn describe_form(form: &TextForm) -> String {
    let example = form.detected.as_ref().and_then(|d| d.example.as_ref());
    let proof = example.map(|word| format!(" (as in '{word}')")).unwrap_or_default();
    format!("{}{proof}, cells between {}", form.encoding.name(), form.delimiter_name())
}

/// A question when two encodings read the text equally well.
fn ask_encoding(form: &TextForm) -> Option<TableQuestion> {
    let detected = form.detected.as_ref().filter(|d| !d.is_certain)?;
    let (other, word) = detected.other.as_ref()?;
    let choice = |word: &str, encoding: TextEncoding| {
        let name = encoding.name();
        QuestionChoice::new(name, format!("'{word}'"), format!("--encoding {name}"), json!({"encoding": name}))
            .with_parameters(json!({"value": word}))
    };
    let own = detected.example.clone().unwrap_or_default();
    Some(TableQuestion {
        id: "encoding",
        sentence: format!("Is '{own}' or '{word}' the right spelling?"),
        choices: vec![choice(&own, detected.encoding), choice(word, *other)],
        default: Some(0),
        cells: 0,
        columns: vec![],
        parameters: json!({}),
    })
}

fn understand_workbook(
    source: &ImportSource,
    target: &TableTarget<'_>,
    answers: &TableAnswers,
) -> Result<UnderstoodTable> {
    let ImportFormat::Workbook(format) = source.format() else { return Err(Error::internal("this is no workbook")) };
    let _memory = source.bounds().map(|bounds| reserve_memory(source, bounds)).transpose()?;
    let at_file = |e: Error| match e {
        Error::Refused(message) => Error::Refused(format!("{}: {message}", source.name)),
        Error::TooLarge(message) => Error::TooLarge(format!("{}: {message}", source.name)),
        other => other,
    };
    let into = target.collection.map(|collection| collection.id.as_str());
    let open = |sheet: Option<&str>| read_workbook(source.open_seekable()?, format, sheet).map_err(at_file);
    let mut choice = open(answers.sheet.as_deref())?;
    let exported = read_export(&choice, &open)?;
    if let (SheetChoice::Several(sheets), Some(exported)) = (&choice, &exported) {
        let tables: Vec<&str> =
            sheets.iter().filter(|s| s.has_table && !s.is_hidden).map(|s| s.name.as_str()).collect();
        if let Some(sheet) = into.and_then(|into| exported.find_sheet(into, &tables)) {
            choice = open(Some(&sheet))?;
        }
    }
    match choice {
        SheetChoice::Several(sheets) => Ok(ask_sheet(source, &sheets)),
        SheetChoice::Read(mut sheet) => {
            sheet.correct(&answers.cells);
            let exported = exported.as_ref().and_then(|book| book.describe(&sheet.name, into));
            let mut table = understand_sheet(&mut sheet, target, answers, exported).map_err(at_file)?;
            table.summary.file.clone_from(&source.name);
            table.summary.sheet = Some(sheet.name.clone());
            table.summary.other_sheets.clone_from(&sheet.other_sheets);
            table.summary.sheets = std::mem::take(&mut sheet.sheets);
            table.rows = TableRowsSource::Sheet(Arc::new(*sheet));
            Ok(table)
        }
    }
}

/// Reserves the memory that a workbook may take: ten times what it unpacks to, which it gives back when it is read.
fn reserve_memory(source: &ImportSource, bounds: &SourceBounds) -> Result<ByteReservation> {
    let unpacked = count_unpacked_bytes(source.open_seekable()?)?;
    if unpacked > bounds.workbook_bytes {
        return Err(Error::TooLarge(format!(
            "{}: The workbook unpacks to {} MB, and {} are allowed. Save its table as CSV, or import it by the command line.",
            source.name,
            unpacked >> 20,
            bounds.workbook_bytes >> 20
        )));
    }
    bounds.work.reserve(10 * unpacked as usize)
}

/// What a workbook that was exported from a plan says of itself.
fn read_export(
    choice: &SheetChoice,
    open: &dyn Fn(Option<&str>) -> Result<SheetChoice>,
) -> Result<Option<ExportedWorkbook>> {
    let has_about = match choice {
        SheetChoice::Read(sheet) => sheet.other_sheets.iter().any(|name| name == ABOUT_SHEET),
        SheetChoice::Several(sheets) => sheets.iter().any(|sheet| sheet.name == ABOUT_SHEET),
    };
    if !has_about {
        return Ok(None);
    }
    match open(Some(ABOUT_SHEET))? {
        SheetChoice::Read(about) => ExportedWorkbook::read(&about),
        SheetChoice::Several(_) => Ok(None),
    }
}

fn ask_sheet(source: &ImportSource, sheets: &[SheetEntry]) -> UnderstoodTable {
    let tables = sheets.iter().filter(|sheet| sheet.has_table && !sheet.is_hidden);
    let choice = |s: &SheetEntry| {
        let option = format!("--sheet {}", quote_argument(&s.name));
        QuestionChoice::new(s.name.clone(), "", option, json!({"sheet": s.name}))
    };
    let choices = tables.map(choice).collect();
    let question = TableQuestion {
        id: "sheet",
        sentence: "Several sheets have tables. Which one is meant?".into(),
        choices,
        default: None,
        cells: 0,
        columns: vec![],
        parameters: json!({}),
    };
    let summary = TableUnderstanding {
        file: source.name.clone(),
        other_sheets: sheets.iter().map(|sheet| sheet.name.clone()).collect(),
        sheets: sheets.to_vec(),
        questions: vec![question],
        ..TableUnderstanding::default()
    };
    UnderstoodTable {
        summary,
        layout: ColumnLayout::default(),
        rows: TableRowsSource::None,
        heading_last: 0,
        left_out: HashSet::new(),
        without_place: None,
        blank_rows: 0,
        named_places: None,
        corrections: vec![],
        places: vec![],
        exported_features: None,
    }
}

/// The rows of a text, with its corrections.
fn open_text(
    source: &ImportSource,
    progress: Option<&Arc<ImportProgress>>,
    form: &TextForm,
    corrections: &[CellCorrection],
) -> Result<RowIterator> {
    let rows = TextRows::new(source.open_unpacked(progress)?, form)?;
    if corrections.is_empty() {
        return Ok(Box::new(rows));
    }
    let corrections = corrections.to_vec();
    let correct = move |mut row: TableRow| {
        correct_row(&mut row, None, &corrections);
        row
    };
    Ok(Box::new(rows.map(move |row| row.map(&correct))))
}
