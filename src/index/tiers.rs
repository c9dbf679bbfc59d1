//! How a snapshot follows from the one before: an edit adds a small tier and marks what it replaces as dead; tiers of like size are merged
//! (a log-structured merge), small ones at once, large ones by a thread of their own. Never changes what readers hold.

use super::feature_writer::quote_field_names;
use super::point_thinning::{self, ThinningPoint};
use super::segment::{IndexSegment, NEVER_DRAWN_ZOOM, SegmentDraft, SegmentSource, SourceSlot};
use super::{FeatureSlot, IndexState, Snapshot, SnapshotTier, WorldBox};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::Collection;
use crate::crs;
use crate::feature::{BoundingBox, Feature, time::TimeSpan};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Merges up to so many features are done at once, larger ones in the background.
const MAX_INLINE_MERGE: usize = 4_000;

/// The tiers of a collection that was read for the first time.
pub(crate) fn build_first_tiers(collection: &Collection, draft: Box<SegmentDraft>) -> Vec<SnapshotTier> {
    if draft.len() == 0 {
        return vec![];
    }
    let picks = pick_draft_slots(&draft);
    vec![SnapshotTier::new(IndexSegment::assemble_from(collection, vec![SegmentSource::Draft(draft)], picks))]
}

fn pick_draft_slots(draft: &SegmentDraft) -> Vec<SourceSlot> {
    let mut picks: Vec<SourceSlot> =
        (0..draft.len() as u32).map(|slot| SourceSlot { source: 0, slot, zoom: 0 }).collect();
    let mut points = vec![];
    let mut which = vec![];
    for pick in &mut picks {
        let slot = pick.slot as usize;
        match (draft.zoom_by_size(slot), draft.first_position(slot)) {
            (Some(zoom), _) => pick.zoom = zoom,
            (None, Some(at)) => {
                points.push(ThinningPoint { key: draft.keys[slot], at });
                which.push(slot);
            }
            (None, None) => pick.zoom = NEVER_DRAWN_ZOOM,
        }
    }
    for (slot, zoom) in which.into_iter().zip(point_thinning::assign_zooms(&points)) {
        picks[slot].zoom = zoom;
    }
    picks
}

/// The snapshot after these changes, and the boxes of other features that are drawn from another zoom on.
pub(crate) fn apply_changes(
    before: &Snapshot,
    changes: &[FeatureChange],
    revision: RevisionNumber,
) -> (Snapshot, Vec<BoundingBox>) {
    let mut puts: HashMap<&str, Option<&Feature>> = HashMap::new();
    let mut removed = HashSet::new();
    for change in changes {
        let (id, feature) = match change {
            FeatureChange::Put(feature) => (&feature.id, Some(feature)),
            FeatureChange::Removed { id, .. } => (id, None),
        };
        removed.extend(before.get(id).map(|slot| slot.0));
        puts.insert(id.as_str(), feature);
    }
    let mut draft = Box::new(SegmentDraft::new(&before.collection));
    let mut features: Vec<&Feature> = puts.into_values().flatten().collect();
    features.sort_unstable_by_key(|f| f.key);
    features.iter().for_each(|f| draft.push(&before.collection, f));

    let mut picks = pick_draft_slots(&draft);
    let moved = update_thinning(before, &removed, &draft, &mut picks);
    let redrawn = moved.iter().filter_map(|(slot, _)| before.feature_bounds(*slot)).collect();
    let mut tiers = before.tiers.clone();
    mark_dead_slots(&mut tiers, removed.iter().map(|&slot| FeatureSlot(slot)).chain(moved.iter().map(|m| m.0)));
    for (slot, zoom) in moved {
        picks.push(SourceSlot { source: 1 + slot.tier_index() as u32, slot: slot.slot_index() as u32, zoom });
    }
    if !picks.is_empty() {
        let mut sources = vec![SegmentSource::Draft(draft)];
        sources.extend(before.tiers.iter().map(|t| SegmentSource::Segment(&t.segment)));
        tiers.push(SnapshotTier::new(IndexSegment::assemble_from(&before.collection, sources, picks)));
    }
    let mut snapshot = before.with_tiers(revision, tiers);
    while let Some(range) =
        find_due_merge(&snapshot.tiers).filter(|r| count_live(&snapshot.tiers[r.clone()]) <= MAX_INLINE_MERGE)
    {
        snapshot = merge_tiers(&snapshot, range);
    }
    (snapshot, redrawn)
}

/// Sets the first zooms of new points; returns the old ones whose first zoom changes.
fn update_thinning(
    before: &Snapshot,
    gone: &HashSet<u64>,
    draft: &SegmentDraft,
    picks: &mut [SourceSlot],
) -> Vec<(FeatureSlot, u8)> {
    let new: Vec<usize> = (0..draft.len()).filter(|&slot| draft.shapes.is_point_only(slot)).collect();
    let gone_points: Vec<FeatureSlot> = gone.iter().map(|&s| FeatureSlot(s)).filter(|&s| before.is_points(s)).collect();
    let old_count: usize = before.tiers.iter().map(|t| t.points).sum();
    let count = old_count - gone_points.len() + new.len();
    let crosses =
        (old_count <= point_thinning::MAX_UNTHINNED_POINTS) != (count <= point_thinning::MAX_UNTHINNED_POINTS);
    if new.is_empty() && gone_points.is_empty() || (!crosses && count <= point_thinning::MAX_UNTHINNED_POINTS) {
        return vec![];
    }
    let point = |slot: usize| Some(ThinningPoint { key: draft.keys[slot], at: draft.first_position(slot)? });
    if crosses || (new.len() + gone_points.len()) * 32 > count {
        let points: Vec<ThinningPoint> = new.iter().filter_map(|&slot| point(slot)).collect();
        let zooms = rebuild_thinning(before, gone, &points);
        new.iter().zip(zooms.added).for_each(|(&slot, zoom)| picks[slot].zoom = zoom);
        return zooms.changed;
    }
    // A point that stays where it is takes its first zoom along, and nobody else's changes for it.
    let by_key: HashMap<i64, FeatureSlot> =
        gone_points.iter().filter_map(|&s| Some((before.thinning_point(s)?.key, s))).collect();
    let stays = |point: &ThinningPoint| {
        by_key.get(&point.key).copied().filter(|&old| before.thinning_point(old) == Some(*point))
    };
    let (mut staying, mut moving, mut points) = (HashMap::new(), vec![], vec![]);
    for slot in new {
        let Some(point) = point(slot) else { continue };
        if let Some(old) = stays(&point) {
            picks[slot].zoom = before.tiers[old.tier_index()].segment.first_zoom(old.slot_index() as u32);
            staying.insert(old.0, slot);
        } else {
            moving.push(slot);
            points.push(point);
        }
    }
    let gone: HashSet<u64> = gone_points.iter().map(|s| s.0).filter(|s| !staying.contains_key(s)).collect();
    let mut zooms = point_thinning::ThinningUpdate { snapshot: before, removed: &gone, added: &points }.compute_zooms();
    moving.iter().zip(zooms.added).for_each(|(&slot, zoom)| picks[slot].zoom = zoom);
    zooms.changed.retain(|(old, zoom)| {
        let staying_slot = staying.get(&old.0);
        staying_slot.into_iter().for_each(|&slot| picks[slot].zoom = *zoom);
        staying_slot.is_none()
    });
    zooms.changed
}

fn rebuild_thinning(before: &Snapshot, removed: &HashSet<u64>, new: &[ThinningPoint]) -> point_thinning::ThinningZooms {
    let mut points = new.to_vec();
    let mut slots = vec![];
    for (at, tier) in before.tiers.iter().enumerate() {
        for slot in tier.live_slots() {
            let here = FeatureSlot::new(at, slot);
            if let Some(position) = tier.segment.point_position(slot).filter(|_| !removed.contains(&here.0)) {
                points.push(ThinningPoint { key: tier.segment.keys[slot as usize], at: position });
                slots.push(here);
            }
        }
    }
    let mut zooms = point_thinning::assign_zooms(&points);
    let changed = |(slot, zoom): &(FeatureSlot, u8)| {
        before.tiers[slot.tier_index()].segment.first_zoom(slot.slot_index() as u32) != *zoom
    };
    let old = slots.into_iter().zip(zooms.split_off(new.len())).filter(changed).collect();
    point_thinning::ThinningZooms { added: zooms, changed: old }
}

fn mark_dead_slots(tiers: &mut Vec<SnapshotTier>, slots: impl Iterator<Item = FeatureSlot>) {
    let mut dead: Vec<Vec<u32>> = vec![vec![]; tiers.len()];
    slots.for_each(|slot| dead[slot.tier_index()].push(slot.slot_index() as u32));
    for (tier, slots) in tiers.iter_mut().zip(dead) {
        tier.mark_dead(&slots);
    }
    tiers.retain(|t| t.living > 0);
}

/// Which tiers should become one: the two newest when they are of like size, or one that is mostly dead.
fn find_due_merge(tiers: &[SnapshotTier]) -> Option<Range<usize>> {
    let n = tiers.len();
    if n >= 2 && tiers[n - 1].living * 2 >= tiers[n - 2].living {
        return Some(n - 2..n);
    }
    let wasted = tiers.iter().position(|t| t.living * 2 < t.segment.len());
    wasted.map(|at| at..at + 1)
}

fn count_live(tiers: &[SnapshotTier]) -> usize {
    tiers.iter().map(|t| t.living).sum()
}

fn merge_segments(collection: &Collection, tiers: &[SnapshotTier]) -> IndexSegment {
    let pick = |source: usize, slot: u32| SourceSlot {
        source: source as u32,
        slot,
        zoom: tiers[source].segment.first_zoom(slot),
    };
    let picks =
        tiers.iter().enumerate().flat_map(|(at, tier)| tier.live_slots().map(move |slot| pick(at, slot))).collect();
    IndexSegment::assemble_from(collection, tiers.iter().map(|t| SegmentSource::Segment(&t.segment)).collect(), picks)
}

fn merge_tiers(snapshot: &Snapshot, range: Range<usize>) -> Snapshot {
    let mut tiers = snapshot.tiers.clone();
    let segment = merge_segments(&snapshot.collection, &tiers[range.clone()]);
    tiers.splice(range, [SnapshotTier::new(segment)]);
    snapshot.with_tiers(snapshot.revision, tiers)
}

pub(crate) fn compact_snapshot(snapshot: &Snapshot) -> Snapshot {
    if snapshot.tiers.is_empty() {
        snapshot.with_tiers(snapshot.revision, vec![])
    } else {
        merge_tiers(snapshot, 0..snapshot.tiers.len())
    }
}

/// Starts a thread that does the large merges that are due, unless there is one.
pub(crate) fn merge_in_background(inner: &Arc<IndexState>) {
    if find_due_merge(&inner.current.load().tiers).is_none() || inner.merging.swap(true, Ordering::AcqRel) {
        return;
    }
    let inner = inner.clone();
    std::thread::spawn(move || {
        while merge_once(&inner) {}
        inner.merging.store(false, Ordering::Release);
    });
}

/// Merges beside the writers, then publishes with what died meanwhile.
fn merge_once(inner: &IndexState) -> bool {
    let before = inner.current.load_full();
    let Some(range) = find_due_merge(&before.tiers) else { return false };
    let sources = &before.tiers[range];
    let mut tier = SnapshotTier::new(merge_segments(&before.collection, sources));
    let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let now = inner.current.load_full();
    let same = |a: &SnapshotTier, b: &SnapshotTier| Arc::ptr_eq(&a.segment, &b.segment);
    let remaining: Vec<usize> = sources.iter().filter_map(|s| now.tiers.iter().position(|t| same(s, t))).collect();
    // A source that died out altogether leaves its dead to be found by id.
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
    remaining.iter().rev().for_each(|&gone| _ = tiers.remove(gone));
    if tier.living > 0 {
        tiers.insert(at, tier);
    }
    inner.current.store(Arc::new(now.with_tiers(now.revision, tiers)));
    true
}

impl SnapshotTier {
    pub(super) fn new(segment: IndexSegment) -> Self {
        let count = segment.len();
        let points = segment.points.len();
        let mut tier =
            Self { segment: Arc::new(segment), dead: None, living: count, points, extent: None, times: None };
        tier.extent = tier.compute_extent();
        tier.times = tier.compute_time_extent();
        tier
    }

    pub fn is_live(&self, slot: u32) -> bool {
        self.dead.as_ref().is_none_or(|dead| dead[slot as usize / 64] >> (slot % 64) & 1 == 0)
    }

    /// How many of these slots live.
    pub fn count_live(&self, slots: Range<u32>) -> usize {
        if self.dead.is_none() { slots.len() } else { slots.filter(|&s| self.is_live(s)).count() }
    }

    /// The living slots.
    pub fn live_slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.segment.len() as u32).filter(|&s| self.is_live(s))
    }

    /// Whether all that is dead here is dead in the other, which is of the same segment.
    pub(super) fn dead_subset_of(&self, other: &Self) -> bool {
        match (&self.dead, &other.dead) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(theirs)) => own.iter().zip(&**theirs).all(|(m, t)| m & !t == 0),
        }
    }

    pub(super) fn mark_dead(&mut self, slots: &[u32]) {
        let slots: Vec<u32> = slots.iter().copied().filter(|&s| self.is_live(s)).collect();
        if slots.is_empty() {
            return;
        }
        let mut dead = self.dead.as_ref().map_or_else(|| vec![0; self.segment.len().div_ceil(64)], |d| d.to_vec());
        let mut measure = false;
        for &slot in &slots {
            dead[slot as usize / 64] |= 1 << (slot % 64);
            self.living -= 1;
            self.points -= usize::from(self.segment.shapes.is_point_only(slot as usize));
            let bounds = self.segment.shapes.bounds(slot as usize);
            measure |= bounds.zip(self.extent).is_some_and(|(b, e)| (0..4).any(|side| b[side] == e[side]));
        }
        self.dead = Some(Arc::new(dead));
        if measure {
            self.extent = self.compute_extent();
        }
        self.times = self.times.and_then(|times| {
            let spans = &self.segment.spans;
            let edge =
                |s: &u32| spans[*s as usize].start_ms == times.start_ms || spans[*s as usize].end_ms == times.end_ms;
            if slots.iter().any(edge) { self.compute_time_extent() } else { Some(times) }
        });
    }

    /// The box around the living, in 1e-7 degrees. Only features at the edge of the box in world coordinates are looked at closely.
    fn compute_extent(&self) -> Option<[i32; 4]> {
        let boxes = &self.segment.boxes;
        let placed = || self.live_slots().map(|s| s as usize).filter(|&s| boxes[s] != WorldBox::EMPTY);
        let around = placed().fold(WorldBox::EMPTY, |a, s| a.union(&boxes[s]));
        let edge = |s: &usize| {
            let b = &boxes[*s];
            b.x0 == around.x0 || b.y0 == around.y0 || b.x1 == around.x1 || b.y1 == around.y1
        };
        placed().filter(edge).filter_map(|s| self.segment.shapes.bounds(s)).reduce(union_extents)
    }

    fn compute_time_extent(&self) -> Option<TimeSpan> {
        let spans = &self.segment.spans;
        let dated = self.live_slots().filter_map(|s| spans.get(s as usize)).filter(|s| **s != TimeSpan::ALWAYS);
        dated.copied().reduce(union_spans)
    }
}

impl Snapshot {
    pub(super) fn new(collection: &Arc<Collection>, revision: RevisionNumber, tiers: Vec<SnapshotTier>) -> Self {
        let names = quote_field_names(collection.fields.iter().map(|f| f.name.as_str())).into();
        let empty =
            Self { collection: collection.clone(), names, revision, tiers: vec![], extent: None, time_extent: None };
        empty.with_tiers(revision, tiers)
    }

    fn with_tiers(&self, revision: RevisionNumber, tiers: Vec<SnapshotTier>) -> Self {
        let extent = tiers.iter().filter_map(|t| t.extent).reduce(union_extents).map(bbox_from_steps);
        let time_extent = tiers.iter().filter_map(|t| t.times).reduce(union_spans);
        Self { collection: self.collection.clone(), names: self.names.clone(), revision, tiers, extent, time_extent }
    }

    /// The highest key that there was; `None` when there was none.
    pub(super) fn last_key(&self) -> Option<i64> {
        let last = |t: &SnapshotTier| t.segment.by_key.last().map(|&slot| t.segment.keys[slot as usize]);
        self.tiers.iter().filter_map(last).max()
    }

    fn is_points(&self, slot: FeatureSlot) -> bool {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.is_point_only(at)
    }

    pub(crate) fn feature_bounds(&self, slot: FeatureSlot) -> Option<BoundingBox> {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.bounds(at).map(bbox_from_steps)
    }
}

fn union_extents(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn union_spans(a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan { start_ms: a.start_ms.min(b.start_ms), end_ms: a.end_ms.max(b.end_ms) }
}

fn bbox_from_steps([west, south, east, north]: [i32; 4]) -> BoundingBox {
    let [west, south, east, north] = [west, south, east, north].map(crs::dequantise_degrees);
    BoundingBox { west, south, east, north }
}
