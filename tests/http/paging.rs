//! Questions to features: what is found, in which order, page by page; held against a walk over the files.

use crate::support::server::{fresh, get, json, link, local, plan, public, router};
use cityheart::feature::{Geometry, bbox_of};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn features(id: &str) -> Vec<Json> {
    public().into_iter().find(|(name, _)| name == id).unwrap().1
}

fn ids(page: &Json) -> Vec<String> {
    page["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

/// Follows `next` to the end; every page must agree on the total.
async fn walk(router: &axum::Router, first: &str) -> Vec<String> {
    let mut all = vec![];
    let mut path = first.to_owned();
    let mut matched = None;
    loop {
        let page = json(router, &path).await;
        let found = ids(&page);
        assert_eq!(page["numberReturned"], found.len(), "{path}");
        assert_eq!(matched.get_or_insert(page["numberMatched"].clone()), &page["numberMatched"], "{path}");
        all.extend(found);
        match link(&page, "next", "application/geo+json") {
            Some(next) => local(next).clone_into(&mut path),
            None => break,
        }
    }
    assert_eq!(matched.unwrap(), all.len(), "{first}");
    all
}

#[tokio::test]
async fn walking_all_pages_of_every_collection_finds_every_feature_once() {
    let router = router();
    for (id, features) in public() {
        for limit in [1, 7, 10_000] {
            let mut found = walk(&router, &format!("/api/collections/{id}/items?limit={limit}")).await;
            let mut wanted: Vec<_> = features.iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect();
            found.sort();
            wanted.sort();
            assert_eq!(found, wanted, "{id}, {limit} a page");
        }
    }
}

#[tokio::test]
async fn an_equality_finds_exactly_those_that_have_the_value() {
    let router = router();
    for (name, value) in [
        ("status", "in_progress"),
        ("city", "celje"),
        ("objectives", "PO2"),
        ("types", "street"),
        ("schematic", "true"),
    ] {
        let has = |f: &&Json| match &f["properties"][name] {
            Json::String(s) => s == value,
            Json::Bool(b) => b.to_string() == value,
            Json::Array(items) => items.iter().any(|i| i == value),
            _ => false,
        };
        let all = features("interventions");
        let mut wanted: Vec<_> = all.iter().filter(has).map(|f| f["id"].as_str().unwrap().to_owned()).collect();
        let path = format!("/api/collections/interventions/items?{name}={value}&limit=3");
        if get(&router, &path).await.status == 400 {
            continue; // not a value of this vocabulary
        }
        let mut found = walk(&router, &path).await;
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{name}={value}");
    }
}

#[tokio::test]
async fn sorting_orders_all_pages_and_puts_what_is_unknown_last() {
    let router = router();
    for (sortby, sign) in [("cost", 1.0), ("-cost", -1.0)] {
        let page =
            json(&router, &format!("/api/collections/interventions/items?sortby={sortby}&limit=10000&properties=cost"))
                .await;
        let costs: Vec<Option<f64>> =
            page["features"].as_array().unwrap().iter().map(|f| f["properties"]["cost"].as_f64()).collect();
        assert!(costs.iter().filter(|c| c.is_some()).count() > 5 && costs.iter().any(Option::is_none));
        let key = |c: &Option<f64>| c.map_or(f64::INFINITY, |c| c * sign);
        assert!(costs.windows(2).all(|w| key(&w[0]) <= key(&w[1])), "{sortby}: {costs:?}");
        let walked = walk(&router, &format!("/api/collections/interventions/items?sortby={sortby}&limit=5")).await;
        assert_eq!(walked, ids(&page));
    }
}

#[tokio::test]
async fn chosen_properties_are_the_only_ones() {
    let router = router();
    let names =
        |page: &Json| page["features"][0]["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let page = json(&router, "/api/collections/interventions/items?properties=status,title&limit=2").await;
    assert_eq!(names(&page), ["title", "status"]);
    let page = json(&router, "/api/collections/interventions/items?exclude-properties=title&limit=2").await;
    assert!(!names(&page).contains(&"title".to_owned()) && names(&page).contains(&"status".to_owned()));
    let id = page["features"][0]["id"].as_str().unwrap();
    let one = json(&router, &format!("/api/collections/interventions/items/{id}?properties=title")).await;
    assert_eq!(one["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["title"]);
}

#[tokio::test]
async fn a_box_across_the_antimeridian_is_two_boxes() {
    let router = router();
    let count = async |bbox: &str| {
        json(&router, &format!("/api/collections/partners/items?bbox={bbox}")).await["numberMatched"].as_u64().unwrap()
    };
    let all = count("-180,-90,180,90").await;
    let west = count("-180,-90,5,90").await;
    let east = count("15,-90,180,90").await;
    assert_eq!(count("15,-90,5,90").await, west + east);
    assert!(west > 0 && east > 0 && west + east < all);
}

#[tokio::test]
async fn undated_features_always_match_a_time() {
    let found = json(&router(), "/api/collections/interventions/items?datetime=1900-01-01&limit=10000").await;
    assert!(found["features"].as_array().unwrap().iter().all(|f| f["properties"]["start"].is_null()));
}

#[tokio::test]
async fn a_page_of_ten_thousand_comes_whole_in_pieces() {
    let point = |i: i32| {
        json!({
            "id": format!("unit-{i}"), "geometry": {"type": "Point", "coordinates": [15.0 + f64::from(i % 100) * 0.001, 46.0 + f64::from(i / 100) * 0.001]},
            "properties": {"unit": format!("unit-{i}"), "city": "celje", "state": "vacant", "observed_on": "2026-03-01", "survey": "s"},
        })
    };
    let plan = fresh(&[("premises".to_owned(), (0..10_100).map(point).collect())]);
    let router = cityheart::http::build_router(plan.atlas.clone(), cityheart::config::Config::default());
    let page = json(&router, "/api/collections/premises/items?limit=99999").await;
    assert_eq!(page["numberReturned"], 10_000);
    assert_eq!(page["numberMatched"], 10_100);
    assert_eq!(ids(&page).len(), 10_000);
    assert!(link(&page, "next", "").is_some());
}

/// A box around a part of the demo's world, some of it crossing the antimeridian.
fn boxes() -> impl Strategy<Value = [f64; 4]> {
    (-10.0..25.0f64, 36.0..56.0f64, 0.0..8.0f64, 0.0..6.0f64).prop_map(|(w, s, dx, dy)| [w, s, w + dx, s + dy])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn a_box_finds_no_point_outside_and_misses_none_inside(bbox in boxes()) {
        let [w, s, e, n] = bbox;
        let inside = |f: &&Json| {
            let Ok(geometry) = serde_json::from_value::<geojson::Geometry>(f["geometry"].clone()) else { return false };
            let b = bbox_of(&Geometry::try_from(geometry).unwrap()).unwrap();
            b.west <= e && b.east >= w && b.south <= n && b.north >= s
        };
        let all = features("facilities");
        let mut wanted: Vec<_> = all.iter().filter(|f| f["geometry"]["type"] == "Point").filter(inside).map(|f| f["id"].as_str().unwrap().to_owned()).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let router = cityheart::http::build_router(plan().atlas.clone(), cityheart::config::Config::default());
        let page = runtime.block_on(json(&router, &format!("/api/collections/facilities/items?limit=10000&bbox={w},{s},{e},{n}")));
        let points = page["features"].as_array().unwrap().iter().filter(|f| f["geometry"]["type"] == "Point");
        let mut found: Vec<_> = points.map(|f| f["id"].as_str().unwrap().to_owned()).collect();
        found.sort();
        wanted.sort();
        prop_assert_eq!(found, wanted);
    }
}
