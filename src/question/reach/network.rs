//! The walkable streets around a place as a graph in compressed sparse rows, and the shortest distance to each of its
//! nodes. In metres of one metric plane.

use crate::feature::Geometry;
use crate::question::measure::lines_of;
use crate::question::metric_plane::MetricPlane;
use crate::work_budget::WorkBudget;
use geo_types::Coord;
use hashbrown::HashMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The longest straight path between a street and a place off it.
pub const OFF_STREET_M: f64 = 80.0;
/// The work units of one node.
const NODE_UNITS: u64 = 30;
/// The side of the bins of the spatial index of edges.
const BIN_M: f64 = 100.0;

/// A graph of streets, connected where they share a position.
pub struct StreetNetwork {
    nodes: Vec<Coord<f64>>,
    /// The edges between two neighbouring nodes, each once.
    pub edges: Vec<StreetEdge>,
    /// For each node the index of its first neighbour in `next`; the last item is the length of `next`.
    first: Vec<u32>,
    /// Neighbouring node, and the edge that leads to it.
    next: Vec<(u32, u32)>,
    bins: HashMap<(i32, i32), Vec<u32>>,
}

/// A straight piece of street between two nodes.
#[derive(Debug, Clone, Copy)]
pub struct StreetEdge {
    pub from: u32,
    pub to: u32,
    pub a: Coord<f64>,
    pub b: Coord<f64>,
    pub length: f64,
}

/// A position on an edge.
#[derive(Debug, Clone, Copy)]
pub struct EdgePosition {
    pub edge: u32,
    /// The distance from the first node of the edge.
    pub along: f64,
    /// The straight distance between the position and the place off the street.
    pub gap: f64,
}

/// The shortest distances from one place to all nodes.
pub struct WalkDistances {
    start: EdgePosition,
    distances: Vec<f64>,
}

impl StreetNetwork {
    /// Connects the lines of geometries in degrees. Incomplete when the budget stops.
    #[must_use]
    pub fn from_geometries<'g>(
        metric: &MetricPlane,
        geometries: impl IntoIterator<Item = &'g Geometry>,
        work: &WorkBudget,
    ) -> Self {
        let mut meter = work.meter();
        let mut numbers: HashMap<(u64, u64), u32> = HashMap::new();
        let mut nodes = Vec::new();
        let mut edges = Vec::new();
        for geometry in geometries {
            for line in lines_of(geometry) {
                let mut last: Option<u32> = None;
                for c in line.0.iter().take_while(|_| meter.spend(NODE_UNITS)) {
                    let node = *numbers.entry((c.x.to_bits(), c.y.to_bits())).or_insert_with(|| {
                        nodes.push(metric.to_metres(*c));
                        nodes.len() as u32 - 1
                    });
                    if let Some(from) = last.filter(|from| *from != node) {
                        let (a, b): (Coord<f64>, Coord<f64>) = (nodes[from as usize], nodes[node as usize]);
                        let length = (b.x - a.x).hypot(b.y - a.y);
                        edges.push(StreetEdge { from, to: node, a, b, length });
                    }
                    last = Some(node);
                }
            }
        }
        let (first, next) = adjacency_rows(nodes.len(), &edges);
        let bins = bin_edges(&edges);
        Self { nodes, edges, first, next, bins }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// The nearest position on a street; `None` when it is farther than [`OFF_STREET_M`].
    #[must_use]
    pub fn nearest_position(&self, place: Coord<f64>) -> Option<EdgePosition> {
        let nearby =
            self.edges_near(place, place).into_iter().map(|n| self.edges[n as usize].nearest_position(n, place));
        nearby.filter(|s| s.gap <= OFF_STREET_M).min_by(|a, b| a.gap.total_cmp(&b.gap))
    }

    /// The edges that may lie within [`OFF_STREET_M`] of a box.
    #[must_use]
    pub fn edges_near(&self, min: Coord<f64>, max: Coord<f64>) -> Vec<u32> {
        let mut found = Vec::new();
        for x in bin_index(min.x - OFF_STREET_M)..=bin_index(max.x + OFF_STREET_M) {
            for y in bin_index(min.y - OFF_STREET_M)..=bin_index(max.y + OFF_STREET_M) {
                found.extend(self.bins.get(&(x, y)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The shortest distances from a position up to a limit (E. W. Dijkstra, *A note on two problems in connexion with
    /// graphs*, 1959).
    #[must_use]
    pub fn walk_from(&self, start: EdgePosition, limit: f64, work: &WorkBudget) -> WalkDistances {
        let mut meter = work.meter();
        let mut distances = vec![f64::INFINITY; self.nodes.len()];
        let mut heap = BinaryHeap::new();
        let edge = self.edges[start.edge as usize];
        let mut reach = |node: u32, distance: f64, heap: &mut BinaryHeap<_>| {
            if distance <= limit && distance < distances[node as usize] {
                distances[node as usize] = distance;
                heap.push(Reverse((OrderedMetres(distance), node)));
            }
        };
        reach(edge.from, start.gap + start.along, &mut heap);
        reach(edge.to, start.gap + edge.length - start.along, &mut heap);
        let mut done = vec![false; self.nodes.len()];
        while let Some(Reverse((OrderedMetres(distance), node))) = heap.pop() {
            if !meter.spend(NODE_UNITS) {
                break;
            }
            if std::mem::replace(&mut done[node as usize], true) {
                continue;
            }
            let row = self.first[node as usize] as usize..self.first[node as usize + 1] as usize;
            for (neighbour, edge) in &self.next[row] {
                reach(*neighbour, distance + self.edges[*edge as usize].length, &mut heap);
            }
        }
        WalkDistances { start, distances }
    }
}

impl WalkDistances {
    /// The distance to a position on an edge; infinite when it cannot be reached.
    #[must_use]
    pub fn distance_to(&self, number: u32, edge: &StreetEdge, along: f64) -> f64 {
        let from = self.distances[edge.from as usize] + along;
        let to = self.distances[edge.to as usize] + edge.length - along;
        let own =
            if number == self.start.edge { self.start.gap + (along - self.start.along).abs() } else { f64::INFINITY };
        from.min(to).min(own)
    }

    /// The parts of an edge within a limit, from its first node to its second.
    #[must_use]
    pub fn parts_within(&self, number: u32, edge: &StreetEdge, limit: f64) -> Vec<[Coord<f64>; 2]> {
        let from = (limit - self.distances[edge.from as usize]).clamp(0.0, edge.length);
        let to = (limit - self.distances[edge.to as usize]).clamp(0.0, edge.length);
        let mut parts = vec![(0.0, from), (edge.length - to, edge.length)];
        if number == self.start.edge {
            let reach = (limit - self.start.gap).max(0.0);
            parts.push(((self.start.along - reach).max(0.0), (self.start.along + reach).min(edge.length)));
        }
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut end = 0.0_f64;
        let mut within = Vec::new();
        for (a, b) in parts {
            let begin = a.max(end);
            if b > begin {
                within.push([begin, b].map(|along| edge.a + (edge.b - edge.a) * (along / edge.length)));
            }
            end = end.max(b);
        }
        within
    }
}

impl StreetEdge {
    /// The position on the edge that is nearest to a place.
    #[must_use]
    pub fn nearest_position(&self, number: u32, place: Coord<f64>) -> EdgePosition {
        let d = self.b - self.a;
        let t = ((place.x - self.a.x) * d.x + (place.y - self.a.y) * d.y) / (self.length * self.length);
        let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
        let near = self.a + d * t;
        EdgePosition { edge: number, along: t * self.length, gap: (place.x - near.x).hypot(place.y - near.y) }
    }
}

/// A distance with a total order; never NaN.
#[derive(PartialEq)]
struct OrderedMetres(f64);

impl Eq for OrderedMetres {}

impl PartialOrd for OrderedMetres {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OrderedMetres {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// The neighbours of each node in one list, and where those of each node begin.
fn adjacency_rows(nodes: usize, edges: &[StreetEdge]) -> (Vec<u32>, Vec<(u32, u32)>) {
    let mut first = vec![0_u32; nodes + 1];
    for s in edges {
        first[s.from as usize + 1] += 1;
        first[s.to as usize + 1] += 1;
    }
    for n in 0..nodes {
        first[n + 1] += first[n];
    }
    let mut free = first.clone();
    let mut next = vec![(0, 0); edges.len() * 2];
    for (n, s) in edges.iter().enumerate() {
        for (from, to) in [(s.from, s.to), (s.to, s.from)] {
            next[free[from as usize] as usize] = (to, n as u32);
            free[from as usize] += 1;
        }
    }
    (first, next)
}

fn bin_edges(edges: &[StreetEdge]) -> HashMap<(i32, i32), Vec<u32>> {
    let mut bins: HashMap<(i32, i32), Vec<u32>> = HashMap::new();
    for (n, s) in edges.iter().enumerate() {
        // A long edge is added to every bin that it crosses, and to a few next to it.
        let steps = (s.length / BIN_M).ceil().max(1.0);
        let mut last = None;
        for step in 0..=steps as usize {
            let at = s.a + (s.b - s.a) * (step as f64 / steps);
            let (x, y) = (bin_index(at.x), bin_index(at.y));
            let (lx, ly) = last.replace((x, y)).unwrap_or((x, y));
            for bx in x.min(lx)..=x.max(lx) {
                for by in y.min(ly)..=y.max(ly) {
                    let list = bins.entry((bx, by)).or_default();
                    if list.last() != Some(&(n as u32)) {
                        list.push(n as u32);
                    }
                }
            }
        }
    }
    bins
}

fn bin_index(metres: f64) -> i32 {
    (metres / BIN_M).floor() as i32
}
