//! Many features at once, in one transaction: rows in the order they come, index and triggers when all are there. Memory
//! grows by one box per feature, not by features.

use super::contents;
use super::layer::{Layer, Layout, quoted, utc};
use super::{Loaded, Shared, changes, commit, failure, journal, rtree, tables};
use crate::change::Revision;
use crate::collection::{Collection, Kind};
use crate::error::{Error, Result};
use crate::feature::{Bbox, Feature, Value, bbox_of};
use rusqlite::{Connection, Statement, params};
use std::collections::HashSet;

type Features<'a> = &'a mut dyn Iterator<Item = Result<Feature>>;

/// Who did it, as the history says.
const AUTHOR: &str = "import";
/// Pages in memory while loading, in KiB: enough for the index of ids of some million features.
const CACHE_KIB: i64 = 128 * 1024;
/// The name of a table that is about to replace another.
const NEW_TABLE: &str = "cityheart_new_table";

impl Shared {
    pub(super) fn load(&self, collection: &Collection, replace: bool, features: Features<'_>) -> Result<Loaded> {
        let loaded = self.write(&collection.id, |tx, layers| {
            let usual: i64 = tx.query_row("PRAGMA cache_size", [], |row| row.get(0))?;
            tx.pragma_update(None, "cache_size", -CACHE_KIB)?;
            let loaded = match layers.get(&collection.id) {
                None => fresh(tx, collection, features),
                Some(layer) => {
                    journal::take_over(tx, layer)?;
                    if replace {
                        replaced(tx, layer, collection, features)
                    } else {
                        appended(tx, layer, collection, features)
                    }
                }
            };
            tx.pragma_update(None, "cache_size", usual)?;
            loaded
        })?;
        // The log of so large a transaction is as large as the data: fold it into the file now, if nobody is in the way. What
        // was loaded is safe in either.
        let folded = super::lock(self.writer()?).query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        if let Err(e) = folded {
            tracing::warn!("The log of the plan's file stays long for now: {e}");
        }
        Ok(loaded)
    }
}

/// A collection that was not there.
fn fresh(conn: &Connection, collection: &Collection, features: Features<'_>) -> Result<Loaded> {
    let layout = Layout::new(collection);
    if tables::exists(conn, &layout.table)? {
        return Err(Error::Refused(format!(
            "The file has a table '{}' that is no collection. Choose another name.",
            layout.table
        )));
    }
    let number = tables::register(conn, collection, &layout)?;
    let layer = Layer::new(number, collection.clone(), layout);
    let before = contents::revision(conn, &layer)?;
    tables::create(conn, &layer, &layer.layout.table)?;
    tables::describe(conn, &layer)?;
    let mut filler = Filler::new(conn, &layer);
    let mut insert = conn.prepare(&layer.sql.insert)?;
    for feature in features {
        filler.put(&mut insert, None, feature?)?;
    }
    filler.finish(before + 1, before > 0)
}

/// More features for a collection that is there.
fn appended(conn: &Connection, layer: &Layer, given: &Collection, features: Features<'_>) -> Result<Loaded> {
    let order = order_of(layer, given)?;
    let before = contents::revision(conn, layer)?;
    let any_deleted = changes::any_deleted(conn, layer)?;
    tables::drop_triggers(conn, layer)?;
    let mut filler = Filler::new(conn, layer);
    let mut insert = conn.prepare(&layer.sql.insert)?;
    for feature in features {
        let mut feature = feature?;
        if let Some(order) = &order {
            feature.values =
                order.iter().map(|at| at.and_then(|i| feature.values.get(i).cloned()).unwrap_or_default()).collect();
        }
        if any_deleted && changes::was_deleted(conn, layer, &feature.id)? {
            return Err(commit::used(&feature.id));
        }
        filler.put(&mut insert, None, feature)?;
    }
    filler.finish(before + 1, false)
}

/// Where each field of a layer is among the fields given; `None` when they are the same.
fn order_of(layer: &Layer, given: &Collection) -> Result<Option<Vec<Option<usize>>>> {
    let have = &layer.collection;
    for field in &given.fields {
        match have.field(&field.name).map(|i| have.fields[i].kind) {
            Some(kind) if kind == field.kind => {}
            Some(_) => return Err(misfit(have, &field.name, "holds another kind of value there")),
            None => return Err(misfit(have, &field.name, "has no such field")),
        }
    }
    let same =
        have.fields.len() == given.fields.len() && have.fields.iter().zip(&given.fields).all(|(a, b)| a.name == b.name);
    Ok((!same).then(|| have.fields.iter().map(|f| given.field(&f.name)).collect()))
}

fn misfit(collection: &Collection, field: &str, what: &str) -> Error {
    Error::invalid(
        format!("/properties/{field}"),
        format!("The collection '{}' {what}. Rename the field, or replace the whole collection.", collection.id),
    )
}

/// Other features in place of those that are there. A feature whose id was there keeps its key and its history; what became
/// different, and what went, is logged.
fn replaced(conn: &Connection, old: &Layer, collection: &Collection, features: Features<'_>) -> Result<Loaded> {
    let layout = Layout { table: old.layout.table.clone(), ..Layout::new(collection) };
    let layer = Layer::new(old.number, collection.clone(), layout);
    let elsewhere = Layout { table: NEW_TABLE.into(), ..layer.layout.clone() };
    let building = Layer::new(old.number, collection.clone(), elsewhere);
    let before = contents::revision(conn, old)?;
    tables::create(conn, &layer, NEW_TABLE)?;
    continue_keys(conn, old)?;
    let mut filler = Filler::new(conn, &layer);
    let mut log = Differences {
        conn,
        old,
        layer: &layer,
        revision: before + 1,
        at: filler.now.clone(),
        seen: HashSet::new(),
        changed: false,
    };
    {
        let mut insert = conn.prepare(&building.sql.insert)?;
        for feature in features {
            let mut feature = feature?;
            let key = log.put(&mut feature)?;
            filler.put(&mut insert, key, feature)?;
        }
    }
    log.rest()?;
    let changed = log.changed || filler.keys.is_some();
    exchange(conn, old, &layer)?;
    contents::write(conn, &layer, None, &filler.now)?;
    filler.finish(if changed { before + 1 } else { before }, false)
}

/// Lets the new table count on from the old one, so that no key is used twice.
fn continue_keys(conn: &Connection, old: &Layer) -> Result<()> {
    let (table, key) = (&old.layout.table, quoted(&old.layout.key));
    conn.execute(
        &format!(
            "INSERT INTO sqlite_sequence (name, seq)
             SELECT ?1, max(coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name=?2), 0), coalesce((SELECT max({key}) FROM {}), 0))",
            quoted(table)
        ),
        params![NEW_TABLE, table],
    )?;
    Ok(())
}

/// Puts the new table in the place of the old one.
fn exchange(conn: &Connection, old: &Layer, layer: &Layer) -> Result<()> {
    let table = &old.layout.table;
    rtree::drop(conn, old)?;
    conn.execute("DELETE FROM gpkg_extensions WHERE lower(table_name)=lower(?1)", [table])?;
    if tables::exists(conn, "gpkg_ogr_contents")? {
        // GDAL's count of features; it counts anew where it is null.
        conn.execute("UPDATE gpkg_ogr_contents SET feature_count=NULL WHERE lower(table_name)=lower(?1)", [table])?;
    }
    conn.execute_batch(&format!(
        "DROP TABLE {table}; PRAGMA legacy_alter_table=ON; ALTER TABLE {NEW_TABLE} RENAME TO {table}; PRAGMA legacy_alter_table=OFF;",
        table = quoted(table)
    ))?;
    conn.execute(
        "UPDATE cityheart_collections SET schema=?2, layout=?3 WHERE number=?1",
        params![layer.number, layer.collection.schema.to_string(), tables::json(&layer.layout)?],
    )?;
    tables::describe(conn, layer)
}

/// Holds new features against the old ones.
struct Differences<'a> {
    conn: &'a Connection,
    old: &'a Layer,
    layer: &'a Layer,
    revision: Revision,
    at: String,
    /// Keys of old features that are among the new ones.
    seen: HashSet<i64>,
    changed: bool,
}

impl Differences<'_> {
    /// The key that a feature had, with a line in the log if it became another.
    fn put(&mut self, feature: &mut Feature) -> Result<Option<i64>> {
        normalise(self.layer, feature);
        let Some(old) = self.old.find(self.conn, &feature.id)? else {
            return Ok(None);
        };
        self.seen.insert(old.key);
        let old = self.as_new(old);
        for name in ["created", "updated"] {
            if let Some(at) =
                self.layer.collection.field(name).filter(|i| feature.values.get(*i).is_some_and(Value::is_null))
            {
                commit::stamp(self.layer, feature, name, old.values[at].clone());
            }
        }
        feature.key = old.key;
        if *feature != old {
            self.changed = true;
            self.log(Some(&old), Some(feature))?;
        }
        Ok(Some(old.key))
    }

    /// Logs those that went.
    fn rest(&mut self) -> Result<()> {
        let mut all = self.conn.prepare(&format!(
            "SELECT {} FROM {}",
            quoted(&self.old.layout.key),
            quoted(&self.old.layout.table)
        ))?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let key = row.get(0)?;
            if self.seen.contains(&key) {
                continue;
            }
            if let Some(gone) = self.old.find_key(self.conn, key)? {
                self.changed = true;
                self.log(Some(&self.as_new(gone)), None)?;
            }
        }
        Ok(())
    }

    /// An old feature with the fields of the new collection.
    fn as_new(&self, old: Feature) -> Feature {
        let from = &self.old.collection;
        let same_kind = |name: &str, kind: Kind| from.field(name).filter(|i| from.fields[*i].kind == kind);
        let values = self
            .layer
            .collection
            .fields
            .iter()
            .map(|f| same_kind(&f.name, f.kind).map(|i| old.values[i].clone()).unwrap_or_default());
        Feature { values: values.collect(), ..old }
    }

    fn log(&self, before: Option<&Feature>, after: Option<&Feature>) -> Result<()> {
        let entry = changes::Entry { revision: self.revision, author: AUTHOR, at: &self.at, before, after };
        changes::write(self.conn, self.layer, &entry)
    }
}

/// Instants in UTC, as the file holds them.
fn normalise(layer: &Layer, feature: &mut Feature) {
    for (value, field) in feature.values.iter_mut().zip(&layer.collection.fields) {
        if let (Kind::DateTime, Value::Text(text)) = (field.kind, &*value)
            && let Some(utc) = utc(text)
        {
            *value = Value::text(utc);
        }
    }
}

/// Writes rows, and remembers what the index needs.
struct Filler<'a> {
    conn: &'a Connection,
    layer: &'a Layer,
    now: String,
    entries: Vec<rtree::Entry>,
    extent: Option<Bbox>,
    features: u64,
    /// The first and the last key that were given out.
    keys: Option<(i64, i64)>,
    buffer: Vec<u8>,
}

impl<'a> Filler<'a> {
    fn new(conn: &'a Connection, layer: &'a Layer) -> Self {
        Self { conn, layer, now: tables::now(), entries: vec![], extent: None, features: 0, keys: None, buffer: vec![] }
    }

    fn put(&mut self, insert: &mut Statement<'_>, key: Option<i64>, mut feature: Feature) -> Result<()> {
        self.layer.check(&feature)?;
        for name in ["created", "updated"] {
            if self.layer.collection.field(name).is_some_and(|i| feature.values.get(i).is_some_and(Value::is_null)) {
                commit::stamp(self.layer, &mut feature, name, Value::text(self.now.as_str()));
            }
        }
        self.layer.bind(insert, key, &feature, &mut self.buffer)?;
        insert
            .raw_execute()
            .map_err(|e| if failure::is_taken(&e) { commit::taken(self.layer, &feature.id) } else { e.into() })?;
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

    fn finish(self, revision: Revision, replaced: bool) -> Result<Loaded> {
        let (conn, layer) = (self.conn, self.layer);
        rtree::create(conn, layer)?;
        rtree::insert(conn, layer, self.entries)?;
        create_triggers(conn, layer)?;
        let extent = contents::known(conn, layer)?.into_iter().chain(self.extent).reduce(Bbox::union);
        contents::write(conn, layer, extent, &self.now)?;
        if let Some(keys) = self.keys {
            changes::write_load(conn, layer, revision, AUTHOR, keys, replaced)?;
        }
        contents::set_revision(conn, layer, revision)?;
        Ok(Loaded { features: self.features, revision })
    }
}

/// Gives a table that is full what it needs to be a layer: index, triggers, extent.
pub(super) fn finish(conn: &Connection, layer: &Layer) -> Result<()> {
    if rtree::create(conn, layer)? {
        rtree::fill(conn, layer)?;
    }
    create_triggers(conn, layer)?;
    contents::write(conn, layer, contents::measure(conn, layer)?, &tables::now())
}

fn create_triggers(conn: &Connection, layer: &Layer) -> Result<()> {
    rtree::create_triggers(conn, layer)?;
    journal::create_triggers(conn, layer)
}
