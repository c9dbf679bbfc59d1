//! Opening files that may be anything. Whatever is wrong with one becomes a sentence that says what to do.

use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::{
    GeoPackage, GeoPackageState, GpkgLayers, bulk_load, foreign_tables, journal, migrate, rtree, sql_functions,
    sqlite_error, tables, watch,
};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};
use std::collections::HashMap;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

/// How long one waits for another program's lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// What may be done with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileAccess {
    Write,
    Read,
    /// Nobody can change it, not even with locks beside it: a file in a directory that we cannot write to.
    Frozen,
}

impl GeoPackage {
    /// Makes a new, empty plan.
    ///
    /// # Errors
    /// [`Error::Refused`] when there is something of this name already, or the directory cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(refuse_file(path, "exists already. Choose another name, or open it."));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let created = Connection::open_with_flags(path, flags).map_err(Error::from).and_then(|mut conn| {
            conn.pragma_update(None, "journal_mode", "WAL")?;
            let tx = conn.transaction()?;
            tables::create_geopackage(&tx)?;
            tables::create_own_tables(&tx)?;
            tx.commit()?;
            Ok(())
        });
        created.map_err(|e| match e {
            Error::Internal(cause) => refuse_file(
                path,
                &format!("cannot be made: {cause}. Is there such a directory, and may you write to it?"),
            ),
            e => e,
        })?;
        Self::open(path)
    }

    /// Opens a plan, or any GeoPackage with tables in WGS 84, which becomes one.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`] or [`Error::Busy`] with a sentence that names the file.
    pub fn open(path: &Path) -> Result<Self> {
        check_file(path)?;
        let mut conn = connect_file(path, FileAccess::Write).map_err(|e| explain_error(path, e))?;
        check_geopackage(path, &conn, FileAccess::Write)?;
        if conn.is_readonly(MAIN_DB).map_err(Error::from)? {
            return Err(refuse_file(path, "may only be read. Change its permissions, or open it for reading only."));
        }
        let layers = prepare_file(&mut conn).map_err(|e| explain_error(path, e))?;
        Self::from_connection(path, FileAccess::Write, Some(conn), layers)
    }

    /// Opens a plan, or any GeoPackage with tables in WGS 84, without ever changing it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_read_only(path: &Path) -> Result<Self> {
        check_file(path)?;
        let read = |access| {
            let conn = connect_file(path, access)?;
            check_geopackage(path, &conn, access)?;
            Ok((access, read_layers(&conn)?, conn))
        };
        let (access, layers, conn) = match read(FileAccess::Read) {
            // Without leave to write beside it, a file in WAL mode can be read only if nobody is writing to it.
            Err(Error::Refused(_) | Error::Internal(_)) if !has_wal(path) => {
                read(FileAccess::Frozen).map_err(|e| explain_error(path, e))?
            }
            other => other.map_err(|e| explain_error(path, e))?,
        };
        drop(conn);
        Self::from_connection(path, access, None, layers)
    }

    fn from_connection(
        path: &Path,
        access: FileAccess,
        writer: Option<Connection>,
        layers: GpkgLayers,
    ) -> Result<Self> {
        // -1: the layers are read again by the first who asks.
        let layers = RwLock::new((-1, Arc::new(layers)));
        let shared = GeoPackageState {
            path: path.to_owned(),
            access,
            writer: writer.map(Mutex::new),
            readers: Mutex::default(),
            layers,
            reported: Mutex::new(HashMap::new()),
        };
        let reported = shared.run_read(|conn, _| watch::read_states(conn))?;
        *super::lock_mutex(&shared.reported) = reported;
        Ok(Self { shared: Arc::new(shared) })
    }
}

impl GeoPackageState {
    pub(super) fn write_backup(&self, to: &Path) -> Result<()> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(refuse_file(to, "exists already. Choose another name for the copy."));
        }
        self.run_read(|conn, _| {
            let mut copy = Connection::open(to).map_err(|e| explain_error(to, e.into()))?;
            let done = rusqlite::backup::Backup::new(conn, &mut copy)
                .and_then(|b| b.run_to_completion(1000, Duration::ZERO, None));
            done.and_then(|()| copy.pragma_update(None, "journal_mode", "DELETE"))
                .map_err(|e| explain_error(to, e.into()))
        })
        .inspect_err(|_| drop(fs::remove_file(to)))
    }
}

/// A connection for reading.
pub(super) fn connect_reader(path: &Path, access: FileAccess) -> Result<Connection> {
    connect_file(path, if access == FileAccess::Frozen { access } else { FileAccess::Read })
}

fn connect_file(path: &Path, access: FileAccess) -> Result<Connection> {
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
        // What a savepoint may need to go back to is kept in memory, not in files of their own.
        conn.pragma_update(None, "temp_store", "MEMORY")?;
        // Folding the log into the file takes two more waits for the disk: not every few edits, but every 32 MiB of them.
        conn.query_row("PRAGMA wal_autocheckpoint=8192", [], |_| Ok(()))?;
        // A bulk load leaves a long log: cut it when it is used again.
        conn.query_row("PRAGMA journal_size_limit=67108864", [], |_| Ok(()))?;
    }
    Ok(conn)
}

fn immutable_uri(path: &Path) -> String {
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

fn has_wal(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|m| m.len() > 0)
}

/// What can be told without SQLite.
fn check_file(path: &Path) -> Result<()> {
    let unreadable = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => Error::NotFound(format!("There is no file {}.", path.display())),
        ErrorKind::PermissionDenied => refuse_file(path, "may not be read. Change its permissions."),
        _ => refuse_file(path, &format!("cannot be read: {e}.")),
    };
    let meta = fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(refuse_file(path, "is a directory. Name the GeoPackage file in it."));
    }
    if meta.len() == 0 {
        return Err(refuse_file(path, "is empty. If it was a plan, take the last copy of it."));
    }
    let mut head = Vec::new();
    fs::File::open(path).and_then(|f| f.take(16).read_to_end(&mut head)).map_err(unreadable)?;
    if head != b"SQLite format 3\0" {
        return Err(refuse_file(
            path,
            "is not a GeoPackage. Import it into one, if it is a format that can be imported.",
        ));
    }
    Ok(())
}

/// What can be told before anything is changed.
fn check_geopackage(path: &Path, conn: &Connection, access: FileAccess) -> Result<()> {
    let check = || -> Result<()> {
        if !tables::table_exists(conn, "gpkg_contents")? || !tables::table_exists(conn, "gpkg_spatial_ref_sys")? {
            return Err(refuse_file(path, "is an SQLite database, but not a GeoPackage."));
        }
        migrate::check_version(path, conn, access)
    };
    check().map_err(|e| explain_error(path, e))
}

/// Names the file in what SQLite says of it.
fn explain_error(path: &Path, e: Error) -> Error {
    match e {
        Error::Refused(s) if s == sqlite_error::DAMAGED_FILE => {
            refuse_file(path, "is damaged. Take the last copy of it; `sqlite3 FILE .recover` may save what came after.")
        }
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

/// Brings a file to what this program writes: our tables, its tables as layers, what others did taken over.
fn prepare_file(conn: &mut Connection) -> Result<GpkgLayers> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    migrate::run_migrations(&tx)?;
    foreign_tables::adopt_tables(&tx)?;
    let layers = read_layers(&tx)?;
    for layer in layers.values() {
        journal::adopt_journal(&tx, layer)?;
        if rtree::create_rtree(&tx, layer)? {
            tables::drop_triggers(&tx, layer)?;
            rtree::fill_rtree(&tx, layer)?;
            bulk_load::finish_layer(&tx, layer)?;
        }
    }
    tx.commit()?;
    Ok(layers)
}

/// The layers of a file: those it knows as collections, or, in a foreign file, those that can be.
pub(super) fn read_layers(conn: &Connection) -> Result<GpkgLayers> {
    if !tables::table_exists(conn, "cityheart_collections")? {
        return foreign_tables::read_foreign_layers(conn);
    }
    let mut statement = conn.prepare("SELECT number, id, schema, layout FROM cityheart_collections ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut layers = GpkgLayers::new();
    while let Some(row) = rows.next()? {
        let (id, schema, layout): (String, String, String) = (row.get(1)?, row.get(2)?, row.get(3)?);
        let unreadable = |_| {
            Error::Refused(format!(
                "The schema of the collection '{id}' in the plan's file is spoilt. Take the last copy of the file."
            ))
        };
        let layout: TableLayout = serde_json::from_str(&layout).map_err(unreadable)?;
        if let Some(missing) = foreign_tables::missing_column(conn, &layout)? {
            tracing::warn!("The collection '{id}' is left out: {missing}");
            continue;
        }
        let collection =
            Collection::from_schema(CollectionId::new(&id)?, serde_json::from_str(&schema).map_err(unreadable)?)?;
        layers.insert(collection.id.clone(), Arc::new(GpkgLayer::new(row.get(0)?, collection, layout)));
    }
    Ok(layers)
}
