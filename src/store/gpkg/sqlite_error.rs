//! What SQLite says, in sentences for people.

use crate::error::Error;
use rusqlite::ErrorCode;

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy("Another program is writing to the plan's file just now. Try again in a moment.".into())
            }
            Some(ErrorCode::DiskFull) => {
                Self::Refused("The disk is full: nothing was written. Make room and try again.".into())
            }
            Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => Self::Refused(
                "The plan's file, or its directory, may only be read. Change its permissions to write to it.".into(),
            ),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Refused(DAMAGED_FILE.into()),
            Some(ErrorCode::ConstraintViolation) => {
                Self::Refused(format!("A rule of the table in the plan's file forbids this: {e}."))
            }
            Some(ErrorCode::TooBig) => Self::TooLarge("One value is larger than a GeoPackage can hold.".into()),
            _ => Self::internal(e),
        }
    }
}

pub(super) const DAMAGED_FILE: &str =
    "The plan's file is damaged. Take the last copy of it; `sqlite3 FILE .recover` may save what came after.";

/// Whether a row was refused because its id is taken.
pub(super) fn is_unique_violation(e: &rusqlite::Error) -> bool {
    e.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}
