//! Writes into our tables what other programs did to the schema: tables that are new become collections; those that
//! were renamed, changed or created again are followed, and their triggers are created anew.

use super::change_log;
use super::follow_schema::{FollowedLayer, StoredLayer};
use super::gpkg_layer::{GpkgLayer, TableLayout, claim_free_name};
use super::layer_catalog::{LayerCatalog, read_catalog};
use super::sql_text::quote_name;
use super::table_shape::ID_COLUMN;
use super::{contents, journal, layer_setup, rtree, tables};
use crate::error::Result;
use rusqlite::{Connection, params};

/// When the schema is adopted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AdoptionTime {
    /// While the file is opened: what a layer lacks is created.
    Opening,
    /// While the file is open: the program that changes it may not have finished, and is left the R-trees.
    Open,
}

/// Adopts the schema of the file as it is.
///
/// # Errors
/// [`Error::Refused`](crate::error::Error::Refused) for a file that is no plan and has no table that can be a layer.
pub(super) fn adopt_schema(conn: &Connection, time: AdoptionTime) -> Result<()> {
    let catalog = read_catalog(conn)?;
    if let Some(refusal) = catalog.refusal().filter(|_| time == AdoptionTime::Opening) {
        return Err(refusal);
    }
    free_moved_ids(conn, &catalog)?;
    for (stored, followed) in catalog.collections {
        adopt_layer(conn, &stored, followed)?;
    }
    for found in catalog.foreign.into_iter().filter(|found| found.can_be_followed) {
        if let Ok(layer) = found.layer {
            adopt_table(conn, layer, time)?;
        }
    }
    Ok(())
}

/// Gives collections whose tables are gone another id when theirs is needed, and those that are about to get a new id
/// one that is no id.
fn free_moved_ids(conn: &Connection, catalog: &LayerCatalog) -> Result<()> {
    let new_ids: Vec<&str> = catalog
        .collections
        .iter()
        .filter(|(s, f)| s.collection.id != f.layer.collection.id)
        .map(|(_, f)| f.layer.collection.id.as_str())
        .collect();
    let mut used: Vec<String> = catalog
        .collections
        .iter()
        .map(|(_, f)| f.layer.collection.id.to_string())
        .chain(catalog.missing.iter().map(|(s, _)| s.collection.id.to_string()))
        .collect();
    let mut rename = conn.prepare("UPDATE cityheart_collections SET id=?2 WHERE number=?1")?;
    for (stored, _) in catalog.missing.iter().filter(|(s, _)| new_ids.contains(&s.collection.id.as_str())) {
        rename.execute(params![stored.number, claim_free_name(stored.collection.id.as_str(), &mut used)])?;
    }
    for (stored, _) in catalog.collections.iter().filter(|(s, f)| s.collection.id != f.layer.collection.id) {
        rename.execute(params![stored.number, format!("-{}", stored.number)])?;
    }
    Ok(())
}

/// Follows a collection to its table.
fn adopt_layer(conn: &Connection, stored: &StoredLayer, followed: FollowedLayer) -> Result<()> {
    let FollowedLayer { layer, origins, renamed, is_replaced, has_current_triggers } = followed;
    let same = layer.layout == stored.layout && layer.collection == stored.collection;
    let has_ids = layer.layout.id.is_some() || layer.collection.read_only().is_some();
    if same && has_current_triggers && has_ids {
        return Ok(());
    }
    if layer.layout.table != stored.layout.table {
        describe_renamed_table(conn, &stored.layout, &layer)?;
    }
    let layer = add_id_column(conn, layer)?;
    conn.execute(
        "UPDATE cityheart_collections SET id=?2, schema=?3, layout=?4 WHERE number=?1",
        params![
            layer.number,
            layer.collection.id.as_str(),
            layer.collection.schema.to_string(),
            tables::layout_to_json(&layer.layout)?
        ],
    )?;
    if is_replaced {
        return journal::adopt_replaced_table(conn, &layer);
    }
    if !renamed.is_empty() {
        change_log::rename_fields(conn, layer.number, &renamed)?;
    }
    journal::adopt_notes(conn, &layer, &origins)?;
    journal::recreate_triggers(conn, &layer)?;
    if layer.collection == stored.collection {
        return Ok(());
    }
    contents::set_revision(conn, &layer, contents::read_revision(conn, &layer)? + 1)
}

/// Makes a collection of a table. Its rows stay as they are; a column for ids is added where features can be edited.
fn adopt_table(conn: &Connection, found: GpkgLayer, time: AdoptionTime) -> Result<()> {
    let number = tables::register_collection(conn, &found.collection, &found.layout)?;
    let layer = add_id_column(conn, GpkgLayer::new(number, found.collection, found.layout))?;
    tables::register_collection(conn, &layer.collection, &layer.layout)?;
    if time == AdoptionTime::Opening && layer.collection.read_only().is_none() {
        layer_setup::finish_layer(conn, &layer)?;
    } else {
        journal::recreate_triggers(conn, &layer)?;
    }
    let (table, key) = (quote_name(&layer.layout.table), quote_name(&layer.layout.key));
    let sql = format!("SELECT min({key}), max({key}) FROM {table}");
    let keys: (Option<i64>, Option<i64>) = conn.query_row(&sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let revision = contents::read_revision(conn, &layer)? + 1;
    if let (Some(first), Some(last)) = keys {
        change_log::write_load(conn, &layer, revision, journal::EXTERNAL_AUTHOR, (first, last), revision > 1)?;
    }
    contents::set_revision(conn, &layer, revision)
}

/// Adds the column for ids where it is needed, and its index.
fn add_id_column(conn: &Connection, layer: GpkgLayer) -> Result<GpkgLayer> {
    if layer.collection.read_only().is_some() {
        return Ok(layer);
    }
    let GpkgLayer { number, collection, mut layout, .. } = layer;
    let table = quote_name(&layout.table);
    if layout.id.is_none() {
        conn.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {ID_COLUMN} TEXT"))?;
        layout.id = Some(ID_COLUMN.into());
    }
    if let Some(id) = layout.id.as_ref().filter(|_| !has_unique_ids(conn, &layout).unwrap_or(false)) {
        tables::create_id_index(conn, number, &layout.table, id)?;
    }
    Ok(GpkgLayer::new(number, collection, layout))
}

/// Whether an index keeps the ids unique.
fn has_unique_ids(conn: &Connection, layout: &TableLayout) -> Result<bool> {
    let mut statement = conn.prepare_cached(
        "SELECT 1 FROM pragma_index_list(?1) l WHERE l.\"unique\" AND (SELECT group_concat(i.name) FROM pragma_index_info(l.name) i)=?2",
    )?;
    Ok(statement.exists(params![layout.table, layout.id])?)
}

/// Renames a table in the tables of the standard, when the program that renamed it did not, and its R-tree.
fn describe_renamed_table(conn: &Connection, old: &TableLayout, layer: &GpkgLayer) -> Result<()> {
    let renamed =
        "lower(table_name)=lower(?1) AND NOT EXISTS (SELECT 1 FROM sqlite_master WHERE lower(name)=lower(?1))";
    let is_described = format!("SELECT 1 FROM gpkg_contents WHERE {renamed}");
    if !conn.prepare(&is_described)?.exists([&old.table])? {
        return Ok(());
    }
    conn.execute_batch("PRAGMA defer_foreign_keys=ON")?;
    for table in ["gpkg_contents", "gpkg_geometry_columns", "gpkg_extensions", "gpkg_data_columns", "gpkg_ogr_contents"]
    {
        if tables::table_exists(conn, table)? {
            let sql = format!("UPDATE {table} SET table_name=?2 WHERE {renamed}");
            conn.execute(&sql, params![old.table, layer.layout.table])?;
        }
    }
    rtree::rename_rtree(conn, old, layer)
}
