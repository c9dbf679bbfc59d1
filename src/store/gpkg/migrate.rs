//! From older files to this program's. Files of newer programs are left alone.

use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::journal;
use super::open::{FileAccess, read_layers, refuse_file};
use super::tables::{self, SCHEMA_VERSION};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use std::path::Path;

/// The oldest version that can be read as it is.
const OLDEST_READABLE_VERSION: i64 = 2;

/// The version of our tables; `None` when there are none.
fn read_schema_version(conn: &Connection) -> Result<Option<i64>> {
    if !tables::table_exists(conn, "cityheart_meta")? {
        return Ok(None);
    }
    let version = conn.query_row("SELECT value FROM cityheart_meta WHERE key='schema_version'", [], |row| row.get(0));
    version.map(Some).map_err(|_| {
        Error::Refused("The plan's file does not say which version it has. Take the last copy of it.".into())
    })
}

/// Refuses a file that a newer program wrote, and one that must be migrated but may not be written.
pub(super) fn check_version(path: &Path, conn: &Connection, access: FileAccess) -> Result<()> {
    match read_schema_version(conn)? {
        Some(version) if version > SCHEMA_VERSION => Err(refuse_file(
            path,
            &format!(
                "was written by a newer cityheart (version {version} of its tables; this one knows {SCHEMA_VERSION}). Install the newer program."
            ),
        )),
        Some(version) if version < OLDEST_READABLE_VERSION && access != FileAccess::Write => Err(refuse_file(
            path,
            "was written by an older cityheart. Open it once for writing, which brings it up to date.",
        )),
        _ => Ok(()),
    }
}

/// Brings our tables to the present version, or makes them.
pub(super) fn run_migrations(conn: &Connection) -> Result<()> {
    match read_schema_version(conn)? {
        None => tables::create_own_tables(conn),
        Some(1) => migrate_1_to_2(conn).and_then(|()| migrate_2_to_3(conn)),
        Some(2) => migrate_2_to_3(conn),
        Some(_) => Ok(()),
    }
}

/// In version 2 the triggers noted what this program itself wrote, too.
fn migrate_2_to_3(conn: &Connection) -> Result<()> {
    for layer in read_layers(conn)?.values() {
        // Where another program dropped them, what it did must first be taken over as a whole.
        if journal::has_triggers(conn, layer)? {
            journal::recreate_triggers(conn, layer)?;
        }
    }
    conn.execute("UPDATE cityheart_meta SET value=?1 WHERE key='schema_version'", [SCHEMA_VERSION])?;
    Ok(())
}

/// Version 1 had neither layouts nor loads nor the journal: tables had the names of their fields, and every feature a line.
fn migrate_1_to_2(conn: &Connection) -> Result<()> {
    conn.execute_batch("ALTER TABLE cityheart_collections ADD COLUMN layout TEXT NOT NULL DEFAULT ''")?;
    conn.execute_batch(tables::CREATE_VERSION_2_TABLES)?;
    let mut statement = conn.prepare("SELECT number, id, schema FROM cityheart_collections")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (number, id, schema): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let schema = serde_json::from_str(&schema)
            .map_err(|e| Error::Refused(format!("The schema of '{id}' in the plan's file is spoilt: {e}.")))?;
        let collection = Collection::from_schema(CollectionId::new(&id)?, schema)?;
        let layout = TableLayout::new(&collection);
        conn.execute(
            "UPDATE cityheart_collections SET layout=?2 WHERE number=?1",
            params![number, tables::layout_to_json(&layout)?],
        )?;
        let layer = GpkgLayer::new(number, collection, layout);
        if super::foreign_tables::missing_column(conn, &layer.layout)?.is_none() {
            journal::create_triggers(conn, &layer)?;
        }
    }
    tables::register_own_tables(conn)
}
