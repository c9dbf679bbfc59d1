//! Geometries that are made to be slow, all valid and within a few kilometres of Celje.

use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon};

pub const WEST: f64 = 15.25;
pub const SOUTH: f64 = 46.22;
/// The side of what is drawn, in degrees.
const SIDE: f64 = 0.04;

fn at(x: f64, y: f64) -> Coord<f64> {
    let round = |v: f64| (v * 1e7).round() / 1e7;
    Coord { x: round(WEST + x * SIDE), y: round(SOUTH + y * SIDE) }
}

fn ring(positions: impl IntoIterator<Item = (f64, f64)>) -> LineString<f64> {
    let mut ring: Vec<Coord<f64>> = positions.into_iter().map(|(x, y)| at(x, y)).collect();
    ring.push(ring[0]);
    LineString(ring)
}

/// A comb with so many teeth, upright or lying.
pub fn comb(teeth: usize, is_upright: bool) -> Polygon<f64> {
    let width = 1.0 / teeth as f64;
    let tooth = |i: usize| {
        let x = i as f64 * width;
        [(x, 0.05), (x, 1.0), (x + width / 2.0, 1.0), (x + width / 2.0, 0.05)]
    };
    let outline = (0..teeth).flat_map(tooth).chain([(1.0, 0.05), (1.0, 0.0), (0.0, 0.0)]);
    Polygon::new(ring(outline.map(|(x, y)| if is_upright { (x, y) } else { (y, x) })), vec![])
}

/// A comb whose teeth all lie across each other's boxes.
pub fn slanted_comb(teeth: usize) -> Polygon<f64> {
    let tooth = |i: usize| {
        let y = i as f64 / teeth as f64 * 0.4;
        [(y / 2.0, y), (y / 2.0 + 0.5, y + 0.5 + 0.1 / teeth as f64)]
    };
    Polygon::new(ring((0..teeth).flat_map(tooth).chain([(0.9, 0.99), (-0.1, 0.99)])), vec![])
}

/// A square with so many holes.
pub fn holes(count: usize) -> Polygon<f64> {
    let side = (count as f64).sqrt().ceil() as usize;
    let step = 1.0 / (side + 1) as f64;
    let hole = |i: usize| {
        let (x, y) = ((i % side) as f64 * step + step / 2.0, (i / side) as f64 * step + step / 2.0);
        ring([(x, y), (x, y + step / 2.0), (x + step / 2.0, y + step / 2.0), (x + step / 2.0, y)])
    };
    Polygon::new(ring([(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]), (0..count).map(hole).collect())
}

/// The position at this angle and distance from the point where holes touch.
fn around(angle: f64, distance: f64) -> (f64, f64) {
    (0.01 + angle.sin() * distance, 0.01 + angle.cos() * distance)
}

/// A ring outside the first two of two touching holes that touches both.
pub fn ring_that_joins_two() -> LineString<f64> {
    ring([around(0.0, 0.9), around(0.375, 0.93), around(0.75, 0.9), around(0.375, 0.99)])
}

/// A square with so many holes that all touch in one point.
pub fn touching_holes(count: usize) -> Polygon<f64> {
    let hole = |i: usize| {
        let angle = |n: f64| n / count as f64 * 1.5;
        ring([(0.01, 0.01), around(angle(i as f64), 0.9), around(angle(i as f64 + 0.5), 0.9)])
    };
    Polygon::new(ring([(-0.1, -0.1), (1.0, -0.1), (1.0, 1.0), (-0.1, 1.0)]), (0..count).map(hole).collect())
}

/// Squares in a row.
pub fn squares(count: usize) -> MultiPolygon<f64> {
    let side = (count as f64).sqrt().ceil() as usize;
    let step = 1.0 / side as f64;
    let square = |i: usize| {
        let (x, y) = ((i % side) as f64 * step, (i / side) as f64 * step);
        Polygon::new(ring([(x, y), (x + step / 2.0, y), (x + step / 2.0, y + step / 2.0), (x, y + step / 2.0)]), vec![])
    };
    MultiPolygon((0..count).map(square).collect())
}

/// A line that fills its square, to and fro.
pub fn zigzag(positions: usize) -> LineString<f64> {
    let turn = |i: usize| at(i as f64 / positions as f64, if i.is_multiple_of(2) { 0.0 } else { 1.0 });
    LineString((0..positions).map(turn).collect())
}

/// Every shape, by name, with about so many positions.
pub fn all(positions: usize) -> Vec<(&'static str, Geometry<f64>)> {
    vec![
        ("comb", comb(positions / 4, true).into()),
        ("lying comb", comb(positions / 4, false).into()),
        ("slanted comb", slanted_comb(positions / 2).into()),
        ("holes", holes(positions / 5).into()),
        ("touching holes", touching_holes(positions / 16).into()),
        ("squares", squares(positions / 5).into()),
        ("zigzag", zigzag(positions).into()),
        ("point", Point(at(0.5, 0.5)).into()),
    ]
}
