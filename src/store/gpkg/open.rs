//! Creates and opens files, whatever they hold. Every fault of a file becomes a sentence that says what to do.

use super::adopt_schema::{AdoptionTime, adopt_schema};
use super::connection::{FileAccess, connect_file};
use super::copy_file::copy_database;
use super::gpkg_layer::GpkgLayers;
use super::layer_catalog::read_catalog;
use super::package_state::{GeoPackageState, lock_mutex};
use super::sqlite_error::{explain_error, refuse_file};
use super::{GeoPackage, journal, layer_setup, leftover_wal, migrate, rtree, tables};
use crate::error::{Error, Result};
use crate::store::file_identity::{file_name, with_suffix};
use rusqlite::{Connection, MAIN_DB, OpenFlags, TransactionBehavior};
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

impl GeoPackage {
    /// Creates an empty plan.
    ///
    /// # Errors
    /// [`Error::Refused`] when the path exists, or its directory cannot be written to.
    pub fn create(path: &Path) -> Result<Self> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(refuse_file(path, "already exists. Choose another name, or open it."));
        }
        let note = leftover_wal::settle_leftover(path)?;
        note.iter().for_each(|note| tracing::warn!("{note}"));
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
                &format!("cannot be created: {cause}. Check that its directory exists and that you may write to it."),
            ),
            e => e,
        })?;
        let opened = Self::open(path)?;
        Ok(Self { note: note.or(opened.note), shared: opened.shared })
    }

    /// Opens a plan, or any GeoPackage with tables in WGS 84, which becomes a plan.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Refused`] or [`Error::Busy`] with a sentence that names the file.
    pub fn open(path: &Path) -> Result<Self> {
        check_file(path)?;
        let note = leftover_wal::settle_leftover(path)?;
        note.iter().for_each(|note| tracing::warn!("{note}"));
        let mut conn = connect_file(path, FileAccess::Write).map_err(|e| explain_error(path, e))?;
        check_geopackage(path, &conn, FileAccess::Write)?;
        if conn.is_readonly(MAIN_DB).map_err(Error::from)? {
            return Err(refuse_file(path, "is read-only. Change its permissions, or open it for reading only."));
        }
        let layers = prepare_file(&mut conn).map_err(|e| explain_error(path, e))?;
        let opened = Self::from_connection(path, FileAccess::Write, Some(conn), layers, note)?;
        opened.shared.checkpointer.empty_log(&lock_mutex(opened.shared.writer()?));
        Ok(opened)
    }

    /// Opens a plan, or any GeoPackage with tables in WGS 84, and never changes it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_read_only(path: &Path) -> Result<Self> {
        check_file(path)?;
        let read = |access| {
            let conn = connect_file(path, access)?;
            check_geopackage(path, &conn, access)?;
            let catalog = read_catalog(&conn)?;
            match catalog.refusal() {
                Some(refusal) => Err(refusal),
                None => Ok((access, catalog.layers(), conn)),
            }
        };
        if leftover_wal::is_foreign_wal(&fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())) {
            let note = format!(
                "{name}-wal does not belong to {name}, which has been replaced since, so it is not applied.",
                name = file_name(path)
            );
            tracing::warn!("{note}");
            let (access, layers, _) = read(FileAccess::Frozen).map_err(|e| explain_error(path, e))?;
            return Self::from_connection(path, access, None, layers, Some(note));
        }
        let (access, layers, conn) = match read(FileAccess::Read) {
            // A file in WAL mode, in a directory that may not be written to, can be read only while no program writes
            // to it.
            Err(Error::Refused(_) | Error::Internal(_)) if !has_wal(path) => {
                read(FileAccess::Frozen).map_err(|e| explain_error(path, e))?
            }
            other => other.map_err(|e| explain_error(path, e))?,
        };
        drop(conn);
        Self::from_connection(path, access, None, layers, None)
    }

    fn from_connection(
        path: &Path,
        access: FileAccess,
        writer: Option<Connection>,
        layers: GpkgLayers,
        note: Option<String>,
    ) -> Result<Self> {
        Ok(Self { shared: Arc::new(GeoPackageState::new(path, access, writer, layers)?), note })
    }
}

impl GeoPackageState {
    pub(super) fn write_backup(&self, to: &Path) -> Result<()> {
        if fs::symlink_metadata(to).is_ok() {
            return Err(refuse_file(to, "already exists. Choose another name for the copy."));
        }
        self.run_read(|conn, _| copy_database(conn, to))
    }
}

/// Reads every page of a file that nobody writes to.
///
/// # Errors
/// [`Error::Refused`] when it is corrupt.
pub fn check_integrity(path: &Path) -> Result<()> {
    let access = if leftover_wal::is_foreign_wal(path) { FileAccess::Frozen } else { FileAccess::Read };
    let check = |access| -> Result<String> {
        let conn = connect_file(path, access)?;
        Ok(conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?)
    };
    let found = check(access).or_else(|_| check(FileAccess::Frozen)).map_err(|e| explain_error(path, e))?;
    if found == "ok" { Ok(()) } else { Err(refuse_file(path, &format!("is corrupt ({found}). Choose another copy."))) }
}

fn has_wal(path: &Path) -> bool {
    fs::metadata(with_suffix(path, "-wal")).is_ok_and(|m| m.len() > 0)
}

/// The checks that need no SQLite.
pub(super) fn check_file(path: &Path) -> Result<()> {
    let unreadable = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => Error::NotFound(format!("There is no file {}.", path.display())),
        ErrorKind::PermissionDenied => refuse_file(path, "cannot be read: permission denied. Change its permissions."),
        _ => refuse_file(path, &format!("cannot be read: {e}.")),
    };
    let meta = fs::metadata(path).map_err(unreadable)?;
    if meta.is_dir() {
        return Err(refuse_file(path, "is a directory. Give the path of a GeoPackage file in it."));
    }
    if meta.len() == 0 {
        return Err(refuse_file(path, "is empty. If it was a plan, restore your latest backup."));
    }
    let mut head = Vec::new();
    fs::File::open(path).and_then(|f| f.take(16).read_to_end(&mut head)).map_err(unreadable)?;
    if head != b"SQLite format 3\0" {
        return Err(refuse_file(
            path,
            "is not a GeoPackage. If it is in another format, import it into one with `cityheart import`.",
        ));
    }
    Ok(())
}

/// The checks that come before the file is changed.
fn check_geopackage(path: &Path, conn: &Connection, access: FileAccess) -> Result<()> {
    let check = || -> Result<()> {
        if !tables::table_exists(conn, "gpkg_contents")? || !tables::table_exists(conn, "gpkg_spatial_ref_sys")? {
            return Err(refuse_file(path, "is a SQLite database, but not a GeoPackage."));
        }
        migrate::check_version(path, conn, access)
    };
    check().map_err(|e| explain_error(path, e))
}

/// Brings a file up to date: our own tables, tables of other programs as layers, and what other programs did in the
/// change log.
fn prepare_file(conn: &mut Connection) -> Result<GpkgLayers> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    migrate::run_migrations(&tx)?;
    adopt_schema(&tx, AdoptionTime::Opening)?;
    let layers = read_catalog(&tx)?.layers();
    for layer in layers.values() {
        journal::adopt_journal(&tx, layer)?;
        if layer.collection.read_only().is_some() {
            continue;
        }
        if rtree::is_missing(&tx, layer)? {
            layer_setup::finish_layer(&tx, layer)?;
        } else {
            rtree::complete_triggers(&tx, layer)?;
        }
    }
    tx.commit()?;
    Ok(layers)
}
