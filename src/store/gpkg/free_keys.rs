//! The keys of new rows. SQLite gives each row a larger key than all before it, and says "full" when there is none.

use super::gpkg_layer::GpkgLayer;
use super::sql_text::quote_name;
use crate::error::{Error, Result};
use crate::store::disk_space::is_disk_full;
use rusqlite::Connection;

/// Why a row could not be added: the disk is full, or the table has no larger key.
pub(super) fn explain_full(conn: &Connection, layer: &GpkgLayer, e: rusqlite::Error) -> Error {
    if !is_disk_full(&e) || !has_largest_key(conn, layer).unwrap_or(false) {
        return e.into();
    }
    let (table, key) = (&layer.layout.table, &layer.layout.key);
    Error::Refused(format!(
        "No feature can be added to '{}': the table '{table}' has used the largest {key} that there is, {}. Give that row a smaller one in another program, and correct the number of '{table}' in the table sqlite_sequence.",
        layer.collection.id,
        i64::MAX
    ))
}

/// Whether a row has the largest key, or had it.
fn has_largest_key(conn: &Connection, layer: &GpkgLayer) -> Result<bool> {
    let (table, key) = (quote_name(&layer.layout.table), quote_name(&layer.layout.key));
    let present: Option<i64> = conn.query_row(&format!("SELECT max({key}) FROM {table}"), [], |row| row.get(0))?;
    let was = || {
        conn.query_row(
            "SELECT max(seq) FROM sqlite_sequence WHERE name IN (?1, 'cityheart_new_table')",
            [&layer.layout.table],
            |row| row.get::<_, Option<i64>>(0),
        )
    };
    Ok(present == Some(i64::MAX) || was()? == Some(i64::MAX))
}
