//! OpenDocument sheets, read in one pass over their content. Repeated cells count as often as they are repeated.

use super::package::{check_parts, read_part};
use super::sheet_builder::{SheetBuilder, is_table};
use super::sheet_choice::{SheetChoice, WorkbookInput, choose_sheet, damaged, encrypted};
use super::typed_cell::shorten_instant;
use super::xml_attribute::attribute;
use crate::error::Result;
use crate::import::table::{MergedCells, SheetEntry, SheetTable, TableCell, json_number};
use quick_xml::events::{BytesStart, Event};
use std::collections::HashSet;

pub fn read_ods(input: &mut Box<dyn WorkbookInput>, wanted: Option<&str>) -> Result<SheetChoice> {
    let mut zip = zip::ZipArchive::new(&mut *input).map_err(|e| damaged(&e.to_string()))?;
    let unpacked = check_parts(&mut zip, |name| matches!(name, "content.xml" | "META-INF/manifest.xml"))?;
    let manifest = read_part(&mut zip, "META-INF/manifest.xml")?.unwrap_or_default();
    if manifest.windows(15).any(|window| window == b"encryption-data") {
        return Err(encrypted());
    }
    let content = read_part(&mut zip, "content.xml")?.ok_or_else(|| damaged("it has no content.xml"))?;
    drop(zip);
    let sheets = list_sheets(&content)?;
    let Some(at) = choose_sheet(&sheets, wanted)? else { return Ok(SheetChoice::Several(sheets)) };
    let mut sheet = SheetReader::read(&content, at, &sheets[at].name, unpacked)?;
    sheet.other_sheets = sheets.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, s)| s.name.clone()).collect();
    sheet.sheets = sheets;
    Ok(SheetChoice::Read(Box::new(sheet)))
}

/// How often, at least once.
fn count_of(e: &BytesStart<'_>, name: &str) -> u64 {
    attribute(e, name).and_then(|n| n.parse().ok()).unwrap_or(1).max(1)
}

/// The names of the sheets, whether they are hidden, and whether they have tables.
fn list_sheets(content: &[u8]) -> Result<Vec<SheetEntry>> {
    let mut reader = quick_xml::Reader::from_reader(content);
    let (mut sheets, mut hidden_styles): (Vec<SheetEntry>, HashSet<String>) = (vec![], HashSet::new());
    let (mut style, mut buffer) = (String::new(), vec![]);
    let (mut widths, mut width): (Vec<usize>, usize) = (vec![], 0);
    loop {
        match reader.read_event_into(&mut buffer).map_err(|e| damaged(&e.to_string()))? {
            Event::Start(e) | Event::Empty(e) => match name_of(&e).as_str() {
                "style:style" => style = attribute(&e, "style:name").unwrap_or_default(),
                "style:table-properties" if attribute(&e, "table:display").as_deref() == Some("false") => {
                    hidden_styles.insert(style.clone());
                }
                "table:table" => {
                    let is_hidden = attribute(&e, "table:style-name").is_some_and(|s| hidden_styles.contains(&s));
                    let name = attribute(&e, "table:name").unwrap_or_default();
                    sheets.push(SheetEntry { name, is_hidden, has_table: false });
                    widths.clear();
                }
                "table:table-row" => width = 0,
                "table:table-cell"
                    if e.attributes().flatten().any(|a| AsRef::<str>::as_ref(&a.key) == "office:value-type") =>
                {
                    width += 1;
                }
                _ => {}
            },
            Event::End(e) if AsRef::<str>::as_ref(&e.name()) == "table:table-row" => {
                if widths.len() < 200 {
                    widths.push(width);
                }
                if let Some(sheet) = sheets.last_mut() {
                    sheet.has_table |= is_table(widths.iter().copied());
                }
            }
            Event::Eof => return Ok(sheets),
            _ => {}
        }
        buffer.clear();
    }
}

fn name_of(e: &BytesStart<'_>) -> String {
    AsRef::<str>::as_ref(&e.name()).to_owned()
}

/// Reads one table of the content.
struct SheetReader {
    builder: SheetBuilder,
    merges: Vec<MergedCells>,
    hidden: Vec<(u64, u64)>,
    row: u64,
    row_repeats: u64,
    column: usize,
    /// Cells of this row: their first column, how often, and what.
    cells: Vec<(usize, u64, TableCell)>,
    /// The cell that is open, and its text.
    open: Option<OpenCell>,
    /// Depth of notes, whose text is not the cell's.
    notes: u32,
}

struct OpenCell {
    repeats: u64,
    value: Option<TableCell>,
    text: String,
    paragraphs: u32,
}

impl SheetReader {
    fn read(content: &[u8], wanted: usize, name: &str, unpacked: u64) -> Result<SheetTable> {
        let mut own = Self {
            builder: SheetBuilder::new(name, unpacked),
            merges: vec![],
            hidden: vec![],
            row: 0,
            row_repeats: 1,
            column: 0,
            cells: vec![],
            open: None,
            notes: 0,
        };
        let mut reader = quick_xml::Reader::from_reader(content);
        reader.config_mut().expand_empty_elements = true;
        let (mut table, mut buffer) = (None, vec![]);
        loop {
            let event = reader.read_event_into(&mut buffer).map_err(|e| damaged(&e.to_string()))?;
            match &event {
                Event::Start(e) if name_of(e) == "table:table" => table = Some(table.map_or(0, |t| t + 1)),
                Event::Start(e) if table == Some(wanted) => own.start(e),
                Event::End(e) if table == Some(wanted) => {
                    let name = AsRef::<str>::as_ref(&e.name()).to_owned();
                    if name == "table:table" {
                        break;
                    }
                    own.end(&name)?;
                }
                Event::Text(text) if table == Some(wanted) => {
                    own.add_text(text.as_ref());
                }
                Event::GeneralRef(reference) if table == Some(wanted) => {
                    let entity = format!("&{};", AsRef::<str>::as_ref(reference));
                    if let Ok(text) = quick_xml::escape::unescape(&entity) {
                        own.add_text(&text);
                    }
                }
                Event::Eof => break,
                _ => {}
            }
            buffer.clear();
        }
        let mut sheet = own.builder.finish();
        sheet.merges = own.merges;
        for row in &mut sheet.rows {
            let next = own.hidden.partition_point(|(_, last)| *last < row.number - 1);
            row.is_hidden = own.hidden.get(next).is_some_and(|(first, _)| *first < row.number);
            sheet.hidden_rows += u64::from(row.is_hidden);
        }
        Ok(sheet)
    }

    fn start(&mut self, e: &BytesStart<'_>) {
        match name_of(e).as_str() {
            "table:table-row" => {
                (self.column, self.row_repeats) = (0, count_of(e, "table:number-rows-repeated"));
                let is_hidden = attribute(e, "table:visibility").is_some_and(|v| v != "visible");
                if is_hidden && self.hidden.len() < 100_000 {
                    self.hidden.push((self.row, self.row + self.row_repeats - 1));
                }
            }
            "table:table-cell" | "table:covered-table-cell" => self.open_cell(e),
            "office:annotation" => self.notes += 1,
            "text:p" if self.notes == 0 => {
                if let Some(cell) = &mut self.open {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs += 1;
                }
            }
            "text:s" => {
                let blanks = count_of(e, "text:c").min(1000) as usize;
                self.add_text(&" ".repeat(blanks));
            }
            "text:tab" => self.add_text("\t"),
            "text:line-break" => self.add_text("\n"),
            _ => {}
        }
    }

    fn open_cell(&mut self, e: &BytesStart<'_>) {
        let repeats = count_of(e, "table:number-columns-repeated");
        let spans = (count_of(e, "table:number-rows-spanned"), count_of(e, "table:number-columns-spanned"));
        if (spans.0 > 1 || spans.1 > 1) && self.merges.len() < 20_000 {
            let rows = (self.row, self.row.saturating_add(spans.0 - 1));
            self.merges
                .push(MergedCells { rows, columns: (self.column, self.column.saturating_add(spans.1 as usize - 1)) });
        }
        let kind = attribute(e, "office:value-type").unwrap_or_default();
        let is_fault = attribute(e, "calcext:value-type").as_deref() == Some("error");
        let number = || attribute(e, "office:value")?.parse::<f64>().ok().filter(|n| json_number(*n).is_some());
        let value = match kind.as_str() {
            _ if is_fault => Some(TableCell::Fault("#VALUE!")),
            "float" | "currency" | "percentage" => number().map(TableCell::Number),
            "date" => attribute(e, "office:date-value").map(|text| TableCell::Time(shorten_instant(&text).into())),
            "boolean" => attribute(e, "office:boolean-value").map(|v| TableCell::Flag(v == "true")),
            "string" => attribute(e, "office:string-value").map(|text| TableCell::from_text(&text)),
            _ => None,
        };
        self.open = Some(OpenCell { repeats, value, text: String::new(), paragraphs: 0 });
    }

    fn add_text(&mut self, text: &str) {
        if let Some(cell) = self.open.as_mut().filter(|cell| self.notes == 0 && cell.paragraphs > 0) {
            cell.text.push_str(text);
        }
    }

    fn end(&mut self, name: &str) -> Result<()> {
        match name {
            "office:annotation" => self.notes = self.notes.saturating_sub(1),
            "table:table-cell" | "table:covered-table-cell" => {
                let Some(OpenCell { repeats, value, text, .. }) = self.open.take() else { return Ok(()) };
                let cell = value.unwrap_or_else(|| TableCell::from_text(&text));
                if !cell.is_blank() {
                    self.cells.push((self.column, repeats, cell));
                }
                self.column = self.column.saturating_add(usize::try_from(repeats).unwrap_or(usize::MAX));
            }
            "table:table-row" => self.end_row()?,
            _ => {}
        }
        Ok(())
    }

    fn end_row(&mut self) -> Result<()> {
        let cells = std::mem::take(&mut self.cells);
        if !cells.is_empty() {
            for row in 0..self.row_repeats {
                for (column, repeats, cell) in &cells {
                    for at in 0..*repeats {
                        let column = column.saturating_add(usize::try_from(at).unwrap_or(usize::MAX));
                        self.builder.add(self.row + row, column, cell.clone())?;
                    }
                }
            }
        }
        self.row = self.row.saturating_add(self.row_repeats);
        Ok(())
    }
}
