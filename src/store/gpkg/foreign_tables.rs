//! Tables of other programs: which of them can be layers, with a schema inferred from their columns.

use super::column_types::field_type;
use super::gpkg_layer::{GpkgLayer, TableLayout, claim_free_name};
use super::table_shape::{ID_COLUMN, TableShape, can_be_ids, read_shape};
use crate::collection::{Collection, CollectionId, FieldType};
use crate::error::Result;
use crate::feature::GeometryTypeSet;
use rusqlite::{Connection, params};
use std::collections::BTreeSet;

/// A table that is no collection yet.
pub(super) struct ForeignTable {
    pub table: String,
    /// The layer that it can become, or why it cannot be one.
    pub layer: Result<GpkgLayer, String>,
    /// Whether the layer can be a collection of a plan, with notes of its changes.
    pub can_be_followed: bool,
}

/// The tables in `gpkg_contents` that are none of these.
pub(super) fn find_tables(
    conn: &Connection,
    known_tables: &BTreeSet<String>,
    used_ids: &mut Vec<String>,
) -> Result<Vec<ForeignTable>> {
    let mut statement = conn.prepare(
        "SELECT m.name, coalesce(c.identifier, c.table_name), c.data_type='features' FROM gpkg_contents c
         JOIN sqlite_master m ON lower(m.name)=lower(c.table_name) AND m.type IN ('table', 'view')
         WHERE c.data_type IN ('features', 'attributes') AND c.table_name NOT LIKE 'cityheart\\_%' ESCAPE '\\' ORDER BY c.rowid",
    )?;
    let mut found = Vec::new();
    let mut rows = statement.query(params![])?;
    while let Some(row) = rows.next()? {
        let (table, title, is_spatial): (String, String, bool) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if known_tables.contains(&table.to_lowercase()) {
            continue;
        }
        let mut can_be_followed = false;
        let layer = match read_shape(conn, &table)? {
            None => continue,
            Some(Err(why)) => Err(why),
            Some(Ok(shape)) if is_spatial && shape.geometry.is_none() => Err(format!(
                "The table '{table}' is not shown: it is registered with a geometry that it does not have. Register it again."
            )),
            Some(Ok(shape)) => {
                can_be_followed = shape.can_be_followed;
                Ok(infer_layer(conn, claim_collection_id(&table, used_ids)?, &title, &shape)?)
            }
        };
        found.push(ForeignTable { table, layer, can_be_followed });
    }
    Ok(found)
}

/// The column that holds the ids of a table's features, if any.
pub(super) fn choose_id_column(conn: &Connection, shape: &TableShape) -> Result<Option<String>> {
    let named = |name: &str| shape.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name) && c.name != shape.key);
    if let Some(given) = named(ID_COLUMN) {
        return Ok(Some(given.name.clone()));
    }
    match named("id") {
        Some(id) if can_be_ids(conn, &shape.table, &id.name)? => Ok(Some(id.name.clone())),
        _ => Ok(None),
    }
}

fn infer_layer(conn: &Connection, id: CollectionId, title: &str, shape: &TableShape) -> Result<GpkgLayer> {
    let id_column = choose_id_column(conn, shape)?;
    let mut layout = TableLayout {
        table: shape.table.clone(),
        key: shape.key.clone(),
        geom: shape.geometry.as_ref().map(|g| g.name.clone()),
        id: id_column,
        columns: vec![],
        declared: vec![],
        kept: vec![],
        epsg: shape.geometry.as_ref().and_then(|g| g.epsg),
    };
    let mut names = vec!["id".to_owned(), "geometry".to_owned()];
    let mut fields = Vec::new();
    let taken: Vec<String> = layout.column_names().cloned().collect();
    for column in shape.columns.iter().filter(|c| !taken.contains(&c.name)) {
        match field_type(conn, &shape.table, column)? {
            Some(kind) => fields.push((claim_free_name(&column.name, &mut names), kind, column)),
            None => layout.kept.push(column.name.clone()),
        }
    }
    layout.columns = fields.iter().map(|(_, _, c)| c.name.clone()).collect();
    layout.declared = fields.iter().map(|(_, _, c)| c.full_type()).collect();
    let lengths: Vec<(String, u32)> = fields
        .iter()
        .filter(|(_, kind, _)| *kind == FieldType::Text)
        .filter_map(|(name, _, c)| Some((name.clone(), c.max_length?)))
        .collect();
    let fields: Vec<_> = fields.into_iter().map(|(name, kind, _)| (name, kind)).collect();
    let geometry = shape.geometry.as_ref().map_or(GeometryTypeSet::NONE, |g| g.types);
    let collection = Collection::from_inferred_fields(id, title, geometry, &fields)?;
    let collection = collection.with_max_lengths(lengths.iter().map(|(name, length)| (name.as_str(), *length)))?;
    let collection = collection.with_read_only(shape.read_only.as_deref())?;
    Ok(GpkgLayer::new(0, collection, layout))
}

/// A collection id from the name of a table, different from all used ones.
pub(super) fn claim_collection_id(table: &str, used_ids: &mut Vec<String>) -> Result<CollectionId> {
    CollectionId::new(&claim_free_name(&collection_name(table), used_ids))
}

/// The collection id that a table would have if it were alone.
pub(super) fn collection_name(table: &str) -> String {
    let slug: String =
        table.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(50).collect();
    if CollectionId::new(&slug).is_err() { format!("layer_{slug}") } else { slug }
}
