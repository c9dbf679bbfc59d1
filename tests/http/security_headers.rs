//! What browsers are told: what a page may run, who may show it in a frame, and that data is no page.

use crate::support::server::{Reply, get, get_as, plan, router_with, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use cityheart::config::Config;

fn configured(change: impl FnOnce(&mut Config)) -> Router {
    let mut config = Config::default();
    change(&mut config);
    router_with(config)
}

/// A web app in a folder, with these files.
fn built(files: &[(&str, &str)], change: impl FnOnce(&mut Config)) -> (Router, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let router = configured(|config| {
        config.web = Some(folder.path().to_owned());
        change(config);
    });
    (router, folder)
}

/// The sources of a directive; `None` when the policy has no such directive.
fn directive<'a>(reply: &'a Reply, name: &str) -> Option<Vec<&'a str>> {
    let policies: Vec<_> = reply.headers.get_all("content-security-policy").iter().collect();
    assert_eq!(policies.len(), 1, "one policy");
    let mut directives = reply.header("content-security-policy").split(';').map(str::trim);
    let found = directives.find_map(|d| d.strip_prefix(name)?.strip_prefix(' '))?;
    Some(found.split(' ').collect())
}

fn check_strict(reply: &Reply, what: &str) {
    let policy = reply.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(directive(reply, "base-uri").unwrap(), ["'none'"], "{what}");
    assert_eq!(directive(reply, "form-action").unwrap(), ["'self'"], "{what}");
    assert!(directive(reply, "frame-ancestors").is_some(), "{what}");
    for name in ["script-src", "connect-src", "worker-src", "style-src"] {
        let wide = |source: &&str| matches!(*source, "*" | "data:" | "blob:" | "https:" | "http:");
        assert!(!directive(reply, name).unwrap_or_default().iter().any(wide), "{what}: {policy}");
    }
    assert!(reply.header("permissions-policy").contains("geolocation=()"), "{what}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(reply.header("referrer-policy"), "strict-origin-when-cross-origin", "{what}");
}

#[tokio::test]
async fn every_page_has_a_strict_policy() {
    let page = "<html><head><script type=\"module\" src=\"./a.js\"></script></head><body></body></html>";
    let statement = "<html><head><style>a{}</style></head></html>";
    let viewer = ("api-viewer/swagger-ui-bundle.js", "x");
    let (router, _folder) = built(&[("index.html", page), ("accessibility/en.html", statement), viewer], |_| {});
    let html = [("accept", "text/html")];
    for (path, status) in [
        ("/", 200),
        ("/index.html", 200),
        ("/accessibility/en.html", 200),
        ("/api?f=html", 200),
        ("/api/openapi?f=html", 200),
        ("/api/collections/interventions/items?f=html", 200),
        ("/api/collections/interventions/items/celje-parking-teharska", 200),
        ("/api/nothing", 404),
        ("/nothing", 404),
        ("/api/collections/interventions/items?limit=x", 400),
    ] {
        let reply = get_as(&router, path, &html).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.header("content-type").starts_with("text/html"), "{path}");
        check_strict(&reply, path);
        let bytes: usize = reply.headers.iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        assert!(bytes <= 4096, "{path}: {bytes} bytes");
        // The policy stands in the header, where it can say who frames the page, and nowhere else.
        assert!(!reply.text().contains("http-equiv"), "{path}");
    }
    let map = get(&router, "/").await;
    assert_eq!(directive(&map, "script-src").unwrap(), ["'self'"]);
    assert_eq!(directive(&map, "style-src").unwrap(), ["'self'"]);
    assert_eq!(directive(&map, "worker-src").unwrap(), ["'self'"]);
    assert_eq!(directive(&map, "img-src").unwrap(), ["'self'", "data:", "blob:"]);
    let statement = get(&router, "/accessibility/en.html").await;
    // echo -n 'a{}' | openssl dgst -sha256 -binary | base64
    let hash = "'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='";
    assert_eq!(directive(&statement, "style-src").unwrap(), ["'self'", hash]);
    let (empty, _folder) = built(&[], |_| {});
    check_strict(&get(&empty, "/").await, "the page without a web app");
}

#[tokio::test]
async fn data_and_tiles_carry_no_policy_and_any_site_may_read_them() {
    let router = configured(|_| {});
    for path in [
        "/api",
        "/api/collections/interventions/items",
        "/api/collections/interventions/items?f=csv",
        "/tiles/areas/0/0/0.mvt",
        "/health/live",
        "/metrics",
    ] {
        let reply = get(&router, path).await;
        assert_eq!(reply.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), "*", "{path}");
        for name in [
            "content-security-policy",
            "permissions-policy",
            "cross-origin-resource-policy",
            "cross-origin-embedder-policy",
            "cross-origin-opener-policy",
            "x-frame-options",
            "strict-transport-security",
        ] {
            assert!(!reply.headers.contains_key(name), "{path}: {name}");
        }
    }
}

#[tokio::test]
async fn the_operator_says_who_shows_the_map_in_a_frame_and_nobody_frames_the_api() {
    for (setting, expected, embeddable) in [
        ("self", "'self'", false),
        ("none", "'none'", false),
        ("any", "*", true),
        ("https://www.celje.si https://*.europa.eu", "'self' https://www.celje.si https://*.europa.eu", true),
    ] {
        let page = "<html><head></head></html>";
        let (router, _folder) =
            built(&[("index.html", page)], |config| config.frame_ancestors = setting.parse().unwrap());
        let map = get(&router, "/").await;
        assert_eq!(directive(&map, "frame-ancestors").unwrap().join(" "), expected);
        assert_eq!(map.text().contains("cityheart-embeddable"), embeddable, "{setting}");
        let api = get(&router, "/api?f=html").await;
        assert_eq!(directive(&api, "frame-ancestors").unwrap(), ["'none'"], "{setting}");
        let error = get_as(&router, "/api/nothing", &[("accept", "text/html")]).await;
        assert_eq!(directive(&error, "frame-ancestors").unwrap(), ["'none'"], "{setting}");
    }
}

#[tokio::test]
async fn a_page_that_a_browser_has_is_not_used_under_a_policy_of_before() {
    let files = [("index.html", "<html><head></head></html>")];
    let (open, _folder) = built(&files, |config| config.frame_ancestors = "none".parse().unwrap());
    let tag = get(&open, "/").await.header("etag").to_owned();
    let known = [("if-none-match", tag.as_str())];
    assert_eq!(get_as(&open, "/", &known).await.status, 304);
    let (closed, _folder) = built(&files, |config| config.frame_ancestors = "self".parse().unwrap());
    assert_eq!(get_as(&closed, "/", &known).await.status, 200);
}

#[tokio::test]
async fn the_base_map_of_the_operator_is_loaded_from_its_sites_and_no_others() {
    let (router, _folder) = built(&[("index.html", "<html><head></head></html>")], |config| {
        config.basemap = Some("https://maps.example.org/style.json?key=a".parse().unwrap());
        config.basemap_origins =
            vec!["https://tiles.example.org".parse().unwrap(), "https://maps.example.org".parse().unwrap()];
    });
    let map = get(&router, "/").await;
    let sites = ["https://maps.example.org", "https://tiles.example.org"];
    assert_eq!(directive(&map, "connect-src").unwrap(), [&["'self'"][..], &sites].concat());
    assert_eq!(directive(&map, "img-src").unwrap(), [&["'self'", "data:", "blob:"][..], &sites].concat());
    assert_eq!(directive(&map, "script-src").unwrap(), ["'self'"]);
    // Links between pages of features begin with the public URL, whatever address the map was opened at.
    let public = configured(|config| config.public_url = Some("https://plan.example.org/celje".parse().unwrap()));
    assert_eq!(directive(&get(&public, "/").await, "connect-src").unwrap(), ["'self'", "https://plan.example.org"]);
}

#[tokio::test]
async fn only_a_web_app_with_webassembly_may_compile_it() {
    let index = ("index.html", "<html><head></head></html>");
    let (router, _folder) = built(&[index, ("assets/renderer-1.wasm", "x")], |_| {});
    assert_eq!(directive(&get(&router, "/").await, "script-src").unwrap(), ["'self'", "'wasm-unsafe-eval'"]);
}

#[tokio::test]
async fn browsers_come_back_over_https_when_the_public_url_is_https() {
    for (url, expected) in [("https://maps.example.org/celje", "max-age=31536000"), ("http://maps.example.org", "")] {
        let router = configured(|config| config.public_url = Some(url.parse().unwrap()));
        for path in ["/", "/api", "/api?f=html", "/tiles/areas/0/0/0.mvt", "/api/nothing"] {
            assert_eq!(get(&router, path).await.header("strict-transport-security"), expected, "{url} {path}");
        }
        let isolated = get(&router, "/api?f=html").await.header("cross-origin-opener-policy").to_owned();
        assert_eq!(isolated, if expected.is_empty() { "" } else { "same-origin" }, "{url}");
    }
}

#[tokio::test]
async fn every_response_has_an_id_and_a_refusal_repeats_it_in_its_body() {
    let router = router_with(Config { trust_proxy: true, ..Config::default() });
    let mut seen = std::collections::HashSet::new();
    for path in ["/", "/api", "/tiles/areas/0/0/0.mvt", "/api/nothing", "/health/live"] {
        let reply = get(&router, path).await;
        let id = reply.header("x-request-id").to_owned();
        assert!(id.len() >= 10 && seen.insert(id), "{path}");
        assert!(reply.header("access-control-expose-headers").contains("X-Request-Id"));
    }
    let given = |id: &'static str| [("x-request-id", id)];
    assert_eq!(get_as(&router, "/api", &given("proxy-7.a_b")).await.header("x-request-id"), "proxy-7.a_b");
    for wrong in ["", "a b", "a\"b", "<script>", &"x".repeat(65)] {
        let reply = get_as(&router, "/api", &[("x-request-id", wrong)]).await;
        assert_ne!(reply.header("x-request-id"), wrong);
    }
    let distrusting = configured(|_| {});
    assert_ne!(get_as(&distrusting, "/api", &given("proxy-7")).await.header("x-request-id"), "proxy-7");

    let refused = get_as(&router, &format!("/api?x={}", "x".repeat(17 << 10)), &[]).await;
    assert_eq!(refused.status, 414);
    assert_eq!(refused.json()["request_id"], refused.header("x-request-id"));
    let denied = get_as(&router, "/api", &[("authorization", "Bearer nonsense")]).await;
    assert!(denied.status == 401 && denied.headers.contains_key("x-request-id"));
    assert!(denied.json().get("request_id").is_none(), "refusals by rights are equal to the byte");
    let page = get_as(&router, "/api", &[("authorization", "Bearer nonsense"), ("accept", "text/html")]).await;
    assert!(page.text().contains(&format!("<code>{}</code>", page.header("x-request-id"))), "{}", page.text());
    // What is hidden and what is not there look the same.
    let missing = get(&router, "/api/collections/interventions/items/nobody").await;
    assert!(missing.status == 404 && missing.json().get("request_id").is_none());
    let head = Request::head("/api/nothing").header("host", "plan.test").body(Body::empty()).unwrap();
    assert!(send(&router, head).await.headers.contains_key("x-request-id"));
    assert!(plan().atlas.check_file().is_ok());
}
