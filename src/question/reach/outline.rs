//! The area within reach as polygons: the excess distance over the limit on a grid, and its zero contour (marching
//! squares; W. Lorensen and H. Cline, *Marching cubes*, 1987, in two dimensions). In metres of one metric plane. A
//! place is within reach when the distance along the streets plus the straight path off the street is within the limit,
//! and the latter is at most [`OFF_STREET_M`] long.

use super::network::{OFF_STREET_M, StreetNetwork, WalkDistances};
use crate::work_budget::WorkBudget;
use geo::{Area, Contains, Orient, orient::Direction};
use geo_types::{Coord, LineString, MultiPolygon, Point, Polygon};
use hashbrown::HashMap;

/// The number of grid cells from the centre to the limit, unless a cell would be too small or too large.
const STEPS: f64 = 60.0;
const FINEST_M: f64 = 10.0;
const COARSEST_M: f64 = 40.0;
/// The work units of one node of the grid, and of one position of a ring.
const NODE_UNITS: u64 = 5;
const RING_UNITS: u64 = 2;

/// The outline of the area within a limit; its error is less than [`step_m`].
#[must_use]
pub fn outline_polygons(
    network: &StreetNetwork,
    walk: &WalkDistances,
    limit: f64,
    work: &WorkBudget,
) -> MultiPolygon<f64> {
    let field = ExcessGrid::compute(network, walk, limit, work);
    nest_rings(if work.is_stopped() { vec![] } else { field.zero_rings() }, work)
}

/// The cell size of the grid for a limit.
#[must_use]
pub fn step_m(limit: f64) -> f64 {
    (limit / STEPS).clamp(FINEST_M, COARSEST_M)
}

/// The excess distance in metres at each node of a grid; negative within reach.
struct ExcessGrid {
    origin: Coord<f64>,
    step: f64,
    width: usize,
    height: usize,
    excess: Vec<f64>,
}

impl ExcessGrid {
    fn compute(network: &StreetNetwork, walk: &WalkDistances, limit: f64, work: &WorkBudget) -> Self {
        let step = step_m(limit);
        let far = 2.0 * step;
        let margin = OFF_STREET_M + 2.0 * far;
        let reached = |n: usize| {
            let s = &network.edges[n];
            walk.distance_to(n as u32, s, 0.0).min(walk.distance_to(n as u32, s, s.length)) <= limit
                || !walk.parts_within(n as u32, s, limit).is_empty()
        };
        let near: Vec<usize> = (0..network.edges.len()).filter(|n| reached(*n)).collect();
        let ends = || near.iter().flat_map(|n| [network.edges[*n].a, network.edges[*n].b]);
        let low = |f: fn(Coord<f64>) -> f64| ends().map(f).fold(f64::INFINITY, f64::min) - margin;
        let high = |f: fn(Coord<f64>) -> f64| ends().map(f).fold(f64::NEG_INFINITY, f64::max) + margin;
        let origin = Coord { x: low(|c| c.x), y: low(|c| c.y) };
        let nodes = |from: f64, to: f64| (((to - from) / step).ceil().max(0.0) as usize).min(4000) + 1;
        let (width, height) =
            if near.is_empty() { (0, 0) } else { (nodes(origin.x, high(|c| c.x)), nodes(origin.y, high(|c| c.y))) };
        let mut field = Self { origin, step, width, height, excess: vec![far; width * height] };
        let mut meter = work.meter();
        for n in near {
            let nodes = field.lower_around_edge(network, walk, limit, n as u32, far);
            if !meter.spend(nodes as u64 * NODE_UNITS) {
                break;
            }
        }
        field
    }

    /// Lowers the excess of the nodes around an edge; returns how many they are.
    fn lower_around_edge(
        &mut self,
        network: &StreetNetwork,
        walk: &WalkDistances,
        limit: f64,
        number: u32,
        far: f64,
    ) -> usize {
        let s = network.edges[number as usize];
        let reach = OFF_STREET_M + far;
        let range = |low: f64, high: f64, origin: f64, count: usize| {
            let at = |v: f64| ((v - origin) / self.step).max(0.0) as usize;
            at(low - reach)..(at(high + reach) + 2).min(count)
        };
        let columns = range(s.a.x.min(s.b.x), s.a.x.max(s.b.x), self.origin.x, self.width);
        let rows = range(s.a.y.min(s.b.y), s.a.y.max(s.b.y), self.origin.y, self.height);
        let count = rows.len() * columns.len();
        for y in rows {
            for x in columns.clone() {
                let position = s.nearest_position(number, self.node_position(x as f64, y as f64));
                if position.gap <= reach {
                    let way = walk.distance_to(number, &s, position.along) + position.gap;
                    let excess = (way - limit).max(position.gap - OFF_STREET_M);
                    let cell = &mut self.excess[y * self.width + x];
                    *cell = cell.min(excess);
                }
            }
        }
        count
    }

    fn node_position(&self, x: f64, y: f64) -> Coord<f64> {
        Coord { x: self.origin.x + x * self.step, y: self.origin.y + y * self.step }
    }

    /// Never exactly zero, so that every crossing lies strictly between two nodes.
    fn excess_at(&self, x: usize, y: usize) -> f64 {
        let excess = self.excess[y * self.width + x];
        if excess.abs() < 1e-3 { 1e-3 } else { excess }
    }

    /// The zero contours as closed rings, with the area within reach on their left.
    fn zero_rings(&self) -> Vec<LineString<f64>> {
        // Contour pieces: the grid edge where a piece begins → the grid edge where it ends. An edge is its lower left
        // node, and whether it is vertical.
        let mut pieces: HashMap<(usize, usize, bool), (usize, usize, bool)> = HashMap::new();
        for y in 0..self.height.saturating_sub(1) {
            for x in 0..self.width.saturating_sub(1) {
                let corner = [
                    self.excess_at(x, y),
                    self.excess_at(x + 1, y),
                    self.excess_at(x + 1, y + 1),
                    self.excess_at(x, y + 1),
                ];
                let inside = corner.map(|v| v < 0.0);
                // Edges in the order of corners: bottom, right, top, left.
                let edge = [(x, y, false), (x + 1, y, true), (x, y + 1, false), (x, y, true)];
                // Counter-clockwise round the cell, a piece begins where the inside ends and ends where the inside
                // begins.
                let ends: Vec<usize> = (0..4).filter(|i| inside[*i] && !inside[(*i + 1) % 4]).collect();
                let begins: Vec<usize> = (0..4).filter(|i| !inside[*i] && inside[(*i + 1) % 4]).collect();
                let middle = corner.iter().sum::<f64>() < 0.0;
                for end in &ends {
                    // With two opposite corners inside, the mean of the corners decides whether they are connected.
                    let next = (1..4).map(|k| (end + k) % 4).find(|i| begins.contains(i));
                    let last = (1..4).rev().map(|k| (end + k) % 4).find(|i| begins.contains(i));
                    if let Some(begin) = if ends.len() == 2 && !middle { last } else { next } {
                        pieces.insert(edge[*end], edge[begin]);
                    }
                }
            }
        }
        let mut rings = Vec::new();
        while let Some(start) = pieces.keys().next().copied() {
            let mut ring = Vec::new();
            let mut edge = start;
            while let Some(next) = pieces.remove(&edge) {
                ring.push(self.edge_crossing(edge));
                edge = next;
            }
            ring.push(ring[0]);
            rings.push(LineString::new(ring));
        }
        rings
    }

    /// Where the contour crosses an edge of the grid.
    fn edge_crossing(&self, (x, y, up): (usize, usize, bool)) -> Coord<f64> {
        let (a, b) = (self.excess_at(x, y), if up { self.excess_at(x, y + 1) } else { self.excess_at(x + 1, y) });
        let t = a / (a - b);
        let (x, y) = (x as f64, y as f64);
        if up { self.node_position(x, y + t) } else { self.node_position(x + t, y) }
    }
}

/// Rings as polygons with holes: counter-clockwise rings are exterior.
fn nest_rings(rings: Vec<LineString<f64>>, work: &WorkBudget) -> MultiPolygon<f64> {
    let area = |ring: &LineString<f64>| Polygon::new(ring.clone(), vec![]).signed_area();
    let (outer, inner): (Vec<_>, Vec<_>) = rings.into_iter().filter(|r| r.0.len() > 3).partition(|r| area(r) > 0.0);
    let mut polygons: Vec<Polygon<f64>> = outer.into_iter().map(|r| Polygon::new(r, vec![])).collect();
    polygons.sort_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()));
    for hole in inner {
        let positions: usize = polygons.iter().map(|p| p.exterior().0.len()).sum();
        if work.spend(positions as u64 * RING_UNITS).is_err() {
            break;
        }
        let within = Point(hole.0[0]);
        let around = polygons.iter_mut().find(|p| Polygon::new(p.exterior().clone(), vec![]).contains(&within));
        if let Some(polygon) = around {
            polygon.interiors_push(hole);
        }
    }
    MultiPolygon(polygons.into_iter().map(|p| p.orient(Direction::Default)).collect())
}
