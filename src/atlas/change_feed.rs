//! News of changes, for those who watch: what happened to which features, numbered, the last ones kept for who comes back. Told only
//! after the snapshot that shows it is out.

use crate::change::{CommittedChanges, FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use geo::CoordsIter;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// News kept for those who come back.
const MAX_ENTRIES: usize = 4_096;
/// Positions and values kept with all of them: some ten megabytes.
const MAX_FEED_WEIGHT: usize = 1 << 20;
/// Changes to more features than this are told without naming them.
const MAX_NAMED_FEATURES: usize = 1_000;

/// One change set that was published.
#[derive(Debug)]
pub struct FeedEntry {
    /// Grows by one; starts anew, higher, when the program does.
    pub number: u64,
    pub collection: CollectionId,
    pub revision: RevisionNumber,
    /// What became of what; `None` when it is too much to name: all of the collection may be another.
    pub changes: Option<Vec<FeatureTransition>>,
}

/// What became of one feature.
#[derive(Debug)]
pub struct FeatureTransition {
    pub id: FeatureId,
    pub before: Option<Feature>,
    pub after: Option<Feature>,
}

impl FeedEntry {
    fn weight(&self) -> usize {
        let of = |f: &Option<Feature>| {
            f.as_ref().map_or(0, |f| f.values.len() + f.geometry.as_ref().map_or(0, CoordsIter::coords_count))
        };
        self.changes.iter().flatten().map(|turn| 1 + of(&turn.before) + of(&turn.after)).sum()
    }
}

/// What was told, and who waits for more.
pub struct ChangeFeed {
    inner: Mutex<FeedState>,
}

struct FeedState {
    entries: VecDeque<Arc<FeedEntry>>,
    weight: usize,
    /// The number that comes next.
    next: u64,
    /// Called once when there is more, or never will be.
    waiters: Vec<FeedWaiter>,
    ended: bool,
}

struct FeedWaiter {
    alive: Weak<()>,
    wake: Box<dyn FnOnce() + Send>,
}

/// What came after a number.
pub enum EntriesSince {
    Entries(Vec<Arc<FeedEntry>>),
    /// The number is none of ours, or too old: whoever has it must read everything anew, and goes on from this one.
    Unknown(u64),
    /// There will be no more.
    Ended,
}

impl ChangeFeed {
    /// Numbers start at the time in microseconds, so that those of an earlier start are lower than all of this one's.
    pub(super) fn new() -> Self {
        let start = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        let inner = FeedState { entries: VecDeque::new(), weight: 0, next: start, waiters: vec![], ended: false };
        Self { inner: Mutex::new(inner) }
    }

    fn lock_state(&self) -> std::sync::MutexGuard<'_, FeedState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of what was told last.
    #[must_use]
    pub fn last_number(&self) -> u64 {
        self.lock_state().next - 1
    }

    #[must_use]
    pub fn entries_since(&self, number: u64) -> EntriesSince {
        let inner = self.lock_state();
        if inner.ended {
            return EntriesSince::Ended;
        }
        let first = inner.next - inner.entries.len() as u64;
        if number >= inner.next || number + 1 < first {
            return EntriesSince::Unknown(inner.next - 1);
        }
        EntriesSince::Entries(inner.entries.range((number + 1 - first) as usize..).cloned().collect())
    }

    /// Calls `wake` once when there is something after this number; at once if there is already; perhaps never when `alive` is dropped.
    pub fn wake_after(&self, number: u64, alive: &Arc<()>, wake: Box<dyn FnOnce() + Send>) {
        let mut inner = self.lock_state();
        if inner.ended || number != inner.next - 1 {
            drop(inner);
            wake();
        } else {
            // Those who went away are forgotten now and then.
            if inner.waiters.len() >= 64 && inner.waiters.len().is_power_of_two() {
                inner.waiters.retain(|w| w.alive.strong_count() > 0);
            }
            inner.waiters.push(FeedWaiter { alive: Arc::downgrade(alive), wake });
        }
    }

    /// Ends it: whoever waits is woken and finds that there is no more.
    pub fn close(&self) {
        let mut inner = self.lock_state();
        inner.ended = true;
        let waiting = std::mem::take(&mut inner.waiters);
        drop(inner);
        waiting.into_iter().for_each(|w| (w.wake)());
    }

    /// Tells of what was published over a snapshot.
    pub(super) fn publish_changes(&self, collection: &CollectionId, before: &Snapshot, all: &[&CommittedChanges]) {
        let mut by_now: HashMap<&FeatureId, Option<&Feature>> = HashMap::new();
        let mut entries = vec![];
        for done in all.iter().filter(|done| !done.changes.is_empty()) {
            let mut transitions =
                Some(vec![]).filter(|_: &Vec<FeatureTransition>| done.changes.len() <= MAX_NAMED_FEATURES);
            for change in &done.changes {
                let after = match change {
                    FeatureChange::Put(feature) => Some(feature),
                    FeatureChange::Removed { .. } => None,
                };
                let id = change.id();
                let old = match by_now.insert(id, after) {
                    Some(known) => known.cloned(),
                    None => before.get(id).map(|slot| before.read_feature(slot)),
                };
                if let Some(transitions) = &mut transitions {
                    transitions.push(FeatureTransition { id: id.clone(), before: old, after: after.cloned() });
                }
            }
            entries.push((done.revision, transitions));
        }
        self.push_entries(collection, entries);
    }

    /// Tells that all of a collection may be another.
    pub(super) fn publish_reset(&self, collection: &CollectionId, revision: RevisionNumber) {
        self.push_entries(collection, vec![(revision, None)]);
    }

    fn push_entries(&self, collection: &CollectionId, entries: Vec<(RevisionNumber, Option<Vec<FeatureTransition>>)>) {
        if entries.is_empty() {
            return;
        }
        let mut inner = self.lock_state();
        for (revision, changes) in entries {
            let number = inner.next;
            inner.next += 1;
            let entry = FeedEntry { number, collection: collection.clone(), revision, changes };
            inner.weight += entry.weight();
            inner.entries.push_back(Arc::new(entry));
        }
        // The newest is kept whatever it weighs, or nobody would hear of it.
        while inner.entries.len() > MAX_ENTRIES || inner.weight > MAX_FEED_WEIGHT && inner.entries.len() > 1 {
            let Some(old) = inner.entries.pop_front() else { break };
            inner.weight -= old.weight();
        }
        let waiting = std::mem::take(&mut inner.waiters);
        drop(inner);
        waiting.into_iter().for_each(|w| (w.wake)());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn things() -> CollectionId {
        CollectionId::new("things").unwrap()
    }

    fn numbers(feed: &ChangeFeed, after: u64) -> Option<Vec<u64>> {
        match feed.entries_since(after) {
            EntriesSince::Entries(pieces) => Some(pieces.iter().map(|p| p.number).collect()),
            EntriesSince::Unknown(_) | EntriesSince::Ended => None,
        }
    }

    #[test]
    fn who_comes_back_is_told_what_they_missed_once_and_in_order() {
        let feed = ChangeFeed::new();
        let start = feed.last_number();
        (1..=5).for_each(|revision| feed.publish_reset(&things(), revision));
        assert_eq!(numbers(&feed, start), Some((start + 1..=start + 5).collect()));
        assert_eq!(numbers(&feed, start + 3), Some(vec![start + 4, start + 5]));
        assert_eq!(numbers(&feed, start + 5), Some(vec![]));
    }

    #[test]
    fn a_number_that_is_too_old_or_none_of_ours_is_unknown() {
        let feed = ChangeFeed::new();
        let start = feed.last_number();
        assert!(numbers(&feed, start - 1).is_none());
        assert!(numbers(&feed, start + 1).is_none(), "of a later start");
        (0..=MAX_ENTRIES as u64).for_each(|revision| feed.publish_reset(&things(), revision));
        assert!(numbers(&feed, start).is_none());
        assert_eq!(numbers(&feed, start + 1).map(|n| n.len()), Some(MAX_ENTRIES));
    }

    #[test]
    fn heavy_news_are_kept_for_a_shorter_time_and_the_newest_always() {
        let feed = ChangeFeed::new();
        let start = feed.last_number();
        let line = geo_types::LineString(vec![geo_types::Coord { x: 1.0, y: 2.0 }; MAX_FEED_WEIGHT / 3]);
        let heavy = |_| {
            let after = Feature {
                key: 1,
                id: FeatureId::new("a").unwrap(),
                geometry: Some(line.clone().into()),
                values: vec![],
            };
            vec![FeatureTransition { id: after.id.clone(), before: Some(after.clone()), after: Some(after) }]
        };
        for revision in 1..=3 {
            feed.push_entries(&things(), vec![(revision, Some(heavy(revision)))]);
        }
        assert!(numbers(&feed, start + 1).is_none());
        assert_eq!(numbers(&feed, start + 2), Some(vec![start + 3]));
    }

    #[test]
    fn whoever_waits_is_woken_by_news_and_by_the_end() {
        let feed = ChangeFeed::new();
        let woken = Arc::new(AtomicUsize::new(0));
        let wake = || {
            let woken = woken.clone();
            Box::new(move || {
                woken.fetch_add(1, Ordering::Relaxed);
            })
        };
        let (start, alive) = (feed.last_number(), Arc::new(()));
        feed.wake_after(start, &alive, wake());
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        feed.publish_reset(&things(), 1);
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        feed.wake_after(start, &alive, wake());
        assert_eq!(woken.load(Ordering::Relaxed), 2, "there is something already");
        feed.wake_after(start + 1, &alive, wake());
        feed.close();
        assert_eq!(woken.load(Ordering::Relaxed), 3);
        assert!(matches!(feed.entries_since(start), EntriesSince::Ended));
    }
}
