//! Where edits have fallen, so that kept tiles know whether they are still true.

use crate::change::{Change, Revision};
use crate::crs;
use crate::feature::{Bbox, bbox_of};
use crate::index::Snapshot;
use crate::tile::TileId;
use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

/// Edits remembered per collection; a tile older than all of them is drawn again.
const REMEMBERED: usize = 1 << 16;

/// How far beyond its tile (as a part of its side) an edit can change it: the buffer, and a cell of the grid that thins points.
const REACH: f64 = 0.25;

/// Where edits have fallen, newest last.
pub(super) struct Dirt {
    log: RwLock<Log>,
}

struct Log {
    /// Edits up to this revision are forgotten.
    floor: Revision,
    edits: VecDeque<(Revision, Box2)>,
}

/// A box in world coordinates, both ends included.
#[derive(Debug, Clone, Copy)]
struct Box2 {
    x: [u32; 2],
    y: [u32; 2],
}

impl Box2 {
    fn around(Bbox { west, south, east, north }: Bbox) -> Self {
        let (a, b) = (crs::world(west, north), crs::world(east, south));
        Self { x: [a.x, b.x], y: [a.y, b.y] }
    }
}

impl Dirt {
    pub(super) fn new(revision: Revision) -> Self {
        Self { log: RwLock::new(Log { floor: revision, edits: VecDeque::new() }) }
    }

    /// Writes down the old and the new place of every changed feature, and of those that are now drawn from another zoom on.
    pub(super) fn mark(&self, revision: Revision, changes: &[Change], redrawn: &[Bbox], before: &Snapshot) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        log.edits.extend(redrawn.iter().map(|b| (revision, Box2::around(*b))));
        for change in changes {
            let (id, new) = match change {
                Change::Put(f) => (&f.id, f.geometry.as_ref().and_then(bbox_of)),
                Change::Removed { id, .. } => (id, None),
            };
            let old = before.get(id).and_then(|slot| before.box_of(slot));
            log.edits.extend([old, new].into_iter().flatten().map(|b| (revision, Box2::around(b))));
        }
        while log.edits.len() > REMEMBERED {
            if let Some((revision, _)) = log.edits.pop_front() {
                log.floor = revision;
            }
        }
    }

    /// Whether no edit after this revision fell on or near the tile.
    pub(super) fn spared(&self, since: Revision, tile: TileId) -> bool {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        if since < log.floor {
            return false;
        }
        let start = log.edits.partition_point(|(revision, _)| *revision <= since);
        let side = 4_294_967_296.0 / f64::from(1u32 << tile.z());
        let reach = |at: u32| ((f64::from(at) - REACH) * side, (f64::from(at) + 1.0 + REACH) * side);
        let (x, y) = (reach(tile.x()), reach(tile.y()));
        let meets =
            |range: [u32; 2], (low, high): (f64, f64)| f64::from(range[0]) <= high && f64::from(range[1]) >= low;
        !log.edits.range(start..).any(|(_, b)| meets(b.x, x) && meets(b.y, y))
    }
}
