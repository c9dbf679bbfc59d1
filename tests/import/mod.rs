//! Files into features, without a store: what comes out, and what is said about what does not.

mod archives;
mod csv;
mod dxf;
mod exact;
mod fixtures;
mod flatgeobuf;
mod geopackage;
mod geoparquet;
mod gml;
mod gpx;
mod grid;
mod kml;
mod malformed;
mod messy;
mod mutations;
mod positions;
mod remote;
mod rules;
mod shapefile;
mod stream;
mod tables;
mod update;

use crate::support::importing::{Job, collection_of, feature_of, point};
use cityheart::collection::FieldType as FieldKind;
use cityheart::feature::{FieldValue, Geometry};
use std::io::Write;

#[test]
fn a_collection_a_feature_and_a_geometry_all_come_in() {
    let feature =
        r#"{"type":"Feature","id":"a","geometry":{"type":"Point","coordinates":[15.26,46.23]},"properties":{"n":1}}"#;
    for (text, properties) in [
        (format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#), 1),
        (feature.to_owned(), 1),
        (r#"{"type":"Point","coordinates":[15.26,46.23]}"#.to_owned(), 0),
        (format!("\u{1e}{feature}\n"), 1),
        (format!("{feature}\n"), 1),
        (format!("\u{feff}{feature}"), 1),
    ] {
        let read = Job::new(&text).read();
        assert_eq!(read.report.findings.errors, 0, "{text}: {:?}", read.report.findings);
        assert_eq!(read.features.len(), 1, "{text}");
        assert_eq!(read.features[0].geometry, Some(Geometry::Point(geo_types::Point::new(15.26, 46.23))));
        assert_eq!(read.collection.fields.len(), properties, "{text}");
    }
}

#[test]
fn members_may_stand_in_any_order_and_foreign_ones_are_passed_over() {
    let text = r#" { "name" : "x]}\"[{", "features" : [ {"properties":{"a":"]}"},"geometry":null,"type":"Feature"} ,
        {"bbox":[1,2,3,4],"type":"Feature","properties":null,"geometry":{"coordinates":[1,2],"type":"Point"}} ] , "more":{"features":[1,2]}, "type":"FeatureCollection"} "#;
    let read = Job::new(text).read();
    assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings);
    assert_eq!(read.features.len(), 2);
    assert_eq!(read.features[0].values, [FieldValue::text("]}")]);
    assert_eq!(read.features[1].values, [FieldValue::Null]);
}

#[test]
fn fields_are_the_narrowest_kind_that_holds_all_values() {
    let text = collection_of(&[
        r#"{"i":1,"r":1,"b":true,"d":"2026-01-31","t":"2026-01-31T10:00:00Z","s":"x","l":[1],"mixed":1,"never":null,"late":null}"#,
        r#"{"i":-9007199254740993,"r":0.5,"b":false,"d":"2026-02-01","t":"2026-01-31T10:00:00+01:00","s":"2026-02-01","l":{"a":1},"mixed":"one","never":null,"late":7,"more":"here"}"#,
    ]);
    let read = Job::new(&text).read();
    let kinds: Vec<_> = read.collection.fields.iter().map(|f| (f.name.as_str(), f.kind)).collect();
    use FieldKind::{Boolean, Date, DateTime, Integer, Json, Real, Text};
    let wanted = [
        ("i", Integer),
        ("r", Real),
        ("b", Boolean),
        ("d", Date),
        ("t", DateTime),
        ("s", Text),
        ("l", Json),
        ("mixed", Text),
        ("never", Text),
        ("late", Integer),
        ("more", Text),
    ];
    assert_eq!(kinds, wanted);
    assert_eq!(read.report.mixed_fields, ["mixed"]);
    assert_eq!(read.features[0].values[7], FieldValue::text("1"));
    assert_eq!(read.features[1].values[0], FieldValue::Int(-9_007_199_254_740_993));
    assert_eq!(read.features[0].values[10], FieldValue::Null);
}

#[test]
fn names_that_a_table_cannot_have_are_changed_and_told() {
    let text = collection_of(&[r#"{"Name":"a","name":"b","fid":1,"GEOM":2,"":3,"a\"b":4}"#]);
    let read = Job::new(&text).read();
    let names: Vec<_> = read.collection.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["Name", "name_", "fid_", "GEOM_", "unnamed", "a_b"]);
    assert_eq!(read.features[0].values.len(), 6);
    assert_eq!(read.features[0].values[1], FieldValue::text("b"));
    assert_eq!(read.report.renamed.len(), 5);
    assert!(
        read.report.lines().iter().any(|l| l == "The property 'name' is stored as 'name_'."),
        "{:?}",
        read.report.lines()
    );
}

#[test]
fn ids_come_from_the_feature_the_property_or_the_option_and_else_are_new() {
    let ids = |text: &str, id: Option<&str>| {
        let mut job = Job::new(text);
        job.options.id = id.map(str::to_owned);
        let read = job.read();
        assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings);
        (read.features.iter().map(|f| f.id.to_string()).collect::<Vec<_>>(), read.report.repairs.fresh_ids)
    };
    let both = r#"{"type":"Feature","id":7,"geometry":null,"properties":{"id":7,"code":"K7"}}"#;
    assert_eq!(ids(both, None), (vec!["7".to_owned()], 0));
    assert_eq!(ids(both, Some("code")), (vec!["K7".to_owned()], 0));
    assert_eq!(ids(&collection_of(&[r#"{"id":"x"}"#]), None), (vec!["x".to_owned()], 0));
    let (fresh, count) = ids(&collection_of(&["{}", "{}"]), None);
    assert_eq!((fresh[0].len(), count), (36, 2));
    assert!(fresh[0] < fresh[1], "new ids sort by the time they were given");
}

#[test]
fn an_id_property_that_says_something_else_is_kept() {
    let text = r#"{"type":"Feature","id":"a","geometry":null,"properties":{"id":5}}"#;
    let read = Job::new(text).read();
    assert_eq!(read.collection.fields[0].name, "id_");
    assert_eq!(read.features[0].values, [FieldValue::Int(5)]);
    let same = r#"{"type":"Feature","id":5,"geometry":null,"properties":{"id":5}}"#;
    assert!(Job::new(same).read().collection.fields.is_empty());
}

#[test]
fn repairs_change_no_meaning_and_are_counted() {
    let clockwise = r#"{"type":"Polygon","coordinates":[[[0,0],[0,1],[0,1],[1,1,250],[1,0],[0,0]]]}"#;
    let read = Job::new(&feature_of(clockwise)).read();
    let repairs = read.report.repairs;
    assert_eq!((repairs.rewound, repairs.repeated, repairs.flattened), (1, 1, 1));
    let Some(Geometry::Polygon(polygon)) = &read.features[0].geometry else { panic!("a polygon") };
    let ring: Vec<_> = polygon.exterior().coords().map(|c| (c.x as i32, c.y as i32)).collect();
    assert_eq!(ring.len(), 5);
    assert!(geo::Winding::is_ccw(polygon.exterior()), "{ring:?}");
    let lines = read.report.lines().join("\n");
    assert!(lines.contains("In 1 feature, the winding order of rings was corrected"), "{lines}");
    assert!(lines.contains("In 1 feature, heights were dropped."), "{lines}");
}

#[test]
fn lenient_leaves_bad_features_out_and_says_how_many_of_which_kind() {
    let text = format!(
        r#"{{"type":"FeatureCollection","features":[{},{},{},{},{}]}}"#,
        point("a", 15.0, 46.0),
        point("b", 46.0, 150.0),
        point("a", 15.1, 46.1),
        r#"{"type":"Feature","id":"c","geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1]]]},"properties":{}}"#,
        point("d", 15.2, 46.2),
    );
    let mut job = Job::new(&text);
    let refused = job.read();
    assert!(refused.result.is_err());
    job.options.lenient = true;
    let read = job.read();
    assert_eq!(read.features.iter().map(|f| f.id.to_string()).collect::<Vec<_>>(), ["a", "d"]);
    assert_eq!((read.report.read, read.report.left_out), (5, 3));
    let kinds: Vec<_> = read.report.findings.by_kind.iter().map(|(k, n)| (*k, *n)).collect();
    assert_eq!(kinds, [("duplicate-id", 1), ("swapped-coordinates", 1), ("unclosed-ring", 1)]);
    let places: Vec<_> = read.report.findings.details.iter().map(|f| f.place.feature).collect();
    assert_eq!(places, [Some(2), Some(3), Some(4)]);
}

#[test]
fn a_refused_file_tells_all_its_faults_but_details_of_a_hundred() {
    let bad: Vec<String> = (0..250).map(|i| point(&format!("p{i}"), 15.0, 95.0 + f64::from(i))).collect();
    let read = Job::new(&format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, bad.join(",\n"))).read();
    assert_eq!(read.report.findings.errors, 250);
    assert_eq!(read.report.findings.details.len(), 100);
    assert_eq!(read.report.findings.details[99].place.line, Some(100));
    assert!(read.report.lines().iter().any(|l| l == "… and 150 more."));
    assert_eq!(read.features.len(), 0, "nothing is handed over after the first fault");
}

#[test]
fn gzip_is_unpacked() {
    let mut packed = flate2::write::GzEncoder::new(vec![], flate2::Compression::default());
    packed.write_all(feature_of(r#"{"type":"Point","coordinates":[1,2]}"#).as_bytes()).unwrap();
    let read = Job::from_bytes("x.geojson.gz", &packed.finish().unwrap()).read();
    assert_eq!(read.features.len(), 1);
}

#[test]
fn swapped_places_are_found_by_the_cities_of_the_plan() {
    let celje = [(15.2675, 46.2311)];
    let swapped = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, point("a", 46.2311, 15.2675));
    let mut job = Job::new(&swapped);
    job.cities = celje.to_vec();
    let read = job.read();
    assert_eq!((read.report.findings.errors, read.report.findings.warnings), (0, 1), "another layer may lie anywhere");
    assert!(read.report.findings.details[0].message.contains("probably swapped"));

    let facility = r#"{"type":"Feature","id":"celje-park","geometry":{"type":"Point","coordinates":[46.2311,15.2675]},
        "properties":{"name":"Park","class":"park","city":"celje","location_precision":"address"}}"#;
    let mut job = Job::new(facility);
    (job.into, job.cities) = ("facilities", celje.to_vec());
    let read = job.read();
    assert!(read.report.findings.by_kind.contains_key("probably-swapped"), "{:?}", read.report.findings);
    assert!(read.result.is_err(), "what belongs to a city is refused");
}

#[test]
fn the_demo_plan_is_imported_without_a_word() {
    let model = cityheart::plan::PlanModel::load().unwrap();
    let files = cityheart::import::demo_sources().unwrap();
    assert_eq!(files.len(), 10);
    assert_eq!(files[0].0.as_str(), "cities");
    let mut cities = vec![];
    for (id, source) in files {
        let read = crate::support::importing::read(
            &model,
            id.as_str(),
            None,
            &[source],
            &cityheart::import::ImportOptions::default(),
            &cities,
            &[],
        );
        assert_eq!(read.report.findings.details, [], "{id}");
        assert!(!read.features.is_empty(), "{id}");
        assert_eq!(read.report.repairs, cityheart::import::RepairCounts::default(), "{id}");
        if id.as_str() == "cities" {
            for city in &read.features {
                if let Some(Geometry::Point(p)) = &city.geometry {
                    cities.push((p.x(), p.y()));
                }
            }
        }
    }
}
