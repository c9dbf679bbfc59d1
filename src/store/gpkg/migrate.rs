//! Migrates files of older versions of the program. Files of newer versions are refused.

use super::connection::FileAccess;
use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::sqlite_error::refuse_file;
use super::tables::{self, SCHEMA_VERSION};
use super::{column_types, creators, journal};
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
        Some(1) => migrate_1_to_2(conn).and_then(|()| migrate_to_4(conn)),
        Some(2 | 3) => migrate_to_4(conn),
        Some(_) => Ok(()),
    }?;
    creators::add_author_ids(conn)
}

/// The log of version 3 had no raw cells, and its triggers named every column; those of version 2 also noted what this
/// program wrote. Triggers are created again when the tables are adopted.
fn migrate_to_4(conn: &Connection) -> Result<()> {
    let columns = column_types::read_columns(conn, "cityheart_changes")?;
    for column in ["before_raw", "after_raw"].into_iter().filter(|raw| columns.iter().all(|c| c.name != *raw)) {
        conn.execute_batch(&format!("ALTER TABLE cityheart_changes ADD COLUMN {column} TEXT"))?;
    }
    let mut indexes = conn.prepare(
        "SELECT c.number, m.tbl_name, i.name FROM cityheart_collections c
         JOIN sqlite_master m ON m.type='index' AND m.name='cityheart_'||c.number||'_ids' JOIN pragma_index_info(m.name) i",
    )?;
    let found = indexes.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    for (number, table, id) in found.collect::<rusqlite::Result<Vec<(i64, String, String)>>>()? {
        tables::create_id_index(conn, number, &table, &id)?;
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
        let have = column_types::read_columns(conn, &layer.layout.table)?;
        if layer.layout.column_names().all(|wanted| have.iter().any(|c| c.name.eq_ignore_ascii_case(wanted))) {
            journal::create_triggers(conn, &layer)?;
        }
    }
    tables::register_own_tables(conn)
}
