//! Tables as text: one feature a row, with its place in two columns or as well-known text in one. Reads what
//! spreadsheets write (comma, semicolon or tab; quotes; a byte order mark; `sep=;`). Refuses decimal commas rather than
//! guess.

use super::byte_reader::MAX_TEXT_BYTES;
use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::{FindingPlace, ImportFindingKind};
use super::wkt;
use crate::crs::Crs;
use crate::error::Result;
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault, Geometry};
use crate::intake::FindingKind;
use csv::ByteRecord;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LON_NAMES: [&str; 14] = [
    "lon",
    "lng",
    "long",
    "longitude",
    "longitud",
    "longitudine",
    "lengtegraad",
    "dlugosc",
    "x",
    "x_coord",
    "xcoord",
    "point_x",
    "coord_x",
    "lon_wgs84",
];
const LAT_NAMES: [&str; 14] = [
    "lat",
    "latitude",
    "latitud",
    "latitudine",
    "breedtegraad",
    "szerokosc",
    "zemljepisna_sirina",
    "y",
    "y_coord",
    "ycoord",
    "point_y",
    "coord_y",
    "lat_wgs84",
    "lati",
];
/// The preferred names first.
const WKT_NAMES: [&str; 6] = ["geometry", "wkt", "geom", "the_geom", "wkt_geom", "geo_wkt"];

/// The content of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
enum CsvColumn {
    Lon,
    Lat,
    Wkt,
    Property(String),
    /// A column without a heading; its cells must be empty.
    Unnamed,
}

/// The rows of a table.
pub struct CsvRows<R: Read> {
    reader: csv::Reader<RecordLimiter<BufReader<R>>>,
    columns: Vec<CsvColumn>,
    record: ByteRecord,
    record_bytes: Arc<AtomicUsize>,
    number: u64,
    /// Lines before the input of the CSV reader.
    lines_before: u64,
    /// The reference system of the coordinates; `None` is longitude and latitude.
    declared_crs: Option<Crs>,
    /// The fault of the heading; reported once.
    heading_fault: Option<ScanFault>,
}

/// Ends the input when one record gets too long, as with a quote that is never closed.
struct RecordLimiter<R> {
    input: R,
    record_bytes: Arc<AtomicUsize>,
}

impl<R: Read> Read for RecordLimiter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.record_bytes.load(Ordering::Relaxed) > MAX_TEXT_BYTES {
            return Err(std::io::Error::other("a row is longer than 64 MB, perhaps because a quote is not closed"));
        }
        let n = self.input.read(buffer)?;
        self.record_bytes.fetch_add(n, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: Read> CsvRows<R> {
    pub fn new(input: R, declared_crs: Option<Crs>) -> Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, input);
        let (delimiter, lines_before) = detect_delimiter(&mut input).map_err(|e| super::byte_reader::read_error(&e))?;
        let record_bytes = Arc::new(AtomicUsize::new(0));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(RecordLimiter { input, record_bytes: record_bytes.clone() });
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(csv_error)?;
        let (columns, heading_fault) = match parse_heading(&record) {
            Ok(columns) => (columns, None),
            Err(message) => (
                vec![],
                Some(ScanFault {
                    kind: ImportFindingKind::Columns,
                    line: lines_before + 1,
                    column: None,
                    number: None,
                    message,
                    fatal: true,
                    warning: false,
                }),
            ),
        };
        Ok(Self { reader, columns, record, record_bytes, number: 0, lines_before, declared_crs, heading_fault })
    }

    /// The next row; `None` at the end.
    pub fn next_row(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if let Some(fault) = self.heading_fault.take() {
            return Ok(Some(Err(fault)));
        }
        self.record_bytes.store(0, Ordering::Relaxed);
        if self.columns.is_empty() || !self.reader.read_byte_record(&mut self.record).map_err(csv_error)? {
            return Ok(None);
        }
        self.number += 1;
        let line = self.lines_before + self.record.position().map_or(0, csv::Position::line);
        let place = FindingPlace { line: Some(line), feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, untyped: true, ..FeatureDraft::default() };
        if self.record.len() != self.columns.len() {
            let message = format!(
                "The row has {} cells, the heading has {}. Put cells that contain the separator in quotes.",
                self.record.len(),
                self.columns.len()
            );
            draft.faults.push((ImportFindingKind::Columns, FeatureFault::new(FaultKind::WrongType, "", message)));
            return Ok(Some(Ok(draft)));
        }
        self.fill_draft(&mut draft);
        Ok(Some(Ok(draft)))
    }

    fn fill_draft(&self, draft: &mut FeatureDraft) {
        let (mut lon, mut lat) = ("", "");
        for (cell, column) in self.record.iter().zip(&self.columns) {
            let Ok(text) = std::str::from_utf8(cell) else {
                let message = "The row is not UTF-8. Save the table as 'CSV UTF-8'.";
                draft.faults.push((ImportFindingKind::Encoding, FeatureFault::new(FaultKind::WrongType, "", message)));
                return;
            };
            match column {
                CsvColumn::Lon => lon = text.trim(),
                CsvColumn::Lat => lat = text.trim(),
                CsvColumn::Wkt if text.trim().is_empty() => {}
                CsvColumn::Wkt => match wkt::parse_wkt(text, self.declared_crs) {
                    Ok(shape) => draft.shape = Some(shape),
                    Err(fault) => {
                        draft.faults.push((
                            ImportFindingKind::of_fault(&fault),
                            FeatureFault { at: "/geometry".into(), ..fault },
                        ));
                    }
                },
                CsvColumn::Property(name) => {
                    let value = if text.is_empty() { Json::Null } else { strip_formula_guard(text).into() };
                    draft.properties.insert(name.clone(), value);
                }
                CsvColumn::Unnamed if text.trim().is_empty() => {}
                CsvColumn::Unnamed => {
                    let message = format!("'{text}' is in a column without a heading. Name the column, or empty it.");
                    draft
                        .faults
                        .push((ImportFindingKind::Columns, FeatureFault::new(FaultKind::WrongType, "", message)));
                }
            }
        }
        match parse_point(lon, lat) {
            Ok(None) => {}
            Ok(shape) => draft.shape = shape,
            Err(fault) => draft.faults.push((ImportFindingKind::Feature(FindingKind::BadNumber), fault)),
        }
    }
}

/// Removes the quote before `=`, `+`, `-`, `@`, tab or return that keeps spreadsheets from running a cell as a formula.
fn strip_formula_guard(text: &str) -> &str {
    let bare = text.trim_start_matches('\'');
    if bare.len() < text.len() && bare.starts_with(['=', '+', '-', '@', '\t', '\r']) { &text[1..] } else { text }
}

fn parse_point(lon: &str, lat: &str) -> Result<Option<ParsedGeometry>, FeatureFault> {
    if lon.is_empty() && lat.is_empty() {
        return Ok(None);
    }
    let number = |text: &str, what: &str| {
        let wrong = |message: String| FeatureFault::new(FaultKind::WrongType, format!("/{what}"), message);
        if text.is_empty() {
            return Err(wrong(format!(
                "The {what} is missing. Fill it in, or leave both cells empty if there is no place."
            )));
        }
        if text.contains(',') {
            return Err(wrong(format!("'{text}' has a decimal comma. Write a point: {}.", text.replace(',', "."))));
        }
        text.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .ok_or_else(|| wrong(format!("'{text}' is not a {what}. Write degrees, such as 15.2675.")))
    };
    let (x, y) = (number(lon, "longitude")?, number(lat, "latitude")?);
    Ok(Some(ParsedGeometry { geometry: Geometry::Point(geo_types::Point::new(x, y)), flattened: false }))
}

fn parse_heading(record: &ByteRecord) -> Result<Vec<CsvColumn>, String> {
    let mut names = vec![];
    for cell in record {
        let name = std::str::from_utf8(cell)
            .map_err(|_| "The heading is not UTF-8. Save the table as 'CSV UTF-8'.".to_owned())?;
        names.push(name.trim().to_owned());
    }
    if names.iter().all(String::is_empty) {
        return Err("The table is empty. Name the columns in the first line.".into());
    }
    for (i, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..i].contains(name) {
            return Err(format!("Two columns are named '{name}'. Rename one."));
        }
    }
    let find = |wanted: &[&str]| wanted.iter().find_map(|w| names.iter().position(|n| n.to_lowercase() == *w));
    let wkt = find(&WKT_NAMES);
    let (lon, lat) = if wkt.is_some() { (None, None) } else { (find(&LON_NAMES), find(&LAT_NAMES)) };
    if lon.is_some() != lat.is_some() {
        let (there, missing) = if lon.is_some() { ("longitude", "latitude") } else { ("latitude", "longitude") };
        return Err(format!(
            "There is a column for the {there} but not for the {missing}. Name the columns lon and lat."
        ));
    }
    let column = |(i, name): (usize, String)| match Some(i) {
        at if at == wkt => CsvColumn::Wkt,
        at if at == lon => CsvColumn::Lon,
        at if at == lat => CsvColumn::Lat,
        _ if name.is_empty() => CsvColumn::Unnamed,
        _ => CsvColumn::Property(name),
    };
    Ok(names.into_iter().enumerate().map(column).collect())
}

/// Skips a byte order mark and Excel's `sep=;` line; returns the separator and how many lines were skipped.
fn detect_delimiter<R: Read>(input: &mut BufReader<R>) -> std::io::Result<(u8, u64)> {
    if input.fill_buf()?.starts_with(b"\xEF\xBB\xBF") {
        input.consume(3);
    }
    let head = input.fill_buf()?;
    if head.len() > 5 && head[..4].eq_ignore_ascii_case(b"sep=") && matches!(head[5], b'\r' | b'\n') {
        let delimiter = head[4];
        let line = head.iter().position(|b| *b == b'\n').map_or(head.len(), |i| i + 1);
        input.consume(line);
        return Ok((delimiter, 1));
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in head {
        if *byte == b'\n' && !quoted {
            break;
        }
        quoted ^= *byte == b'"';
        if !quoted {
            counts.iter_mut().filter(|c| c.0 == *byte).for_each(|c| c.1 += 1);
        }
    }
    let best = counts.iter().rev().max_by_key(|c| c.1).map_or(b',', |c| c.0);
    Ok((best, 0))
}

fn csv_error(e: csv::Error) -> crate::error::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => super::byte_reader::read_error(&e),
        other => {
            crate::error::Error::invalid("", format!("The table cannot be read ({other:?}). Save it as CSV again."))
        }
    }
}
