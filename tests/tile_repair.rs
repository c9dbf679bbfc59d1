//! Polygons that are not valid, as other programs may put them into a plan: drawn alike at every zoom.

use crate::support::features::{PARIS, collection, index_of, shaped};
use crate::tile::{read, tile, tile_at, unsnapped};
use cityheart::feature::{Geometry, GeometryTypeSet};
use geo::{Area, BooleanOps, MapCoords};
use geo_types::{Coord, LineString, MultiPolygon, Polygon, Rect};

/// Rings that cross themselves, in the unit square, and the area that they enclose by shapely 2.2 (`make_valid`).
fn crossing_rings() -> Vec<(&'static str, Vec<Vec<[f64; 2]>>, f64)> {
    let star = vec![[0.5, 1.0], [0.793893, 0.095492], [0.024472, 0.654508], [0.975528, 0.654508], [0.206107, 0.095492]];
    let bow_tie = vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0]];
    let hole = vec![[0.8, 0.4], [0.9, 0.4], [0.9, 0.6], [0.8, 0.6]];
    let lap = [
        [0.0, 0.0],
        [1.0, 0.0],
        [1.0, 1.0],
        [0.0, 1.0],
        [0.0, 0.25],
        [0.75, 0.25],
        [0.75, 0.75],
        [0.25, 0.75],
        [0.25, 0.0],
    ];
    vec![
        ("a bow-tie", vec![bow_tie.clone()], 0.5),
        ("a bow-tie turned round", vec![bow_tie.iter().rev().copied().collect()], 0.5),
        ("a bow-tie with a small wing", vec![vec![[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.5]]], 5.0 / 12.0),
        (
            "a bow-tie with a node in its middle",
            vec![vec![[0.0, 0.0], [0.5, 0.5], [1.0, 1.0], [1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]],
            0.5,
        ),
        ("a bow-tie with a hole", vec![bow_tie, hole], 0.48),
        ("a star of one line", vec![star], 0.193919),
        ("a ring that overlaps itself", vec![lap.to_vec()], 0.6875),
    ]
}

#[test]
fn rings_that_cross_themselves_are_drawn_the_same_at_every_zoom() {
    let side = 0.02;
    for (key, (name, rings, share)) in (1..).zip(crossing_rings()) {
        let at = |p: &[f64; 2]| Coord { x: PARIS.lon + p[0] * side, y: PARIS.lat + p[1] * side };
        let mut lines = rings.iter().map(|ring| ring.iter().map(at).collect::<LineString>());
        let polygon = Polygon::new(lines.next().unwrap(), lines.collect());
        let index = index_of(&collection(GeometryTypeSet::ANY), &[shaped(key, polygon)]);
        for z in 9..=17_u8 {
            let (first, last) = (tile_at(PARIS.lon, PARIS.lat + side, z), tile_at(PARIS.lon + side, PARIS.lat, z));
            let mut area = 0.0;
            for (x, y) in (first.x()..=last.x()).flat_map(|x| (first.y()..=last.y()).map(move |y| (x, y))) {
                let square = Rect::new(Coord { x: 0.0, y: 0.0 }, Coord { x: 4096.0, y: 4096.0 }).to_polygon();
                for feature in read(&index, tile(z, x, y)).features() {
                    let drawn = match feature.geometry.map_coords(|c| Coord { x: f64::from(c.x), y: f64::from(c.y) }) {
                        Geometry::Polygon(p) => MultiPolygon(vec![p]),
                        Geometry::MultiPolygon(m) => m,
                        other => panic!("{name}: {other:?}"),
                    };
                    area += drawn.intersection(&MultiPolygon(vec![square.clone()])).unsigned_area();
                }
            }
            let whole = unsnapped(&Rect::new(at(&[0.0, 0.0]), at(&[1.0, 1.0])).to_polygon().into(), first);
            let found = area / whole.unsigned_area();
            // Rounding moves each border by half a unit at most.
            let rounding = 4.0 / whole.unsigned_area().sqrt();
            assert!((found - share).abs() < rounding + 0.001, "{name} at zoom {z}: {found} of {share}");
        }
    }
}

#[test]
fn areas_that_overlap_or_have_holes_outside_are_drawn_as_their_union_without_the_holes() {
    let square = |x: f64, y: f64, side: f64| {
        let at = |dx: f64, dy: f64| Coord { x: 2.35 + (x + dx * side) * 1e-3, y: 48.85 + (y + dy * side) * 1e-3 };
        LineString(vec![at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0), at(0.0, 0.0)])
    };
    let polygon = |exterior, holes| Polygon::new(exterior, holes);
    let whole = square(0.0, 0.0, 10.0);
    for (name, geometry, share) in [
        (
            "overlapping",
            Geometry::MultiPolygon(MultiPolygon(vec![
                polygon(square(0.0, 0.0, 6.0), vec![]),
                polygon(square(4.0, 4.0, 6.0), vec![]),
            ])),
            0.68,
        ),
        ("a hole outside", polygon(square(0.0, 0.0, 6.0), vec![square(7.0, 7.0, 3.0)]).into(), 0.36),
        ("a hole across", polygon(square(0.0, 0.0, 6.0), vec![square(4.0, 4.0, 6.0)]).into(), 0.32),
        ("overlapping holes", polygon(whole.clone(), vec![square(1.0, 1.0, 4.0), square(3.0, 3.0, 4.0)]).into(), 0.72),
    ] {
        let index = index_of(&collection(GeometryTypeSet::ANY), &[shaped(1, geometry)]);
        for z in [11, 13] {
            let at = tile_at(2.355, 48.855, z);
            let drawn =
                read(&index, at).features()[0].geometry.map_coords(|c| Coord { x: f64::from(c.x), y: f64::from(c.y) });
            let all = unsnapped(&polygon(whole.clone(), vec![]).into(), at);
            let found = drawn.unsigned_area() / all.unsigned_area();
            assert!((found - share).abs() < 0.03, "{name} at zoom {z}: {found} of {share}");
        }
    }
}
