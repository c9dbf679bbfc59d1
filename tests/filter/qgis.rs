//! The shapes of filters that QGIS sends (its qgscql2expressioncompiler), and the answers that they must have.

use crate::filter::row::{Feature, collection, parse};
use cityheart::collection::FieldType;
use cityheart::crs::{Crs, Projection};
use cityheart::feature::FieldValue;
use cityheart::filter::{Filter, FilterLanguage};
use geo_types::{Coord, Point};

fn shop() -> Feature {
    let text = |t: &str| FieldValue::text(t);
    let values = vec![
        text("Prešernova O'Neil"),
        FieldValue::Int(7),
        FieldValue::Real(2.5),
        text("2026-03-01"),
        text("2026-03-01T10:00:00Z"),
        FieldValue::Null,
        FieldValue::Bool(true),
    ];
    Feature::new("a", Some(Point::new(15.2677, 46.2309).into()), values)
}

const FIELDS: [(&str, FieldType); 7] = [
    ("title", FieldType::Text),
    ("count", FieldType::Integer),
    ("size_m", FieldType::Real),
    ("start_date", FieldType::Date),
    ("seen", FieldType::DateTime),
    ("end_date", FieldType::Date),
    ("open", FieldType::Boolean),
];

#[test]
fn every_shape_that_qgis_sends_is_understood() {
    let things = collection(&FIELDS);
    for (text, expected) in [
        ("((title = 'x') OR (count > 5))", true),
        ("(CASEI(title) LIKE CASEI('PREŠERNOVA%'))", true),
        ("(CASEI(title) NOT LIKE CASEI('%o''neil'))", false),
        ("title LIKE 'Prešernova O''Neil'", true),
        ("title LIKE '%\\\\%'", false),
        ("S_INTERSECTS(geometry,BBOX(15.2,46.2,15.3,46.3))", true),
        ("S_INTERSECTS(geometry,POINT(15.2677 46.2309))", true),
        ("S_INTERSECTS(geometry,POLYGON((15.2 46.2,15.3 46.2,15.3 46.3,15.2 46.3,15.2 46.2)))", true),
        ("\"start_date\" = DATE('2026-03-01')", true),
        ("seen >= TIMESTAMP('2026-03-01T10:00:00.000Z')", true),
        ("seen < DATE('2026-03-01')", false),
        ("\"end_date\" IS NULL", true),
        ("\"end_date\" IS NOT NULL", false),
        ("((count % 4) = 3)", true),
        ("((count ^ 2) = 49)", true),
        ("(count = ( - ( - (7))))", true),
        ("(\"size_m\" <> 2.5)", false),
        ("count IN (1,7,9)", true),
        ("count NOT IN (1,7,9)", false),
        ("(\"size_m\" BETWEEN 1 AND 3)", true),
        ("NOT (open = TRUE)", false),
        ("open = true AND ((count / 2) > 3)", true),
        ("id = 'a'", true),
        ("st_intersects(geometry, POINT(15.2677 46.2309))", true),
        ("intersects(geometry, POINT(0 0))", false),
    ] {
        let filter = parse(text, &things).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.compile().holds(&shop()), expected, "{text} = {}", filter.text());
    }
}

#[test]
fn coordinates_come_in_the_axis_order_of_the_filters_reference_system() {
    let things = collection(&FIELDS);
    let at = Coord { x: 15.2677, y: 46.2309 };
    for crs in Crs::all().filter(|c| {
        let a = c.area_of_use();
        at.x > a[0] && at.x < a[2] && at.y > a[1] && at.y < a[3]
    }) {
        let here = Projection::new(crs).unwrap().from_lonlat(at).unwrap();
        let near = if crs.is_degrees() { 0.001 } else { 100.0 };
        let bbox = |dx: f64| {
            format!(
                "S_INTERSECTS(geometry,BBOX({},{},{},{}))",
                here.x - near + dx,
                here.y - near,
                here.x + near + dx,
                here.y + near
            )
        };
        let ask = |text: &str| {
            Filter::parse(text, FilterLanguage::Text, crs, &things).unwrap_or_else(|e| panic!("{crs} {text}: {e}"))
        };
        assert!(ask(&bbox(0.0)).compile().holds(&shop()), "{crs}");
        assert!(!ask(&bbox(3.0 * near)).compile().holds(&shop()), "{crs}");
        // The key under which answers are kept is in degrees, whatever came in.
        let again = parse(ask(&bbox(0.0)).text(), &things).unwrap();
        assert!(again.compile().holds(&shop()) && again.text() == ask(&bbox(0.0)).text(), "{crs}");
    }
}

#[test]
fn days_and_instants_are_compared_on_one_line_of_time() {
    let things = collection(&FIELDS);
    for (text, expected) in [
        ("seen = DATE('2026-03-01')", true),
        ("seen <= DATE('2026-03-01')", true),
        ("seen > DATE('2026-02-28')", true),
        ("\"start_date\" = TIMESTAMP('2026-03-01T23:59:59Z')", true),
        ("seen = '2026-03-01T11:00:00+01:00'", true),
        ("T_DURING(seen, INTERVAL('2026-02-01','2026-04-01'))", true),
        ("T_INTERSECTS(INTERVAL(\"start_date\",\"end_date\"), DATE('2030-01-01'))", true),
        ("T_AFTER(INTERVAL(\"end_date\",\"end_date\"), DATE('2000-01-01'))", false),
        ("NOT T_AFTER(\"end_date\", DATE('2000-01-01'))", false),
        ("T_MEETS(INTERVAL('2026-01-01','2026-03-01'), INTERVAL(\"start_date\",'..'))", true),
        ("YEAR(\"start_date\") = 2026", true),
        ("YEAR(seen) IN (2024, 2025)", false),
    ] {
        let filter = parse(text, &things).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.compile().holds(&shop()), expected, "{text} = {}", filter.text());
    }
}
