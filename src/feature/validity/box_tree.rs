//! A binary tree of boxes around runs of segments. Consecutive segments of a ring are near each other, so that their
//! order needs no sorting.

use geo::Coord;

/// Segments in one leaf.
const LEAF_SEGMENTS: usize = 8;

#[derive(Clone, Copy)]
struct SegmentBox {
    min: Coord<f64>,
    max: Coord<f64>,
}

/// The tree over the segments of all rings of one geometry, in their order.
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

    /// Calls `visit` with each pair of segments whose boxes intersect, until it returns false. Returns `false` when
    /// `limit` comparisons were not enough.
    pub fn visit_near_pairs(
        &self,
        limit: u64,
        comparisons: &mut u64,
        visit: &mut dyn FnMut(usize, usize) -> bool,
    ) -> bool {
        let mut stack = vec![(1, 1)];
        while let Some((i, j)) = stack.pop() {
            *comparisons += 1;
            if *comparisons > limit {
                return false;
            }
            if i != j && !self.nodes[i].intersects(self.nodes[j]) {
                continue;
            }
            if i >= self.leaves {
                if !self.visit_leaf_pairs(i - self.leaves, j - self.leaves, comparisons, visit) {
                    return true;
                }
            } else if i == j {
                stack.extend([(2 * i, 2 * i), (2 * i, 2 * i + 1), (2 * i + 1, 2 * i + 1)]);
            } else {
                stack.extend([(2 * i, 2 * j), (2 * i, 2 * j + 1), (2 * i + 1, 2 * j), (2 * i + 1, 2 * j + 1)]);
            }
        }
        true
    }

    fn visit_leaf_pairs(
        &self,
        a: usize,
        b: usize,
        comparisons: &mut u64,
        visit: &mut dyn FnMut(usize, usize) -> bool,
    ) -> bool {
        let run = |leaf: usize| {
            (leaf * LEAF_SEGMENTS).min(self.segments.len())
                ..(leaf * LEAF_SEGMENTS + LEAF_SEGMENTS).min(self.segments.len())
        };
        for i in run(a) {
            for j in run(b).skip_while(|j| a == b && *j <= i) {
                *comparisons += 1;
                if self.segments[i].intersects(self.segments[j]) && !visit(i, j) {
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
