//! What keeps a file from being written.

use crate::error::Error;
use std::io::ErrorKind;

/// The error of a temporary file.
pub fn write_error(e: &std::io::Error) -> Error {
    if e.kind() == ErrorKind::StorageFull {
        return Error::StorageFull(
            "The disk for temporary files is full; nothing was written. Free some space and try again.".into(),
        );
    }
    Error::internal(format!("a temporary file cannot be written: {e}"))
}
