//! How a snapshot follows from the one before: an edit adds a small tier and marks what it replaces as dead; tiers of like size are merged
//! (a log-structured merge), small ones at once, large ones by a thread of their own. Never changes what readers hold.

use super::segment::{Draft, PLACELESS, Pick, Segment, Source};
use super::thin::{self, Point};
use super::write::names;
use super::{Inner, Slot, Snapshot, Tier, WorldBox};
use crate::change::{Change, Revision};
use crate::collection::Collection;
use crate::crs;
use crate::feature::{Bbox, Feature, time::Span};
use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

/// Merges up to so many features are done at once, larger ones in the background.
const AT_ONCE: usize = 4_000;

/// The tiers of a collection that was read for the first time.
pub(crate) fn first(collection: &Collection, draft: Box<Draft>) -> Vec<Tier> {
    if draft.len() == 0 {
        return vec![];
    }
    let picks = first_picks(&draft);
    vec![Tier::new(Segment::assemble(collection, vec![Source::Draft(draft)], picks))]
}

fn first_picks(draft: &Draft) -> Vec<Pick> {
    let mut picks: Vec<Pick> = (0..draft.len() as u32).map(|slot| Pick { source: 0, slot, zoom: 0 }).collect();
    let mut points = vec![];
    let mut which = vec![];
    for pick in &mut picks {
        let slot = pick.slot as usize;
        match (draft.zoom_by_size(slot), draft.first_position(slot)) {
            (Some(zoom), _) => pick.zoom = zoom,
            (None, Some(at)) => {
                points.push(Point { key: draft.keys[slot], at });
                which.push(slot);
            }
            (None, None) => pick.zoom = PLACELESS,
        }
    }
    for (slot, zoom) in which.into_iter().zip(thin::zooms(&points)) {
        picks[slot].zoom = zoom;
    }
    picks
}

/// The snapshot after these changes, and the boxes of other features that are drawn from another zoom on.
pub(crate) fn applied(before: &Snapshot, changes: &[Change], revision: Revision) -> (Snapshot, Vec<Bbox>) {
    let mut puts: HashMap<&str, Option<&Feature>> = HashMap::new();
    let mut gone = HashSet::new();
    for change in changes {
        let (id, feature) = match change {
            Change::Put(feature) => (&feature.id, Some(feature)),
            Change::Removed { id, .. } => (id, None),
        };
        gone.extend(before.get(id).map(|slot| slot.0));
        puts.insert(id.as_str(), feature);
    }
    let mut draft = Box::new(Draft::new(&before.collection));
    let mut features: Vec<&Feature> = puts.into_values().flatten().collect();
    features.sort_unstable_by_key(|f| f.key);
    features.iter().for_each(|f| draft.push(&before.collection, f));

    let mut picks = first_picks(&draft);
    let moved = thin_again(before, &gone, &draft, &mut picks);
    let redrawn = moved.iter().filter_map(|(slot, _)| before.box_of(*slot)).collect();
    let mut tiers = before.tiers.clone();
    bury(&mut tiers, gone.iter().map(|&slot| Slot(slot)).chain(moved.iter().map(|m| m.0)));
    for (slot, zoom) in moved {
        picks.push(Pick { source: 1 + slot.tier() as u32, slot: slot.slot() as u32, zoom });
    }
    if !picks.is_empty() {
        let mut sources = vec![Source::Draft(draft)];
        sources.extend(before.tiers.iter().map(|t| Source::Segment(&t.segment)));
        tiers.push(Tier::new(Segment::assemble(&before.collection, sources, picks)));
    }
    let mut snapshot = before.with(revision, tiers);
    while let Some(range) = due(&snapshot.tiers).filter(|r| living(&snapshot.tiers[r.clone()]) <= AT_ONCE) {
        snapshot = merged(&snapshot, range);
    }
    (snapshot, redrawn)
}

/// Sets the first zooms of new points; returns the old ones whose first zoom changes.
fn thin_again(before: &Snapshot, gone: &HashSet<u64>, draft: &Draft, picks: &mut [Pick]) -> Vec<(Slot, u8)> {
    let new: Vec<usize> = (0..draft.len()).filter(|&slot| draft.shapes.is_points(slot)).collect();
    let gone_points: Vec<Slot> = gone.iter().map(|&s| Slot(s)).filter(|&s| before.is_points(s)).collect();
    let old_count: usize = before.tiers.iter().map(|t| t.points).sum();
    let count = old_count - gone_points.len() + new.len();
    let crosses = (old_count <= thin::FEW) != (count <= thin::FEW);
    if new.is_empty() && gone_points.is_empty() || (!crosses && count <= thin::FEW) {
        return vec![];
    }
    let point = |slot: usize| Some(Point { key: draft.keys[slot], at: draft.first_position(slot)? });
    if crosses || (new.len() + gone_points.len()) * 32 > count {
        let points: Vec<Point> = new.iter().filter_map(|&slot| point(slot)).collect();
        let zooms = thin_all(before, gone, &points);
        new.iter().zip(zooms.new).for_each(|(&slot, zoom)| picks[slot].zoom = zoom);
        return zooms.old;
    }
    // A point that stays where it is takes its first zoom along, and nobody else's changes for it.
    let by_key: HashMap<i64, Slot> = gone_points.iter().filter_map(|&s| Some((before.point(s)?.key, s))).collect();
    let stays = |point: &Point| by_key.get(&point.key).copied().filter(|&old| before.point(old) == Some(*point));
    let (mut staying, mut moving, mut points) = (HashMap::new(), vec![], vec![]);
    for slot in new {
        let Some(point) = point(slot) else { continue };
        if let Some(old) = stays(&point) {
            picks[slot].zoom = before.tiers[old.tier()].segment.zoom(old.slot() as u32);
            staying.insert(old.0, slot);
        } else {
            moving.push(slot);
            points.push(point);
        }
    }
    let gone: HashSet<u64> = gone_points.iter().map(|s| s.0).filter(|s| !staying.contains_key(s)).collect();
    let mut zooms = thin::Change { snapshot: before, gone: &gone, new: &points }.zooms();
    moving.iter().zip(zooms.new).for_each(|(&slot, zoom)| picks[slot].zoom = zoom);
    zooms.old.retain(|(old, zoom)| {
        let told = staying.get(&old.0);
        told.into_iter().for_each(|&slot| picks[slot].zoom = *zoom);
        told.is_none()
    });
    zooms.old
}

fn thin_all(before: &Snapshot, gone: &HashSet<u64>, new: &[Point]) -> thin::Zooms {
    let mut points = new.to_vec();
    let mut slots = vec![];
    for (at, tier) in before.tiers.iter().enumerate() {
        for slot in tier.slots() {
            let here = Slot::new(at, slot);
            if let Some(position) = tier.segment.place_of_point(slot).filter(|_| !gone.contains(&here.0)) {
                points.push(Point { key: tier.segment.keys[slot as usize], at: position });
                slots.push(here);
            }
        }
    }
    let mut zooms = thin::zooms(&points);
    let changed = |(slot, zoom): &(Slot, u8)| before.tiers[slot.tier()].segment.zoom(slot.slot() as u32) != *zoom;
    let old = slots.into_iter().zip(zooms.split_off(new.len())).filter(changed).collect();
    thin::Zooms { new: zooms, old }
}

fn bury(tiers: &mut Vec<Tier>, slots: impl Iterator<Item = Slot>) {
    let mut dead: Vec<Vec<u32>> = vec![vec![]; tiers.len()];
    slots.for_each(|slot| dead[slot.tier()].push(slot.slot() as u32));
    for (tier, slots) in tiers.iter_mut().zip(dead) {
        tier.bury(&slots);
    }
    tiers.retain(|t| t.living > 0);
}

/// Which tiers should become one: the two newest when they are of like size, or one that is mostly dead.
fn due(tiers: &[Tier]) -> Option<Range<usize>> {
    let n = tiers.len();
    if n >= 2 && tiers[n - 1].living * 2 >= tiers[n - 2].living {
        return Some(n - 2..n);
    }
    let wasted = tiers.iter().position(|t| t.living * 2 < t.segment.len());
    wasted.map(|at| at..at + 1)
}

fn living(tiers: &[Tier]) -> usize {
    tiers.iter().map(|t| t.living).sum()
}

fn merge(collection: &Collection, tiers: &[Tier]) -> Segment {
    let pick = |source: usize, slot: u32| Pick { source: source as u32, slot, zoom: tiers[source].segment.zoom(slot) };
    let picks = tiers.iter().enumerate().flat_map(|(at, tier)| tier.slots().map(move |slot| pick(at, slot))).collect();
    Segment::assemble(collection, tiers.iter().map(|t| Source::Segment(&t.segment)).collect(), picks)
}

fn merged(snapshot: &Snapshot, range: Range<usize>) -> Snapshot {
    let mut tiers = snapshot.tiers.clone();
    let segment = merge(&snapshot.collection, &tiers[range.clone()]);
    tiers.splice(range, [Tier::new(segment)]);
    snapshot.with(snapshot.revision, tiers)
}

pub(crate) fn compacted(snapshot: &Snapshot) -> Snapshot {
    if snapshot.tiers.is_empty() {
        snapshot.with(snapshot.revision, vec![])
    } else {
        merged(snapshot, 0..snapshot.tiers.len())
    }
}

/// Starts a thread that does the large merges that are due, unless there is one.
pub(crate) fn merge_in_background(inner: &Arc<Inner>) {
    if due(&inner.current.load().tiers).is_none() || inner.merging.swap(true, Ordering::AcqRel) {
        return;
    }
    let inner = inner.clone();
    std::thread::spawn(move || {
        while merge_once(&inner) {}
        inner.merging.store(false, Ordering::Release);
    });
}

/// Merges beside the writers, then publishes with what died meanwhile.
fn merge_once(inner: &Inner) -> bool {
    let before = inner.current.load_full();
    let Some(range) = due(&before.tiers) else { return false };
    let sources = &before.tiers[range];
    let mut tier = Tier::new(merge(&before.collection, sources));
    let _writing = inner.writing.lock().unwrap_or_else(PoisonError::into_inner);
    let now = inner.current.load_full();
    let same = |a: &Tier, b: &Tier| Arc::ptr_eq(&a.segment, &b.segment);
    let kept: Vec<usize> = sources.iter().filter_map(|s| now.tiers.iter().position(|t| same(s, t))).collect();
    // A source that died out altogether leaves its dead to be found by id.
    let mut died = vec![];
    for source in sources {
        let present = now.tiers.iter().find(|t| same(source, t));
        for slot in source.slots().filter(|&s| present.is_none_or(|t| !t.lives(s))) {
            died.extend(tier.segment.find(source.segment.ids.text(slot as usize)));
        }
    }
    tier.bury(&died);
    let mut tiers = now.tiers.clone();
    let at = kept.first().copied().unwrap_or(0);
    kept.iter().rev().for_each(|&gone| _ = tiers.remove(gone));
    if tier.living > 0 {
        tiers.insert(at, tier);
    }
    inner.current.store(Arc::new(now.with(now.revision, tiers)));
    true
}

impl Tier {
    pub(super) fn new(segment: Segment) -> Self {
        let count = segment.len();
        let points = segment.points.len();
        let mut tier =
            Self { segment: Arc::new(segment), dead: None, living: count, points, extent: None, times: None };
        tier.extent = tier.measure();
        tier.times = tier.span();
        tier
    }

    pub fn lives(&self, slot: u32) -> bool {
        self.dead.as_ref().is_none_or(|dead| dead[slot as usize / 64] >> (slot % 64) & 1 == 0)
    }

    /// How many of these slots live.
    pub fn count(&self, slots: Range<u32>) -> usize {
        if self.dead.is_none() { slots.len() } else { slots.filter(|&s| self.lives(s)).count() }
    }

    /// The living slots.
    pub fn slots(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.segment.len() as u32).filter(|&s| self.lives(s))
    }

    /// Whether all that is dead here is dead in the other, which is of the same segment.
    pub(super) fn slots_dead_in(&self, other: &Self) -> bool {
        match (&self.dead, &other.dead) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(mine), Some(theirs)) => mine.iter().zip(&**theirs).all(|(m, t)| m & !t == 0),
        }
    }

    pub(super) fn bury(&mut self, slots: &[u32]) {
        let slots: Vec<u32> = slots.iter().copied().filter(|&s| self.lives(s)).collect();
        if slots.is_empty() {
            return;
        }
        let mut dead = self.dead.as_ref().map_or_else(|| vec![0; self.segment.len().div_ceil(64)], |d| d.to_vec());
        let mut measure = false;
        for &slot in &slots {
            dead[slot as usize / 64] |= 1 << (slot % 64);
            self.living -= 1;
            self.points -= usize::from(self.segment.shapes.is_points(slot as usize));
            let bounds = self.segment.shapes.bounds(slot as usize);
            measure |= bounds.zip(self.extent).is_some_and(|(b, e)| (0..4).any(|side| b[side] == e[side]));
        }
        self.dead = Some(Arc::new(dead));
        if measure {
            self.extent = self.measure();
        }
        self.times = self.times.and_then(|times| {
            let spans = &self.segment.spans;
            let edge =
                |s: &u32| spans[*s as usize].start_ms == times.start_ms || spans[*s as usize].end_ms == times.end_ms;
            if slots.iter().any(edge) { self.span() } else { Some(times) }
        });
    }

    /// The box around the living, in 1e-7 degrees. Only features at the edge of the box in world coordinates are looked at closely.
    fn measure(&self) -> Option<[i32; 4]> {
        let boxes = &self.segment.boxes;
        let placed = || self.slots().map(|s| s as usize).filter(|&s| boxes[s] != WorldBox::EMPTY);
        let around = placed().fold(WorldBox::EMPTY, |a, s| a.union(&boxes[s]));
        let edge = |s: &usize| {
            let b = &boxes[*s];
            b.x0 == around.x0 || b.y0 == around.y0 || b.x1 == around.x1 || b.y1 == around.y1
        };
        placed().filter(edge).filter_map(|s| self.segment.shapes.bounds(s)).reduce(wider)
    }

    fn span(&self) -> Option<Span> {
        let spans = &self.segment.spans;
        let dated = self.slots().filter_map(|s| spans.get(s as usize)).filter(|s| **s != Span::ALWAYS);
        dated.copied().reduce(longer)
    }
}

impl Snapshot {
    pub(super) fn new(collection: &Arc<Collection>, revision: Revision, tiers: Vec<Tier>) -> Self {
        let names = names(collection.fields.iter().map(|f| f.name.as_str())).into();
        let empty =
            Self { collection: collection.clone(), names, revision, tiers: vec![], extent: None, time_extent: None };
        empty.with(revision, tiers)
    }

    fn with(&self, revision: Revision, tiers: Vec<Tier>) -> Self {
        let extent = tiers.iter().filter_map(|t| t.extent).reduce(wider).map(degrees);
        let time_extent = tiers.iter().filter_map(|t| t.times).reduce(longer);
        Self { collection: self.collection.clone(), names: self.names.clone(), revision, tiers, extent, time_extent }
    }

    /// The highest key that there was; `None` when there was none.
    pub(super) fn last_key(&self) -> Option<i64> {
        let last = |t: &Tier| t.segment.by_key.last().map(|&slot| t.segment.keys[slot as usize]);
        self.tiers.iter().filter_map(last).max()
    }

    fn is_points(&self, slot: Slot) -> bool {
        let (segment, at) = self.locate(slot);
        segment.shapes.is_points(at)
    }

    pub(crate) fn box_of(&self, slot: Slot) -> Option<Bbox> {
        let (segment, at) = self.locate(slot);
        segment.shapes.bounds(at).map(degrees)
    }
}

fn wider(a: [i32; 4], b: [i32; 4]) -> [i32; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn longer(a: Span, b: Span) -> Span {
    Span { start_ms: a.start_ms.min(b.start_ms), end_ms: a.end_ms.max(b.end_ms) }
}

fn degrees([west, south, east, north]: [i32; 4]) -> Bbox {
    let [west, south, east, north] = [west, south, east, north].map(crs::degrees);
    Bbox { west, south, east, north }
}
