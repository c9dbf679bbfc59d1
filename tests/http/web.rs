//! The files of the web app, from a folder.

use crate::support::server::{get, get_as, plan, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use cityheart::config::Config;

fn built(files: &[(&str, &str)]) -> (Router, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("dist");
    for (path, text) in files {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let config = Config { web: Some(root), ..Config::default() };
    (cityheart::http::build_router(plan().atlas.clone(), config), dir)
}

#[tokio::test]
async fn the_page_is_asked_for_again_and_hashed_assets_never() {
    let (router, _dir) = built(&[
        ("index.html", "<p>map</p>"),
        ("assets/app-3f2a.js", "x"),
        ("service-worker.js", "x"),
        ("fonts/a.woff2", "font"),
    ]);
    for (path, media, cache) in [
        ("/", "text/html; charset=utf-8", "public, max-age=0, must-revalidate"),
        ("/index.html", "text/html; charset=utf-8", "public, max-age=0, must-revalidate"),
        ("/assets/app-3f2a.js", "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
        ("/service-worker.js", "text/javascript; charset=utf-8", "public, max-age=0, must-revalidate"),
        ("/fonts/a.woff2", "font/woff2", "public, max-age=0, must-revalidate"),
    ] {
        let reply = get(&router, path).await;
        assert_eq!(
            (reply.status.as_u16(), reply.header("content-type"), reply.header("cache-control")),
            (200, media, cache),
            "{path}"
        );
        let etag = reply.header("etag").to_owned();
        assert_eq!(get_as(&router, path, &[("if-none-match", &etag)]).await.status, 304, "{path}");
    }
}

#[tokio::test]
async fn nothing_outside_the_folder_can_be_reached() {
    let (router, dir) = built(&[("index.html", "map"), (".env", "secret")]);
    std::fs::write(dir.path().join("secret.txt"), "secret").unwrap();
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/.env",
        "/%2eenv",
        "/assets/..%5c..%5csecret.txt",
        "//secret.txt",
        "/dist/",
    ] {
        let reply = get(&router, path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert!(!reply.text().contains("secret\n"), "{path}");
    }
}

#[tokio::test]
async fn a_path_that_is_no_file_is_no_page() {
    let (router, _dir) = built(&[("index.html", "map")]);
    assert_eq!(get(&router, "/somewhere").await.status, 404);
    assert_eq!(get(&router, "/assets/gone-1234.js").await.status, 404);
}

#[tokio::test]
async fn the_page_of_the_api_loads_a_viewer_from_this_server_and_reads_well_without_it() {
    let viewer = [("index.html", "map"), ("api-viewer/swagger-ui-bundle.js", "x")];
    for (files, scripts, policy) in [
        (&viewer[..1], 0, "default-src 'none'; style-src 'sha256-"),
        (&viewer[..], 2, "default-src 'none'; script-src 'self'; connect-src 'self'; style-src"),
    ] {
        let (router, _dir) = built(files);
        let reply = get(&router, "/api/openapi?f=html").await;
        let page = reply.text();
        assert_eq!(page.matches("<script").count(), scripts, "{page}");
        assert_eq!(page.matches("<script defer src=\"http://plan.test/api-viewer/").count(), scripts, "{page}");
        let sent = reply.header("content-security-policy");
        assert!(sent.starts_with(policy) && !sent.contains("unsafe"), "{sent}");
        // The plain list is there in any case.
        assert!(page.contains("<code>GET /collections/interventions/items</code>") && page.contains(" parameters<"));
        let definition = "data-definition=\"http://plan.test/api/openapi?f=json\"";
        assert_eq!(page.contains(definition), scripts > 0, "{page}");
        let other = get(&router, "/api?f=html").await;
        assert!(!other.text().contains("<script") && !other.header("content-security-policy").contains("script-src"));
    }
}

#[tokio::test]
async fn without_a_web_app_the_page_says_how_to_build_it() {
    let (router, _dir) = built(&[]);
    let reply = get(&router, "/").await;
    assert_eq!(reply.status, 200);
    assert!(reply.text().contains("make build") && reply.text().contains("href=\"api?f=html\""));
    assert_eq!(get(&router, "/robots.txt").await.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(get(&router, "/favicon.ico").await.header("content-type"), "image/svg+xml");
}

#[tokio::test]
async fn long_texts_are_packed_for_those_who_read_it() {
    let text = "the same again, ".repeat(200);
    let (router, _dir) = built(&[("index.html", &text)]);
    let request = Request::get("/").header("accept-encoding", "gzip").body(Body::empty()).unwrap();
    let reply = send(&router, request).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    assert!(reply.body.len() < text.len() / 4);
}

#[tokio::test]
async fn the_page_is_told_of_another_base_map_and_other_files_are_not() {
    let dir = tempfile::tempdir().unwrap();
    let page = "<html><head><title>map</title></head></html>";
    std::fs::write(dir.path().join("index.html"), page).unwrap();
    std::fs::write(dir.path().join("other.html"), page).unwrap();
    let config = Config {
        web: Some(dir.path().into()),
        basemap: Some("https://maps.example.org/s.json?a=1&b=2".parse().unwrap()),
        ..Config::default()
    };
    let router = cityheart::http::build_router(plan().atlas.clone(), config);
    let told = "<head><meta name=\"cityheart-basemap\" content=\"https://maps.example.org/s.json?a=1&amp;b=2\"><title>";
    assert!(get(&router, "/").await.text().contains(told));
    assert_eq!(get(&router, "/other.html").await.text(), page);
}

#[tokio::test]
async fn what_the_build_packed_is_handed_to_those_who_read_it_and_never_as_the_page() {
    let (router, _dir) = built(&[
        ("index.html", "page"),
        ("index.html.br", "no"),
        ("assets/a-1.js", "plain"),
        ("assets/a-1.js.br", "packed"),
    ]);
    for (path, accept, body, coding) in [
        ("/assets/a-1.js", "gzip, br", "packed", "br"),
        ("/assets/a-1.js", "*", "packed", "br"),
        ("/assets/a-1.js", "br;q=0", "plain", ""),
        ("/assets/a-1.js", "identity", "plain", ""),
        ("/", "br", "page", ""),
    ] {
        let reply = get_as(&router, path, &[("accept-encoding", accept)]).await;
        let told = (reply.text(), reply.header("content-encoding").to_owned());
        assert_eq!(told, (body, coding.to_owned()), "{path} {accept}");
        assert_eq!(reply.header("content-type").contains("javascript"), path != "/");
    }
}

#[tokio::test]
async fn the_page_of_the_binary_comes_as_the_build_packed_it_each_time() {
    let router = cityheart::http::build_router(plan().atlas.clone(), Config::default());
    let page = get(&router, "/").await.text().to_owned();
    let Some((_, rest)) = page.split_once("src=\"./assets/") else {
        println!("left out: the web app was not built before the tests; `make web` builds it");
        return;
    };
    let script = format!("/assets/{}", rest.split('"').next().unwrap());
    for time in ["first", "second"] {
        let reply = get_as(&router, &script, &[("accept-encoding", "gzip, deflate, br, zstd")]).await;
        assert_eq!((reply.status.as_u16(), reply.header("content-encoding")), (200, "br"), "the {time} time: {script}");
    }
}
