//! The segments of an area's border as a planar graph: each once, split where others touch it, with the walks that have
//! the area on their left.

use geo_types::Coord;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Longitude and latitude in steps of 1e-7 degrees.
pub type OsmPoint = [i32; 2];

/// Why ways do not enclose an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutlineFault {
    /// A line ends here.
    Open(OsmPoint),
    /// Two segments cross here without a common node.
    Crossing(OsmPoint),
    /// Nothing is enclosed.
    Empty,
}

type Segment = [OsmPoint; 2];

/// Segment `n` is the half-edges `2n` (as it is) and `2n + 1` (reversed).
pub struct SegmentGraph {
    segments: Vec<Segment>,
    /// Half-edges by their start, counter-clockwise.
    leaving: HashMap<OsmPoint, Vec<u32>>,
}

impl SegmentGraph {
    /// # Errors
    /// Segments that cross, or an end to which nothing is joined.
    pub fn from_ways(ways: &[Vec<OsmPoint>]) -> Result<Self, OutlineFault> {
        let all = ways.iter().flat_map(|way| way.windows(2).map(|pair| sort_ends(pair[0], pair[1])));
        let segments = remove_pairs(split_where_touched(remove_pairs(all.collect()))?);
        let mut leaving: HashMap<OsmPoint, Vec<u32>> = HashMap::new();
        for (n, segment) in segments.iter().enumerate() {
            leaving.entry(segment[0]).or_default().push(2 * n as u32);
            leaving.entry(segment[1]).or_default().push(2 * n as u32 + 1);
        }
        let open = leaving.iter().filter(|(_, edges)| edges.len() % 2 == 1).map(|(point, _)| *point).min();
        if let Some(point) = open {
            return Err(OutlineFault::Open(point));
        }
        let mut graph = Self { segments, leaving: HashMap::new() };
        for edges in leaving.values_mut() {
            edges.sort_by(|a, b| compare_directions(graph.direction(*a), graph.direction(*b)));
        }
        graph.leaving = leaving;
        Ok(graph)
    }

    /// The closed walks that have the area on their left, each as the positions that it passes.
    pub fn inner_walks(&self) -> Vec<Vec<OsmPoint>> {
        let mut inside: Vec<Option<bool>> = vec![None; self.segments.len() * 2];
        let mut walks = vec![];
        for start in 0..inside.len() {
            if inside[start].is_some() {
                continue;
            }
            // The other side of a border is the other of inside and outside.
            let here = inside[start ^ 1].map_or_else(|| self.has_area_on_left(start as u32), |there| !there);
            let mut walk = vec![];
            let mut edge = start as u32;
            while inside[edge as usize].is_none() {
                inside[edge as usize] = Some(here);
                walk.push(self.start_of(edge));
                edge = self.next_edge(edge);
            }
            if here {
                walks.push(walk);
            }
        }
        walks
    }

    fn start_of(&self, edge: u32) -> OsmPoint {
        self.segments[edge as usize / 2][edge as usize % 2]
    }

    fn direction(&self, edge: u32) -> [i64; 2] {
        let (from, to) = (self.start_of(edge), self.start_of(edge ^ 1));
        [i64::from(to[0]) - i64::from(from[0]), i64::from(to[1]) - i64::from(from[1])]
    }

    /// The edge that follows along the same side: the first one clockwise from the way back.
    fn next_edge(&self, edge: u32) -> u32 {
        let around = &self.leaving[&self.start_of(edge ^ 1)];
        let back = around.iter().position(|e| *e == edge ^ 1).unwrap_or_default();
        around[(back + around.len() - 1) % around.len()]
    }

    /// Counts the borders between the left side of an edge's middle and the outside.
    fn has_area_on_left(&self, edge: u32) -> bool {
        let own = edge as usize / 2;
        let [a, b] = self.segments[own];
        // Twice the middle, so that it is a whole number.
        let middle = [i64::from(a[0]) + i64::from(b[0]), i64::from(a[1]) + i64::from(b[1])];
        let vertical = a[0] == b[0];
        // Upwards; along x for a vertical edge.
        let (across, along) = if vertical { (1, 0) } else { (0, 1) };
        let crossed = self.segments.iter().enumerate().filter(|(n, segment)| {
            let [from, to] = segment.map(|p| [2 * i64::from(p[0]) - middle[0], 2 * i64::from(p[1]) - middle[1]]);
            let beside = (from[across] > 0) != (to[across] > 0);
            *n != own && beside && {
                // Where the segment meets the axis, times a number of the sign of `rise`.
                let rise = i128::from(to[across] - from[across]);
                let met =
                    i128::from(from[along]) * i128::from(to[across]) - i128::from(to[along]) * i128::from(from[across]);
                (met > 0) == (rise > 0) && met != 0
            }
        });
        let beyond = crossed.count() % 2 == 1;
        let direction = self.direction(edge);
        let left_is_beyond = if vertical { direction[1] < 0 } else { direction[0] > 0 };
        beyond == left_is_beyond
    }
}

fn sort_ends(a: OsmPoint, b: OsmPoint) -> Segment {
    if a <= b { [a, b] } else { [b, a] }
}

/// Sorts the segments. What is there an even number of times is no border.
fn remove_pairs(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.sort_unstable();
    let mut kept: Vec<Segment> = Vec::with_capacity(segments.len());
    for segment in segments.into_iter().filter(|s| s[0] != s[1]) {
        if kept.last() == Some(&segment) {
            kept.pop();
        } else {
            kept.push(segment);
        }
    }
    kept
}

/// Splits segments at the ends of others that lie on them. Takes sorted segments.
fn split_where_touched(segments: Vec<Segment>) -> Result<Vec<Segment>, OutlineFault> {
    let mut cuts: Vec<(usize, OsmPoint)> = vec![];
    for (i, s) in segments.iter().enumerate() {
        for (j, t) in segments.iter().enumerate().skip(i + 1).take_while(|(_, t)| t[0][0] <= s[1][0]) {
            let (low, high) = (s[0][1].min(s[1][1]), s[0][1].max(s[1][1]));
            if t[0][1].min(t[1][1]) > high || t[0][1].max(t[1][1]) < low {
                continue;
            }
            let sides = [turn(s, t[0]), turn(s, t[1]), turn(t, s[0]), turn(t, s[1])];
            if sides[0] * sides[1] < 0 && sides[2] * sides[3] < 0 {
                return Err(OutlineFault::Crossing(crossing_point(s, t)));
            }
            let lies_within = |p: OsmPoint, on: &Segment| p > on[0] && p < on[1];
            let ends = [(0, i, s, t[0]), (1, i, s, t[1]), (2, j, t, s[0]), (3, j, t, s[1])];
            let touching = ends.into_iter().filter(|(n, _, on, p)| sides[*n] == 0 && lies_within(*p, on));
            cuts.extend(touching.map(|(_, n, _, p)| (n, p)));
        }
    }
    cuts.sort_unstable();
    let mut parts = Vec::with_capacity(segments.len() + cuts.len());
    let mut cuts = cuts.into_iter().peekable();
    for (n, [start, end]) in segments.into_iter().enumerate() {
        let mut from = start;
        while let Some((_, at)) = cuts.next_if(|(cut, _)| *cut == n) {
            parts.push([from, at]);
            from = at;
        }
        parts.push([from, end]);
    }
    Ok(parts)
}

/// On which side of a segment a point lies: 1 to the left, 0 on its line.
fn turn(segment: &Segment, p: OsmPoint) -> i8 {
    let [a, b] = segment.map(|q| [i128::from(q[0]), i128::from(q[1])]);
    let p = [i128::from(p[0]), i128::from(p[1])];
    ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])).signum() as i8
}

fn crossing_point(s: &Segment, t: &Segment) -> OsmPoint {
    let to_f64 = |p: OsmPoint| [f64::from(p[0]), f64::from(p[1])];
    let ([a, b], [c, d]) = (s.map(to_f64), t.map(to_f64));
    let (r, q) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
    let along = ((c[0] - a[0]) * q[1] - (c[1] - a[1]) * q[0]) / (r[0] * q[1] - r[1] * q[0]);
    [(a[0] + along * r[0]).round() as i32, (a[1] + along * r[1]).round() as i32]
}

/// Compares two directions counter-clockwise from the one along x.
fn compare_directions(a: [i64; 2], b: [i64; 2]) -> Ordering {
    let is_lower = |d: [i64; 2]| d[1] < 0 || (d[1] == 0 && d[0] < 0);
    let cross = i128::from(a[0]) * i128::from(b[1]) - i128::from(a[1]) * i128::from(b[0]);
    is_lower(a).cmp(&is_lower(b)).then(0.cmp(&cross))
}

/// Twice the area of a ring without its closing position; positive when it runs counter-clockwise.
pub fn twice_area(ring: &[OsmPoint]) -> i128 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| i128::from(a[0]) * i128::from(b[1]) - i128::from(b[0]) * i128::from(a[1])).sum()
}

/// Whether a point lies within a ring, not on it.
pub fn ring_contains(ring: &[OsmPoint], p: OsmPoint) -> bool {
    let mut inside = false;
    for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
        let segment = sort_ends(*a, *b);
        let side = turn(&segment, p);
        let (low, high) = (a[1].min(b[1]), a[1].max(b[1]));
        if side == 0 && (segment[0]..=segment[1]).contains(&p) && (low..=high).contains(&p[1]) {
            return false;
        }
        if (a[0] > p[0]) != (b[0] > p[0]) {
            // The sorted segment runs to the right: what is to the left of it has it below.
            inside ^= side < 0;
        }
    }
    inside
}

/// Dividing integers gives the doubles nearest to seven decimals.
pub fn to_degrees(point: OsmPoint) -> Coord<f64> {
    Coord { x: f64::from(point[0]) / 1e7, y: f64::from(point[1]) / 1e7 }
}
