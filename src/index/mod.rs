//! A collection in memory: columns under an R-tree. Readers hold a snapshot and never wait for a writer. Never touches the disk.
//!
//! A snapshot is a short list of tiers, oldest first: an immutable [`segment::Segment`] each, and which of its slots are dead. An edit adds a
//! small tier; tiers of like size are merged (`tiers`), so that there are never more than a few.

use crate::change::{Change, Revision};
use crate::collection::Collection;
use crate::feature::{Bbox, Feature, FeatureId, time::Span};
use crate::query::Cursor;
use arc_swap::ArcSwap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

mod text; // strings in one buffer
mod column; // one field of all features
mod shape; // geometries in flat arrays
mod place; // world boxes, the Hilbert curve
mod rank; // from which zoom a position matters
mod tree; // the R-trees
mod segment; // all of this for some features
mod thin; // from which zoom a point is drawn
mod tiers; // edits and merges
mod screen; // less of it, for who may see less
mod meets; // geometry against a box, exactly
mod row; // one slot as filters see it
mod select; // queries
mod digits; // positions as text
mod write; // features out
mod part; // parts of features out

pub(crate) use column::{Cell, Column, Words};
pub(crate) use place::WorldBox;
pub(crate) use rank::ALL as ALL_RANKS;
pub(crate) use row::SlotRow;
pub use screen::{Screen, Seen};
pub(crate) use segment::{Pick, Segment};
pub(crate) use shape::{Path, Role};

/// The live collection: whoever asks gets the newest [`Snapshot`].
pub struct Index {
    inner: Arc<Inner>,
}

struct Inner {
    current: ArcSwap<Snapshot>,
    /// Held while a new snapshot is made from the present one.
    writing: Mutex<()>,
    merging: AtomicBool,
}

/// Collects features for the first snapshot. Features may come in any order of keys.
pub struct Builder {
    collection: Arc<Collection>,
    draft: Box<segment::Draft>,
}

/// One state of a collection, for as long as somebody holds it.
pub struct Snapshot {
    collection: Arc<Collection>,
    /// The names of the fields as GeoJSON writes them.
    names: Arc<[Box<[u8]>]>,
    revision: Revision,
    tiers: Vec<Tier>,
    extent: Option<Bbox>,
    time_extent: Option<Span>,
}

/// A segment and what has become of it since.
#[derive(Clone)]
pub(crate) struct Tier {
    pub segment: Arc<Segment>,
    /// A bit for each slot that was replaced or removed; `None` while none was.
    dead: Option<Arc<Vec<u64>>>,
    pub living: usize,
    /// How many of the living are drawn as points only.
    points: usize,
    extent: Option<[i32; 4]>,
    times: Option<Span>,
}

/// A feature within one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub(crate) u64);

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// All features that match, not only those of this page.
    pub matched: usize,
    /// The page, in order.
    pub slots: Vec<Slot>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Cursor>,
}

impl Builder {
    pub fn new(collection: Arc<Collection>) -> Self {
        let draft = Box::new(segment::Draft::new(&collection));
        Self { collection, draft }
    }

    pub fn push(&mut self, feature: &Feature) {
        self.draft.push(&self.collection, feature);
    }

    pub fn finish(self, revision: Revision) -> Index {
        let tiers = tiers::first(&self.collection, self.draft);
        let snapshot = Snapshot::new(&self.collection, revision, tiers);
        let current = ArcSwap::from_pointee(snapshot);
        Index { inner: Arc::new(Inner { current, writing: Mutex::new(()), merging: AtomicBool::new(false) }) }
    }
}

impl Index {
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.current.load_full()
    }

    /// Publishes a new snapshot with these changes. Writers are serialised by the caller.
    ///
    /// Just before it is out, `redrawn` is told the boxes of features that were not changed themselves but are now drawn from
    /// another zoom on, because points beside them came or went: tiles there become stale too.
    pub fn publish(&self, changes: &[Change], revision: Revision, redrawn: impl FnOnce(&[Bbox])) {
        // A writer that panicked left the last snapshot in place: it is whole.
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (snapshot, boxes) = tiers::applied(&self.inner.current.load(), changes, revision);
        redrawn(&boxes);
        self.inner.current.store(Arc::new(snapshot));
        tiers::merge_in_background(&self.inner);
    }

    /// [`Index::publish`] for those who keep no tiles.
    pub fn apply(&self, changes: &[Change], revision: Revision) {
        self.publish(changes, revision, |_| {});
    }

    /// Merges everything into one segment, now.
    pub fn compact(&self) {
        let _writing = self.inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let compacted = tiers::compacted(&self.inner.current.load());
        self.inner.current.store(Arc::new(compacted));
    }
}

impl Snapshot {
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    pub fn revision(&self) -> Revision {
        self.revision
    }

    pub fn len(&self) -> usize {
        self.tiers.iter().map(|t| t.living).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The box around all features; `None` when none has a place.
    pub fn extent(&self) -> Option<Bbox> {
        self.extent
    }

    /// From the first start to the last end; `None` when nothing is dated. An open end is `i64::MIN` or `i64::MAX`.
    pub fn time_extent(&self) -> Option<Span> {
        self.time_extent
    }

    pub fn get(&self, id: &FeatureId) -> Option<Slot> {
        let found = |(at, tier): (usize, &Tier)| {
            tier.segment.find(id.as_str()).filter(|&slot| tier.lives(slot)).map(|slot| Slot::new(at, slot))
        };
        self.tiers.iter().enumerate().rev().find_map(found)
    }

    pub(crate) fn tiers(&self) -> &[Tier] {
        &self.tiers
    }

    fn locate(&self, slot: Slot) -> (&Segment, usize) {
        (&self.tiers[slot.tier()].segment, slot.slot())
    }
}

impl Slot {
    pub(crate) fn new(tier: usize, slot: u32) -> Self {
        Self((tier as u64) << 32 | u64::from(slot))
    }

    pub(crate) fn tier(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(crate) fn slot(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}
