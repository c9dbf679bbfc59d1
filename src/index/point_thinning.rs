//! Thins out points: the first zoom of each. At each zoom the map has cells of 16 pixels, and of the points in a cell
//! only the one with the lowest key is drawn. The result depends on the set of points alone, not on the order of edits.

use super::slot::FeatureSlot;
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use super::world_box::{WorldBox, morton_code};
use crate::crs::WorldPoint;
use std::collections::{HashMap, HashSet};

/// Up to so many points, all are drawn at every zoom.
pub(crate) const MAX_UNTHINNED_POINTS: usize = 2_000;
/// From this zoom on every point is drawn.
pub(crate) const ALL_POINTS_ZOOM: u8 = 14;

/// Cells along the side of a tile, as a power of two.
const CELL_BITS: u32 = 5;

/// A cell: (zoom, column, row).
type ThinningCell = (u8, u32, u32);

/// A feature that is drawn as points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ThinningPoint {
    pub key: i64,
    /// Its first position.
    pub at: WorldPoint,
}

/// The first zooms of all points of a collection, in the same order.
pub(crate) fn assign_zooms(points: &[ThinningPoint]) -> Vec<u8> {
    if points.len() <= MAX_UNTHINNED_POINTS {
        return vec![0; points.len()];
    }
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_unstable_by_key(|&i| points[i].key);
    let mut occupied: HashSet<ThinningCell, foldhash::fast::RandomState> = HashSet::default();
    let mut zooms = vec![ALL_POINTS_ZOOM; points.len()];
    for i in order {
        // When a cell is free, all cells within it are free too.
        let first = (0..ALL_POINTS_ZOOM)
            .find(|&zoom| !occupied.contains(&cell_at(points[i].at, zoom)))
            .unwrap_or(ALL_POINTS_ZOOM);
        occupied.extend((first..ALL_POINTS_ZOOM).map(|zoom| cell_at(points[i].at, zoom)));
        zooms[i] = first;
    }
    zooms
}

/// A change of the points of a snapshot: some are removed, others are added.
pub(crate) struct ThinningUpdate<'a> {
    pub snapshot: &'a Snapshot,
    pub removed: &'a HashSet<u64>,
    pub added: &'a [ThinningPoint],
}

/// The first zooms of the added points, in their order, and of the remaining points whose first zoom changes.
pub(crate) struct ThinningZooms {
    pub added: Vec<u8>,
    pub changed: Vec<(FeatureSlot, u8)>,
}

/// The point that is drawn for a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CellWinner {
    key: i64,
    /// `None` for an added point.
    slot: Option<FeatureSlot>,
}

impl ThinningUpdate<'_> {
    /// Computes the first zooms; visits only the cells of the changed points.
    pub fn compute_zooms(&self) -> ThinningZooms {
        if self.removed.is_empty() && self.added.is_empty() {
            return ThinningZooms { added: vec![], changed: vec![] };
        }
        if self.removed.is_empty() && self.added.iter().map(|p| p.key).min() > self.snapshot.last_key() {
            return ThinningZooms { added: self.zooms_of_appended(), changed: vec![] };
        }
        let winners = self.find_winners();
        let wins = |point: &ThinningPoint, winner: CellWinner, old_zoom: u8, zoom: u8| match winners
            .get(&cell_at(point.at, zoom))
        {
            Some(now) => *now == Some(winner),
            None => old_zoom <= zoom,
        };
        let first = |point: &ThinningPoint, winner, old_zoom| {
            (0..ALL_POINTS_ZOOM).find(|&z| wins(point, winner, old_zoom, z)).unwrap_or(ALL_POINTS_ZOOM)
        };
        let new = self.added.iter().map(|p| first(p, CellWinner { key: p.key, slot: None }, ALL_POINTS_ZOOM)).collect();
        let mut visited = HashSet::new();
        let mut old = vec![];
        let before = winners.keys().flat_map(|&cell| self.remaining_points(cell, cell.0));
        let now = winners.values().flatten().filter_map(|w| Some((w.slot?, self.snapshot.thinning_point(w.slot?)?)));
        for (slot, point) in before.chain(now) {
            if visited.insert(slot.0) {
                let old_zoom = self.tier_of_slot(slot).segment.first_zoom(slot.slot_index() as u32);
                let zoom = first(&point, CellWinner { key: point.key, slot: Some(slot) }, old_zoom);
                if zoom != old_zoom {
                    old.push((slot, zoom));
                }
            }
        }
        old.sort_unstable_by_key(|o| o.0.0);
        ThinningZooms { added: new, changed: old }
    }

    /// The first zooms of added points whose keys are higher than all others: each is drawn from the zoom at which its
    /// cell is free, and displaces no other. When a cell is free, all cells within it are free too.
    fn zooms_of_appended(&self) -> Vec<u8> {
        let mut order: Vec<usize> = (0..self.added.len()).collect();
        order.sort_unstable_by_key(|&i| self.added[i].key);
        let mut occupied: HashSet<ThinningCell, foldhash::fast::RandomState> = HashSet::default();
        let mut zooms = vec![ALL_POINTS_ZOOM; self.added.len()];
        for i in order {
            let at = self.added[i].at;
            let cells: [ThinningCell; ALL_POINTS_ZOOM as usize] = std::array::from_fn(|zoom| cell_at(at, zoom as u8));
            let by_new = cells.partition_point(|cell| occupied.contains(cell)) as u8;
            let by_old = self.snapshot.tiers.iter().map(|tier| first_free_zoom(tier, at)).max();
            zooms[i] = by_old.unwrap_or(0).max(by_new);
            occupied.extend(cells);
        }
        zooms
    }

    /// The winner of each cell with a changed point, from the smallest cells to the largest.
    fn find_winners(&self) -> HashMap<ThinningCell, Option<CellWinner>> {
        let removed = self.removed.iter().filter_map(|&slot| self.snapshot.thinning_point(FeatureSlot(slot)));
        let changed: HashSet<ThinningCell> = removed
            .chain(self.added.iter().copied())
            .flat_map(|p| (0..ALL_POINTS_ZOOM).map(move |zoom| cell_at(p.at, zoom)))
            .collect();
        let mut newcomers: HashMap<ThinningCell, CellWinner> = HashMap::new();
        for p in self.added {
            let winner = CellWinner { key: p.key, slot: None };
            newcomers
                .entry(cell_at(p.at, ALL_POINTS_ZOOM - 1))
                .and_modify(|w| w.key = w.key.min(p.key))
                .or_insert(winner);
        }
        let mut cells: Vec<ThinningCell> = changed.iter().copied().collect();
        cells.sort_unstable_by_key(|c| std::cmp::Reverse(c.0));
        let mut winners: HashMap<ThinningCell, Option<CellWinner>> = HashMap::new();
        for cell in cells {
            let winner = if cell.0 == ALL_POINTS_ZOOM - 1 {
                self.lowest_key_point(cell, ALL_POINTS_ZOOM)
                    .into_iter()
                    .chain(newcomers.get(&cell).copied())
                    .min_by_key(|w| w.key)
            } else {
                let within = child_cells(cell).into_iter().filter_map(|c| match winners.get(&c) {
                    Some(known) => *known,
                    None => self.lowest_key_point(c, c.0),
                });
                within.min_by_key(|w| w.key)
            };
            winners.insert(cell, winner);
        }
        winners
    }

    /// The remaining point with the lowest key among those of a cell that are drawn at this zoom.
    fn lowest_key_point(&self, cell: ThinningCell, zoom: u8) -> Option<CellWinner> {
        let points = self.remaining_points(cell, zoom);
        points.into_iter().map(|(slot, p)| CellWinner { key: p.key, slot: Some(slot) }).min_by_key(|w| w.key)
    }

    /// The remaining points of a cell that are drawn at this zoom.
    fn remaining_points(&self, cell: ThinningCell, zoom: u8) -> Vec<(FeatureSlot, ThinningPoint)> {
        let mut found = vec![];
        let area = cell_area(cell);
        for (at, tier) in self.snapshot.tiers.iter().enumerate() {
            for band in tier.segment.bands.iter().filter(|b| b.zoom <= zoom) {
                band.visit_slots(&area, &tier.segment.boxes, |slot| {
                    let here = FeatureSlot::new(at, slot);
                    if tier.is_live(slot)
                        && !self.removed.contains(&here.0)
                        && tier.segment.shapes.is_point_only(slot as usize)
                    {
                        found.extend(
                            self.snapshot
                                .thinning_point(here)
                                .filter(|p| self::cell_at(p.at, cell.0) == cell)
                                .map(|p| (here, p)),
                        );
                    }
                });
            }
        }
        found
    }

    fn tier_of_slot(&self, slot: FeatureSlot) -> &SnapshotTier {
        &self.snapshot.tiers[slot.tier_index()]
    }
}

impl Snapshot {
    /// The point of a feature that is drawn as points; `None` for all others.
    pub(super) fn thinning_point(&self, slot: FeatureSlot) -> Option<ThinningPoint> {
        let (segment, at) = self.locate_slot(slot);
        Some(ThinningPoint { key: segment.keys[at], at: segment.point_position(at as u32)? })
    }
}

/// The first zoom at which the cell of this position has no live point of a tier. The points that share the smallest
/// cell with it are next to it on the Z-order curve.
fn first_free_zoom(tier: &SnapshotTier, at: WorldPoint) -> u8 {
    let segment = &tier.segment;
    let live_position = |slot: u32| segment.point_position(slot).filter(|_| tier.is_live(slot));
    let here = morton_code(at);
    let split = segment.points.partition_point(|&(along, _)| along < here);
    let before = segment.points[..split].iter().rev().find_map(|&(_, slot)| live_position(slot));
    let after = segment.points[split..].iter().find_map(|&(_, slot)| live_position(slot));
    let shared = |other: WorldPoint| {
        let bits = (at.x ^ other.x).leading_zeros().min((at.y ^ other.y).leading_zeros());
        (bits + 1).saturating_sub(CELL_BITS).min(ALL_POINTS_ZOOM.into()) as u8
    };
    before.into_iter().chain(after).map(shared).max().unwrap_or(0)
}

fn cell_at(at: WorldPoint, zoom: u8) -> ThinningCell {
    let shift = 32 - CELL_BITS - u32::from(zoom);
    (zoom, at.x >> shift, at.y >> shift)
}

fn cell_area((zoom, x, y): ThinningCell) -> WorldBox {
    let shift = 32 - CELL_BITS - u32::from(zoom);
    let last = (1 << shift) - 1;
    WorldBox { x0: x << shift, y0: y << shift, x1: (x << shift) + last, y1: (y << shift) + last }
}

fn child_cells((zoom, x, y): ThinningCell) -> [ThinningCell; 4] {
    [(2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)].map(|(x, y)| (zoom + 1, x, y))
}
