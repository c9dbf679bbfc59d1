//! Where features outlive the program. One trait, [`Store`]; SQL lives only below this module. Blocking; never serves anyone.

use crate::change::{
    ChangeSet, FeatureChange, FeatureVersion, GroupCommitOutcome, LogPage, LogPosition, RevisionNumber,
};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use std::path::Path;

mod account_store;
mod gpkg;

pub use account_store::AccountStore;
pub use gpkg::GeoPackage;

/// Every write is durable when the call returns.
pub trait Store: Send + Sync {
    fn list_collections(&self) -> Result<Vec<Collection>>;

    /// Shows `visit` every feature of a collection in the order of keys, or, with `since`, those changed after that
    /// revision (what went first); returns the revision seen. An error from `visit` ends the scan with that error. Stale when
    /// what changed since then is not known any more.
    fn scan_collection(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: &mut dyn FnMut(FeatureChange) -> Result<()>,
    ) -> Result<RevisionNumber>;

    /// Applies each change set as a whole or not at all, in their order and in one durable step: many small sets share the
    /// waiting for the disk, and one that is refused does not spoil the others. An error means that nothing was written.
    fn commit_all(&self, sets: &[ChangeSet]) -> Result<GroupCommitOutcome>;

    /// Applies all edits or none; refuses the stale ones. Returns the new revision and what became of each feature, together
    /// with what others did since the caller was last told, so that applying it makes an index complete.
    fn commit_change_set(&self, edits: &ChangeSet) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        let group = self.commit_all(std::slice::from_ref(edits))?;
        let mut changes: Vec<FeatureChange> =
            group.external_changes.into_iter().flat_map(|(_, done)| done.changes).collect();
        let answer = group.results.into_iter().next();
        let done = answer.unwrap_or_else(|| Err(Error::internal("a change set was not answered")))?;
        changes.extend(done.changes);
        Ok((done.revision, changes))
    }

    /// Fills a collection in bulk, all or nothing. Creates it when it is not there. With `replace` these are all its features
    /// from now on: one whose id was there keeps its key and its history, and fields may be others. Otherwise features are
    /// added, and an id that is there already is refused as stale. Whoever holds features in memory reads them anew after it.
    fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<LoadSummary>;

    /// Gives a collection the schema of this one, which has all of its fields with the same kinds, and others besides. What features hold
    /// stays; the other fields are empty.
    fn add_fields(&self, collection: &Collection) -> Result<()>;

    /// The versions of one feature, oldest first.
    fn read_history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<FeatureVersion>>;

    /// The change log of a collection behind a place, every change once, at most `limit` of them. What came in bulk is told feature by
    /// feature. From the very beginning ([`LogPosition::after_revision`] revision 0) it tells how the collection came to be what it is.
    /// Stale when what happened since that place is not known any more.
    fn read_change_log(&self, id: &CollectionId, from: LogPosition, limit: usize) -> Result<LogPage>;

    /// Takes over what another program did to a collection behind the store's back: gives it a revision and a place in the
    /// change log, and tells what became of each feature. Nothing to take over is an empty list. Stale when the whole
    /// table was replaced: all of it must be read anew.
    fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)>;

    /// A whole copy at `to`, taken while others may write; refused when `to` exists.
    fn write_backup(&self, to: &Path) -> Result<()>;

    /// Calls back when somebody else changed the data, once per collection, until the watch is dropped.
    fn watch_changes(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<StoreWatch>;
}

/// What a bulk load did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadSummary {
    pub features: u64,
    pub revision: RevisionNumber,
}

/// Ends the watching when dropped.
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
