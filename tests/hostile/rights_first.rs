//! Who may not do a thing is told so before the body is read, on every route that takes one. Over a connection, the
//! client gets the whole response, whether it waits to send the body or sends it blindly.

use super::bodies::plan_with_token;
use super::normal_client::{TestServer, read_problem, split_reply};
use crate::support::editing::{Client, GEOJSON, ITEMS, JSON, MERGE, ONE};
use axum::body::Body;
use bytes::Bytes;
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::ServerLimits;
use hyper::body::{Body as HttpBody, Frame};
use serde_json::Value as Json;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CHANGES: &str = "/api/collections/interventions/changes";

/// A body that never comes, and notices that somebody waits for it.
struct AwaitedBody(Arc<AtomicBool>);

impl HttpBody for AwaitedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.store(true, Relaxed);
        Poll::Pending
    }
}

impl Client {
    /// The status of the response, which comes without the body; `None` if the body is waited for.
    async fn status_before_body(&self, method: &str, path: &str, kind: (&str, &str)) -> Option<u16> {
        let asked = Arc::new(AtomicBool::new(false));
        let headers = [kind];
        let reply = self.send(method, path, &headers, Body::new(AwaitedBody(asked.clone())));
        let reply = tokio::time::timeout(Duration::from_millis(300), reply).await.ok();
        let was_asked = asked.load(Relaxed);
        assert_eq!(was_asked, reply.is_none(), "{method} {path}: the body is read before or instead of the response");
        reply.map(|reply| reply.status.as_u16())
    }
}

#[tokio::test]
async fn rights_are_checked_before_the_body_is_read() {
    let mut client = Client::new();
    let hidden = client
        .json("/api/collections/interventions/items?limit=1&filter=city%3C%3E%27celje%27%20AND%20status%3C%3E%27x%27")
        .await;
    let foreign = format!("{ITEMS}/{}", hidden["features"][0]["id"].as_str().unwrap());
    let (nothing, history) = (format!("{ITEMS}/no-such-feature"), format!("{ONE}/history"));
    let foreign_history = format!("{foreign}/history");
    let of = |role, city| Viewer::new("bo", "Bo", role, [city]);
    let everywhere = [
        ("POST", ITEMS, GEOJSON),
        ("PUT", ONE, GEOJSON),
        ("PATCH", ONE, MERGE),
        ("POST", CHANGES, JSON),
        ("POST", history.as_str(), JSON),
    ];
    for viewer in [Viewer::visitor(), of(AccessRole::Viewer, "celje")] {
        client.viewer = viewer;
        for (method, path, kind) in everywhere {
            assert_eq!(client.status_before_body(method, path, kind).await, Some(403), "{method} {path}");
        }
    }
    client.viewer = of(AccessRole::Editor, "celje");
    for (method, path, kind, status) in [
        ("PUT", foreign.as_str(), GEOJSON, Some(403)),
        ("PATCH", &foreign, MERGE, Some(403)),
        ("POST", &foreign_history, JSON, Some(403)),
        ("PUT", &nothing, GEOJSON, Some(404)),
        ("PATCH", &nothing, MERGE, Some(404)),
        ("POST", "/api/collections/nowhere/items", GEOJSON, Some(404)),
        ("POST", "/api/collections/nowhere/changes", JSON, Some(404)),
        ("POST", "/api/processes/nothing/execution", JSON, Some(404)),
        ("PUT", "/api/collections/cities/items/celje", GEOJSON, Some(403)),
        ("POST", "/api/collections/cities/items", GEOJSON, Some(403)),
        ("POST", ITEMS, ("content-type", "text/plain"), Some(415)),
        ("PATCH", ONE, ("content-type", "text/plain"), Some(415)),
        ("POST", "/auth/login", ("content-type", "text/plain"), Some(403)),
        ("PUT", ONE, GEOJSON, None),
        ("PATCH", ONE, MERGE, None),
        ("POST", ITEMS, GEOJSON, None),
        ("POST", CHANGES, JSON, None),
        ("POST", &history, JSON, None),
        ("POST", "/api/processes/inside/execution", JSON, None),
    ] {
        assert_eq!(client.status_before_body(method, path, kind).await, status, "{method} {path}");
    }
    client.viewer = of(AccessRole::Contributor, "celje");
    assert_eq!(client.status_before_body("PATCH", ONE, MERGE).await, Some(403), "somebody else's feature");
}

/// Sends the head and then, without looking at the response, the body. All that comes back, until the server closes.
async fn send_blindly(address: SocketAddr, head: &str, body: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("{head} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n");
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n", body.len()).as_bytes()).await.unwrap();
    stream.write_all(body).await.expect("the server to take what it does not want");
    let mut reply = vec![];
    stream.read_to_end(&mut reply).await.expect("the response before the end");
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_a_large_body_blindly_gets_the_whole_response() {
    let (plan, _) = plan_with_token();
    let server = TestServer::start(&plan.atlas, ServerLimits::default()).await;
    for (size, path, wanted) in [
        (15 << 20, ITEMS, 403),
        (15 << 20, CHANGES, 403),
        (15 << 20, "/api/processes/nothing/execution", 404),
        (20 << 20, "/api/processes/inside/execution", 413),
        (100 << 10, "/auth/login", 413),
        (100 << 10, "/nowhere", 404),
        (100 << 10, "/api", 405),
    ] {
        let reply = send_blindly(server.address, &format!("POST {path}"), &vec![b' '; size]).await;
        let (status, body) = split_reply(&reply);
        assert_eq!(status, wanted, "{path}: {body}");
        read_problem(path, status, &body);
        assert!(reply.to_ascii_lowercase().windows(17).any(|w| w == b"connection: close"), "{path}");
    }
}

#[tokio::test]
async fn who_waits_to_send_a_body_gets_the_final_status_or_is_told_to_go_on() {
    let (plan, _) = plan_with_token();
    let server = TestServer::start(&plan.atlas, ServerLimits::default()).await;
    let ask = async |path: &str, body: &str| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", server.address);
        let expect =
            format!("{head}Connection: close\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(expect.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).await.unwrap();
        if first.ends_with(b"100") {
            stream.write_all(body.as_bytes()).await.unwrap();
        }
        let mut rest = vec![];
        stream.read_to_end(&mut rest).await.unwrap();
        (String::from_utf8_lossy(&first).into_owned(), String::from_utf8_lossy(&rest).into_owned())
    };
    let large = " ".repeat(1 << 20);
    for (path, wanted) in [(ITEMS, "403"), (CHANGES, "403"), ("/api/processes/nothing/execution", "404")] {
        let (first, rest) = ask(path, &large).await;
        assert_eq!(first, format!("HTTP/1.1 {wanted}"), "{path}");
        assert!(rest.contains("problem+json") && rest.to_lowercase().contains("connection: close"), "{path}: {rest}");
    }
    let (first, rest) = ask("/api/processes/coverage/execution", "{}").await;
    assert_eq!(first, "HTTP/1.1 100");
    assert!(rest.contains("HTTP/1.1 200"), "{rest}");
}

#[tokio::test]
async fn an_unread_small_body_leaves_the_connection_open() {
    let (plan, _) = plan_with_token();
    let server = TestServer::start(&plan.atlas, ServerLimits::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let body = r#"{"type": "Feature"}"#;
    let head = format!("POST {ITEMS} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", server.address, body.len());
    for _ in 0..3 {
        stream.write_all(format!("{head}\r\n{body}").as_bytes()).await.unwrap();
        let mut reply = vec![0; 64 << 10];
        let length = stream.read(&mut reply).await.unwrap();
        let (status, body) = split_reply(&reply[..length]);
        assert_eq!((status, serde_json::from_str::<Json>(&body).unwrap()["status"].as_u64()), (403, Some(403)));
    }
}
