//! What is written is imported again the same, format by format.

use super::samples::{self, FIELDS, SampleShape, bytes, collection, feature, features, try_write, write};
use crate::support::importing::{Job, Read};
use crate::support::reading::read_bytes;
use cityheart::collection::Collection;
use cityheart::crs::Crs;
use cityheart::feature::{Feature, FieldValue, Geometry};
use cityheart::feature_file::FileFormat;
use cityheart::import::SourceOptions;
use geo::{Area, BoundingRect};
use geo_types::{Coord, LineString, Point, Polygon};
use proptest::prelude::*;
use serde_json::json;
use std::sync::Arc;

const ROUNDS: u32 = 24;

/// Reads a file into the collection that it was written from, or into a new one.
fn import(name: &str, bytes: &[u8], present: Option<&Arc<Collection>>) -> Read {
    let mut job = Job::from_bytes(name, bytes);
    job.present = present.map(|c| (**c).clone());
    job.read()
}

/// Instants compare as instants.
fn same_values(a: &[FieldValue], b: &[FieldValue]) -> bool {
    let instant = |value: &FieldValue| match value {
        FieldValue::Text(text) => text.parse::<jiff::Timestamp>().ok(),
        _ => None,
    };
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (instant(a).is_some() && instant(a) == instant(b)))
}

fn check_same(read: &Read, wanted: &[Feature]) -> Result<(), TestCaseError> {
    prop_assert!(read.result.is_ok(), "{:?}", read.report.findings.details);
    prop_assert_eq!(read.features.len(), wanted.len());
    for (got, wanted) in read.features.iter().zip(wanted) {
        prop_assert_eq!(&got.id, &wanted.id);
        prop_assert!(same_values(&got.values, &wanted.values), "{:?}\n{:?}", got.values, wanted.values);
        prop_assert_eq!(&got.geometry, &wanted.geometry);
    }
    Ok(())
}

/// Without what a shapefile cannot hold: text of more than 254 bytes.
fn is_short(feature: &Feature) -> bool {
    feature.values.iter().all(|value| match value {
        FieldValue::Text(text) => text.len() <= 250,
        FieldValue::Json(json) => json.to_string().len() <= 250,
        _ => true,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 100, ..ProptestConfig::with_cases(ROUNDS) })]

    #[test]
    fn every_feature_of_a_geopackage_is_imported_again_the_same(all in features(SampleShape::Any, 12)) {
        let collection = collection("geometry-any");
        let written = write(FileFormat::GeoPackage, &collection, Crs::CRS84, &all);
        prop_assert_eq!(&written.losses, &Vec::<String>::new());
        check_same(&import("x.gpkg", &bytes(&written), Some(&collection)), &all)?;
    }

    #[test]
    fn every_feature_of_geoparquet_is_imported_again_the_same(all in features(SampleShape::Any, 12)) {
        let collection = collection("geometry-any");
        let written = write(FileFormat::GeoParquet, &collection, Crs::CRS84, &all);
        prop_assert_eq!(&written.losses, &Vec::<String>::new());
        check_same(&import("x.parquet", &bytes(&written), Some(&collection)), &all)?;
    }

    #[test]
    fn every_feature_of_an_excel_workbook_is_imported_again_the_same(all in features(SampleShape::Any, 12)) {
        let collection = collection("geometry-any");
        let written = write(FileFormat::Xlsx, &collection, Crs::CRS84, &all);
        check_same(&import("x.xlsx", &bytes(&written), Some(&collection)), &all)?;
    }

    #[test]
    fn every_feature_of_an_opendocument_workbook_is_imported_again_the_same(all in features(SampleShape::Points, 12)) {
        let collection = collection("geometry-point");
        let written = write(FileFormat::Ods, &collection, Crs::CRS84, &all);
        check_same(&import("x.ods", &bytes(&written), Some(&collection)), &all)?;
    }

    #[test]
    fn every_feature_of_kml_is_imported_again_the_same(all in features(SampleShape::Any, 12)) {
        let collection = collection("geometry-any");
        let written = write(FileFormat::Kml, &collection, Crs::CRS84, &all);
        check_same(&import("x.kml", &bytes(&written), Some(&collection)), &all)?;
    }

    #[test]
    fn every_feature_of_a_shapefile_is_imported_again_with_its_values(
        all in prop_oneof![features(SampleShape::Points, 12), features(SampleShape::Lines, 12), features(SampleShape::Areas, 12)],
    ) {
        let shape = match all.iter().find_map(|f| f.geometry.as_ref()) {
            Some(Geometry::Point(_)) | None => SampleShape::Points,
            Some(Geometry::LineString(_) | Geometry::MultiLineString(_)) => SampleShape::Lines,
            Some(_) => SampleShape::Areas,
        };
        let all: Vec<Feature> = all.into_iter().filter(is_short).collect();
        let collection = collection(shape.schema_format());
        let written = write(FileFormat::Shapefile, &collection, Crs::CRS84, &all);
        prop_assert_eq!(written.losses.len(), 1, "only the long name: {:?}", &written.losses);
        let read = import("x.zip", &bytes(&written), None);
        prop_assert!(read.result.is_ok(), "{:?}", read.report.findings.details);
        prop_assert_eq!(read.features.len(), all.len());
        for (got, wanted) in read.features.iter().zip(&all) {
            prop_assert_eq!(&got.id, &wanted.id);
            for (name, value) in value_texts(wanted) {
                let short: String = name.chars().take(10).collect();
                let got = read.collection.field_index(&short).map_or(FieldValue::Null, |at| got.values[at].clone());
                prop_assert_eq!(normal_text(&got), value, "{}", name);
            }
            check_place(got.geometry.as_ref(), wanted.geometry.as_ref())?;
        }
    }

    #[test]
    fn points_and_lines_of_gpx_are_imported_again_with_their_values(
        all in prop_oneof![features(SampleShape::Points, 12), features(SampleShape::Lines, 12)],
    ) {
        let collection = collection("geometry-any");
        let written = write(FileFormat::Gpx, &collection, Crs::CRS84, &all);
        let read = import("x.gpx", &bytes(&written), None);
        let placed: Vec<&Feature> = all.iter().filter(|f| f.geometry.is_some()).collect();
        prop_assert_eq!(read.features.len(), placed.len(), "{:?}", read.report.findings.details);
        for (got, wanted) in read.features.iter().zip(placed) {
            prop_assert_eq!(&got.id, &wanted.id);
            prop_assert_eq!(&got.geometry, &wanted.geometry);
            for (name, value) in value_texts(wanted) {
                let got = read.collection.field_index(name).map_or(FieldValue::Null, |at| got.values[at].clone());
                prop_assert_eq!(normal_text(&got), value, "{}", name);
            }
        }
    }

    #[test]
    fn places_of_a_drawing_are_imported_again(all in features(SampleShape::Any, 12)) {
        let collection = collection("geometry-any");
        let crs = Crs::from_epsg(3794).unwrap();
        let near: Vec<Feature> = all.into_iter().enumerate().map(|(nth, f)| {
            let at = Coord { x: 15.0 + nth as f64 / 100.0, y: 46.0 };
            let end = Coord { x: at.x, y: 46.01 };
            let geometry = f.geometry.map(|geometry| match geometry {
                Geometry::Point(_) | Geometry::MultiPoint(_) => Geometry::Point(Point(at)),
                Geometry::LineString(_) | Geometry::MultiLineString(_) => Geometry::LineString(LineString(vec![at, end])),
                _ => Geometry::Polygon(Polygon::new(LineString(vec![at, end, Coord { x: at.x + 0.01, y: 46.0 }, at]), vec![])),
            });
            Feature { geometry, ..f }
        }).collect();
        let written = write(FileFormat::Dxf, &collection, crs, &near);
        prop_assert!(written.losses[1].contains("EPSG:3794"), "{:?}", &written.losses);
        let placed: Vec<&Geometry> = near.iter().filter_map(|f| f.geometry.as_ref()).collect();
        if !placed.is_empty() {
            let said = SourceOptions { crs: Some(crs), ..SourceOptions::default() };
            let read = read_bytes("x.dxf", &bytes(&written), said).unwrap();
            prop_assert_eq!(read.features.len(), placed.len(), "{:?}", read.report.findings.details);
            for (got, wanted) in read.features.iter().zip(placed) {
                check_place_within(got.geometry.as_ref(), Some(wanted), 1e-7)?;
            }
        }
    }
}

/// Each value as text: how formats without types have it.
fn value_texts(feature: &Feature) -> Vec<(&'static str, String)> {
    FIELDS.iter().zip(&feature.values).map(|((name, _), value)| (*name, normal_text(value))).collect()
}

/// Numbers by their value, instants in UTC, yes as `true`.
fn normal_text(value: &FieldValue) -> String {
    match value {
        FieldValue::Null => String::new(),
        FieldValue::Bool(b) => b.to_string(),
        FieldValue::Int(i) => i.to_string(),
        FieldValue::Real(r) if r.fract() == 0.0 && r.abs() < 1e15 => format!("{r:.0}"),
        FieldValue::Real(r) => r.to_string(),
        FieldValue::Json(json) => json.to_string(),
        FieldValue::Text(text) => match text.parse::<f64>() {
            Ok(number) if text.parse::<i64>().is_err() => normal_text(&FieldValue::Real(number)),
            _ => text.to_string(),
        },
    }
}

fn check_place(got: Option<&Geometry>, wanted: Option<&Geometry>) -> Result<(), TestCaseError> {
    check_place_within(got, wanted, 1e-9)
}

/// Rings may begin elsewhere and turn the other way.
fn check_place_within(got: Option<&Geometry>, wanted: Option<&Geometry>, tolerance: f64) -> Result<(), TestCaseError> {
    let (Some(got), Some(wanted)) = (got, wanted) else {
        prop_assert_eq!(got, wanted);
        return Ok(());
    };
    let sides = |g: &Geometry| g.bounding_rect().map(|r| [r.min().x, r.min().y, r.max().x, r.max().y]).unwrap();
    for (a, b) in sides(got).into_iter().zip(sides(wanted)) {
        prop_assert!((a - b).abs() <= tolerance, "{:?} instead of {:?}", got, wanted);
    }
    prop_assert!((got.unsigned_area() - wanted.unsigned_area()).abs() <= tolerance * 10.0, "{got:?} {wanted:?}");
    Ok(())
}

fn kinds() -> Vec<FieldValue> {
    let values = [
        json!("x".repeat(300)),
        json!(i64::MAX),
        json!(0.1),
        json!(12.5),
        json!(true),
        json!("2026-03-01"),
        json!("2026-03-01T08:30:00.123456Z"),
        json!(["a"]),
        json!(""),
    ];
    let collection = collection("geometry-any");
    let typed = values.iter().zip(&collection.fields).map(|(json, field)| field.kind.read_value(json).unwrap());
    typed.collect()
}

#[test]
fn what_a_format_cannot_hold_is_told_with_the_first_feature() {
    let collection = collection("geometry-any");
    let hole = Geometry::Polygon(Polygon::new(
        LineString::from(vec![(15.0, 46.0), (15.1, 46.0), (15.1, 46.1), (15.0, 46.0)]),
        vec![],
    ));
    let all = [feature("one", Some(hole), kinds()), feature("two", None, vec![FieldValue::Null; 9])];
    for (format, words) in [
        (
            FileFormat::Xlsx,
            vec!["A cell of 'a_long_name_of_a_field' cannot hold the value whole: 1, the first in 'one'."],
        ),
        (
            FileFormat::Ods,
            vec!["A cell of 'a_long_name_of_a_field' cannot hold the value whole: 1, the first in 'one'."],
        ),
        (FileFormat::GeoPackage, vec![]),
        (FileFormat::GeoParquet, vec![]),
        (
            FileFormat::Shapefile,
            vec![
                "'label' is cut to 254 bytes: 1, the first in 'one'.",
                "A shapefile does not tell an empty text from an unknown one: 1, the first in 'one'.",
                "Names of fields have at most 10 bytes: a_long_name_of_a_field → a_long_nam.",
            ],
        ),
        (
            FileFormat::Kml,
            vec!["Readers of KML drop blanks at the ends of text, and empty text: 1, the first in 'one'."],
        ),
        (
            FileFormat::Gpx,
            vec![
                "GPX has only points and lines; features with other geometries are left out: 1, the first in 'one'.",
                "GPX has no features without a place; they are left out: 1, the first in 'two'.",
            ],
        ),
        (
            FileFormat::Dxf,
            vec![
                "A drawing holds places and ids, no other fields.",
                "A drawing does not tell its reference system: it is CRS84 (WGS 84 (longitude, latitude)), easting or longitude first.",
                "A drawing has no features without a place; they are left out: 1, the first in 'two'.",
            ],
        ),
    ] {
        assert_eq!(write(format, &collection, Crs::CRS84, &all).losses, words, "{format:?}");
    }
}

#[test]
fn a_reference_system_that_the_format_has_not_is_refused() {
    let grid = Crs::from_epsg(3794).unwrap();
    for format in FileFormat::ALL {
        let refused = try_write(format, &collection("geometry-any"), grid, &[]).err().map(|e| e.to_string());
        assert_eq!(refused.is_none(), format.has_crs_choice(), "{format:?}: {refused:?}");
        assert!(refused.is_none_or(|e| e.contains("longitude and latitude")));
    }
}

#[test]
fn an_empty_collection_is_a_file_without_features() {
    for (format, name) in
        [(FileFormat::GeoPackage, "x.gpkg"), (FileFormat::GeoParquet, "x.parquet"), (FileFormat::Shapefile, "x.zip")]
    {
        let collection = collection("geometry-point");
        let written = write(format, &collection, Crs::CRS84, &[]);
        let read = import(name, &bytes(&written), Some(&collection));
        assert_eq!((read.features.len(), written.count), (0, 0), "{format:?}: {:?}", read.report.findings.details);
    }
}

#[test]
fn a_shapefile_of_several_kinds_of_places_is_a_file_for_each() {
    let all = samples::fixed_features(SampleShape::Any, 40);
    let written = write(FileFormat::Shapefile, &collection("geometry-any"), Crs::CRS84, &all);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes(&written))).unwrap();
    let mut names: Vec<String> =
        (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    names.retain(|name| ["shp", "txt", "place.dbf"].iter().any(|ending| name.ends_with(ending)));
    names.sort();
    assert_eq!(
        names,
        [
            "things.txt",
            "things_areas.shp",
            "things_lines.shp",
            "things_multipoints.shp",
            "things_points.shp",
            "things_without_place.dbf"
        ]
    );
    let mut cpg = String::new();
    std::io::Read::read_to_string(&mut archive.by_name("things_points.cpg").unwrap(), &mut cpg).unwrap();
    assert_eq!(cpg, "UTF-8");
}
