//! News of changes, for those who watch: what happened to which features, numbered, the last ones kept for who comes back. Told only
//! after the snapshot that shows it is out.

use crate::change::{Change, Done, Revision};
use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use geo::CoordsIter;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// News kept for those who come back.
const KEPT: usize = 4_096;
/// Positions and values kept with all of them: some ten megabytes.
const KEPT_WEIGHT: usize = 1 << 20;
/// Changes to more features than this are told without naming them.
const NAMED: usize = 1_000;

/// One change set that was published.
#[derive(Debug)]
pub struct Piece {
    /// Grows by one; starts anew, higher, when the program does.
    pub number: u64,
    pub collection: CollectionId,
    pub revision: Revision,
    /// What became of what; `None` when it is too much to name: all of the collection may be another.
    pub changes: Option<Vec<Turn>>,
}

/// What became of one feature.
#[derive(Debug)]
pub struct Turn {
    pub id: FeatureId,
    pub before: Option<Feature>,
    pub after: Option<Feature>,
}

impl Piece {
    fn weight(&self) -> usize {
        let of = |f: &Option<Feature>| {
            f.as_ref().map_or(0, |f| f.values.len() + f.geometry.as_ref().map_or(0, CoordsIter::coords_count))
        };
        self.changes.iter().flatten().map(|turn| 1 + of(&turn.before) + of(&turn.after)).sum()
    }
}

/// What was told, and who waits for more.
pub struct News {
    inner: Mutex<Inner>,
}

struct Inner {
    pieces: VecDeque<Arc<Piece>>,
    weight: usize,
    /// The number that comes next.
    next: u64,
    /// Called once when there is more, or never will be.
    waiting: Vec<Waiting>,
    ended: bool,
}

struct Waiting {
    alive: Weak<()>,
    wake: Box<dyn FnOnce() + Send>,
}

/// What came after a number.
pub enum Since {
    News(Vec<Arc<Piece>>),
    /// The number is none of ours, or too old: whoever has it must read everything anew, and goes on from this one.
    Unknown(u64),
    /// There will be no more.
    Ended,
}

impl News {
    /// Numbers start at the time in microseconds, so that those of an earlier start are lower than all of this one's.
    pub(super) fn new() -> Self {
        let start = jiff::Timestamp::now().as_microsecond().unsigned_abs();
        let inner = Inner { pieces: VecDeque::new(), weight: 0, next: start, waiting: vec![], ended: false };
        Self { inner: Mutex::new(inner) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The number of what was told last.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.lock().next - 1
    }

    #[must_use]
    pub fn since(&self, number: u64) -> Since {
        let inner = self.lock();
        if inner.ended {
            return Since::Ended;
        }
        let first = inner.next - inner.pieces.len() as u64;
        if number >= inner.next || number + 1 < first {
            return Since::Unknown(inner.next - 1);
        }
        Since::News(inner.pieces.range((number + 1 - first) as usize..).cloned().collect())
    }

    /// Calls `wake` once when there is something after this number; at once if there is already; perhaps never when `alive` is dropped.
    pub fn when_after(&self, number: u64, alive: &Arc<()>, wake: Box<dyn FnOnce() + Send>) {
        let mut inner = self.lock();
        if inner.ended || number != inner.next - 1 {
            drop(inner);
            wake();
        } else {
            // Those who went away are forgotten now and then.
            if inner.waiting.len() >= 64 && inner.waiting.len().is_power_of_two() {
                inner.waiting.retain(|w| w.alive.strong_count() > 0);
            }
            inner.waiting.push(Waiting { alive: Arc::downgrade(alive), wake });
        }
    }

    /// Ends it: whoever waits is woken and finds that there is no more.
    pub fn end(&self) {
        let mut inner = self.lock();
        inner.ended = true;
        let waiting = std::mem::take(&mut inner.waiting);
        drop(inner);
        waiting.into_iter().for_each(|w| (w.wake)());
    }

    /// Tells of what was published over a snapshot.
    pub(super) fn tell(&self, collection: &CollectionId, before: &Snapshot, all: &[&Done]) {
        let mut by_now: HashMap<&FeatureId, Option<&Feature>> = HashMap::new();
        let mut pieces = vec![];
        for done in all.iter().filter(|done| !done.changes.is_empty()) {
            let mut turns = Some(vec![]).filter(|_: &Vec<Turn>| done.changes.len() <= NAMED);
            for change in &done.changes {
                let after = match change {
                    Change::Put(feature) => Some(feature),
                    Change::Removed { .. } => None,
                };
                let id = change.id();
                let old = match by_now.insert(id, after) {
                    Some(known) => known.cloned(),
                    None => before.get(id).map(|slot| before.feature(slot)),
                };
                if let Some(turns) = &mut turns {
                    turns.push(Turn { id: id.clone(), before: old, after: after.cloned() });
                }
            }
            pieces.push((done.revision, turns));
        }
        self.add(collection, pieces);
    }

    /// Tells that all of a collection may be another.
    pub(super) fn tell_anew(&self, collection: &CollectionId, revision: Revision) {
        self.add(collection, vec![(revision, None)]);
    }

    fn add(&self, collection: &CollectionId, pieces: Vec<(Revision, Option<Vec<Turn>>)>) {
        if pieces.is_empty() {
            return;
        }
        let mut inner = self.lock();
        for (revision, changes) in pieces {
            let number = inner.next;
            inner.next += 1;
            let piece = Piece { number, collection: collection.clone(), revision, changes };
            inner.weight += piece.weight();
            inner.pieces.push_back(Arc::new(piece));
        }
        // The newest is kept whatever it weighs, or nobody would hear of it.
        while inner.pieces.len() > KEPT || inner.weight > KEPT_WEIGHT && inner.pieces.len() > 1 {
            let Some(old) = inner.pieces.pop_front() else { break };
            inner.weight -= old.weight();
        }
        let waiting = std::mem::take(&mut inner.waiting);
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

    fn numbers(news: &News, after: u64) -> Option<Vec<u64>> {
        match news.since(after) {
            Since::News(pieces) => Some(pieces.iter().map(|p| p.number).collect()),
            Since::Unknown(_) | Since::Ended => None,
        }
    }

    #[test]
    fn who_comes_back_is_told_what_they_missed_once_and_in_order() {
        let news = News::new();
        let start = news.last();
        (1..=5).for_each(|revision| news.tell_anew(&things(), revision));
        assert_eq!(numbers(&news, start), Some((start + 1..=start + 5).collect()));
        assert_eq!(numbers(&news, start + 3), Some(vec![start + 4, start + 5]));
        assert_eq!(numbers(&news, start + 5), Some(vec![]));
    }

    #[test]
    fn a_number_that_is_too_old_or_none_of_ours_is_unknown() {
        let news = News::new();
        let start = news.last();
        assert!(numbers(&news, start - 1).is_none());
        assert!(numbers(&news, start + 1).is_none(), "of a later start");
        (0..=KEPT as u64).for_each(|revision| news.tell_anew(&things(), revision));
        assert!(numbers(&news, start).is_none());
        assert_eq!(numbers(&news, start + 1).map(|n| n.len()), Some(KEPT));
    }

    #[test]
    fn heavy_news_are_kept_for_a_shorter_time_and_the_newest_always() {
        let news = News::new();
        let start = news.last();
        let line = geo_types::LineString(vec![geo_types::Coord { x: 1.0, y: 2.0 }; KEPT_WEIGHT / 3]);
        let heavy = |_| {
            let after = Feature {
                key: 1,
                id: FeatureId::new("a").unwrap(),
                geometry: Some(line.clone().into()),
                values: vec![],
            };
            vec![Turn { id: after.id.clone(), before: Some(after.clone()), after: Some(after) }]
        };
        for revision in 1..=3 {
            news.add(&things(), vec![(revision, Some(heavy(revision)))]);
        }
        assert!(numbers(&news, start + 1).is_none());
        assert_eq!(numbers(&news, start + 2), Some(vec![start + 3]));
    }

    #[test]
    fn whoever_waits_is_woken_by_news_and_by_the_end() {
        let news = News::new();
        let woken = Arc::new(AtomicUsize::new(0));
        let wake = || {
            let woken = woken.clone();
            Box::new(move || {
                woken.fetch_add(1, Ordering::Relaxed);
            })
        };
        let (start, alive) = (news.last(), Arc::new(()));
        news.when_after(start, &alive, wake());
        assert_eq!(woken.load(Ordering::Relaxed), 0);
        news.tell_anew(&things(), 1);
        assert_eq!(woken.load(Ordering::Relaxed), 1);
        news.when_after(start, &alive, wake());
        assert_eq!(woken.load(Ordering::Relaxed), 2, "there is something already");
        news.when_after(start + 1, &alive, wake());
        news.end();
        assert_eq!(woken.load(Ordering::Relaxed), 3);
        assert!(matches!(news.since(start), Since::Ended));
    }
}
