//! Makes collections of the tables that other programs created.

use super::foreign_tables::{self, ID_COLUMN};
use super::gpkg_layer::{GpkgLayer, quote_name};
use super::{change_log, contents, journal, layer_setup, tables};
use crate::error::{Error, Result};
use rusqlite::Connection;

/// Makes collections of the tables that are not collections yet. Their rows stay as they are; a column for ids is
/// added.
///
/// # Errors
/// [`Error::Refused`] for a table in another reference system, unless the file is a plan already.
pub(super) fn adopt_tables(conn: &Connection) -> Result<()> {
    let known: bool = conn.query_row("SELECT EXISTS (SELECT 1 FROM cityheart_collections)", [], |row| row.get(0))?;
    for found in foreign_tables::find_tables(conn)? {
        match found.and_then(|table| adopt_table(conn, table)) {
            Err(Error::Refused(message)) if known => tracing::warn!("{message} The table is skipped."),
            other => other?,
        }
    }
    Ok(())
}

fn adopt_table(conn: &Connection, found: GpkgLayer) -> Result<()> {
    let GpkgLayer { collection, mut layout, .. } = found;
    if layout.id.is_none() {
        conn.execute_batch(&format!("ALTER TABLE {} ADD COLUMN {ID_COLUMN} TEXT", quote_name(&layout.table)))?;
        layout.id = Some(ID_COLUMN.into());
    }
    let (table, id) = (quote_name(&layout.table), layout.id.as_deref().map(quote_name).unwrap_or_default());
    let number = tables::register_collection(conn, &collection, &layout)?;
    let layer = GpkgLayer::new(number, collection, layout);
    conn.execute_batch(&format!(
        "CREATE UNIQUE INDEX IF NOT EXISTS \"cityheart_{}_ids\" ON {table} ({id})",
        layer.number
    ))?;
    tables::drop_triggers(conn, &layer)?;
    layer_setup::finish_layer(conn, &layer)?;
    let sql = format!("SELECT min({key}), max({key}) FROM {table}", key = quote_name(&layer.layout.key));
    let keys: (Option<i64>, Option<i64>) = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let revision = contents::read_revision(conn, &layer)? + 1;
    if let (Some(first), Some(last)) = keys {
        change_log::write_load(conn, &layer, revision, journal::EXTERNAL_AUTHOR, (first, last), revision > 1)?;
    }
    contents::set_revision(conn, &layer, revision)
}
