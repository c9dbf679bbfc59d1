//! What RFC 7946 demands, one line for each demand: a file that breaks it is refused, or comes in with a warning at the
//! place. Faults of coordinates have more cases in `malformed`.

use crate::support::importing::Job;

/// What is done with a file.
#[derive(Debug, PartialEq)]
enum Outcome {
    Refused,
    Told,
}
use Outcome::{Refused, Told};

/// A collection of one feature.
fn collection(feature: &str) -> String {
    format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#)
}

/// A feature with this geometry.
fn feature(geometry: &str) -> String {
    collection(&format!(r#"{{"type":"Feature","geometry":{geometry},"properties":null}}"#))
}

/// A geometry of this type.
fn shape(kind: &str, coordinates: &str) -> String {
    feature(&format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#))
}

/// A feature with one more member.
fn with_member(member: &str) -> String {
    collection(&format!(
        r#"{{"type":"Feature","geometry":{{"type":"Point","coordinates":[1,2]}},"properties":{{}},{member}}}"#
    ))
}

/// A point with one more member.
fn point_with(member: &str) -> String {
    feature(&format!(r#"{{"type":"Point","coordinates":[1,2],{member}}}"#))
}

/// A collection with one more member.
fn collection_with(member: &str) -> String {
    format!(
        r#"{{"type":"FeatureCollection","features":[{{"type":"Feature","geometry":null,"properties":{{}}}}],{member}}}"#
    )
}

#[test]
fn every_demand_of_rfc_7946_is_held_up() {
    let cases: Vec<(&str, String, Outcome, &str)> = vec![
        // 2 and 3: one JSON text, which is an object with a type.
        ("one JSON text", format!("{} x", point_with(r#""a":1"#)), Refused, "not-json"),
        ("an object", "[1]".into(), Refused, "not-json"),
        ("a type", r#"{"features":[]}"#.into(), Refused, "not-json"),
        ("a type of GeoJSON", r#"{"type":"Thing","coordinates":[1,2]}"#.into(), Refused, "not-geojson"),
        ("a type as text", r#"{"type":7}"#.into(), Refused, "wrong-type"),
        ("types in their case", r#"{"type":"point","coordinates":[1,2]}"#.into(), Refused, "not-geojson"),
        // 3.1: geometries.
        ("a geometry type", feature(r#"{"type":"Feature","coordinates":[1,2]}"#), Refused, "not-geojson"),
        ("coordinates", feature(r#"{"type":"Point"}"#), Refused, "not-geojson"),
        ("coordinates as a list", shape("Point", "7"), Refused, "wrong-type"),
        ("a position of two numbers", shape("Point", "[1]"), Refused, "too-few-positions"),
        ("a position of numbers", shape("Point", r#"[1,"2"]"#), Refused, "wrong-type"),
        ("finite numbers", shape("Point", "[1,1e400]"), Refused, "bad-number"),
        ("positions of a MultiPoint", shape("MultiPoint", "[1,2]"), Refused, "wrong-type"),
        ("two positions of a line", shape("LineString", "[[1,2]]"), Refused, "too-few-positions"),
        ("lines of a MultiLineString", shape("MultiLineString", "[[1,2],[3,4]]"), Refused, "wrong-type"),
        ("rings of a polygon", shape("Polygon", "[[1,2],[3,4]]"), Refused, "wrong-type"),
        ("closed rings", shape("Polygon", "[[[0,0],[1,0],[1,1],[0,1]]]"), Refused, "unclosed-ring"),
        ("four positions of a ring", shape("Polygon", "[[[0,0],[1,0],[0,0]]]"), Refused, "too-few-positions"),
        ("equal ends of a ring", shape("Polygon", "[[[0,0],[1,0],[1,1],[0,0.1]]]"), Refused, "unclosed-ring"),
        (
            "the exterior ring first",
            shape("Polygon", "[[[1,1],[1,2],[2,2],[1,1]],[[0,0],[9,0],[9,9],[0,9],[0,0]]]"),
            Refused,
            "rings-overlap",
        ),
        ("polygons of a MultiPolygon", shape("MultiPolygon", "[[[0,0],[1,0],[1,1],[0,0]]]"), Refused, "wrong-type"),
        ("geometries", feature(r#"{"type":"GeometryCollection"}"#), Refused, "not-geojson"),
        ("geometries as a list", feature(r#"{"type":"GeometryCollection","geometries":{}}"#), Refused, "wrong-type"),
        (
            "geometries that are some",
            feature(r#"{"type":"GeometryCollection","geometries":[null]}"#),
            Refused,
            "empty-geometry",
        ),
        // 3.2 and 3.3: features.
        ("a geometry or null", collection(r#"{"type":"Feature","properties":{}}"#), Refused, "not-geojson"),
        ("a geometry object", feature("[1,2]"), Refused, "wrong-type"),
        (
            "properties or null",
            collection(r#"{"type":"Feature","geometry":null,"properties":"a"}"#),
            Refused,
            "wrong-type",
        ),
        ("a member properties", collection(r#"{"type":"Feature","geometry":null}"#), Told, "not-geojson"),
        ("an id as text or number", with_member(r#""id":{}"#), Refused, "bad-id"),
        ("an id that is not true", with_member(r#""id":true"#), Refused, "bad-id"),
        ("features as a list", r#"{"type":"FeatureCollection","features":{}}"#.into(), Refused, "not-json"),
        ("features", r#"{"type":"FeatureCollection"}"#.into(), Refused, "not-geojson"),
        ("features that are some", collection("7"), Refused, "not-geojson"),
        ("features and not geometries", collection(r#"{"type":"Point","coordinates":[1,2]}"#), Told, "not-geojson"),
        // 3.2: ids.
        ("an id that is not null", with_member(r#""id":null"#), Told, "null-id"),
        ("an id that is not true", with_member(r#""id":true"#), Refused, "bad-id"),
        ("an id that is no list", with_member(r#""id":["a"]"#), Refused, "bad-id"),
        ("an id that is no object", with_member(r#""id":{"a":1}"#), Refused, "bad-id"),
        ("an id with characters", with_member(r#""id":"""#), Refused, "bad-id"),
        // 4: longitude and latitude.
        ("degrees", shape("Point", "[500000,4600000]"), Refused, "national-grid"),
        ("longitude to 180", shape("Point", "[181,95]"), Refused, "out-of-range"),
        // 5: bounding boxes.
        ("a bbox of four or six numbers", with_member(r#""bbox":[1,2,3]"#), Told, "bad-bbox"),
        ("a bbox as a list", with_member(r#""bbox":{"west":1}"#), Told, "bad-bbox"),
        ("a bbox of numbers", with_member(r#""bbox":["1","2","3","4"]"#), Told, "bad-bbox"),
        ("a bbox that is not null", with_member(r#""bbox":null"#), Told, "bad-bbox"),
        ("a bbox from south to north", with_member(r#""bbox":[1,4,3,2]"#), Told, "bad-bbox"),
        ("a bbox from low to high", with_member(r#""bbox":[1,2,9,3,4,5]"#), Told, "bad-bbox"),
        ("a bbox of a geometry", point_with(r#""bbox":[1,2]"#), Told, "bad-bbox"),
        ("a bbox of a collection", collection_with(r#""bbox":[1,2,3,4,5]"#), Told, "bad-bbox"),
        // 7.1: members that have another meaning elsewhere.
        ("no coordinates in a feature", with_member(r#""coordinates":[1,2]"#), Told, "forbidden-member"),
        ("no geometries in a feature", with_member(r#""geometries":[]"#), Told, "forbidden-member"),
        ("no features in a feature", with_member(r#""features":[]"#), Told, "forbidden-member"),
        ("no geometry in a geometry", point_with(r#""geometry":null"#), Told, "forbidden-member"),
        ("no properties in a geometry", point_with(r#""properties":{}"#), Told, "forbidden-member"),
        ("no features in a geometry", point_with(r#""features":[]"#), Told, "forbidden-member"),
        ("no geometries in a point", point_with(r#""geometries":[]"#), Told, "forbidden-member"),
        (
            "no coordinates in a GeometryCollection",
            feature(
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]}],"coordinates":[]}"#,
            ),
            Told,
            "forbidden-member",
        ),
        (
            "no properties in a part",
            feature(
                r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2],"properties":{}}]}"#,
            ),
            Told,
            "forbidden-member",
        ),
        ("no coordinates in a collection", collection_with(r#""coordinates":[]"#), Told, "forbidden-member"),
        ("no geometries in a collection", collection_with(r#""geometries":[]"#), Told, "forbidden-member"),
        ("no geometry in a collection", collection_with(r#""geometry":null"#), Told, "forbidden-member"),
        ("no properties in a collection", collection_with(r#""properties":{}"#), Told, "forbidden-member"),
        (
            "no properties beside a geometry that is the file",
            r#"{"type":"Point","coordinates":[1,2],"properties":{"a":1}}"#.into(),
            Told,
            "forbidden-member",
        ),
        // Members that are there twice.
        (
            "one type",
            collection(r#"{"type":"Feature","type":"Feature","geometry":null,"properties":{}}"#),
            Refused,
            "twin-members",
        ),
        ("one geometry", with_member(r#""geometry":null"#), Refused, "twin-members"),
        ("one list of coordinates", point_with(r#""coordinates":[3,4]"#), Refused, "twin-members"),
        (
            "one property of a name",
            collection(r#"{"type":"Feature","geometry":null,"properties":{"a":1,"b":2,"a":3}}"#),
            Refused,
            "twin-members",
        ),
        (
            "one member of a name in a value",
            collection(r#"{"type":"Feature","geometry":null,"properties":{"a":[{"b":1,"b":1}]}}"#),
            Refused,
            "twin-members",
        ),
        ("one id", with_member(r#""id":1,"id":2"#), Refused, "twin-members"),
        ("one crs of a collection", collection_with(r#""crs":null,"crs":null"#), Refused, "twin-members"),
        ("one type of a collection", collection_with(r#""type":"FeatureCollection""#), Refused, "twin-members"),
        ("one list of features", collection_with(r#""features":[]"#), Refused, "not-json"),
    ];
    for (demand, text, outcome, kind) in cases {
        let read = Job::new(&text).read();
        let findings = &read.report.findings;
        assert_eq!(findings.by_kind.keys().collect::<Vec<_>>(), [&kind], "{demand}: {text}: {findings:?}");
        let found = if read.result.is_err() { Refused } else { Told };
        assert_eq!(found, outcome, "{demand}: {findings:?}");
        assert_eq!(found == Told, findings.errors == 0, "{demand}: {findings:?}");
        assert!(found == Refused || read.features.len() == 1, "{demand}");
        let finding = &findings.details[0];
        assert!(finding.message.ends_with('.') && finding.place.line == Some(1), "{demand}: {finding}");
    }
}

#[test]
fn what_the_rfc_allows_is_not_told() {
    for text in [
        with_member(r#""bbox":[1,2,1,2]"#),
        with_member(r#""bbox":[1,2,0,1,2,9]"#),
        with_member(r#""id":"a""#),
        with_member(r#""id":-7.5"#),
        with_member(r#""bbox":[177,-20,-178,-16]"#),
        with_member(r#""title":{"coordinates":[1],"features":[],"type":"Polygon"}"#),
        collection_with(r#""name":"trees","bbox":[1,2,3,4]"#),
        collection_with(r#""crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:OGC:1.3:CRS84"}}"#),
        collection(
            r#"{"type":"Feature","geometry":null,"properties":{"type":"a","geometry":1,"coordinates":[],"bbox":[1]}}"#,
        ),
    ] {
        let read = Job::new(&text).read();
        assert_eq!(read.report.findings.details, [], "{text}");
        assert_eq!(read.features.len(), 1);
    }
}

#[test]
fn an_id_is_told_where_another_property_is_the_id() {
    for (id, kind) in [("null", "null-id"), ("true", "bad-id"), ("[1]", "bad-id"), ("{}", "bad-id")] {
        let text = format!(
            "[\n{}]",
            format_args!(r#"{{"type":"Feature","id":{id},"geometry":null,"properties":{{"code":"a"}}}}"#)
        );
        let mut job = Job::new(&format!(r#"{{"type":"FeatureCollection","features":{text}}}"#));
        job.options.id = Some("code".into());
        let read = job.read();
        assert_eq!((read.features.len(), read.features[0].id.as_str()), (1, "a"), "{id}");
        let found = &read.report.findings;
        assert_eq!(found.by_kind.iter().collect::<Vec<_>>(), [(&kind, &1)], "{id}");
        let place = &found.details[0].place;
        assert_eq!((found.warnings, place.line, place.pointer.as_str()), (1, Some(2), "/id"), "{id}");
        assert!(found.details[0].message.contains("RFC 7946"), "{id}");
    }
}

#[test]
fn text_with_nul_is_refused_wherever_it_is() {
    let named =
        |properties: &str| collection(&format!(r#"{{"type":"Feature","geometry":null,"properties":{properties}}}"#));
    for (text, place) in [
        (named(r#"{"a":"x\u0000y"}"#), "/properties/a"),
        (named(r#"{"a":["x",{"b":"\u0000"}]}"#), "/properties/a"),
        (named(r#"{"a":{"b\u0000":1}}"#), "/properties/a"),
        (with_member(r#""id":"a\u0000""#), "/id"),
    ] {
        let read = Job::new(&text).read();
        assert!(read.result.is_err(), "{text}");
        assert_eq!(read.report.findings.details[0].place.pointer, place, "{text}");
    }
    let read = Job::from_bytes("a.csv", format!("id,name\na,{}\nb,x\0y\n", "x".repeat(5000)).as_bytes()).read();
    assert!(read.report.findings.first_error().unwrap().message.contains("NUL"), "{:?}", read.report.findings);
}
