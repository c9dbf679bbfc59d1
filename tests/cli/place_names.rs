//! Rows without coordinates that say in words where they are: placed where the plan knows the words, once that is
//! confirmed, and told.

use super::CliSandbox;
use serde_json::Value as Json;

const SEGMENTS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","id":"p1","geometry":{"type":"LineString","coordinates":[[15.260,46.229],[15.262,46.229]]},"properties":{"street":"Prešernova ulica","city":"celje","schematic":true}},
{"type":"Feature","id":"p2","geometry":{"type":"LineString","coordinates":[[15.262,46.229],[15.264,46.229]]},"properties":{"street":"Prešernova ulica","city":"celje","schematic":true}},
{"type":"Feature","id":"s","geometry":{"type":"LineString","coordinates":[[15.263,46.228],[15.263,46.230]]},"properties":{"street":"Stanetova ulica","city":"celje"}},
{"type":"Feature","id":"far","geometry":{"type":"LineString","coordinates":[[15.29,46.25],[15.30,46.25]]},"properties":{"street":"Savinova ulica","city":"celje"}}]}"#;
const FACILITIES: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","id":"c","geometry":{"type":"Point","coordinates":[15.2605,46.2291]},"properties":{"name":"Marijina cerkev","class":"other","city":"celje","location_precision":"exact"}},
{"type":"Feature","id":"m1","geometry":{"type":"Point","coordinates":[15.27,46.23]},"properties":{"name":"Muzej","class":"museum","city":"celje","location_precision":"exact"}},
{"type":"Feature","id":"m2","geometry":{"type":"Point","coordinates":[15.28,46.23]},"properties":{"name":"Muzej","class":"museum","city":"celje","location_precision":"exact"}}]}"#;
const TABLE: &str = "Šifra;Naziv;Stanje;Lokacija\n\
    CE-1;Del ulice;poteka;Prešernova, od Marijine cerkve do Stanetove\n\
    CE-2;Cela ulica;poteka;Prešernova ulica\n\
    CE-3;Ob cerkvi;poteka;Prešernova ulica, pri Marijini cerkvi\n\
    CE-4;Ne vemo;poteka;Nekje drugje\n\
    CE-5;Dva muzeja;poteka;Muzej\n\
    CE-6;Predaleč;poteka;Prešernova, od Marijine cerkve do Savinove\n";
const SET: &str = "--map Lokacija=place --set city=celje --set kind=hard_investment --set visibility=public --set location_precision=unknown";

fn prepare() -> CliSandbox {
    let sandbox = CliSandbox::new();
    sandbox.file("segments.geojson", SEGMENTS);
    sandbox.file("facilities.geojson", FACILITIES);
    sandbox.file("akcije.csv", TABLE);
    sandbox.run("import segments.geojson --into segments").good();
    sandbox.run("import facilities.geojson --into facilities").good();
    sandbox
}

#[test]
fn rows_are_placed_by_the_names_of_the_plan_once_that_is_confirmed() {
    let sandbox = prepare();
    let asked = sandbox.run(&format!("import akcije.csv --into interventions {SET}")).failed("Nothing was imported");
    assert!(asked.err.contains("3 rows without coordinates name a place that the plan knows"), "{asked:?}");
    assert!(asked.err.contains("a part of Prešernova ulica, from Marijina cerkev to Stanetova ulica"), "{asked:?}");
    assert!(asked.err.contains("--place-names yes"), "{asked:?}");

    let placed = sandbox.run(&format!("import akcije.csv --into interventions {SET} --place-names yes")).good();
    assert!(placed.err.contains("'Muzej' may be Muzej (facilities, celje)"), "{placed:?}");
    assert!(placed.err.contains("Savinova ulica is not at Prešernova ulica"), "{placed:?}");
    let plan: Json = sandbox.run("export interventions").good().out.parse().unwrap();
    let of = |code: &str| {
        let all = plan["features"].as_array().unwrap();
        all.iter().find(|f| f["properties"]["code"] == code).unwrap().clone()
    };
    let (part, whole, beside) = (of("CE-1"), of("CE-2"), of("CE-3"));
    assert_eq!(part["geometry"]["type"], "LineString");
    let line = part["geometry"]["coordinates"].as_array().unwrap();
    let lons: Vec<f64> = line.iter().map(|c| c[0].as_f64().unwrap()).collect();
    assert_eq!((lons[0], lons[lons.len() - 1]), (15.2605, 15.263), "from the church to the crossing");
    assert!(line.iter().all(|c| c[1] == 46.229), "{line:?}");
    let words = |f: &Json| (f["properties"]["location_precision"].clone(), f["properties"]["schematic"].clone());
    assert_eq!(words(&part), ("street_part".into(), true.into()));
    assert_eq!(words(&whole), ("street".into(), true.into()));
    assert_eq!(beside["geometry"]["coordinates"], serde_json::json!([15.2605, 46.229]));
    for code in ["CE-4", "CE-5", "CE-6"] {
        assert_eq!(of(code)["geometry"], Json::Null, "{code}");
    }
}

#[test]
fn rows_stay_without_places_when_names_are_not_to_be_taken() {
    let sandbox = prepare();
    sandbox.run(&format!("import akcije.csv --into interventions {SET} --place-names no")).good();
    let plan: Json = sandbox.run("export interventions").good().out.parse().unwrap();
    let all = plan["features"].as_array().unwrap();
    assert!(all.len() == 6 && all.iter().all(|f| f["geometry"].is_null()), "{all:?}");
}

#[test]
fn a_table_in_a_national_grid_mixes_coordinates_and_names() {
    let sandbox = prepare();
    let table =
        "Šifra;Naziv;Stanje;Lokacija;E;N\nCE-1;A;poteka;Prešernova ulica;;\nCE-2;B;poteka;;520402,00;121084,00\n";
    sandbox.file("akcije.csv", table);
    let answers = "--crs EPSG:3794 --place-names yes";
    sandbox.run(&format!("import akcije.csv --into interventions {SET} {answers}")).good();
    let plan: Json = sandbox.run("export interventions").good().out.parse().unwrap();
    let first =
        &plan["features"].as_array().unwrap().iter().find(|f| f["properties"]["code"] == "CE-1").unwrap()["geometry"];
    let lon = first["coordinates"][0][0].as_f64().unwrap();
    assert!((lon - 15.26).abs() < 1e-6, "{first}");
}

#[test]
fn a_feature_that_has_a_place_keeps_it_whatever_its_row_names() {
    let sandbox = prepare();
    let with_place =
        "Šifra;Naziv;Stanje;Lokacija;lon;lat\nCE-1;A;poteka;Prešernova ulica;15.27;46.23\nCE-2;B;poteka;Nekje;;\n";
    sandbox.file("prvi.csv", with_place);
    sandbox.run(&format!("import prvi.csv --into interventions {SET}")).good();
    let later = "Šifra;Naziv;Stanje;Lokacija\nCE-1;A;poteka;Prešernova ulica\nCE-2;B;poteka;Prešernova ulica\n";
    sandbox.file("drugi.csv", later);
    sandbox.run(&format!("import drugi.csv --into interventions {SET} --place-names yes")).good();
    let plan: Json = sandbox.run("export interventions").good().out.parse().unwrap();
    let of = |code: &str| {
        let all = plan["features"].as_array().unwrap();
        all.iter().find(|f| f["properties"]["code"] == code).unwrap().clone()
    };
    assert_eq!(of("CE-1")["geometry"]["coordinates"], serde_json::json!([15.27, 46.23]));
    assert_eq!(of("CE-1")["properties"]["location_precision"], "unknown");
    assert_eq!(of("CE-2")["geometry"]["type"], "LineString");
    assert_eq!(of("CE-2")["properties"]["location_precision"], "street");
}
