//! Copies of an open file.

use super::sqlite_error::explain_error;
use super::{file_mark, tables};
use crate::error::Result;
use rusqlite::Connection;
use rusqlite::backup::Backup;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// Writes what a connection reads to a new file, which is told from the one that was copied.
pub(super) fn copy_database(conn: &Connection, to: &Path) -> Result<()> {
    let write = || -> Result<()> {
        let mut copy = Connection::open(to)?;
        Backup::new(conn, &mut copy)?.run_to_completion(1000, Duration::ZERO, None)?;
        copy.pragma_update(None, "journal_mode", "DELETE")?;
        if tables::table_exists(&copy, "cityheart_meta")? {
            file_mark::renew_mark(&copy, file_mark::MarkedBase::default(), false)?;
        }
        Ok(())
    };
    write().map_err(|e| explain_error(to, e)).inspect_err(|_| drop(fs::remove_file(to)))
}
