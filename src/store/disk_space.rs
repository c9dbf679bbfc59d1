//! How SQLite tells that the disk has no space.

use rusqlite::{ErrorCode, ffi};

/// Whether a write failed because the disk is full. The file that readers and writers share beside the plan is written
/// in another way, which fails with a code of its own.
pub(super) fn is_disk_full(e: &rusqlite::Error) -> bool {
    let extended = e.sqlite_error().map(|e| e.extended_code);
    e.sqlite_error_code() == Some(ErrorCode::DiskFull)
        || matches!(extended, Some(ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE))
}
