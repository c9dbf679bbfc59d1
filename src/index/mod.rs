//! A collection in memory: columns under an R-tree. Readers hold a snapshot and never wait for a writer. Never touches the disk.
//!
//! A snapshot is a short list of tiers, oldest first: an immutable [`segment::IndexSegment`] each, and which of its slots are dead. An edit adds a
//! small tier; tiers of like size are merged (`tiers`), so that there are never more than a few.

use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::Collection;
use crate::feature::{BoundingBox, Feature, FeatureId, time::TimeSpan};
use crate::query::PageCursor;
use arc_swap::ArcSwap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

mod text_array; // strings in one buffer
mod column; // one field of all features
mod geometry_array; // geometries in flat arrays
mod world_box; // world boxes, the Hilbert curve
mod vertex_rank; // from which zoom a position matters
mod zoom_band; // the R-trees
mod segment; // all of this for some features
mod point_thinning; // from which zoom a point is drawn
mod tiers; // edits and merges
mod visibility_mask; // less of it, for who may see less
mod box_intersection; // geometry against a box, exactly
mod slot_row; // one slot as filters see it
mod select; // queries
mod position_text; // positions as text
mod feature_writer; // features out
mod feature_parts; // parts of features out

pub(crate) use column::{CellValue, PropertyColumn, TextDictionary};
pub(crate) use geometry_array::{GeometryPath, PathRole};
pub(crate) use segment::{IndexSegment, SourceSlot};
pub(crate) use slot_row::SlotRow;
pub(crate) use vertex_rank::FULL_DETAIL_RANK as ALL_RANKS;
pub use visibility_mask::{FeatureVisibility, VisibilityMask};
pub(crate) use world_box::WorldBox;

/// The live collection: whoever asks gets the newest [`Snapshot`].
pub struct CollectionIndex {
    inner: Arc<IndexState>,
}

struct IndexState {
    current: ArcSwap<Snapshot>,
    /// Held while a new snapshot is made from the present one.
    writing: Mutex<()>,
    merging: AtomicBool,
}

/// Collects features for the first snapshot. Features may come in any order of keys.
pub struct IndexBuilder {
    collection: Arc<Collection>,
    draft: Box<segment::SegmentDraft>,
}

/// One state of a collection, for as long as somebody holds it.
pub struct Snapshot {
    collection: Arc<Collection>,
    /// The names of the fields as GeoJSON writes them.
    names: Arc<[Box<[u8]>]>,
    revision: RevisionNumber,
    tiers: Vec<SnapshotTier>,
    extent: Option<BoundingBox>,
    time_extent: Option<TimeSpan>,
}

/// A segment and what has become of it since.
#[derive(Clone)]
pub(crate) struct SnapshotTier {
    pub segment: Arc<IndexSegment>,
    /// A bit for each slot that was replaced or removed; `None` while none was.
    dead: Option<Arc<Vec<u64>>>,
    pub living: usize,
    /// How many of the living are drawn as points only.
    points: usize,
    extent: Option<[i32; 4]>,
    times: Option<TimeSpan>,
}

/// A feature within one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeatureSlot(pub(crate) u64);

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct SelectionPage {
    /// All features that match, not only those of this page.
    pub matched: usize,
    /// The page, in order.
    pub slots: Vec<FeatureSlot>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<PageCursor>,
}

impl IndexBuilder {
    pub fn new(collection: Arc<Collection>) -> Self {
        let draft = Box::new(segment::SegmentDraft::new(&collection));
        Self { collection, draft }
    }

    pub fn push(&mut self, feature: &Feature) {
        self.draft.push(&self.collection, feature);
    }

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
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.current.load_full()
    }

    /// Publishes a new snapshot with these changes. Writers are serialised by the caller.
    ///
    /// Just before it is out, `redrawn` is told the boxes of features that were not changed themselves but are now drawn from
    /// another zoom on, because points beside them came or went: tiles there become stale too.
    pub fn publish_changes(
        &self,
        changes: &[FeatureChange],
        revision: RevisionNumber,
        redrawn: impl FnOnce(&[BoundingBox]),
    ) {
        // A writer that panicked left the last snapshot in place: it is whole.
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, boxes) = tiers::apply_changes(&self.inner.current.load(), changes, revision);
        redrawn(&boxes);
        self.inner.current.store(Arc::new(snapshot));
        tiers::merge_in_background(&self.inner);
    }

    /// [`CollectionIndex::publish_changes`] for those who keep no tiles.
    pub fn apply_changes(&self, changes: &[FeatureChange], revision: RevisionNumber) {
        self.publish_changes(changes, revision, |_| {});
    }

    /// Merges everything into one segment, now.
    pub fn compact(&self) {
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let compacted = tiers::compact_snapshot(&self.inner.current.load());
        self.inner.current.store(Arc::new(compacted));
    }
}

impl Snapshot {
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    pub fn revision(&self) -> RevisionNumber {
        self.revision
    }

    pub fn len(&self) -> usize {
        self.tiers.iter().map(|t| t.living).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The box around all features; `None` when none has a place.
    pub fn extent(&self) -> Option<BoundingBox> {
        self.extent
    }

    /// From the first start to the last end; `None` when nothing is dated. An open end is `i64::MIN` or `i64::MAX`.
    pub fn time_extent(&self) -> Option<TimeSpan> {
        self.time_extent
    }

    pub fn get(&self, id: &FeatureId) -> Option<FeatureSlot> {
        let found = |(at, tier): (usize, &SnapshotTier)| {
            tier.segment
                .find_slot(id.as_str())
                .filter(|&slot| tier.is_live(slot))
                .map(|slot| FeatureSlot::new(at, slot))
        };
        self.tiers.iter().enumerate().rev().find_map(found)
    }

    pub(crate) fn tiers(&self) -> &[SnapshotTier] {
        &self.tiers
    }

    fn locate_slot(&self, slot: FeatureSlot) -> (&IndexSegment, usize) {
        (&self.tiers[slot.tier_index()].segment, slot.slot_index())
    }
}

impl FeatureSlot {
    pub(crate) fn new(tier: usize, slot: u32) -> Self {
        Self((tier as u64) << 32 | u64::from(slot))
    }

    pub(crate) fn tier_index(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(crate) fn slot_index(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}
