//! Who created a feature.

use super::change_log::find_load;
use super::column_types::read_columns;
use super::gpkg_layer::GpkgLayer;
use crate::change::{AccountId, ChangeAuthor, FeatureCreator};
use crate::error::Result;
use crate::feature::FeatureId;
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The change log got the ids of accounts later. Its lines from before have none, and programs that do not know the
/// column can still write to the table.
pub(super) fn add_author_ids(conn: &Connection) -> Result<()> {
    if read_columns(conn, "cityheart_changes")?.iter().all(|column| column.name != "author_id") {
        conn.execute_batch("ALTER TABLE cityheart_changes ADD COLUMN author_id TEXT")?;
    }
    Ok(())
}

/// `None` when it is not known.
pub(super) fn find_creator(conn: &Connection, layer: &GpkgLayer, id: &FeatureId) -> Result<Option<FeatureCreator>> {
    if layer.number == 0 {
        return Ok(None);
    }
    let mut statement = conn.prepare_cached(
        "SELECT op, author, author_id, at, key FROM cityheart_changes WHERE collection=?1 AND feature=?2 ORDER BY seq LIMIT 1",
    )?;
    let line = |row: &Row<'_>| {
        let account: Option<String> = row.get(2)?;
        let author = ChangeAuthor { name: row.get(1)?, account: account.map(|id| AccountId::new(&id)) };
        Ok((row.get::<_, String>(0)?, FeatureCreator { author, at: row.get(3)? }, row.get::<_, i64>(4)?))
    };
    let first = statement.query_row(params![layer.number, id.as_str()], line).optional()?;
    let key = match first {
        Some((op, creator, _)) if op == "create" => return Ok(Some(creator)),
        Some((_, _, key)) => Some(key),
        None => layer.find_row(conn, id)?.map(|row| row.feature.key),
    };
    let Some(key) = key else { return Ok(None) };
    let load = find_load(conn, layer, key)?;
    Ok(load.map(|(_, author, at)| FeatureCreator { author: author.as_str().into(), at }))
}
