//! Persistent storage: one trait, [`Store`], with the GeoPackage behind it, and the file of accounts. All SQL is in
//! this module. Blocking.

use crate::change::{
    ChangeSet, FeatureChange, FeatureCreator, FeatureVersion, GroupCommitOutcome, HistoryPage, HistoryQuery,
    HistoryRetention, HistorySize, LogPage, LogPosition, RevisionNumber,
};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use std::path::Path;

mod disk_space;
mod file_identity; // which file a path leads to
mod file_lock; // whether another program has a file open
mod account_store;
mod finding;
mod gpkg;
mod restore; // copies in place of plans

pub use account_store::AccountStore;
pub use finding::PlanFinding;
pub use gpkg::{GeoPackage, PackageLayer, PackageReader, PackageRow, PackageShape, PackageSrs, RowFindings};
pub use restore::{RestoredPlan, restore_plan, verify_copy};

/// Every write is durable when the call returns.
pub trait Store: Send + Sync {
    fn list_collections(&self) -> Result<Vec<Collection>>;

    /// Calls `visit` for every feature of a collection in the order of keys or, with `since`, for the changes after
    /// that revision, removals first. Returns the revision that was read. An error of `visit` ends the scan. Stale when
    /// the changes since then are unknown.
    fn scan_collection(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: &mut dyn FnMut(FeatureChange) -> Result<()>,
    ) -> Result<RevisionNumber> {
        self.scan_with_findings(id, since, visit, &mut RowFindings::default())
    }

    /// The same, and counts what the features do not show of their rows. Rows that are visited are forgotten first.
    fn scan_with_findings(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: &mut dyn FnMut(FeatureChange) -> Result<()>,
        findings: &mut RowFindings,
    ) -> Result<RevisionNumber>;

    /// Tables and columns that are not shown, or can only be read.
    fn list_findings(&self) -> Result<Vec<PlanFinding>>;

    /// Applies each change set as a whole or not at all, in their order and in one transaction: many small sets wait
    /// for the disk once, and a refused set does not affect the others. An error means that nothing was written.
    fn commit_all(&self, sets: &[ChangeSet]) -> Result<GroupCommitOutcome>;

    /// Applies all edits or none. Returns the new revision and all changes that the caller does not know yet, those of
    /// other programs included: an index that applies them is up to date.
    fn commit_change_set(&self, edits: &ChangeSet) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        let group = self.commit_all(std::slice::from_ref(edits))?;
        let mut changes: Vec<FeatureChange> =
            group.external_changes.into_iter().flat_map(|(_, done)| done.changes).collect();
        let result = group.results.into_iter().next();
        let done = result.unwrap_or_else(|| Err(Error::internal("a change set has no result")))?;
        changes.extend(done.changes);
        Ok((done.revision, changes))
    }

    /// Loads features in bulk, all or nothing, into an existing or a new collection. With `replace` they replace all
    /// its features, and fields may differ: a feature whose id existed keeps its key and its history. Otherwise they
    /// are added, and an existing id is refused as stale. A caller that has the collection in memory must read it again
    /// afterwards.
    fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<LoadSummary>;

    /// Gives a collection the schema of this one, which has all of its fields with the same types, and more. Values
    /// stay as they are; the new fields are null.
    fn add_fields(&self, collection: &Collection) -> Result<()>;

    /// One feature as it is; `None` when there is none with this id.
    fn find_feature(&self, id: &CollectionId, feature: &FeatureId) -> Result<Option<Feature>>;

    /// The versions of one feature, oldest first.
    fn read_history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<FeatureVersion>>;

    /// Who created a feature; `None` when that is not known.
    fn find_creator(&self, id: &CollectionId, feature: &FeatureId) -> Result<Option<FeatureCreator>>;

    /// A page of the versions of one feature.
    fn read_history_page(&self, id: &CollectionId, feature: &FeatureId, query: &HistoryQuery) -> Result<HistoryPage>;

    /// Removes versions that need not be kept, and returns how many.
    fn compact_history(&self, keep: HistoryRetention) -> Result<u64>;

    /// The number of versions in the history.
    fn count_versions(&self) -> Result<u64>;

    /// How large the history is; reads all of it.
    fn history_size(&self) -> Result<HistorySize>;

    /// The change log of a collection after a position: every change once, at most `limit` of them, and bulk loads
    /// feature by feature. From [`LogPosition::after_revision`] 0 on it leads to the present state of the collection.
    /// Stale when the log no longer reaches back to the position.
    fn read_change_log(&self, id: &CollectionId, from: LogPosition, limit: usize) -> Result<LogPage>;

    /// Adopts what other programs did to a collection: gives it a revision and lines in the change log, and returns the
    /// changes, which may be none. Stale when the whole table was replaced: the collection must be read again.
    fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)>;

    /// Writes a complete copy to `to`; others may write to the store meanwhile. Refused when `to` exists.
    fn write_backup(&self, to: &Path) -> Result<()>;

    /// Why nothing can be written although the store was opened for it, if so: its file was replaced, removed or made
    /// read-only since.
    ///
    /// # Errors
    /// [`Error::Unavailable`] with what happened and what to do.
    fn check_file(&self) -> Result<()>;

    /// The bytes of the write-ahead log: what was saved and is not in the file itself yet.
    fn wal_bytes(&self) -> u64;

    /// What was noticed of the file when it was opened and the operator should know.
    fn opening_note(&self) -> Option<&str>;

    /// Calls `changed` when another program has changed a collection, once per collection, until the watch is dropped.
    fn watch_changes(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<StoreWatch>;
}

/// The result of a bulk load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSummary {
    pub features: u64,
    pub revision: RevisionNumber,
}

/// Watches the store for changes by other programs until it is dropped.
pub struct StoreWatch {
    pub(crate) stop: std::sync::mpsc::Sender<()>,
    pub(crate) thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for StoreWatch {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
