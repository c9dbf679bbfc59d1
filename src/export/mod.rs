//! Features into files: GeoJSON, GeoJSON text sequences, CSV, FlatGeobuf; and tiles into PMTiles. Streams; holds one
//! feature at a time. An import reads GeoJSON and CSV files back as they were. Never reads files.

use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::{OutputSchema, csv_writer::CsvWriter};
use crate::error::{Error, Result};
use crate::feature::Feature;
use std::io::Write;
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
                    "The format '{other}' cannot be exported. Use geojson, geojsonl, geojsonseq, csv or flatgeobuf."
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
    /// Writes the head of the file.
    pub fn new(mut out: W, collection: &'a Collection, format: ExportFormat) -> Result<Self> {
        let schema = || OutputSchema::new(Arc::new(collection.clone()), None, Crs::CRS84);
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

    /// Writes the end of the file; returns the number of features and the output.
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
        return Error::Refused("The output was closed before the export was complete.".into());
    }
    if e.kind() == std::io::ErrorKind::StorageFull {
        return Error::StorageFull("The disk is full; nothing was written. Free some space and try again.".into());
    }
    Error::Refused(format!("The output cannot be written: {e}. Check the free space and the permissions."))
}
