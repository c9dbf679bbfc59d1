//! A file to import: where it is, its format and layer, and a reader for its rows. Decompresses gzip, and unpacks one
//! member of a ZIP archive.

use super::archive::{MAX_UNPACKED_BYTES, spool_unpacked, unpack_archive};
use super::byte_reader::read_error;
use super::csv::CsvRows;
use super::dxf::{self, DxfRows};
use super::element_scanner::FileLayout;
use super::encoding_choice::parse_encoding;
use super::flatgeobuf_rows::{self, FlatGeobufRows};
use super::format_detection::detect_format;
use super::geojson_rows::GeoJsonRows;
use super::geopackage_rows::{self, GeoPackageRows};
use super::gml::GmlRows;
use super::gpx_rows::{GpxLayer, GpxRows};
use super::import_format::ImportFormat;
use super::kml::KmlRows;
use super::osm;
use super::parquet::{self, ParquetLayer, ParquetRows};
use super::progress::{ImportProgress, ProgressReader};
use super::remote::{FetchedContent, FetchedLayer, FetchedPages, PageRows, PageSpool};
use super::row_reader::{RowOptions, RowReader};
use super::shapefile::{ShapefileLayer, ShapefileParts, ShapefileRows};
use super::source_bounds::SourceBounds;
use super::source_facts::{SourceFacts, SourceOptions, StatedCrs};
use super::text_encoding::TextEncoding;
use super::workbook::{WorkbookInput, detect_workbook};
use crate::atlas::PackageLayer;
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

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
    layer: SourceLayer,
    /// The encoding of an XML document that the caller names.
    encoding: Option<TextEncoding>,
    /// The reference system that the caller names.
    said_crs: Option<Crs>,
    bounds: Option<SourceBounds>,
    facts: SourceFacts,
}

/// What was opened of a file before its rows.
enum SourceLayer {
    /// It is read from its start to its end.
    Stream,
    Shapefile(Box<ShapefileLayer>),
    GeoPackage(Box<PackageLayer>, PathBuf),
    GeoParquet(ParquetLayer, PathBuf),
    Gpx(GpxLayer),
    Pages(Arc<FetchedPages>),
}

enum SourceInput {
    File(PathBuf),
    Spooled(tempfile::NamedTempFile),
    /// A member of an archive: a directory of its own, and its name there.
    Unpacked(TempDir, String),
    Bytes(Cow<'static, [u8]>),
    /// From another server, with what holds it on disk.
    Fetched {
        path: PathBuf,
        _spool: PageSpool,
    },
}

const SNIFF_BYTES: u64 = 4 << 20;

impl ImportSource {
    /// Opens a file; without a format, the content decides.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such file, [`Error::Invalid`] when its format is not known.
    pub fn open(path: &Path, format: Option<ImportFormat>) -> Result<Self> {
        Self::open_with(path, SourceOptions { format, ..SourceOptions::default() })
    }

    /// Opens a file, or one member of an archive, as the caller says.
    ///
    /// # Errors
    /// As [`ImportSource::open`]; [`Error::Invalid`] when there are several layers and none is named, or when what the
    /// caller says of the file contradicts it.
    pub fn open_with(path: &Path, options: SourceOptions) -> Result<Self> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Err(Error::Refused(format!("{name} is a directory. Name the files in it.")));
        }
        File::open(path).map_err(|e| open_error(&name, &e))?;
        Self::from_input(name, SourceInput::File(path.to_owned()), options)
    }

    /// Opens a copy of a file; `name` is what its owner calls it.
    ///
    /// # Errors
    /// As [`ImportSource::open_with`].
    pub fn open_copy(path: &Path, name: &str, options: SourceOptions) -> Result<Self> {
        Self::from_input(name.to_owned(), SourceInput::File(path.to_owned()), options)
    }

    /// Copies standard input to a temporary file, so that it can be read twice.
    pub fn from_stdin(options: SourceOptions) -> Result<Self> {
        let mut spool = tempfile::NamedTempFile::new().map_err(Error::internal)?;
        std::io::copy(&mut std::io::stdin().lock(), &mut spool).map_err(|e| read_error(&e))?;
        spool.flush().and_then(|()| spool.rewind()).map_err(Error::internal)?;
        Self::from_input("standard input".into(), SourceInput::Spooled(spool), options)
    }

    /// A file that is part of the program.
    pub fn from_embedded(name: &str, bytes: Cow<'static, [u8]>) -> Result<Self> {
        Self::from_input(name.into(), SourceInput::Bytes(bytes), SourceOptions::default())
    }

    /// A layer or file that was fetched from another server.
    ///
    /// # Errors
    /// As [`ImportSource::open_with`].
    pub fn from_fetched(fetched: FetchedLayer, options: SourceOptions) -> Result<Self> {
        let FetchedLayer { name, content, licence, notes } = fetched;
        let mut source = match content {
            FetchedContent::File { path, format, spool } => {
                let format = options.format.or(format);
                Self::from_input(
                    name,
                    SourceInput::Fetched { path, _spool: spool },
                    SourceOptions { format, ..options },
                )?
            }
            FetchedContent::Pages(pages) => Self::from_pages(name, pages, &options)?,
        };
        source.facts.licence = licence;
        source.facts.notes.splice(0..0, notes);
        Ok(source)
    }

    fn from_pages(name: String, pages: FetchedPages, options: &SourceOptions) -> Result<Self> {
        let facts = SourceFacts {
            format: Some(pages.format),
            crs: pages.crs.clone(),
            lacks_crs: pages.format == ImportFormat::Gml && pages.crs.is_none(),
            ..SourceFacts::default()
        };
        facts.agree_on_crs(&name, options.crs)?;
        let mut source = Self::new(name, SourceInput::Bytes(Cow::Borrowed(b"")), options);
        (source.format, source.facts) = (pages.format, facts);
        source.layer = SourceLayer::Pages(Arc::new(pages));
        Ok(source)
    }

    fn new(name: String, input: SourceInput, options: &SourceOptions) -> Self {
        Self {
            name,
            input,
            format: ImportFormat::GeoJson,
            gzip: false,
            collection: None,
            extract_faults: None,
            layer: SourceLayer::Stream,
            encoding: None,
            said_crs: options.crs,
            bounds: options.bounds.clone(),
            facts: SourceFacts::default(),
        }
    }

    fn from_input(name: String, input: SourceInput, mut options: SourceOptions) -> Result<Self> {
        let mut source = Self::new(name, input, &options);
        let mut notes = vec![];
        let mut magic = source.read_magic()?;
        let is_workbook = source.is_workbook(options.format)?;
        if !is_workbook && magic.starts_with(b"PK") && matches!(magic[2..], [3, 4] | [5, 6] | [7, 8]) {
            notes = source.unpack(&mut options)?;
            magic = source.read_magic()?;
        }
        source.gzip = magic.starts_with(&[0x1f, 0x8b]);
        source.format = match options.format {
            Some(format) => format,
            None => source.read_format()?,
        };
        source.open_layer(&options)?;
        source.facts.notes.splice(0..0, notes);
        source.facts.agree_on_crs(&source.name, options.crs)?;
        Ok(source)
    }

    fn read_magic(&self) -> Result<Vec<u8>> {
        let mut magic = vec![];
        self.open_raw()?.take(4).read_to_end(&mut magic).map_err(|e| read_error(&e))?;
        Ok(magic)
    }

    /// A workbook is an archive that is not unpacked.
    fn is_workbook(&self, format: Option<ImportFormat>) -> Result<bool> {
        let mut head = vec![];
        self.open_raw()?.take(64 << 10).read_to_end(&mut head).map_err(|e| read_error(&e))?;
        Ok(matches!(format, Some(ImportFormat::Workbook(_))) || detect_workbook(&head, &self.name).is_some())
    }

    /// Becomes the member of an archive that is to be imported.
    fn unpack(&mut self, options: &mut SourceOptions) -> Result<Vec<String>> {
        let member = unpack_archive(&self.name, self.open_seekable()?, options.layer.as_deref(), self.most_unpacked())?;
        self.name = format!("{}/{}", self.name, member.name);
        self.input = SourceInput::Unpacked(member.folder, member.file);
        if member.is_chosen {
            options.layer = None;
        }
        Ok(member.notes)
    }

    /// Reads what must be known before the rows: layers, encodings, reference systems.
    fn open_layer(&mut self, options: &SourceOptions) -> Result<()> {
        self.facts = SourceFacts { format: Some(self.format), ..SourceFacts::default() };
        match self.format {
            ImportFormat::Shapefile => {
                let path = self.make_path()?;
                let mut magic = [0; 4];
                let got = File::open(&path).and_then(|mut f| f.read(&mut magic)).map_err(|e| read_error(&e))?;
                let is_table = !magic[..got].starts_with(&[0, 0, 0x27, 0x0a]);
                let parts = ShapefileParts::beside(&path, is_table);
                let (layer, facts) = ShapefileLayer::open(&self.name, parts, options)?;
                (self.layer, self.facts) = (SourceLayer::Shapefile(Box::new(layer)), facts);
            }
            ImportFormat::GeoPackage => {
                let path = self.make_path()?;
                let (layer, facts) = geopackage_rows::open_layer(&self.name, &path, options)?;
                (self.layer, self.facts) = (SourceLayer::GeoPackage(Box::new(layer), path), facts);
            }
            ImportFormat::GeoParquet => {
                let path = self.make_path()?;
                let (layer, facts) = parquet::read_layer(&self.name, &path, options)?;
                (self.layer, self.facts) = (SourceLayer::GeoParquet(layer, path), facts);
            }
            ImportFormat::FlatGeobuf => {
                self.facts = flatgeobuf_rows::read_facts(&self.name, self.open_unpacked(None)?, options)?;
            }
            ImportFormat::Dxf => self.facts = dxf::read_facts(&self.name, self.open_unpacked(None)?, options)?,
            ImportFormat::Workbook(_) if self.gzip => {
                self.make_path()?;
            }
            ImportFormat::Kml => self.facts.crs = Some(lonlat_by_format()),
            ImportFormat::Gpx => {
                self.layer = SourceLayer::Gpx(GpxLayer::from_name(&self.name, options.layer.as_deref())?);
                (self.facts.crs, self.facts.layer) = (Some(lonlat_by_format()), options.layer.clone());
            }
            ImportFormat::Gml => {
                self.facts.crs = self.read_srs(options)?;
                self.facts.lacks_crs = self.facts.crs.is_none();
            }
            _ => {}
        }
        if matches!(self.format, ImportFormat::Kml | ImportFormat::Gpx | ImportFormat::Gml) {
            self.encoding = parse_encoding(options.encoding.as_deref())?;
        }
        Ok(())
    }

    /// The reference system that a GML document names first.
    fn read_srs(&self, options: &SourceOptions) -> Result<Option<StatedCrs>> {
        let mut head = vec![];
        self.open_unpacked(None)?.take(SNIFF_BYTES).read_to_end(&mut head).map_err(|e| read_error(&e))?;
        match super::gml::find_first_srs(&String::from_utf8_lossy(&head)) {
            Ok(srs) => Ok(srs.map(|srs| StatedCrs { crs: srs.crs, reason: "as its geometries say".into() })),
            Err(_) if options.crs.is_some() => Ok(None),
            Err(name) => {
                let name = crate::error::shorten_text(&name);
                let sentence = format!(
                    "The reference system '{name}' is not known here. Ask the service for EPSG:4326, or say --crs EPSG:n."
                );
                Err(Error::invalid(self.name.clone(), sentence))
            }
        }
    }

    /// A path of the unpacked file, which is written when there is none.
    fn make_path(&mut self) -> Result<PathBuf> {
        match &self.input {
            SourceInput::File(path) | SourceInput::Fetched { path, .. } if !self.gzip => return Ok(path.clone()),
            SourceInput::Spooled(file) if !self.gzip => return Ok(file.path().to_owned()),
            SourceInput::Unpacked(folder, file) if !self.gzip => return Ok(folder.path().join(file)),
            _ => {}
        }
        let spool = spool_unpacked(&self.name, self.len(), self.open_unpacked(None)?)?;
        let path = spool.path().to_owned();
        (self.input, self.gzip) = (SourceInput::Spooled(spool), false);
        Ok(path)
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

    /// What was understood of the file.
    #[must_use]
    pub fn facts(&self) -> &SourceFacts {
        &self.facts
    }

    /// The reference system in which it is read; `None` is longitude and latitude.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it states another one than the caller.
    pub fn read_in(&self, said: Option<Crs>) -> Result<Option<Crs>> {
        self.facts.agree_on_crs(&self.name, said)
    }

    #[must_use]
    pub fn format(&self) -> ImportFormat {
        self.format
    }

    /// Whether its features are rows of cells.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.format, ImportFormat::Csv | ImportFormat::Workbook(_))
    }

    /// The size of the file on disk.
    #[must_use]
    pub fn len(&self) -> u64 {
        match &self.layer {
            SourceLayer::Shapefile(layer) => return layer.len(),
            SourceLayer::Pages(pages) => return pages.bytes,
            _ => {}
        }
        match &self.input {
            SourceInput::File(path) | SourceInput::Fetched { path, .. } => {
                std::fs::metadata(path).map_or(0, |m| m.len())
            }
            SourceInput::Unpacked(folder, file) => std::fs::metadata(folder.path().join(file)).map_or(0, |m| m.len()),
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
        match &self.layer {
            SourceLayer::Shapefile(layer) => return Ok(Box::new(ShapefileRows::open(layer, progress.cloned())?)),
            SourceLayer::GeoPackage(layer, path) => {
                return Ok(Box::new(GeoPackageRows::open(path, layer, progress.cloned())?));
            }
            SourceLayer::GeoParquet(layer, path) => {
                return Ok(Box::new(ParquetRows::open(path, layer, progress.cloned())?));
            }
            SourceLayer::Gpx(layer) => {
                return Ok(Box::new(GpxRows::new(self.open_unpacked(progress)?, *layer, self.encoding)?));
            }
            SourceLayer::Pages(pages) => {
                let crs = self.facts.crs.as_ref().map(|own| own.crs).or(options.declared_crs);
                return Ok(Box::new(PageRows::new(pages.clone(), crs, progress.cloned())));
            }
            SourceLayer::Stream => {}
        }
        let input = self.open_unpacked(progress)?;
        let layout = match self.format {
            ImportFormat::GeoJson => FileLayout::Document,
            ImportFormat::GeoJsonLines => FileLayout::Lines,
            ImportFormat::GeoJsonSeq => FileLayout::Records,
            ImportFormat::Csv => return Ok(Box::new(CsvRows::new(input, options)?)),
            ImportFormat::Workbook(_) => return Err(Error::internal("the workbook was not understood")),
            ImportFormat::OsmPbf => return Err(Error::internal("the extract was not prepared for a collection")),
            ImportFormat::Kml => return Ok(Box::new(KmlRows::new(input, self.encoding)?)),
            ImportFormat::FlatGeobuf => return Ok(Box::new(FlatGeobufRows::open(input)?)),
            ImportFormat::Gml => {
                let crs = self.facts.crs.as_ref().map(|own| own.crs).or(self.said_crs);
                return Ok(Box::new(GmlRows::new(input, crs, self.encoding)?));
            }
            ImportFormat::Dxf => {
                let encoding = self.facts.encoding.as_ref().map(|choice| choice.encoding);
                return Ok(Box::new(DxfRows::new(input, encoding.unwrap_or(TextEncoding::UTF_8))));
            }
            other => return Err(Error::internal(format!("{} was not opened", other.title()))),
        };
        Ok(Box::new(GeoJsonRows::new(input, layout, options.declared_crs, self.extract_faults.clone())))
    }

    fn open_raw(&self) -> Result<Box<dyn Read + Send>> {
        Ok(match &self.input {
            SourceInput::File(path) | SourceInput::Fetched { path, .. } => {
                Box::new(File::open(path).map_err(|e| open_error(&self.name, &e))?)
            }
            SourceInput::Spooled(file) => Box::new(file.reopen().map_err(Error::internal)?),
            SourceInput::Unpacked(folder, file) => {
                Box::new(File::open(folder.path().join(file)).map_err(Error::internal)?)
            }
            SourceInput::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    /// The content of the file as it is on disk, from any place.
    pub fn open_seekable(&self) -> Result<Box<dyn WorkbookInput>> {
        Ok(match &self.input {
            SourceInput::File(path) | SourceInput::Fetched { path, .. } => {
                Box::new(File::open(path).map_err(|e| open_error(&self.name, &e))?)
            }
            SourceInput::Spooled(file) => Box::new(file.reopen().map_err(Error::internal)?),
            SourceInput::Unpacked(folder, file) => {
                Box::new(File::open(folder.path().join(file)).map_err(Error::internal)?)
            }
            SourceInput::Bytes(bytes) => Box::new(std::io::Cursor::new(bytes.clone())),
        })
    }

    /// The content of the file, unpacked, from its start.
    pub fn open_unpacked(&self, progress: Option<&Arc<ImportProgress>>) -> Result<Box<dyn Read + Send>> {
        let raw: Box<dyn Read + Send> = match progress {
            Some(progress) => Box::new(ProgressReader::new(self.open_raw()?, progress.clone())),
            None => self.open_raw()?,
        };
        let unpacked = if self.gzip { Box::new(MultiGzDecoder::new(raw)) } else { raw };
        Ok(match &self.bounds {
            Some(bounds) => Box::new(bounds.bound(unpacked)),
            None => unpacked,
        })
    }

    /// What reading it may use.
    pub fn bounds(&self) -> Option<&SourceBounds> {
        self.bounds.as_ref()
    }

    fn most_unpacked(&self) -> u64 {
        self.bounds.as_ref().map_or(MAX_UNPACKED_BYTES, |bounds| bounds.unpacked_bytes)
    }

    /// The format of the first bytes, unpacked.
    fn read_format(&self) -> Result<ImportFormat> {
        let mut head = vec![];
        self.open_unpacked(None)?.take(SNIFF_BYTES).read_to_end(&mut head).map_err(|e| read_error(&e))?;
        detect_format(&head, &self.name)
    }
}

/// KML and GPX are in longitude and latitude.
fn lonlat_by_format() -> StatedCrs {
    StatedCrs { crs: Crs::CRS84, reason: "as the format has it".into() }
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
