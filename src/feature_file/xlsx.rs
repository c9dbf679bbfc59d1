//! A workbook for Excel (ECMA-376), written row by row: only what is hidden and short is kept in memory.

use super::file_error::write_error;
use super::file_layer::{FileLayer, FileOptions};
use super::format_losses::FormatLosses;
use super::sheet_cell::{SheetCell, day_serial, instant_serial};
use super::sheet_layout::{ABOUT_SHEET, ColumnForm, FIRST_ROW, LISTS_SHEET, SheetColumn, WorkbookLayout};
use crate::error::{Error, Result};
use crate::feature::Feature;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, Format, FormatAlign, FormatBorder, Formula, Note, Workbook,
    Worksheet, XlsxError,
};
use std::fs::File;
use std::io::BufWriter;

const LAST_ROW: u32 = 1_048_575;
/// Formats of numbers that Excel shows as the reader's system does.
const LOCAL_DAY: u8 = 14;
const LOCAL_INSTANT: u8 = 22;
const TEXT: u8 = 49;
const EUROS: &str = "#,##0.00\\ \"€\"";
const HEADING_BACKGROUND: Color = Color::RGB(0xE3ECE8);
/// The longest message of a list, and the size of a note in pixels.
const MAX_MESSAGE: usize = 255;
const NOTE_PX: (u32, u32) = (320, 140);

/// Writes the sheets of a workbook one after the other.
pub struct XlsxWriter {
    book: Workbook,
    layout: WorkbookLayout,
    sheet: usize,
    formats: CellFormats,
    /// Of the columns of this sheet.
    forms: Vec<ColumnForm>,
}

struct CellFormats {
    text: Format,
    number: Format,
    money: Format,
    day: Format,
    instant: Format,
    heading: Format,
}

impl XlsxWriter {
    pub fn new(layers: &[FileLayer], options: &FileOptions<'_>) -> Result<Self> {
        let layout = WorkbookLayout::new(layers, options);
        let mut writer = Self { book: Workbook::new(), layout, sheet: 0, formats: CellFormats::new(), forms: vec![] };
        writer.begin_sheet()?;
        Ok(writer)
    }

    /// Goes on with the next sheet.
    pub fn next_sheet(&mut self) -> Result<()> {
        self.finish_sheet()?;
        self.sheet += 1;
        self.begin_sheet()
    }

    fn begin_sheet(&mut self) -> Result<()> {
        let Self { book, layout, sheet, formats, forms } = self;
        let plan = &layout.sheets[*sheet];
        *forms = plan.columns.iter().map(|column| column.form).collect();
        if let Some(limit) = layout.find_limit(*sheet) {
            return Err(Error::Refused(limit));
        }
        let sheet = book.add_worksheet_with_constant_memory().map_err(|e| xlsx_error(&e))?;
        let mut begin = || {
            sheet.set_name(&plan.name)?;
            for (at, column) in plan.columns.iter().enumerate() {
                let at = at as u16;
                sheet.set_column_width(at, f64::from(column.width))?;
                sheet.set_column_format(at, formats.of_column(column.form))?;
                if column.is_hidden {
                    sheet.set_column_hidden(at)?;
                }
                if column.is_choice()
                    && let Some(list) = column.list
                {
                    let rule = list_rule(list, layout.lists[list].words.len(), layout.words.not_listed)?;
                    sheet.add_data_validation(FIRST_ROW, at, LAST_ROW, at, &rule)?;
                }
            }
            sheet.set_row_hidden(0)?;
            for (at, column) in plan.columns.iter().enumerate() {
                sheet.write_string(0, at as u16, &column.name)?;
            }
            for (at, column) in plan.columns.iter().enumerate() {
                write_heading(sheet, at as u16, column, &formats.heading)?;
            }
            sheet.set_freeze_panes(FIRST_ROW, 0)?;
            Ok(())
        };
        begin().map_err(|e: XlsxError| xlsx_error(&e))
    }

    /// The filter, which ends at the last row.
    fn finish_sheet(&mut self) -> Result<()> {
        let plan = &self.layout.sheets[self.sheet];
        let (last_row, last_column) = (plan.count as u32 + FIRST_ROW - 1, plan.columns.len() as u16 - 1);
        let sheet = self.book.worksheet_from_index(self.sheet).map_err(|e| xlsx_error(&e))?;
        sheet.autofilter(FIRST_ROW - 1, 0, last_row, last_column).map_err(|e| xlsx_error(&e))?;
        Ok(())
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        let Self { book, layout, sheet, formats, forms } = self;
        if let Some(limit) = layout.find_limit(*sheet) {
            return Err(Error::Refused(limit));
        }
        let row = layout.sheets[*sheet].count as u32 + FIRST_ROW;
        let page = book.worksheet_from_index(*sheet).map_err(|e| xlsx_error(&e))?;
        let put = |at: usize, cell: SheetCell<'_>| {
            write_cell(page, row, at as u16, &cell, forms.get(at).copied().unwrap_or(ColumnForm::Number), formats)
        };
        layout.write_cells(*sheet, feature, losses, put).map_err(|e| xlsx_error(&e))
    }

    /// Writes the hidden sheets and the file.
    pub fn finish(mut self, out: &File, losses: &FormatLosses) -> Result<()> {
        self.finish_sheet()?;
        self.write_lists().and_then(|()| self.write_description(losses)).map_err(|e| xlsx_error(&e))?;
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        self.book.save_to_writer(BufWriter::with_capacity(256 << 10, file)).map_err(|e| xlsx_error(&e))
    }

    fn write_lists(&mut self) -> std::result::Result<(), XlsxError> {
        let sheet = self.book.add_worksheet();
        sheet.set_name(LISTS_SHEET)?.set_hidden(true);
        for (list, at) in self.layout.lists.iter().zip((0_u16..).step_by(2)) {
            sheet.write_string(0, at, &list.name)?;
            sheet.write_string(0, at + 1, format!("{}:id", list.name))?;
            for (word, row) in list.words.iter().zip(1..) {
                sheet.write_string(row, at, &word.label)?;
                sheet.write_string(row, at + 1, &word.id)?;
            }
        }
        Ok(())
    }

    fn write_description(&mut self, losses: &FormatLosses) -> std::result::Result<(), XlsxError> {
        let Self { book, layout, formats, .. } = self;
        let sheet = book.add_worksheet();
        sheet.set_name(ABOUT_SHEET)?.set_hidden(true);
        for (cells, row) in layout.describe(losses).iter().zip(0..) {
            for (cell, at) in cells.iter().zip(0..) {
                write_cell(sheet, row, at, cell, ColumnForm::Number, formats)?;
            }
        }
        Ok(())
    }
}

impl CellFormats {
    fn new() -> Self {
        let number = |index: u8| Format::new().set_num_format_index(index);
        Self {
            text: number(TEXT),
            number: Format::new(),
            money: Format::new().set_num_format(EUROS),
            day: number(LOCAL_DAY),
            instant: number(LOCAL_INSTANT),
            heading: Format::new()
                .set_bold()
                .set_background_color(HEADING_BACKGROUND)
                .set_border_bottom(FormatBorder::Thin)
                .set_align(FormatAlign::Top)
                .set_text_wrap(),
        }
    }

    /// Also of the empty rows below, so that what is typed there stays what it is: `1.10` is text in a column of text.
    fn of_column(&self, form: ColumnForm) -> &Format {
        match form {
            ColumnForm::Text => &self.text,
            ColumnForm::Number | ColumnForm::YesNo => &self.number,
            ColumnForm::Money => &self.money,
            ColumnForm::Day => &self.day,
            ColumnForm::Instant => &self.instant,
        }
    }
}

fn write_heading(sheet: &mut Worksheet, at: u16, column: &SheetColumn, format: &Format) -> CellResult {
    sheet.write_string_with_format(FIRST_ROW - 1, at, &column.heading, format)?;
    if let Some(text) = &column.note {
        let note = Note::new(text).add_author_prefix(false).set_width(NOTE_PX.0).set_height(NOTE_PX.1);
        sheet.insert_note(FIRST_ROW - 1, at, &note)?;
    }
    Ok(())
}

type CellResult = std::result::Result<(), XlsxError>;

fn write_cell(
    sheet: &mut Worksheet,
    row: u32,
    at: u16,
    cell: &SheetCell<'_>,
    form: ColumnForm,
    formats: &CellFormats,
) -> CellResult {
    match cell {
        SheetCell::Blank => return Ok(()),
        SheetCell::Text(text) => sheet.write_string_with_format(row, at, &**text, &formats.text),
        SheetCell::Number(n) if form == ColumnForm::Money => {
            sheet.write_number_with_format(row, at, *n, &formats.money)
        }
        SheetCell::Number(n) => sheet.write_number_with_format(row, at, *n, &formats.number),
        SheetCell::YesNo(b) => sheet.write_boolean(row, at, *b),
        SheetCell::Day(day) => sheet.write_number_with_format(row, at, day_serial(*day), &formats.day),
        SheetCell::Instant(t) => sheet.write_number_with_format(row, at, instant_serial(*t), &formats.instant),
    }
    .map(drop)
}

/// The drop-down list of a column, from the sheet of lists. Another word is kept when the reader says so.
fn list_rule(list: usize, words: usize, message: &str) -> std::result::Result<DataValidation, XlsxError> {
    let column = rust_xlsxwriter::utility::column_number_to_name(list as u16 * 2);
    let range = format!("={LISTS_SHEET}!${column}$2:${column}${}", words + 1);
    DataValidation::new()
        .allow_list_formula(Formula::new(range))
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_message(message.chars().take(MAX_MESSAGE).collect::<String>())
}

fn xlsx_error(e: &XlsxError) -> Error {
    match e {
        XlsxError::IoError(e) => write_error(e),
        other => Error::internal(format!("the workbook cannot be written: {other}")),
    }
}
