//! A file that appears when it is complete: written under another name in the same directory, and renamed at the end.

use super::write_error;
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A file that is being written. Dropped without [`AtomicFile::commit`], it leaves nothing.
pub struct AtomicFile {
    out: Option<BufWriter<File>>,
    part: PathBuf,
    path: PathBuf,
}

impl AtomicFile {
    pub fn create(path: &Path) -> Result<Self> {
        let Some(name) = path.file_name() else {
            return Err(Error::invalid("-o", format!("{} is not a file name. Name a file.", path.display())));
        };
        if path.is_dir() {
            return Err(Error::invalid("-o", format!("{} is a directory. Name a file in it.", path.display())));
        }
        let part = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).open(&part).map_err(|e| {
            Error::Refused(format!(
                "{} cannot be written: {e}. Check that the directory exists and is writable.",
                path.display()
            ))
        })?;
        Ok(Self { out: Some(BufWriter::with_capacity(1 << 20, file)), part, path: path.to_owned() })
    }

    /// Renames the file to its final name, and replaces an existing one.
    pub fn commit(mut self) -> Result<()> {
        let Some(out) = self.out.take() else { return Ok(()) };
        let file = out.into_inner().map_err(|e| write_error(e.into_error()))?;
        file.sync_all().map_err(write_error)?;
        std::fs::rename(&self.part, &self.path).map_err(write_error)
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.out.as_mut().map_or(Ok(0), |out| out.write(bytes))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.out.as_mut().map_or(Ok(0), |out| out.seek(to))
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        // After the rename, no file has this name.
        let _ = std::fs::remove_file(&self.part);
    }
}
