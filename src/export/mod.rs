//! Features into files: GeoJSON, GeoJSON text sequences, CSV, FlatGeobuf, and the files of
//! [`feature_file`](crate::feature_file); and tiles into PMTiles. Streams; holds one feature at a time. An import reads
//! GeoJSON and CSV files back as they were. Never reads files.

use crate::collection::Collection;
use crate::crs::{Crs, Projection};
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::{OutputSchema, csv_writer::CsvWriter};
use crate::error::{Error, Result};
use crate::feature::Feature;
use crate::feature_file::FileFormat;
use geo::MapCoords;
use geo_types::Coord;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

mod atomic_file; // a file that appears when it is complete
mod geojson; // one feature as GeoJSON
pub mod pmtiles; // tiles as one file

pub use atomic_file::AtomicFile;

/// The formats that can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One FeatureCollection.
    GeoJson,
    /// One feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    FlatGeobuf,
}

/// What is exported: features as they come, or a file that is written whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportKind {
    Stream(ExportFormat),
    File(FileFormat),
}

impl ExportKind {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        if let Some(format) = FileFormat::from_name(name) {
            return Ok(Self::File(format));
        }
        Ok(Self::Stream(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => ExportFormat::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => ExportFormat::GeoJsonLines,
            "geojsonseq" | "geojsons" => ExportFormat::GeoJsonSeq,
            "csv" => ExportFormat::Csv,
            "flatgeobuf" | "fgb" => ExportFormat::FlatGeobuf,
            other => {
                let files: Vec<&str> = FileFormat::ALL.iter().map(|format| format.names()[0]).collect();
                let message = format!(
                    "The format '{other}' cannot be exported. Use geojson, geojsonl, geojsonseq, csv, flatgeobuf, {}.",
                    files.join(", ")
                );
                return Err(Error::invalid("--format", message));
            }
        }))
    }

    /// By the ending of a file's name.
    #[must_use]
    pub fn from_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        if ending.eq_ignore_ascii_case("zip") {
            return Some(Self::File(FileFormat::Shapefile));
        }
        Self::from_name(ending).ok()
    }
}

/// Writes the features of one collection.
pub struct ExportWriter<'a, W: Write> {
    out: W,
    collection: &'a Collection,
    encoding: ExportEncoding,
    /// To another reference system than longitude and latitude.
    projection: Option<Projection>,
    /// The bytes of one feature.
    line: Vec<u8>,
    count: u64,
}

enum ExportEncoding {
    Json(ExportFormat),
    Table(CsvWriter),
    FlatGeobuf(Box<FlatGeobufWriter>),
}

impl<'a, W: Write> ExportWriter<'a, W> {
    /// Writes the head of a file in longitude and latitude.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn new(out: W, collection: &'a Collection, format: ExportFormat) -> Result<Self> {
        Self::new_in(out, collection, format, Crs::CRS84)
    }

    /// Writes the head of a file in this reference system.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the format has only longitude and latitude; when it cannot be written.
    pub fn new_in(mut out: W, collection: &'a Collection, format: ExportFormat, crs: Crs) -> Result<Self> {
        if crs != Crs::CRS84 && !matches!(format, ExportFormat::Csv | ExportFormat::FlatGeobuf) {
            let sentence = "The places of GeoJSON are longitude and latitude. Leave --crs out, or choose csv or gpkg.";
            return Err(Error::invalid("--crs", sentence));
        }
        let projection =
            if crs.is_geodetic_wgs84() && !crs.is_north_first() { None } else { Some(Projection::new(crs)?) };
        let schema = || OutputSchema::new(Arc::new(collection.clone()), None, crs);
        let mut line = Vec::new();
        let encoding = match format {
            ExportFormat::Csv => {
                let table = CsvWriter::new(schema());
                table.write_header(&mut line);
                ExportEncoding::Table(table)
            }
            ExportFormat::FlatGeobuf => {
                let mut layer = FlatGeobufWriter::new(schema());
                layer.write_header(0, &mut line);
                ExportEncoding::FlatGeobuf(Box::new(layer))
            }
            ExportFormat::GeoJson => {
                line.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
                ExportEncoding::Json(format)
            }
            ExportFormat::GeoJsonLines | ExportFormat::GeoJsonSeq => ExportEncoding::Json(format),
        };
        out.write_all(&line).map_err(write_error)?;
        Ok(Self { out, collection, encoding, projection, line, count: 0 })
    }

    pub fn write_feature(&mut self, feature: &Feature) -> Result<()> {
        let projected = self.project(feature);
        let feature = projected.as_ref().unwrap_or(feature);
        let line = &mut self.line;
        line.clear();
        match &mut self.encoding {
            ExportEncoding::Table(table) => table.write_row(feature, line),
            ExportEncoding::FlatGeobuf(layer) => layer.write_feature(feature, line),
            ExportEncoding::Json(format) => {
                match format {
                    ExportFormat::GeoJson if self.count == 0 => line.push(b'\n'),
                    ExportFormat::GeoJson => line.extend_from_slice(b",\n"),
                    ExportFormat::GeoJsonSeq => line.push(0x1e),
                    _ => {}
                }
                geojson::write_feature(line, self.collection, feature).map_err(write_error)?;
                if *format != ExportFormat::GeoJson {
                    line.push(b'\n');
                }
            }
        }
        self.out.write_all(line).map_err(write_error)?;
        self.count += 1;
        Ok(())
    }

    /// In tables, axes are in the order of the authority.
    fn project(&self, feature: &Feature) -> Option<Feature> {
        let projection = self.projection.as_ref()?;
        let swap = projection.crs().is_north_first() && matches!(self.encoding, ExportEncoding::Table(_));
        let geometry = feature.geometry.as_ref().and_then(|g| projection.geometry_to_easting_first(g));
        let geometry = geometry.map(|g| g.map_coords(|c| if swap { Coord { x: c.y, y: c.x } } else { c }));
        Some(Feature { geometry, ..feature.clone() })
    }

    /// Writes the end of the file; returns the number of features and the output.
    pub fn finish(mut self) -> Result<(u64, W)> {
        if matches!(self.encoding, ExportEncoding::Json(ExportFormat::GeoJson)) {
            self.out.write_all(b"\n]}\n").map_err(write_error)?;
        }
        self.out.flush().map_err(write_error)?;
        Ok((self.count, self.out))
    }
}

/// Why an output cannot be written.
pub fn write_error(e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        return Error::Refused("The output was closed before the export was complete.".into());
    }
    if e.kind() == std::io::ErrorKind::StorageFull {
        return Error::StorageFull("The disk is full; nothing was written. Free some space and try again.".into());
    }
    Error::Refused(format!("The output cannot be written: {e}. Check the free space and the permissions."))
}
