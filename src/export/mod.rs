//! Features into files: GeoJSON, GeoJSON text sequences, CSV; and the tiles of them. Streams; holds one feature at a time. What is written here,
//! [`import`](crate) reads back the same. Never reads.

use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::Feature;
use std::io::Write;

mod file;
mod geojson;
pub mod pmtiles;
mod table;

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
}

impl Format {
    /// By the name that `--format` uses.
    pub fn from_name(name: &str) -> Result<Self> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Self::GeoJson,
            "geojsonl" | "ndjson" | "jsonl" => Self::GeoJsonLines,
            "geojsonseq" | "geojsons" => Self::GeoJsonSeq,
            "csv" => Self::Csv,
            other => {
                let message =
                    format!("The format '{other}' cannot be written. There are geojson, geojsonl, geojsonseq and csv.");
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
    out: Out<'a, W>,
    count: u64,
}

enum Out<'a, W: Write> {
    GeoJson { out: W, collection: &'a Collection, format: Format, line: Vec<u8> },
    Csv(Box<table::Table<'a, W>>),
}

impl<'a, W: Write> Writer<'a, W> {
    /// Writes what stands before the first feature.
    pub fn new(mut out: W, collection: &'a Collection, format: Format) -> Result<Self> {
        let out = if format == Format::Csv {
            Out::Csv(Box::new(table::Table::new(out, collection)?))
        } else {
            if format == Format::GeoJson {
                out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[").map_err(unwritable)?;
            }
            Out::GeoJson { out, collection, format, line: Vec::new() }
        };
        Ok(Self { out, count: 0 })
    }

    pub fn feature(&mut self, feature: &Feature) -> Result<()> {
        match &mut self.out {
            Out::Csv(table) => table.feature(feature)?,
            Out::GeoJson { out, collection, format, line } => {
                line.clear();
                match format {
                    Format::GeoJson if self.count == 0 => line.push(b'\n'),
                    Format::GeoJson => line.extend_from_slice(b",\n"),
                    Format::GeoJsonSeq => line.push(0x1e),
                    _ => {}
                }
                geojson::write(line, collection, feature).map_err(unwritable)?;
                if *format != Format::GeoJson {
                    line.push(b'\n');
                }
                out.write_all(line).map_err(unwritable)?;
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Writes what stands behind the last feature; returns how many there were, and where they were written to.
    pub fn finish(self) -> Result<(u64, W)> {
        let mut out = match self.out {
            Out::Csv(table) => table.finish()?,
            Out::GeoJson { mut out, format, .. } => {
                if format == Format::GeoJson {
                    out.write_all(b"\n]}\n").map_err(unwritable)?;
                }
                out
            }
        };
        out.flush().map_err(unwritable)?;
        Ok((self.count, out))
    }
}

fn unwritable(e: std::io::Error) -> Error {
    if e.kind() == std::io::ErrorKind::BrokenPipe {
        return Error::Refused("Whoever reads the output stopped reading.".into());
    }
    Error::Refused(format!("The output cannot be written: {e}. Is there space left, and may the place be written to?"))
}
