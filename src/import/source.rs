//! A file to be read, more than once: where it is, what is in it, and a reader for it. Unpacks gzip; knows the formats that
//! are not read here by their first bytes, to say so in a sentence.

use super::Progress;
use super::csv;
use super::draft::{Draft, Glance, crs_fault};
use super::elements::{Elements, Layout, Next, RECORD_SEPARATOR, ScanFault};
use super::finding::{Kind, Place};
use super::osm;
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::geojson::{self, Member, Skipped};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One GeoJSON document: a FeatureCollection, a Feature or a geometry.
    GeoJson,
    /// A feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    /// An OpenStreetMap extract; see [`Source::chosen`].
    OsmPbf,
}

/// A file to be read.
pub struct Source {
    /// As messages call it.
    pub name: String,
    input: Input,
    format: Format,
    gzip: bool,
    /// The collection as the file is read for it, when that is known before it is read.
    pub collection: Option<Collection>,
}

enum Input {
    File(PathBuf),
    Spooled(tempfile::NamedTempFile),
    Bytes(Cow<'static, [u8]>),
}

const SNIFF_BYTES: u64 = 4 << 20;

impl Format {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Self::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => Self::GeoJsonLines,
            "geojsonseq" | "geojsons" => Self::GeoJsonSeq,
            "csv" | "tsv" => Self::Csv,
            "osmpbf" | "pbf" => Self::OsmPbf,
            other => {
                return Err(Error::invalid(
                    "format",
                    format!(
                        "The format '{other}' cannot be read. There are geojson, geojsonl, geojsonseq, csv and osmpbf."
                    ),
                ));
            }
        })
    }
}

impl Source {
    /// Opens a file; without a format, what is in it is found out by looking.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file, [`Error::Invalid`] when its format is not known.
    pub fn open(path: &Path, format: Option<Format>) -> Result<Self> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Error::Refused(format!("{name} is a directory. Name the files in it.")));
        }
        File::open(path).map_err(|e| missing(&name, &e))?;
        Self::from_input(name, Input::File(path.to_owned()), format)
    }

    /// Reads all of the standard input into a temporary file, as a file is read twice.
    pub fn stdin(format: Option<Format>) -> Result<Self> {
        let mut spool = tempfile::NamedTempFile::new().map_err(Error::internal)?;
        std::io::copy(&mut std::io::stdin().lock(), &mut spool).map_err(|e| super::bytes::unreadable(&e))?;
        spool.flush().and_then(|()| spool.rewind()).map_err(Error::internal)?;
        Self::from_input("standard input".into(), Input::Spooled(spool), format)
    }

    /// A file that is part of the program.
    pub fn embedded(name: &str, bytes: Cow<'static, [u8]>) -> Result<Self> {
        Self::from_input(name.into(), Input::Bytes(bytes), None)
    }

    fn from_input(name: String, input: Input, format: Option<Format>) -> Result<Self> {
        let mut source = Self { name, input, format: Format::GeoJson, gzip: false, collection: None };
        let mut magic = [0; 2];
        let got = source.raw()?.read(&mut magic).map_err(|e| super::bytes::unreadable(&e))?;
        source.gzip = magic[..got] == [0x1f, 0x8b];
        source.format = match format {
            Some(format) => format,
            None => source.sniff()?,
        };
        Ok(source)
    }

    /// The same, made ready for a collection: of an OpenStreetMap extract what belongs into it is chosen.
    ///
    /// # Errors
    /// [`Error::Invalid`] when nothing of an extract belongs into this collection, or when it cannot be read.
    pub fn chosen(self, into: &CollectionId, progress: &Arc<Progress>) -> Result<Self> {
        if self.format != Format::OsmPbf {
            return Ok(self);
        }
        let mapping = osm::Mapping::of(into)?;
        let features = osm::translate(&self.name, || self.unpacked(None), &mapping, progress)?;
        let collection = Some(mapping.collection(into)?);
        Ok(Self { input: Input::Spooled(features), format: Format::GeoJsonLines, gzip: false, collection, ..self })
    }

    #[must_use]
    pub fn format(&self) -> Format {
        self.format
    }

    /// The size of the file on disk.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.input {
            Input::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
            Input::Spooled(file) => file.as_file().metadata().map_or(0, |m| m.len()),
            Input::Bytes(bytes) => bytes.len() as u64,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of the file, from its start; `said` is what its coordinates are said to be in.
    pub fn rows(&self, progress: Option<&Arc<Progress>>, said: Option<Crs>) -> Result<Rows> {
        let input = self.unpacked(progress)?;
        let layout = match self.format {
            Format::GeoJson => Layout::Document,
            Format::GeoJsonLines => Layout::Lines,
            Format::GeoJsonSeq => Layout::Records,
            Format::Csv => return Ok(Rows::Csv(csv::Rows::new(input, said)?)),
            Format::OsmPbf => return Err(Error::internal("what of the extract is wanted was not chosen")),
        };
        Ok(Rows::Json { elements: Elements::new(input, layout), text: vec![], ended: false, said })
    }

    fn raw(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match &self.input {
            Input::File(path) => Box::new(File::open(path).map_err(|e| missing(&self.name, &e))?),
            Input::Spooled(file) => Box::new(file.reopen().map_err(Error::internal)?),
            Input::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    fn unpacked(&self, progress: Option<&Arc<Progress>>) -> Result<Box<dyn Read + Send>> {
        let raw: Box<dyn Read + Send> = match progress {
            Some(progress) => Box::new(Watched { input: self.raw()?, progress: progress.clone() }),
            None => self.raw()?,
        };
        Ok(if self.gzip { Box::new(MultiGzDecoder::new(raw)) } else { raw })
    }

    /// Finds the format by the first bytes, and by the name where they leave it open.
    fn sniff(&self) -> Result<Format> {
        let mut head = vec![];
        self.unpacked(None)?.take(SNIFF_BYTES).read_to_end(&mut head).map_err(|e| super::bytes::unreadable(&e))?;
        if osm::is_pbf(&head) {
            return Ok(Format::OsmPbf);
        }
        if let Some(sentence) = foreign(&head) {
            return Err(Error::invalid(self.name.clone(), sentence));
        }
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let first = text.iter().copied().find(|b| !b.is_ascii_whitespace());
        let name = self.name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e));
        Ok(match first {
            Some(RECORD_SEPARATOR) => Format::GeoJsonSeq,
            Some(b'{')
                if ends(&[".geojsonl", ".ndjson", ".jsonl", ".geojsons", ".geojsonseq"]) || one_on_each_line(text) =>
            {
                Format::GeoJsonLines
            }
            _ if ends(&[".csv", ".tsv", ".txt"]) => Format::Csv,
            _ if ends(&[".geojson", ".json"]) => Format::GeoJson,
            Some(b'{' | b'[') | None => Format::GeoJson,
            Some(_)
                if text
                    .split(|b| *b == b'\n')
                    .next()
                    .is_some_and(|line| line.iter().any(|b| matches!(b, b',' | b';' | b'\t'))) =>
            {
                Format::Csv
            }
            Some(_) => {
                let sentence = "This is neither GeoJSON nor a table with named columns. Convert it to GeoJSON, or say what it is with --format.";
                return Err(Error::invalid(self.name.clone(), sentence));
            }
        })
    }
}

/// The first line is a whole JSON object, and another one follows.
fn one_on_each_line(text: &[u8]) -> bool {
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let whole = matches!(geojson::parse::<Skipped>(first), Ok(Member::Object(o)) if !o.has_features);
    whole && second.starts_with(b"{")
}

/// Formats that are not read here, by their first bytes.
fn foreign(head: &[u8]) -> Option<&'static str> {
    if head.starts_with(b"SQLite format 3") {
        Some(
            "This is a GeoPackage or another SQLite file. Convert the layer first: ogr2ogr -t_srs EPSG:4326 out.geojson in.gpkg LAYER.",
        )
    } else if head.starts_with(b"PK\x03\x04") {
        Some(
            "This is a ZIP file (a zipped shapefile, KMZ or a spreadsheet). Unpack it and convert it: ogr2ogr -t_srs EPSG:4326 out.geojson in.shp; a spreadsheet can be saved as CSV UTF-8.",
        )
    } else if head.starts_with(b"\x00\x00\x27\x0a") {
        Some("This is a shapefile. Convert it first: ogr2ogr -t_srs EPSG:4326 out.geojson in.shp.")
    } else if head.starts_with(b"fgb") {
        Some("This is FlatGeobuf. Convert it first: ogr2ogr -t_srs EPSG:4326 out.geojson in.fgb.")
    } else if head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF") {
        Some("The text is UTF-16. Save the file as UTF-8 (in a spreadsheet: 'CSV UTF-8').")
    } else if head.iter().take(4096).any(|b| *b == 0) {
        Some("This is not a text file. Convert it to GeoJSON or CSV first.")
    } else if head.trim_ascii_start().starts_with(b"<") {
        Some(
            "This looks like XML (KML, GML or HTML), not GeoJSON. Convert it first: ogr2ogr -t_srs EPSG:4326 out.geojson in.kml.",
        )
    } else {
        None
    }
}

fn missing(name: &str, e: &std::io::Error) -> Error {
    match e.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound(format!("There is no file {name}. Check the path.")),
        std::io::ErrorKind::PermissionDenied => {
            Error::Refused(format!("The file {name} may not be read. Check its permissions."))
        }
        _ => Error::Refused(format!("The file {name} cannot be opened: {e}.")),
    }
}

/// Counts what is read, and ends the reading when asked to.
struct Watched<R> {
    input: R,
    progress: Arc<Progress>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.progress.read(n as u64);
        Ok(n)
    }
}

/// The features of a file, one after the other.
pub enum Rows {
    Json { elements: Elements<Box<dyn Read + Send>>, text: Vec<u8>, ended: bool, said: Option<Crs> },
    Csv(csv::Rows<Box<dyn Read + Send>>),
}

impl Rows {
    /// The next feature, or a fault in how they are strung together; `None` at the end.
    pub fn draft(&mut self) -> Result<Option<Result<Draft, ScanFault>>> {
        match self {
            Self::Csv(rows) => rows.next(),
            Self::Json { elements, text, ended, said } => Ok(match elements.next(text)? {
                Next::Element(element) => {
                    let place = Place { line: Some(element.line), feature: Some(element.number), ..Place::default() };
                    Some(Ok(Draft::from_geojson(text, place, *said)))
                }
                Next::Fault(fault) => {
                    *ended |= fault.fatal;
                    Some(Err(fault))
                }
                Next::End if *ended => None,
                Next::End => {
                    *ended = true;
                    frame_fault(elements, *said).map(Err)
                }
            }),
        }
    }

    /// What the first reading wants to know of the next feature; an inner `None` is a feature with faults, which the second
    /// reading tells of.
    pub fn glance(&mut self) -> Result<Option<Option<Glance>>> {
        match self {
            Self::Csv(rows) => Ok(rows.next()?.map(|row| {
                let draft = row.ok()?;
                let geometry = draft.shape.as_ref().map(|s| crate::feature::GeometryKind::of(&s.geometry));
                Some(Glance { id: None, geometry, properties: draft.properties, loose: true })
            })),
            Self::Json { elements, text, .. } => Ok(match elements.next(text)? {
                Next::Element(_) => Some(Glance::from_geojson(text)),
                Next::Fault(_) => Some(None),
                Next::End => None,
            }),
        }
    }
}

/// What the document around the features has against it.
fn frame_fault<R: Read>(elements: &Elements<R>, said: Option<Crs>) -> Option<ScanFault> {
    let frame = elements.frame();
    if !frame.collection {
        return None;
    }
    let fault = |kind, message: String| Some(ScanFault { kind, line: 1, number: None, message, fatal: true });
    match geojson::parse::<Skipped>(&frame.text) {
        Err(e) => fault(
            Kind::NotJson,
            format!("What stands around the features is not JSON ({e}). Check for a missing quote, comma or bracket."),
        ),
        Ok(Member::Object(object)) => match object.type_name() {
            Some("FeatureCollection") => {
                object.crs.as_ref().and_then(|crs| crs_fault(crs, said)).and_then(|f| fault(Kind::Crs, f.message))
            }
            Some(other) => fault(
                Kind::NotJson,
                format!(
                    "The type is '{}', but there is a list of features. Write \"type\": \"FeatureCollection\".",
                    other.chars().take(40).collect::<String>()
                ),
            ),
            None => fault(Kind::NotJson, "The document has no type. Write \"type\": \"FeatureCollection\".".into()),
        },
        Ok(_) => None,
    }
}
