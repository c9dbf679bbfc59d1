//! Bodies that come slowly, are too large, unpack to too much, or hold too much for their size, to every route that
//! takes one, with a normal client beside them.

use super::normal_client::{TestServer, exchange, read_problem, split_reply, use_normally, wait_until_free};
use super::shapes;
use crate::support::editing::{Client, ITEMS, ONE, measure};
use crate::support::server::{Plan, demo, fresh};
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::{Config, ServerLimits};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Every route that takes a body: the start of its request, and its media type.
pub const ROUTES: [(&str, &str); 7] = [
    ("POST /api/collections/interventions/items", "application/geo+json"),
    ("PUT /api/collections/interventions/items/celje-parking-teharska", "application/geo+json"),
    ("PATCH /api/collections/interventions/items/celje-parking-teharska", "application/merge-patch+json"),
    ("POST /api/collections/interventions/changes", "application/json"),
    ("POST /api/collections/interventions/items/celje-parking-teharska/history", "application/json"),
    ("POST /api/processes/inside/execution", "application/json"),
    ("POST /auth/login", "application/json"),
];

/// The demo plan, and the token of somebody who may edit it.
pub fn plan_with_token() -> (Plan, String) {
    let plan = fresh(&demo());
    let editor = Viewer::new("robot", "", AccessRole::Editor, ["celje"]);
    let token = plan.atlas.accounts().unwrap().add_token(&editor, 1).unwrap();
    (plan, token)
}

/// The head of a request with a token.
pub fn head_of(address: SocketAddr, (start, media): (&str, &str), token: &str, more: &str) -> String {
    format!(
        "{start} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {media}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    )
}

/// Sends the head, and the body in so many bytes at a time with pauses between, until there is a response. Its status
/// and sentence, and how long it took.
async fn send_slowly(address: SocketAddr, head: String, bytes: usize, pause: Duration) -> (u16, String, Duration) {
    let start = Instant::now();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reading, mut writing) = stream.into_split();
    let slow = tokio::spawn(async move {
        let part = vec![b' '; bytes];
        while writing.write_all(&part).await.is_ok() {
            tokio::time::sleep(pause).await;
        }
    });
    let mut reply = vec![];
    let _ = reading.read_to_end(&mut reply).await;
    slow.abort();
    let (status, body) = split_reply(&reply);
    let detail = read_problem(head.lines().next().unwrap_or_default(), status, &body);
    (status, detail, start.elapsed())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_slow_bodies_are_closed_and_nobody_else_waits() {
    let (plan, token) = plan_with_token();
    let limits = ServerLimits {
        transfer_window: Duration::from_millis(500),
        body_time: Duration::from_secs(2),
        ..ServerLimits::default()
    };
    let server = TestServer::start(&plan.atlas, limits).await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let normal = tokio::spawn(use_normally(server.address, stopped));
    let attacks: Vec<_> = (0..200)
        .map(|nth| {
            let route = ROUTES[nth % ROUTES.len()];
            // Every third one says no length; some are fast enough for a while, and take too long.
            let length = match (route.0.ends_with("login"), nth % 3) {
                (_, 0) => "Transfer-Encoding: chunked\r\n".to_owned(),
                (true, _) => "Content-Length: 4000\r\n".to_owned(),
                _ if route.0.ends_with("history") => "Content-Length: 4000\r\n".to_owned(),
                _ => "Content-Length: 1000000\r\n".to_owned(),
            };
            let is_steady = nth % 3 > 0 && nth % 2 == 0 && length.contains("1000000");
            let chunked = nth % 3 == 0;
            let head = head_of(server.address, route, &token, &length);
            tokio::spawn(async move {
                if chunked {
                    let head = head + "5\r\n{\"a\":\r\nFFFF\r\n";
                    return send_slowly(server_address(&head), head, 1, Duration::from_millis(100)).await;
                }
                let bytes = if is_steady { 200 } else { 1 };
                send_slowly(server_address(&head), head, bytes, Duration::from_millis(100)).await
            })
        })
        .collect();
    for attack in attacks {
        let (status, detail, time) = attack.await.unwrap();
        // Forty sign-ins of one network are allowed at once.
        assert!(status == 408 || (status == 429 && detail.contains("Too many requests")), "{status}: {detail}");
        assert!(status == 429 || detail.contains("too slowly"), "{detail}");
        assert!(time < Duration::from_secs(10), "{time:?}");
    }
    let free = wait_until_free(server.address).await;
    stop.send(()).unwrap();
    let (slowest, count) = normal.await.unwrap();
    println!("beside slow bodies {count} requests, the slowest {slowest:?}; free after {free:?}");
    assert!(count > 10, "nobody was served");
}

/// The address in the head of a request.
fn server_address(head: &str) -> SocketAddr {
    head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for() {
    let (plan, token) = plan_with_token();
    let limits = ServerLimits { body: Duration::from_millis(200), ..ServerLimits::default() };
    let server = TestServer::start(&plan.atlas, limits).await;
    for route in ROUTES {
        let head = head_of(server.address, route, &token, "Content-Length: 100\r\n") + "{\"a\":";
        let (status, detail, _) = send_slowly(server.address, head, 0, Duration::from_mins(1)).await;
        assert_eq!(status, 408, "{}: {detail}", route.0);
        assert!(detail.contains("without pauses of 0.2 s"), "{detail}");
    }
}

#[tokio::test]
async fn more_edits_values_or_bytes_than_allowed_are_refused_with_413() {
    let client = Client::new();
    let changes = "/api/collections/interventions/changes";
    let json = ("content-type", "application/json");
    let geojson = ("content-type", "application/geo+json");
    let edits: Vec<Json> = (0..10_001).map(|_| json!({"delete": "x"})).collect();
    let many = json!({"edits": edits}).to_string();
    let values = format!("{{\"edits\": [{}0]}}", "{\"a\":0},".repeat(400_000));
    let numbers = format!("[{}0]", "0,".repeat(2_000_000));
    let positions = format!("{{\"geometry\": [{}0]}}", "[15.2,46.2],".repeat(1_000_000));
    let spaces = " ".repeat((16 << 20) + 1);
    for (what, path, kind, body, wanted) in [
        ("edits", changes, json, &many, "10001 edits"),
        ("values", changes, json, &values, "JSON values"),
        ("values", ITEMS, geojson, &values, "JSON values"),
        ("numbers", ITEMS, geojson, &numbers, "JSON values"),
        ("positions", ITEMS, geojson, &positions, "JSON values"),
        ("positions", "/api/processes/inside/execution", json, &positions, "fewer features or positions"),
        ("bytes", ITEMS, geojson, &spaces, "16 MB are allowed"),
        ("bytes", &format!("{ONE}/history"), json, &spaces, "4096 bytes are allowed"),
    ] {
        let reply = client.send("POST", path, &[kind], body.clone()).await;
        assert_eq!(reply.status, 413, "{what}: {}", reply.text());
        assert!(reply.json()["detail"].as_str().unwrap().contains(wanted), "{what}: {}", reply.text());
    }
    let deep = format!("{}0{}", "[".repeat(100_000), "]".repeat(100_000));
    let reply = client.send("POST", ITEMS, &[geojson], deep).await;
    assert_eq!(reply.status, 400, "{}", reply.text());
}

#[tokio::test]
async fn a_large_edit_within_the_limits_is_taken() {
    let client = Client::new();
    let mut line = measure(Some("celje-long"));
    let positions: Vec<Json> = (0..100_000).map(|n| json!([15.2 + f64::from(n) / 1e6, 46.2])).collect();
    line["geometry"] = json!({"type": "LineString", "coordinates": positions});
    let reply = client.post(&line).await;
    assert_eq!(reply.status, 201, "{}", reply.text());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_beyond_the_memory_for_them_are_told_to_wait() {
    let (plan, token) = plan_with_token();
    let limits = ServerLimits { total_body_bytes: 4 << 20, ..ServerLimits::default() };
    let server = TestServer::start(&plan.atlas, limits).await;
    // It sends most of 1.9 MB and waits.
    let mut held = TcpStream::connect(server.address).await.unwrap();
    let head = head_of(server.address, ROUTES[0], &token, "Content-Length: 1900001\r\n");
    held.write_all(head.as_bytes()).await.unwrap();
    held.write_all(&vec![b' '; 1_900_000]).await.unwrap();
    let start = Instant::now();
    loop {
        let (status, body) = exchange(server.address, "GET /health/ready", "").await;
        assert_eq!(status, 200);
        if serde_json::from_str::<Json>(&body).unwrap()["work"]["reserved_bytes"] == 1_900_000 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{body}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let large = " ".repeat(1_000_000);
    let send = async |route: (&str, &str), token: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let length = format!("Connection: close\r\nContent-Length: {}\r\n", large.len());
        stream.write_all(head_of(server.address, route, token, &length).as_bytes()).await.unwrap();
        let _ = stream.write_all(large.as_bytes()).await;
        let mut reply = vec![];
        stream.read_to_end(&mut reply).await.unwrap();
        (split_reply(&reply), String::from_utf8_lossy(&reply).into_owned())
    };
    let ((status, body), whole) = send(ROUTES[3], &token).await;
    let detail = read_problem("own", status, &body);
    assert!(status == 503 && whole.to_lowercase().contains("retry-after: 2"), "{whole}");
    assert!(detail.contains("that one client may use"), "{detail}");
    let other = Viewer::new("other", "", AccessRole::Editor, ["celje"]);
    let other = plan.atlas.accounts().unwrap().add_token(&other, 1).unwrap();
    let ((status, body), _) = send(ROUTES[3], &other).await;
    assert_eq!(status, 400, "another client has its own share: {body}");
    drop(held);
    wait_until_free(server.address).await;
    let ((status, _), _) = send(ROUTES[3], &token).await;
    assert_eq!(status, 400, "it is no JSON, and there is room for it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn edits_that_are_ended_by_their_deadline_leave_nothing() {
    let (plan, _) = plan_with_token();
    let limits = ServerLimits { deadline: Duration::from_millis(300), ..ServerLimits::default() };
    let router = cityheart::http::build_router(plan.atlas.clone(), Config { limits, ..Config::default() });
    let viewer = Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]);
    let client = Client { router, viewer, plan };
    let before = client.plan.atlas.collection_view("interventions").unwrap().revision();
    let create = |n: usize| {
        let mut feature = measure(Some(&format!("celje-late-{n}")));
        let comb = crate::question::plan::area_json(&shapes::comb(2_000, n.is_multiple_of(2)));
        feature["geometry"] = comb;
        json!({"create": feature})
    };
    let body = json!({"edits": (0..30).map(create).collect::<Vec<_>>()}).to_string();
    let json = ("content-type", "application/json");
    let reply = client.send("POST", "/api/collections/interventions/changes", &[json], body).await;
    assert_eq!(reply.status, 503, "{}", reply.text());
    assert!(reply.json()["detail"].as_str().unwrap().contains("longer than"), "{}", reply.text());
    assert_eq!(reply.header("retry-after"), "2");
    // Its work ends soon after, and nothing comes of it.
    let start = Instant::now();
    loop {
        let ready = client.json("/health/ready").await;
        if ready["work"]["running"] == 0 && ready["work"]["reserved_bytes"] == 0 {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "{ready}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(client.plan.atlas.collection_view("interventions").unwrap().revision(), before);
    assert_eq!(client.get(&format!("{ITEMS}/celje-late-0")).await.status, 404);
    let shared = Arc::strong_count(&client.plan.atlas);
    assert!(shared < 10, "{shared} hold the plan");
}
