//! The forms of features beside GeoJSON: each is read by GDAL and holds what GeoJSON has, feature by feature.

use crate::support::python;
use crate::support::server::{get, get_as, json, link, local, plan, public, router};
use cityheart::feature_file::FileFormat;
use serde_json::{Value as Json, json};
use std::io::Write as _;

const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/";

/// What GDAL finds in this body, under a file name with this ending.
fn gdal(body: &[u8], ending: &str, script: &str) -> Json {
    let mut file = tempfile::Builder::new().suffix(ending).tempfile().unwrap();
    file.write_all(body).unwrap();
    let prelude = "import json, sys, warnings\nimport numpy as np, pyogrio, shapely\nwarnings.simplefilter('error')\npath = json.load(sys.stdin)\n\
        def say(**answer): print(json.dumps(answer))\n\
        def read(**how):\n    meta, fids, geometry, fields = pyogrio.raw.read(path, **how)\n    return meta, [None if g is None else shapely.from_wkb(g) for g in geometry], dict(zip(meta['fields'].tolist(), fields))\n";
    let answer = python::run(&format!("{prelude}{script}"), &json!(file.path()).to_string());
    serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e} in {answer:?}"))
}

fn collections() -> Vec<String> {
    plan().atlas.collections().iter().map(|v| v.collection().id.to_string()).collect()
}

async fn all(id: &str) -> Vec<Json> {
    let page = json(&router(), &format!("/api/collections/{id}/items?limit=10000")).await;
    page["features"].as_array().unwrap().clone()
}

#[tokio::test]
async fn flatgeobuf_has_every_feature_field_type_and_place_that_geojson_has() {
    for id in collections() {
        let reply = get(&router(), &format!("/api/collections/{id}/items?f=flatgeobuf&limit=10000")).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/flatgeobuf"), "{id}");
        let features = all(&id).await;
        assert_eq!(reply.header("ogc-numbermatched"), features.len().to_string());
        if features.is_empty() {
            continue;
        }
        let seen = gdal(
            &reply.body,
            ".fgb",
            "info = pyogrio.read_info(path)
meta, geometry, fields = read()
say(driver=info['driver'], crs=info['crs'], features=info['features'], title=pyogrio.list_layers(path).tolist(), types=dict(zip(info['fields'].tolist(), info['ogr_types'])),
    geometry=[None if g is None or g.is_empty else shapely.get_coordinates(g).tolist() for g in geometry], kinds=[None if g is None else g.geom_type for g in geometry],
    fields={n: [None if v is None or v != v else (v if isinstance(v, (str, bool, int, float)) else v.item()) for v in c.astype('object')] for n, c in fields.items() if c.dtype.kind not in 'M'})",
        );
        assert_eq!((&seen["driver"], &seen["crs"]), (&json!("FlatGeobuf"), &json!("EPSG:4326")), "{id}");
        assert_eq!(seen["features"], features.len(), "{id}");
        let schema = plan().atlas.collection_view(&id).unwrap().collection().clone();
        // What a visitor sees.
        let fields: Vec<_> =
            schema.fields.iter().filter(|f| features[0]["properties"].get(&f.name).is_some()).collect();
        for field in &fields {
            use cityheart::collection::FieldType;
            let wanted = match field.kind {
                FieldType::Text | FieldType::Json => "OFTString",
                FieldType::Integer => "OFTInteger64",
                FieldType::Real | FieldType::Decimal => "OFTReal",
                FieldType::Boolean => "OFTInteger",
                FieldType::Date | FieldType::DateTime => "OFTDateTime",
            };
            assert_eq!(seen["types"][&field.name], wanted, "{id}.{}", field.name);
        }
        for (nth, feature) in features.iter().enumerate() {
            assert_eq!(seen["fields"]["id"][nth], feature["id"], "{id}");
            let kind = &feature["geometry"]["type"];
            assert_eq!(seen["kinds"][nth], *kind, "{id}/{}", feature["id"]);
            if !kind.is_null() {
                let mut flat = vec![];
                positions(&feature["geometry"], &mut flat);
                let read = seen["geometry"][nth].as_array().unwrap();
                assert_eq!(json!(flat), json!(read), "{id}/{}", feature["id"]);
            }
            for field in &fields {
                let (read, sent) = (&seen["fields"][&field.name][nth], &feature["properties"][&field.name]);
                match sent {
                    _ if seen["fields"][&field.name].is_null() => {}
                    // Truths beside nulls come out of numpy as numbers.
                    Json::Bool(b) => assert!(read == sent || read.as_f64() == Some(f64::from(u8::from(*b)))),
                    Json::Number(n) => assert_eq!(read.as_f64(), n.as_f64(), "{id}.{}", field.name),
                    Json::Array(_) | Json::Object(_) => {
                        let text = read.as_str().unwrap();
                        assert_eq!(serde_json::from_str::<Json>(text).unwrap(), *sent, "{id}.{}", field.name);
                    }
                    _ => assert_eq!(read, sent, "{id}.{} of {}", field.name, feature["id"]),
                }
            }
        }
    }
}

fn positions(json: &Json, out: &mut Vec<Json>) {
    match json {
        Json::Array(list) if list.first().is_some_and(Json::is_number) => out.push(json.clone()),
        Json::Array(list) => list.iter().for_each(|part| positions(part, out)),
        Json::Object(members) => {
            for key in ["coordinates", "geometries"] {
                if let Some(part) = members.get(key) {
                    positions(part, out);
                }
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn flatgeobuf_in_a_national_grid_has_easting_first_even_where_the_authority_does_not() {
    for (code, city, east) in [(3794, "celje", 520_000.0..524_000.0), (2180, "krakow", 560_000.0..575_000.0)] {
        let path = format!("/api/collections/cities/items?f=flatgeobuf&filter=id='{city}'&crs={CRS}{code}");
        let reply = get(&router(), &path).await;
        assert_eq!(reply.header("content-crs"), format!("<{CRS}{code}>"));
        let seen = gdal(
            &reply.body,
            ".fgb",
            "meta, geometry, fields = read()\nsay(crs=meta['crs'], x=[g.x for g in geometry])",
        );
        assert_eq!(seen["crs"], format!("EPSG:{code}"));
        assert!(seen["x"][0].as_f64().is_some_and(|x| east.contains(&x)), "{city}: {seen}");
    }
}

#[tokio::test]
async fn flatgeobuf_is_paged_through_its_headers() {
    let router = router();
    let mut path = "/api/collections/interventions/items?f=flatgeobuf&limit=20&properties=title".to_owned();
    let (mut found, matched) = (vec![], all("interventions").await.len());
    loop {
        let reply = get(&router, &path).await;
        assert_eq!(reply.header("ogc-numbermatched"), matched.to_string());
        let seen = gdal(&reply.body, ".fgb", "say(ids=read()[2]['id'].tolist(), names=list(read()[2]))");
        assert_eq!(seen["names"], json!(["id", "title"]));
        let ids = seen["ids"].as_array().unwrap().clone();
        assert_eq!(reply.header("ogc-numberreturned"), ids.len().to_string());
        found.extend(ids);
        let links = reply.links();
        let Some(next) = links.iter().find(|l| l.contains("rel=\"next\"")) else { break };
        assert!(next.contains("type=\"application/flatgeobuf\""), "{next}");
        path = local(next.trim_start_matches('<').split('>').next().unwrap()).to_owned();
    }
    let expected: Vec<Json> = all("interventions").await.iter().map(|f| f["id"].clone()).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn gdal_reads_json_fg_with_its_grid_and_its_time() {
    let path = format!("/api/collections/interventions/items?f=jsonfg&limit=10000&crs={CRS}3794&city=celje");
    let reply = get(&router(), &path).await;
    assert_eq!(reply.header("content-type"), "application/vnd.ogc.fg+json");
    let seen = gdal(
        &reply.body,
        ".json",
        "info = pyogrio.read_info(path)\nmeta, geometry, fields = read()
say(driver=info['driver'], crs=info['crs'], layer=pyogrio.list_layers(path).tolist(), x=[None if g is None else g.centroid.x for g in geometry], fields=sorted(fields))",
    );
    assert_eq!((&seen["driver"], &seen["crs"]), (&json!("JSONFG"), &json!("EPSG:3794")));
    assert_eq!(seen["layer"][0][0], "interventions");
    let page = reply.json();
    assert_eq!(seen["x"].as_array().unwrap().len(), page["features"].as_array().unwrap().len());
    for (x, feature) in seen["x"].as_array().unwrap().iter().zip(page["features"].as_array().unwrap()) {
        assert_eq!(x.is_null(), feature["place"].is_null());
        assert!(x.is_null() || x.as_f64().is_some_and(|x| (515_000.0..530_000.0).contains(&x)), "{x}");
    }
    let fields = seen["fields"].to_string();
    assert!(["\"title\"", "\"time_start\"", "\"time_end\""].iter().all(|f| fields.contains(f)), "{fields}");
}

#[tokio::test]
async fn tables_hold_what_geojson_has_and_no_formula() {
    for (id, _) in public() {
        let reply = get(&router(), &format!("/api/collections/{id}/items?f=csv&limit=10000")).await;
        assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8");
        let mut table = csv::Reader::from_reader(&reply.body[..]);
        let names: Vec<String> = table.headers().unwrap().iter().map(str::to_owned).collect();
        let features = all(&id).await;
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), features.len(), "{id}");
        for (row, feature) in rows.iter().zip(&features) {
            assert_eq!(row[0], *feature["id"].as_str().unwrap());
            for (name, cell) in names.iter().zip(row) {
                assert!(!cell.starts_with(['=', '+', '@', '\t']), "{id}.{name}: {cell}");
                let value = &feature["properties"][name];
                if let Some(text) = value.as_str() {
                    assert_eq!(
                        cell.strip_prefix('\'').filter(|_| !text.starts_with('\'')).unwrap_or(cell),
                        text,
                        "{id}.{name}"
                    );
                }
            }
        }
    }
    let points = get(&router(), "/api/collections/cities/items?f=csv&limit=1").await;
    assert!(points.text().lines().next().unwrap().ends_with(",lon,lat"));
    let grid = get(&router(), &format!("/api/collections/cities/items?f=csv&limit=1&crs={CRS}3794")).await;
    assert!(grid.text().lines().next().unwrap().ends_with(",geometry") && grid.text().contains("POINT ("));
}

#[tokio::test]
async fn the_accept_header_chooses_among_all_forms() {
    let router = router();
    for (accept, media) in [
        ("application/flatgeobuf", "application/flatgeobuf"),
        ("application/vnd.ogc.fg+json", "application/vnd.ogc.fg+json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/geo+json, application/json", "application/geo+json"),
        ("text/html", "text/html; charset=utf-8"),
        ("*/*", "application/geo+json"),
    ] {
        let reply = get_as(&router, "/api/collections/areas/items", &[("accept", accept)]).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, media), "{accept}");
    }
}

#[tokio::test]
async fn a_whole_collection_is_one_file_in_each_form() {
    let router = router();
    let collection = json(&router, "/api/collections/interventions").await;
    let links: Vec<&Json> =
        collection["links"].as_array().unwrap().iter().filter(|l| l["rel"] == "enclosure").collect();
    let types: Vec<&str> = links.iter().map(|l| l["type"].as_str().unwrap()).collect();
    let forms = ["application/geo+json", "application/vnd.ogc.fg+json", "application/flatgeobuf", "text/csv"];
    assert_eq!(types, [&forms[..], &FileFormat::ALL.map(FileFormat::media_type)].concat());
    for link in links {
        let reply = get(&router, local(link["href"].as_str().unwrap())).await;
        assert_eq!(reply.status.as_u16(), 200);
        assert!(reply.header("content-disposition").starts_with("attachment; filename=\"interventions."));
        assert_eq!(reply.header("ogc-numberreturned"), reply.header("ogc-numbermatched"));
        assert!(reply.links().iter().all(|l| !l.contains("rel=\"next\"")));
    }
    let some = get(&router, "/api/collections/interventions/download?city=celje").await.json();
    let expected = json(&router, "/api/collections/interventions/items?city=celje&limit=10000").await;
    assert_eq!(some["features"], expected["features"]);
    for parameter in ["limit=5", "cursor=_5b1_5d"] {
        let reply = get(&router, &format!("/api/collections/interventions/download?{parameter}")).await;
        assert_eq!(reply.status.as_u16(), 400, "{parameter}");
    }
}

#[tokio::test]
async fn links_name_every_form_and_the_profile() {
    let page = json(&router(), "/api/collections/areas/items?limit=1").await;
    for media in ["text/html", "application/vnd.ogc.fg+json", "application/flatgeobuf", "text/csv"] {
        assert!(link(&page, "alternate", media).is_some(), "{media}");
    }
    assert_eq!(link(&page, "profile", ""), Some("http://www.opengis.net/def/profile/OGC/0/rfc7946"));
}
