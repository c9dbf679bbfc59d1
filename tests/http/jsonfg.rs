//! JSON-FG and the profiles of JSON answers: one test per class that is declared.

use crate::support::server::{Reply, get, json, link, local, plan, router};
use serde_json::{Value as Json, json};

/// Class (below `http://www.opengis.net/spec/`) and the test that proves it.
pub const PROVEN: [(&str, &str); 7] = [
    ("ogcapi-features-5/1.0/conf/advanced-property-roles", "features_advanced_property_roles"),
    ("ogcapi-features-5/1.0/conf/profile-parameter", "features_profile_parameter"),
    ("ogcapi-features-5/1.0/conf/profile-codelists", "features_profile_codelists"),
    ("json-fg-1/1.0/conf/core", "jsonfg_core"),
    ("json-fg-1/1.0/conf/types-schemas", "jsonfg_types_schemas"),
    ("json-fg-1/1.0/conf/profiles", "jsonfg_profiles"),
    ("json-fg-1/1.0/conf/api", "jsonfg_api"),
];

const CONF: &str = "http://www.opengis.net/spec/json-fg-1/1.0/conf/";
const REGISTER: &str = "http://www.opengis.net/def/profile/OGC/0/";
const GRID: &str = "http://www.opengis.net/def/crs/EPSG/0/3794";

fn ids() -> Vec<String> {
    plan().atlas.collections().iter().map(|v| v.collection().id.to_string()).collect()
}

/// Every page, and one feature of each, with these parameters.
async fn documents(parameters: &str) -> Vec<Reply> {
    let router = router();
    let mut all = vec![];
    for id in ids() {
        let page = get(&router, &format!("/api/collections/{id}/items?limit=10000&{parameters}")).await;
        assert_eq!(page.status.as_u16(), 200, "{id}");
        if let Some(first) = page.json()["features"].as_array().unwrap().first() {
            let path = format!("/api/collections/{id}/items/{}?{parameters}", first["id"].as_str().unwrap());
            all.push(get(&router, &path).await);
        }
        all.push(page);
    }
    all
}

/// The features of a page, or the one feature.
fn features(document: &Json) -> Vec<Json> {
    document["features"].as_array().cloned().unwrap_or_else(|| vec![document.clone()])
}

#[tokio::test]
async fn features_advanced_property_roles() {
    let router = router();
    let roles = |schema: &Json, role: &str| -> Vec<String> {
        let properties = schema["properties"].as_object().unwrap().iter();
        properties.filter(|(_, p)| p["x-ogc-role"] == role).map(|(n, _)| n.clone()).collect()
    };
    for id in ids() {
        let schema = json(&router, &format!("/api/collections/{id}/schema")).await;
        let [instant, start, end, place] =
            ["primary-instant", "primary-interval-start", "primary-interval-end", "primary-geometry"]
                .map(|role| roles(&schema, role));
        assert!([&instant, &start, &end, &place].iter().all(|r| r.len() <= 1), "{id}");
        assert!(instant.is_empty() || (start.is_empty() && end.is_empty()), "{id}");
        let format = |names: &[String]| names.first().map(|n| schema["properties"][n]["format"].clone());
        assert_eq!(format(&start), format(&end), "{id}");
        for name in instant.iter().chain(&start).chain(&end) {
            let format = schema["properties"][name]["format"].as_str().unwrap();
            assert!(matches!(format, "date" | "date-time"), "{id}.{name}");
        }
        let temporal = schema["properties"].as_object().unwrap().values();
        let temporal = temporal.filter(|p| p["format"] == "date" || p["format"] == "date-time").count();
        assert_eq!(
            temporal > 0,
            !instant.is_empty() || !start.is_empty(),
            "{id} has times and none of them is primary"
        );
    }
    let schema = json(&router, "/api/collections/interventions/schema").await;
    assert_eq!(
        (roles(&schema, "primary-interval-start"), roles(&schema, "primary-interval-end")),
        (vec!["start".into()], vec!["end".into()])
    );
}

#[tokio::test]
async fn features_profile_parameter() {
    let router = router();
    let api = json(&router, "/api/openapi").await;
    let parameter = &api["components"]["parameters"]["profile"];
    assert_eq!(
        (&parameter["in"], &parameter["required"], &parameter["style"], &parameter["explode"]),
        (&json!("query"), &json!(false), &json!("form"), &json!(false))
    );
    assert_eq!(
        (&parameter["schema"]["type"], &parameter["schema"]["items"]["type"]),
        (&json!("array"), &json!("string"))
    );
    for path in
        ["/api/collections/areas/items", "/api/collections/cities/items/celje", "/api/collections/areas/download"]
    {
        for (asked, applied) in [
            ("", "rfc7946"),
            ("?profile=jsonfg", "jsonfg"),
            ("?profile=%5Bogc-profile:jsonfg%5D", "jsonfg"),
            (&format!("?profile={REGISTER}jsonfg-plus"), "jsonfg-plus"),
            ("?profile=jsonfg-plus,jsonfg", "jsonfg-plus"),
        ] {
            let reply = get(&router, &format!("{path}{asked}")).await;
            assert_eq!(
                (reply.status.as_u16(), reply.header("content-type")),
                (200, "application/geo+json"),
                "{path}{asked}"
            );
            assert_eq!(link(&reply.json(), "profile", ""), Some(&*format!("{REGISTER}{applied}")), "{path}{asked}");
            let header = format!("<{REGISTER}{applied}>; rel=\"profile\"");
            assert!(reply.links().iter().any(|l| l.starts_with(&header)));
        }
        assert_eq!(get(&router, &format!("{path}?profile=nonsense")).await.status.as_u16(), 400, "{path}");
    }
    // A form without profiles has none, whatever is wished.
    let table = get(&router, "/api/collections/areas/items?f=csv&profile=jsonfg").await;
    assert_eq!((table.status.as_u16(), table.header("content-type")), (200, "text/csv; charset=utf-8"));
}

/// Every schema below one that has codes, or says where they are described.
fn coded<'a>(json: &'a Json, found: &mut Vec<&'a Json>) {
    match json {
        Json::Object(members) => {
            if members.contains_key("x-ogc-codelistUri") {
                found.push(json);
            }
            members.values().for_each(|m| coded(m, found));
        }
        Json::Array(items) => items.iter().for_each(|i| coded(i, found)),
        _ => {}
    }
}

#[tokio::test]
async fn features_profile_codelists() {
    let router = router();
    let mut codes = 0;
    for id in ids() {
        let reply = get(&router, &format!("/api/collections/{id}/schema")).await;
        let schema = reply.json();
        let mut found = vec![];
        coded(&schema, &mut found);
        codes += found.len();
        let link = format!("<{REGISTER}codelist-ref>; rel=\"profile\"");
        let linked = reply.links().iter().any(|l| l.starts_with(&link));
        assert_eq!(linked, !found.is_empty(), "{id}");
        for property in found {
            assert!(property["oneOf"].is_null(), "{id}: {property}");
            let list = json(&router, local(property["x-ogc-codelistUri"].as_str().unwrap())).await;
            for code in property["enum"].as_array().into_iter().flatten() {
                assert!(list.to_string().contains(&format!("{code}")), "{id}: {code} is not described");
            }
        }
    }
    assert!(codes > 20, "only {codes} properties have codes");
}

#[tokio::test]
async fn jsonfg_core() {
    for crs in ["", GRID] {
        let asked = if crs.is_empty() { "profile=jsonfg".to_owned() } else { format!("profile=jsonfg&crs={crs}") };
        for reply in documents(&asked).await {
            let document = reply.json();
            assert!(document["conformsTo"].as_array().unwrap().contains(&json!(format!("{CONF}core"))));
            assert_eq!(document["coordRefSys"], if crs.is_empty() { Json::Null } else { json!(crs) });
            for feature in features(&document) {
                let members = feature.as_object().unwrap();
                assert!(
                    ["type", "id", "geometry", "place", "time", "properties"].iter().all(|m| members.contains_key(*m))
                );
                let (unused, used) = if crs.is_empty() { ("place", "geometry") } else { ("geometry", "place") };
                assert!(feature[unused].is_null(), "{}: {unused}", feature["id"]);
                if !feature[used].is_null() {
                    let geometry: geojson::Geometry = serde_json::from_value(feature[used].clone()).unwrap();
                    let geometry = geo_types::Geometry::<f64>::try_from(geometry).unwrap();
                    let degrees = |c: geo_types::Coord| c.x.abs() <= 180.0 && c.y.abs() <= 90.0;
                    assert!(
                        !crs.is_empty() || geo::CoordsIter::coords_iter(&geometry).all(degrees),
                        "{}",
                        feature["id"]
                    );
                }
                a_time(&feature["time"]);
            }
        }
    }
    // The time is that of the fields that say it.
    let page = json(&router(), "/api/collections/interventions/items?profile=jsonfg&limit=10000").await;
    let mut dated = 0;
    for feature in features(&page) {
        let [start, end] = ["start", "end"].map(|name| feature["properties"][name].as_str());
        let expected = (start.is_some() || end.is_some())
            .then(|| json!({"interval": [start.unwrap_or(".."), end.unwrap_or("..")]}));
        dated += usize::from(expected.is_some());
        assert_eq!(feature["time"], json!(expected), "{}", feature["id"]);
    }
    assert!(dated > 20);
    let without =
        json(&router(), "/api/collections/interventions/items?profile=jsonfg&properties=title&limit=10000").await;
    assert!(features(&without).iter().all(|f| f["time"].is_null()), "a time is told by the fields that are shown");
}

/// A `time` as the standard wants it.
fn a_time(time: &Json) {
    let day = |text: &str| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    let instant = |text: &str| text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok();
    match time {
        Json::Null => {}
        _ if time["date"].is_string() => assert!(day(time["date"].as_str().unwrap()), "{time}"),
        _ if time["timestamp"].is_string() => assert!(instant(time["timestamp"].as_str().unwrap()), "{time}"),
        _ => {
            let ends: Vec<&str> = time["interval"].as_array().unwrap().iter().map(|e| e.as_str().unwrap()).collect();
            assert_eq!(ends.len(), 2, "{time}");
            assert!(
                ends.iter().all(|e| *e == ".." || day(e)) || ends.iter().all(|e| *e == ".." || instant(e)),
                "{time}"
            );
            assert!(ends != ["..", ".."], "{time}");
        }
    }
}

#[tokio::test]
async fn jsonfg_types_schemas() {
    let router = router();
    for reply in documents("profile=jsonfg").await {
        let document = reply.json();
        assert!(document["conformsTo"].as_array().unwrap().contains(&json!(format!("{CONF}types-schemas"))));
        let kind = document["featureType"].as_str().unwrap();
        let schema = document["featureSchema"].as_str().unwrap();
        assert_eq!(schema, format!("http://plan.test/api/collections/{kind}/schema"));
        assert_eq!(get(&router, local(schema)).await.header("content-type"), "application/schema+json");
        let Some(dimension) = document["geometryDimension"].as_u64() else { continue };
        assert!(document["features"].is_array(), "only collections have a dimension");
        for feature in features(&document).iter().filter(|f| !f["geometry"].is_null()) {
            let expected = match feature["geometry"]["type"].as_str().unwrap().trim_start_matches("Multi") {
                "Point" => 0,
                "LineString" => 1,
                "Polygon" => 2,
                other => panic!("{other} in a collection of dimension {dimension}"),
            };
            assert_eq!(dimension, expected, "{}", feature["id"]);
        }
    }
}

#[tokio::test]
async fn jsonfg_profiles() {
    for reply in documents("").await {
        let document = reply.json();
        assert_eq!(link(&document, "profile", ""), Some(&*format!("{REGISTER}rfc7946")));
        assert!(document["conformsTo"].is_null());
        assert!(features(&document).iter().all(|f| f.as_object().unwrap().keys().all(|k| k != "place" && k != "time")));
    }
    let mut placed = 0;
    for reply in documents(&format!("profile=jsonfg-plus&crs={GRID}")).await {
        let document = reply.json();
        assert_eq!(link(&document, "profile", ""), Some(&*format!("{REGISTER}jsonfg-plus")));
        for feature in features(&document) {
            assert_eq!(feature["geometry"].is_null(), feature["place"].is_null(), "{}", feature["id"]);
            assert!(feature["place"].is_null() || feature["place"] != feature["geometry"]);
            placed += usize::from(!feature["place"].is_null());
        }
    }
    assert!(placed > 20);
}

#[tokio::test]
async fn jsonfg_api() {
    let router = router();
    let api = json(&router, "/api/openapi").await;
    let names = &api["components"]["parameters"]["profile"]["schema"]["items"]["enum"];
    assert_eq!(*names, json!(["rfc7946", "jsonfg", "jsonfg-plus"]));
    // Wherever GeoJSON is offered the parameter is described, and asked for it is taken.
    for (path, item) in api["paths"].as_object().unwrap() {
        if item["get"]["responses"]["200"]["content"].get("application/geo+json").is_none() {
            continue;
        }
        let parameters = item["get"]["parameters"].to_string();
        assert!(parameters.contains("#/components/parameters/profile"), "{path}");
        let path = path.replace("{featureId}", "celje");
        let reply = get(&router, &format!("/api{path}?profile=jsonfg")).await;
        assert!(matches!(reply.status.as_u16(), 200 | 404), "{path}: {}", reply.status);
    }
}
