//! The index of one collection while it is edited: the newest snapshot, its replacement, and merges in the background.

use super::segment::SegmentDraft;
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use super::tiers;
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::Collection;
use crate::feature::{BoundingBox, Feature};
use arc_swap::ArcSwap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A collection that is edited while it is read: readers get the newest [`Snapshot`].
pub struct CollectionIndex {
    inner: Arc<IndexState>,
}

struct IndexState {
    current: ArcSwap<Snapshot>,
    /// Held while a new snapshot is derived from the current one.
    writing: Mutex<()>,
    /// A background merge is running.
    merging: AtomicBool,
}

/// Collects the features of the first snapshot, in any order of keys.
pub struct IndexBuilder {
    collection: Arc<Collection>,
    draft: Box<SegmentDraft>,
}

impl IndexBuilder {
    pub fn new(collection: Arc<Collection>) -> Self {
        let draft = Box::new(SegmentDraft::new(&collection));
        Self { collection, draft }
    }

    pub fn push(&mut self, feature: &Feature) {
        self.draft.push(&self.collection, feature);
    }

    /// Assembles the first snapshot.
    pub fn finish(self, revision: RevisionNumber) -> CollectionIndex {
        let tiers = tiers::build_first_tiers(&self.collection, self.draft);
        let snapshot = Snapshot::new(&self.collection, revision, tiers);
        let current = ArcSwap::from_pointee(snapshot);
        CollectionIndex {
            inner: Arc::new(IndexState { current, writing: Mutex::new(()), merging: AtomicBool::new(false) }),
        }
    }
}

impl CollectionIndex {
    /// The newest snapshot; never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.current.load_full()
    }

    /// Publishes a new snapshot with these changes. The caller serialises writers.
    ///
    /// Calls `mark_redrawn` just before publishing, with the bounding boxes (degrees) of unchanged features that are
    /// now drawn from another zoom because points near them were added or removed: tiles there become stale too.
    pub fn publish_changes(
        &self,
        changes: &[FeatureChange],
        revision: RevisionNumber,
        mark_redrawn: impl FnOnce(&[BoundingBox]),
    ) {
        // A writer that panicked did not publish: the current snapshot is intact.
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, redrawn) = tiers::apply_changes(&self.inner.current.load(), changes, revision);
        mark_redrawn(&redrawn);
        self.inner.current.store(Arc::new(snapshot));
        merge_in_background(&self.inner);
    }

    /// [`CollectionIndex::publish_changes`] for callers without a tile cache.
    pub fn apply_changes(&self, changes: &[FeatureChange], revision: RevisionNumber) {
        self.publish_changes(changes, revision, |_| {});
    }

    /// Merges all tiers into one segment before it returns.
    pub fn compact(&self) {
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let compacted = tiers::compact_snapshot(&self.inner.current.load());
        self.inner.current.store(Arc::new(compacted));
    }
}

/// Starts a thread for the large merges that are due, unless one is running.
fn merge_in_background(inner: &Arc<IndexState>) {
    if tiers::find_due_merge(&inner.current.load().tiers).is_none() || inner.merging.swap(true, Ordering::AcqRel) {
        return;
    }
    let inner = inner.clone();
    std::thread::spawn(move || {
        while merge_once(&inner) {}
        inner.merging.store(false, Ordering::Release);
    });
}

/// Merges while writers go on, then publishes the merged tier with the slots that died in the meantime marked. Returns
/// whether a merge was due.
fn merge_once(inner: &IndexState) -> bool {
    let before = inner.current.load_full();
    let Some(range) = tiers::find_due_merge(&before.tiers) else { return false };
    let sources = &before.tiers[range];
    let mut tier = SnapshotTier::new(tiers::merge_segments(&before.collection, sources));
    let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let now = inner.current.load_full();
    let same = |a: &SnapshotTier, b: &SnapshotTier| Arc::ptr_eq(&a.segment, &b.segment);
    let remaining: Vec<usize> = sources.iter().filter_map(|s| now.tiers.iter().position(|t| same(s, t))).collect();
    // A source without live slots is no longer a tier; its slots are found by id in the merged one.
    let mut died = vec![];
    for source in sources {
        let present = now.tiers.iter().find(|t| same(source, t));
        for slot in source.live_slots().filter(|&s| present.is_none_or(|t| !t.is_live(s))) {
            died.extend(tier.segment.find_slot(source.segment.ids.text_at(slot as usize)));
        }
    }
    tier.mark_dead(&died);
    let mut tiers = now.tiers.clone();
    let at = remaining.first().copied().unwrap_or(0);
    remaining.iter().rev().for_each(|&source| _ = tiers.remove(source));
    if tier.live_count > 0 {
        tiers.insert(at, tier);
    }
    inner.current.store(Arc::new(now.with_tiers(now.revision, tiers)));
    true
}
