//! One writer for all formats: into a temporary file that disappears by itself.

use super::dxf::DxfWriter;
use super::file_error::write_error;
use super::file_format::FileFormat;
use super::file_layer::{FileLayer, FileOptions};
use super::format_losses::FormatLosses;
use super::geoparquet::GeoParquetWriter;
use super::gpx::GpxWriter;
use super::kml::KmlWriter;
use super::ods::OdsWriter;
use super::shapefile::ShapefileWriter;
use super::xlsx::XlsxWriter;
use crate::crs::{Crs, Projection};
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::store::PackageWriter;
use std::borrow::Cow;
use std::fs::File;
use tempfile::NamedTempFile;

/// Writes the features of one collection, or of several into a workbook.
pub struct FileWriter {
    file: NamedTempFile,
    encoding: FileEncoding,
    layers: Vec<FileLayer>,
    current: usize,
    projection: Option<Projection>,
    losses: FormatLosses,
    count: u64,
}

enum FileEncoding {
    Xlsx(Box<XlsxWriter>),
    Ods(Box<OdsWriter>),
    GeoPackage(Box<PackageWriter>),
    Shapefile(Box<ShapefileWriter>),
    Kml(Box<KmlWriter>),
    Gpx(Box<GpxWriter>),
    GeoParquet(Box<GeoParquetWriter>),
    Dxf(Box<DxfWriter>),
}

/// A complete file.
pub struct WrittenFile {
    pub file: NamedTempFile,
    /// Features of all collections.
    pub count: u64,
    /// Sentences on what the format does not hold.
    pub losses: Vec<String>,
}

impl FileWriter {
    /// Begins a file with the first of these collections.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the format has no other reference system, or only one collection; [`Error::Refused`]
    /// when the collection does not fit the format.
    pub fn create(format: FileFormat, layers: Vec<FileLayer>, options: &FileOptions<'_>) -> Result<Self> {
        let Some(first) = layers.first() else { return Err(Error::internal("a file without collections")) };
        if layers.len() > 1 && !format.is_workbook() {
            let sentence = format!("Only workbooks have several sheets: {} has one collection.", format.title());
            return Err(Error::invalid("sheets", sentence));
        }
        if first.output.crs != Crs::CRS84 && !format.has_crs_choice() {
            let sentence =
                format!("The places of {} are longitude and latitude. Leave the parameter out.", format.title());
            return Err(Error::invalid("crs", sentence));
        }
        let file = NamedTempFile::new().map_err(|e| write_error(&e))?;
        let mut losses = FormatLosses::default();
        let out = file.as_file();
        let encoding = match format {
            FileFormat::Xlsx => FileEncoding::Xlsx(Box::new(XlsxWriter::new(&layers, options)?)),
            FileFormat::Ods => FileEncoding::Ods(Box::new(OdsWriter::new(out, &layers, options)?)),
            FileFormat::GeoPackage => {
                let mut package = PackageWriter::create(file.path())?;
                package.begin_layer(&first.output)?;
                FileEncoding::GeoPackage(Box::new(package))
            }
            FileFormat::Shapefile => FileEncoding::Shapefile(Box::new(ShapefileWriter::new(first))),
            FileFormat::Kml => FileEncoding::Kml(Box::new(KmlWriter::new(out, first)?)),
            FileFormat::Gpx => FileEncoding::Gpx(Box::new(GpxWriter::new(out, first, &mut losses)?)),
            FileFormat::GeoParquet => FileEncoding::GeoParquet(Box::new(GeoParquetWriter::new(out, first)?)),
            FileFormat::Dxf => FileEncoding::Dxf(Box::new(DxfWriter::new(out, first, &mut losses)?)),
        };
        let crs = first.output.crs;
        let projection = if crs.is_geodetic_wgs84() { None } else { Some(Projection::new(crs)?) };
        Ok(Self { file, encoding, layers, current: 0, projection, losses, count: 0 })
    }

    /// Goes on with the next collection, if there is one; returns which.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn next_layer(&mut self) -> Result<Option<&FileLayer>> {
        if self.current + 1 >= self.layers.len() {
            return Ok(None);
        }
        match &mut self.encoding {
            FileEncoding::Xlsx(book) => book.next_sheet()?,
            FileEncoding::Ods(book) => book.next_sheet()?,
            _ => {}
        }
        self.current += 1;
        Ok(self.layers.get(self.current))
    }

    /// Writes a feature of the present collection, whose geometry is in longitude and latitude.
    ///
    /// # Errors
    /// [`Error::Refused`] when the format has no room for it; when the file cannot be written.
    pub fn write_feature(&mut self, feature: &Feature) -> Result<()> {
        let projected = self.project(feature);
        let losses = &mut self.losses;
        match &mut self.encoding {
            FileEncoding::Xlsx(book) => book.write_feature(&projected, losses)?,
            FileEncoding::Ods(book) => book.write_feature(&projected, losses)?,
            FileEncoding::GeoPackage(package) => package.write_feature(&projected)?,
            FileEncoding::Shapefile(parts) => parts.write_feature(&projected, losses)?,
            FileEncoding::Kml(document) => document.write_feature(&projected, losses)?,
            FileEncoding::Gpx(document) => document.write_feature(&projected, losses)?,
            FileEncoding::GeoParquet(table) => table.write_feature(&projected, losses)?,
            FileEncoding::Dxf(drawing) => drawing.write_feature(&projected, losses)?,
        }
        self.count += 1;
        Ok(())
    }

    /// The feature in the reference system of the file, to the millimetre.
    fn project<'f>(&mut self, feature: &'f Feature) -> Cow<'f, Feature> {
        let (Some(projection), Some(geometry)) = (&self.projection, &feature.geometry) else {
            return Cow::Borrowed(feature);
        };
        let projected = projection.geometry_to_easting_first(geometry);
        if projected.is_none() {
            let sentence = format!("Places outside the domain of {} are left out", projection.crs());
            self.losses.count(&sentence, feature.id.as_str());
        }
        Cow::Owned(Feature { geometry: projected, ..feature.clone() })
    }

    /// Completes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(self) -> Result<WrittenFile> {
        let Self { file, encoding, mut losses, count, .. } = self;
        match encoding {
            FileEncoding::Xlsx(book) => book.finish(file.as_file(), &losses)?,
            FileEncoding::Ods(book) => book.finish(&losses)?,
            FileEncoding::GeoPackage(package) => package.finish()?,
            FileEncoding::Shapefile(parts) => parts.finish(file.as_file(), &mut losses)?,
            FileEncoding::Kml(document) => document.finish()?,
            FileEncoding::Gpx(document) => document.finish()?,
            FileEncoding::GeoParquet(table) => table.finish()?,
            FileEncoding::Dxf(drawing) => drawing.finish()?,
        }
        Ok(WrittenFile { file, count, losses: losses.sentences() })
    }
}

impl WrittenFile {
    /// The file from its start.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self) -> Result<File> {
        self.file.reopen().map_err(|e| write_error(&e))
    }
}
