//! Pairs of geometries from two lists that are near each other. Every cell of a coarse grid has a metric plane of its
//! own, so that a plan of all Europe is as exact as that of one street.

use super::metric_plane::{MetricPlane, widen_bbox};
use super::planar_shape::{PlanarShape, ShortestLine};
use crate::feature::{BoundingBox, Geometry, bbox_of};
use crate::work_budget::{WorkBudget, WorkMeter};
use geo::CoordsIter;
use geo_types::Coord;
use std::collections::HashMap;

/// The side of a cell that has a metric plane of its own.
const CELL_DEG: f64 = 1.0;

/// The work units of comparing two boxes, and of projecting one position.
const PAIR_UNITS: u64 = 10;
const PROJECTION_UNITS: u64 = 20;
/// The memory of one segment of a shape.
const SHAPE_BYTES: usize = 120;

/// Geometries with their bounding boxes.
pub struct BoxedGeometries<'a> {
    all: Vec<(&'a Geometry, BoundingBox)>,
}

/// Two geometries that are near each other, by their positions in the two lists.
#[derive(Debug, Clone, Copy)]
pub struct NearbyPair {
    pub a: usize,
    pub b: usize,
    /// Its distance is in metres, its positions in degrees; `from` is on `a`.
    pub line: ShortestLine,
}

impl<'a> BoxedGeometries<'a> {
    /// Keeps the order of `geometries`; empty ones are near nothing.
    #[must_use]
    pub fn new(geometries: impl IntoIterator<Item = &'a Geometry>) -> Self {
        let nowhere = BoundingBox { west: 500.0, south: 500.0, east: 500.0, north: 500.0 };
        Self { all: geometries.into_iter().map(|g| (g, bbox_of(g).unwrap_or(nowhere))).collect() }
    }
}

/// Visits every pair (a of `left`, b of `right`) at most `limit_m` apart, in no particular order. `is_wanted` excludes
/// pairs before they are measured.
///
/// Visits no more pairs when the budget stops.
pub fn visit_near_pairs(
    left: &BoxedGeometries<'_>,
    right: &BoxedGeometries<'_>,
    limit_m: f64,
    work: &WorkBudget,
    is_wanted: impl Fn(usize, usize) -> bool,
    mut visit: impl FnMut(NearbyPair),
) {
    let mut meter = work.meter();
    for (cell, members) in group_by_cell(left) {
        meter.spend(right.all.len() as u64);
        if meter.has_stopped() {
            return;
        }
        let metric = MetricPlane::centred_at(Coord {
            x: (f64::from(cell.0) + 0.5) * CELL_DEG,
            y: (f64::from(cell.1) + 0.5) * CELL_DEG,
        });
        let reach = members.iter().map(|&a| left.all[a].1).reduce(BoundingBox::union).map(|b| widen_bbox(b, limit_m));
        let Some(reach) = reach else { continue };
        let others: Vec<usize> = (0..right.all.len()).filter(|&b| boxes_intersect(reach, right.all[b].1)).collect();
        let positions: usize = others.iter().map(|&b| right.all[b].0.coords_count()).sum();
        let Ok(_memory) = work.reserve(positions * SHAPE_BYTES) else { return };
        let shapes: Vec<PlanarShape> = others
            .iter()
            .map(|&b| project_shape(right.all[b].0, &metric, &mut meter))
            .take_while(|_| !work.is_stopped())
            .collect();
        if shapes.len() < others.len() {
            return;
        }
        let grid = BoxGrid::new(&others, right, limit_m);
        for a in members {
            let (geometry, bbox) = left.all[a];
            let shape = project_shape(geometry, &metric, &mut meter);
            grid.visit_members_near(widen_bbox(bbox, limit_m), |nth| {
                let b = others[nth];
                if meter.spend(PAIR_UNITS)
                    && boxes_intersect(widen_bbox(bbox, limit_m), right.all[b].1)
                    && is_wanted(a, b)
                    && let Some(gap) = shape.shortest_line(&shapes[nth], limit_m, &mut meter)
                {
                    visit(NearbyPair {
                        a,
                        b,
                        line: ShortestLine { from: metric.to_lonlat(gap.from), to: metric.to_lonlat(gap.to), ..gap },
                    });
                }
            });
        }
    }
}

/// A geometry in metres of this plane.
fn project_shape(geometry: &Geometry, metric: &MetricPlane, meter: &mut WorkMeter) -> PlanarShape {
    meter.spend(geometry.coords_count() as u64 * PROJECTION_UNITS);
    PlanarShape::from_geometry(&metric.project(geometry))
}

/// The geometries by the cells that contain the centres of their boxes.
fn group_by_cell(geometries: &BoxedGeometries<'_>) -> HashMap<(i32, i32), Vec<usize>> {
    let mut cells: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (i, (_, b)) in geometries.all.iter().enumerate().filter(|(_, (_, b))| b.west <= 180.0) {
        let cell = |low: f64, high: f64| (f64::midpoint(low, high) / CELL_DEG).floor() as i32;
        cells.entry((cell(b.west, b.east), cell(b.south, b.north))).or_default().push(i);
    }
    cells
}

/// Whether two boxes share a position.
pub(super) fn boxes_intersect(a: BoundingBox, b: BoundingBox) -> bool {
    a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

/// Boxes in square bins about twice as wide as the distance limit; each box is in every bin that it touches.
struct BoxGrid {
    bins: HashMap<(i64, i64), Vec<usize>>,
    step: f64,
    /// Boxes that touch too many bins.
    large: Vec<usize>,
}

/// A box that touches more bins counts as large.
const MAX_BINS: i64 = 64;

impl BoxGrid {
    fn new(members: &[usize], geometries: &BoxedGeometries<'_>, limit_m: f64) -> Self {
        let mut grid = Self { bins: HashMap::new(), step: (limit_m / 111_000.0 * 2.0).max(0.001), large: vec![] };
        for (nth, &i) in members.iter().enumerate() {
            let (x, y) = grid.bin_range(geometries.all[i].1);
            if (x.end - x.start) * (y.end - y.start) > MAX_BINS {
                grid.large.push(nth);
                continue;
            }
            for ix in x {
                for iy in y.clone() {
                    grid.bins.entry((ix, iy)).or_default().push(nth);
                }
            }
        }
        grid
    }

    /// Visits each member that may intersect a box, once.
    fn visit_members_near(&self, b: BoundingBox, mut visit: impl FnMut(usize)) {
        let (x, y) = self.bin_range(b);
        let mut found: Vec<usize> = self.large.clone();
        for ix in x {
            for iy in y.clone() {
                found.extend(self.bins.get(&(ix, iy)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found.into_iter().for_each(&mut visit);
    }

    fn bin_range(&self, b: BoundingBox) -> (std::ops::Range<i64>, std::ops::Range<i64>) {
        let bin = |v: f64| (v / self.step).floor() as i64;
        (bin(b.west)..bin(b.east) + 1, bin(b.south)..bin(b.north) + 1)
    }
}
