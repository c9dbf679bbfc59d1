//! The streaming reader against a parser of whole documents, and files that others made.

use crate::support::importing::Job;
use cityheart::export::{ExportFormat, ExportWriter};
use cityheart::feature::{Feature, FeatureId, FieldValue, GeometryTypeSet};
use cityheart::import::{ImportOptions, ImportSource};
use cityheart::plan::PlanModel;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use std::path::{Path, PathBuf};

/// JSON values with everything that could lead a scanner of bytes astray.
fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof!["[\\[\\]{}\",:\\\\a-zé€ \n\t]{0,12}", "features", "\\\\\"\\]\\}"];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i32>().prop_map(Json::from),
        text.prop_map(Json::from)
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map("[a-z\\]}\"]{0,4}", inner, 0..4)
                .prop_map(|m| Json::Object(m.into_iter().collect())),
        ]
    })
}

fn feature() -> impl Strategy<Value = Json> {
    let point = (-1800..1800i32, -900..900i32)
        .prop_map(|(x, y)| json!({"type": "Point", "coordinates": [f64::from(x) / 10.0, f64::from(y) / 10.0]}));
    let geometry = prop_oneof![Just(Json::Null), point];
    (geometry, prop::collection::btree_map("[a-h]", value(), 0..5), value(), 0..24usize).prop_map(
        |(geometry, properties, foreign, order)| {
            let properties = Json::Object(properties.into_iter().collect());
            let members =
                [("type", json!("Feature")), ("geometry", geometry), ("properties", properties), ("more", foreign)];
            shuffled(members, order)
        },
    )
}

/// Members in one of their orders.
fn shuffled<const N: usize>(members: [(&str, Json); N], mut order: usize) -> Json {
    let mut members = members.to_vec();
    let mut object = Map::new();
    while !members.is_empty() {
        let (name, value) = members.remove(order % members.len());
        object.insert(name.to_owned(), value);
        order /= members.len().max(1);
    }
    Json::Object(object)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn streaming_finds_what_a_parser_of_the_whole_finds(
        features in prop::collection::vec(feature(), 0..8),
        name in value(), crs in Just(Json::Null), order in 0..24usize, pretty in any::<bool>(), mark in any::<bool>(), pad in 0..3usize,
    ) {
        let document = shuffled([("type", json!("FeatureCollection")), ("name", name), ("features", features.clone().into()), ("crs", crs)], order);
        let text = if pretty { serde_json::to_string_pretty(&document).unwrap() } else { document.to_string() };
        let text = format!("{}{}{text}{}", if mark { "\u{feff}" } else { "" }, " \n".repeat(pad), "\n ".repeat(pad));
        // Blanks before the document move every boundary between chunks of 256 KB across it.
        let read = Job::new(&text).read();
        prop_assert_eq!(read.report.findings.details, vec![], "{}", text);
        prop_assert_eq!(read.features.len(), features.len());
        for (read_feature, wanted) in read.features.iter().zip(&features) {
            let place = read_feature.geometry.as_ref().map(geojson::GeometryValue::from);
            let wanted_place = wanted["geometry"].as_object().map(|g| g["coordinates"].clone());
            prop_assert_eq!(place.map(|p| match p { geojson::GeometryValue::Point { coordinates } => json!([coordinates[0], coordinates[1]]), other => panic!("{other:?}") }), wanted_place);
        }
    }

    #[test]
    fn what_is_exported_is_imported_again_the_same(rows in prop::collection::vec(row(), 1..6)) {
        let first = Job::new(&json!({"type": "FeatureCollection", "features": rows}).to_string()).read();
        prop_assert!(first.result.is_ok(), "{:?}", first.report.findings);
        for (format, name) in [(ExportFormat::GeoJson, "x.geojson"), (ExportFormat::GeoJsonLines, "x.geojsonl"), (ExportFormat::GeoJsonSeq, "x.geojsons"), (ExportFormat::Csv, "x.csv")] {
            let mut writer = ExportWriter::new(vec![], &first.collection, format).unwrap();
            first.features.iter().for_each(|f| writer.write_feature(f).unwrap());
            let (count, bytes) = writer.finish().unwrap();
            prop_assert_eq!(count, first.features.len() as u64);
            let mut job = Job::from_bytes(name, &bytes);
            job.present = Some(first.collection.clone());
            let second = job.read();
            prop_assert_eq!(&second.report.findings.details, &vec![], "{}", String::from_utf8_lossy(&bytes));
            prop_assert_eq!(&second.features, &first.features, "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// A feature with values of every kind; one kind for each name.
fn row() -> impl Strategy<Value = Json> {
    let number = || prop_oneof![any::<f64>().prop_filter("finite", |f| f.is_finite()), (-1e4..1e4f64)];
    let lonlat = || (-180.0..180.0f64, -90.0..90.0f64).prop_map(|(x, y)| json!([x, y]));
    let geometry = prop_oneof![
        Just(Json::Null),
        lonlat().prop_map(|p| json!({"type": "Point", "coordinates": p})),
        prop::collection::vec(lonlat(), 2..5).prop_map(|l| json!({"type": "LineString", "coordinates": l})),
        prop::collection::vec(lonlat(), 1..5).prop_map(|l| json!({"type": "MultiPoint", "coordinates": l})),
        (-170.0..170.0f64, -80.0..80.0f64, 0.001..3.0f64).prop_map(|(x, y, d)| {
            json!({"type": "Polygon", "coordinates": [[[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]]})
        }),
    ];
    let text = prop_oneof!["[ -~éß€Ω]{1,10}", "'?[=+@-][a-z0-9]{0,4}", Just("a\r\nb;\"c\",d".to_owned())];
    let when = (1950..2100i16, 1..13i8, 1..29i8).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}"));
    let optional = |s: BoxedStrategy<Json>| prop_oneof![3 => s, 1 => Just(Json::Null)];
    (
        geometry,
        optional(text.prop_map(Json::from).boxed()),
        optional(number().prop_map(Json::from).boxed()),
        optional(any::<i64>().prop_map(Json::from).boxed()),
        optional(any::<bool>().prop_map(Json::from).boxed()),
        optional(when.prop_map(Json::from).boxed()),
        optional(prop::collection::vec(any::<i16>(), 0..3).prop_map(Json::from).boxed()),
    )
        .prop_map(|(geometry, t, r, i, b, d, l)| {
            let id = FeatureId::generate();
            json!({"type": "Feature", "id": id.as_str(), "geometry": geometry, "properties": {"t": t, "r": r, "i": i, "b": b, "d": d, "l": l}})
        })
}

#[test]
fn a_document_may_be_cut_anywhere_without_harm() {
    let text = r#"{"type":"FeatureCollection","name":"a\"b","features":[{"type":"Feature","id":"é","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]},"properties":{"a":[1,{"b":null}]}}]}"#;
    for end in 0..text.len() {
        let read = Job::from_bytes("cut.geojson", &text.as_bytes()[..end]).read();
        assert!(read.result.is_err(), "cut at {end}");
    }
}

#[test]
fn a_feature_larger_than_the_buffer_comes_in_whole() {
    let long = "x".repeat(700_000);
    let text = crate::support::importing::collection_of(&[r#"{"a":1}"#, &format!(r#"{{"b":"{long}"}}"#), r#"{"a":2}"#]);
    let read = Job::new(&text).read();
    assert_eq!(read.features.len(), 3);
    assert_eq!(read.features[1].values[1], FieldValue::text(long));
}

#[test]
fn broken_lines_of_a_sequence_are_left_out_one_by_one() {
    let good = |id: &str| crate::support::importing::point(id, 1.0, 2.0);
    let text = format!("{}\n{{\"type\":\"Feature\"\n{}\r\n\nnull\n{}", good("a"), good("b"), good("c"));
    let mut job = Job::new(&text);
    job.options.lenient = true;
    let read = job.read();
    assert_eq!(read.features.len(), 3, "{:?}", read.report.findings);
    assert_eq!(read.report.left_out, 2);
    let lines: Vec<_> = read.report.findings.details.iter().map(|f| f.place.line).collect();
    assert_eq!(lines, [Some(2), Some(5)]);
}

/// Files of other projects, where they stand beside this one.
fn fixtures() -> Option<Vec<PathBuf>> {
    let shared = std::env::var_os("CITYHEART_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let root = shared.join("data/fixtures/geojson");
    if !root.is_dir() {
        eprintln!("left out: the GeoJSON files of other projects are not here");
        return None;
    }
    let mut files = vec![];
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "json" || e == "geojson") {
                files.push(path);
            }
        }
    }
    files.sort();
    Some(files)
}

#[test]
fn files_of_other_projects_come_in_or_are_refused_with_a_sentence() {
    let Some(files) = fixtures() else { return };
    assert!(files.len() >= 45);
    let model = PlanModel::load().unwrap();
    let mut refused = vec![];
    for path in &files {
        let source = ImportSource::open(path, None).unwrap();
        let read =
            crate::support::importing::read(&model, "things", None, &[source], &ImportOptions::default(), &[], &[]);
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if read.result.is_err() {
            let first = read.report.findings.first_error().unwrap_or_else(|| panic!("{name}: no finding"));
            assert!(first.message.ends_with('.') && first.message.len() > 20, "{name}: {first}");
            refused.push(name);
        } else {
            let nothing = ["empty.json"].contains(&name.as_str());
            assert_eq!(read.features.is_empty(), nothing, "{name}");
        }
    }
    let expected = |name: &String| name.ends_with("-tiles.json") || name.contains("z7-37-48");
    refused.retain(|name| !expected(name));
    assert_eq!(
        refused,
        ["dateline.json", "empty-coords.json", "ids.json", "us-states.json", "countries.geojson"],
        "out of range beyond the date line, no coordinates, rings that cross themselves, an id given twice"
    );
}

#[test]
fn every_geometry_type_is_written_and_read_as_well_known_text() {
    let geometries = [
        r#"{"type":"Point","coordinates":[1.5,-2]}"#,
        r#"{"type":"MultiPoint","coordinates":[[1,2],[3,4]]}"#,
        r#"{"type":"LineString","coordinates":[[1,2],[3,4],[1,2]]}"#,
        r#"{"type":"MultiLineString","coordinates":[[[1,2],[3,4]],[[5,6],[7,8]]]}"#,
        r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[1,2],[2,2],[1,1]]]}"#,
        r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}"#,
        r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}"#,
    ];
    let text = format!("[{}]", geometries.join(",")).parse::<Json>().unwrap();
    let features: Vec<Json> = text
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, g)| json!({"type": "Feature", "id": i, "geometry": g, "properties": {"wkt": "taken", "lon": 1}}))
        .collect();
    let first = Job::new(&json!({"type": "FeatureCollection", "features": features}).to_string()).read();
    assert_eq!(first.report.findings.details, []);
    let mut writer = ExportWriter::new(vec![], &first.collection, ExportFormat::Csv).unwrap();
    first.features.iter().for_each(|f| writer.write_feature(f).unwrap());
    let (_, bytes) = writer.finish().unwrap();
    let second = Job::from_bytes("x.csv", &bytes).read();
    let shapes = |features: &[Feature]| features.iter().map(|f| f.geometry.clone()).collect::<Vec<_>>();
    assert_eq!(shapes(&second.features), shapes(&first.features));
    assert_eq!(second.collection.geometry, GeometryTypeSet::ANY);
}
