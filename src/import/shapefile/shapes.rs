//! The shapes of a `.shp`, in the order of its `.shx` where there is one. Trusts no length that the file states.

use super::rings::build_polygons;
use crate::feature::geojson::{MAX_VERTICES, ParsedGeometry};
use geo_types::{Coord, Geometry, LineString, MultiLineString, MultiPoint, Point};
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

const HEADER_BYTES: u64 = 100;
const FILE_CODE: [u8; 4] = [0, 0, 0x27, 0x0a];
/// The longest record: as many vertices as a feature may have, with height and measure, each in a part of its own.
const MAX_RECORD_BYTES: u64 = MAX_VERTICES as u64 * 40;

/// A type of the shapes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeType(i32);

impl ShapeType {
    pub fn is_multipatch(self) -> bool {
        self.0 == 31
    }

    fn has_extra(self) -> bool {
        self.0 > 10
    }
}

/// Why a shape is not a geometry.
#[derive(Debug)]
pub enum ShapeFault {
    /// The end of a sentence that begins with "The shape".
    Bad(String),
    /// The rest of the file cannot be read.
    CutShort,
    Read(std::io::Error),
}

/// One shape after the other.
pub struct ShapeReader {
    input: BufReader<File>,
    at: u64,
    bytes: u64,
    stated_bytes: u64,
    index: Option<ShapeIndex>,
    number: u64,
    record: Vec<u8>,
}

/// Where the shapes are, in the order of the rows.
struct ShapeIndex {
    input: BufReader<File>,
    left: u64,
}

impl ShapeReader {
    /// Opens the file, and its index if that is whole; `None` when it is no `.shp`.
    pub fn open(shp: &Path, shx: Option<&Path>) -> std::io::Result<Option<(Self, ShapeType)>> {
        let file = File::open(shp)?;
        let bytes = file.metadata()?.len();
        let mut input = BufReader::with_capacity(256 << 10, file);
        let Some((stated_bytes, kind)) = read_header(&mut input)? else { return Ok(None) };
        // A header that states no records was never finished.
        let stated_bytes = if stated_bytes <= HEADER_BYTES { bytes } else { stated_bytes };
        let index = match shx {
            Some(shx) => ShapeIndex::open(shx)?,
            None => None,
        };
        Ok(Some((Self { input, at: HEADER_BYTES, bytes, stated_bytes, index, number: 0, record: vec![] }, kind)))
    }

    /// How many shapes the index has.
    pub fn indexed_count(&self) -> Option<u64> {
        self.index.as_ref().map(|index| index.left)
    }

    /// The bytes of the file that were read.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// The next shape; an inner `None` has no place. `is_expected`: there is a row for it, so that it may lie behind
    /// the end that the file states.
    pub fn next_shape(&mut self, is_expected: bool) -> Result<Option<Option<ParsedGeometry>>, ShapeFault> {
        let place = match &mut self.index {
            Some(index) => match index.next_offset().map_err(ShapeFault::Read)? {
                Some(offset) => self.seek_to(offset).map_err(ShapeFault::Read)?,
                None => return Ok(None),
            },
            None if self.at >= self.bytes => return Ok(None),
            None if self.at >= self.stated_bytes && !is_expected => return Ok(None),
            None => true,
        };
        self.number += 1;
        if !place || !self.read_record()? {
            return Err(ShapeFault::CutShort);
        }
        read_shape(&self.record).map(Some).map_err(ShapeFault::Bad)
    }

    /// `false`: behind the end of the file.
    fn seek_to(&mut self, offset: u64) -> std::io::Result<bool> {
        if offset < HEADER_BYTES || offset >= self.bytes {
            return Ok(false);
        }
        if offset != self.at {
            self.input.seek_relative(offset as i64 - self.at as i64)?;
            self.at = offset;
        }
        Ok(true)
    }

    fn read_record(&mut self) -> Result<bool, ShapeFault> {
        let mut head = [0; 8];
        if self.at + 8 > self.bytes {
            return Ok(false);
        }
        self.input.read_exact(&mut head).map_err(ShapeFault::Read)?;
        let words = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
        let length = u64::from(words) * 2;
        self.at += 8;
        if self.at + length > self.bytes || length < 4 {
            return Ok(false);
        }
        if length > MAX_RECORD_BYTES {
            self.input.seek_relative(length as i64).map_err(ShapeFault::Read)?;
            self.at += length;
            return Err(ShapeFault::Bad(format!("has more than {MAX_VERTICES} vertices. Split it.")));
        }
        self.record.resize(length as usize, 0);
        self.input.read_exact(&mut self.record).map_err(ShapeFault::Read)?;
        self.at += length;
        Ok(true)
    }
}

impl ShapeIndex {
    fn open(shx: &Path) -> std::io::Result<Option<Self>> {
        let file = File::open(shx)?;
        let bytes = file.metadata()?.len();
        let mut input = BufReader::new(file);
        let is_whole = read_header(&mut input)?.is_some() && (bytes - HEADER_BYTES).is_multiple_of(8);
        Ok(is_whole.then(|| Self { input, left: (bytes - HEADER_BYTES) / 8 }))
    }

    fn next_offset(&mut self) -> std::io::Result<Option<u64>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let mut entry = [0; 8];
        self.input.read_exact(&mut entry)?;
        Ok(Some(u64::from(u32::from_be_bytes([entry[0], entry[1], entry[2], entry[3]])) * 2))
    }
}

/// The length that the header states, and the type of the shapes; `None` for another file.
fn read_header(input: &mut BufReader<File>) -> std::io::Result<Option<(u64, ShapeType)>> {
    let mut head = vec![];
    input.by_ref().take(HEADER_BYTES).read_to_end(&mut head)?;
    input.rewind()?;
    if head.len() < HEADER_BYTES as usize || !head.starts_with(&FILE_CODE) {
        return Ok(None);
    }
    input.seek_relative(HEADER_BYTES as i64)?;
    let words = u32::from_be_bytes([head[24], head[25], head[26], head[27]]);
    let kind = i32::from_le_bytes([head[32], head[33], head[34], head[35]]);
    Ok(Some((u64::from(words) * 2, ShapeType(kind))))
}

fn read_shape(record: &[u8]) -> Result<Option<ParsedGeometry>, String> {
    let kind = ShapeType(read_i32(record, 0).unwrap_or(-1));
    let geometry = match kind.0 {
        0 => None,
        1 | 11 | 21 => {
            let point = read_coords(record, 4, 1)?;
            point.first().filter(|c| !(c.x.is_nan() && c.y.is_nan())).map(|c| Geometry::Point(Point(*c)))
        }
        8 | 18 | 28 => {
            let count = read_count(record, 36)?;
            let points = read_coords(record, 40, count)?;
            (count > 0).then(|| Geometry::MultiPoint(MultiPoint(points.into_iter().map(Point).collect())))
        }
        3 | 13 | 23 => {
            let mut lines: Vec<LineString<f64>> = read_parts(record)?.into_iter().map(LineString).collect();
            match lines.len() {
                0 => None,
                1 => lines.pop().map(Geometry::LineString),
                _ => Some(Geometry::MultiLineString(MultiLineString(lines))),
            }
        }
        5 | 15 | 25 => match read_parts(record)? {
            rings if rings.is_empty() => None,
            rings => Some(build_polygons(rings).ok_or("has too many rings. Split it.")?),
        },
        31 => return Err("is a multipatch (a body in space), which is not read. Export its footprint.".into()),
        other => return Err(format!("is of the type {other}, which shapefiles do not have. Export the file again.")),
    };
    if let Some(geometry) = &geometry {
        use geo::CoordsIter;
        if geometry.coords_iter().any(|c| !c.x.is_finite() || !c.y.is_finite()) {
            return Err("has a coordinate that is not a number. Correct it.".into());
        }
    }
    Ok(geometry.map(|geometry| ParsedGeometry { geometry, flattened: kind.has_extra() }))
}

/// The paths of a line or polygon, without empty ones.
fn read_parts(record: &[u8]) -> Result<Vec<Vec<Coord<f64>>>, String> {
    let (parts, points) = (read_count(record, 36)?, read_count(record, 40)?);
    if parts > record.len() / 4 {
        return Err(CUT_SHORT.into());
    }
    let coords = read_coords(record, 44 + 4 * parts, points)?;
    let start_of = |part: usize| if part < parts { read_count(record, 44 + 4 * part) } else { Ok(points) };
    let mut paths = vec![];
    for part in 0..parts {
        let (start, end) = (start_of(part)?, start_of(part + 1)?);
        let path = coords.get(start..end).ok_or("has parts that are not in order. Export the file again.")?;
        if !path.is_empty() {
            paths.push(path.to_vec());
        }
    }
    Ok(paths)
}

const CUT_SHORT: &str = "is shorter than it says. Export the file again.";

fn read_i32(record: &[u8], at: usize) -> Option<i32> {
    let bytes = record.get(at..at + 4)?;
    Some(i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}

fn read_count(record: &[u8], at: usize) -> Result<usize, String> {
    read_i32(record, at).and_then(|n| usize::try_from(n).ok()).ok_or_else(|| CUT_SHORT.to_owned())
}

fn read_coords(record: &[u8], at: usize, count: usize) -> Result<Vec<Coord<f64>>, String> {
    let bytes = count.checked_mul(16).and_then(|length| record.get(at..at.checked_add(length)?));
    let number = |b: &[u8]| f64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]);
    let coord = |b: &[u8]| Coord { x: number(&b[..8]), y: number(&b[8..]) };
    Ok(bytes.ok_or(CUT_SHORT)?.chunks_exact(16).map(coord).collect())
}
