//! Zipped shapefiles (ESRI, 1998): one for each kind of geometry that the features have, with table, index, reference
//! system (`.prj`) and encoding (`.cpg`). Features without a place have an empty shape, or a table of their own.

use super::dbase_table::DbaseTable;
use super::file_error::write_error;
use super::file_layer::FileLayer;
use super::format_losses::FormatLosses;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, Feature, Geometry, bbox_of};
use geo::{Orient, orient::Direction};
use geo_types::{Coord, LineString, Polygon};
use std::fs::File;
use std::io::{BufReader, BufWriter, Seek, Write};
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

const FILE_CODE: i32 = 9994;
const VERSION: i32 = 1000;
const MAX_BYTES: u64 = (1 << 31) - 1;
const HEAD_BYTES: usize = 100;

/// A kind of shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShapeKind {
    Point = 1,
    Line = 3,
    Area = 5,
    MultiPoint = 8,
    /// Only a table.
    None = 0,
}

/// Writes the features of one collection.
pub struct ShapefileWriter {
    layer: FileLayer,
    parts: Vec<ShapefilePart>,
}

/// One shapefile.
struct ShapefilePart {
    kind: ShapeKind,
    table: DbaseTable,
    shapes: BufWriter<File>,
    /// The bytes of each record without its head.
    lengths: Vec<u32>,
    bytes: u64,
    extent: Option<BoundingBox>,
}

impl ShapefileWriter {
    pub fn new(layer: &FileLayer) -> Self {
        Self { layer: layer.clone(), parts: vec![] }
    }

    pub fn write_feature(&mut self, feature: &Feature, losses: &mut FormatLosses) -> Result<()> {
        let kind = match &feature.geometry {
            Some(Geometry::GeometryCollection(_)) => {
                losses.count("A shapefile has no collections of geometries; they are left out", feature.id.as_str());
                ShapeKind::None
            }
            Some(geometry) => shape_kind(geometry),
            None => self.only_kind().unwrap_or(ShapeKind::None),
        };
        let known = self.parts.iter().position(|part| part.kind == kind);
        let at = known.unwrap_or(self.parts.len());
        if known.is_none() {
            self.parts.push(ShapefilePart::new(kind, &self.layer)?);
        }
        let part = &mut self.parts[at];
        part.table.write_row(feature, losses)?;
        part.write_shape(feature.geometry.as_ref().filter(|_| kind != ShapeKind::None))
    }

    /// The kind of all features, by the schema.
    fn only_kind(&self) -> Option<ShapeKind> {
        match self.layer.output.collection.geometry.schema_format()? {
            "geometry-point" => Some(ShapeKind::Point),
            "geometry-multipoint" => Some(ShapeKind::MultiPoint),
            "geometry-linestring" | "geometry-multilinestring" | "geometry-linestring-or-multilinestring" => {
                Some(ShapeKind::Line)
            }
            "geometry-polygon" | "geometry-multipolygon" | "geometry-polygon-or-multipolygon" => Some(ShapeKind::Area),
            _ => None,
        }
    }

    /// Writes the archive.
    pub fn finish(mut self, out: &File, losses: &mut FormatLosses) -> Result<()> {
        if self.parts.is_empty() {
            let kind = self.only_kind().unwrap_or(ShapeKind::None);
            self.parts.push(ShapefilePart::new(kind, &self.layer)?);
        }
        let cut: Vec<(String, String)> =
            self.parts[0].table.cut_names().map(|(short, full)| (short.to_owned(), full.to_owned())).collect();
        if !cut.is_empty() {
            let names: Vec<String> = cut.iter().map(|(short, full)| format!("{full} → {short}")).collect();
            losses.note(&format!("Names of fields have at most 10 bytes: {}", names.join(", ")));
        }
        let out = out.try_clone().map_err(|e| write_error(&e))?;
        let mut zip = ZipWriter::new(out);
        let id = self.layer.output.collection.id.to_string();
        let (is_one, prj) = (self.parts.len() == 1, self.layer.output.crs.to_wkt());
        for part in self.parts {
            let name = if is_one { id.clone() } else { format!("{id}_{}", part.kind.ending()) };
            part.write_files(&mut zip, &name, &prj)?;
        }
        let told = losses.sentences();
        if !told.is_empty() {
            add_file(&mut zip, &format!("{id}.txt"), (told.join("\r\n") + "\r\n").as_bytes())?;
        }
        zip.finish().map(drop).map_err(|e| zip_error(&e))
    }
}

impl ShapeKind {
    fn ending(self) -> &'static str {
        match self {
            Self::Point => "points",
            Self::MultiPoint => "multipoints",
            Self::Line => "lines",
            Self::Area => "areas",
            Self::None => "without_place",
        }
    }
}

impl ShapefilePart {
    fn new(kind: ShapeKind, layer: &FileLayer) -> Result<Self> {
        let shapes = BufWriter::new(tempfile::tempfile().map_err(|e| write_error(&e))?);
        let table = DbaseTable::new(&layer.output)?;
        Ok(Self { kind, table, shapes, lengths: vec![], bytes: HEAD_BYTES as u64, extent: None })
    }

    /// A record; `None` is an empty shape.
    fn write_shape(&mut self, geometry: Option<&Geometry>) -> Result<()> {
        let mut body = vec![];
        match geometry {
            Some(geometry) => encode_shape(geometry, self.kind, &mut body),
            None => body.extend_from_slice(&0_i32.to_le_bytes()),
        }
        if let Some(own) = geometry.and_then(bbox_of) {
            self.extent = Some(self.extent.map_or(own, |all| BoundingBox {
                west: all.west.min(own.west),
                south: all.south.min(own.south),
                east: all.east.max(own.east),
                north: all.north.max(own.north),
            }));
        }
        self.lengths.push(body.len() as u32);
        self.bytes += 8 + body.len() as u64;
        if self.bytes > MAX_BYTES {
            let sentence = "A shapefile holds at most 2 GB. Filter the features, or choose a GeoPackage.";
            return Err(Error::Refused(sentence.into()));
        }
        let head = [(self.lengths.len() as u32).to_be_bytes(), (body.len() as u32 / 2).to_be_bytes()].concat();
        self.shapes.write_all(&head).and_then(|()| self.shapes.write_all(&body)).map_err(|e| write_error(&e))
    }

    fn write_files(self, zip: &mut ZipWriter<File>, name: &str, prj: &str) -> Result<()> {
        let Self { kind, table, shapes, lengths, bytes, extent } = self;
        debug_assert_eq!(table.count() as usize, lengths.len(), "a shape for each row");
        if kind != ShapeKind::None {
            let mut shapes = shapes.into_inner().map_err(|e| write_error(e.error()))?;
            shapes.rewind().map_err(|e| write_error(&e))?;
            begin_file(zip, &format!("{name}.shp"))?;
            let head = file_head(kind, bytes, extent);
            zip.write_all(&head)
                .and_then(|()| std::io::copy(&mut BufReader::new(shapes), zip))
                .map_err(|e| write_error(&e))?;
            begin_file(zip, &format!("{name}.shx"))?;
            write_index(zip, &file_head(kind, (HEAD_BYTES + 8 * lengths.len()) as u64, extent), &lengths)
                .map_err(|e| write_error(&e))?;
            add_file(zip, &format!("{name}.prj"), prj.as_bytes())?;
        }
        begin_file(zip, &format!("{name}.dbf"))?;
        table.finish(zip)?;
        add_file(zip, &format!("{name}.cpg"), b"UTF-8")
    }
}

fn begin_file(zip: &mut ZipWriter<File>, name: &str) -> Result<()> {
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    zip.start_file(name, packed).map_err(|e| zip_error(&e))
}

fn add_file(zip: &mut ZipWriter<File>, name: &str, content: &[u8]) -> Result<()> {
    begin_file(zip, name)?;
    zip.write_all(content).map_err(|e| write_error(&e))
}

fn zip_error(e: &zip::result::ZipError) -> Error {
    match e {
        zip::result::ZipError::Io(e) => write_error(e),
        other => Error::internal(format!("the archive cannot be written: {other}")),
    }
}

fn file_head(kind: ShapeKind, bytes: u64, extent: Option<BoundingBox>) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..4].copy_from_slice(&FILE_CODE.to_be_bytes());
    head[24..28].copy_from_slice(&((bytes / 2) as u32).to_be_bytes());
    head[28..32].copy_from_slice(&VERSION.to_le_bytes());
    head[32..36].copy_from_slice(&(kind as i32).to_le_bytes());
    let sides = extent.map_or([0.0; 4], |b| [b.west, b.south, b.east, b.north]);
    for (at, side) in sides.into_iter().enumerate() {
        head[36 + 8 * at..44 + 8 * at].copy_from_slice(&side.to_le_bytes());
    }
    head
}

/// The offset and the length of each record, in words of two bytes.
fn write_index(out: &mut impl Write, head: &[u8], lengths: &[u32]) -> std::io::Result<()> {
    out.write_all(head)?;
    let mut offset = HEAD_BYTES as u32 / 2;
    for length in lengths {
        out.write_all(&offset.to_be_bytes())?;
        out.write_all(&(length / 2).to_be_bytes())?;
        offset += 4 + length / 2;
    }
    Ok(())
}

fn shape_kind(geometry: &Geometry) -> ShapeKind {
    match geometry {
        Geometry::Point(_) => ShapeKind::Point,
        Geometry::MultiPoint(_) => ShapeKind::MultiPoint,
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => ShapeKind::Line,
        Geometry::Polygon(_) | Geometry::MultiPolygon(_) | Geometry::Rect(_) | Geometry::Triangle(_) => ShapeKind::Area,
        Geometry::GeometryCollection(_) => ShapeKind::None,
    }
}

fn encode_shape(geometry: &Geometry, kind: ShapeKind, out: &mut Vec<u8>) {
    out.extend_from_slice(&(kind as i32).to_le_bytes());
    match geometry {
        Geometry::Point(p) => push_coords(&[p.0], out),
        Geometry::MultiPoint(m) => {
            push_box(geometry, out);
            out.extend_from_slice(&(m.0.len() as i32).to_le_bytes());
            m.0.iter().for_each(|p| push_coords(&[p.0], out));
        }
        Geometry::Line(l) => push_paths(geometry, &[vec![l.start, l.end]], out),
        Geometry::LineString(l) => push_paths(geometry, std::slice::from_ref(&l.0), out),
        Geometry::MultiLineString(m) => {
            push_paths(geometry, &m.0.iter().map(|l| l.0.clone()).collect::<Vec<_>>(), out);
        }
        Geometry::Polygon(p) => push_paths(geometry, &rings(p), out),
        Geometry::Rect(r) => push_paths(geometry, &rings(&r.to_polygon()), out),
        Geometry::Triangle(t) => push_paths(geometry, &rings(&t.to_polygon()), out),
        Geometry::MultiPolygon(m) => push_paths(geometry, &m.0.iter().flat_map(rings).collect::<Vec<_>>(), out),
        Geometry::GeometryCollection(_) => {}
    }
}

/// The rings of an area: the outer one clockwise, holes the other way.
fn rings(polygon: &Polygon<f64>) -> Vec<Vec<Coord<f64>>> {
    let (outer, holes) = polygon.orient(Direction::Reversed).into_inner();
    std::iter::once(outer).chain(holes).map(|LineString(ring)| ring).collect()
}

fn push_paths(geometry: &Geometry, paths: &[Vec<Coord<f64>>], out: &mut Vec<u8>) {
    push_box(geometry, out);
    let positions: usize = paths.iter().map(Vec::len).sum();
    out.extend_from_slice(&(paths.len() as i32).to_le_bytes());
    out.extend_from_slice(&(positions as i32).to_le_bytes());
    let mut start = 0_i32;
    for path in paths {
        out.extend_from_slice(&start.to_le_bytes());
        start += path.len() as i32;
    }
    paths.iter().for_each(|path| push_coords(path, out));
}

fn push_box(geometry: &Geometry, out: &mut Vec<u8>) {
    let sides = bbox_of(geometry).map_or([0.0; 4], |b| [b.west, b.south, b.east, b.north]);
    sides.iter().for_each(|side| out.extend_from_slice(&side.to_le_bytes()));
}

fn push_coords(coords: &[Coord<f64>], out: &mut Vec<u8>) {
    for c in coords {
        out.extend_from_slice(&c.x.to_le_bytes());
        out.extend_from_slice(&c.y.to_le_bytes());
    }
}
