//! Forms, conditional requests, HEAD and OPTIONS, and scripts from other places.

use crate::support::server::{get, get_as, json, link, local, router, send};
use axum::body::Body;
use axum::http::{Method, Request};

/// One of every kind of resource with two forms: path, content type of its JSON.
const RESOURCES: [(&str, &str); 15] = [
    ("/api", "application/json"),
    ("/api/conformance", "application/json"),
    ("/api/openapi", "application/vnd.oai.openapi+json;version=3.0"),
    ("/api/collections", "application/json"),
    ("/api/collections/areas", "application/json"),
    ("/api/collections/areas/schema", "application/schema+json"),
    ("/api/collections/areas/schema/geojson", "application/schema+json"),
    ("/api/collections/areas/queryables", "application/schema+json"),
    ("/api/collections/areas/sortables", "application/schema+json"),
    ("/api/collections/areas/items", "application/geo+json"),
    ("/api/collections/cities/items/celje", "application/geo+json"),
    ("/api/vocabularies", "application/json"),
    ("/api/vocabularies/status", "application/json"),
    ("/api/tileMatrixSets/WebMercatorQuad", "application/json"),
    ("/api/collections/areas/tiles", "application/json"),
];

#[tokio::test]
async fn every_resource_has_a_form_for_programs_and_one_for_people() {
    let router = router();
    for (path, media) in RESOURCES {
        for (accept, f, wanted) in [
            ("*/*", "", media),
            ("application/json", "", media),
            (media.split(';').next().unwrap(), "", media),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "", "text/html; charset=utf-8"),
            ("text/html", "?f=json", media),
            ("application/json", "?f=html", "text/html; charset=utf-8"),
        ] {
            let reply = get_as(&router, &format!("{path}{f}"), &[("accept", accept)]).await;
            assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, wanted), "{path}{f} as {accept}");
            assert!(reply.header("vary").contains("Accept"), "{path}");
            if wanted.starts_with("text/html") {
                assert!(reply.text().starts_with("<!doctype html>\n<html lang=\"en\">"), "{path}");
                let scripts = reply.text().matches("<script").count();
                let of_ours = reply.text().matches("<script defer src=\"http://plan.test/api-viewer/").count();
                assert!(scripts == of_ours && (scripts == 0 || path == "/api/openapi"), "{path}");
                assert!(reply.text().contains("rel=\"alternate\""), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn self_and_alternate_links_keep_the_question() {
    let router = router();
    let page = json(&router, "/api/collections/interventions/items?limit=2&status=completed&sortby=-title").await;
    for (rel, media, form) in [("self", "application/geo+json", "f=json"), ("alternate", "text/html", "f=html")] {
        let href = link(&page, rel, media).unwrap();
        for part in ["limit=2", "status=completed", "sortby=-title", form] {
            assert!(href.contains(part), "{href}");
        }
        assert_eq!(get(&router, local(href)).await.status, 200);
    }
}

#[tokio::test]
async fn links_of_items_are_headers_too() {
    let reply = get(&router(), "/api/collections/interventions/items?limit=2").await;
    let links = reply.links();
    for rel in ["self", "alternate", "next", "collection"] {
        assert!(
            links.iter().any(|l| l.starts_with('<') && l.contains(&format!("rel=\"{rel}\"; type="))),
            "{rel}: {links:?}"
        );
    }
    assert_eq!(reply.header("ogc-numberreturned"), "2");
    assert_eq!(reply.header("ogc-numbermatched"), reply.json()["numberMatched"].to_string());
    assert_eq!(reply.header("content-crs"), "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
}

#[tokio::test]
async fn who_has_it_already_is_told_so() {
    let router = router();
    let tile = "/tiles/areas/4/8/5.mvt";
    for path in RESOURCES.iter().map(|(path, _)| *path).chain([tile, "/tiles/areas.json", "/"]) {
        let first = get(&router, path).await;
        let etag = first.header("etag").to_owned();
        assert!(etag.ends_with('"'), "{path} has no tag");
        assert_eq!(first.header("cache-control"), "public, max-age=0, must-revalidate", "{path}");
        for tags in [etag.clone(), format!("\"other\", {etag}"), "*".to_owned(), etag.replace("W/", "")] {
            let again = get_as(&router, path, &[("if-none-match", &tags)]).await;
            assert_eq!((again.status.as_u16(), again.header("etag")), (304, etag.as_str()), "{path} with {tags}");
        }
        assert_eq!(get_as(&router, path, &[("if-none-match", "\"other\"")]).await.status, first.status, "{path}");
    }
}

#[tokio::test]
async fn different_questions_and_forms_have_different_tags() {
    let router = router();
    let mut tags = vec![];
    for path in ["", "?limit=2", "?limit=3", "?f=html", "?status=idea"] {
        tags.push(get(&router, &format!("/api/collections/interventions/items{path}")).await.header("etag").to_owned());
    }
    tags.sort();
    tags.dedup();
    assert_eq!(tags.len(), 5);
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let router = router();
    for (path, media) in RESOURCES {
        let reply = send(&router, Request::head(path).header("host", "plan.test").body(Body::empty()).unwrap()).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, media), "{path}");
    }
    let reply = send(&router, Request::head("/api/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (404, "application/problem+json"));
}

#[tokio::test]
async fn options_says_what_is_possible() {
    let router = router();
    for path in RESOURCES.iter().map(|(path, _)| *path).chain(["/", "/tiles/areas/0/0/0.mvt", "/health/live"]) {
        let reply =
            send(&router, Request::builder().method(Method::OPTIONS).uri(path).body(Body::empty()).unwrap()).await;
        assert_eq!((reply.status.as_u16(), reply.header("allow")), (200, "GET, HEAD, OPTIONS"), "{path}");
    }
}

#[tokio::test]
async fn a_script_from_elsewhere_may_ask_before_it_asks() {
    let preflight = Request::builder()
        .method(Method::OPTIONS)
        .uri("/api/collections/areas/items")
        .header("origin", "https://elsewhere.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "if-none-match");
    let reply = send(&router(), preflight.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 204);
    assert!(reply.header("access-control-allow-methods").contains("GET"));
    assert!(reply.header("access-control-allow-headers").contains("If-None-Match"));
}

#[tokio::test]
async fn a_slash_at_the_end_changes_nothing() {
    let router = router();
    for path in ["/api", "/api/collections", "/api/collections/areas", "/api/collections/areas/items"] {
        assert_eq!(get(&router, &format!("{path}/")).await.status, 200, "{path}/");
    }
}

#[tokio::test]
async fn people_read_labels_and_follow_references() {
    let reply = get(&router(), "/api/collections/interventions/items/celje-presernova-redesign?f=html").await;
    let page = reply.text();
    assert!(page.contains("<svg role=\"img\"") || page.contains("No geometry"), "{page}");
    assert!(page.contains("/api/collections/cities/items/celje?f=html\">celje</a>"), "{page}");
    assert!(!page.contains("<dd>in_progress</dd>"));
}
