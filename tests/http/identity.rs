//! Who sends a request, while accounts change: streams end with their session, another file of accounts is followed, a
//! locked one holds nobody else up, and a stranger's guesses do not lock anybody out.

use crate::support::editing::{GEOJSON, ITEMS, measure};
use crate::support::server::{Plan, Reply, demo, fresh, send};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use cityheart::access::{AccessRole, Viewer};
use cityheart::atlas::AccountService;
use cityheart::config::{Config, ServerLimits};
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio_stream::StreamExt;
use tower::ServiceExt;

const PASSWORD: &str = "correct horse battery";

/// A plan with the user anna and the tokens desk and robot, and the secrets of the tokens.
fn open(config: Config) -> (Plan, Router, [String; 2]) {
    let mut content = demo();
    content.retain(|(id, _)| ["interventions", "cities"].contains(&id.as_str()));
    let plan = fresh(&content);
    let accounts = plan.atlas.accounts().unwrap();
    accounts.add_user(&Viewer::new("anna", "Anna", AccessRole::Editor, ["celje"]), PASSWORD).unwrap();
    let secrets = ["desk", "robot"]
        .map(|name| accounts.add_token(&Viewer::new(name, "", AccessRole::Editor, ["celje"]), 1).unwrap());
    let router = cityheart::http::build_router(plan.atlas.clone(), config);
    (plan, router, secrets)
}

async fn sign_in(router: &Router, peer: &str, password: &str) -> Reply {
    let request = Request::post("/auth/login").header("host", "localhost").header("content-type", "application/json");
    let body = json!({"login": "anna", "password": password}).to_string();
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse::<IpAddr>().unwrap(), 50_000)));
    send(router, request).await
}

fn request(method: &str, path: &str, header: (&str, &str)) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header("host", "localhost").header(header.0, header.1)
}

async fn role(router: &Router, secret: &str) -> String {
    let bearer = format!("Bearer {secret}");
    let request = request("GET", "/auth/me", ("authorization", &bearer)).body(Body::empty()).unwrap();
    let reply = send(router, request).await;
    if reply.status == StatusCode::OK {
        reply.json()["role"].as_str().unwrap().to_owned()
    } else {
        reply.status.to_string()
    }
}

#[tokio::test]
async fn an_event_stream_ends_with_the_session_or_the_token_that_opened_it() {
    let (plan, router, [desk, robot]) = open(Config::default());
    let signed_in = sign_in(&router, "127.0.0.1", PASSWORD).await;
    let cookie = signed_in.header("set-cookie").split(';').next().unwrap().to_owned();
    let bearer = format!("Bearer {robot}");
    let mut streams = vec![];
    for header in [("cookie", &*cookie), ("authorization", &*bearer), ("accept", "text/event-stream")] {
        let events = request("GET", "/api/events", header).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(events).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let mut stream = response.into_body().into_data_stream();
        assert!(stream.next().await.unwrap().unwrap().starts_with(b"id: "));
        streams.push(stream);
    }
    let out = request("POST", "/auth/logout", ("cookie", &cookie)).header("x-cityheart", "1");
    assert_eq!(send(&router, out.body(Body::empty()).unwrap()).await.status, StatusCode::NO_CONTENT);
    plan.atlas.accounts().unwrap().revoke_token("robot").unwrap();
    let bearer = format!("Bearer {desk}");
    let edit = request("POST", ITEMS, ("authorization", &bearer)).header(GEOJSON.0, GEOJSON.1);
    let edited = send(&router, edit.body(Body::from(measure(Some("celje-bench")).to_string())).unwrap()).await;
    assert_eq!(edited.status, StatusCode::CREATED, "{}", edited.text());
    assert!(streams[0].next().await.is_none(), "the session has ended");
    assert!(streams[1].next().await.is_none(), "the token is revoked");
    let event = streams[2].next().await.unwrap().unwrap();
    assert!(String::from_utf8_lossy(&event).contains("celje-bench"), "a visitor goes on");
}

#[tokio::test]
async fn the_file_of_accounts_is_followed_when_another_takes_its_place_or_none() {
    let (plan, router, [desk, _]) = open(Config::default());
    let path = plan.atlas.accounts().unwrap().path().to_owned();
    // What was found before is remembered: the file has not changed for an hour.
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_hours(1)).unwrap();
    assert_eq!(role(&router, &desk).await, "editor");
    let elsewhere = tempfile::tempdir().unwrap();
    let other = AccountService::beside_plan(&elsewhere.path().join("plan.gpkg")).unwrap();
    let new = other.add_token(&Viewer::new("new", "", AccessRole::Admin, []), 1).unwrap();
    let copy = path.with_extension("copy");
    std::fs::copy(other.path(), &copy).unwrap();
    std::fs::rename(&copy, &path).unwrap();
    assert_eq!(role(&router, &desk).await, "401 Unauthorized", "the old file's token");
    assert_eq!(role(&router, &new).await, "admin");
    std::fs::remove_file(&path).unwrap();
    assert_eq!(role(&router, &new).await, "401 Unauthorized", "without a file nobody has an account");
    assert!(plan.atlas.accounts().unwrap().is_empty().unwrap());
}

#[tokio::test]
async fn a_file_of_accounts_that_is_overwritten_in_place_is_read_again() {
    let (plan, router, [desk, _]) = open(Config::default());
    let path = plan.atlas.accounts().unwrap().path().to_owned();
    assert_eq!(role(&router, &desk).await, "editor");
    // As many transactions as the file had, so that SQLite takes it for the same.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = AccountService::beside_plan(&elsewhere.path().join("plan.gpkg")).unwrap();
    other.add_user(&Viewer::new("bela", "Bela", AccessRole::Editor, ["celje"]), PASSWORD).unwrap();
    let secrets = ["shop", "robot"]
        .map(|name| other.add_token(&Viewer::new(name, "", AccessRole::Viewer, ["celje"]), 1).unwrap());
    std::fs::write(&path, std::fs::read(other.path()).unwrap()).unwrap();
    assert_eq!(role(&router, &desk).await, "401 Unauthorized", "the old file's token");
    assert_eq!(role(&router, &secrets[0]).await, "viewer");
    std::fs::write(&path, "no accounts at all").unwrap();
    assert_eq!(role(&router, &secrets[1]).await, "503 Service Unavailable");
    std::fs::remove_file(&path).unwrap();
    let out = request("POST", "/auth/logout", ("cookie", "cityheart=none")).header("x-cityheart", "1");
    assert_eq!(send(&router, out.body(Body::empty()).unwrap()).await.status, StatusCode::NO_CONTENT);
    assert!(!path.exists(), "signing out makes no file");
}

#[tokio::test]
async fn a_locked_file_of_accounts_holds_up_nobody_who_does_not_need_it() {
    let limits = ServerLimits { deadline: Duration::from_millis(200), ..ServerLimits::default() };
    let (plan, router, [desk, _]) = open(Config { limits, ..Config::default() });
    let lock = rusqlite::Connection::open(plan.atlas.accounts().unwrap().path()).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let waiting = tokio::spawn({
        let (router, desk) = (router.clone(), desk.clone());
        async move { role(&router, &desk).await }
    });
    // The tests' runtime has one thread: it would not get here if the request blocked it.
    tokio::task::yield_now().await;
    let visit = Request::get("/api/collections").header("host", "localhost").body(Body::empty()).unwrap();
    assert_eq!(send(&router, visit).await.status, StatusCode::OK);
    assert!(!waiting.is_finished(), "the token is still looked for");
    assert_eq!(waiting.await.unwrap(), "503 Service Unavailable");
    lock.execute_batch("ROLLBACK").unwrap();
}

#[tokio::test]
async fn a_strangers_wrong_passwords_do_not_lock_the_owner_out() {
    let (_plan, router, _) = open(Config::default());
    let mut last = StatusCode::OK;
    for _ in 0..12 {
        last = sign_in(&router, "203.0.113.5", "not it at all").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in(&router, "203.0.113.6", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(sign_in(&router, "203.0.113.5", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn clients_behind_a_proxy_are_told_apart_however_it_writes_their_address() {
    let limits = ServerLimits { requests_per_second: Some(1.0), burst: 1.0, ..ServerLimits::default() };
    let (_plan, router, _) = open(Config { trust_proxy: true, limits, ..Config::default() });
    let ask = |header: (&'static str, &'static str)| {
        let mut request = request("GET", "/api/conformance", header).body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo("127.0.0.1:50000".parse::<SocketAddr>().unwrap()));
        let router = router.clone();
        async move { send(&router, request).await.status }
    };
    let (ok, many) = (StatusCode::OK, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(("x-forwarded-for", "192.0.2.1:4711")).await, ok);
    assert_eq!(ask(("x-forwarded-for", "192.0.2.1:4712")).await, many);
    assert_eq!(ask(("x-forwarded-for", "192.0.2.2:4711")).await, ok);
    assert_eq!(ask(("forwarded", "for=\"[2001:db8::1]:4711\"")).await, ok);
    assert_eq!(ask(("x-forwarded-for", "[2001:db8::2]:80")).await, many, "one household");
    assert_eq!(ask(("x-forwarded-for", "unknown")).await, ok);
    assert_eq!(ask(("x-forwarded-for", "_hidden")).await, many, "what cannot be read is limited, too");
}
