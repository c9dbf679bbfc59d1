//! Geometries that are one set of points, whatever their parts: collections, and lines that cross themselves.

use crate::filter::row::{Feature, collection, parse};
use cityheart::feature::Geometry;
use geo_types::Geometry as G;

const RELATIONS: [&str; 8] =
    ["S_INTERSECTS", "S_DISJOINT", "S_TOUCHES", "S_WITHIN", "S_CONTAINS", "S_CROSSES", "S_OVERLAPS", "S_EQUALS"];

/// Two squares that share the edge from 2 0 to 2 2.
const NEIGHBOURS: &str = "GEOMETRYCOLLECTION(POLYGON((0 0,2 0,2 2,0 2,0 0)),POLYGON((2 0,4 0,4 2,2 2,2 0)))";
/// Two squares that overlap.
const OVERLAPPING: &str = "GEOMETRYCOLLECTION(POLYGON((0 0,2 0,2 2,0 2,0 0)),POLYGON((1 1,3 1,3 3,1 3,1 1)))";
const MIXED: &str = "GEOMETRYCOLLECTION(POINT(9 9),LINESTRING(5 1,7 1),POLYGON((0 0,2 0,2 2,0 2,0 0)))";
const CROSSED: &str = "LINESTRING(1 0,0 2,0 0,2 2)";

/// The relations of the first geometry to the second, by GEOS 3.14, which relates as JTS does.
const CASES: [(&str, &str, &str); 20] = [
    (NEIGHBOURS, "LINESTRING(2 0.5,2 1.5)", "S_INTERSECTS S_CONTAINS"),
    (NEIGHBOURS, "POINT(2 1)", "S_INTERSECTS S_CONTAINS"),
    (NEIGHBOURS, "POINT(2 0)", "S_INTERSECTS S_TOUCHES"),
    (NEIGHBOURS, "POLYGON((0 0,4 0,4 2,0 2,0 0))", "S_INTERSECTS S_WITHIN S_CONTAINS S_EQUALS"),
    (NEIGHBOURS, "POLYGON((1 0.5,3 0.5,3 1.5,1 1.5,1 0.5))", "S_INTERSECTS S_CONTAINS"),
    (NEIGHBOURS, "POLYGON((4 0,6 0,6 2,4 2,4 0))", "S_INTERSECTS S_TOUCHES"),
    (NEIGHBOURS, "LINESTRING(1 1,3 1)", "S_INTERSECTS S_CONTAINS"),
    (OVERLAPPING, "POINT(1 1)", "S_INTERSECTS S_CONTAINS"),
    (OVERLAPPING, "POLYGON((0 0,2 0,2 1,3 1,3 3,1 3,1 2,0 2,0 0))", "S_INTERSECTS S_WITHIN S_CONTAINS S_EQUALS"),
    (OVERLAPPING, "LINESTRING(2 1,2 2)", "S_INTERSECTS S_CONTAINS"),
    (OVERLAPPING, "POLYGON((0.5 0.5,2.5 2.5,2.5 0.5,0.5 0.5))", "S_INTERSECTS S_OVERLAPS"),
    (MIXED, "POINT(9 9)", "S_INTERSECTS S_CONTAINS"),
    (MIXED, "LINESTRING(5 1,6 1)", "S_INTERSECTS S_CONTAINS"),
    (MIXED, "POLYGON((4 0,8 0,8 2,4 2,4 0))", "S_INTERSECTS S_OVERLAPS"),
    (MIXED, "POLYGON((-1 -1,10 -1,10 10,-1 10,-1 -1))", "S_INTERSECTS S_WITHIN"),
    ("GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(1 1,5 1))", "POLYGON((0 0,2 0,2 2,0 2,0 0))", "S_INTERSECTS S_CROSSES"),
    (CROSSED, "LINESTRING(0 0,2 2)", "S_INTERSECTS S_CONTAINS"),
    (CROSSED, "POINT(0.5 0.5)", "S_INTERSECTS S_CONTAINS"),
    (CROSSED, "LINESTRING(0.5 1,0.75 0.5,5 5)", "S_INTERSECTS S_OVERLAPS"),
    (CROSSED, CROSSED, "S_INTERSECTS S_WITHIN S_CONTAINS S_EQUALS"),
];

fn geometry(wkt: &str) -> Geometry {
    let json = cql2::parse_text(wkt).unwrap().to_json().unwrap();
    G::try_from(serde_json::from_str::<geojson::Geometry>(&json).unwrap()).unwrap()
}

fn holds(relation: &str, own: &str, other: &str, turned: bool) -> bool {
    let text = if turned { format!("{relation}({other},geometry)") } else { format!("{relation}(geometry,{other})") };
    let filter = parse(&text, &collection(&[])).unwrap();
    filter.compile().holds(&Feature::new("a", Some(geometry(own)), vec![]))
}

#[test]
fn collections_and_crossed_lines_are_one_set_of_points() {
    for (a, b, expected) in CASES {
        for relation in RELATIONS {
            let mirrored = match relation {
                "S_WITHIN" => "S_CONTAINS",
                "S_CONTAINS" => "S_WITHIN",
                same => same,
            };
            let wanted = expected.split(' ').any(|name| name == relation);
            assert_eq!(holds(relation, a, b, false), wanted, "{relation}({a}, {b})");
            assert_eq!(holds(relation, b, a, true), wanted, "{relation}({a}, {b}), the feature second");
            assert_eq!(holds(mirrored, b, a, false), wanted, "{mirrored}({b}, {a})");
        }
    }
}

/// Segments cross where no double lies; the crossing is a fraction, and nothing is lost.
#[test]
fn crossings_between_the_positions_of_the_grid_are_exact() {
    let thirds = "LINESTRING(0 0,0.0000003 0.0000001)";
    assert!(holds("S_CROSSES", thirds, "LINESTRING(0.0000001 0,0.0000001 0.0000001)", false));
    assert!(holds("S_TOUCHES", thirds, "LINESTRING(0.0000003 0.0000001,0.0000003 0.0000002)", false));
    // A point on the edge of an area is on it, whatever doubles say of tenths.
    for tenths in 1..10 {
        let point = format!("POINT(0.{tenths} 0.{tenths})");
        let area = "POLYGON((0 0,1 0,1 1,0 0))";
        assert!(holds("S_TOUCHES", &point, area, false), "{point}");
        assert!(holds("S_INTERSECTS", &point, area, false), "{point}");
        assert!(!holds("S_WITHIN", &point, area, false), "{point}");
    }
}

#[test]
fn two_literals_relate_as_a_feature_and_a_literal_do() {
    for (a, b, expected) in CASES {
        for relation in RELATIONS {
            let filter = parse(&format!("{relation}({a},{b})"), &collection(&[])).unwrap();
            let wanted = expected.split(' ').any(|name| name == relation);
            assert_eq!(filter.text(), if wanted { "TRUE" } else { "FALSE" }, "{relation}({a},{b})");
        }
    }
}
