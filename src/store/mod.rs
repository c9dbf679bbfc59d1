//! Where features outlive the program. One trait, [`Store`]; SQL lives only below this module. Blocking; never serves anyone.

use crate::change::{Change, ChangeSet, Group, LogPage, LogPlace, Revision, Version};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use std::path::Path;

mod accounts;
mod gpkg;

pub use accounts::Accounts;
pub use gpkg::GeoPackage;

/// Every write is durable when the call returns.
pub trait Store: Send + Sync {
    fn collections(&self) -> Result<Vec<Collection>>;

    /// Shows `visit` every feature of a collection in the order of keys, or, with `since`, those changed after that
    /// revision (what went first); returns the revision seen. An error from `visit` ends the scan with that error. Stale when
    /// what changed since then is not known any more.
    fn scan(
        &self,
        id: &CollectionId,
        since: Option<Revision>,
        visit: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<Revision>;

    /// Applies each change set as a whole or not at all, in their order and in one durable step: many small sets share the
    /// waiting for the disk, and one that is refused does not spoil the others. An error means that nothing was written.
    fn commit_all(&self, sets: &[ChangeSet]) -> Result<Group>;

    /// Applies all edits or none; refuses the stale ones. Returns the new revision and what became of each feature, together
    /// with what others did since the caller was last told, so that applying it makes an index complete.
    fn commit(&self, edits: &ChangeSet) -> Result<(Revision, Vec<Change>)> {
        let group = self.commit_all(std::slice::from_ref(edits))?;
        let mut changes: Vec<Change> = group.others.into_iter().flat_map(|(_, done)| done.changes).collect();
        let answer = group.answers.into_iter().next();
        let done = answer.unwrap_or_else(|| Err(Error::internal("a change set was not answered")))?;
        changes.extend(done.changes);
        Ok((done.revision, changes))
    }

    /// Fills a collection in bulk, all or nothing. Creates it when it is not there. With `replace` these are all its features
    /// from now on: one whose id was there keeps its key and its history, and fields may be others. Otherwise features are
    /// added, and an id that is there already is refused as stale. Whoever holds features in memory reads them anew after it.
    fn load(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<Loaded>;

    /// Gives a collection the schema of this one, which has all of its fields with the same kinds, and others besides. What features hold
    /// stays; the other fields are empty.
    fn grow(&self, collection: &Collection) -> Result<()>;

    /// The versions of one feature, oldest first.
    fn history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<Version>>;

    /// The change log of a collection behind a place, every change once, at most `limit` of them. What came in bulk is told feature by
    /// feature. From the very beginning ([`LogPlace::after`] revision 0) it tells how the collection came to be what it is.
    /// Stale when what happened since that place is not known any more.
    fn log(&self, id: &CollectionId, from: LogPlace, limit: usize) -> Result<LogPage>;

    /// Takes over what another program did to a collection behind the store's back: gives it a revision and a place in the
    /// change log, and tells what became of each feature. Nothing to take over is an empty list. Stale when the whole
    /// table was replaced: all of it must be read anew.
    fn adopt(&self, id: &CollectionId) -> Result<(Revision, Vec<Change>)>;

    /// A whole copy at `to`, taken while others may write; refused when `to` exists.
    fn backup(&self, to: &Path) -> Result<()>;

    /// Calls back when somebody else changed the data, once per collection, until the watch is dropped.
    fn watch(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<Watch>;
}

/// What a bulk load did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    pub features: u64,
    pub revision: Revision,
}

/// Ends the watching when dropped.
pub struct Watch {
    pub(crate) stop: std::sync::mpsc::Sender<()>,
    pub(crate) thread: Option<std::thread::JoinHandle<()>>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.stop.send(());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
