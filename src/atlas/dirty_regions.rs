//! Where edits have fallen, so that the tile cache knows which tiles are still exact.

use crate::change::{FeatureChange, RevisionNumber};
use crate::crs;
use crate::feature::{BoundingBox, bbox_of};
use crate::index::Snapshot;
use crate::tile::TileId;
use std::collections::VecDeque;
use std::sync::{PoisonError, RwLock};

/// The most regions that are kept per collection; a tile older than all of them is drawn again.
const MAX_REGIONS: usize = 1 << 16;

/// How far outside a tile (as a fraction of its side) an edit can change it: the buffer, and a cell of the grid that
/// thins points.
const TILE_MARGIN: f64 = 0.25;

/// The regions of recent edits, latest last.
pub(super) struct DirtyRegions {
    log: RwLock<RegionLog>,
}

struct RegionLog {
    /// The regions of edits up to this revision were dropped.
    floor: RevisionNumber,
    edits: VecDeque<(RevisionNumber, RegionBox)>,
}

/// A box in world coordinates, both ends included.
#[derive(Debug, Clone, Copy)]
struct RegionBox {
    x: [u32; 2],
    y: [u32; 2],
}

impl RegionBox {
    fn from_bbox(BoundingBox { west, south, east, north }: BoundingBox) -> Self {
        let (a, b) = (crs::lonlat_to_world(west, north), crs::lonlat_to_world(east, south));
        Self { x: [a.x, b.x], y: [a.y, b.y] }
    }
}

impl DirtyRegions {
    pub(super) fn new(revision: RevisionNumber) -> Self {
        Self { log: RwLock::new(RegionLog { floor: revision, edits: VecDeque::new() }) }
    }

    /// Marks the old and the new bounds of every changed feature, and the bounds of features that are now drawn from
    /// another zoom on.
    pub(super) fn mark_changes(
        &self,
        revision: RevisionNumber,
        changes: &[FeatureChange],
        redrawn: &[BoundingBox],
        before: &Snapshot,
    ) {
        let mut log = self.log.write().unwrap_or_else(PoisonError::into_inner);
        log.edits.extend(redrawn.iter().map(|b| (revision, RegionBox::from_bbox(*b))));
        for change in changes {
            let (id, new) = match change {
                FeatureChange::Put(f) => (&f.id, f.geometry.as_ref().and_then(bbox_of)),
                FeatureChange::Removed { id, .. } => (id, None),
            };
            let old = before.get(id).and_then(|slot| before.feature_bounds(slot));
            log.edits.extend([old, new].into_iter().flatten().map(|b| (revision, RegionBox::from_bbox(b))));
        }
        while log.edits.len() > MAX_REGIONS {
            if let Some((revision, _)) = log.edits.pop_front() {
                log.floor = revision;
            }
        }
    }

    /// Whether no edit after this revision can have changed the tile.
    pub(super) fn is_clean(&self, since: RevisionNumber, tile: TileId) -> bool {
        let log = self.log.read().unwrap_or_else(PoisonError::into_inner);
        if since < log.floor {
            return false;
        }
        let start = log.edits.partition_point(|(revision, _)| *revision <= since);
        let side = 4_294_967_296.0 / f64::from(1u32 << tile.z());
        let reach = |at: u32| ((f64::from(at) - TILE_MARGIN) * side, (f64::from(at) + 1.0 + TILE_MARGIN) * side);
        let (x, y) = (reach(tile.x()), reach(tile.y()));
        let meets =
            |range: [u32; 2], (low, high): (f64, f64)| f64::from(range[0]) <= high && f64::from(range[1]) >= low;
        !log.edits.range(start..).any(|(_, b)| meets(b.x, x) && meets(b.y, y))
    }
}
