//! One test per conformance class that is declared, named after it; and one that no class is declared without its test.

use super::{filters, jsonfg, part4};
use crate::support::server::{Reply, get, get_as, json, link, local, router};
use axum::Router;
use serde_json::Value as Json;

mod common;
mod features;
mod schemas;
mod tiles;

/// A class (below `http://www.opengis.net/spec/`) and the test that proves it.
type Proven = (&'static str, &'static str);

/// The classes of each part of the API and the source of their tests, in the order in which they are declared.
const PARTS: [(&[Proven], &str); 7] = [
    (&common::PROVEN, include_str!("common.rs")),
    (&features::PROVEN, include_str!("features.rs")),
    (&schemas::PROVEN, include_str!("schemas.rs")),
    (&tiles::PROVEN, include_str!("tiles.rs")),
    (&filters::PROVEN, include_str!("../filters.rs")),
    (&part4::PROVEN, include_str!("../part4.rs")),
    (&jsonfg::PROVEN, include_str!("../jsonfg.rs")),
];

const OAS30: &str = "application/vnd.oai.openapi+json;version=3.0";
const OGC_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/";

/// Every class with its test, in the order in which they are declared.
pub fn proven() -> impl Iterator<Item = &'static Proven> {
    PARTS.iter().flat_map(|(classes, _)| *classes)
}

#[tokio::test]
async fn no_class_is_declared_without_a_test() {
    let declared = json(&router(), "/api/conformance").await;
    let declared: Vec<&str> = declared["conformsTo"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    let proven: Vec<String> = proven().map(|(class, _)| format!("http://www.opengis.net/spec/{class}")).collect();
    assert_eq!(declared, proven);
    for (classes, source) in PARTS {
        for (class, test) in classes {
            assert!(source.contains(&format!("#[tokio::test]\nasync fn {test}()")), "{class}: there is no test {test}");
        }
    }
}

async fn ids(router: &Router) -> Vec<String> {
    let all = json(router, "/api/collections").await;
    all["collections"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
}

/// Follows a link of a document.
async fn follow(router: &Router, json: &Json, rel: &str, media: &str) -> Reply {
    let href = link(json, rel, media).unwrap_or_else(|| panic!("no {rel} of type {media} in {}", json["links"]));
    get(router, local(href)).await
}

/// Each of these is a page in which the same links are found that programs get.
async fn every_page(paths: &[&str]) {
    let router = router();
    for path in paths {
        let reply = get_as(&router, path, &[("accept", "text/html")]).await;
        assert_eq!(reply.header("content-type"), "text/html; charset=utf-8", "{path}");
        let page = reply.text();
        assert!(page.contains("<title>") && page.contains("<h1>") && page.ends_with("</html>\n"), "{path}");
        assert_eq!(page.matches("<main>").count(), 1, "{path}");
    }
}
