//! Migrates files of older versions of the program. Files of newer versions are refused.

use super::connection::FileAccess;
use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::layer_catalog::read_layers;
use super::sqlite_error::refuse_file;
use super::tables::{self, SCHEMA_VERSION};
use super::{foreign_tables, journal};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use std::path::Path;

/// The oldest version that can be read without a migration.
const OLDEST_READABLE_VERSION: i64 = 2;

/// The version of our tables; `None` when there are none.
fn read_schema_version(conn: &Connection) -> Result<Option<i64>> {
    if !tables::table_exists(conn, "cityheart_meta")? {
        return Ok(None);
    }
    let version = conn.query_row("SELECT value FROM cityheart_meta WHERE key='schema_version'", [], |row| row.get(0));
    version.map(Some).map_err(|_| {
        Error::Refused("The plan's file has lost the version of its schema. Restore your latest backup.".into())
    })
}

/// Refuses a file of a newer version, and a file that needs a migration but is open for reading only.
pub(super) fn check_version(path: &Path, conn: &Connection, access: FileAccess) -> Result<()> {
    match read_schema_version(conn)? {
        Some(version) if version > SCHEMA_VERSION => Err(refuse_file(
            path,
            &format!(
                "was written by a newer cityheart (schema version {version}; this program supports up to {SCHEMA_VERSION}). Install the newer program."
            ),
        )),
        Some(version) if version < OLDEST_READABLE_VERSION && access != FileAccess::Write => {
            Err(refuse_file(path, "was written by an older cityheart. Open it once for writing to migrate it."))
        }
        _ => Ok(()),
    }
}

/// Migrates our tables to the present version, or creates them.
pub(super) fn run_migrations(conn: &Connection) -> Result<()> {
    match read_schema_version(conn)? {
        None => tables::create_own_tables(conn),
        Some(1) => migrate_1_to_2(conn).and_then(|()| migrate_2_to_3(conn)),
        Some(2) => migrate_2_to_3(conn),
        Some(_) => Ok(()),
    }
}

/// The triggers of version 2 also noted what this program wrote.
fn migrate_2_to_3(conn: &Connection) -> Result<()> {
    for layer in read_layers(conn)?.values() {
        // Triggers that another program dropped stay missing: they tell that its table must be adopted as a whole.
        if journal::has_triggers(conn, layer)? {
            journal::recreate_triggers(conn, layer)?;
        }
    }
    conn.execute("UPDATE cityheart_meta SET value=?1 WHERE key='schema_version'", [SCHEMA_VERSION])?;
    Ok(())
}

/// Version 1 had no layouts, loads or journal: columns had the names of their fields, and every feature had a line in
/// the log.
fn migrate_1_to_2(conn: &Connection) -> Result<()> {
    conn.execute_batch("ALTER TABLE cityheart_collections ADD COLUMN layout TEXT NOT NULL DEFAULT ''")?;
    conn.execute_batch(tables::CREATE_VERSION_2_TABLES)?;
    let mut statement = conn.prepare("SELECT number, id, schema FROM cityheart_collections")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, id, schema): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let schema = serde_json::from_str(&schema).map_err(|e| {
            Error::Refused(format!(
                "The schema of '{id}' in the plan's file is corrupt: {e}. Restore your latest backup."
            ))
        })?;
        let collection = Collection::from_schema(CollectionId::new(&id)?, schema)?;
        let layout = TableLayout::new(&collection);
        conn.execute(
            "UPDATE cityheart_collections SET layout=?2 WHERE number=?1",
            params![number, tables::layout_to_json(&layout)?],
        )?;
        let layer = GpkgLayer::new(number, collection, layout);
        if foreign_tables::missing_column(conn, &layer.layout)?.is_none() {
            journal::create_triggers(conn, &layer)?;
        }
    }
    tables::register_own_tables(conn)
}
