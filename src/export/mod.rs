//! Features into files: GeoJSON, GeoJSON text sequences, CSV, FlatGeobuf; and the tiles of them. Streams; holds one feature at a
//! time. What is written here in the first three, [`import_files`](crate) reads back the same. Never reads.

use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::{OutputSchema, csv_writer::CsvWriter};
use crate::error::{Error, Result};
use crate::feature::Feature;
use std::io::Write;
use std::sync::Arc;

mod atomic_file;
mod geojson;
pub mod pmtiles;

pub use atomic_file::AtomicFile;

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// One FeatureCollection.
    GeoJson,
    /// A feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    FlatGeobuf,
}

impl ExportFormat {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Self::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => Self::GeoJsonLines,
            "geojsonseq" | "geojsons" => Self::GeoJsonSeq,
            "csv" => Self::Csv,
            "flatgeobuf" | "fgb" => Self::FlatGeobuf,
            other => {
                let message = format!(
                    "The format '{other}' cannot be written. There are geojson, geojsonl, geojsonseq, csv and flatgeobuf."
                );
                return Err(Error::invalid("--format", message));
            }
        })
    }

    /// By the ending of a file's name.
    #[must_use]
    pub fn from_path(path: &std::path::Path) -> Option<Self> {
        path.extension().and_then(|e| e.to_str()).and_then(|e| Self::from_name(e).ok())
    }
}

/// Writes the features of one collection.
pub struct ExportWriter<'a, W: Write> {
    out: W,
    collection: &'a Collection,
    encoding: ExportEncoding,
    /// One feature, before it goes out.
    line: Vec<u8>,
    count: u64,
}

enum ExportEncoding {
    Json(ExportFormat),
    Table(CsvWriter),
    FlatGeobuf(Box<FlatGeobufWriter>),
}

impl<'a, W: Write> ExportWriter<'a, W> {
    /// Writes what stands before the first feature.
    pub fn new(mut out: W, collection: &'a Collection, format: ExportFormat) -> Result<Self> {
        let shown = || OutputSchema::new(Arc::new(collection.clone()), None, Crs::CRS84);
        let mut line = Vec::new();
        let encoding = match format {
            ExportFormat::Csv => {
                let table = CsvWriter::new(shown());
                table.write_header(&mut line);
                ExportEncoding::Table(table)
            }
            ExportFormat::FlatGeobuf => {
                let mut layer = FlatGeobufWriter::new(shown());
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
        Ok(Self { out, collection, encoding, line, count: 0 })
    }

    pub fn write_feature(&mut self, feature: &Feature) -> Result<()> {
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

    /// Writes what stands behind the last feature; returns how many there were, and where they were written to.
    pub fn finish(mut self) -> Result<(u64, W)> {
        if matches!(self.encoding, ExportEncoding::Json(ExportFormat::GeoJson)) {
            self.out.write_all(b"\n]}\n").map_err(write_error)?;
        }
        self.out.flush().map_err(write_error)?;
        Ok((self.count, self.out))
    }
}

fn write_error(e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        return Error::Refused("Whoever reads the output stopped reading.".into());
    }
    Error::Refused(format!("The output cannot be written: {e}. Is there space left, and may the place be written to?"))
}
