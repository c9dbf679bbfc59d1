//! An OpenDocument workbook (ODF 1.3), for LibreOffice: the same sheets as in XLSX, written row by row into the
//! archive.

use super::file_error::write_error;
use super::file_layer::{FileLayer, FileOptions};
use super::format_losses::FormatLosses;
use super::sheet_cell::SheetCell;
use super::sheet_layout::{ABOUT_SHEET, ColumnForm, FIRST_ROW, LISTS_SHEET, SheetColumn, WorkbookLayout};
use super::xml_text::escape_xml;
use crate::error::{Error, Result};
use crate::feature::Feature;
use jiff::tz::TimeZone;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

const MEDIA: &str = "application/vnd.oasis.opendocument.spreadsheet";
const CHUNK_BYTES: usize = 64 << 10;
/// LibreOffice opens no archive in the form for larger members.
const MAX_BYTES: u64 = (1 << 32) - (1 << 20);
/// Centimetres of a character.
const CM_A_CHARACTER: f64 = 0.22;
/// How far the drop-down lists go beyond the rows of the plan.
const LAST_ROW: u32 = 1_048_576;

const MANIFEST: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.3"><manifest:file-entry manifest:full-path="/" manifest:version="1.3" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/><manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/><manifest:file-entry manifest:full-path="settings.xml" manifest:media-type="text/xml"/></manifest:manifest>
"#;
const NAMESPACES: &str = r#"xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:config="urn:oasis:names:tc:opendocument:xmlns:config:1.0" office:version="1.3""#;
/// Styles: of sheets (`shown`, `hidden`), of cells by their form, of the headings.
const STYLES: &str = r##"<style:style style:name="shown" style:family="table"><style:table-properties table:display="true"/></style:style><style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/></style:style><number:text-style style:name="n-text"><number:text-content/></number:text-style><number:currency-style style:name="n-money"><number:number number:decimal-places="2" number:min-decimal-places="2" number:min-integer-digits="1" number:grouping="true"/><number:text> </number:text><number:currency-symbol>€</number:currency-symbol></number:currency-style><number:date-style style:name="n-day" number:automatic-order="true"><number:day number:style="long"/><number:text>.</number:text><number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/></number:date-style><number:date-style style:name="n-instant" number:automatic-order="true"><number:day number:style="long"/><number:text>.</number:text><number:month number:style="long"/><number:text>.</number:text><number:year number:style="long"/><number:text> </number:text><number:hours number:style="long"/><number:text>:</number:text><number:minutes number:style="long"/></number:date-style><style:style style:name="c-text" style:family="table-cell" style:data-style-name="n-text"/><style:style style:name="c-number" style:family="table-cell"/><style:style style:name="c-money" style:family="table-cell" style:data-style-name="n-money"/><style:style style:name="c-day" style:family="table-cell" style:data-style-name="n-day"/><style:style style:name="c-instant" style:family="table-cell" style:data-style-name="n-instant"/><style:style style:name="heading" style:family="table-cell"><style:table-cell-properties fo:background-color="#e3ece8" fo:border-bottom="0.5pt solid #000000" fo:wrap-option="wrap"/><style:text-properties fo:font-weight="bold"/></style:style>"##;

/// Writes the sheets of a workbook one after the other.
pub struct OdsWriter {
    zip: ZipWriter<File>,
    layout: WorkbookLayout,
    sheet: usize,
    /// Text of the content that is not in the archive yet.
    text: String,
    /// All of the content.
    bytes: u64,
}

impl OdsWriter {
    pub fn new(out: &File, layers: &[FileLayer], options: &FileOptions<'_>) -> Result<Self> {
        let file = out.try_clone().map_err(|e| write_error(&e))?;
        let layout = WorkbookLayout::new(layers, options);
        let mut writer = Self { zip: ZipWriter::new(file), layout, sheet: 0, text: String::new(), bytes: 0 };
        writer.begin_archive().map_err(|e| zip_error(&e))?;
        writer.begin_content();
        writer.begin_sheet()?;
        Ok(writer)
    }

    fn begin_archive(&mut self) -> zip::result::ZipResult<()> {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        // The standard wants the type first and uncompressed, so that programs find it.
        self.zip.start_file("mimetype", stored)?;
        self.zip.write_all(MEDIA.as_bytes())?;
        self.zip.start_file("META-INF/manifest.xml", packed())?;
        self.zip.write_all(MANIFEST.as_bytes())?;
        self.zip.start_file("content.xml", packed())
    }

    fn begin_content(&mut self) {
        let text = &mut self.text;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-content {NAMESPACES}><office:automatic-styles>{STYLES}"
        );
        let mut widths: Vec<u16> = self.layout.sheets.iter().flat_map(|s| s.columns.iter().map(|c| c.width)).collect();
        widths.sort_unstable();
        widths.dedup();
        for width in widths {
            let cm = f64::from(width) * CM_A_CHARACTER;
            let _ = write!(
                text,
                "<style:style style:name=\"w{width}\" style:family=\"table-column\"><style:table-column-properties style:column-width=\"{cm:.2}cm\"/></style:style>"
            );
        }
        text.push_str("</office:automatic-styles><office:body><office:spreadsheet>");
        self.write_validations();
    }

    fn write_validations(&mut self) {
        let Self { text, layout, .. } = self;
        if layout.lists.is_empty() {
            return;
        }
        text.push_str("<table:content-validations>");
        for (at, list) in layout.lists.iter().enumerate() {
            let column = column_name(at * 2);
            let _ = write!(
                text,
                "<table:content-validation table:name=\"list{at}\" table:condition=\"of:cell-content-is-in-list([${LISTS_SHEET}.${column}$2:.${column}${}])\" table:allow-empty-cell=\"true\" table:display-list=\"unsorted\"><table:error-message table:message-type=\"warning\" table:display=\"true\"><text:p>{}</text:p></table:error-message></table:content-validation>",
                list.words.len() + 1,
                escape_xml(layout.words.not_listed).0
            );
        }
        text.push_str("</table:content-validations>");
    }

    /// Goes on with the next sheet.
    pub fn next_sheet(&mut self) -> Result<()> {
        self.finish_sheet();
        self.sheet += 1;
        self.begin_sheet()
    }

    fn begin_sheet(&mut self) -> Result<()> {
        if let Some(limit) = self.layout.find_limit(self.sheet) {
            return Err(Error::Refused(limit));
        }
        let Self { text, layout, sheet, .. } = self;
        let plan = &layout.sheets[*sheet];
        let _ = write!(text, "<table:table table:name=\"{}\" table:style-name=\"shown\">", escape_xml(&plan.name).0);
        for column in &plan.columns {
            let visibility = if column.is_hidden { " table:visibility=\"collapse\"" } else { "" };
            let _ = write!(
                text,
                "<table:table-column table:style-name=\"w{}\" table:default-cell-style-name=\"{}\"{visibility}/>",
                column.width,
                cell_style(column.form)
            );
        }
        text.push_str("<table:table-row table:visibility=\"collapse\">");
        for column in &plan.columns {
            write_text_cell(text, &column.name, "", "");
        }
        text.push_str("</table:table-row><table:table-row>");
        for column in &plan.columns {
            let note = column.note.as_deref().map(|note| {
                let mut body = String::from("<office:annotation>");
                write_paragraphs(&mut body, note);
                body + "</office:annotation>"
            });
            write_text_cell(text, &column.heading, " table:style-name=\"heading\"", note.as_deref().unwrap_or(""));
        }
        text.push_str("</table:table-row>");
        self.flush()
    }

    /// The empty rows below, which have the drop-down lists too.
    fn finish_sheet(&mut self) {
        let Self { text, layout, sheet, .. } = self;
        let plan = &layout.sheets[*sheet];
        let left = u64::from(LAST_ROW).saturating_sub(u64::from(FIRST_ROW) + plan.count);
        if left > 0 {
            let _ = write!(text, "<table:table-row table:number-rows-repeated=\"{left}\">");
            for column in &plan.columns {
                let _ = write!(text, "<table:table-cell{}/>", validation(column));
            }
            text.push_str("</table:table-row>");
        }
        text.push_str("</table:table>");
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        if let Some(limit) = self.layout.find_limit(self.sheet) {
            return Err(Error::Refused(limit));
        }
        let Self { text, layout, sheet, .. } = self;
        let rules: Vec<String> = layout.sheets[*sheet].columns.iter().map(validation).collect();
        text.push_str("<table:table-row>");
        let mut unwritable = 0;
        let put = |at: usize, cell: SheetCell<'_>| {
            unwritable += u64::from(write_cell(text, &cell, &rules[at]));
            Ok::<(), Error>(())
        };
        layout.write_cells(*sheet, feature, losses, put)?;
        text.push_str("</table:table-row>");
        if unwritable > 0 {
            losses.count("Control characters in text, which XML cannot hold, became �", feature.id.as_str());
        }
        if self.text.len() >= CHUNK_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.bytes += self.text.len() as u64;
        if self.bytes > MAX_BYTES {
            let sentence =
                "LibreOffice opens no workbook with more than 4 GB. Filter the features, or choose another format.";
            return Err(Error::Refused(sentence.into()));
        }
        self.zip.write_all(self.text.as_bytes()).map_err(|e| write_error(&e))?;
        self.text.clear();
        Ok(())
    }

    /// Writes the hidden sheets, the filters, and what is frozen.
    pub fn finish(mut self, losses: &FormatLosses) -> Result<()> {
        self.finish_sheet();
        self.write_lists();
        self.write_description(losses);
        self.write_filters();
        self.text.push_str("</office:spreadsheet></office:body></office:document-content>\n");
        self.flush()?;
        let settings = self.describe_settings();
        let finished = self.zip.start_file("settings.xml", packed()).and_then(|()| {
            self.zip.write_all(settings.as_bytes())?;
            self.zip.finish()
        });
        finished.map(drop).map_err(|e| zip_error(&e))
    }

    fn write_lists(&mut self) {
        let Self { text, layout, .. } = self;
        begin_hidden_sheet(text, LISTS_SHEET, layout.lists.len() * 2);
        let longest = layout.lists.iter().map(|list| list.words.len()).max().unwrap_or(0);
        for row in 0..=longest {
            text.push_str("<table:table-row>");
            for list in &layout.lists {
                let heading = (list.name.clone(), format!("{}:id", list.name));
                let word = |at: usize| list.words.get(at).map(|word| (word.label.clone(), word.id.clone()));
                let (label, id) = if row == 0 { heading } else { word(row - 1).unwrap_or_default() };
                for cell in [label, id] {
                    let cell = if cell.is_empty() { SheetCell::Blank } else { SheetCell::Text(cell.into()) };
                    write_cell(text, &cell, "");
                }
            }
            text.push_str("</table:table-row>");
        }
        text.push_str("</table:table>");
    }

    fn write_description(&mut self, losses: &FormatLosses) {
        let Self { text, layout, .. } = self;
        begin_hidden_sheet(text, ABOUT_SHEET, 6);
        for cells in layout.describe(losses) {
            text.push_str("<table:table-row>");
            for cell in cells {
                write_cell(text, &cell, "");
            }
            text.push_str("</table:table-row>");
        }
        text.push_str("</table:table>");
    }

    /// By the names that LibreOffice gives to the filters of whole sheets.
    fn write_filters(&mut self) {
        let Self { text, layout, .. } = self;
        text.push_str("<table:database-ranges>");
        for (at, sheet) in layout.sheets.iter().enumerate() {
            let name = escape_xml(&sheet.name).0.replace('\'', "''");
            let (last, row) = (column_name(sheet.columns.len() - 1), u64::from(FIRST_ROW) + sheet.count);
            let _ = write!(
                text,
                "<table:database-range table:name=\"__Anonymous_Sheet_DB__{at}\" table:target-range-address=\"'{name}'.A{FIRST_ROW}:'{name}'.{last}{row}\" table:display-filter-buttons=\"true\"/>"
            );
        }
        text.push_str("</table:database-ranges>");
    }

    /// The rows that stay when the sheets are scrolled.
    fn describe_settings(&self) -> String {
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<office:document-settings {NAMESPACES}><office:settings><config:config-item-set config:name=\"ooo:view-settings\"><config:config-item-map-indexed config:name=\"Views\"><config:config-item-map-entry><config:config-item config:name=\"ViewId\" config:type=\"string\">view1</config:config-item><config:config-item-map-named config:name=\"Tables\">"
        );
        for sheet in &self.layout.sheets {
            let name = escape_xml(&sheet.name).0;
            let _ = write!(
                out,
                "<config:config-item-map-entry config:name=\"{name}\"><config:config-item config:name=\"HorizontalSplitMode\" config:type=\"short\">0</config:config-item><config:config-item config:name=\"PositionTop\" config:type=\"int\">0</config:config-item><config:config-item config:name=\"VerticalSplitMode\" config:type=\"short\">2</config:config-item><config:config-item config:name=\"VerticalSplitPosition\" config:type=\"int\">{FIRST_ROW}</config:config-item><config:config-item config:name=\"PositionBottom\" config:type=\"int\">{FIRST_ROW}</config:config-item><config:config-item config:name=\"ActiveSplitRange\" config:type=\"short\">2</config:config-item></config:config-item-map-entry>"
            );
        }
        out.push_str("</config:config-item-map-named></config:config-item-map-entry></config:config-item-map-indexed></config:config-item-set></office:settings></office:document-settings>\n");
        out
    }
}

fn packed() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

fn zip_error(e: &zip::result::ZipError) -> Error {
    match e {
        zip::result::ZipError::Io(e) => write_error(e),
        other => Error::internal(format!("the archive cannot be written: {other}")),
    }
}

fn begin_hidden_sheet(text: &mut String, name: &str, columns: usize) {
    let columns = columns.max(1);
    let _ = write!(
        text,
        "<table:table table:name=\"{name}\" table:style-name=\"hidden\"><table:table-column table:number-columns-repeated=\"{columns}\"/>"
    );
}

fn cell_style(form: ColumnForm) -> &'static str {
    match form {
        ColumnForm::Text => "c-text",
        ColumnForm::Number | ColumnForm::YesNo => "c-number",
        ColumnForm::Money => "c-money",
        ColumnForm::Day => "c-day",
        ColumnForm::Instant => "c-instant",
    }
}

fn validation(column: &SheetColumn) -> String {
    let list = column.list.filter(|_| column.is_choice());
    list.map(|list| format!(" table:content-validation-name=\"list{list}\"")).unwrap_or_default()
}

/// Whether the cell has characters that XML cannot hold.
fn write_cell(text: &mut String, cell: &SheetCell<'_>, attributes: &str) -> bool {
    let typed = match cell {
        SheetCell::Blank => String::new(),
        SheetCell::Text(content) => return write_text_cell(text, content, attributes, ""),
        SheetCell::Number(n) => format!(" office:value-type=\"float\" office:value=\"{n}\""),
        SheetCell::YesNo(b) => format!(" office:value-type=\"boolean\" office:boolean-value=\"{b}\""),
        SheetCell::Day(day) => format!(" office:value-type=\"date\" office:date-value=\"{day}\""),
        SheetCell::Instant(instant) => {
            let at = instant.to_zoned(TimeZone::UTC).datetime();
            format!(" office:value-type=\"date\" office:date-value=\"{at}\"")
        }
    };
    let _ = write!(text, "<table:table-cell{attributes}{typed}/>");
    false
}

fn write_text_cell(text: &mut String, content: &str, attributes: &str, before: &str) -> bool {
    let _ = write!(text, "<table:table-cell office:value-type=\"string\"{attributes}>{before}");
    let lost = write_paragraphs(text, content);
    text.push_str("</table:table-cell>");
    lost
}

/// A paragraph for each line. Several blanks, and those at the ends of a line, have elements of their own.
fn write_paragraphs(text: &mut String, content: &str) -> bool {
    let mut lost = false;
    for line in content.split('\n') {
        text.push_str("<text:p>");
        let mut rest = line;
        while let Some(at) = rest.find([' ', '\t']) {
            lost |= push_escaped(text, &rest[..at]);
            let blanks = rest[at..].len() - rest[at..].trim_start_matches(' ').len();
            rest = &rest[at..];
            if blanks == 0 {
                text.push_str("<text:tab/>");
                rest = &rest[1..];
            } else {
                let is_inner = at > 0 && blanks < rest.len() && blanks == 1;
                let _ = if is_inner { write!(text, " ") } else { write!(text, "<text:s text:c=\"{blanks}\"/>") };
                rest = &rest[blanks..];
            }
        }
        lost |= push_escaped(text, rest);
        text.push_str("</text:p>");
    }
    lost
}

fn push_escaped(text: &mut String, part: &str) -> bool {
    let (escaped, lost) = escape_xml(part);
    text.push_str(&escaped);
    lost
}

/// `A` for 0, `AA` for 26.
fn column_name(mut at: usize) -> String {
    let mut letters = vec![];
    loop {
        letters.push(char::from(b'A' + (at % 26) as u8));
        if at < 26 {
            break;
        }
        at = at / 26 - 1;
    }
    letters.into_iter().rev().collect()
}
