//! Which shapes of two lists are how near to each other? Far-apart data is measured on planes of its own, one for each cell of a
//! coarse grid, so that a plan of all Europe is as exact as one of a street.

use super::metric_plane::{MetricPlane, widen_bbox};
use super::planar_shape::{PlanarShape, ShortestLine};
use crate::feature::{BoundingBox, Geometry, bbox_of};
use geo_types::Coord;
use std::collections::HashMap;

/// The side of a cell with a plane of its own.
const CELL_DEG: f64 = 1.0;

/// Geometries with their boxes.
pub struct BoxedGeometries<'a> {
    all: Vec<(&'a Geometry, BoundingBox)>,
}

/// Two that are near, by their numbers in the two lists.
#[derive(Debug, Clone, Copy)]
pub struct NearbyPair {
    pub a: usize,
    pub b: usize,
    /// In metres; `from` is on `a`. The positions are in degrees.
    pub line: ShortestLine,
}

impl<'a> BoxedGeometries<'a> {
    /// Numbers follow the order of `geometries`; empty ones are near nothing.
    #[must_use]
    pub fn new(geometries: impl IntoIterator<Item = &'a Geometry>) -> Self {
        let nowhere = BoundingBox { west: 500.0, south: 500.0, east: 500.0, north: 500.0 };
        Self { all: geometries.into_iter().map(|g| (g, bbox_of(g).unwrap_or(nowhere))).collect() }
    }
}

/// Shows every pair (a of `left`, b of `right`) at most `limit_m` apart, in no particular order. `ask` says beforehand whether a pair is of
/// interest.
pub fn visit_near_pairs(
    left: &BoxedGeometries<'_>,
    right: &BoxedGeometries<'_>,
    limit_m: f64,
    is_wanted: impl Fn(usize, usize) -> bool,
    mut visit: impl FnMut(NearbyPair),
) {
    for (cell, members) in group_by_cell(left) {
        let metric = MetricPlane::centred_at(Coord {
            x: (f64::from(cell.0) + 0.5) * CELL_DEG,
            y: (f64::from(cell.1) + 0.5) * CELL_DEG,
        });
        let reach = members.iter().map(|&a| left.all[a].1).reduce(BoundingBox::union).map(|b| widen_bbox(b, limit_m));
        let Some(reach) = reach else { continue };
        let others: Vec<usize> = (0..right.all.len()).filter(|&b| boxes_intersect(reach, right.all[b].1)).collect();
        let shapes: Vec<PlanarShape> =
            others.iter().map(|&b| PlanarShape::from_geometry(&metric.project(right.all[b].0))).collect();
        let grid = BoxGrid::new(&others, right, limit_m);
        for a in members {
            let (geometry, bbox) = left.all[a];
            let shape = PlanarShape::from_geometry(&metric.project(geometry));
            grid.visit_members_near(widen_bbox(bbox, limit_m), |nth| {
                let b = others[nth];
                if boxes_intersect(widen_bbox(bbox, limit_m), right.all[b].1)
                    && is_wanted(a, b)
                    && let Some(gap) = shape.shortest_line(&shapes[nth], limit_m)
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

/// The list by the cells that the middles of its boxes lie in.
fn group_by_cell(placed: &BoxedGeometries<'_>) -> HashMap<(i32, i32), Vec<usize>> {
    let mut cells: HashMap<(i32, i32), Vec<usize>> = HashMap::new();
    for (i, (_, b)) in placed.all.iter().enumerate().filter(|(_, (_, b))| b.west <= 180.0) {
        let cell = |low: f64, high: f64| (f64::midpoint(low, high) / CELL_DEG).floor() as i32;
        cells.entry((cell(b.west, b.east), cell(b.south, b.north))).or_default().push(i);
    }
    cells
}

fn boxes_intersect(a: BoundingBox, b: BoundingBox) -> bool {
    a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

/// Boxes in square bins about as wide as what is asked for; each box is in every bin it touches.
struct BoxGrid {
    bins: HashMap<(i64, i64), Vec<usize>>,
    step: f64,
    /// Boxes too large for bins.
    large: Vec<usize>,
}

const MAX_BINS: i64 = 64;

impl BoxGrid {
    fn new(members: &[usize], placed: &BoxedGeometries<'_>, limit_m: f64) -> Self {
        let mut grid = Self { bins: HashMap::new(), step: (limit_m / 111_000.0 * 2.0).max(0.001), large: vec![] };
        for (nth, &i) in members.iter().enumerate() {
            let (x, y) = grid.bin_range(placed.all[i].1);
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

    /// Shows each member once that may meet a box.
    fn visit_members_near(&self, b: BoundingBox, mut visit: impl FnMut(usize)) {
        let (x, y) = self.bin_range(b);
        let mut seen: Vec<usize> = self.large.clone();
        for ix in x {
            for iy in y.clone() {
                seen.extend(self.bins.get(&(ix, iy)).into_iter().flatten());
            }
        }
        seen.sort_unstable();
        seen.dedup();
        seen.into_iter().for_each(&mut visit);
    }

    fn bin_range(&self, b: BoundingBox) -> (std::ops::Range<i64>, std::ops::Range<i64>) {
        let bin = |v: f64| (v / self.step).floor() as i64;
        (bin(b.west)..bin(b.east) + 1, bin(b.south)..bin(b.north) + 1)
    }
}
