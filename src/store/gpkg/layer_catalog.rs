//! Reads the layers of a file from its tables.

use super::gpkg_layer::{GpkgLayer, GpkgLayers, TableLayout};
use super::{foreign_tables, tables};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use rusqlite::Connection;
use std::sync::Arc;

/// The layers of a plan are its collections. A file that is no plan has those tables as layers that could be
/// collections.
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
                "The schema of the collection '{id}' in the plan's file is corrupt. Restore your latest backup of the file."
            ))
        };
        let layout: TableLayout = serde_json::from_str(&layout).map_err(unreadable)?;
        if let Some(missing) = foreign_tables::missing_column(conn, &layout)? {
            tracing::warn!("The collection '{id}' is skipped: {missing}");
            continue;
        }
        let collection =
            Collection::from_schema(CollectionId::new(&id)?, serde_json::from_str(&schema).map_err(unreadable)?)?;
        layers.insert(collection.id.clone(), Arc::new(GpkgLayer::new(row.get(0)?, collection, layout)));
    }
    Ok(layers)
}
