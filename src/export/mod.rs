//! Features into files: GeoJSON, GeoJSON text sequences, CSV, FlatGeobuf. Streams; holds one feature at a time. What is written here
//! in the first three, [`import`](crate) reads back the same. Never reads.

use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::flatgeobuf::Layer;
use crate::encoding::{Shown, table::Table};
use crate::error::{Error, Result};
use crate::feature::Feature;
use std::io::Write;
use std::sync::Arc;

mod file;
mod geojson;

pub use file::NewFile;

/// What can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One FeatureCollection.
    GeoJson,
    /// A feature on each line.
    GeoJsonLines,
    /// RFC 8142: a record separator before each feature.
    GeoJsonSeq,
    Csv,
    FlatGeobuf,
}

impl Format {
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
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        path.extension().and_then(|e| e.to_str()).and_then(|e| Self::from_name(e).ok())
    }
}

/// Writes the features of one collection.
pub struct Writer<'a, W: Write> {
    out: W,
    collection: &'a Collection,
    how: How,
    /// One feature, before it goes out.
    line: Vec<u8>,
    count: u64,
}

enum How {
    Json(Format),
    Table(Table),
    FlatGeobuf(Box<Layer>),
}

impl<'a, W: Write> Writer<'a, W> {
    /// Writes what stands before the first feature.
    pub fn new(mut out: W, collection: &'a Collection, format: Format) -> Result<Self> {
        let shown = || Shown::new(Arc::new(collection.clone()), None, Crs::CRS84);
        let mut line = Vec::new();
        let how = match format {
            Format::Csv => {
                let table = Table::new(shown());
                table.heading(&mut line);
                How::Table(table)
            }
            Format::FlatGeobuf => {
                let mut layer = Layer::new(shown());
                layer.head(0, &mut line);
                How::FlatGeobuf(Box::new(layer))
            }
            Format::GeoJson => {
                line.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
                How::Json(format)
            }
            Format::GeoJsonLines | Format::GeoJsonSeq => How::Json(format),
        };
        out.write_all(&line).map_err(unwritable)?;
        Ok(Self { out, collection, how, line, count: 0 })
    }

    pub fn feature(&mut self, feature: &Feature) -> Result<()> {
        let line = &mut self.line;
        line.clear();
        match &mut self.how {
            How::Table(table) => table.row(feature, line),
            How::FlatGeobuf(layer) => layer.feature(feature, line),
            How::Json(format) => {
                match format {
                    Format::GeoJson if self.count == 0 => line.push(b'\n'),
                    Format::GeoJson => line.extend_from_slice(b",\n"),
                    Format::GeoJsonSeq => line.push(0x1e),
                    _ => {}
                }
                geojson::write(line, self.collection, feature).map_err(unwritable)?;
                if *format != Format::GeoJson {
                    line.push(b'\n');
                }
            }
        }
        self.out.write_all(line).map_err(unwritable)?;
        self.count += 1;
        Ok(())
    }

    /// Writes what stands behind the last feature; returns how many there were, and where they were written to.
    pub fn finish(mut self) -> Result<(u64, W)> {
        if matches!(self.how, How::Json(Format::GeoJson)) {
            self.out.write_all(b"\n]}\n").map_err(unwritable)?;
        }
        self.out.flush().map_err(unwritable)?;
        Ok((self.count, self.out))
    }
}

fn unwritable(e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        return Error::Refused("Whoever reads the output stopped reading.".into());
    }
    Error::Refused(format!("The output cannot be written: {e}. Is there space left, and may the place be written to?"))
}
