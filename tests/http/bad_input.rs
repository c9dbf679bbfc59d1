//! Requests that are wrong: each gets a problem with a sentence that names the place, and none gets a 5xx.

use crate::support::server::{self, get_as, router, send};
use axum::body::Body;
use axum::http::{Method, Request};
use proptest::prelude::*;

/// path, status, what the problem is about (the parameter), words of the way out.
const WRONG: &[(&str, u16, &str, &str)] = &[
    ("/api/collections/interventions/items?bbox=1,2,3", 400, "bbox", "four numbers"),
    ("/api/collections/interventions/items?bbox=1,2,3,4,5", 400, "bbox", "four numbers"),
    ("/api/collections/interventions/items?bbox=a,b,c,d", 400, "bbox", "'a' is not a number"),
    ("/api/collections/interventions/items?bbox=1,2,3,1e999", 400, "bbox", "not a number"),
    ("/api/collections/interventions/items?bbox=NaN,NaN,NaN,NaN", 400, "bbox", "not a number"),
    ("/api/collections/interventions/items?bbox=", 400, "bbox", "not a number"),
    ("/api/collections/interventions/items?bbox=1,9,3,4", 400, "bbox", "Swap"),
    ("/api/collections/interventions/items?bbox=1,-91,3,4", 400, "bbox", "Latitudes"),
    ("/api/collections/interventions/items?bbox=-999,1,3,4", 400, "bbox", "Longitudes"),
    ("/api/collections/interventions/items?bbox=1,2,3,4&bbox=1,2,3,4", 400, "bbox", "twice"),
    ("/api/collections/interventions/items?bbox-crs=EPSG:27700", 400, "bbox-crs", "CRS84"),
    ("/api/collections/interventions/items?crs=http://www.opengis.net/def/crs/0/unsupported", 400, "crs", "CRS84"),
    ("/api/collections/interventions/items?datetime=yesterday", 400, "datetime", "2026-03-01"),
    ("/api/collections/interventions/items?datetime=2026-13-01", 400, "datetime", "not a date"),
    ("/api/collections/interventions/items?datetime=../..", 400, "datetime", "Omit datetime"),
    ("/api/collections/interventions/items?datetime=2027-01-01/2026-01-01", 400, "datetime", "ends before"),
    ("/api/collections/interventions/items?datetime=", 400, "datetime", "not a date"),
    ("/api/collections/interventions/items?limit=0", 400, "limit", "1 to 10000"),
    ("/api/collections/interventions/items?limit=-5", 400, "limit", "1 to 10000"),
    ("/api/collections/interventions/items?limit=invalid", 400, "limit", "1 to 10000"),
    ("/api/collections/interventions/items?limit=1.5", 400, "limit", "1 to 10000"),
    ("/api/collections/interventions/items?sortby=nothing", 400, "sortby", "Use one of"),
    ("/api/collections/interventions/items?sortby=types", 400, "sortby", "not a sortable property"),
    ("/api/collections/interventions/items?sortby=-title,title", 400, "sortby", "twice"),
    ("/api/collections/interventions/items?properties=titel", 400, "properties", "Did you mean 'title'?"),
    (
        "/api/collections/interventions/items?properties=title&exclude-properties=title",
        400,
        "exclude-properties",
        "not both",
    ),
    ("/api/collections/interventions/items?cursor=zzz", 400, "cursor", "Start again"),
    ("/api/collections/interventions/items?cursor=_5b1_2c1_5d&sortby=title", 400, "cursor", "Start again"),
    ("/api/collections/interventions/items?stauts=idea", 400, "stauts", "Did you mean 'status'?"),
    ("/api/collections/interventions/items?status=ideea", 400, "status", "Did you mean 'idea'?"),
    ("/api/collections/interventions/items?outside_centre=maybe", 400, "outside_centre", "true or false"),
    ("/api/collections/interventions/items?cost=much", 400, "cost", "a number"),
    ("/api/collections/interventions/items?start=2026", 400, "start", "a date such as"),
    ("/api/collections/interventions/items?funding=x", 400, "funding", "queryables"),
    ("/api/collections/interventions/items?f=xml", 400, "f", "json, html"),
    ("/api/collections/interventions/items?f=json&f=html", 400, "f", "twice"),
    ("/api/collections/interventions/items?title=%ff", 400, "title", "UTF-8"),
    ("/api/collections/interventions/items?title=%2", 400, "title", "UTF-8"),
    ("/api/collections/interventions/items/nothing", 404, "", "no feature 'nothing'"),
    ("/api/collections/interventions/items/nothing?bbox=1,2,3,4", 400, "bbox", "no such parameter"),
    ("/api/collections/interventions/items/%ff", 400, "", "UTF-8"),
    ("/api/collections/nothing/items", 404, "", "no collection 'nothing'"),
    ("/api/collections/nothing", 404, "", "no collection 'nothing'"),
    ("/api/collections/interventions?limit=3", 400, "limit", "no such parameter"),
    ("/api/collections?bbox=1,2", 400, "bbox", "four numbers"),
    ("/api/collections?lmit=3", 400, "lmit", "Did you mean 'limit'?"),
    ("/api?x=1", 400, "x", "no such parameter"),
    ("/api/conformance?f=yaml", 400, "f", "json, html"),
    ("/api/vocabularies/statsu", 404, "", "Did you mean 'status'?"),
    ("/api/tileMatrixSets/WorldCRS84Quad", 404, "", "WebMercatorQuad"),
    ("/api/tiles/WebMercatorQuad/0/0/1", 404, "", "no tile"),
    ("/api/tiles/WebMercatorQuad/0/0/0?collections=nothing", 400, "collections", "no collection 'nothing'"),
    ("/api/tiles/WebMercatorQuad/0/0/0?collections=", 400, "collections", "no collection"),
    ("/api/tiles/WebMercatorQuad/0/0/0?collections=areas,areas", 400, "collections", "twice"),
    ("/api/tiles/WebMercatorQuad/x/0/0", 400, "tileMatrix", "not a whole number"),
    ("/api/collections/areas/tiles/WebMercatorQuad/1/-1/0", 400, "tileRow", "not a whole number"),
    ("/api/collections/indicators/tiles", 404, "", "no geometry"),
    ("/api/collections/areas/tiles/WebMercatorQuad/99/0/0", 404, "", "no tile"),
    ("/tiles/areas/0/0/9.mvt", 404, "", "no tile"),
    ("/tiles/areas/0/0/0.mvt?x=1", 400, "x", "no such parameter"),
    ("/tiles/areas/99999999999999999999/0/0.mvt", 404, "", "no tile"),
    ("/tiles/nothing/0/0/0.mvt", 404, "", "no collection 'nothing'"),
    ("/tiles/areas,/0/0/0.mvt", 404, "", "no collection ''"),
    ("/tiles/areas,areas/0/0/0.mvt", 400, "collections", "twice"),
    ("/tiles/areas/z/0/0.mvt", 400, "z", "not a whole number"),
    ("/tiles/nothing.json", 404, "", "no collection 'nothing'"),
    ("/tiles/areas", 404, "", "/tiles/areas.json"),
    ("/nothing/here", 404, "", "no resource at /nothing/here"),
    ("/../etc/passwd", 404, "", "no resource at"),
    ("/%2e%2e/%2e%2e/etc/passwd", 404, "", "no resource at"),
    ("/api/nothing", 404, "", "no resource at /api/nothing"),
];

#[tokio::test]
async fn every_malformed_request_gets_a_sentence_that_names_the_place() {
    let router = router();
    for (path, status, about, hint) in WRONG {
        let reply = server::get(&router, path).await;
        assert_eq!(reply.status.as_u16(), *status, "{path}: {}", reply.text());
        let problem = reply.json();
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(hint), "{path}: {detail}");
        if !about.is_empty() {
            assert_eq!(problem["errors"][0]["parameter"], *about, "{path}: {problem}");
            assert!(detail.starts_with(about), "{path}: {detail}");
        }
    }
}

#[tokio::test]
async fn a_method_that_is_not_there_says_which_are() {
    let router = router();
    for path in ["/api", "/api/collections/areas", "/tiles/areas/0/0/0.mvt", "/health/live", "/", "/metrics"] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let reply =
                send(&router, Request::builder().method(&method).uri(path).body(Body::from("{}")).unwrap()).await;
            assert_eq!(reply.status, 405, "{method} {path}");
            assert_eq!(reply.header("allow"), "GET, HEAD, OPTIONS", "{method} {path}");
        }
    }
    let reply = send(&router, Request::post("/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, 404);
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_read() {
    let router = router();
    let long = format!("/api?x={}", "a".repeat(20_000));
    assert_eq!(server::get(&router, &long).await.status, 414);
    let reply = get_as(&router, "/api", &[("content-length", "999999999999")]).await;
    assert_eq!(reply.status, 413);
}

#[tokio::test]
async fn nothing_acceptable_is_406_and_says_what_there_is() {
    let reply = get_as(&router(), "/api/collections/areas/items", &[("accept", "image/png")]).await;
    assert_eq!(reply.status, 406);
    assert!(reply.json()["detail"].as_str().unwrap().contains("application/geo+json"));
}

#[tokio::test]
async fn a_person_gets_the_problem_as_a_page() {
    let reply = get_as(&router(), "/api/collections/%3Cb%3Enothing", &[("accept", "text/html")]).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert!(reply.text().contains("&lt;b&gt;nothing") && !reply.text().contains("<b>nothing"));
}

const PARTS: &str = "api collections interventions areas indicators items tiles schema queryables sortables conformance openapi vocabularies \
    status WebMercatorQuad tileMatrixSets processes inside execution 0 1 7 22 4294967296 world areas.json 0.mvt health live metrics assets .. .";
const NAMES: &str = "bbox bbox-crs crs datetime limit sortby properties exclude-properties cursor f status types cost outside_centre start \
    title collections v filter filter-lang filter-crs";
const VALUES: &str = "1,2,3,4 -180,-90,180,90 170,-10,-170,10 2026-01-01 2026-01-01/.. ../.. 0 10 -1 99999999999 title -cost +start id json \
    html idea true null 1e308 _5b1_5d % %00 %ff areas,areas 9999-12-31T23:59:59Z -9999-01-01 +275760-09-13 \
    city='celje' cost>1 S_INTERSECTS(geometry,POINT(1%202)) cql2-text cql2-json ((((( {\"op\":\"and\"}";

/// One of these words, or noise.
fn word(of: &'static str, noise: &'static str) -> impl Strategy<Value = String> {
    let known: Vec<&str> = of.split_whitespace().collect();
    prop_oneof![3 => proptest::sample::select(known).prop_map(str::to_owned), 1 => noise, 1 => "\\PC{0,8}"]
}

/// Addresses: known parts joined at random with noise, so that most get past the first check.
fn address() -> impl Strategy<Value = String> {
    let pairs = proptest::collection::vec((word(NAMES, "[a-z]{0,6}"), word(VALUES, "[ -~]{0,20}")), 0..5);
    (proptest::collection::vec(word(PARTS, "[ -~]{0,12}"), 0..8), pairs).prop_map(|(parts, pairs)| {
        let pairs: Vec<String> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        format!("/{}?{}", parts.join("/"), pairs.join("&"))
    })
}

/// What a client would send: bytes that may not stand in an address are percent-encoded, the rest goes as it is.
fn on_the_wire(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_graphic() && !b"\"<>\\^`{|}#".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]
    #[test]
    fn no_request_makes_a_server_error(
        address in address(),
        method in proptest::sample::select(vec!["GET", "GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "BREW"]),
        headers in proptest::collection::vec((
            proptest::sample::select(vec![
                "accept", "accept-encoding", "if-none-match", "host", "x-forwarded-host", "x-forwarded-prefix", "content-length", "content-type",
                "range", "origin", "access-control-request-method", "if-match", "prefer",
            ]),
            prop_oneof!["[ -~]{0,30}".boxed(), Just("*/*;q=0.1, text/html".to_owned()).boxed(), Just("gzip, br".to_owned()).boxed()],
        ), 0..4),
        body in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let Ok(uri) = on_the_wire(&address).parse::<axum::http::Uri>() else { return Ok(()) };
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let router = cityheart::http::build_router(server::plan().atlas.clone(), cityheart::config::Config { trust_proxy: true, ..Default::default() });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let reply = runtime.block_on(send(&router, request));
        prop_assert!(!reply.status.is_server_error(), "{} {}: {}", method, address, reply.status);
    }
}
