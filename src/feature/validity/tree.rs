//! Boxes around runs of sides, in a binary tree: sides that follow each other lie near each other, so the order they come in
//! is all the sorting that is needed.

use geo::Coord;

/// Sides in one leaf.
const RUN: usize = 8;

#[derive(Clone, Copy)]
struct Span {
    min: Coord<f64>,
    max: Coord<f64>,
}

pub struct Tree {
    sides: Vec<Span>,
    /// A complete binary tree: children of `i` are `2i` and `2i + 1`; leaves start at `leaves`.
    nodes: Vec<Span>,
    leaves: usize,
}

const NOTHING: Span = Span {
    min: Coord { x: f64::INFINITY, y: f64::INFINITY },
    max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
};

impl Tree {
    pub fn new(sides: impl Iterator<Item = (Coord<f64>, Coord<f64>)>) -> Self {
        let sides: Vec<Span> = sides.map(|(a, b)| Span::of(a, b)).collect();
        let leaves = sides.len().div_ceil(RUN).next_power_of_two();
        let mut nodes = vec![NOTHING; 2 * leaves];
        for (i, run) in sides.chunks(RUN).enumerate() {
            nodes[leaves + i] = run.iter().fold(NOTHING, |sum, s| sum.union(*s));
        }
        for i in (1..leaves).rev() {
            nodes[i] = nodes[2 * i].union(nodes[2 * i + 1]);
        }
        Self { sides, nodes, leaves }
    }

    /// Calls back with each two sides whose boxes meet, until `visit` says no. `false` when `limit` comparisons were not enough.
    pub fn near_pairs(&self, limit: u64, work: &mut u64, visit: &mut dyn FnMut(usize, usize) -> bool) -> bool {
        let mut stack = vec![(1, 1)];
        while let Some((i, j)) = stack.pop() {
            *work += 1;
            if *work > limit {
                return false;
            }
            if i != j && !self.nodes[i].meets(self.nodes[j]) {
                continue;
            }
            if i >= self.leaves {
                if !self.leaf_pairs(i - self.leaves, j - self.leaves, work, visit) {
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

    fn leaf_pairs(&self, a: usize, b: usize, work: &mut u64, visit: &mut dyn FnMut(usize, usize) -> bool) -> bool {
        let run = |leaf: usize| (leaf * RUN).min(self.sides.len())..(leaf * RUN + RUN).min(self.sides.len());
        for i in run(a) {
            for j in run(b).skip_while(|j| a == b && *j <= i) {
                *work += 1;
                if self.sides[i].meets(self.sides[j]) && !visit(i, j) {
                    return false;
                }
            }
        }
        true
    }
}

impl Span {
    fn of(a: Coord<f64>, b: Coord<f64>) -> Self {
        Self { min: Coord { x: a.x.min(b.x), y: a.y.min(b.y) }, max: Coord { x: a.x.max(b.x), y: a.y.max(b.y) } }
    }

    fn union(self, o: Self) -> Self {
        Self {
            min: Coord { x: self.min.x.min(o.min.x), y: self.min.y.min(o.min.y) },
            max: Coord { x: self.max.x.max(o.max.x), y: self.max.y.max(o.max.y) },
        }
    }

    fn meets(self, o: Self) -> bool {
        self.min.x <= o.max.x && o.min.x <= self.max.x && self.min.y <= o.max.y && o.min.y <= self.max.y
    }
}
