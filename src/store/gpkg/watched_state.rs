//! What the watch compares to notice that a collection changed.

use super::{layer_catalog, tables};
use crate::collection::CollectionId;
use crate::error::Result;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// The state of a collection; a collection has changed when its state differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WatchedState {
    /// Of a collection: its revision, the number of the latest note in the journal, and how many of our triggers its
    /// table has.
    Own { revision: i64, noted: i64, triggers: i64 },
    /// Of a table in a file that is no plan: the time of its last change.
    Foreign { last_change: String },
}

const SELECT_STATES: &str = "SELECT id, revision, coalesce((SELECT max(seq) FROM cityheart_journal j WHERE j.collection=c.number), 0),
  (SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||c.number||'_*') FROM cityheart_collections c";

/// The states of all collections.
pub(super) fn read_states(conn: &Connection) -> Result<HashMap<CollectionId, WatchedState>> {
    if tables::table_exists(conn, "cityheart_journal")? {
        let mut statement = conn.prepare_cached(SELECT_STATES)?;
        let pairs = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?, state_from_row(row)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        return pairs.into_iter().map(|(id, state)| Ok((CollectionId::new(&id)?, state))).collect();
    }
    let mut statement =
        conn.prepare_cached("SELECT last_change FROM gpkg_contents WHERE lower(table_name)=lower(?1)")?;
    let mut states = HashMap::new();
    for (id, layer) in layer_catalog::read_layers(conn)? {
        let last_change = statement.query_row([&layer.layout.table], |row| row.get(0)).optional()?.unwrap_or_default();
        states.insert(id, WatchedState::Foreign { last_change });
    }
    Ok(states)
}

/// The state of one collection of a plan.
pub(super) fn read_state(conn: &Connection, id: &CollectionId) -> Result<Option<WatchedState>> {
    Ok(conn
        .prepare_cached(&format!("{SELECT_STATES} WHERE id=?1"))?
        .query_row([id.as_str()], state_from_row)
        .optional()?)
}

fn state_from_row(row: &Row<'_>) -> rusqlite::Result<WatchedState> {
    Ok(WatchedState::Own { revision: row.get(1)?, noted: row.get(2)?, triggers: row.get(3)? })
}
