//! Adds fields to a collection, when the plan's model has more than the file. Nothing is removed.

use super::gpkg_layer::{GpkgLayer, GpkgLayers, TableLayout, claim_free_name, find_layer, quote_name};
use super::package_state::GeoPackageState;
use super::{foreign_tables, journal, tables};
use crate::collection::Collection;
use crate::error::{Error, Result};
use rusqlite::{Connection, params};
use std::sync::Arc;

impl GeoPackageState {
    pub(super) fn add_fields(&self, collection: &Collection) -> Result<()> {
        self.run_write(&collection.id, |tx, layers| add_layer_fields(tx, layers, collection))
    }
}

fn add_layer_fields(conn: &Connection, layers: &GpkgLayers, collection: &Collection) -> Result<()> {
    let old = find_layer(layers, &collection.id)?;
    journal::adopt_journal(conn, old)?;
    let layer = GpkgLayer::new(old.number, collection.clone(), extend_layout(conn, old, collection)?);
    conn.execute(
        "UPDATE cityheart_collections SET schema=?2, layout=?3 WHERE number=?1",
        params![layer.number, collection.schema.to_string(), tables::layout_to_json(&layer.layout)?],
    )?;
    tables::describe_table(conn, &layer)?;
    // The triggers name every column. Creating them again also makes every connection read the layers again.
    journal::recreate_triggers(conn, &layer)
}

/// The columns of the existing fields, and one for each new field: a free column of its name that another program
/// added, or a new one.
fn extend_layout(conn: &Connection, old: &Arc<GpkgLayer>, collection: &Collection) -> Result<TableLayout> {
    for field in &old.collection.fields {
        if collection.field_index(&field.name).is_none_or(|at| collection.fields[at].kind != field.kind) {
            return Err(Error::internal(format!("'{}' cannot lose its field '{}'", collection.id, field.name)));
        }
    }
    let mut existing: Vec<String> = foreign_tables::column_names(conn, &old.layout.table)?;
    let mut columns = Vec::new();
    for field in &collection.fields {
        if let Some(at) = old.collection.field_index(&field.name) {
            columns.push(old.layout.columns[at].clone());
            continue;
        }
        let free = |name: &String| !old.layout.column_names().any(|used| used.eq_ignore_ascii_case(name));
        if let Some(column) = existing.iter().find(|c| c.eq_ignore_ascii_case(&field.name) && free(c)) {
            columns.push(column.clone());
            continue;
        }
        let mut used_names: Vec<String> = existing.iter().map(|c| c.to_lowercase()).collect();
        let column = claim_free_name(&field.name, &mut used_names);
        let (table, kind) = (quote_name(&old.layout.table), tables::column_type(field.kind));
        conn.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {} {kind}", quote_name(&column)))?;
        existing.push(column.clone());
        columns.push(column);
    }
    Ok(TableLayout { columns, ..old.layout.clone() })
}
