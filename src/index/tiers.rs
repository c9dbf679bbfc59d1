//! Derives a snapshot from the one before: an edit adds a small tier and marks the slots that it replaces as dead.
//! Tiers of similar size are merged (a log-structured merge tree): small ones at once, large ones in the background.
//! Never changes a published snapshot.

use super::point_thinning::{self, ThinningPoint};
use super::segment::{IndexSegment, NEVER_DRAWN_ZOOM, SegmentDraft, SegmentSource};
use super::slot::{FeatureSlot, SourceSlot};
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::Collection;
use crate::feature::{BoundingBox, Feature};
use std::collections::{HashMap, HashSet};
use std::ops::Range;

/// Merges of up to so many features are done at once, larger ones in the background.
const MAX_INLINE_MERGE: usize = 4_000;

/// The tiers of a collection that is loaded for the first time.
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

/// The snapshot after these changes, and the bounding boxes (degrees) of unchanged features that are now drawn from
/// another zoom.
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

/// Sets the first zooms of new points; returns the other points whose first zoom changes.
fn update_thinning(
    before: &Snapshot,
    gone: &HashSet<u64>,
    draft: &SegmentDraft,
    picks: &mut [SourceSlot],
) -> Vec<(FeatureSlot, u8)> {
    let new: Vec<usize> = (0..draft.len()).filter(|&slot| draft.shapes.is_point_only(slot)).collect();
    let gone_points: Vec<FeatureSlot> =
        gone.iter().map(|&s| FeatureSlot(s)).filter(|&s| before.is_point_only(s)).collect();
    let old_count: usize = before.tiers.iter().map(|t| t.point_count).sum();
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
    // An edited point with the same position keeps its first zoom and changes no other's.
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
    tiers.retain(|t| t.live_count > 0);
}

/// The tiers to merge next: the two newest when their sizes are similar, or one with mostly dead slots.
pub(super) fn find_due_merge(tiers: &[SnapshotTier]) -> Option<Range<usize>> {
    let n = tiers.len();
    if n >= 2 && tiers[n - 1].live_count * 2 >= tiers[n - 2].live_count {
        return Some(n - 2..n);
    }
    let sparse = tiers.iter().position(|t| t.live_count * 2 < t.segment.len());
    sparse.map(|at| at..at + 1)
}

fn count_live(tiers: &[SnapshotTier]) -> usize {
    tiers.iter().map(|t| t.live_count).sum()
}

/// One segment of the live features of these tiers.
pub(super) fn merge_segments(collection: &Collection, tiers: &[SnapshotTier]) -> IndexSegment {
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

/// The same snapshot with one tier.
pub(crate) fn compact_snapshot(snapshot: &Snapshot) -> Snapshot {
    if snapshot.tiers.is_empty() {
        snapshot.with_tiers(snapshot.revision, vec![])
    } else {
        merge_tiers(snapshot, 0..snapshot.tiers.len())
    }
}
