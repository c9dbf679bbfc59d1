//! A binary tree of boxes around runs of segments. Consecutive segments of a ring are near each other, so that their
//! order needs no sorting.

use crate::work_budget::WorkMeter;
use geo::Coord;
use std::ops::Range;

/// Segments in one leaf.
const LEAF_SEGMENTS: usize = 8;
/// The work units of relating two segments whose boxes intersect.
const VISIT_UNITS: u64 = 10;

#[derive(Debug, Clone, Copy)]
struct SegmentBox {
    min: Coord<f64>,
    max: Coord<f64>,
}

/// The tree over the segments of all rings of one geometry, in their order.
#[derive(Debug, Clone)]
pub struct BoxTree {
    segments: Vec<SegmentBox>,
    /// A complete binary tree: children of `i` are `2i` and `2i + 1`; leaves start at `leaves`.
    nodes: Vec<SegmentBox>,
    leaves: usize,
}

const EMPTY_BOX: SegmentBox = SegmentBox {
    min: Coord { x: f64::INFINITY, y: f64::INFINITY },
    max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
};

impl BoxTree {
    pub fn new(segments: impl Iterator<Item = (Coord<f64>, Coord<f64>)>) -> Self {
        let segments: Vec<SegmentBox> = segments.map(|(a, b)| SegmentBox::from_ends(a, b)).collect();
        let leaves = segments.len().div_ceil(LEAF_SEGMENTS).next_power_of_two();
        let mut nodes = vec![EMPTY_BOX; 2 * leaves];
        for (i, run) in segments.chunks(LEAF_SEGMENTS).enumerate() {
            nodes[leaves + i] = run.iter().fold(EMPTY_BOX, |sum, s| sum.union(*s));
        }
        for i in (1..leaves).rev() {
            nodes[i] = nodes[2 * i].union(nodes[2 * i + 1]);
        }
        Self { segments, nodes, leaves }
    }

    /// Calls `visit` with each pair of segments whose boxes intersect, until it returns false. Returns `false` when the
    /// meter stopped before the end: each comparison takes one unit, each visit [`VISIT_UNITS`].
    pub fn visit_near_pairs(&self, meter: &mut WorkMeter, visit: &mut dyn FnMut(usize, usize) -> bool) -> bool {
        let mut stack = vec![(1, 1)];
        while let Some((i, j)) = stack.pop() {
            if !meter.spend(1) {
                return false;
            }
            if i != j && !self.nodes[i].intersects(self.nodes[j]) {
                continue;
            }
            if i >= self.leaves {
                if !self.visit_leaf_pairs(i - self.leaves, j - self.leaves, meter, visit) {
                    return !meter.has_stopped();
                }
            } else if i == j {
                stack.extend([(2 * i, 2 * i), (2 * i, 2 * i + 1), (2 * i + 1, 2 * i + 1)]);
            } else {
                stack.extend([(2 * i, 2 * j), (2 * i, 2 * j + 1), (2 * i + 1, 2 * j), (2 * i + 1, 2 * j + 1)]);
            }
        }
        true
    }

    /// Calls `visit` with each of these segments whose box intersects a box, until it returns false. Returns the work
    /// units that it took.
    pub fn visit_in_box(
        &self,
        segments: &Range<usize>,
        min: Coord<f64>,
        max: Coord<f64>,
        visit: &mut dyn FnMut(usize) -> bool,
    ) -> u64 {
        let mut search = BoxSearch { tree: self, segments, wanted: SegmentBox { min, max }, units: 0, visit };
        search.visit_node(1, 0, self.leaves);
        search.units
    }

    fn visit_leaf_pairs(
        &self,
        a: usize,
        b: usize,
        meter: &mut WorkMeter,
        visit: &mut dyn FnMut(usize, usize) -> bool,
    ) -> bool {
        let run = |leaf: usize| {
            (leaf * LEAF_SEGMENTS).min(self.segments.len())
                ..(leaf * LEAF_SEGMENTS + LEAF_SEGMENTS).min(self.segments.len())
        };
        let mut visits = 0;
        for i in run(a) {
            for j in run(b).skip_while(|j| a == b && *j <= i) {
                let near = self.segments[i].intersects(self.segments[j]);
                visits += u64::from(near);
                if near && !visit(i, j) {
                    return false;
                }
            }
        }
        meter.spend((LEAF_SEGMENTS * LEAF_SEGMENTS) as u64 / 4 + visits * VISIT_UNITS)
    }
}

/// A search for the segments near a box.
struct BoxSearch<'a> {
    tree: &'a BoxTree,
    segments: &'a Range<usize>,
    wanted: SegmentBox,
    units: u64,
    visit: &'a mut dyn FnMut(usize) -> bool,
}

impl BoxSearch<'_> {
    /// Visits the segments below a node, which has so many leaves from this one on; false when `visit` has ended it.
    fn visit_node(&mut self, node: usize, first_leaf: usize, leaves: usize) -> bool {
        self.units += 1;
        let (first, end) = (first_leaf * LEAF_SEGMENTS, (first_leaf + leaves) * LEAF_SEGMENTS);
        if end <= self.segments.start || first >= self.segments.end || !self.tree.nodes[node].intersects(self.wanted) {
            return true;
        }
        if node < self.tree.leaves {
            let half = leaves / 2;
            return self.visit_node(2 * node, first_leaf, half)
                && self.visit_node(2 * node + 1, first_leaf + half, half);
        }
        let last = end.min(self.segments.end).min(self.tree.segments.len());
        for i in first.max(self.segments.start)..last {
            if self.tree.segments[i].intersects(self.wanted) {
                self.units += VISIT_UNITS;
                if !(self.visit)(i) {
                    return false;
                }
            }
        }
        true
    }
}

impl SegmentBox {
    fn from_ends(a: Coord<f64>, b: Coord<f64>) -> Self {
        Self { min: Coord { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Coord { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    fn union(self, o: Self) -> Self {
        Self {
            min: Coord { x: self.min.x.min(o.min.x), y: self.min.y.min(o.min.y) },
            max: Coord { x: self.max.x.max(o.max.x), y: self.max.y.max(o.max.y) },
        }
    }

    fn intersects(self, o: Self) -> bool {
        self.min.x <= o.max.x && o.min.x <= self.max.x && self.min.y <= o.max.y && o.min.y <= self.max.y
    }
}
