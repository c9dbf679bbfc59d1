//! A file to import: where it is, its format, and a reader for its rows. Decompresses gzip. Recognises some formats
//! that cannot be imported by their first bytes, to say how to convert them.

use super::csv::CsvRows;
use super::element_scanner::{FileLayout, RECORD_SEPARATOR};
use super::foreign_format;
use super::geojson_rows::GeoJsonRows;
use super::osm;
use super::progress::ImportProgress;
use super::row_reader::{RowOptions, RowReader};
use super::text_encoding::is_utf16_table;
use super::workbook::{WorkbookFormat, WorkbookInput, detect_workbook};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::geojson::{self, GeoJsonMember, SkippedCoordinates};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The formats that can be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImportFormat {
    /// One GeoJSON document: a FeatureCollection, a Feature or a geometry.
    GeoJson,
    /// One feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    /// XLSX, XLS or ODS; read through [`PreparedSource`](super::prepared_source::PreparedSource).
    Workbook(WorkbookFormat),
    /// An OpenStreetMap extract; see [`ImportSource::prepare_for`].
    OsmPbf,
}

/// A file to import. It can be read more than once.
pub struct ImportSource {
    /// The name in messages.
    pub name: String,
    input: SourceInput,
    format: ImportFormat,
    gzip: bool,
    /// The collection of the features, when it is known before the file is read.
    pub collection: Option<Collection>,
    /// The faults of an extract whose features the lines of the file are.
    extract_faults: Option<Arc<osm::ExtractFaults>>,
}

enum SourceInput {
    File(PathBuf),
    Spooled(tempfile::NamedTempFile),
    Bytes(Cow<'static, [u8]>),
}

const SNIFF_BYTES: u64 = 4 << 20;
/// The most that a compressed workbook may unpack to.
const MAX_SPOOL_BYTES: u64 = 1 << 30;

impl ImportFormat {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Self::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => Self::GeoJsonLines,
            "geojsonseq" | "geojsons" => Self::GeoJsonSeq,
            "csv" | "tsv" => Self::Csv,
            "xlsx" => Self::Workbook(WorkbookFormat::Xlsx),
            "xls" => Self::Workbook(WorkbookFormat::Xls),
            "ods" => Self::Workbook(WorkbookFormat::Ods),
            "osmpbf" | "pbf" => Self::OsmPbf,
            other => {
                return Err(Error::invalid(
                    "format",
                    format!(
                        "The format '{other}' cannot be imported. Use geojson, geojsonl, geojsonseq, csv, xlsx, xls, ods or osmpbf."
                    ),
                ));
            }
        })
    }
}

impl ImportSource {
    /// Opens a file; without a format, the content decides.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file, [`Error::Invalid`] when its format is not known.
    pub fn open(path: &Path, format: Option<ImportFormat>) -> Result<Self> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Error::Refused(format!("{name} is a directory. Name the files in it.")));
        }
        File::open(path).map_err(|e| open_error(&name, &e))?;
        Self::from_input(name, SourceInput::File(path.to_owned()), format)
    }

    /// Copies standard input to a temporary file, so that it can be read twice.
    pub fn from_stdin(format: Option<ImportFormat>) -> Result<Self> {
        let mut spool = tempfile::NamedTempFile::new().map_err(Error::internal)?;
        std::io::copy(&mut std::io::stdin().lock(), &mut spool).map_err(|e| super::byte_reader::read_error(&e))?;
        spool.flush().and_then(|()| spool.rewind()).map_err(Error::internal)?;
        Self::from_input("standard input".into(), SourceInput::Spooled(spool), format)
    }

    /// A file that is part of the program.
    pub fn from_embedded(name: &str, bytes: Cow<'static, [u8]>) -> Result<Self> {
        Self::from_input(name.into(), SourceInput::Bytes(bytes), None)
    }

    fn from_input(name: String, input: SourceInput, format: Option<ImportFormat>) -> Result<Self> {
        let mut source =
            Self { name, input, format: ImportFormat::GeoJson, gzip: false, collection: None, extract_faults: None };
        let mut magic = [0; 2];
        let got = source.open_raw()?.read(&mut magic).map_err(|e| super::byte_reader::read_error(&e))?;
        source.gzip = magic[..got] == [0x1f, 0x8b];
        source.format = match format {
            Some(format) => format,
            None => source.detect_format()?,
        };
        Ok(source)
    }

    /// The same file, prepared for a collection: an OpenStreetMap extract becomes the features that belong to the
    /// collection.
    ///
    /// # Errors
    /// [`Error::Invalid`] when this collection cannot be filled from OpenStreetMap, or when the extract cannot be read;
    /// [`Error::Refused`] when it contains nothing for this collection.
    pub fn prepare_for(self, into: &CollectionId, progress: &Arc<ImportProgress>) -> Result<Self> {
        if self.format != ImportFormat::OsmPbf {
            return Ok(self);
        }
        let mapping = osm::OsmMapping::for_collection(into)?;
        let extract = osm::translate_extract(&self.name, || self.open_unpacked(None), &mapping, progress)?;
        let collection = Some(mapping.build_collection(into)?);
        Ok(Self {
            input: SourceInput::Spooled(extract.lines),
            format: ImportFormat::GeoJsonLines,
            gzip: false,
            collection,
            extract_faults: Some(Arc::new(extract.faults)),
            ..self
        })
    }

    #[must_use]
    pub fn format(&self) -> ImportFormat {
        self.format
    }

    /// The size of the file on disk.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.input {
            SourceInput::File(path) => std::fs::metadata(path).map_or(0, |m| m.len()),
            SourceInput::Spooled(file) => file.as_file().metadata().map_or(0, |m| m.len()),
            SourceInput::Bytes(bytes) => bytes.len() as u64,
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The features of the file, from its start.
    pub fn open_rows(
        &self,
        progress: Option<&Arc<ImportProgress>>,
        options: RowOptions,
    ) -> Result<Box<dyn RowReader + Send>> {
        let input = self.open_unpacked(progress)?;
        let layout = match self.format {
            ImportFormat::GeoJson => FileLayout::Document,
            ImportFormat::GeoJsonLines => FileLayout::Lines,
            ImportFormat::GeoJsonSeq => FileLayout::Records,
            ImportFormat::Csv => return Ok(Box::new(CsvRows::new(input, options)?)),
            ImportFormat::Workbook(_) => return Err(Error::internal("the workbook was not understood")),
            ImportFormat::OsmPbf => return Err(Error::internal("the extract was not prepared for a collection")),
        };
        Ok(Box::new(GeoJsonRows::new(input, layout, options.declared_crs, self.extract_faults.clone())))
    }

    fn open_raw(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match &self.input {
            SourceInput::File(path) => Box::new(File::open(path).map_err(|e| open_error(&self.name, &e))?),
            SourceInput::Spooled(file) => Box::new(file.reopen().map_err(Error::internal)?),
            SourceInput::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    /// The content of the file, from any place; what is compressed is unpacked to a temporary file.
    pub fn open_seekable(&self) -> Result<Box<dyn WorkbookInput>> {
        if self.gzip {
            let mut spool = tempfile::tempfile().map_err(Error::internal)?;
            let mut input = self.open_unpacked(None)?.take(MAX_SPOOL_BYTES + 1);
            let bytes = std::io::copy(&mut input, &mut spool).map_err(|e| super::byte_reader::read_error(&e))?;
            if bytes > MAX_SPOOL_BYTES {
                return Err(Error::TooLarge(format!("{} unpacks to more than 1 GB.", self.name)));
            }
            spool.rewind().map_err(Error::internal)?;
            return Ok(Box::new(spool));
        }
        Ok(match &self.input {
            SourceInput::File(path) => Box::new(File::open(path).map_err(|e| open_error(&self.name, &e))?),
            SourceInput::Spooled(file) => Box::new(file.reopen().map_err(Error::internal)?),
            SourceInput::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    /// The content of the file, unpacked, from its start.
    pub fn open_unpacked(&self, progress: Option<&Arc<ImportProgress>>) -> Result<Box<dyn Read + Send>> {
        let raw: Box<dyn Read + Send> = match progress {
            Some(progress) => Box::new(ProgressReader { input: self.open_raw()?, progress: progress.clone() }),
            None => self.open_raw()?,
        };
        Ok(if self.gzip { Box::new(MultiGzDecoder::new(raw)) } else { raw })
    }

    /// Detects the format by the first bytes, and by the name where these are ambiguous.
    fn detect_format(&self) -> Result<ImportFormat> {
        let mut head = vec![];
        self.open_unpacked(None)?
            .take(SNIFF_BYTES)
            .read_to_end(&mut head)
            .map_err(|e| super::byte_reader::read_error(&e))?;
        if osm::is_pbf(&head) {
            return Ok(ImportFormat::OsmPbf);
        }
        let bare_name = self.name.to_lowercase();
        if let Some(format) = detect_workbook(&head, bare_name.strip_suffix(".gz").unwrap_or(&bare_name)) {
            return Ok(ImportFormat::Workbook(format));
        }
        if is_utf16_table(&head) {
            return Ok(ImportFormat::Csv);
        }
        if let Some(sentence) = foreign_format::describe_format(&head, &self.name) {
            return Err(Error::invalid(self.name.clone(), sentence));
        }
        let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
        let first = text.iter().copied().find(|b| !b.is_ascii_whitespace());
        let name = self.name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e));
        Ok(match first {
            Some(RECORD_SEPARATOR) => ImportFormat::GeoJsonSeq,
            Some(b'{')
                if ends(&[".geojsonl", ".ndjson", ".jsonl", ".geojsons", ".geojsonseq"]) || is_line_delimited(text) =>
            {
                ImportFormat::GeoJsonLines
            }
            _ if ends(&[".csv", ".tsv", ".txt"]) => ImportFormat::Csv,
            _ if ends(&[".geojson", ".json"]) => ImportFormat::GeoJson,
            Some(b'{' | b'[') | None => ImportFormat::GeoJson,
            Some(_)
                if text
                    .split(|b| *b == b'\n')
                    .next()
                    .is_some_and(|line| line.iter().any(|b| matches!(b, b',' | b';' | b'\t' | b'|'))) =>
            {
                ImportFormat::Csv
            }
            Some(_) => {
                let sentence = "This is neither GeoJSON nor a table with named columns. Convert it to GeoJSON, or name its format with --format.";
                return Err(Error::invalid(self.name.clone(), sentence));
            }
        })
    }
}

/// The first line is a whole JSON object, and another one follows.
fn is_line_delimited(text: &[u8]) -> bool {
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    let (Some(first), Some(second)) = (lines.next(), lines.next()) else { return false };
    let whole =
        matches!(geojson::parse_geojson::<SkippedCoordinates>(first), Ok(GeoJsonMember::Object(o)) if !o.has_features);
    whole && second.starts_with(b"{")
}

fn open_error(name: &str, e: &std::io::Error) -> Error {
    match e.kind() {
        std::io::ErrorKind::NotFound => Error::NotFound(format!("There is no file {name}. Check the path.")),
        std::io::ErrorKind::PermissionDenied => {
            Error::Refused(format!("The file {name} cannot be read: permission denied. Change its permissions."))
        }
        _ => Error::Refused(format!("The file {name} cannot be opened: {e}.")),
    }
}

/// Counts the bytes that are read.
struct ProgressReader<R> {
    input: R,
    progress: Arc<ImportProgress>,
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.progress.add_bytes(n as u64);
        Ok(n)
    }
}
