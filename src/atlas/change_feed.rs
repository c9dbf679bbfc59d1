//! The change feed: numbered entries of what happened to which features. The latest entries are kept for listeners that
//! reconnect. An entry is added only after the snapshot that shows it is published.

use crate::change::{CommittedChanges, FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use geo::CoordsIter;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The most entries that are kept.
const MAX_ENTRIES: usize = 4_096;
/// The most positions and values in all of them: some ten megabytes.
const MAX_FEED_WEIGHT: usize = 1 << 20;
/// An entry for more features than this does not name them.
const MAX_NAMED_FEATURES: usize = 1_000;

/// One change set that was published.
#[derive(Debug)]
pub struct FeedEntry {
    /// Grows by one with each entry. After a restart of the program, numbers continue at a higher one.
    pub number: u64,
    pub collection: CollectionId,
    pub revision: RevisionNumber,
    /// What happened to each feature; `None` when the whole collection may have changed.
    pub changes: Option<Vec<FeatureTransition>>,
}

/// One feature before and after a change.
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
        self.changes.iter().flatten().map(|change| 1 + of(&change.before) + of(&change.after)).sum()
    }
}

/// The latest entries, and the listeners that wait for more.
pub struct ChangeFeed {
    inner: Mutex<FeedState>,
}

struct FeedState {
    entries: VecDeque<Arc<FeedEntry>>,
    weight: usize,
    /// The number of the next entry.
    next: u64,
    /// Called once, at the next entry or when the feed is closed.
    waiters: Vec<FeedWaiter>,
    ended: bool,
}

struct FeedWaiter {
    alive: Weak<()>,
    wake: Box<dyn FnOnce() + Send>,
}

/// The entries after a number.
pub enum EntriesSince {
    Entries(Vec<Arc<FeedEntry>>),
    /// The number is unknown or too old: the listener must read all collections again, and continues from this number.
    Unknown(u64),
    /// The feed is closed.
    Ended,
}

impl ChangeFeed {
    /// Numbers start at the present time in microseconds, so that they are higher than all numbers of an earlier run.
    pub(super) fn new() -> Self {
        let start = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        let inner = FeedState { entries: VecDeque::new(), weight: 0, next: start, waiters: vec![], ended: false };
        Self { inner: Mutex::new(inner) }
    }

    fn lock_state(&self) -> std::sync::MutexGuard<'_, FeedState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of the latest entry.
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

    /// Calls `wake` once when there is an entry after this number, which may be now, or when the feed is closed. Need
    /// not call it after `alive` is dropped.
    pub fn wake_after(&self, number: u64, alive: &Arc<()>, wake: Box<dyn FnOnce() + Send>) {
        let mut inner = self.lock_state();
        if inner.ended || number != inner.next - 1 {
            drop(inner);
            wake();
        } else {
            // Listeners that have gone are removed from time to time.
            if inner.waiters.len() >= 64 && inner.waiters.len().is_power_of_two() {
                inner.waiters.retain(|w| w.alive.strong_count() > 0);
            }
            inner.waiters.push(FeedWaiter { alive: Arc::downgrade(alive), wake });
        }
    }

    /// Closes the feed and wakes all listeners.
    pub fn close(&self) {
        let mut inner = self.lock_state();
        inner.ended = true;
        let waiting = std::mem::take(&mut inner.waiters);
        drop(inner);
        waiting.into_iter().for_each(|w| (w.wake)());
    }

    /// Adds an entry for each change set that was published over the snapshot `before`.
    pub(super) fn publish_changes(&self, collection: &CollectionId, before: &Snapshot, all: &[&CommittedChanges]) {
        let mut current: HashMap<&FeatureId, Option<&Feature>> = HashMap::new();
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
                let old = match current.insert(id, after) {
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

    /// Adds an entry that says that the whole collection may have changed.
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
        // The latest entry is kept whatever its weight: listeners have not read it yet.
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
            EntriesSince::Entries(entries) => Some(entries.iter().map(|e| e.number).collect()),
            EntriesSince::Unknown(_) | EntriesSince::Ended => None,
        }
    }

    #[test]
    fn a_listener_that_reconnects_gets_what_it_missed_once_and_in_order() {
        let feed = ChangeFeed::new();
        let start = feed.last_number();
        (1..=5).for_each(|revision| feed.publish_reset(&things(), revision));
        assert_eq!(numbers(&feed, start), Some((start + 1..=start + 5).collect()));
        assert_eq!(numbers(&feed, start + 3), Some(vec![start + 4, start + 5]));
        assert_eq!(numbers(&feed, start + 5), Some(vec![]));
    }

    #[test]
    fn a_number_that_is_too_old_or_was_never_given_is_unknown() {
        let feed = ChangeFeed::new();
        let start = feed.last_number();
        assert!(numbers(&feed, start - 1).is_none());
        assert!(numbers(&feed, start + 1).is_none(), "a number from the future");
        (0..=MAX_ENTRIES as u64).for_each(|revision| feed.publish_reset(&things(), revision));
        assert!(numbers(&feed, start).is_none());
        assert_eq!(numbers(&feed, start + 1).map(|n| n.len()), Some(MAX_ENTRIES));
    }

    #[test]
    fn heavy_entries_are_kept_for_a_shorter_time_and_the_latest_always() {
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
    fn a_waiting_listener_is_woken_by_an_entry_and_by_the_end() {
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
        assert_eq!(woken.load(Ordering::Relaxed), 2, "there is an entry already");
        feed.wake_after(start + 1, &alive, wake());
        feed.close();
        assert_eq!(woken.load(Ordering::Relaxed), 3);
        assert!(matches!(feed.entries_since(start), EntriesSince::Ended));
    }
}
