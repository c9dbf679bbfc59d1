//! Edits: all of a change set or nothing, refused when somebody else was first.

use super::changes::{self, Entry};
use super::contents::{self, Extent};
use super::layer::{Cell, Layer, quoted};
use super::{Layers, Shared, blob, failure, find, journal, tables};
use crate::change::{Change, ChangeSet, Done, Edit, Group, Revision};
use crate::collection::{CollectionId, Kind};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, Geometry, Value};
use rusqlite::{Connection, ToSql};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// How much of a group is undone when one of its sets is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// All of it: nothing is kept to go back to, which is quicker. The group is then tried again.
    Group,
    /// That set alone.
    Set,
}

impl Shared {
    pub(super) fn commit_all(&self, sets: &[ChangeSet]) -> Result<Group> {
        let together = self.write_several(|tx, layers| {
            let (group, written) = self.commit_group(tx, layers, sets, Undo::Group)?;
            let whole = group.answers.iter().all(Result::is_ok);
            Ok(if whole { (Some(group), written) } else { (None, vec![]) })
        })?;
        match together {
            Some(group) => Ok(group),
            None => self.write_several(|tx, layers| self.commit_group(tx, layers, sets, Undo::Set)),
        }
    }

    /// The answers, and the collections that were written to.
    fn commit_group(
        &self,
        conn: &Connection,
        layers: &Layers,
        sets: &[ChangeSet],
        undo: Undo,
    ) -> Result<(Group, Vec<CollectionId>)> {
        let ids: BTreeSet<&CollectionId> = sets.iter().map(|set| &set.collection).collect();
        // One collection alone is kept from half a change by the transaction itself.
        let alone = ids.len() == 1 || undo == Undo::Group;
        let mut answers: Vec<Option<Result<Done>>> = sets.iter().map(|_| None).collect();
        let mut group = Group::default();
        let mut written = Vec::new();
        for id in ids {
            let mine: Vec<usize> = (0..sets.len()).filter(|i| sets[*i].collection == *id).collect();
            let work = || self.commit_to(conn, layers, id, mine.iter().map(|i| &sets[*i]), undo);
            match if alone { work() } else { saved(conn, "cityheart_collection", work)? } {
                Ok((others, done)) => {
                    mine.iter().zip(done).for_each(|(i, done)| answers[*i] = Some(done));
                    group.others.extend(others.map(|done| (id.clone(), done)));
                    written.push(id.clone());
                }
                Err(Unwritten(each)) => mine.iter().zip(each).for_each(|(i, e)| answers[*i] = Some(Err(e))),
            }
        }
        group.answers = answers.into_iter().flatten().collect();
        Ok((group, written))
    }

    /// Applies the sets of one collection, each whole or not at all; when all are refused, nothing is done to it.
    fn commit_to<'s>(
        &self,
        conn: &Connection,
        layers: &Layers,
        id: &CollectionId,
        sets: impl Iterator<Item = &'s ChangeSet> + Clone,
        undo: Undo,
    ) -> Result<(Option<Done>, Vec<Result<Done>>), Unwritten> {
        let all = |e: Error| Unwritten(sets.clone().map(|_| e.clone()).collect());
        let layer = find(layers, id).map_err(all)?;
        let others = self.others(conn, layer).map_err(all)?;
        let mut together = Together::begin(conn, layer).map_err(all)?;
        let mut answers: Vec<Result<Done>> = Vec::new();
        for set in sets.clone() {
            let done = match undo {
                Undo::Group => together.apply(set),
                Undo::Set => saved(conn, "cityheart_set", || together.apply(set)).map_err(all)?,
            };
            match done {
                Err(e) if undo == Undo::Group => return Err(all(e)),
                done => answers.push(done),
            }
        }
        if answers.iter().all(Result::is_err) {
            return Err(Unwritten(answers.into_iter().filter_map(Result::err).collect()));
        }
        together.end().map_err(all)?;
        Ok((others, answers))
    }

    /// What others wrote comes first: an edit that knows nothing of it is stale, and the caller shall hear of it.
    fn others(&self, conn: &Connection, layer: &Layer) -> Result<Option<Done>> {
        journal::take_over(conn, layer)?;
        let changes = self.untold(conn, layer).map_err(|e| match e {
            Error::Stale(_) => Error::Busy(format!(
                "Another program replaced all of '{}' just now. Try again in a moment.",
                layer.collection.id
            )),
            e => e,
        })?;
        Ok((!changes.is_empty()).then_some(Done { revision: contents::revision(conn, layer)?, changes }))
    }
}

/// Why nothing was written to a collection: the error of each set.
struct Unwritten(Vec<Error>);

/// Does something that leaves nothing behind when it fails.
///
/// # Errors
/// The outer one when the whole transaction is gone (a full disk), or the way back is barred.
fn saved<T, E>(conn: &Connection, name: &str, act: impl FnOnce() -> Result<T, E>) -> Result<Result<T, E>> {
    conn.prepare_cached(&format!("SAVEPOINT {name}"))?.execute([])?;
    let done = act();
    if done.is_err() {
        if conn.is_autocommit() {
            return Err(Error::Refused(
                "Nothing was written: the disk is full, or failed. Make room and try again.".into(),
            ));
        }
        conn.prepare_cached(&format!("ROLLBACK TO {name}"))?.execute([])?;
    }
    conn.prepare_cached(&format!("RELEASE {name}"))?.execute([])?;
    Ok(done)
}

/// Sets that are applied to one collection after each other. What is said of the collection as a whole is written once, in the end.
struct Together<'a> {
    conn: &'a Connection,
    layer: &'a Layer,
    revision: Revision,
    at: String,
    extent: Extent,
    changed: bool,
}

impl<'a> Together<'a> {
    fn begin(conn: &'a Connection, layer: &'a Layer) -> Result<Self> {
        journal::pause(conn)?;
        let revision = contents::revision(conn, layer)?;
        Ok(Self { conn, layer, revision, at: tables::now(), extent: Extent::default(), changed: false })
    }

    fn apply(&mut self, set: &ChangeSet) -> Result<Done> {
        if set.edits.is_empty() {
            return Ok(Done { revision: self.revision, changes: vec![] });
        }
        let mut work = Work {
            conn: self.conn,
            layer: self.layer,
            author: &set.author,
            revision: self.revision + 1,
            at: &self.at,
            extent: Extent::default(),
            changes: Vec::new(),
        };
        set.edits.iter().try_for_each(|edit| work.apply(edit))?;
        let Work { revision, extent, changes, .. } = work;
        (self.revision, self.changed) = (revision, true);
        self.extent.then(&extent);
        Ok(Done { revision, changes })
    }

    fn end(&self) -> Result<()> {
        if self.changed {
            self.extent.write(self.conn, self.layer, &self.at)?;
            contents::set_revision(self.conn, self.layer, self.revision)?;
        }
        journal::go_on(self.conn, self.layer)
    }
}

/// One change set under way.
struct Work<'a> {
    conn: &'a Connection,
    layer: &'a Layer,
    author: &'a str,
    revision: Revision,
    at: &'a str,
    extent: Extent,
    changes: Vec<Change>,
}

impl Work<'_> {
    fn apply(&mut self, edit: &Edit) -> Result<()> {
        match edit {
            Edit::Create(feature) => self.create(feature),
            Edit::Replace { feature, base } => self.replace(feature, *base),
            Edit::Patch { id, base, geometry, values } => self.patch(id, *base, geometry.as_ref(), values),
            Edit::Delete { id, base } => self.delete(id, *base),
            Edit::Restore { id, revision, base } => self.restore(id, *revision, *base),
        }
    }

    fn create(&mut self, feature: &Feature) -> Result<()> {
        let (conn, layer) = (self.conn, self.layer);
        layer.check(feature)?;
        if layer.find(conn, &feature.id)?.is_some() {
            return Err(taken(layer, &feature.id));
        }
        if changes::was_deleted(conn, layer, &feature.id)? {
            return Err(used(&feature.id));
        }
        let mut feature = feature.clone();
        for name in ["created", "updated"] {
            stamp(layer, &mut feature, name, Value::text(self.at));
        }
        let mut insert = conn.prepare_cached(&layer.sql.insert)?;
        layer.bind(&mut insert, None, &feature, &mut Vec::new())?;
        insert.raw_execute().map_err(|e| if failure::is_taken(&e) { taken(layer, &feature.id) } else { e.into() })?;
        let key = conn.last_insert_rowid();
        self.log(None, Some(key))
    }

    fn replace(&mut self, feature: &Feature, base: Option<Revision>) -> Result<()> {
        let before = self.present(&feature.id, base)?;
        self.put(before, feature.clone())
    }

    fn patch(
        &mut self,
        id: &FeatureId,
        base: Option<Revision>,
        geometry: Option<&Option<Geometry>>,
        values: &[(usize, Value)],
    ) -> Result<()> {
        let before = self.present(id, base)?;
        let mut after = before.clone();
        if let Some(geometry) = geometry {
            after.geometry.clone_from(geometry);
        }
        for (field, value) in values {
            if let Some(slot) = after.values.get_mut(*field) {
                slot.clone_from(value);
            }
        }
        self.put(before, after)
    }

    /// Writes one state over another.
    fn put(&mut self, before: Feature, mut after: Feature) -> Result<()> {
        self.layer.check(&after)?;
        after.key = before.key;
        let created = self.layer.collection.field("created").and_then(|i| before.values.get(i).cloned());
        stamp(self.layer, &mut after, "created", created.unwrap_or_default());
        stamp(self.layer, &mut after, "updated", Value::text(self.at));
        self.update(&before, &after)?;
        let key = before.key;
        self.log(Some(before), Some(key))
    }

    fn delete(&mut self, id: &FeatureId, base: Option<Revision>) -> Result<()> {
        let before = self.present(id, base)?;
        let layout = &self.layer.layout;
        let sql = format!("DELETE FROM {} WHERE {}=?1", quoted(&layout.table), quoted(&layout.key));
        self.conn.prepare_cached(&sql)?.execute([before.key])?;
        self.log(Some(before), None)
    }

    fn restore(&mut self, id: &FeatureId, revision: Revision, base: Option<Revision>) -> Result<()> {
        let versions = changes::history(self.conn, self.layer, id)?;
        let then = versions.iter().rfind(|v| v.revision <= revision).and_then(|v| v.after.clone());
        let Some(then) = then else {
            return Err(Error::Refused(format!(
                "There was no feature '{id}' after revision {revision}. Choose a revision of its history at which it was there."
            )));
        };
        match self.layer.find(self.conn, id)? {
            Some(_) => self.replace(&then, base),
            None if base.is_some() => Err(self.missing(id)),
            None => self.bring_back(then),
        }
    }

    /// A deleted feature comes back under its key.
    fn bring_back(&mut self, mut feature: Feature) -> Result<()> {
        self.layer.check(&feature)?;
        stamp(self.layer, &mut feature, "updated", Value::text(self.at));
        let key = feature.key;
        let mut insert = self.conn.prepare_cached(&self.layer.sql.insert)?;
        self.layer.bind(&mut insert, Some(key), &feature, &mut Vec::new())?;
        insert.raw_execute()?;
        self.log(None, Some(key))
    }

    fn missing(&self, id: &FeatureId) -> Error {
        Error::NotFound(format!("There is no feature '{id}' in '{}'.", self.layer.collection.id))
    }

    /// The feature as it is, if it has not changed after `base`.
    fn present(&self, id: &FeatureId, base: Option<Revision>) -> Result<Feature> {
        let feature = self.layer.find(self.conn, id)?;
        let Some(feature) = feature else {
            return Err(self.missing(id));
        };
        let Some(base) = base else {
            return Ok(feature);
        };
        let (last, author) = changes::last(self.conn, self.layer, &feature)?;
        // A change of this very set is not somebody else's.
        if last != self.revision && (last > base || base >= self.revision) {
            return Err(Error::Stale(format!(
                "The feature '{id}' was changed by {author} after you read it. Read it again and repeat your change."
            )));
        }
        Ok(feature)
    }

    /// Writes the columns that differ, so that what we cannot read in the others stays as it is.
    fn update(&self, before: &Feature, after: &Feature) -> Result<()> {
        let layout = &self.layer.layout;
        let mut blob = None;
        let mut cells = Vec::new();
        if let Some(geom) = layout.geom.as_ref().filter(|_| before.geometry != after.geometry) {
            blob = Some(after.geometry.as_ref().map(|g| {
                let mut bytes = Vec::new();
                blob::encode(g, &mut bytes);
                bytes
            }));
            cells.push(geom);
        }
        let differ = |i: &usize| before.values.get(*i) != after.values.get(*i);
        let fields: Vec<usize> = (0..layout.columns.len()).filter(differ).collect();
        cells.extend(fields.iter().map(|i| &layout.columns[*i]));
        if cells.is_empty() {
            return Ok(());
        }
        let mut sql = format!("UPDATE {} SET ", quoted(&layout.table));
        for (i, column) in cells.iter().enumerate() {
            let _ = write!(sql, "{}{}=?{}", if i == 0 { "" } else { "," }, quoted(column), i + 2);
        }
        let _ = write!(sql, " WHERE {}=?1", quoted(&layout.key));
        let values: Vec<Cell<'_>> =
            fields.iter().map(|i| Cell(self.layer.collection.fields[*i].kind, &after.values[*i])).collect();
        let mut all: Vec<&dyn ToSql> = vec![&after.key];
        all.extend(blob.iter().map(|b| b as &dyn ToSql));
        all.extend(values.iter().map(|v| v as &dyn ToSql));
        self.conn.prepare_cached(&sql)?.execute(all.as_slice())?;
        Ok(())
    }

    /// Notes a change that was just written; what is there now is read back, so that everybody sees what the file holds.
    fn log(&mut self, before: Option<Feature>, key: Option<i64>) -> Result<()> {
        let after = key.map(|key| self.layer.find_key(self.conn, key)).transpose()?.flatten();
        let entry = Entry {
            revision: self.revision,
            author: self.author,
            at: self.at,
            before: before.as_ref(),
            after: after.as_ref(),
        };
        changes::write(self.conn, self.layer, &entry)?;
        if let Some(before) = &before {
            self.extent.gone(before);
        }
        match (before, after) {
            (_, Some(after)) => {
                self.extent.come(&after);
                self.changes.push(Change::Put(after));
            }
            (Some(before), None) => self.changes.push(Change::Removed { key: before.key, id: before.id }),
            (None, None) => {}
        }
        Ok(())
    }
}

/// Sets a field that the store keeps itself, if the collection has it as an instant.
pub(super) fn stamp(layer: &Layer, feature: &mut Feature, name: &str, value: Value) {
    let at = layer.collection.field(name).filter(|i| layer.collection.fields[*i].kind == Kind::DateTime);
    if let Some(slot) = at.and_then(|i| feature.values.get_mut(i)) {
        *slot = value;
    }
}

pub(super) fn taken(layer: &Layer, id: &FeatureId) -> Error {
    Error::Stale(format!(
        "There is a feature '{id}' in '{}' already. Choose another id, or change that feature.",
        layer.collection.id
    ))
}

pub(super) fn used(id: &FeatureId) -> Error {
    Error::Refused(format!(
        "The id '{id}' belonged to a feature that was deleted, and an id is never used twice. Choose another one."
    ))
}
