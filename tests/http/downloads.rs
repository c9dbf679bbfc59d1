//! Downloads as files of the trade: what a viewer may see, in a file that the format's programs read.

use super::rights::plan::{MARKS, plan as marked_plan, viewers};
use crate::support::python;
use crate::support::reading::read_bytes;
use crate::support::server::{by, get, get_as, json, public, router, send};
use axum::body::Body;
use axum::http::Request;
use cityheart::config::Config;
use cityheart::import::SourceOptions;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

const FORMATS: [(&str, &str, &str, &[u8]); 8] = [
    ("xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
    ("ods", "ods", "application/vnd.oasis.opendocument.spreadsheet", b"PK"),
    ("gpkg", "gpkg", "application/geopackage+sqlite3", b"SQLite format 3"),
    ("shapefile", "shp.zip", "application/zip", b"PK"),
    ("kml", "kml", "application/vnd.google-earth.kml+xml", b"<?xml"),
    ("gpx", "gpx", "application/gpx+xml", b"<?xml"),
    ("geoparquet", "parquet", "application/vnd.apache.parquet", b"PAR1"),
    ("dxf", "dxf", "image/vnd.dxf", b"999"),
];

#[tokio::test]
async fn every_format_is_a_file_with_its_type_name_and_links() {
    let collection = json(&router(), "/api/collections/interventions").await;
    for (f, ending, media, magic) in FORMATS {
        let reply = get(&router(), &format!("/api/collections/interventions/download?f={f}")).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, media), "{f}: {:?}", reply.body);
        let name = format!("attachment; filename=\"interventions.{ending}\"");
        assert_eq!(reply.header("content-disposition"), name);
        assert!(reply.body.starts_with(magic), "{f}");
        assert_eq!(reply.header("content-length"), reply.body.len().to_string(), "{f}");
        let etag = reply.header("etag").to_owned();
        let address = format!("/api/collections/interventions/download?f={f}");
        let again = get_as(&router(), &address, &[("if-none-match", &etag)]).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{f}");
        let linked =
            collection["links"].as_array().unwrap().iter().any(|l| l["rel"] == "enclosure" && l["type"] == media);
        assert!(linked, "{f} is not linked");
    }
}

#[tokio::test]
async fn a_file_has_the_features_that_its_query_selects() {
    let count = |value: &str| value.parse::<u64>().unwrap();
    let all =
        count(get(&router(), "/api/collections/interventions/download?f=geoparquet").await.header("ogc-numbermatched"));
    let path = "/api/collections/interventions/download?f=geoparquet&status=funded&properties=title,status";
    let reply = get(&router(), path).await;
    let some = count(reply.header("ogc-numbermatched"));
    assert!(some > 0 && some < all, "{some} of {all}");
    let read = read_bytes("a.parquet", &reply.body, SourceOptions::default()).unwrap();
    assert_eq!(read.features.len() as u64, some);
    let names: Vec<&str> = read.collection.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["title", "status"]);
}

#[tokio::test]
async fn a_file_in_a_grid_says_so() {
    let grid = "http://www.opengis.net/def/crs/EPSG/0/3794";
    for (f, ending) in [("gpkg", "gpkg"), ("shapefile", "zip"), ("geoparquet", "parquet")] {
        let reply = get(&router(), &format!("/api/collections/areas/download?f={f}&crs={grid}")).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-crs")), (200, format!("<{grid}>").as_str()), "{f}");
        let layer = (f == "shapefile").then(|| "areas".to_owned());
        let read = read_bytes(&format!("a.{ending}"), &reply.body, SourceOptions { layer, ..SourceOptions::default() });
        let read = read.unwrap_or_else(|e| panic!("{f}: {e}"));
        assert!(read.report.lines().join("\n").contains("EPSG:3794"), "{f}: {:?}", read.report.lines());
    }
}

#[tokio::test]
async fn what_a_file_does_not_hold_is_told_in_a_header() {
    let reply = get(&router(), "/api/collections/interventions/download?f=shapefile").await;
    let told: Vec<String> = serde_json::from_str(reply.header("cityheart-not-held")).unwrap();
    assert!(told.iter().any(|sentence| sentence.contains("location_precision → location_p")), "{told:?}");
    let reply = get(&router(), "/api/collections/interventions/download?f=gpkg").await;
    assert_eq!(reply.header("cityheart-not-held"), "");
}

#[tokio::test]
async fn a_workbook_has_sheets_in_a_language() {
    const NAMES: &str = "import json, sys, openpyxl\nbook = openpyxl.load_workbook(json.load(sys.stdin))\nprint(json.dumps([book.sheetnames, [c.value for c in book.worksheets[0][2]]]))";
    let path = "/api/collections/interventions/download?f=xlsx&workbook-sheets=areas,cities&workbook-language=pl";
    let reply = get(&router(), path).await;
    assert_eq!(reply.status.as_u16(), 200);
    let file = tempfile::Builder::new().suffix(".xlsx").tempfile().unwrap();
    std::fs::write(file.path(), &reply.body).unwrap();
    let seen: Json = serde_json::from_str(&python::run(NAMES, &json!(file.path()).to_string())).unwrap();
    assert_eq!(seen[0], json!(["Działania", "Obszary centrum", "Miasta", "lists", "cityheart"]));
    assert!(seen[1].as_array().unwrap().contains(&json!("Tytuł")), "{seen}");
}

#[tokio::test]
async fn what_is_asked_wrongly_is_refused_with_the_parameter() {
    let grid = "http://www.opengis.net/def/crs/EPSG/0/3794";
    for (query, at, words) in [
        (format!("f=kml&crs={grid}"), "crs", "longitude and latitude"),
        (format!("f=xlsx&crs={grid}"), "crs", "longitude and latitude"),
        ("f=gpkg&workbook-sheets=areas".into(), "workbook-sheets", "Only workbooks"),
        ("f=csv&workbook-language=sl".into(), "workbook-language", "Only workbooks"),
        ("f=xlsx&workbook-language=de".into(), "workbook-language", "not a language of the plan"),
        ("f=xlsx&workbook-sheets=arias".into(), "workbook-sheets", "areas"),
        ("f=xlsx&workbook-sheets=areas,areas".into(), "workbook-sheets", "twice"),
        ("f=xlsx&workbook-language=sl&workbook-language=sl".into(), "workbook-language", "twice"),
        ("f=xlsx&limit=3".into(), "limit", "all features"),
        ("f=dwg".into(), "f", "dxf"),
    ] {
        let reply = get(&router(), &format!("/api/collections/interventions/download?{query}")).await;
        assert_eq!(reply.status.as_u16(), 400, "{query}: {:?}", reply.body);
        let problem = reply.json().to_string();
        assert!(problem.contains(at) && problem.contains(words), "{query}: {problem}");
    }
}

#[tokio::test]
async fn a_file_has_only_what_its_viewer_may_see() {
    let plan = marked_plan();
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    for viewer in viewers() {
        for (f, ending, media, _) in FORMATS {
            let path = format!("/api/collections/interventions/download?f={f}");
            let request = Request::get(&path).body(Body::empty()).unwrap();
            let reply = send(&router, by(request, &viewer)).await;
            assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, media), "{f}");
            let text = unpacked(&reply.body, ending);
            let leaks: Vec<&str> =
                MARKS.iter().filter(|m| !m.is_for(&viewer) && text.contains(m.text)).map(|m| m.text).collect();
            assert_eq!(leaks, Vec::<&str>::new(), "{f} for {}", viewer.role().name());
            assert!(f == "dxf" || text.contains("mark-celje-public"), "{f}");
        }
    }
}

/// The text in a file, whatever it is packed in.
fn unpacked(body: &[u8], ending: &str) -> String {
    if ending == "parquet" {
        let read = read_bytes("a.parquet", body, SourceOptions::default()).unwrap();
        let values = read.features.iter().map(|f| format!("{} {:?} {:?}", f.id, f.values, f.geometry));
        let names = read.collection.fields.iter().map(|f| f.name.clone());
        return names.chain(values).collect::<Vec<_>>().join("\n");
    }
    if !body.starts_with(b"PK") {
        return String::from_utf8_lossy(body).into_owned();
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(body)).unwrap();
    let mut text = String::new();
    for at in 0..archive.len() {
        let mut bytes = vec![];
        std::io::copy(&mut archive.by_index(at).unwrap(), &mut bytes).unwrap();
        text.push_str(&String::from_utf8_lossy(&bytes));
    }
    text
}

#[tokio::test]
async fn every_public_collection_is_in_every_format_with_all_its_ids() {
    for (id, _) in public() {
        let page = json(&router(), &format!("/api/collections/{id}/items?limit=10000")).await;
        let ids: BTreeSet<String> =
            page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect();
        for (f, ending) in [("gpkg", "gpkg"), ("geoparquet", "parquet"), ("kml", "kml")] {
            let reply = get(&router(), &format!("/api/collections/{id}/download?f={f}")).await;
            assert_eq!(reply.status.as_u16(), 200, "{id} {f}");
            let read = read_bytes(&format!("a.{ending}"), &reply.body, SourceOptions::default());
            let read = read.unwrap_or_else(|e| panic!("{id} {f}: {e}"));
            let got: BTreeSet<String> = read.features.iter().map(|f| f.id.to_string()).collect();
            assert_eq!(got, ids, "{id} {f}: {:?}", read.report.findings.details.first());
        }
    }
}
