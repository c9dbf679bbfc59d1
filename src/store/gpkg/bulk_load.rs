//! Loads many features in one transaction into a new collection, or in addition to those that it has.

use super::gpkg_layer::{GpkgLayer, TableLayout};
use super::package_state::{GeoPackageState, lock_mutex};
use super::table_filler::TableFiller;
use super::{change_log, contents, journal, replacing_load, tables};
use crate::collection::Collection;
use crate::error::{Error, Result, id_reused_error};
use crate::feature::Feature;
use crate::store::LoadSummary;
use rusqlite::Connection;

type FeatureInput<'a> = &'a mut dyn Iterator<Item = Result<Feature>>;

/// The page cache while loading, in KiB: enough for the index of ids of some million features.
const CACHE_KIB: i64 = 128 * 1024;

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
                    if let Some(reason) = layer.collection.read_only() {
                        return Err(Error::Refused(format!(
                            "Nothing can be imported into '{}'. {reason}",
                            collection.id
                        )));
                    }
                    journal::adopt_journal(tx, layer)?;
                    if replace {
                        replacing_load::load_replaced(tx, layer, collection, features)
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
        self.checkpointer.empty_log(&lock_mutex(self.writer()?));
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
