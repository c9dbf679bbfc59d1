//! Rings on the tile grid: tests whether they are still simple after rounding, and repairs them if not. The result is
//! valid by OGC Simple Features; rings without an area are removed.

use super::tile_frame::TileCoord;
use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;
use i_overlay::i_shape::int::shape::IntShapes;

/// The rings of one feature in one buffer, each without its closing position, every exterior ring before its holes.
#[derive(Default)]
pub(crate) struct TileRings {
    pub points: Vec<TileCoord>,
    pub rings: Vec<TileRing>,
    edges: Vec<RingEdge>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TileRing {
    pub start: usize,
    pub end: usize,
    pub exterior: bool,
    /// Twice the signed area; positive in the winding order of exterior rings (MVT 2.1, section 4.3.4.4).
    pub area2: i64,
}

/// An edge from left to right.
#[derive(Debug, Clone, Copy)]
struct RingEdge {
    left: TileCoord,
    right: TileCoord,
    ring: u32,
    /// Its position in the ring.
    nth: u32,
}

impl TileRings {
    pub fn clear(&mut self) {
        self.points.clear();
        self.rings.clear();
    }

    pub fn last_end(&self) -> usize {
        self.rings.last().map_or(0, |r| r.end)
    }

    /// Ends the ring that consists of the points since the last one. Keeps it if twice its area is at least `least`,
    /// and says whether.
    pub fn close_ring(&mut self, exterior: bool, least: i64) -> bool {
        let start = self.last_end();
        while self.points.len() > start + 1 && self.points.last() == Some(&self.points[start]) {
            self.points.pop();
        }
        let area2 = doubled_area(&self.points[start..]);
        let is_small = area2 == 0 || area2.abs() < least;
        if self.points.len() < start + 3 || (is_small && !is_twisted(&self.points[start..], least)) {
            self.points.truncate(start);
            return false;
        }
        self.rings.push(TileRing { start, end: self.points.len(), exterior, area2 });
        true
    }

    /// Whether edges intersect only as neighbours at their common position, and holes lie in exactly one exterior ring.
    pub fn is_simple(&mut self) -> bool {
        if let [ring] = self.rings[..]
            && is_star_shaped(&self.points[ring.start..ring.end], ring.area2)
        {
            return true;
        }
        self.edges.clear();
        for (nth, ring) in self.rings.iter().enumerate() {
            add_edges(&self.points[ring.start..ring.end], nth as u32, &mut self.edges);
        }
        let len = |ring: u32| (self.rings[ring as usize].end - self.rings[ring as usize].start) as u32;
        are_disjoint(&mut self.edges, len) && (self.rings.len() == 1 || self.has_valid_nesting())
    }

    /// Whether exterior rings lie in no polygon and holes in exactly one, provided that no two rings intersect.
    fn has_valid_nesting(&self) -> bool {
        self.rings.iter().enumerate().all(|(i, ring)| {
            let at = self.points[ring.start];
            let around = self
                .rings
                .iter()
                .enumerate()
                .filter(|(j, r)| *j != i && ring_contains(&self.points[r.start..r.end], at));
            let depth: i32 = around.map(|(_, r)| if r.exterior { 1 } else { -1 }).sum();
            depth == i32::from(!ring.exterior)
        })
    }

    /// Separates self-crossing, overlapping and touching rings, on the grid. Each ring encloses what is crossed an odd
    /// number of times from outside, whichever way round it runs, as in ST_MakeValid: all lobes of a bow-tie are drawn.
    pub fn repair_rings(&mut self, least: i64) {
        if let [ring] = self.rings[..] {
            let points = self.points[ring.start..ring.end].iter().map(|p| IntPoint::new(p[0], p[1]));
            let mut overlay = Overlay::new_custom(self.points.len(), IntOverlayOptions::ogc(), Solver::default());
            overlay.add_path_iter(points, ShapeType::Subject);
            self.take_shapes(overlay.overlay(OverlayRule::Subject, FillRule::EvenOdd), least);
            return;
        }
        let mut whole = Overlay::new_custom(self.points.len(), IntOverlayOptions::ogc(), Solver::default());
        for ring in &self.rings {
            let points = self.points[ring.start..ring.end].iter().map(|p| IntPoint::new(p[0], p[1]));
            if is_simple_ring(&self.points[ring.start..ring.end]) {
                add_turned(&mut whole, points, (ring.area2 > 0) == ring.exterior);
                continue;
            }
            let mut overlay = Overlay::new_custom(ring.end - ring.start, IntOverlayOptions::ogc(), Solver::default());
            overlay.add_path_iter(points, ShapeType::Subject);
            for shape in overlay.overlay(OverlayRule::Subject, FillRule::EvenOdd) {
                // The first contour of a shape runs counter-clockwise, its holes clockwise.
                for contour in shape {
                    add_turned(&mut whole, contour.into_iter(), ring.exterior);
                }
            }
        }
        self.take_shapes(whole.overlay(OverlayRule::Subject, FillRule::Positive), least);
    }

    fn take_shapes(&mut self, shapes: IntShapes, least: i64) {
        self.clear();
        for shape in shapes {
            for (nth, contour) in shape.iter().enumerate() {
                self.points.extend(contour.iter().map(|p| [p.x, p.y]));
                if !self.close_ring(nth == 0, least) && nth == 0 {
                    break;
                }
            }
        }
    }
}

/// Adds a path, as it is or turned round.
fn add_turned(overlay: &mut Overlay, points: impl DoubleEndedIterator<Item = IntPoint>, as_it_is: bool) {
    if as_it_is {
        overlay.add_path_iter(points, ShapeType::Subject);
    } else {
        overlay.add_path_iter(points.rev(), ShapeType::Subject);
    }
}

/// Whether a ring crosses itself and may enclose an area although the signed areas of its parts add up to little.
fn is_twisted(ring: &[TileCoord], least: i64) -> bool {
    let extent = |axis: usize| {
        let (low, high) = ring.iter().fold((i32::MAX, i32::MIN), |(a, b), p| (a.min(p[axis]), b.max(p[axis])));
        i64::from(high) - i64::from(low)
    };
    ring.len() > 3 && 2 * extent(0) * extent(1) >= least.max(1) && !is_simple_ring(ring)
}

fn is_simple_ring(ring: &[TileCoord]) -> bool {
    let mut edges = Vec::with_capacity(ring.len());
    add_edges(ring, 0, &mut edges);
    are_disjoint(&mut edges, |_| ring.len() as u32)
}

fn add_edges(points: &[TileCoord], ring: u32, edges: &mut Vec<RingEdge>) {
    let mut from = points[points.len() - 1];
    for (i, &to) in points.iter().enumerate() {
        let (left, right) = if from <= to { (from, to) } else { (to, from) };
        edges.push(RingEdge { left, right, ring, nth: i as u32 });
        from = to;
    }
}

/// Whether edges share no position but those of neighbours; `len` is the number of edges of a ring.
fn are_disjoint(edges: &mut [RingEdge], len: impl Fn(u32) -> u32) -> bool {
    edges.sort_unstable_by_key(|e| e.left[0]);
    edges.iter().enumerate().all(|(i, a)| {
        let near = edges[i + 1..].iter().take_while(|b| b.left[0] <= a.right[0]);
        near.filter(|b| boxes_overlap(a, b)).all(|b| edges_apart(a, b, len(a.ring)))
    })
}

fn doubled_area(points: &[TileCoord]) -> i64 {
    let Some(mut from) = points.last() else { return 0 };
    let mut sum = 0;
    for to in points {
        sum += i64::from(from[0]) * i64::from(to[1]) - i64::from(to[0]) * i64::from(from[1]);
        from = to;
    }
    sum
}

/// Farther than any position of a tile.
const FAR_OUTSIDE: i64 = 1 << 20;

/// Whether a ring goes once round its centroid and always turns the same way, which makes it simple. Recognises most
/// buildings and blocks in one pass.
fn is_star_shaped(ring: &[TileCoord], area2: i64) -> bool {
    let (mut x, mut y) = (0, 0);
    let mut from = ring[ring.len() - 1];
    for &to in ring {
        let cross = i64::from(from[0]) * i64::from(to[1]) - i64::from(to[0]) * i64::from(from[1]);
        x += i64::from(from[0] + to[0]) * cross;
        y += i64::from(from[1] + to[1]) * cross;
        from = to;
    }
    // Any position inside will do, so the centroid may be rounded.
    // That of a ring which crosses itself may be anywhere, or nowhere.
    let middle = |sum: i64| sum.checked_div(3 * area2).map(|at| at.clamp(-FAR_OUTSIDE, FAR_OUTSIDE) as i32);
    let (Some(x), Some(y)) = (middle(x), middle(y)) else { return false };
    let centre = [x, y];
    let mut rises = 0;
    let mut turns = true;
    for &to in ring {
        turns &= (turn_direction(centre, from, to) > 0) == (area2 > 0) && turn_direction(centre, from, to) != 0;
        rises += i32::from(from[1] <= centre[1] && to[1] > centre[1]);
        from = to;
    }
    turns && rises == 1
}

/// Whether a position that is not on the ring lies inside it, by the number of edges to its right (even-odd rule).
fn ring_contains(ring: &[TileCoord], at: TileCoord) -> bool {
    let mut inside = false;
    let mut from = ring[ring.len() - 1];
    for &to in ring {
        if (from[1] > at[1]) != (to[1] > at[1]) {
            let (low, high) = if from[1] < to[1] { (from, to) } else { (to, from) };
            inside ^= turn_direction(low, high, at) > 0;
        }
        from = to;
    }
    inside
}

fn boxes_overlap(a: &RingEdge, b: &RingEdge) -> bool {
    let ((a0, a1), (b0, b1)) = (vertical_range(a), vertical_range(b));
    a0 <= b1 && b0 <= a1
}

fn vertical_range(e: &RingEdge) -> (i32, i32) {
    if e.left[1] <= e.right[1] { (e.left[1], e.right[1]) } else { (e.right[1], e.left[1]) }
}

/// Whether two edges whose boxes overlap share no position, except their common end if they are neighbours.
fn edges_apart(a: &RingEdge, b: &RingEdge, len: u32) -> bool {
    let step = a.nth.abs_diff(b.nth);
    if a.ring == b.ring && (step == 1 || step == len - 1) {
        return neighbours_apart(a, b);
    }
    // Their boxes overlap, so they intersect unless one lies entirely on one side of the other.
    let beside = |a: &RingEdge, b: &RingEdge| {
        turn_direction(a.left, a.right, b.left) * turn_direction(a.left, a.right, b.right) > 0
    };
    beside(a, b) || beside(b, a)
}

/// Whether two neighbours share only their common end: they overlap if both leave it in the same direction.
fn neighbours_apart(a: &RingEdge, b: &RingEdge) -> bool {
    let (pivot, p, q) = if a.left == b.left {
        (a.left, a.right, b.right)
    } else if a.left == b.right {
        (a.left, a.right, b.left)
    } else if a.right == b.left {
        (a.right, a.left, b.right)
    } else {
        (a.right, a.left, b.left)
    };
    if turn_direction(pivot, p, q) != 0 {
        return true;
    }
    let along = |axis: usize| i64::from(p[axis] - pivot[axis]) * i64::from(q[axis] - pivot[axis]);
    along(0) + along(1) < 0
}

/// The sign of the area of the triangle: on which side of a→b the position c lies.
fn turn_direction(a: TileCoord, b: TileCoord, c: TileCoord) -> i64 {
    let cross = i64::from(b[0] - a[0]) * i64::from(c[1] - a[1]) - i64::from(b[1] - a[1]) * i64::from(c[0] - a[0]);
    cross.signum()
}
