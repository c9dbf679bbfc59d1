//! Positions on the grid of 1e-7 degrees, crossings between them, and exact orientation tests.

use crate::crs::{STEPS_PER_DEGREE, dequantise_degrees, quantise_degrees};
use geo_types::Coord;
use std::cmp::Ordering;

/// A position in steps of 1e-7 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct GridPoint {
    pub x: i64,
    pub y: i64,
}

/// A segment between two different positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GridSegment {
    pub a: GridPoint,
    pub b: GridPoint,
}

/// A position, or the point where two segments cross: `x / scale`, `y / scale`, in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct GridNode {
    pub x: i128,
    pub y: i128,
    pub scale: i128,
}

/// How two segments meet.
pub(super) enum SegmentMeeting {
    Apart,
    /// At ends, or along each other.
    AtEnds,
    Crossing(GridNode),
}

/// A position in degrees as whole steps, which doubles hold exactly.
pub(crate) fn coord_to_steps(c: Coord<f64>) -> Coord<f64> {
    // Adding 1.5 × 2^52 and taking it away rounds to an integer, faster than `round`. Positions of the grid are near
    // integers already, so that ties do not matter.
    const ROUNDER: f64 = 6_755_399_441_055_744.0;
    let round = |degrees: f64| (degrees * STEPS_PER_DEGREE + ROUNDER) - ROUNDER;
    Coord { x: round(c.x), y: round(c.y) }
}

impl GridPoint {
    pub fn from_lonlat(c: Coord<f64>) -> Self {
        Self { x: quantise_degrees(c.x).into(), y: quantise_degrees(c.y).into() }
    }

    pub fn to_lonlat(self) -> Coord<f64> {
        // Positions are made of 32-bit steps.
        Coord { x: dequantise_degrees(self.x as i32), y: dequantise_degrees(self.y as i32) }
    }
}

impl GridSegment {
    pub fn meet(self, other: Self) -> SegmentMeeting {
        let (oa, ob) = (self.side_of(other.a), self.side_of(other.b));
        if oa == ob && oa != Ordering::Equal {
            return SegmentMeeting::Apart;
        }
        let (sa, sb) = (other.side_of(self.a), other.side_of(self.b));
        if sa == sb && sa != Ordering::Equal {
            return SegmentMeeting::Apart;
        }
        if [oa, ob, sa, sb].contains(&Ordering::Equal) {
            return SegmentMeeting::AtEnds;
        }
        SegmentMeeting::Crossing(self.crossing(other))
    }

    /// Whether a position is on the segment.
    pub fn contains(self, p: GridPoint) -> bool {
        let between = |a: i64, b: i64, v: i64| v >= a.min(b) && v <= a.max(b);
        between(self.a.x, self.b.x, p.x) && between(self.a.y, self.b.y, p.y) && self.side_of(p) == Ordering::Equal
    }

    /// The side of the segment on which a node lies: `Greater` is left.
    pub fn side_of_node(self, v: GridNode) -> Ordering {
        if v.scale == 1 {
            return self.side_of(GridPoint { x: v.x as i64, y: v.y as i64 });
        }
        let (dx, dy) = (self.b.x - self.a.x, self.b.y - self.a.y);
        let (vx, vy) = (v.x - i128::from(self.a.x) * v.scale, v.y - i128::from(self.a.y) * v.scale);
        wide_product(dx, vy).cmp(&wide_product(dy, vx))
    }

    fn side_of(self, p: GridPoint) -> Ordering {
        let cross = i128::from(self.b.x - self.a.x) * i128::from(p.y - self.a.y)
            - i128::from(self.b.y - self.a.y) * i128::from(p.x - self.a.x);
        cross.cmp(&0)
    }

    /// Where two segments cross that are not parallel.
    fn crossing(self, other: Self) -> GridNode {
        let diff = |a: GridPoint, b: GridPoint| (i128::from(b.x - a.x), i128::from(b.y - a.y));
        let (r, s, between) = (diff(self.a, self.b), diff(other.a, other.b), diff(self.a, other.a));
        let (along, scale) = (between.0 * s.1 - between.1 * s.0, r.0 * s.1 - r.1 * s.0);
        let x = i128::from(self.a.x) * scale + r.0 * along;
        let y = i128::from(self.a.y) * scale + r.1 * along;
        let common = greatest_divisor(greatest_divisor(scale, x), y) * scale.signum();
        GridNode { x: x / common, y: y / common, scale: scale / common }
    }
}

impl GridNode {
    /// The position of a node on the grid.
    pub fn position(self) -> Option<GridPoint> {
        (self.scale == 1).then_some(GridPoint { x: self.x as i64, y: self.y as i64 })
    }
}

impl From<GridPoint> for GridNode {
    fn from(p: GridPoint) -> Self {
        Self { x: p.x.into(), y: p.y.into(), scale: 1 }
    }
}

/// `a × b` in 192 bits: the upper 128, signed, and the lower 64.
fn wide_product(a: i64, b: i128) -> (i128, u64) {
    let low = i128::from(a) * i128::from(b as u64);
    (i128::from(a) * (b >> 64) + (low >> 64), low as u64)
}

fn greatest_divisor(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a as i128
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_side_of_a_crossing_is_exact_across_the_whole_globe() {
        let at = |x: i64, y: i64| GridPoint { x, y };
        let (west, east) = (-1_800_000_000, 1_800_000_000);
        let first = GridSegment { a: at(west, -899_999_999), b: at(east, 900_000_000) };
        let second = GridSegment { a: at(west, 900_000_000), b: at(east - 1, -899_999_998) };
        let SegmentMeeting::Crossing(node) = first.meet(second) else { panic!("they cross") };
        assert_eq!(first.side_of_node(node), Ordering::Equal);
        assert_eq!(second.side_of_node(node), Ordering::Equal);
        let beside = GridSegment { a: at(west, -900_000_000), b: at(east, 899_999_999) };
        assert_eq!(beside.side_of_node(node), Ordering::Greater);
    }

    proptest! {
        #[test]
        fn steps_are_the_rounded_degrees(steps in -1_800_000_000..1_800_000_000_i32) {
            let degrees = dequantise_degrees(steps);
            let found = coord_to_steps(Coord { x: degrees, y: -degrees });
            prop_assert_eq!((found.x, found.y), (f64::from(steps), -f64::from(steps)));
        }

        #[test]
        fn wide_products_are_products(a in any::<i32>(), b in -(1_i128 << 90)..(1_i128 << 90)) {
            let (high, low) = wide_product(a.into(), b);
            prop_assert_eq!((high << 64) + i128::from(low), i128::from(a) * b);
        }
    }
}
