//! Collections into files of the trade from the command line.

use super::{CliSandbox, trees};
use serde_json::Value as Json;

fn sandbox() -> CliSandbox {
    let sandbox = CliSandbox::new();
    sandbox.file("trees.geojson", &trees(0..40));
    sandbox.run("import trees.geojson --into trees").good();
    sandbox
}

#[test]
fn a_file_of_any_format_goes_back_into_a_plan_as_it_was() {
    let sandbox = sandbox();
    let given: Json = trees(0..40).parse().unwrap();
    for (name, more) in [
        ("trees.gpkg", ""),
        ("trees.parquet", ""),
        ("trees.kml", ""),
        ("trees.shp.zip", ""),
        ("grid.gpkg", "--crs EPSG:3794"),
        ("grid.zip", "--crs EPSG:3794"),
        ("grid.parquet", "--crs EPSG:3794"),
        ("grid.fgb", "--crs EPSG:3794"),
    ] {
        let ran = sandbox.run(&format!("export trees -o {name} {more}")).good();
        assert!(ran.err.contains(&format!("Wrote 40 features of 'trees' to {name}.")), "{ran:?}");
        let other = format!("plan-{name}.gpkg");
        sandbox.run(&format!("import {name} --into trees --plan {other}")).good();
        let again: Json = sandbox.run(&format!("export trees --plan {other}")).good().out.parse().unwrap();
        assert_eq!(again["features"].as_array().unwrap().len(), 40, "{name}");
        for (got, wanted) in again["features"].as_array().unwrap().iter().zip(given["features"].as_array().unwrap()) {
            assert_eq!((&got["id"], &got["properties"]), (&wanted["id"], &wanted["properties"]), "{name}");
            for axis in [0, 1] {
                let number = |f: &Json| f["geometry"]["coordinates"][axis].as_f64().unwrap();
                let tolerance = if more.is_empty() { 0.0 } else { 2e-8 };
                assert!((number(got) - number(wanted)).abs() <= tolerance, "{name}: {got} instead of {wanted}");
            }
        }
    }
    assert!(sandbox.names().iter().all(|n| !n.contains(".part")), "{:?}", sandbox.names());
}

#[test]
fn what_the_format_does_not_hold_is_told_on_standard_error() {
    let sandbox = sandbox();
    let ran = sandbox.run("export trees --format dxf --crs EPSG:3794").good();
    assert!(ran.out.starts_with("999\r\ncityheart "), "{}", ran.out);
    assert!(ran.err.contains("note: A drawing holds places and ids, no other fields."), "{ran:?}");
    assert!(ran.err.contains("EPSG:3794"), "{ran:?}");
    let ran = sandbox.run("export trees -o trees.gpx").good();
    assert!(!ran.err.contains("note:"), "{ran:?}");
}

#[test]
fn a_workbook_is_written_in_a_language_with_further_sheets() {
    let sandbox = sandbox();
    sandbox.file("more.geojson", &trees(0..3));
    sandbox.run("import more.geojson --into shrubs").good();
    for name in ["a.xlsx", "a.ods"] {
        let ran = sandbox.run(&format!("export trees -o {name} --language sl --sheets shrubs")).good();
        assert!(ran.err.contains("Wrote 43 features"), "{ran:?}");
        assert!(std::fs::read(sandbox.path(name)).unwrap().starts_with(b"PK"));
    }
}

#[test]
fn what_is_asked_wrongly_is_misuse_and_writes_nothing() {
    let sandbox = sandbox();
    for (arguments, words) in [
        ("export trees -o a.kml --crs EPSG:3794", "--crs: The places of KML are longitude and latitude"),
        ("export trees --crs EPSG:3794", "--crs: The places of GeoJSON are longitude and latitude"),
        ("export trees -o a.gpkg --crs EPSG:1", "--crs: 'EPSG:1' is not a known reference system"),
        ("export trees -o a.gpkg --sheets trees,shrubs", "There is no collection 'shrubs'"),
        ("export trees -o a.xlsx --language de", "--language: 'de' is not a language of the plan"),
        ("export trees -o a.csv --sheets trees", "--sheets: Only workbooks have several sheets"),
    ] {
        let ran = sandbox.run(arguments);
        assert!(ran.code != Some(0) && ran.err.contains(words), "{arguments}: {ran:?}");
    }
    assert!(!sandbox.names().iter().any(|name| name.starts_with("a.")), "{:?}", sandbox.names());
}
