//! Commits change sets, each as a whole or not at all. A set is refused as stale when a feature has changed since it
//! was read.

use super::change_log::{self, LogEntry};
use super::contents::{self, ExtentChanges};
use super::gpkg_layer::{GpkgLayer, GpkgLayers, find_layer};
use super::package_state::{GeoPackageState, WrittenScope, lock_mutex};
use super::sql_text::quote_name;
use super::stored_row::StoredRow;
use super::watched_state::WatchedState;
use super::{free_keys, journal, row_writer, sqlite_error, tables};
use crate::change::{
    ChangeAuthor, ChangeSet, CommittedChanges, FeatureChange, FeatureEdit, GroupCommitOutcome, RevisionNumber,
};
use crate::collection::{CollectionId, FieldType};
use crate::error::{Error, Result, disk_full_error, id_reused_error};
use crate::feature::{Feature, FeatureId, FieldValue, Geometry};
use rusqlite::Connection;
use std::collections::BTreeSet;

/// What is undone when a set of a group is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UndoScope {
    /// The whole group, which needs no savepoints and is faster. The group is then committed again with
    /// [`UndoScope::Set`].
    Group,
    /// That set alone, by a savepoint.
    Set,
}

impl GeoPackageState {
    pub(super) fn commit_all(&self, sets: &[ChangeSet]) -> Result<GroupCommitOutcome> {
        let optimistic = self.run_write_several(|tx, layers| {
            let (group, written) = self.commit_group(tx, layers, sets, UndoScope::Group)?;
            let whole = group.results.iter().all(Result::is_ok);
            Ok(if whole { (Some(group), written) } else { (None, WrittenScope::Nothing) })
        })?;
        match optimistic {
            Some(group) => Ok(group),
            None => self.run_write_several(|tx, layers| self.commit_group(tx, layers, sets, UndoScope::Set)),
        }
    }

    /// The results, and the collections that were written to.
    fn commit_group(
        &self,
        conn: &Connection,
        layers: &GpkgLayers,
        sets: &[ChangeSet],
        undo: UndoScope,
    ) -> Result<(GroupCommitOutcome, WrittenScope)> {
        let ids: BTreeSet<&CollectionId> = sets.iter().map(|set| &set.collection).collect();
        // Without savepoints, and with one collection, the transaction itself undoes everything.
        let alone = ids.len() == 1 || undo == UndoScope::Group;
        let mut answers: Vec<Option<Result<CommittedChanges>>> = sets.iter().map(|_| None).collect();
        let mut group = GroupCommitOutcome::default();
        let mut written = Vec::new();
        for id in ids {
            let set_indexes: Vec<usize> = (0..sets.len()).filter(|i| sets[*i].collection == *id).collect();
            let work = || self.commit_to_layer(conn, layers, id, set_indexes.iter().map(|i| &sets[*i]), undo);
            match if alone { work() } else { with_savepoint(conn, "cityheart_collection", work)? } {
                Ok((external, done)) => {
                    set_indexes.iter().zip(done).for_each(|(i, done)| answers[*i] = Some(done));
                    group.external_changes.extend(external.map(|done| (id.clone(), done)));
                    written.push(id.clone());
                }
                Err(RefusedSets(each)) => set_indexes.iter().zip(each).for_each(|(i, e)| answers[*i] = Some(Err(e))),
            }
        }
        group.results = answers.into_iter().flatten().collect();
        let written = if written.is_empty() { WrittenScope::Nothing } else { WrittenScope::Collections(written) };
        Ok((group, written))
    }

    /// Applies the sets of one collection, each as a whole or not at all. When all are refused, nothing is written to
    /// it.
    fn commit_to_layer<'s>(
        &self,
        conn: &Connection,
        layers: &GpkgLayers,
        id: &CollectionId,
        sets: impl Iterator<Item = &'s ChangeSet> + Clone,
        undo: UndoScope,
    ) -> Result<(Option<CommittedChanges>, Vec<Result<CommittedChanges>>), RefusedSets> {
        let all = |e: Error| RefusedSets(sets.clone().map(|_| e.clone()).collect());
        let layer = find_layer(layers, id).map_err(all)?;
        self.check_definition(layer).map_err(all)?;
        let external = self.adopt_external(conn, layer).map_err(all)?;
        let mut commit = LayerCommit::begin_commit(conn, layer).map_err(all)?;
        let mut answers: Vec<Result<CommittedChanges>> = Vec::new();
        for set in sets.clone() {
            let done = match undo {
                UndoScope::Group => commit.apply_set(set),
                UndoScope::Set => with_savepoint(conn, "cityheart_set", || commit.apply_set(set)).map_err(all)?,
            };
            match done {
                Err(e) if undo == UndoScope::Group => return Err(all(e)),
                done => answers.push(done),
            }
        }
        if answers.iter().all(Result::is_err) {
            return Err(RefusedSets(answers.into_iter().filter_map(Result::err).collect()));
        }
        commit.finish_commit().map_err(all)?;
        Ok((external, answers))
    }

    /// Refuses edits to a layer that can only be read, and edits of a caller that does not know the present fields.
    fn check_definition(&self, layer: &GpkgLayer) -> Result<()> {
        if let Some(reason) = layer.collection.read_only() {
            return Err(Error::Refused(reason.to_owned()));
        }
        let known = lock_mutex(&self.reported).get(&layer.collection.id).map(WatchedState::definition);
        if known.is_some_and(|known| known != layer.definition) {
            return Err(Error::Stale(format!(
                "Another program has changed the fields of '{}'. Read it again and repeat your change.",
                layer.collection.id
            )));
        }
        Ok(())
    }

    /// Adopts what other programs wrote before the sets are applied, so that a set that does not know of it is refused
    /// as stale, and the caller learns of it.
    fn adopt_external(&self, conn: &Connection, layer: &GpkgLayer) -> Result<Option<CommittedChanges>> {
        journal::adopt_journal(conn, layer)?;
        let changes = self.unreported_changes(conn, layer).map_err(|e| match e {
            Error::Stale(_) => Error::Busy(format!(
                "Another program has just replaced the table of '{}'. Try again in a moment.",
                layer.collection.id
            )),
            e => e,
        })?;
        Ok((!changes.is_empty())
            .then_some(CommittedChanges { revision: contents::read_revision(conn, layer)?, changes }))
    }
}

/// Nothing was written to a collection: the error of each set.
struct RefusedSets(Vec<Error>);

/// Runs an operation in a savepoint, which is rolled back when the operation fails.
///
/// # Errors
/// The outer one when the whole transaction was rolled back, e.g. by a full disk, or the savepoint cannot be rolled
/// back.
fn with_savepoint<T, E>(
    conn: &Connection,
    name: &str,
    operation: impl FnOnce() -> Result<T, E>,
) -> Result<Result<T, E>> {
    conn.prepare_cached(&format!("SAVEPOINT {name}"))?.execute([])?;
    let done = operation();
    if done.is_err() {
        if conn.is_autocommit() {
            return Err(disk_full_error());
        }
        conn.prepare_cached(&format!("ROLLBACK TO {name}"))?.execute([])?;
    }
    conn.prepare_cached(&format!("RELEASE {name}"))?.execute([])?;
    Ok(done)
}

/// Applies sets to one collection, one after the other. The extent and the revision of the collection are written once,
/// at the end.
struct LayerCommit<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    revision: RevisionNumber,
    at: String,
    extent: ExtentChanges,
    changed: bool,
}

impl<'a> LayerCommit<'a> {
    fn begin_commit(conn: &'a Connection, layer: &'a GpkgLayer) -> Result<Self> {
        journal::pause_triggers(conn)?;
        let revision = contents::read_revision(conn, layer)?;
        Ok(Self {
            conn,
            layer,
            revision,
            at: tables::current_timestamp(),
            extent: ExtentChanges::default(),
            changed: false,
        })
    }

    fn apply_set(&mut self, set: &ChangeSet) -> Result<CommittedChanges> {
        if set.edits.is_empty() {
            return Ok(CommittedChanges { revision: self.revision, changes: vec![] });
        }
        let mut writer = ChangeSetWriter {
            conn: self.conn,
            layer: self.layer,
            author: &set.author,
            revision: self.revision + 1,
            at: &self.at,
            extent: ExtentChanges::default(),
            changes: Vec::new(),
        };
        set.edits.iter().try_for_each(|edit| writer.apply_edit(edit))?;
        let ChangeSetWriter { revision, extent, changes, .. } = writer;
        (self.revision, self.changed) = (revision, true);
        self.extent.merge_later(&extent);
        Ok(CommittedChanges { revision, changes })
    }

    fn finish_commit(&self) -> Result<()> {
        if self.changed {
            self.extent.update_contents(self.conn, self.layer, &self.at)?;
            contents::set_revision(self.conn, self.layer, self.revision)?;
        }
        journal::resume_triggers(self.conn, self.layer)
    }
}

/// Applies one change set.
struct ChangeSetWriter<'a> {
    conn: &'a Connection,
    layer: &'a GpkgLayer,
    author: &'a ChangeAuthor,
    revision: RevisionNumber,
    at: &'a str,
    extent: ExtentChanges,
    changes: Vec<FeatureChange>,
}

impl ChangeSetWriter<'_> {
    fn apply_edit(&mut self, edit: &FeatureEdit) -> Result<()> {
        match edit {
            FeatureEdit::Create(feature) => self.create_feature(feature),
            FeatureEdit::Replace { feature, base } => self.replace_feature(feature, *base),
            FeatureEdit::Patch { id, base, geometry, values } => {
                self.patch_feature(id, *base, geometry.as_ref(), values)
            }
            FeatureEdit::Delete { id, base } => self.delete_feature(id, *base),
            FeatureEdit::Restore { id, revision, base } => self.restore_feature(id, *revision, *base),
        }
    }

    fn create_feature(&mut self, feature: &Feature) -> Result<()> {
        let (conn, layer) = (self.conn, self.layer);
        layer.check_geometry(feature)?;
        if layer.find_feature(conn, &feature.id)?.is_some() {
            return Err(id_taken_error(layer, &feature.id));
        }
        if change_log::was_deleted(conn, layer, &feature.id)? {
            return Err(id_reused_error(&feature.id));
        }
        let mut feature = feature.clone();
        for name in ["created", "updated"] {
            set_timestamp(layer, &mut feature, name, FieldValue::text(self.at));
        }
        let mut insert = conn.prepare_cached(&layer.sql.insert)?;
        layer.bind_feature(&mut insert, None, &feature, &mut Vec::new())?;
        insert.raw_execute().map_err(|e| {
            if sqlite_error::is_unique_violation(&e) {
                id_taken_error(layer, &feature.id)
            } else {
                free_keys::explain_full(conn, layer, e)
            }
        })?;
        let key = conn.last_insert_rowid();
        self.log_change(None, Some(key))
    }

    fn replace_feature(&mut self, feature: &Feature, base: Option<RevisionNumber>) -> Result<()> {
        let before = self.read_current(&feature.id, base)?;
        self.write_feature(&before, feature.clone())
    }

    fn patch_feature(
        &mut self,
        id: &FeatureId,
        base: Option<RevisionNumber>,
        geometry: Option<&Option<Geometry>>,
        values: &[(usize, FieldValue)],
    ) -> Result<()> {
        let before = self.read_current(id, base)?;
        let mut after = before.feature.clone();
        if let Some(geometry) = geometry {
            after.geometry.clone_from(geometry);
        }
        for (field, value) in values {
            if let Some(slot) = after.values.get_mut(*field) {
                slot.clone_from(value);
            }
        }
        self.write_feature(&before, after)
    }

    /// Writes one state over another.
    fn write_feature(&mut self, before: &StoredRow, after: Feature) -> Result<()> {
        self.layer.check_geometry(&after)?;
        self.write_row(before, before.with_feature(self.layer, after))
    }

    /// Writes one row over another; the file keeps its own times.
    fn write_row(&mut self, before: &StoredRow, after: StoredRow) -> Result<()> {
        let mut feature = Feature { key: before.feature.key, ..after.feature.clone() };
        let created = self.layer.collection.field_index("created");
        let created = created.and_then(|i| before.feature.values.get(i).cloned()).unwrap_or_default();
        set_timestamp(self.layer, &mut feature, "created", created);
        set_timestamp(self.layer, &mut feature, "updated", FieldValue::text(self.at));
        let after = after.with_feature(self.layer, feature);
        row_writer::update_row(self.conn, self.layer, before, &after)?;
        self.log_change(Some(before), Some(before.feature.key))
    }

    fn delete_feature(&mut self, id: &FeatureId, base: Option<RevisionNumber>) -> Result<()> {
        let before = self.read_current(id, base)?;
        let layout = &self.layer.layout;
        let sql = format!("DELETE FROM {} WHERE {}=?1", quote_name(&layout.table), quote_name(&layout.key));
        self.conn.prepare_cached(&sql)?.execute([before.feature.key])?;
        self.log_change(Some(&before), None)
    }

    fn restore_feature(
        &mut self,
        id: &FeatureId,
        revision: RevisionNumber,
        base: Option<RevisionNumber>,
    ) -> Result<()> {
        let Some(then) = change_log::row_at_revision(self.conn, self.layer, id, revision)? else {
            return Err(Error::Refused(format!(
                "The feature '{id}' did not exist after revision {revision}. Choose a revision of its history at which it existed."
            )));
        };
        match self.layer.find_feature(self.conn, id)? {
            Some(_) => {
                let before = self.read_current(id, base)?;
                self.write_row(&before, then)
            }
            None if base.is_some() => Err(self.missing_error(id)),
            None => self.recreate_row(then),
        }
    }

    /// Inserts a deleted row again, under its old key.
    fn recreate_row(&mut self, row: StoredRow) -> Result<()> {
        let mut feature = row.feature.clone();
        set_timestamp(self.layer, &mut feature, "updated", FieldValue::text(self.at));
        let row = row.with_feature(self.layer, feature);
        row_writer::insert_row(self.conn, self.layer, &self.layer.layout.table, &row)?;
        self.log_change(None, Some(row.feature.key))
    }

    fn missing_error(&self, id: &FeatureId) -> Error {
        Error::NotFound(format!("There is no feature '{id}' in '{}'.", self.layer.collection.id))
    }

    /// The feature as it is now, if it has not changed since `base`.
    fn read_current(&self, id: &FeatureId, base: Option<RevisionNumber>) -> Result<StoredRow> {
        let Some(row) = self.layer.find_row(self.conn, id)? else {
            return Err(self.missing_error(id));
        };
        let Some(base) = base else {
            return Ok(row);
        };
        let (last, author) = change_log::last_change(self.conn, self.layer, &row.feature)?;
        // A change earlier in this set does not make it stale.
        if last != self.revision && (last > base || base >= self.revision) {
            return Err(Error::Stale(format!(
                "The feature '{id}' was changed by {author} since you read it. Read it again and repeat your change."
            )));
        }
        Ok(row)
    }

    /// Logs a change that was just written. The row is read back, so that the caller gets what the file holds.
    fn log_change(&mut self, before: Option<&StoredRow>, key: Option<i64>) -> Result<()> {
        let after = key.map(|key| self.layer.find_row_by_key(self.conn, key)).transpose()?.flatten();
        let entry = LogEntry {
            revision: self.revision,
            author: &self.author.name,
            account: self.author.account.as_ref(),
            at: self.at,
            before,
            after: after.as_ref(),
        };
        change_log::write_entry(self.conn, self.layer, &entry)?;
        if let Some(before) = before {
            self.extent.remove_feature(&before.feature);
        }
        match (before, after) {
            (_, Some(after)) => {
                self.extent.add_feature(&after.feature);
                self.changes.push(FeatureChange::Put(after.feature));
            }
            (Some(before), None) => {
                self.changes.push(FeatureChange::Removed { key: before.feature.key, id: before.feature.id.clone() });
            }
            (None, None) => {}
        }
        Ok(())
    }
}

/// Sets a timestamp that the store maintains, if the collection has a field of this name and type.
pub(super) fn set_timestamp(layer: &GpkgLayer, feature: &mut Feature, name: &str, value: FieldValue) {
    let at = layer.collection.field_index(name).filter(|i| layer.collection.fields[*i].kind == FieldType::DateTime);
    if let Some(slot) = at.and_then(|i| feature.values.get_mut(i)) {
        *slot = value;
    }
}

pub(super) fn id_taken_error(layer: &GpkgLayer, id: &FeatureId) -> Error {
    Error::Stale(format!(
        "The collection '{}' already has a feature '{id}'. Choose another id, or change that feature.",
        layer.collection.id
    ))
}
