//! What the watch compares to notice that a collection changed.

use super::gpkg_layer::{GpkgLayer, GpkgLayers};
use crate::collection::CollectionId;
use crate::digest::ContentHasher;
use crate::error::Result;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;

/// The state of a collection; a collection has changed when its state differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WatchedState {
    /// Of a collection: its revision, the number of the latest note in the journal, and how many of our triggers its
    /// table has.
    Own { revision: i64, noted: i64, triggers: i64, definition: u128 },
    /// Of a table without our triggers: a hash of all that it shows.
    Foreign { content: u128, definition: u128 },
}

impl WatchedState {
    /// See [`GpkgLayer::definition`].
    pub(super) fn definition(&self) -> u128 {
        match self {
            Self::Own { definition, .. } | Self::Foreign { definition, .. } => *definition,
        }
    }
}

const SELECT_STATE: &str = "SELECT revision, coalesce((SELECT max(seq) FROM cityheart_journal j WHERE j.collection=c.number), 0),
  (SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||c.number||'_*') FROM cityheart_collections c WHERE c.number=?1";

/// The states of those layers.
pub(super) fn read_states(
    conn: &Connection,
    layers: &GpkgLayers,
    is_wanted: fn(&GpkgLayer) -> bool,
) -> Result<HashMap<CollectionId, WatchedState>> {
    let state = |id: &CollectionId| Ok(read_state(conn, layers, id)?.map(|state| (id.clone(), state)));
    layers.iter().filter(|(_, layer)| is_wanted(layer)).filter_map(|(id, _)| state(id).transpose()).collect()
}

/// The state of one layer; `None` when there is no such layer.
pub(super) fn read_state(conn: &Connection, layers: &GpkgLayers, id: &CollectionId) -> Result<Option<WatchedState>> {
    let Some(layer) = layers.get(id) else { return Ok(None) };
    let definition = layer.definition;
    if layer.number == 0 {
        return Ok(Some(WatchedState::Foreign { content: hash_rows(conn, layer)?, definition }));
    }
    let own = |row: &Row<'_>| {
        Ok(WatchedState::Own { revision: row.get(0)?, noted: row.get(1)?, triggers: row.get(2)?, definition })
    };
    Ok(conn.prepare_cached(SELECT_STATE)?.query_row([layer.number], own).optional()?)
}

fn hash_rows(conn: &Connection, layer: &GpkgLayer) -> Result<u128> {
    let mut statement = conn.prepare(&layer.layout.select_sql())?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut hasher = ContentHasher::default();
    while let Some(row) = rows.next()? {
        for at in 0..columns {
            match row.get_ref(at)? {
                ValueRef::Null => hasher.write_byte(0),
                ValueRef::Integer(i) => hasher.write_bytes(&i.to_le_bytes()),
                ValueRef::Real(r) => hasher.write_bytes(&r.to_le_bytes()),
                ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                    hasher.write_bytes(&(bytes.len() as u64).to_le_bytes());
                    hasher.write_bytes(bytes);
                }
            }
        }
    }
    Ok(hasher.finish())
}
