//! From which zoom a point is drawn: at each zoom the map is cut into cells of 16 pixels, and the point with the lowest key in a cell stands
//! for the others until they have a cell of their own. Depends on which points there are, and on nothing else.

use super::place::{WorldBox, interleaved};
use super::{Slot, Snapshot, Tier};
use crate::crs::World;
use std::collections::{HashMap, HashSet};

/// Up to so many points are all drawn at every zoom.
pub(crate) const FEW: usize = 2_000;
/// From this zoom on every point is drawn.
pub(crate) const ALL: u8 = 14;

/// Cells along the side of a tile, as a power of two.
const CELL_BITS: u32 = 5;

/// A cell: zoom, column, row.
type Cell = (u8, u32, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub key: i64,
    pub at: World,
}

/// The first zooms of points, of which there are no others.
pub(crate) fn zooms(points: &[Point]) -> Vec<u8> {
    if points.len() <= FEW {
        return vec![0; points.len()];
    }
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_unstable_by_key(|&i| points[i].key);
    let mut taken: HashSet<Cell, foldhash::fast::RandomState> = HashSet::default();
    let mut zooms = vec![ALL; points.len()];
    for i in order {
        // Where a cell is free, so are all cells within it.
        let first = (0..ALL).find(|&zoom| !taken.contains(&cell(points[i].at, zoom))).unwrap_or(ALL);
        taken.extend((first..ALL).map(|zoom| cell(points[i].at, zoom)));
        zooms[i] = first;
    }
    zooms
}

/// The points of a snapshot without some, and with others: which first zooms change.
pub(crate) struct Change<'a> {
    pub snapshot: &'a Snapshot,
    pub gone: &'a HashSet<u64>,
    pub new: &'a [Point],
}

/// New first zooms: of the new points, in their order, and of old points that change theirs.
pub(crate) struct Zooms {
    pub new: Vec<u8>,
    pub old: Vec<(Slot, u8)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Winner {
    key: i64,
    /// `None` for a new point.
    slot: Option<Slot>,
}

impl Change<'_> {
    /// Looks only at the cells that the changed points lie in.
    pub fn zooms(&self) -> Zooms {
        if self.gone.is_empty() && self.new.is_empty() {
            return Zooms { new: vec![], old: vec![] };
        }
        if self.gone.is_empty() && self.new.iter().map(|p| p.key).min() > self.snapshot.last_key() {
            return Zooms { new: self.latecomers(), old: vec![] };
        }
        let winners = self.winners();
        let wins = |point: &Point, winner: Winner, was: u8, zoom: u8| match winners.get(&cell(point.at, zoom)) {
            Some(now) => *now == Some(winner),
            None => was <= zoom,
        };
        let first = |point: &Point, winner, was| (0..ALL).find(|&z| wins(point, winner, was, z)).unwrap_or(ALL);
        let new = self.new.iter().map(|p| first(p, Winner { key: p.key, slot: None }, ALL)).collect();
        let mut seen = HashSet::new();
        let mut old = vec![];
        let before = winners.keys().flat_map(|&cell| self.old_points(cell, cell.0));
        let now = winners.values().flatten().filter_map(|w| Some((w.slot?, self.snapshot.point(w.slot?)?)));
        for (slot, point) in before.chain(now) {
            if seen.insert(slot.0) {
                let was = self.tier(slot).segment.zoom(slot.slot() as u32);
                let zoom = first(&point, Winner { key: point.key, slot: Some(slot) }, was);
                if zoom != was {
                    old.push((slot, zoom));
                }
            }
        }
        old.sort_unstable_by_key(|o| o.0.0);
        Zooms { new, old }
    }

    /// The first zooms of points whose keys are higher than all others: each is drawn from where its cell is free, and takes no other's
    /// place. Where a cell is free, so are all cells within it.
    fn latecomers(&self) -> Vec<u8> {
        let mut order: Vec<usize> = (0..self.new.len()).collect();
        order.sort_unstable_by_key(|&i| self.new[i].key);
        let mut taken: HashSet<Cell, foldhash::fast::RandomState> = HashSet::default();
        let mut zooms = vec![ALL; self.new.len()];
        for i in order {
            let at = self.new[i].at;
            let cells: [Cell; ALL as usize] = std::array::from_fn(|zoom| cell(at, zoom as u8));
            let by_new = cells.partition_point(|cell| taken.contains(cell)) as u8;
            let by_old = self.snapshot.tiers.iter().map(|tier| first_free(tier, at)).max();
            zooms[i] = by_old.unwrap_or(0).max(by_new);
            taken.extend(cells);
        }
        zooms
    }

    /// Who stands for each cell that a changed point lies in, from the smallest cells to the largest.
    fn winners(&self) -> HashMap<Cell, Option<Winner>> {
        let gone = self.gone.iter().filter_map(|&slot| self.snapshot.point(Slot(slot)));
        let changed: HashSet<Cell> =
            gone.chain(self.new.iter().copied()).flat_map(|p| (0..ALL).map(move |zoom| cell(p.at, zoom))).collect();
        let mut newcomers: HashMap<Cell, Winner> = HashMap::new();
        for p in self.new {
            let winner = Winner { key: p.key, slot: None };
            newcomers.entry(cell(p.at, ALL - 1)).and_modify(|w| w.key = w.key.min(p.key)).or_insert(winner);
        }
        let mut cells: Vec<Cell> = changed.iter().copied().collect();
        cells.sort_unstable_by_key(|c| std::cmp::Reverse(c.0));
        let mut winners: HashMap<Cell, Option<Winner>> = HashMap::new();
        for cell in cells {
            let winner = if cell.0 == ALL - 1 {
                self.least(cell, ALL).into_iter().chain(newcomers.get(&cell).copied()).min_by_key(|w| w.key)
            } else {
                let within = children(cell).into_iter().filter_map(|c| match winners.get(&c) {
                    Some(known) => *known,
                    None => self.least(c, c.0),
                });
                within.min_by_key(|w| w.key)
            };
            winners.insert(cell, winner);
        }
        winners
    }

    /// The old point with the lowest key among those of a cell that are drawn at this zoom.
    fn least(&self, cell: Cell, zoom: u8) -> Option<Winner> {
        let points = self.old_points(cell, zoom);
        points.into_iter().map(|(slot, p)| Winner { key: p.key, slot: Some(slot) }).min_by_key(|w| w.key)
    }

    /// The old points in a cell that stay and are drawn at this zoom.
    fn old_points(&self, cell: Cell, zoom: u8) -> Vec<(Slot, Point)> {
        let mut found = vec![];
        let area = area(cell);
        for (at, tier) in self.snapshot.tiers.iter().enumerate() {
            for band in tier.segment.bands.iter().filter(|b| b.zoom <= zoom) {
                band.slots(&area, &tier.segment.boxes, |slot| {
                    let here = Slot::new(at, slot);
                    if tier.lives(slot) && !self.gone.contains(&here.0) && tier.segment.shapes.is_points(slot as usize)
                    {
                        found.extend(
                            self.snapshot.point(here).filter(|p| self::cell(p.at, cell.0) == cell).map(|p| (here, p)),
                        );
                    }
                });
            }
        }
        found
    }

    fn tier(&self, slot: Slot) -> &Tier {
        &self.snapshot.tiers[slot.tier()]
    }
}

impl Snapshot {
    /// Something that is drawn as points; `None` for all else.
    pub(super) fn point(&self, slot: Slot) -> Option<Point> {
        let (segment, at) = self.locate(slot);
        Some(Point { key: segment.keys[at], at: segment.place_of_point(at as u32)? })
    }
}

/// The first zoom at which no living point of a tier lies in the cell of this position. The points that share the smallest cell with it are
/// next to it on the Z-order curve.
fn first_free(tier: &Tier, at: World) -> u8 {
    let segment = &tier.segment;
    let place = |slot: u32| segment.place_of_point(slot).filter(|_| tier.lives(slot));
    let here = interleaved(at);
    let split = segment.points.partition_point(|&(along, _)| along < here);
    let before = segment.points[..split].iter().rev().find_map(|&(_, slot)| place(slot));
    let behind = segment.points[split..].iter().find_map(|&(_, slot)| place(slot));
    let shared = |other: World| {
        let bits = (at.x ^ other.x).leading_zeros().min((at.y ^ other.y).leading_zeros());
        (bits + 1).saturating_sub(CELL_BITS).min(ALL.into()) as u8
    };
    before.into_iter().chain(behind).map(shared).max().unwrap_or(0)
}

fn cell(at: World, zoom: u8) -> Cell {
    let shift = 32 - CELL_BITS - u32::from(zoom);
    (zoom, at.x >> shift, at.y >> shift)
}

fn area((zoom, x, y): Cell) -> WorldBox {
    let shift = 32 - CELL_BITS - u32::from(zoom);
    let last = (1 << shift) - 1;
    WorldBox { x0: x << shift, y0: y << shift, x1: (x << shift) + last, y1: (y << shift) + last }
}

fn children((zoom, x, y): Cell) -> [Cell; 4] {
    [(2 * x, 2 * y), (2 * x + 1, 2 * y), (2 * x, 2 * y + 1), (2 * x + 1, 2 * y + 1)].map(|(x, y)| (zoom + 1, x, y))
}
