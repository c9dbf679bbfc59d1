//! One tier of a snapshot: an immutable segment, and which of its slots are dead.

use super::segment::IndexSegment;
use super::world_box::WorldBox;
use crate::feature::time::TimeSpan;
use std::ops::Range;
use std::sync::Arc;

/// A segment, and which of its features have been replaced or removed since it was assembled.
#[derive(Clone)]
pub(crate) struct SnapshotTier {
    pub segment: Arc<IndexSegment>,
    /// A bit for each slot that was replaced or removed; `None` while none was.
    dead: Option<Arc<Vec<u64>>>,
    pub live_count: usize,
    /// How many of the live features are drawn as points only.
    pub(super) point_count: usize,
    /// West, south, east, north of the live features, in 1e-7 degrees.
    pub(super) extent: Option<[i32; 4]>,
    pub(super) time_extent: Option<TimeSpan>,
}

impl SnapshotTier {
    pub(super) fn new(segment: IndexSegment) -> Self {
        let (live_count, point_count) = (segment.len(), segment.points.len());
        let mut tier =
            Self { segment: Arc::new(segment), dead: None, live_count, point_count, extent: None, time_extent: None };
        tier.extent = tier.compute_extent();
        tier.time_extent = tier.compute_time_extent();
        tier
    }

    /// Whether the feature in this slot has not been replaced or removed.
    pub fn is_live(&self, slot: u32) -> bool {
        self.dead.as_ref().is_none_or(|dead| dead[slot as usize / 64] >> (slot % 64) & 1 == 0)
    }

    /// The number of live slots among these.
    pub fn count_live(&self, slots: Range<u32>) -> usize {
        if self.dead.is_none() { slots.len() } else { slots.filter(|&s| self.is_live(s)).count() }
    }

    /// The live slots, ascending.
    pub fn live_slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.segment.len() as u32).filter(|&s| self.is_live(s))
    }

    /// Whether every dead slot is also dead in another tier of the same segment.
    pub(super) fn dead_subset_of(&self, other: &Self) -> bool {
        match (&self.dead, &other.dead) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(theirs)) => own.iter().zip(&**theirs).all(|(m, t)| m & !t == 0),
        }
    }

    /// Marks slots as dead; updates counts and extents.
    pub(super) fn mark_dead(&mut self, slots: &[u32]) {
        let slots: Vec<u32> = slots.iter().copied().filter(|&s| self.is_live(s)).collect();
        if slots.is_empty() {
            return;
        }
        let mut dead = self.dead.as_ref().map_or_else(|| vec![0; self.segment.len().div_ceil(64)], |d| d.to_vec());
        let mut at_extent_edge = false;
        for &slot in &slots {
            dead[slot as usize / 64] |= 1 << (slot % 64);
            self.live_count -= 1;
            self.point_count -= usize::from(self.segment.shapes.is_point_only(slot as usize));
            let bounds = self.segment.shapes.bounds(slot as usize);
            at_extent_edge |= bounds.zip(self.extent).is_some_and(|(b, e)| (0..4).any(|side| b[side] == e[side]));
        }
        self.dead = Some(Arc::new(dead));
        if at_extent_edge {
            self.extent = self.compute_extent();
        }
        self.time_extent = self.time_extent.and_then(|times| {
            let spans = &self.segment.spans;
            let edge =
                |s: &u32| spans[*s as usize].start_ms == times.start_ms || spans[*s as usize].end_ms == times.end_ms;
            if slots.iter().any(edge) { self.compute_time_extent() } else { Some(times) }
        });
    }

    /// The box around the live features, in 1e-7 degrees. Reads positions only of features at the edge of the box in
    /// world coordinates.
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

pub(super) fn union_extents(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

pub(super) fn union_spans(a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan { start_ms: a.start_ms.min(b.start_ms), end_ms: a.end_ms.max(b.end_ms) }
}
