//! Loads many features in one transaction: rows in their order, then the R-tree and the triggers. Keeps one box per
//! feature in memory, not the features.

use super::gpkg_layer::{GpkgLayer, TableLayout, quote_name, to_utc_text};
use super::package_state::{GeoPackageState, lock_mutex};
use super::{change_log, commit, contents, free_keys, journal, layer_setup, rtree, sqlite_error, tables};
use crate::change::RevisionNumber;
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result, id_reused_error};
use crate::feature::{BoundingBox, Feature, FieldValue, bbox_of};
use crate::store::LoadSummary;
use rusqlite::{Connection, Statement, params};
use std::collections::HashSet;

type FeatureInput<'a> = &'a mut dyn Iterator<Item = Result<Feature>>;

/// The author in the history.
const IMPORT_AUTHOR: &str = "import";
/// The page cache while loading, in KiB: enough for the index of ids of some million features.
const CACHE_KIB: i64 = 128 * 1024;
/// The name of a new table until it replaces the old one.
const NEW_TABLE: &str = "cityheart_new_table";

impl GeoPackageState {
    pub(super) fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: FeatureInput<'_>,
    ) -> Result<LoadSummary> {
        let loaded = self.run_write(&collection.id, |tx, layers| {
            let usual: i64 = tx.query_row("PRAGMA cache_size", [], |row| row.get(0))?;
            tx.pragma_update(None, "cache_size", -CACHE_KIB)?;
            let loaded = match layers.get(&collection.id) {
                None => load_new(tx, collection, features),
                Some(layer) => {
                    journal::adopt_journal(tx, layer)?;
                    if replace {
                        load_replaced(tx, layer, collection, features)
                    } else {
                        load_appended(tx, layer, collection, features)
                    }
                }
            };
            tx.pragma_update(None, "cache_size", usual)?;
            loaded
        })?;
        // The write-ahead log is now as large as the data: it is moved into the file, unless another program is
        // reading. The features are durable either way.
        let checkpoint = lock_mutex(self.writer()?).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(e) = checkpoint {
            tracing::warn!("The write-ahead log of the plan's file could not be truncated yet: {e}");
        }
        Ok(loaded)
    }
}

/// Creates a collection.
fn load_new(conn: &Connection, collection: &Collection, features: FeatureInput<'_>) -> Result<LoadSummary> {
    let layout = TableLayout::new(collection);
    if tables::table_exists(conn, &layout.table)? {
        return Err(Error::Refused(format!(
            "The file has a table '{}' that is not a collection. Choose another name.",
            layout.table
        )));
    }
    let number = tables::register_collection(conn, collection, &layout)?;
    let layer = GpkgLayer::new(number, collection.clone(), layout);
    let before = contents::read_revision(conn, &layer)?;
    tables::create_table(conn, &layer, &layer.layout.table)?;
    tables::describe_table(conn, &layer)?;
    let mut filler = TableFiller::new(conn, &layer);
    let mut insert = conn.prepare(&layer.sql.insert)?;
    for feature in features {
        filler.insert_feature(&mut insert, None, feature?)?;
    }
    filler.finish_load(before + 1, before > 0)
}

/// Adds features to a collection.
fn load_appended(
    conn: &Connection,
    layer: &GpkgLayer,
    given: &Collection,
    features: FeatureInput<'_>,
) -> Result<LoadSummary> {
    let order = match_fields(layer, given)?;
    let before = contents::read_revision(conn, layer)?;
    let any_deleted = change_log::any_deleted(conn, layer)?;
    tables::drop_triggers(conn, layer)?;
    let mut filler = TableFiller::new(conn, layer);
    let mut insert = conn.prepare(&layer.sql.insert)?;
    for feature in features {
        let mut feature = feature?;
        if let Some(order) = &order {
            feature.values =
                order.iter().map(|at| at.and_then(|i| feature.values.get(i).cloned()).unwrap_or_default()).collect();
        }
        if any_deleted && change_log::was_deleted(conn, layer, &feature.id)? {
            return Err(id_reused_error(&feature.id));
        }
        filler.insert_feature(&mut insert, None, feature)?;
    }
    filler.finish_load(before + 1, false)
}

/// The index of each field of a layer among the given fields; `None` when the fields are the same.
fn match_fields(layer: &GpkgLayer, given: &Collection) -> Result<Option<Vec<Option<usize>>>> {
    let have = &layer.collection;
    for field in &given.fields {
        match have.field_index(&field.name).map(|i| have.fields[i].kind) {
            Some(kind) if kind == field.kind => {}
            Some(_) => {
                return Err(field_mismatch_error(have, &field.name, "has a field of this name and another type"));
            }
            None => return Err(field_mismatch_error(have, &field.name, "has no such field")),
        }
    }
    let same =
        have.fields.len() == given.fields.len() && have.fields.iter().zip(&given.fields).all(|(a, b)| a.name == b.name);
    Ok((!same).then(|| have.fields.iter().map(|f| given.field_index(&f.name)).collect()))
}

fn field_mismatch_error(collection: &Collection, field: &str, what: &str) -> Error {
    Error::invalid(
        format!("/properties/{field}"),
        format!("The collection '{}' {what}. Rename the field, or replace the whole collection.", collection.id),
    )
}

/// Replaces all features of a collection. A feature whose id existed keeps its key and its history; changed and removed
/// features are logged.
fn load_replaced(
    conn: &Connection,
    old: &GpkgLayer,
    collection: &Collection,
    features: FeatureInput<'_>,
) -> Result<LoadSummary> {
    let layout = TableLayout { table: old.layout.table.clone(), ..TableLayout::new(collection) };
    let layer = GpkgLayer::new(old.number, collection.clone(), layout);
    let elsewhere = TableLayout { table: NEW_TABLE.into(), ..layer.layout.clone() };
    let building = GpkgLayer::new(old.number, collection.clone(), elsewhere);
    let before = contents::read_revision(conn, old)?;
    tables::create_table(conn, &layer, NEW_TABLE)?;
    continue_keys(conn, old)?;
    let mut filler = TableFiller::new(conn, &layer);
    let mut log = LoadDifferences {
        conn,
        old,
        layer: &layer,
        revision: before + 1,
        at: filler.now.clone(),
        matched_keys: HashSet::new(),
        changed: false,
    };
    {
        let mut insert = conn.prepare(&building.sql.insert)?;
        for feature in features {
            let mut feature = feature?;
            let key = log.match_feature(&mut feature)?;
            filler.insert_feature(&mut insert, key, feature)?;
        }
    }
    log.log_removed()?;
    let changed = log.changed || filler.keys.is_some();
    swap_tables(conn, old, &layer)?;
    contents::write_extent(conn, &layer, None, &filler.now)?;
    filler.finish_load(if changed { before + 1 } else { before }, false)
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
    /// Keys of old features that are among the new ones.
    matched_keys: HashSet<i64>,
    changed: bool,
}

impl LoadDifferences<'_> {
    /// The key that a feature had, if any. A feature that differs gets a line in the log.
    fn match_feature(&mut self, feature: &mut Feature) -> Result<Option<i64>> {
        normalise_instants(self.layer, feature);
        let Some(old) = self.old.find_feature(self.conn, &feature.id)? else {
            return Ok(None);
        };
        self.matched_keys.insert(old.key);
        let old = self.with_new_fields(old);
        for name in ["created", "updated"] {
            if let Some(at) = self
                .layer
                .collection
                .field_index(name)
                .filter(|i| feature.values.get(*i).is_some_and(FieldValue::is_null))
            {
                commit::set_timestamp(self.layer, feature, name, old.values[at].clone());
            }
        }
        feature.key = old.key;
        if *feature != old {
            self.changed = true;
            self.log_change(Some(&old), Some(feature))?;
        }
        Ok(Some(old.key))
    }

    /// Logs the removed features.
    fn log_removed(&mut self) -> Result<()> {
        let mut all = self.conn.prepare(&format!(
            "SELECT {} FROM {}",
            quote_name(&self.old.layout.key),
            quote_name(&self.old.layout.table)
        ))?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            if self.matched_keys.contains(&key) {
                continue;
            }
            if let Some(removed) = self.old.find_by_key(self.conn, key)? {
                self.changed = true;
                self.log_change(Some(&self.with_new_fields(removed)), None)?;
            }
        }
        Ok(())
    }

    /// An old feature with the fields of the new collection.
    fn with_new_fields(&self, old: Feature) -> Feature {
        let from = &self.old.collection;
        let same_kind = |name: &str, kind: FieldType| from.field_index(name).filter(|i| from.fields[*i].kind == kind);
        let values = self
            .layer
            .collection
            .fields
            .iter()
            .map(|f| same_kind(&f.name, f.kind).map(|i| old.values[i].clone()).unwrap_or_default());
        Feature { values: values.collect(), ..old }
    }

    fn log_change(&self, before: Option<&Feature>, after: Option<&Feature>) -> Result<()> {
        let entry =
            change_log::LogEntry { revision: self.revision, author: IMPORT_AUTHOR, at: &self.at, before, after };
        change_log::write_entry(self.conn, self.layer, &entry)
    }
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

/// Writes rows, and collects the entries of the R-tree.
struct TableFiller<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    now: String,
    entries: Vec<rtree::RTreeEntry>,
    extent: Option<BoundingBox>,
    features: u64,
    /// The first and the last new key.
    keys: Option<(i64, i64)>,
    buffer: Vec<u8>,
}

impl<'a> TableFiller<'a> {
    fn new(conn: &'a Connection, layer: &'a GpkgLayer) -> Self {
        Self {
            conn,
            layer,
            now: tables::current_timestamp(),
            entries: vec![],
            extent: None,
            features: 0,
            keys: None,
            buffer: vec![],
        }
    }

    fn insert_feature(&mut self, insert: &mut Statement<'_>, key: Option<i64>, mut feature: Feature) -> Result<()> {
        self.layer.check_geometry(&feature)?;
        for name in ["created", "updated"] {
            if self
                .layer
                .collection
                .field_index(name)
                .is_some_and(|i| feature.values.get(i).is_some_and(FieldValue::is_null))
            {
                commit::set_timestamp(self.layer, &mut feature, name, FieldValue::text(self.now.as_str()));
            }
        }
        self.layer.bind_feature(insert, key, &feature, &mut self.buffer)?;
        insert.raw_execute().map_err(|e| {
            if sqlite_error::is_unique_violation(&e) {
                commit::id_taken_error(self.layer, &feature.id)
            } else {
                free_keys::explain_full(self.conn, self.layer, e)
            }
        })?;
        let stored = self.conn.last_insert_rowid();
        if key.is_none() {
            self.keys = Some((self.keys.map_or(stored, |k| k.0), stored));
        }
        if let Some(bbox) = feature.geometry.as_ref().and_then(bbox_of) {
            self.extent = Some(self.extent.map_or(bbox, |e| e.union(bbox)));
            self.entries.push((stored, [bbox.west, bbox.east, bbox.south, bbox.north]));
        }
        self.features += 1;
        Ok(())
    }

    fn finish_load(self, revision: RevisionNumber, replaced: bool) -> Result<LoadSummary> {
        let (conn, layer) = (self.conn, self.layer);
        rtree::create_rtree(conn, layer)?;
        rtree::insert_entries(conn, layer, self.entries)?;
        layer_setup::create_triggers(conn, layer)?;
        let extent = contents::read_extent(conn, layer)?.into_iter().chain(self.extent).reduce(BoundingBox::union);
        contents::write_extent(conn, layer, extent, &self.now)?;
        if let Some(keys) = self.keys {
            change_log::write_load(conn, layer, revision, IMPORT_AUTHOR, keys, replaced)?;
        }
        contents::set_revision(conn, layer, revision)?;
        Ok(LoadSummary { features: self.features, revision })
    }
}
