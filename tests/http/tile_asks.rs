//! What can be asked of a tile, under each of its addresses: a filter, a time, some properties, a layer for each value.

use crate::support::server::{get, json, local, router};
use crate::support::tiles::{Feature, Tile};
use axum::Router;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// All of Europe, and with it the whole demo plan.
const WHOLE: [&str; 4] = ["3/4/2", "3/3/2", "3/4/3", "3/3/3"];

/// The features of one layer on all tiles, each once.
async fn layer(router: &Router, query: &str, name: &str) -> Vec<Feature> {
    let mut found: Vec<Feature> = vec![];
    for place in WHOLE {
        let reply = get(router, &format!("/tiles/interventions/{place}.mvt?{query}")).await;
        assert!(reply.status.is_success(), "{query}: {}", reply.status);
        found.extend(Tile::read(&reply.body).layer(name).into_iter().flat_map(|l| l.features.clone()));
    }
    found.sort_by(|a, b| a.id.cmp(&b.id));
    found.dedup_by(|a, b| a.id == b.id);
    found
}

fn ids(features: &[Feature]) -> BTreeSet<String> {
    features.iter().map(|f| f.id.clone()).collect()
}

/// The ids of the interventions with a place for which the items answer.
async fn items(router: &Router, query: &str) -> BTreeSet<String> {
    let all = json(router, &format!("/api/collections/interventions/items?limit=10000&{query}")).await;
    let placed = all["features"].as_array().unwrap().iter().filter(|f| !f["geometry"].is_null());
    placed.map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_filter_and_a_time_let_the_same_through_as_for_items() {
    let router = router();
    for query in [
        "filter=cost%20%3E%20100000",
        "datetime=2026-01-01/2026-12-31",
        "filter=status%3D%27completed%27&datetime=../2026-06-30",
    ] {
        let shown = ids(&layer(&router, query, "interventions").await);
        assert!(!shown.is_empty(), "{query}");
        assert!(shown.is_subset(&items(&router, query).await), "{query}");
    }
    // At a zoom where nothing is too small to be seen, nothing is missing either.
    let near = "datetime=2026-01-01/2026-12-31&bbox=15.25,46.22,15.28,46.24";
    let (z, x, y) = (12, 2221, 1453);
    let reply = get(&router, &format!("/tiles/interventions/{z}/{x}/{y}.mvt?datetime=2026-01-01/2026-12-31")).await;
    let shown: BTreeSet<String> = ids(&Tile::read(&reply.body).layer("interventions").unwrap().features);
    assert!(items(&router, near).await.is_subset(&shown));
}

#[tokio::test]
async fn only_the_properties_asked_for_are_in_the_tile_and_the_id() {
    let router = router();
    let features = layer(&router, "properties=status,cost", "interventions").await;
    let names: BTreeSet<&str> = features.iter().flat_map(|f| f.properties.keys().map(String::as_str)).collect();
    assert_eq!(names, BTreeSet::from(["cost", "id", "status"]));
    assert_eq!(ids(&features), ids(&layer(&router, "", "interventions").await));
}

#[tokio::test]
async fn a_split_tile_has_the_same_features_each_in_the_layer_of_its_value() {
    let router = router();
    let mut names = BTreeSet::new();
    for place in WHOLE {
        let path = |query: &str| format!("/tiles/areas,interventions/{place}.mvt{query}");
        let whole = Tile::read(&get(&router, &path("")).await.body);
        let split = Tile::read(&get(&router, &path("?split=status")).await.body);
        // Areas have no status and stay whole.
        let geometries = |layer: Option<&crate::support::tiles::Layer>| -> Vec<String> {
            layer.into_iter().flat_map(|l| &l.features).map(|f| format!("{} {:?}", f.id, f.geometry)).collect()
        };
        assert_eq!(geometries(split.layer("areas")), geometries(whole.layer("areas")));
        let mut parts = vec![];
        for layer in split.layers.iter().filter(|l| l.name.starts_with("interventions")) {
            for f in &layer.features {
                let status = f.properties.get("status").map(|v| format!("{v:?}")).unwrap_or_default();
                let value = layer.name.strip_prefix("interventions:").unwrap_or_default();
                assert!(status.contains(&format!("\"{value}\"")), "{} is {status} in layer {}", f.id, layer.name);
            }
            parts.extend(geometries(Some(layer)));
            names.insert(layer.name.clone());
        }
        parts.sort();
        let mut all = geometries(whole.layer("interventions"));
        all.sort();
        assert_eq!(parts, all);
    }
    assert!(names.len() > 4 && names.contains("interventions:completed"), "{names:?}");
    let described = json(&router, "/tiles/areas,interventions.json?split=status").await;
    let listed: BTreeSet<String> =
        described["vector_layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap().to_owned()).collect();
    assert!(names.is_subset(&listed), "{names:?} in {listed:?}");
    assert!(listed.contains("interventions:approved") && listed.contains("areas"), "{listed:?}");
}

#[tokio::test]
async fn tilejson_and_tile_sets_lead_to_the_tiles_that_were_asked_for() {
    let router = router();
    let asked = "properties=status&split=status&datetime=2026-01-01/..";
    let described = json(&router, &format!("/tiles/interventions.json?{asked}")).await;
    let template = described["tiles"][0].as_str().unwrap().replace("{z}/{x}/{y}", WHOLE[0]);
    let fields: Vec<&String> = described["vector_layers"][0]["fields"].as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "status"]);
    let tile = get(&router, local(&template)).await;
    assert!(template.ends_with(asked), "{template}");
    let [z, x, y] = WHOLE[0].split('/').collect::<Vec<_>>()[..] else { unreachable!() };
    for path in [
        format!("/api/collections/interventions/tiles/WebMercatorQuad/{z}/{y}/{x}?{asked}"),
        format!("/api/tiles/WebMercatorQuad/{z}/{y}/{x}?collections=interventions&{asked}"),
    ] {
        assert_eq!(get(&router, &path).await.body, tile.body, "{path}");
    }
    let set: Json = json(&router, &format!("/api/collections/interventions/tiles/WebMercatorQuad?{asked}")).await;
    let link = |rel: &str| {
        let links = set["links"].as_array().unwrap().iter().filter(|l| l["rel"] == rel);
        links.map(|l| l["href"].as_str().unwrap().to_owned()).next().unwrap()
    };
    assert!(link("item").ends_with(asked) && link("describedby").ends_with(asked));
    assert!(set["layers"].as_array().unwrap().iter().any(|l| l["id"] == "interventions:idea"));
}

#[tokio::test]
async fn what_a_tile_cannot_show_is_refused_by_name() {
    for (query, at, word) in [
        ("properties=statsu", "properties", "status"),
        ("split=cost", "split", "status"),
        ("split=objectives", "split", "Use one of"),
        ("datetime=yesterday", "datetime", "2026-03-01"),
        ("filter=nosuch%3D1", "filter", "nosuch"),
        ("cluster=50", "cluster", "64"),
        ("limit=3", "limit", "no such parameter"),
    ] {
        refused(&format!("/tiles/interventions/3/4/2.mvt?{query}"), at, word).await;
        refused(&format!("/api/collections/interventions/tiles/WebMercatorQuad/3/2/4?{query}"), at, word).await;
    }
    refused("/tiles/world/0/0/0.mvt?split=name", "filter", "base map").await;
}

async fn refused(path: &str, at: &str, word: &str) {
    let reply = get(&router(), path).await;
    assert_eq!(reply.status, 400, "{path}: {}", reply.text());
    let problem = reply.json();
    assert!(problem.to_string().contains(at), "{path}: {problem}");
    assert!(problem["detail"].as_str().unwrap().contains(word), "{path}: {problem}");
}
