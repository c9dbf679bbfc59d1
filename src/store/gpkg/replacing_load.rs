//! Replaces all features of a collection. What is not shown of a row whose feature stays is kept byte for byte.

use super::gpkg_layer::{GpkgLayer, TableLayout, claim_free_name, to_utc_text};
use super::sql_text::quote_name;
use super::stored_row::{RawCells, StoredRow};
use super::table_filler::{IMPORT_AUTHOR, TableFiller};
use super::{change_log, column_types, commit, contents, geometry_blob, rtree, tables};
use crate::change::RevisionNumber;
use crate::collection::{Collection, FieldType};
use crate::crs::{dequantise_degrees, quantise_degrees};
use crate::error::Result;
use crate::feature::{Feature, FieldValue, Geometry};
use crate::store::LoadSummary;
use geo::MapCoords;
use geo_types::Coord;
use rusqlite::{Connection, params};

/// The name of a new table until it replaces the old one.
const NEW_TABLE: &str = "cityheart_new_table";

/// Replaces all features of a collection. A feature whose id existed keeps its key and its history; changed and removed
/// features are logged.
pub(super) fn load_replaced(
    conn: &Connection,
    old: &GpkgLayer,
    collection: &Collection,
    features: &mut dyn Iterator<Item = Result<Feature>>,
) -> Result<LoadSummary> {
    let layer = GpkgLayer::new(old.number, collection.clone(), replaced_layout(old, collection));
    log_dropped_fields(&old.collection, collection);
    let elsewhere = TableLayout { table: NEW_TABLE.into(), ..layer.layout.clone() };
    let building = GpkgLayer::new(old.number, collection.clone(), elsewhere);
    let before = contents::read_revision(conn, old)?;
    tables::create_table(conn, &layer, NEW_TABLE)?;
    add_kept_columns(conn, old, &layer)?;
    continue_keys(conn, old)?;
    let mut filler = TableFiller::new_replacing(conn, &layer);
    let mut log =
        LoadDifferences { conn, old, layer: &layer, revision: before + 1, at: filler.now.clone(), changed: false };
    {
        let mut insert = conn.prepare(&building.sql.insert)?;
        for feature in features {
            match log.match_feature(feature?)? {
                MatchedFeature::New(feature) => filler.insert_feature(&mut insert, None, feature)?,
                MatchedFeature::Plain(feature) => filler.insert_feature(&mut insert, Some(feature.key), feature)?,
                MatchedFeature::Raw(row) => filler.insert_row(NEW_TABLE, &row)?,
            }
        }
    }
    log.log_removed()?;
    let changed = log.changed || filler.keys.is_some();
    swap_tables(conn, old, &layer)?;
    contents::write_extent(conn, &layer, None, &filler.now)?;
    filler.finish_load(if changed { before + 1 } else { before }, false)
}

/// Adds the columns that are no fields to the new table, with their declared types.
fn add_kept_columns(conn: &Connection, old: &GpkgLayer, layer: &GpkgLayer) -> Result<()> {
    let declared = column_types::read_columns(conn, &old.layout.table)?;
    for (column, old_column) in layer.layout.kept.iter().zip(&old.layout.kept) {
        let kind = declared.iter().find(|c| c.name == *old_column).map_or("", |c| c.declared.as_str());
        conn.execute_batch(&format!("ALTER TABLE {NEW_TABLE} ADD COLUMN {} {kind}", quote_name(column)))?;
    }
    Ok(())
}

/// Continues the keys of the old table in the new one, so that no key is used twice.
fn continue_keys(conn: &Connection, old: &GpkgLayer) -> Result<()> {
    let (table, key) = (&old.layout.table, quote_name(&old.layout.key));
    conn.execute(
        &format!(
            "INSERT INTO sqlite_sequence (name, seq)
             SELECT ?1, max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name=?2), 0), coalesce((SELECT max({key}) FROM {}), 0))",
            quote_name(table)
        ),
        params![NEW_TABLE, table],
    )?;
    Ok(())
}

/// Replaces the old table by the new one.
fn swap_tables(conn: &Connection, old: &GpkgLayer, layer: &GpkgLayer) -> Result<()> {
    let table = &old.layout.table;
    rtree::drop_rtree(conn, old)?;
    conn.execute("DELETE FROM gpkg_extensions WHERE lower(table_name)=lower(?1)", [table])?;
    if tables::table_exists(conn, "gpkg_ogr_contents")? {
        // GDAL stores the number of features here; it counts again when the number is null.
        conn.execute("UPDATE gpkg_ogr_contents SET feature_count=NULL WHERE lower(table_name)=lower(?1)", [table])?;
    }
    conn.execute_batch(&format!(
        "DROP TABLE {table}; PRAGMA legacy_alter_table=ON; ALTER TABLE {NEW_TABLE} RENAME TO {table}; PRAGMA legacy_alter_table=OFF;",
        table = quote_name(table)
    ))?;
    conn.execute(
        "UPDATE cityheart_collections SET schema=?2, layout=?3 WHERE number=?1",
        params![layer.number, layer.collection.schema.to_string(), tables::layout_to_json(&layer.layout)?],
    )?;
    tables::describe_table(conn, layer)
}

/// Compares new features with the old ones.
struct LoadDifferences<'a> {
    conn: &'a Connection,
    old: &'a GpkgLayer,
    layer: &'a GpkgLayer,
    revision: RevisionNumber,
    at: String,
    changed: bool,
}

impl LoadDifferences<'_> {
    /// Finds the feature that this one replaces. A feature that differs gets a line in the log; what it leaves as it
    /// was keeps its bytes.
    fn match_feature(&mut self, mut feature: Feature) -> Result<MatchedFeature> {
        normalise_instants(self.layer, &mut feature);
        let Some(old) = self.old.find_row(self.conn, &feature.id)? else {
            return Ok(MatchedFeature::New(feature));
        };
        let old = self.with_new_fields(old);
        for name in ["created", "updated"] {
            if let Some(at) = self
                .layer
                .collection
                .field_index(name)
                .filter(|i| feature.values.get(*i).is_some_and(FieldValue::is_null))
            {
                commit::set_timestamp(self.layer, &mut feature, name, old.feature.values[at].clone());
            }
        }
        feature.key = old.feature.key;
        if is_shown_equal(feature.geometry.as_ref(), &old) {
            feature.geometry.clone_from(&old.feature.geometry);
        }
        let row = old.with_feature(self.layer, feature);
        if row != old {
            self.changed = true;
            self.log_change(Some(&old), Some(&row))?;
        }
        let is_plain = row.raw.is_empty() && row.geom == StoredRow::from_feature(row.feature.clone()).geom;
        Ok(if is_plain { MatchedFeature::Plain(row.feature) } else { MatchedFeature::Raw(Box::new(row)) })
    }

    /// Logs the removed features: those whose keys are not in the new table.
    fn log_removed(&mut self) -> Result<()> {
        let (old, key, new_key) =
            (&self.old.layout.table, quote_name(&self.old.layout.key), quote_name(&self.layer.layout.key));
        let mut removed = self.conn.prepare(&format!(
            "SELECT {key} FROM {} o WHERE NOT EXISTS (SELECT 1 FROM {NEW_TABLE} n WHERE n.{new_key}=o.{key})",
            quote_name(old)
        ))?;
        let mut rows = removed.query([])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            if let Some(removed) = self.old.find_row_by_key(self.conn, key)? {
                self.changed = true;
                self.log_change(Some(&self.with_new_fields(removed)), None)?;
            }
        }
        Ok(())
    }

    /// An old row with the fields of the new collection, and the cells of columns that the new table has, too.
    fn with_new_fields(&self, old: StoredRow) -> StoredRow {
        let from = &self.old.collection;
        let same_kind = |name: &str, kind: FieldType| from.field_index(name).filter(|i| from.fields[*i].kind == kind);
        let mut values = Vec::with_capacity(self.layer.collection.fields.len());
        let mut raw = RawCells::default();
        for (field, column) in self.layer.collection.fields.iter().zip(&self.layer.layout.columns) {
            let at = same_kind(&field.name, field.kind);
            values.push(at.map(|i| old.feature.values[i].clone()).unwrap_or_default());
            if let Some(cell) = at.and_then(|i| old.raw.get(&self.old.layout.columns[i])) {
                raw.insert(column, cell.clone());
            }
        }
        for (column, old_column) in self.layer.layout.kept.iter().zip(&self.old.layout.kept) {
            if let Some(cell) = old.raw.get(old_column) {
                raw.insert(column, cell.clone());
            }
        }
        if let (Some(column), Some(cell)) =
            (&self.layer.layout.geom, self.old.layout.geom.as_ref().and_then(|c| old.raw.get(c)))
        {
            raw.insert(column, cell.clone());
        }
        StoredRow { feature: Feature { values, ..old.feature }, geom: old.geom, raw }
    }

    fn log_change(&self, before: Option<&StoredRow>, after: Option<&StoredRow>) -> Result<()> {
        let entry = change_log::LogEntry {
            revision: self.revision,
            author: IMPORT_AUTHOR,
            account: None,
            at: &self.at,
            before,
            after,
        };
        change_log::write_entry(self.conn, self.layer, &entry)
    }
}

/// A feature that is loaded in place of all features.
enum MatchedFeature {
    New(Feature),
    /// A feature that existed; its row holds nothing else.
    Plain(Feature),
    /// A feature that existed, with cells that are written as they were.
    Raw(Box<StoredRow>),
}

/// The layout of the table that replaces another: the columns of the new fields, and those that are no fields.
fn replaced_layout(old: &GpkgLayer, collection: &Collection) -> TableLayout {
    let new = TableLayout { table: old.layout.table.clone(), ..TableLayout::new(collection) };
    let mut used: Vec<String> = new.column_names().map(|c| c.to_lowercase()).collect();
    let kept = old.layout.kept.iter().map(|column| claim_free_name(column, &mut used)).collect();
    TableLayout { kept, ..new }
}

/// Says which fields a replacement takes away.
fn log_dropped_fields(old: &Collection, new: &Collection) {
    for field in old.fields.iter().filter(|f| new.field_index(&f.name).is_none()) {
        tracing::warn!(
            "{}: the field '{}' is no longer there, because what replaced the collection does not have it. Its earlier values stay in the history.",
            old.id,
            field.name
        );
    }
}

/// Whether a geometry is the one of a row as it is published, with seven decimals, while the row holds more: heights,
/// curves, or bytes that cannot be read.
fn is_shown_equal(geometry: Option<&Geometry>, old: &StoredRow) -> bool {
    let decoded = old.geom.as_ref().and_then(|blob| geometry_blob::decode_geometry(blob).ok());
    let holds_more = decoded.is_none_or(|d| d.flattened || d.linearised);
    let rounded = |g: &Geometry| {
        g.map_coords(|c| Coord {
            x: dequantise_degrees(quantise_degrees(c.x)),
            y: dequantise_degrees(quantise_degrees(c.y)),
        })
    };
    holds_more && geometry.map(rounded) == old.feature.geometry.as_ref().map(rounded)
}

/// Converts instants to UTC, as the file stores them.
fn normalise_instants(layer: &GpkgLayer, feature: &mut Feature) {
    for (value, field) in feature.values.iter_mut().zip(&layer.collection.fields) {
        if let (FieldType::DateTime, FieldValue::Text(text)) = (field.kind, &*value)
            && let Some(utc) = to_utc_text(text)
        {
            *value = FieldValue::text(utc);
        }
    }
}
