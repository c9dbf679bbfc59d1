//! The table of a shapefile (dBASE III): rows are kept in a temporary file until the widths of the columns are known.

use super::file_error::write_error;
use super::format_losses::FormatLosses;
use crate::collection::FieldType;
use crate::encoding::OutputSchema;
use crate::error::{Error, Result};
use crate::feature::{Feature, FieldValue};
use jiff::civil::Date;
use serde_json::Number;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

/// The most bytes of a text, and of the name of a field.
const MAX_TEXT: usize = 254;
const MAX_NAME: usize = 10;
/// The most digits that every program reads as a whole number.
const MAX_DIGITS: usize = 18;
const MAX_NUMBER_WIDTH: usize = 30;
const MAX_DECIMALS: usize = 15;
const MAX_RECORD: usize = 65_535;
const MAX_FILE: u64 = (1 << 31) - 1;
const MAX_COLUMNS: usize = 2_046;

/// The rows of a table while it is written.
pub struct DbaseTable {
    columns: Vec<DbaseColumn>,
    /// Each cell with its length in front.
    rows: BufWriter<File>,
    count: u32,
    line: Vec<u8>,
}

struct DbaseColumn {
    /// The position of the field; `None` for the id.
    field: Option<usize>,
    full_name: String,
    name: String,
    kind: FieldType,
    /// The longest cell, and the most decimals.
    width: usize,
    decimals: usize,
    /// Numbers that other programs would round: the column becomes text.
    is_wide: bool,
}

impl DbaseTable {
    pub fn new(output: &OutputSchema) -> Result<Self> {
        let mut names = HashSet::new();
        let id = DbaseColumn::new(None, "id", FieldType::Text, &mut names);
        let fields = output.fields().map(|(at, field)| DbaseColumn::new(Some(at), &field.name, field.kind, &mut names));
        let columns: Vec<DbaseColumn> = std::iter::once(id).chain(fields.collect::<Vec<_>>()).collect();
        if columns.len() > MAX_COLUMNS {
            let sentence = format!("A shapefile has at most {MAX_COLUMNS} fields. Choose fewer properties.");
            return Err(Error::Refused(sentence));
        }
        let rows = BufWriter::new(tempfile::tempfile().map_err(|e| write_error(&e))?);
        Ok(Self { columns, rows, count: 0, line: vec![] })
    }

    /// The names that are cut: in the file, and in full.
    pub fn cut_names(&self) -> impl Iterator<Item = (&str, &str)> {
        self.columns.iter().filter(|c| c.name != c.full_name).map(|c| (c.name.as_str(), c.full_name.as_str()))
    }

    pub fn count(&self) -> u32 {
        self.count
    }

    pub fn write_row(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        self.line.clear();
        let id = FieldValue::text(feature.id.as_str());
        for column in &mut self.columns {
            let value = match column.field {
                Some(at) => feature.values.get(at).unwrap_or(&FieldValue::Null),
                None => &id,
            };
            let cell = column.format_cell(value, feature.id.as_str(), losses);
            self.line.push(cell.len() as u8);
            self.line.extend_from_slice(cell.as_bytes());
        }
        self.count += 1;
        self.rows.write_all(&self.line).map_err(|e| write_error(&e))
    }

    /// Writes the table as a `.dbf`.
    pub fn finish(self, out: &mut impl Write) -> Result<()> {
        let record: usize = 1 + self.columns.iter().map(DbaseColumn::final_width).sum::<usize>();
        let head = 33 + 32 * self.columns.len();
        if record > MAX_RECORD || head as u64 + record as u64 * u64::from(self.count) > MAX_FILE {
            let sentence = "A shapefile holds at most 2 GB, and rows of 65,535 bytes. Filter the features, choose fewer properties, or choose a GeoPackage.";
            return Err(Error::Refused(sentence.into()));
        }
        let mut rows = self.rows.into_inner().map_err(|e| write_error(e.error()))?;
        rows.rewind().map_err(|e| write_error(&e))?;
        let copied = write_head(out, &self.columns, self.count, record as u16)
            .and_then(|()| copy_rows(out, &self.columns, self.count, BufReader::new(rows)));
        copied.map_err(|e| write_error(&e))
    }
}

impl DbaseColumn {
    fn new(field: Option<usize>, full_name: &str, kind: FieldType, names: &mut HashSet<String>) -> Self {
        let name = short_name(full_name, names);
        Self { field, full_name: full_name.to_owned(), name, kind, width: 1, decimals: 0, is_wide: false }
    }

    fn format_cell(&mut self, value: &FieldValue, feature: &str, losses: &mut FormatLosses) -> String {
        let cell = match value {
            FieldValue::Null => String::new(),
            FieldValue::Bool(b) => if *b { "T" } else { "F" }.to_owned(),
            FieldValue::Int(i) if matches!(self.kind, FieldType::Real | FieldType::Decimal) => format_real(*i as f64),
            FieldValue::Int(i) => i.to_string(),
            FieldValue::Real(r) => format_real(*r),
            FieldValue::Text(text) => text.to_string(),
            FieldValue::Json(json) => json.to_string(),
        };
        let cell = match self.kind {
            FieldType::Integer | FieldType::Real | FieldType::Decimal => self.measure_number(cell),
            FieldType::Date => self.check_day(cell, feature, losses),
            // Unknown, where a blank would be no.
            FieldType::Boolean if cell.is_empty() => "?".to_owned(),
            FieldType::Boolean => cell,
            FieldType::Text | FieldType::DateTime | FieldType::Json => self.cut_text(cell, value, feature, losses),
        };
        self.width = self.width.max(cell.len());
        cell
    }

    /// Notes whether the column can stay one of numbers.
    fn measure_number(&mut self, cell: String) -> String {
        let decimals = cell.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let is_whole = self.kind == FieldType::Integer;
        let is_wide = if is_whole {
            cell.trim_start_matches('-').len() > MAX_DIGITS
        } else {
            decimals > MAX_DECIMALS || cell.contains('e') || cell.len() > MAX_NUMBER_WIDTH
        };
        self.is_wide |= is_wide;
        self.decimals = self.decimals.max(decimals);
        cell
    }

    /// Days have eight digits; what is no day of four-digit years is left out.
    fn check_day(&self, cell: String, feature: &str, losses: &mut FormatLosses) -> String {
        if cell.is_empty() {
            return cell;
        }
        if let Some(day) = cell.parse::<Date>().ok().filter(|day| (1..=9999).contains(&day.year())) {
            return day.strftime("%Y%m%d").to_string();
        }
        losses.count(&format!("'{}' has no day that a shapefile can hold", self.full_name), feature);
        String::new()
    }

    fn cut_text(&self, text: String, value: &FieldValue, feature: &str, losses: &mut FormatLosses) -> String {
        if text.is_empty() && !value.is_null() {
            losses.count("A shapefile does not tell an empty text from an unknown one", feature);
        }
        if text.ends_with(' ') || text.contains('\0') {
            losses.count(&format!("Blanks at the end of '{}' are lost", self.full_name), feature);
        }
        if text.len() <= MAX_TEXT {
            return text;
        }
        losses.count(&format!("'{}' is cut to {MAX_TEXT} bytes", self.full_name), feature);
        let mut end = MAX_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text[..end].to_owned()
    }

    /// The letter of its type.
    fn letter(&self) -> u8 {
        match self.kind {
            FieldType::Integer | FieldType::Real | FieldType::Decimal if !self.is_wide => b'N',
            FieldType::Boolean => b'L',
            FieldType::Date => b'D',
            _ => b'C',
        }
    }

    fn final_width(&self) -> usize {
        match self.letter() {
            b'D' => 8,
            b'L' => 1,
            // One byte more than any text: what fills its column may have been cut.
            b'C' => (self.width + 1).min(MAX_TEXT),
            // A column of reals has a point, so that it stays one.
            _ if self.kind != FieldType::Integer => (self.width + 2).max(self.decimals + 3),
            _ => self.width,
        }
    }

    fn final_decimals(&self) -> usize {
        if self.letter() == b'N' && self.kind != FieldType::Integer { self.decimals.max(1) } else { 0 }
    }
}

/// The shortest text of a number that has the same value; whole numbers with one decimal.
fn format_real(number: f64) -> String {
    Number::from_f64(number).map_or(String::new(), |number| number.to_string())
}

/// At most ten bytes, unlike all others.
fn short_name(full: &str, names: &mut HashSet<String>) -> String {
    let cut = |most: usize| {
        let mut end = full.len().min(most);
        while !full.is_char_boundary(end) {
            end -= 1;
        }
        full[..end].to_owned()
    };
    let numbered = (1..).map(|n| format!("{}_{n}", cut(MAX_NAME - 1 - n.to_string().len())));
    let mut candidates = std::iter::once(cut(MAX_NAME)).chain(numbered);
    let free = candidates.find(|name| names.insert(name.to_lowercase()));
    free.unwrap_or_default()
}

fn write_head(out: &mut impl Write, columns: &[DbaseColumn], count: u32, record: u16) -> std::io::Result<()> {
    let today = jiff::Zoned::now().date();
    out.write_all(&[3, (today.year() - 1900).clamp(0, 255) as u8, today.month() as u8, today.day() as u8])?;
    out.write_all(&count.to_le_bytes())?;
    out.write_all(&(33 + 32 * columns.len() as u16).to_le_bytes())?;
    out.write_all(&record.to_le_bytes())?;
    out.write_all(&[0; 20])?;
    for column in columns {
        let mut entry = [0; 32];
        entry[..column.name.len()].copy_from_slice(column.name.as_bytes());
        entry[11] = column.letter();
        entry[16] = column.final_width() as u8;
        entry[17] = column.final_decimals() as u8;
        out.write_all(&entry)?;
    }
    out.write_all(b"\r")
}

fn copy_rows(out: &mut impl Write, columns: &[DbaseColumn], count: u32, mut rows: impl Read) -> std::io::Result<()> {
    let (mut cell, mut line) = ([0; 256], vec![]);
    for _ in 0..count {
        line.clear();
        line.push(b' ');
        for column in columns {
            let mut length = [0];
            rows.read_exact(&mut length)?;
            let length = usize::from(length[0]);
            rows.read_exact(&mut cell[..length])?;
            let fill = column.final_width() - length;
            let is_number = column.letter() == b'N';
            line.extend(std::iter::repeat_n(b' ', if is_number { fill } else { 0 }));
            line.extend_from_slice(&cell[..length]);
            line.extend(std::iter::repeat_n(b' ', if is_number { 0 } else { fill }));
        }
        out.write_all(&line)?;
    }
    out.write_all(&[0x1a])
}
