//! Reads a file without a store, as `import` opens it.

use super::importing::{Read, try_read};
use cityheart::error::Result;
use cityheart::import::{ImportOptions, ImportSource, SourceOptions};
use cityheart::plan::PlanModel;
use std::path::Path;

/// Reads a file into a new collection.
pub fn read_file(path: &Path, said: SourceOptions) -> Result<Read> {
    let options = ImportOptions { crs: said.crs, ..ImportOptions::default() };
    let source = ImportSource::open_with(path, said)?;
    try_read(&PlanModel::load()?, "things", None, &[source], &options, &[], &[])
}

/// Reads bytes that are written to a file of this name.
pub fn read_bytes(name: &str, bytes: &[u8], said: SourceOptions) -> Result<Read> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    read_file(&path, said)
}

/// The sentence of a refusal, at opening or of the reading.
pub fn refusal(read: Result<Read>) -> String {
    match read {
        Err(e) => e.to_string(),
        Ok(read) => read.result.expect_err("it was read").to_string(),
    }
}

/// What was told of a file, its notes and its findings.
pub fn told(read: &Read) -> String {
    read.report.lines().join("\n")
}
