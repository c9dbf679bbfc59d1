//! Connections to the file: how they are opened, and with which settings.

use super::sql_functions;
use crate::error::Result;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for the lock of another program.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What may be done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileAccess {
    Write,
    Read,
    /// Opened as immutable, without locks: a file in a directory that we cannot write to.
    Frozen,
}

/// A connection for reading.
pub(super) fn connect_reader(path: &Path, access: FileAccess) -> Result<Connection> {
    connect_file(path, if access == FileAccess::Frozen { access } else { FileAccess::Read })
}

pub(super) fn connect_file(path: &Path, access: FileAccess) -> Result<Connection> {
    let flags = match access {
        FileAccess::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
        FileAccess::Read | FileAccess::Frozen => OpenFlags::SQLITE_OPEN_READ_ONLY,
    } | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = if access == FileAccess::Frozen {
        Connection::open_with_flags(immutable_uri(path), flags | OpenFlags::SQLITE_OPEN_URI)?
    } else {
        Connection::open_with_flags(path, flags)?
    };
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(64);
    sql_functions::register_functions(&conn)?;
    conn.pragma_update(None, "foreign_keys", true)?;
    if access == FileAccess::Write {
        conn.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))?;
        conn.pragma_update(None, "synchronous", "FULL")?;
        conn.pragma_update(None, "cache_size", -32 * 1024)?;
        // The undo data of savepoints stays in memory, not in temporary files.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        // `checkpoint.rs` decides when the log is moved into the file.
        conn.query_row("PRAGMA wal_autocheckpoint=0", [], |_| Ok(()))?;
        // A bulk load leaves a long write-ahead log, which is truncated when it is next used.
        conn.query_row("PRAGMA journal_size_limit=67108864", [], |_| Ok(()))?;
    }
    Ok(conn)
}

pub(super) fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for c in path.to_string_lossy().chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri + "?immutable=1"
}
