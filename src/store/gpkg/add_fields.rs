//! Adds fields to a collection, when the plan's model has more than the file. Nothing is removed.

use super::column_types::{column_type, read_columns};
use super::gpkg_layer::{GpkgLayer, GpkgLayers, TableLayout, claim_free_name, find_layer};
use super::package_state::GeoPackageState;
use super::sql_text::quote_name;
use super::{journal, tables};
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
    let mut existing: Vec<String> = read_columns(conn, &old.layout.table)?.into_iter().map(|c| c.name).collect();
    let mut columns = Vec::new();
    let mut declared = Vec::new();
    for field in &collection.fields {
        if let Some(at) = old.collection.field_index(&field.name) {
            columns.push(old.layout.columns[at].clone());
            declared.push(old.layout.declared.get(at).cloned().unwrap_or_else(|| column_type(field.kind).into()));
            continue;
        }
        declared.push(column_type(field.kind).to_owned());
        let free = |name: &String| !old.layout.column_names().any(|used| used.eq_ignore_ascii_case(name));
        if let Some(column) = existing.iter().find(|c| c.eq_ignore_ascii_case(&field.name) && free(c)) {
            columns.push(column.clone());
            continue;
        }
        let mut used_names: Vec<String> = existing.iter().map(|c| c.to_lowercase()).collect();
        let column = claim_free_name(&field.name, &mut used_names);
        let (table, kind) = (quote_name(&old.layout.table), column_type(field.kind));
        conn.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {} {kind}", quote_name(&column)))?;
        existing.push(column.clone());
        columns.push(column);
    }
    let kept = old.layout.kept.iter().filter(|c| !columns.contains(c)).cloned().collect();
    Ok(TableLayout { columns, declared, kept, ..old.layout.clone() })
}
