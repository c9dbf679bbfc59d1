//! One collection of an open plan: its index and what is derived from it, and the view of it that readers hold.

use super::dirty_regions::DirtyRegions;
use super::mask_cache::{MaskCache, MaskKey};
use super::plan_file::PlanFile;
use crate::access::{Policy, Viewer};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, time::TimeSpan};
use crate::index::{CollectionIndex, IndexBuilder, Snapshot};
use crate::plan::PlanModel;
use crate::store::{PlanFinding, RowFindings};
use std::sync::{Arc, Mutex, PoisonError};

/// One collection in memory.
pub(super) struct CollectionState {
    /// Unique to each load from the store: the revisions of a collection that is loaded again may start over.
    load_id: u128,
    pub(super) index: CollectionIndex,
    /// Where edits fell, so that cached tiles can be checked.
    pub(super) dirty_regions: DirtyRegions,
    pub(super) policy: Arc<Policy>,
    masks: MaskCache,
    /// The plan's model does not declare it.
    undeclared: bool,
    findings: Mutex<KnownFindings>,
}

/// What the features do not show of their rows, as of a revision.
#[derive(Default)]
struct KnownFindings {
    revision: RevisionNumber,
    rows: RowFindings,
}

/// One collection at one moment, for one access scope. Holds its snapshot until it is dropped.
pub struct CollectionView {
    load_id: u128,
    pub(super) snapshot: Arc<Snapshot>,
    mask_key: Arc<str>,
}

impl CollectionState {
    /// Reads one collection from the store into an index.
    pub(super) fn load(plan_file: &PlanFile, model: &PlanModel, collection: Collection) -> Result<Self> {
        let id = collection.id.clone();
        let collection = Arc::new(collection);
        let policy = Arc::new(Policy::from_collection(&collection, model.collection(&id)));
        let mut builder = IndexBuilder::new(collection);
        let mut rows = RowFindings::default();
        let mut push = |change| {
            if let FeatureChange::Put(feature) = change {
                builder.push(&feature);
            }
            Ok(())
        };
        let revision = plan_file.store().scan_with_findings(&id, None, &mut push, &mut rows)?;
        Ok(Self {
            load_id: uuid::Uuid::now_v7().as_u128(),
            index: builder.finish(revision),
            dirty_regions: DirtyRegions::new(revision),
            policy,
            masks: MaskCache::default(),
            undeclared: model.collection(&id).is_none(),
            findings: Mutex::new(KnownFindings { revision, rows }),
        })
    }

    /// Tells what the map and the features do not show of the rows.
    pub(super) fn log_findings(&self) {
        self.known_findings().iter().for_each(PlanFinding::log);
    }

    fn known_findings(&self) -> Vec<PlanFinding> {
        let mut findings = self.row_findings();
        let snapshot = self.index.snapshot();
        if self.undeclared && !snapshot.is_empty() && snapshot.extent().is_none() {
            findings.push(PlanFinding::without_places(&snapshot.collection().id));
        }
        findings
    }

    fn row_findings(&self) -> Vec<PlanFinding> {
        let known = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        known.rows.to_findings(self.index.snapshot().collection())
    }

    /// Reads what features that changed since do not show of their rows, and returns what is new.
    pub(super) fn refresh_findings(&self, plan_file: &PlanFile) -> Result<Vec<PlanFinding>> {
        let before = self.row_findings();
        let snapshot = self.index.snapshot();
        let collection = snapshot.collection();
        {
            let mut known = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
            let KnownFindings { revision, rows } = &mut *known;
            if *revision != snapshot.revision() {
                let store = plan_file.store();
                match store.scan_with_findings(&collection.id, Some(*revision), &mut |_| Ok(()), rows) {
                    Ok(read) => *revision = read,
                    Err(Error::Stale(_)) => {
                        *rows = RowFindings::default();
                        *revision = store.scan_with_findings(&collection.id, None, &mut |_| Ok(()), rows)?;
                    }
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(self.row_findings().into_iter().filter(|finding| !before.contains(finding)).collect())
    }

    /// What the map and the features do not show of the rows, as of now.
    pub(super) fn current_findings(&self, plan_file: &PlanFile) -> Result<Vec<PlanFinding>> {
        self.refresh_findings(plan_file)?;
        Ok(self.known_findings())
    }

    /// Marks the dirty regions first: a tile drawn from the old snapshot is then known to be stale as soon as the new
    /// snapshot is published.
    pub(super) fn publish_changes(&self, changes: &[FeatureChange], revision: RevisionNumber) {
        if changes.is_empty() {
            return;
        }
        let before = self.index.snapshot();
        self.index.publish_changes(changes, revision, |redrawn| {
            self.dirty_regions.mark_changes(revision, changes, redrawn, &before);
        });
    }

    /// The mask for this viewer.
    pub(super) fn mask_key(&self, viewer: &Viewer) -> MaskKey {
        self.masks.mask_for_viewer(&self.policy, viewer)
    }

    /// The current snapshot behind a mask.
    pub(super) fn masked_snapshot(&self, mask_key: &MaskKey) -> Arc<Snapshot> {
        mask_key.mask_snapshot(self.index.snapshot())
    }

    /// The whole collection as it is now.
    pub(super) fn unmasked_view(&self) -> CollectionView {
        self.masked_view(&MaskKey::unmasked())
    }

    /// The collection as it is now, as this viewer sees it.
    pub(super) fn viewer_view(&self, viewer: &Viewer) -> CollectionView {
        self.masked_view(&self.mask_key(viewer))
    }

    fn masked_view(&self, mask_key: &MaskKey) -> CollectionView {
        CollectionView {
            load_id: self.load_id,
            snapshot: self.masked_snapshot(mask_key),
            mask_key: mask_key.key.clone(),
        }
    }
}

impl CollectionView {
    /// Identifies the state: no other state of any collection has the same, in this or another run of the program.
    #[must_use]
    pub fn state_id(&self) -> (u128, RevisionNumber) {
        (self.load_id, self.snapshot.revision())
    }

    /// Identifies the access scope: views of one state with equal keys are equal. Empty for the whole collection.
    #[must_use]
    pub fn mask_key(&self) -> &str {
        &self.mask_key
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// The number of features.
    #[must_use]
    pub fn feature_count(&self) -> usize {
        self.snapshot.len()
    }

    #[must_use]
    pub fn extent(&self) -> Option<BoundingBox> {
        self.snapshot.extent()
    }

    #[must_use]
    pub fn time_extent(&self) -> Option<TimeSpan> {
        self.snapshot.time_extent()
    }

    #[must_use]
    pub fn revision(&self) -> RevisionNumber {
        self.snapshot.revision()
    }
}
