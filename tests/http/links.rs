//! Every link leads somewhere, whatever stands between us and the world.

use crate::support::server::{fresh, get_as, link, local, router, router_with};
use axum::Router;
use cityheart::config::Config;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Every address in a document: `href` members, TileJSON templates and schema ids.
fn addresses(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("href" | "x-ogc-codelistUri", Json::String(url)) => found.push(url.clone()),
                    ("$id", Json::String(url)) if url.starts_with("http") => found.push(url.clone()),
                    ("tiles", Json::Array(urls)) => {
                        found.extend(urls.iter().filter_map(Json::as_str).map(str::to_owned));
                    }
                    _ => addresses(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|i| addresses(i, found)),
        _ => {}
    }
}

fn pages_of(html: &str, found: &mut Vec<String>) {
    for part in html.split("href=\"").skip(1) {
        let url = part.split('"').next().unwrap().replace("&amp;", "&").replace("&#39;", "'");
        found.push(url);
    }
}

/// Follows all links from `/api`, some features deep, and checks that each is absolute, ours and alive.
async fn crawl(router: &Router, headers: &[(&str, &str)], base: &str, prefix_stays: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut per_kind: BTreeMap<String, usize> = BTreeMap::new();
    let mut todo = vec![format!("{base}/api")];
    while let Some(url) = todo.pop() {
        let url =
            ["{z}", "{x}", "{y}", "{tileMatrix}", "{tileRow}", "{tileCol}"].iter().fold(url, |u, t| u.replace(t, "0"));
        let Some(path) = url.strip_prefix(base) else {
            assert!(
                url.starts_with("http") && !url.contains("127.0.0.1") && !url.contains("plan.test"),
                "'{url}' is not below {base}"
            );
            continue;
        };
        if path.ends_with("/execution") {
            // Told by rel `execute`: asked by POST, which the tests of the processes do.
            continue;
        }
        if path.contains("/items/") {
            // A few features of each kind stand for all.
            let kind = format!("{} {}", path.split("/items/").next().unwrap(), path.contains("f=html"));
            let count = per_kind.entry(kind).or_default();
            *count += 1;
            if *count > 5 {
                continue;
            }
        }
        if !seen.insert(url.clone()) {
            continue;
        }
        let reply = get_as(router, &format!("{prefix_stays}{path}"), headers).await;
        if path.ends_with("/execution") {
            // Only to be posted to, and it says so.
            assert_eq!(reply.status, 405, "{url}");
            continue;
        }
        assert!(matches!(reply.status.as_u16(), 200 | 204), "{url}: {}", reply.status);
        let media = reply.header("content-type");
        if media.contains("json") {
            addresses(&reply.json(), &mut todo);
        } else if media.starts_with("text/html") && path.starts_with("/api") {
            pages_of(reply.text(), &mut todo);
        }
    }
    seen
}

#[tokio::test]
async fn every_link_from_the_landing_page_is_absolute_and_leads_somewhere() {
    let seen = crawl(&router(), &[], "http://plan.test", "").await;
    for path in [
        "/api?f=html",
        "/api/openapi",
        "/api/collections?f=html",
        "/api/collections/interventions/queryables",
        "/api/vocabularies/status",
        "/api/tiles/WebMercatorQuad/0/0/0",
        "/tiles/areas/0/0/0.mvt",
        "/api/tileMatrixSets/WebMercatorQuad",
        "/",
    ] {
        assert!(seen.contains(&format!("http://plan.test{path}")), "{path} was not found: {seen:#?}");
    }
    assert!(seen.iter().any(|url| url.contains("/api/collections/cities/items/")), "no feature was found: {seen:#?}");
}

#[tokio::test]
async fn every_link_has_the_public_url_with_its_prefix() {
    let config = Config { public_url: "https://maps.example.org/centre".parse().ok(), ..Config::default() };
    let router = router_with(config);
    // Whether the proxy takes the prefix off or leaves it on.
    for prefix_stays in ["", "/centre"] {
        crawl(&router, &[], "https://maps.example.org/centre", prefix_stays).await;
    }
}

#[tokio::test]
async fn forwarded_addresses_count_only_behind_a_trusted_proxy() {
    let headers =
        [("x-forwarded-proto", "https"), ("x-forwarded-host", "maps.example.org"), ("x-forwarded-prefix", "/plan")];
    let trusting = router_with(Config { trust_proxy: true, ..Config::default() });
    crawl(&trusting, &headers, "https://maps.example.org/plan", "").await;
    crawl(&router(), &headers, "http://plan.test", "").await;
}

#[tokio::test]
async fn an_id_with_any_character_has_a_link_that_leads_to_it() {
    let id = "a/b?c=d&e#f%25 ü\"'<>";
    let point = serde_json::json!({"id": id, "geometry": null, "properties": {"name": "x"}});
    let plan = fresh(&[("indicators".to_owned(), vec![point])]);
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    let page = get_as(&router, "/api/collections/indicators/items?f=html", &[]).await;
    let mut found = vec![];
    pages_of(page.text(), &mut found);
    let href = found.iter().find(|u| u.contains("/items/")).unwrap();
    let json =
        get_as(&router, &href.strip_prefix("http://plan.test").unwrap().replace("f=html", "f=json"), &[]).await.json();
    assert_eq!(json["id"], id);
    let own = link(&json, "self", "").unwrap();
    assert_eq!(get_as(&router, local(own), &[]).await.json()["id"], id);
}
