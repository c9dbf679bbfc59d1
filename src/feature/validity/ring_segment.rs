//! How two segments of rings lie to each other, decided exactly.

use geo::Coord;
use geo::kernels::{Kernel, Orientation, RobustKernel};

/// One segment of a ring.
#[derive(Clone, Copy)]
pub struct RingSegment {
    pub a: Coord<f64>,
    pub b: Coord<f64>,
    pub ring: u32,
}

/// What two segments share.
pub enum SegmentRelation {
    Disjoint,
    /// They share one point, which is an end of one of them.
    Touch(Coord<f64>),
    /// They cross, or run along each other.
    Cross,
}

/// The relation of two segments.
pub fn relate_segments(s: &RingSegment, t: &RingSegment) -> SegmentRelation {
    use Orientation::Collinear;
    let turn = RobustKernel::orient2d;
    let (ta, tb) = (turn(s.a, s.b, t.a), turn(s.a, s.b, t.b));
    if ta == tb && ta != Collinear {
        return SegmentRelation::Disjoint;
    }
    let (sa, sb) = (turn(t.a, t.b, s.a), turn(t.a, t.b, s.b));
    if sa == sb && sa != Collinear {
        return SegmentRelation::Disjoint;
    }
    if [ta, tb, sa, sb] == [Collinear; 4] {
        return relate_collinear(s, t);
    }
    let ends = [(ta, t.a, s), (tb, t.b, s), (sa, s.a, t), (sb, s.b, t)];
    if let Some((_, end, _)) = ends.into_iter().find(|(turn, end, other)| *turn == Collinear && in_box(*end, other)) {
        return SegmentRelation::Touch(end);
    }
    if [ta, tb, sa, sb].contains(&Collinear) { SegmentRelation::Disjoint } else { SegmentRelation::Cross }
}

/// The relation of two segments on one straight line.
fn relate_collinear(s: &RingSegment, t: &RingSegment) -> SegmentRelation {
    let shared: Vec<Coord<f64>> = [(t.a, s), (t.b, s), (s.a, t), (s.b, t)]
        .into_iter()
        .filter(|(end, other)| in_box(*end, other))
        .map(|(end, _)| end)
        .collect();
    match shared.first() {
        None => SegmentRelation::Disjoint,
        Some(first) if shared.iter().all(|p| p == first) => SegmentRelation::Touch(*first),
        Some(_) => SegmentRelation::Cross,
    }
}

/// Whether a position lies in the box of a segment.
pub fn in_box(p: Coord<f64>, s: &RingSegment) -> bool {
    p.x >= s.a.x.min(s.b.x) && p.x <= s.a.x.max(s.b.x) && p.y >= s.a.y.min(s.b.y) && p.y <= s.a.y.max(s.b.y)
}

/// Whether the path a, b, c returns along the same line.
pub fn folds_back(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> bool {
    RobustKernel::orient2d(a, b, c) == Orientation::Collinear && (b - a).x * (c - b).x + (b - a).y * (c - b).y < 0.0
}
