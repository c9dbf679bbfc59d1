//! Files with faults: each is refused as a whole, with the kind, the place and what to do. A new case is one line.

use crate::support::importing::{Job, collection_of, feature_of, point};
use cityheart::import::ImportSource;

/// Content, kind, what the place says, what the sentence says.
type Case = (String, &'static str, &'static str, &'static str);

fn features(list: &[String]) -> String {
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}", list.join(",\n"))
}

fn case(text: impl Into<String>, kind: &'static str, place: &'static str, sentence: &'static str) -> Case {
    (text.into(), kind, place, sentence)
}

/// Coordinates of a geometry of this type, as the second feature of a file.
fn shape(kind: &str, coordinates: &str) -> String {
    let bad = feature_of(&format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#));
    features(&[point("first", 1.0, 1.0), bad])
}

#[test]
fn geometry_with_faults_is_refused_with_its_place_and_the_fix() {
    let deep = format!("{}1{}", "[".repeat(70), "]".repeat(70));
    let many = format!("[{}]", vec!["[1,1]"; 1_000_001].join(","));
    let cases = [
        case(
            shape("Polygon", "[[[0,0],[1,0],[1,1]]]"),
            "unclosed-ring",
            "line 3, feature 2 (id f), /geometry/coordinates/0",
            "Repeat the first position at the end",
        ),
        case(
            shape("Polygon", "[[[0,0],[1,0],[0,0]]]"),
            "too-few-positions",
            "feature 2",
            "at least three different positions",
        ),
        case(
            shape("Polygon", "[[[0,0],[1,1],[1,1],[0,0],[0,0]]]"),
            "too-few-positions",
            "feature 2",
            "three different positions",
        ),
        case(shape("Polygon", "[[[0,0],[2,2],[2,0],[0,2],[0,0]]]"), "self-crossing", "feature 2", "ogr2ogr -makevalid"),
        case(
            shape("Polygon", "[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[5,5],[6,5],[6,6],[5,5]]]"),
            "rings-overlap",
            "feature 2",
            "ogr2ogr -makevalid",
        ),
        case(
            shape("MultiPolygon", "[[[[0,0],[4,0],[4,4],[0,4],[0,0]]],[[[1,1],[6,1],[6,6],[1,6],[1,1]]]]"),
            "rings-overlap",
            "feature 2",
            "ogr2ogr -makevalid",
        ),
        case(shape("Polygon", "[[0,0],[1,0],[1,1],[0,0]]"), "wrong-type", "/geometry/coordinates/0", "Expected a ring"),
        case(shape("Polygon", "[]"), "empty-geometry", "/geometry/coordinates", "Leave it out (null)"),
        case(shape("MultiPolygon", "[[]]"), "empty-geometry", "/geometry/coordinates/0", "Leave it out (null)"),
        case(shape("LineString", "[[1,1]]"), "too-few-positions", "/geometry/coordinates", "at least two positions"),
        case(shape("LineString", "[[1,1],[1,1]]"), "too-few-positions", "feature 2", "different positions"),
        case(
            shape("LineString", "[[1,1],[2,\"2\"]]"),
            "wrong-type",
            "/geometry/coordinates/1/1",
            "Expected a number, found text",
        ),
        case(shape("LineString", "[[1,1],null]"), "wrong-type", "/geometry/coordinates/1", "found null"),
        case(shape("Point", "[15.2]"), "too-few-positions", "/geometry/coordinates", "two numbers"),
        case(shape("Point", "[46.2,-115.2]"), "swapped-coordinates", "feature 2", "longitude first"),
        case(shape("Point", "[15.2,95]"), "swapped-coordinates", "feature 2", "swapped"),
        case(shape("Point", "[190,95]"), "out-of-range", "feature 2", "Longitude ranges from -180 to 180"),
        case(shape("Point", "[521000.5,121000.25]"), "national-grid", "feature 2", "Say --crs"),
        case(shape("Point", "[1e999,1]"), "bad-number", "line 3, feature 2", "too large"),
        case(shape("Point", "{\"lon\":1}"), "wrong-type", "/geometry/coordinates", "found an object"),
        case(shape("point", "[1,2]"), "not-geojson", "/geometry/type", "Write \"Point\""),
        case(shape("Circle", "[1,2]"), "not-geojson", "/geometry/type", "not a geometry type"),
        case(shape("Point", &deep), "nesting", "line 3, feature 2", "the limit is 64"),
        case(shape("LineString", &many), "too-many-vertices", "feature 2", "Split or simplify"),
        case(feature_of(r#"{"type":"Polygon"}"#), "not-geojson", "/geometry/coordinates", "needs coordinates"),
        case(
            feature_of(r#"{"type":"GeometryCollection","geometries":[]}"#),
            "empty-geometry",
            "/geometry/geometries",
            "Leave it out",
        ),
        case(
            feature_of(r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":["a",1]}]}"#),
            "wrong-type",
            "/geometry/geometries/0/coordinates/0",
            "Expected a number",
        ),
        case(feature_of(r#""POINT(1 2)""#), "wrong-type", "/geometry", "found text"),
    ];
    hold(&cases);
}

#[test]
fn text_with_faults_is_refused_with_its_line() {
    let a = point("a", 1.0, 1.0);
    let cases = [
        case("", "not-json", "line 1", "The file is empty"),
        case("   \n ", "not-json", "line 1", "The file is empty"),
        case("{", "truncated", "line 1", "ends before the end of what starts here"),
        case(
            r#"{"type":"FeatureCollection","features":["#,
            "truncated",
            "line 1",
            "ends before the end of what starts here",
        ),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{a},\n{}", &a[..40]),
            "truncated",
            "line 3, feature 2",
            "may be incomplete",
        ),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[{a}]"),
            "truncated",
            "line 1",
            "may be incomplete",
        ),
        case(format!("[{a}]"), "not-json", "line 1", "A list is not GeoJSON"),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[{a},]}}"),
            "not-json",
            "line 1",
            "comma after the last feature",
        ),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[{a}\n{a}]}}"),
            "not-json",
            "line 2",
            "comma is missing",
        ),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[{a}]}} x"),
            "not-json",
            "line 1",
            "after the end of the GeoJSON document",
        ),
        case(format!("{{\"features\":[{a}]}}"), "not-json", "line 1", "has no type"),
        case(
            format!("{{\"features\":[{a}],\"type\":\"Feature\"}}"),
            "not-json",
            "line 1",
            "Write \"type\": \"FeatureCollection\"",
        ),
        case(
            format!("{{\"type\":\"FeatureCollection\",\"features\":[{a}],\"features\":[]}}"),
            "not-json",
            "line 1",
            "second list",
        ),
        case(r#"{"type":"FeatureCollection"}"#, "not-geojson", "feature 1", "no member features"),
        case(r#"{"type":"Topology","objects":{}}"#, "not-geojson", "feature 1", "not a geometry type"),
        case(r#"{"hello":"world"}"#, "not-geojson", "feature 1", "This is not a GeoJSON feature"),
        case(features(&["null".into()]), "not-geojson", "line 2, feature 1", "found null"),
        case(features(&[a.clone(), "12".into()]), "not-geojson", "line 3, feature 2", "found a number"),
        case(
            features(&[r#"{"type":"FeatureCollection","features":[]}"#.into()]),
            "not-geojson",
            "feature 1",
            "cannot be an element of another",
        ),
        case(
            features(&[r#"{"type":"Feature","properties":{}}"#.into()]),
            "not-geojson",
            "feature 1",
            "\"geometry\": null",
        ),
        case(
            features(&[r#"{"type":"Feature","geometry":null,"properties":[1]}"#.into()]),
            "wrong-type",
            "/properties",
            "an object or null",
        ),
        case(
            features(&[a.clone(), "{\"type\":\"Feature\",\n\"geometry\":null,\n\"properties\":{'a':1}}".into()]),
            "not-json",
            "line 5, feature 2",
            "missing quote",
        ),
        case(
            features(&[
                r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[NaN,1]},"properties":{}}"#.into()
            ]),
            "not-json",
            "feature 1",
            "no NaN",
        ),
        case(
            features(&[a.replace("\"coordinates\":[1,1]", "\"coordinates\":[1,1}")]),
            "not-json",
            "feature 1",
            "Check for a missing",
        ),
        case(
            format!(
                "{{\"type\":\"FeatureCollection\",\"crs\":{{\"type\":\"name\",\"properties\":{{\"name\":\"urn:ogc:def:crs:EPSG::3794\"}}}},\"features\":[{a}]}}"
            ),
            "crs",
            "line 1",
            "Say --crs EPSG:3794",
        ),
        case(
            format!("\u{1e}{a}\n\u{1e}{{\"type\":\"Feature\",\n\u{1e}{a}\n"),
            "truncated",
            "feature 2",
            "may be incomplete",
        ),
        case(
            format!("{a}\n{{\"type\":\"Fea\n{}\n", a.replace("\"a\"", "\"b\"")),
            "truncated",
            "line 2, feature 2",
            "not closed",
        ),
    ];
    hold(&cases);
}

#[test]
fn ids_with_faults_are_refused() {
    let id = |id: &str| format!(r#"{{"type":"Feature","id":{id},"geometry":null,"properties":{{}}}}"#);
    let cases = [
        case(
            features(&[id("\"a\""), id("\"a\"")]),
            "duplicate-id",
            "line 3, feature 2 (id a), /id",
            "Feature 1 has the id 'a' too",
        ),
        case(features(&[id("7"), id("\"7\"")]), "duplicate-id", "feature 2", "Give each feature its own id"),
        case(features(&[id("\"\"")]), "bad-id", "feature 1", "1 to 200 characters"),
        case(features(&[id("{\"a\":1}")]), "bad-id", "feature 1, /id", "text or a number"),
        case(features(&[id(&format!("\"{}\"", "x".repeat(201)))]), "bad-id", "feature 1", "1 to 200 characters"),
        case(features(&[id("\"a\\u0000b\"")]), "bad-id", "feature 1", "control characters"),
    ];
    hold(&cases);
    let mut job = Job::new(&collection_of(&[r#"{"code":"a"}"#, r#"{"name":"b"}"#]));
    job.options.id = Some("code".into());
    holds(&job, &case("", "bad-id", "feature 2, /properties/code", "--id names"));
    let mut job = Job::new(&features(&[id("\"a\"")]));
    job.taken = vec!["a"];
    holds(&job, &case("", "taken-id", "feature 1", "--replace"));
}

#[test]
fn what_breaks_the_plans_schema_is_refused() {
    let area = |id: &str, properties: &str| {
        format!(
            r#"{{"type":"Feature","id":"{id}","geometry":{{"type":"Polygon","coordinates":[[[15,46],[15.1,46],[15,46.1],[15,46]]]}},"properties":{properties}}}"#
        )
    };
    let good = r#""name":"A","city":"celje","kind":"study_area","valid_from":"2024-01-01""#;
    let cases = [
        (
            area("celje-a", &format!("{{{good},\"colour\":\"red\"}}")),
            "unknown-property",
            "/properties/colour",
            "has no property 'colour'",
        ),
        (area("celje-a", r#"{"nmae":"A"}"#), "unknown-property", "/properties/nmae", "Did you mean 'name'?"),
        (
            area("celje-a", &format!("{{{good},\"population\":\"1200\"}}")),
            "wrong-type",
            "/properties/population",
            "Remove the quotes: 1200",
        ),
        (
            area("celje-a", r#"{"name":"A","city":"celje","valid_from":"31.12.2024"}"#),
            "bad-date",
            "/properties/valid_from",
            "Write 2024-12-31",
        ),
        (
            area("celje-a", r#"{"name":"A","city":"celje","valid_from":"2024-02-30"}"#),
            "bad-date",
            "/properties/valid_from",
            "a date such as",
        ),
        (
            area("celje-a", r#"{"name":"A","city":"celje","population":12.5}"#),
            "bad-number",
            "/properties/population",
            "whole number",
        ),
        (area("Celje A", &format!("{{{good}}}")), "bad-id", "/id", "lower-case letters"),
        (
            area("celje-a", r#"{"name":"A","city":"celje","kind":"kingdom"}"#),
            "schema-violation",
            "/properties/kind",
            "kingdom",
        ),
        (area("celje-a", "{}"), "schema-violation", "/properties", "required"),
        (point("celje-a", 15.0, 46.0), "geometry-type", "/geometry", "holds Polygon or MultiPolygon"),
    ];
    for (text, kind, place, sentence) in cases {
        let mut job = Job::new(&text);
        job.into = "areas";
        holds(&job, &case(text, kind, place, sentence));
    }
}

#[test]
fn tables_with_faults_are_refused_with_their_line() {
    let cases = [
        case("", "columns", "line 1", "The table is empty"),
        case(
            "id,lon,lat\na,1.5,2\nb,\"1,5\",2\n",
            "bad-number",
            "line 3, feature 2 (id b), /longitude",
            "Write a point: 1.5",
        ),
        case("id,lon,lat\na,,2\n", "bad-number", "line 2", "The longitude is missing"),
        case("id,lon,lat\na,east,2\n", "bad-number", "line 2, feature 1", "Write degrees"),
        case("id,lon,lat\na,1,2,3\n", "columns", "line 2", "4 cells, the heading has 3"),
        case("id,lon,name\na,1,b\n", "columns", "line 1", "but not for the latitude"),
        case("id,name,name\na,b,c\n", "columns", "line 1", "Two columns are named 'name'"),
        case(
            "id,wkt\na,POINT(1)\n",
            "not-geojson",
            "line 2, feature 1 (id a), /geometry",
            "expected a number at character 8",
        ),
        case("id,wkt\na,CIRCLE(1 2)\n", "not-geojson", "line 2", "This is not WKT"),
        case("id;wkt\na;SRID=3794;POINT(1 2)\n", "columns", "line 2", "3 cells"),
        case("id;wkt\na;\"SRID=3794;POINT(1 2)\"\n", "national-grid", "line 2", "Say --crs EPSG:3794"),
        case("id,wkt\na,POLYGON EMPTY\n", "empty-geometry", "line 2", "Leave it out"),
        case("id,wkt\na,\"POLYGON((0 0,1 0,1 1))\"\n", "unclosed-ring", "line 2", "Repeat the first"),
        case("id,lon,lat\na,1,2\na,1,2\n", "duplicate-id", "line 3", "Feature 1"),
        case("id,lon,lat\na,512345,123456\n", "national-grid", "line 2", "Say --crs"),
        case("id,lon,lat,\na,1,2,note\n", "columns", "line 2", "without a heading"),
    ];
    for c in &cases {
        holds(&Job::csv(&c.0), c);
    }
    let latin = Job::from_bytes("x.csv", b"id,name\na,Krak\xf3w\n");
    let name = latin.read().features[0].values[0].clone();
    assert_eq!(name, cityheart::feature::FieldValue::text("Kraków"), "a table may be in another encoding");
    let commas = Job::csv("id,lon,lat\na,\"1,5\",2\n").read();
    assert_eq!(commas.report.findings.details, [], "a column of decimal commas alone is read");
    let latin = Job::from_bytes("x.geojson", &[collection_of(&["{\"a\":\"Krak"]).as_bytes(), b"\xf3w\"}}]}"].concat());
    assert!(latin.read().result.is_err());
}

#[test]
fn files_that_are_no_text_are_refused_before_they_are_read() {
    for (bytes, sentence) in [
        (b"SQLite format 3\0rest".as_slice(), "GeoPackage"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"\x00\x00\x27\x0a\0\0", "shapefile"),
        (b"fgb\x03fgb\x00", "FlatGeobuf"),
        (b"\xff\xfe{\0", "UTF-16"),
        (b"  <?xml version='1.0'?><osm/>", "XML"),
        (b"{\0\0\0", "not a text file"),
        (b"\x1f\x8bnot gzip", "cannot be read"),
        (b"hello", "neither GeoJSON nor a table"),
    ] {
        let refused = ImportSource::from_embedded("x.data", bytes.to_vec().into()).map(|_| ()).unwrap_err().to_string();
        assert!(refused.contains(sentence), "{refused}");
    }
    let missing =
        ImportSource::open(std::path::Path::new("/nowhere/x.geojson"), None).map(|_| ()).unwrap_err().to_string();
    assert_eq!(missing, "There is no file /nowhere/x.geojson. Check the path.");
}

fn hold(cases: &[Case]) {
    for c in cases {
        holds(&Job::new(&c.0), c);
    }
}

fn holds(job: &Job, (text, kind, place, sentence): &Case) {
    let shown: String = text.chars().take(200).collect();
    let read = job.read();
    let message = read.result.as_ref().err().unwrap_or_else(|| panic!("taken: {shown}")).to_string();
    assert!(message.starts_with("Nothing was imported: "), "{shown}: {message}");
    let finding = read.report.findings.first_error().unwrap_or_else(|| panic!("no finding: {shown}"));
    assert_eq!(finding.kind.name(), *kind, "{shown}: {finding}");
    assert!(finding.place.to_string().contains(place), "{shown}: {}", finding.place);
    assert!(finding.message.contains(sentence), "{shown}: {}", finding.message);
    assert!(finding.message.ends_with(['.', '?']), "{shown}: {}", finding.message);
}
