//! Literals lie on the grid of stored features: what is taken from a feature's file, or from its answer, finds it.

use crate::filter::row::{Feature, collection, parse, refusal};
use cityheart::crs::{Crs, Projection, dequantise_degrees, quantise_degrees};
use cityheart::feature::Geometry;
use cityheart::filter::{Filter, FilterLanguage};
use geo::MapCoords;
use geo_types::{Coord, Geometry as G, GeometryCollection, LineString, MultiPoint, MultiPolygon, Point, Polygon};
use proptest::prelude::*;
use serde_json::json;

/// The relations that a geometry has to itself, or has not.
const RELATIONS: [(&str, bool); 6] = [
    ("S_EQUALS", true),
    ("S_INTERSECTS", true),
    ("S_WITHIN", true),
    ("S_CONTAINS", true),
    ("S_DISJOINT", false),
    ("S_TOUCHES", false),
];

/// The geometry as the index keeps it.
fn stored(original: &Geometry) -> Geometry {
    let round = |degrees: f64| dequantise_degrees(quantise_degrees(degrees));
    original.map_coords(|c| Coord { x: round(c.x), y: round(c.y) })
}

fn text_of(geometry: &Geometry) -> String {
    let json = serde_json::to_string(&geojson::Geometry::from(geometry)).unwrap();
    cql2::parse_json(&json).unwrap().to_text().unwrap()
}

fn finds(filter: &Filter, row: &Feature) -> bool {
    filter.compile().holds(row)
}

/// Polygons with seventeen digits, as other programs write them: star-shaped, round, small or large.
fn originals() -> impl Strategy<Value = Geometry> {
    let centre = (-179.0..179.0_f64, -80.0..80.0_f64);
    let size = prop_oneof![1e-5..1e-3_f64, 1e-3..1.0_f64];
    let star = (centre, size, prop::collection::vec(0.3..1.0_f64, 3..40), 0.0..1.0_f64).prop_map(
        |((x, y), size, radii, turn)| {
            let count = radii.len() as f64;
            let corner = |(i, radius): (usize, f64)| {
                let angle = (i as f64 + turn) * std::f64::consts::TAU / count;
                (x + radius * size * angle.cos(), y + radius * size * angle.sin())
            };
            radii.into_iter().enumerate().map(corner).collect::<Vec<_>>()
        },
    );
    (star, 0..6u8).prop_map(|(ring, kind)| {
        let (line, point) = (LineString::from(ring.clone()), Point::from(ring[0]));
        let polygon = Polygon::new(line.clone(), vec![]);
        let beside = polygon.map_coords(|c| Coord { x: c.x * 0.5, y: c.y * 0.5 });
        match kind {
            0 => G::Point(point),
            1 => G::MultiPoint(MultiPoint(ring.into_iter().map(Point::from).collect())),
            2 => G::LineString(line),
            3 => G::Polygon(polygon),
            4 => G::MultiPolygon(MultiPolygon(vec![polygon, beside])),
            _ => G::GeometryCollection(GeometryCollection(vec![
                G::Polygon(beside),
                G::LineString(line),
                G::Point(point),
            ])),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_literal_from_a_features_own_coordinates_finds_it(original in originals(), from_file in any::<bool>(), as_json in any::<bool>(), relation in 0..6_usize) {
        let things = collection(&[]);
        let row = Feature::new("a", Some(stored(&original)), vec![]);
        let literal = if from_file { original.clone() } else { stored(&original) };
        let (relation, expected) = RELATIONS[relation];
        let filter = if as_json {
            let geometry = serde_json::to_value(geojson::Geometry::from(&literal)).unwrap();
            let op = json!({"op": relation.to_lowercase(), "args": [{"property": "geometry"}, geometry]}).to_string();
            Filter::parse(&op, FilterLanguage::Json, Crs::CRS84, &things).unwrap()
        } else {
            parse(&format!("{relation}(geometry,{})", text_of(&literal)), &things).unwrap()
        };
        prop_assert_eq!(finds(&filter, &row), expected, "{} {}", relation, filter.text());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Metres of a grid come back to the step of the grid that they were served from.
    #[test]
    fn a_literal_in_another_reference_system_finds_the_feature(
        lon in 13.5..16.5_f64, lat in 45.5..46.8_f64, code in prop::sample::select(vec![3857, 3035, 3794, 4326]),
    ) {
        let things = collection(&[]);
        let own = stored(&G::Point(Point::new(lon, lat)));
        let crs = Crs::parse(&format!("http://www.opengis.net/def/crs/EPSG/0/{code}")).unwrap();
        let served = Projection::new(crs).unwrap().geometry_from_lonlat(&own).unwrap();
        let row = Feature::new("a", Some(own), vec![]);
        let text = format!("S_EQUALS(geometry,{})", text_of(&served));
        let filter = Filter::parse(&text, FilterLanguage::Text, crs, &things).unwrap();
        prop_assert!(finds(&filter, &row), "{}", filter.text());
        let G::Point(at) = served else { panic!("it is a point") };
        let filter = Filter::intersects_box([at.x(), at.y(), at.x(), at.y()], crs, &things).unwrap();
        prop_assert!(finds(&filter, &row), "{}", filter.text());
    }
}

#[test]
fn a_point_of_a_file_touches_all_areas_around_it() {
    let corner = (6.043_073_357_781_111, 50.128_051_662_794_235);
    let wedge = |to: [(f64, f64); 2]| stored(&G::Polygon(Polygon::new(vec![corner, to[0], to[1]].into(), vec![])));
    let around = [
        wedge([(6.1, 50.128_051_662_794_2), (6.05, 50.2)]),
        wedge([(6.05, 50.2), (5.9, 50.127_712_345_678_9)]),
        wedge([(5.9, 50.127_712_345_678_9), (6.04, 50.0)]),
    ];
    for text in [
        "S_TOUCHES(geometry,POINT(6.043073357781111 50.128051662794235))",
        "S_TOUCHES(POINT(6.043073357781111 50.128051662794235),geometry)",
        "S_INTERSECTS(geometry,BBOX(6.043073357781111,50.128051662794235,6.043073357781111,50.128051662794235))",
    ] {
        let filter = parse(text, &collection(&[])).unwrap();
        assert!(filter.text().contains("6.0430734 50.1280517"), "{}", filter.text());
        for area in &around {
            assert!(finds(&filter, &Feature::new("a", Some(area.clone()), vec![])), "{text}");
        }
    }
}

#[test]
fn what_collapses_on_the_grid_is_answered_with_a_sentence() {
    let things = collection(&[]);
    for text in [
        "S_INTERSECTS(geometry,POLYGON((1 1,1.00000001 1,1.00000001 1.00000001,1 1)))",
        "S_INTERSECTS(geometry,LINESTRING(1 1,1.00000002 1.00000002))",
        "S_WITHIN(geometry,MULTIPOLYGON(((1 1,1.00000001 1,1 1.00000001,1 1))))",
        "S_WITHIN(geometry,POLYGON((0 0,1 1,0 0,0 0)))",
    ] {
        let message = refusal(text, &things);
        assert!(message.contains("encloses nothing") && message.contains("seven decimals"), "{text}: {message}");
    }
    // A small part of a larger geometry may collapse: the rest counts, in the feature and in the filter.
    let parts = "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((2 2,2.00000001 2,2 2.00000001,2 2)))";
    let filter = parse(&format!("S_EQUALS(geometry,{parts})"), &things).unwrap();
    let own = Polygon::new(LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]), vec![]);
    assert!(finds(&filter, &Feature::new("a", Some(own.into()), vec![])));
    // A box without width is a line.
    let filter = parse("S_INTERSECTS(geometry,BBOX(1.00000001,1,1.00000002,2))", &things).unwrap();
    assert!(filter.text().contains("LINESTRING"), "{}", filter.text());
}
