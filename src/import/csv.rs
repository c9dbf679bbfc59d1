//! Tables as text: one feature a row, its place in two columns or as well-known text in one. Reads what spreadsheets write
//! (comma, semicolon or tab; quotes; a byte order mark; `sep=;`). Never guesses at decimal commas: they are refused.

use super::bytes::MAX_TEXT_BYTES;
use super::draft::Draft;
use super::elements::ScanFault;
use super::finding::{Kind, Place};
use super::wkt;
use crate::crs::Crs;
use crate::error::Result;
use crate::feature::geojson::Shape;
use crate::feature::{Fault, Flaw, Geometry};
use csv::ByteRecord;
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const LON: [&str; 14] = [
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
const LAT: [&str; 14] = [
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
/// In the order in which they are preferred.
const WKT: [&str; 6] = ["geometry", "wkt", "geom", "the_geom", "wkt_geom", "geo_wkt"];

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    Lon,
    Lat,
    Wkt,
    Property(String),
    /// No heading; its cells must be empty.
    Nameless,
}

/// The rows of a table.
pub struct Rows<R: Read> {
    reader: csv::Reader<Metered<BufReader<R>>>,
    columns: Vec<Column>,
    record: ByteRecord,
    metered: Arc<AtomicUsize>,
    number: u64,
    /// Lines before the part that the CSV reader sees.
    lines_before: u64,
    /// What the coordinates are said to be in.
    said: Option<Crs>,
    /// Something in the heading is wrong; told once.
    broken: Option<ScanFault>,
}

/// Ends the input when one record gets too long (a quote that is never closed).
struct Metered<R> {
    input: R,
    since_record: Arc<AtomicUsize>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.since_record.load(Ordering::Relaxed) > MAX_TEXT_BYTES {
            return Err(std::io::Error::other("a row is longer than 64 MB; a quote may never be closed"));
        }
        let n = self.input.read(buffer)?;
        self.since_record.fetch_add(n, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: Read> Rows<R> {
    pub fn new(input: R, said: Option<Crs>) -> Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, input);
        let (delimiter, lines_before) = sniff(&mut input).map_err(|e| super::bytes::unreadable(&e))?;
        let metered = Arc::new(AtomicUsize::new(0));
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .flexible(true)
            .has_headers(false)
            .from_reader(Metered { input, since_record: metered.clone() });
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(unreadable)?;
        let (columns, broken) = match heading(&record) {
            Ok(columns) => (columns, None),
            Err(message) => (
                vec![],
                Some(ScanFault { kind: Kind::Columns, line: lines_before + 1, number: None, message, fatal: true }),
            ),
        };
        Ok(Self { reader, columns, record, metered, number: 0, lines_before, said, broken })
    }

    /// Whether any column holds a place.
    pub fn has_place(&self) -> bool {
        self.columns.iter().any(|c| matches!(c, Column::Lon | Column::Wkt))
    }

    /// The next row; `None` at the end.
    pub fn next(&mut self) -> Result<Option<Result<Draft, ScanFault>>> {
        if let Some(fault) = self.broken.take() {
            return Ok(Some(Err(fault)));
        }
        self.metered.store(0, Ordering::Relaxed);
        if self.columns.is_empty() || !self.reader.read_byte_record(&mut self.record).map_err(unreadable)? {
            return Ok(None);
        }
        self.number += 1;
        let line = self.lines_before + self.record.position().map_or(0, csv::Position::line);
        let place = Place { line: Some(line), feature: Some(self.number), ..Place::default() };
        let mut draft = Draft { place, loose: true, ..Draft::default() };
        if self.record.len() != self.columns.len() {
            let message = format!(
                "The row has {} cells, the heading has {}. Put cells that contain the separator in quotes.",
                self.record.len(),
                self.columns.len()
            );
            draft.faults.push((Kind::Columns, Fault::new(Flaw::WrongType, "", message)));
            return Ok(Some(Ok(draft)));
        }
        self.fill(&mut draft);
        Ok(Some(Ok(draft)))
    }

    fn fill(&self, draft: &mut Draft) {
        let (mut lon, mut lat) = ("", "");
        for (cell, column) in self.record.iter().zip(&self.columns) {
            let Ok(text) = std::str::from_utf8(cell) else {
                let message = "The row is not UTF-8. Save the table as 'CSV UTF-8'.";
                draft.faults.push((Kind::Encoding, Fault::new(Flaw::WrongType, "", message)));
                return;
            };
            match column {
                Column::Lon => lon = text.trim(),
                Column::Lat => lat = text.trim(),
                Column::Wkt if text.trim().is_empty() => {}
                Column::Wkt => match wkt::read(text, self.said) {
                    Ok(shape) => draft.shape = Some(shape),
                    Err(fault) => {
                        draft.faults.push((Kind::Flaw(fault.flaw), Fault { at: "/geometry".into(), ..fault }));
                    }
                },
                Column::Property(name) => {
                    let value = if text.is_empty() { Json::Null } else { unguarded(text).into() };
                    draft.properties.insert(name.clone(), value);
                }
                Column::Nameless if text.trim().is_empty() => {}
                Column::Nameless => {
                    let message =
                        format!("'{text}' stands in a column without a heading. Name the column or empty it.");
                    draft.faults.push((Kind::Columns, Fault::new(Flaw::WrongType, "", message)));
                }
            }
        }
        match point(lon, lat) {
            Ok(None) => {}
            Ok(shape) => draft.shape = shape,
            Err(fault) => draft.faults.push((Kind::BadNumber, fault)),
        }
    }
}

/// Undoes what keeps spreadsheets from running a cell as a formula: one quote before `=`, `+`, `-`, `@`, tab or return.
fn unguarded(text: &str) -> &str {
    let bare = text.trim_start_matches('\'');
    if bare.len() < text.len() && bare.starts_with(['=', '+', '-', '@', '\t', '\r']) { &text[1..] } else { text }
}

fn point(lon: &str, lat: &str) -> Result<Option<Shape>, Fault> {
    if lon.is_empty() && lat.is_empty() {
        return Ok(None);
    }
    let number = |text: &str, what: &str| {
        let wrong = |message: String| Fault::new(Flaw::WrongType, format!("/{what}"), message);
        if text.is_empty() {
            return Err(wrong(format!("The {what} is missing. Fill it in, or empty both if there is no place.")));
        }
        if text.contains(',') {
            return Err(wrong(format!("'{text}' has a decimal comma. Write a point: {}.", text.replace(',', "."))));
        }
        text.parse::<f64>()
            .ok()
            .filter(|n| n.is_finite())
            .ok_or_else(|| wrong(format!("'{text}' is no {what} in degrees, such as 15.2675.")))
    };
    let (x, y) = (number(lon, "longitude")?, number(lat, "latitude")?);
    Ok(Some(Shape { geometry: Geometry::Point(geo_types::Point::new(x, y)), flattened: false }))
}

fn heading(record: &ByteRecord) -> Result<Vec<Column>, String> {
    let mut names = vec![];
    for cell in record {
        let name = std::str::from_utf8(cell)
            .map_err(|_| "The heading is not UTF-8. Save the table as 'CSV UTF-8'.".to_owned())?;
        names.push(name.trim().to_owned());
    }
    if names.iter().all(String::is_empty) {
        return Err("The table is empty: the first line must name the columns.".into());
    }
    for (i, name) in names.iter().enumerate() {
        if !name.is_empty() && names[..i].contains(name) {
            return Err(format!("Two columns are called '{name}'. Rename one."));
        }
    }
    let find = |wanted: &[&str]| wanted.iter().find_map(|w| names.iter().position(|n| n.to_lowercase() == *w));
    let wkt = find(&WKT);
    let (lon, lat) = if wkt.is_some() { (None, None) } else { (find(&LON), find(&LAT)) };
    if lon.is_some() != lat.is_some() {
        let (there, missing) = if lon.is_some() { ("longitude", "latitude") } else { ("latitude", "longitude") };
        return Err(format!("There is a column for the {there} but none for the {missing}. Name them lon and lat."));
    }
    let column = |(i, name): (usize, String)| match Some(i) {
        at if at == wkt => Column::Wkt,
        at if at == lon => Column::Lon,
        at if at == lat => Column::Lat,
        _ if name.is_empty() => Column::Nameless,
        _ => Column::Property(name),
    };
    Ok(names.into_iter().enumerate().map(column).collect())
}

/// Skips a byte order mark and Excel's `sep=;` line; returns the separator and how many lines were skipped.
fn sniff<R: Read>(input: &mut BufReader<R>) -> std::io::Result<(u8, u64)> {
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

fn unreadable(e: csv::Error) -> crate::error::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => super::bytes::unreadable(&e),
        other => {
            crate::error::Error::invalid("", format!("The table cannot be read ({other:?}). Save it as CSV again."))
        }
    }
}
