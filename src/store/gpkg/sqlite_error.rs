//! SQLite's errors as sentences: what is wrong with the file, and what to do.

use crate::error::{Error, disk_full_error};
use crate::store::disk_space::is_disk_full;
use rusqlite::ErrorCode;
use std::path::Path;

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("Another program is writing to the plan's file. Try again in a moment.".into())
            }
            _ if is_disk_full(&e) => disk_full_error(),
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Refused(
                "The plan's file or its directory is read-only. Change its permissions to write to it.".into(),
            ),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Refused(CORRUPT_FILE.into()),
            Some(ErrorCode::ConstraintViolation) => {
                Self::Refused(format!("A constraint of the table in the plan's file forbids this: {e}."))
            }
            Some(ErrorCode::TooBig) => Self::TooLarge("One value is larger than a GeoPackage can hold.".into()),
            _ => Self::internal(e),
        }
    }
}

const CORRUPT_FILE: &str =
    "The plan's file is corrupt. Restore your latest backup; `sqlite3 FILE .recover` may recover later edits.";

/// The same error with the path of the file.
pub(super) fn explain_error(path: &Path, e: Error) -> Error {
    match e {
        Error::Refused(s) if s == CORRUPT_FILE => refuse_file(
            path,
            "is corrupt. Restore your latest backup; `sqlite3 FILE .recover` may recover later edits.",
        ),
        Error::Busy(_) => Error::Busy(format!(
            "{} is locked by another program. Close it there, or try again in a moment.",
            path.display()
        )),
        Error::Internal(cause) => refuse_file(path, &format!("cannot be opened: {cause}.")),
        e => e,
    }
}

pub(super) fn refuse_file(path: &Path, what: &str) -> Error {
    Error::Refused(format!("{} {what}", path.display()))
}

/// Whether a row was refused because its id is taken.
pub(super) fn is_unique_violation(e: &rusqlite::Error) -> bool {
    e.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
