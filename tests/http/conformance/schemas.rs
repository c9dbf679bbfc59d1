//! OGC API Features 3, 5, 6 and 8 as far as they are about fields: which there are, which may be asked for, chosen and
//! sorted by.

use super::{OGC_REL, follow, ids};
use crate::support::server::{get, json, plan, router};
use serde_json::Value as Json;

pub const PROVEN: [(&str, &str); 11] = [
    ("ogcapi-features-3/1.0/conf/queryables", "features_queryables"),
    ("ogcapi-features-3/1.0/conf/queryables-query-parameters", "features_queryables_query_parameters"),
    ("ogcapi-features-5/1.0/conf/schemas", "features_schemas"),
    ("ogcapi-features-5/1.0/conf/returnables-and-receivables", "features_returnables_and_receivables"),
    ("ogcapi-features-5/1.0/conf/queryables", "features_queryables"),
    ("ogcapi-features-5/1.0/conf/sortables", "features_sortables"),
    ("ogcapi-features-6/1.0/conf/properties", "features_properties"),
    ("ogcapi-features-6/1.0/conf/properties-features", "features_properties"),
    ("ogcapi-features-8/1.0/conf/sorting", "features_sorting"),
    ("ogcapi-features-8/1.0/conf/features-sorting", "features_sorting"),
    ("ogcapi-features-8/1.0/conf/sortables", "features_sortables"),
];

#[tokio::test]
async fn features_queryables() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let reply = follow(&router, &collection, &format!("{OGC_REL}queryables"), "application/schema+json").await;
        assert_eq!(reply.header("content-type"), "application/schema+json");
        let schema = reply.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/queryables"));
        assert_eq!(schema["additionalProperties"], false);
    }
    assert_eq!(get(&router, "/api/collections/areas/items?not_a_queryable=1").await.status, 400);
}

fn a_schema_of_the_standard(schema: &Json, id: &str) {
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["$id"], id);
    assert_eq!(schema["type"], "object");
    jsonschema::validator_for(schema).unwrap();
    for (name, property) in schema["properties"].as_object().unwrap() {
        assert!(property["title"].is_string(), "{id}: {name} has no title");
        let geometry = property["format"].as_str().is_some_and(|f| f.starts_with("geometry-"));
        assert_eq!(
            property["type"].is_null(),
            geometry,
            "{id}: {name}: geometries, and only they, have a format and no type"
        );
    }
}

#[tokio::test]
async fn features_queryables_query_parameters() {
    let router = router();
    for view in plan().atlas.collections() {
        let id = view.collection().id.to_string();
        let all = json(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        let queryables = json(&router, &format!("/api/collections/{id}/queryables")).await;
        for (name, schema) in queryables["properties"].as_object().unwrap() {
            if !matches!(schema["type"].as_str(), Some("string" | "number" | "integer" | "boolean")) {
                continue;
            }
            let features = all["features"].as_array().unwrap();
            let Some(value) = features.iter().map(|f| &f["properties"][name]).find(|v| !v.is_null()) else { continue };
            let wanted: Vec<&Json> =
                features.iter().filter(|f| f["properties"][name] == *value).map(|f| &f["id"]).collect();
            let text: String = value.as_str().map_or_else(|| value.to_string(), percent_encoded);
            let found = json(&router, &format!("/api/collections/{id}/items?limit=10000&{name}={text}")).await;
            let found: Vec<&Json> = found["features"].as_array().unwrap().iter().map(|f| &f["id"]).collect();
            assert_eq!(found, wanted, "{id}: {name}={value}");
        }
    }
}

/// Every byte, so that nothing in it means anything in an address.
fn percent_encoded(text: &str) -> String {
    text.bytes().flat_map(|b| ['%', HEX[usize::from(b >> 4)], HEX[usize::from(b & 15)]]).collect()
}

const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];

#[tokio::test]
async fn features_schemas() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let schema = follow(&router, &collection, &format!("{OGC_REL}schema"), "application/schema+json").await.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/schema"));
        let roles: Vec<&str> =
            schema["properties"].as_object().unwrap().values().filter_map(|p| p["x-ogc-role"].as_str()).collect();
        assert_eq!(roles.iter().filter(|r| **r == "id").count(), 1, "{id}");
        assert!(roles.iter().filter(|r| **r == "primary-geometry").count() <= 1, "{id}");
    }
}

#[tokio::test]
async fn features_returnables_and_receivables() {
    let router = router();
    for id in ids(&router).await {
        let schema = json(&router, &format!("/api/collections/{id}/schema")).await;
        let named: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
        let page = json(&router, &format!("/api/collections/{id}/items?limit=10000")).await;
        for feature in page["features"].as_array().unwrap() {
            assert!(
                feature["properties"].as_object().unwrap().keys().all(|k| named.contains(&k)),
                "{id}: {}",
                feature["id"]
            );
        }
    }
    let schema = json(&router, "/api/collections/interventions/schema").await;
    assert_eq!(schema["properties"]["created"]["readOnly"], true);
}

#[tokio::test]
async fn features_sortables() {
    let router = router();
    for id in ids(&router).await {
        let collection = json(&router, &format!("/api/collections/{id}")).await;
        let schema =
            follow(&router, &collection, &format!("{OGC_REL}sortables"), "application/schema+json").await.json();
        a_schema_of_the_standard(&schema, &format!("http://plan.test/api/collections/{id}/sortables"));
        for name in schema["properties"].as_object().unwrap().keys() {
            assert_eq!(
                get(&router, &format!("/api/collections/{id}/items?sortby=-{name}&limit=2")).await.status,
                200,
                "{id}: {name}"
            );
        }
    }
}

#[tokio::test]
async fn features_properties() {
    let router = router();
    let page = json(&router, "/api/collections/interventions/items?properties=title,status&limit=10000").await;
    for feature in page["features"].as_array().unwrap() {
        assert_eq!(feature["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["title", "status"]);
    }
    assert_eq!(get(&router, "/api/collections/interventions/items?properties=nothing").await.status, 400);
}

#[tokio::test]
async fn features_sorting() {
    let router = router();
    for sortby in ["title", "%2Btitle", "+title"] {
        let page = json(
            &router,
            &format!("/api/collections/interventions/items?sortby={sortby}&limit=10000&properties=title"),
        )
        .await;
        let titles: Vec<&str> =
            page["features"].as_array().unwrap().iter().filter_map(|f| f["properties"]["title"].as_str()).collect();
        assert!(titles.windows(2).all(|w| w[0] <= w[1]), "{sortby}: {titles:?}");
    }
    let page =
        json(&router, "/api/collections/interventions/items?sortby=city,-title&limit=10000&properties=city,title")
            .await;
    let pairs: Vec<_> = page["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| (f["properties"]["city"].as_str(), f["properties"]["title"].as_str()))
        .collect();
    assert!(pairs.windows(2).all(|w| w[0].0 < w[1].0 || (w[0].0 == w[1].0 && w[0].1 >= w[1].1)));
}
