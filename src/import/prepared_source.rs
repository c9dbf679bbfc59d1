//! A file on its way into one collection: as it is, or, for a table, as it was understood.

use super::encoding_choice::parse_encoding;
use super::import_format::ImportFormat;
use super::progress::ImportProgress;
use super::row_reader::{RowOptions, RowReader};
use super::source::ImportSource;
use super::source_facts::SourceFacts;
use super::table::{
    ABOUT_SHEET, ExportedWorkbook, HEAD_BYTES, PLAIN_ROWS, QuestionChoice, RowIterator, TableAnswers, TableQuestion,
    TableRowsSource, TableTarget, TableUnderstanding, TextForm, TextRows, UnderstoodRows, UnderstoodTable,
    has_doubtful_row, is_plain_text, quote_argument, understand_rows, understand_sheet,
};
use super::text_encoding::TextEncoding;
use super::workbook::{SheetChoice, SheetEntry, read_workbook};
use crate::error::{Error, Result};
use std::io::Read;
use std::sync::Arc;

/// A file that is ready to be read.
pub struct PreparedSource<'a> {
    source: &'a ImportSource,
    table: Option<Arc<UnderstoodTable>>,
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
        Ok(Self { source, table: table.map(Arc::new) })
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
        self.table.as_deref().map(|table| &table.summary)
    }

    /// The features of the file, from its start.
    pub fn open_rows(
        &self,
        progress: Option<&Arc<ImportProgress>>,
        options: RowOptions,
    ) -> Result<Box<dyn RowReader + Send>> {
        let Some(table) = &self.table else { return self.source.open_rows(progress, options) };
        let rows: RowIterator = match &table.rows {
            TableRowsSource::Text(form) => Box::new(TextRows::new(self.source.open_unpacked(progress)?, form)?),
            TableRowsSource::Sheet(sheet) => {
                let sheet = sheet.clone();
                Box::new((0..sheet.rows.len()).map(move |at| Ok(sheet.rows[at].clone())))
            }
            TableRowsSource::None => Box::new(std::iter::empty()),
        };
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
    if answers.is_empty() && is_plain_text(&head, is_whole, &form, target) {
        let is_seen = is_whole && bytecount::count(&head, b'\n') < PLAIN_ROWS;
        if is_seen || !has_doubtful_row(source.open_unpacked(None)?, form.delimiter) {
            return Ok(None);
        }
    }
    let open = || Ok(Box::new(TextRows::new(source.open_unpacked(None)?, &form)?) as RowIterator);
    let mut table = understand_rows(&open, target, answers)?;
    let summary = &mut table.summary;
    summary.file.clone_from(&source.name);
    summary.encoding = Some(form.encoding.name().to_owned());
    summary.form = Some(describe_form(&form));
    summary.questions.splice(0..0, ask_encoding(&form));
    table.rows = TableRowsSource::Text(form);
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
        QuestionChoice::new(format!("'{word}'"), format!("--encoding {}", encoding.name()))
    };
    let own = detected.example.clone().unwrap_or_default();
    Some(TableQuestion {
        id: "encoding",
        sentence: format!("Is '{own}' or '{word}' the right spelling?"),
        choices: vec![choice(&own, detected.encoding), choice(word, *other)],
        default: Some(0),
        cells: 0,
    })
}

fn understand_workbook(
    source: &ImportSource,
    target: &TableTarget<'_>,
    answers: &TableAnswers,
) -> Result<UnderstoodTable> {
    let ImportFormat::Workbook(format) = source.format() else { return Err(Error::internal("this is no workbook")) };
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
            let exported = exported.as_ref().and_then(|book| book.describe(&sheet.name, into));
            let mut table = understand_sheet(&mut sheet, target, answers, exported).map_err(at_file)?;
            table.summary.file.clone_from(&source.name);
            table.summary.sheet = Some(sheet.name.clone());
            table.summary.other_sheets.clone_from(&sheet.other_sheets);
            table.rows = TableRowsSource::Sheet(Arc::new(*sheet));
            Ok(table)
        }
    }
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
    let choices = tables.map(|s| QuestionChoice::new("", format!("--sheet {}", quote_argument(&s.name)))).collect();
    let question = TableQuestion {
        id: "sheet",
        sentence: "Several sheets have tables. Which one is meant?".into(),
        choices,
        default: None,
        cells: 0,
    };
    let summary = TableUnderstanding {
        file: source.name.clone(),
        other_sheets: sheets.iter().map(|sheet| sheet.name.clone()).collect(),
        questions: vec![question],
        ..TableUnderstanding::default()
    };
    UnderstoodTable {
        summary,
        layout: Default::default(),
        rows: TableRowsSource::None,
        heading_last: 0,
        left_out: Default::default(),
        without_place: None,
        blank_rows: 0,
        exported_features: None,
    }
}
