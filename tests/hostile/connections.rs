//! Connections that take places: heads that come slowly, responses that nobody reads, listeners that do not listen, and
//! simply many. Other addresses are served all the time: each 127.0.0.N is a client of its own.

use super::normal_client::{TestServer, exchange, read_problem, split_reply, use_normally};
use crate::support::server::{by, fresh, plan, router_with};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use cityheart::access::Viewer;
use cityheart::atlas::Atlas;
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::config::{Config, ServerLimits};
use cityheart::feature::{Feature, FeatureId, FieldValue};
use geo_types::Point;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tower::ServiceExt;

/// The page that the clients ask for.
const PAGE: &str = "GET /api/collections/interventions/items?limit=5";

/// A connection from 127.0.0.`from`, which takes so little at once as it can.
async fn connect_from(from: u8, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, from), 0))).unwrap();
    socket.connect(address).await.unwrap()
}

/// A request on a connection of its own from this address, until the server closes.
async fn ask_from(from: u8, address: SocketAddr, start: &str) -> (u16, String) {
    let mut stream = connect_from(from, address).await;
    let _ =
        stream.write_all(format!("{start} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes()).await;
    let mut reply = vec![];
    stream.read_to_end(&mut reply).await.unwrap();
    split_reply(&reply)
}

/// Reads until the connection ends, however it does; the bytes.
async fn read_all(stream: &mut TcpStream) -> usize {
    let (mut buffer, mut all) = (vec![0; 64 << 10], 0);
    loop {
        match tokio::time::timeout(Duration::from_secs(30), stream.read(&mut buffer))
            .await
            .expect("the server to close")
        {
            Ok(bytes) if bytes > 0 => all += bytes,
            _ => return all,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_come_slowly_are_not_waited_for() {
    let limits = ServerLimits { header: Duration::from_millis(500), ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let normal = tokio::spawn(use_normally(server.address, stopped));
    let slow: Vec<_> = (0..200)
        .map(|_| {
            let address = server.address;
            tokio::spawn(async move {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let start = Instant::now();
                let mut part: &[u8] = b"GET /api HTTP/1.1\r\nHost: x\r\nX-Slow: ";
                while stream.write_all(part).await.is_ok() && start.elapsed() < Duration::from_secs(20) {
                    part = b"a";
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                start.elapsed()
            })
        })
        .collect();
    for attack in slow {
        let time = attack.await.unwrap();
        assert!(time < Duration::from_secs(10), "{time:?}");
    }
    stop.send(()).unwrap();
    let (slowest, count) = normal.await.unwrap();
    println!("beside slow heads {count} requests, the slowest {slowest:?}");
    assert!(count > 10, "nobody was served");
}

/// Asks for the page so often, without reading anything.
async fn ask_without_reading(server: &TestServer, times: usize) -> TcpStream {
    let mut stream = connect_from(1, server.address).await;
    let request = format!("{} HTTP/1.1\r\nHost: {}\r\n\r\n", PAGE.replace("=5", "=1000"), server.address);
    let (mut sent, all) = (0, request.repeat(times));
    while sent < all.len() {
        // The server stops reading when nobody takes what it writes.
        match tokio::time::timeout(Duration::from_millis(200), stream.write(&all.as_bytes()[sent..])).await {
            Ok(Ok(bytes)) => sent += bytes,
            _ => break,
        }
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_or_a_byte_at_a_time_is_cut_off() {
    let limits = ServerLimits {
        transfer_window: Duration::from_millis(500),
        transfer_bytes_per_second: 20_000,
        ..ServerLimits::default()
    };
    let server = TestServer::start(&plan().atlas, limits).await;
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let normal = tokio::spawn(use_normally(server.address, stopped));
    let (_, page) = exchange(server.address, &PAGE.replace("=5", "=1000"), "").await;
    let times = (16 << 20) / page.len() + 1;
    let mut readers = vec![];
    for nth in 0..20 {
        readers.push((nth, ask_without_reading(&server, times).await));
    }
    let readers: Vec<_> = readers
        .into_iter()
        .map(|(nth, mut stream)| {
            tokio::spawn(async move {
                let start = Instant::now();
                let mut byte = [0; 1];
                while start.elapsed() < Duration::from_secs(3) {
                    if nth % 2 == 0 {
                        let _ = stream.read(&mut byte).await;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                read_all(&mut stream).await
            })
        })
        .collect();
    for reader in readers {
        let bytes = reader.await.unwrap();
        assert!(bytes < times * page.len(), "everything was kept for it: {bytes}");
    }
    stop.send(()).unwrap();
    let (slowest, count) = normal.await.unwrap();
    println!("beside slow readers {count} requests, the slowest {slowest:?}");
    assert!(count > 10, "nobody was served");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_that_nobody_reads_are_held_against_their_client() {
    let limits = ServerLimits { total_response_bytes: 500_000, ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let large = PAGE.replace("=5", "=1000");
    let (status, page) = ask_from(1, server.address, &large).await;
    assert_eq!(status, 200);
    let mut unread = vec![];
    for _ in 0..3 {
        unread.push(ask_without_reading(&server, (16 << 20) / page.len() + 1).await);
    }
    let (status, body) = ask_from(1, server.address, &large).await;
    assert!(status == 503 && read_problem("4th", status, &body).contains("not read yet"), "{status} {body}");
    assert_eq!(ask_from(1, server.address, "GET /health/live").await.0, 200, "small ones are not counted");
    assert_eq!(ask_from(2, server.address, &large).await.0, 200, "another client has its own share");
    drop(unread);
    let start = Instant::now();
    while ask_from(1, server.address, &large).await.0 != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the memory is not returned");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_slowly_but_steadily_gets_everything() {
    let limits = ServerLimits { transfer_window: Duration::from_millis(500), ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let mut stream = connect_from(1, server.address).await;
    let request = format!("{PAGE} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).replace("=5", "=1000");
    let (_, page) = exchange(server.address, &PAGE.replace("=5", "=1000"), "").await;
    let times = (2 << 20) / page.len() + 1;
    stream.write_all(request.repeat(times - 1).as_bytes()).await.unwrap();
    stream.write_all(request.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let (mut all, mut buffer) = (0, vec![0; 100_000]);
    loop {
        let bytes = stream.read(&mut buffer).await.expect("it reads fast enough");
        all += bytes;
        if bytes == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(all > times * page.len(), "{all} of {}", times * page.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_has_its_share_of_connections_and_its_idle_ones_give_way() {
    let limits = ServerLimits { connections: 40, connections_per_client: 20, ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let mut idle = vec![];
    for nth in 0..60 {
        let mut stream = connect_from(1, server.address).await;
        if nth % 2 == 0 {
            let _ = stream.write_all(b"GET /api HTTP/1.1\r\nX-Slow: ").await;
        }
        idle.push(stream);
    }
    assert_eq!(ask_from(2, server.address, PAGE).await.0, 200, "another client is served at once");
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(ask_from(1, server.address, PAGE).await.0, 200, "the same client, in the place of an idle connection");
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_busy_fill_the_share_of_their_client_only() {
    let limits = ServerLimits { connections: 40, connections_per_client: 20, ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let mut busy = vec![];
    for _ in 0..20 {
        let mut stream = connect_from(1, server.address).await;
        let head = "POST /api/processes/inside/execution HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{";
        stream.write_all(head.as_bytes()).await.unwrap();
        busy.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    let (status, body) = ask_from(1, server.address, PAGE).await;
    assert!(status == 503 && read_problem("21st", status, &body).contains("of your network"), "{status} {body}");
    for from in 2..10 {
        assert_eq!(ask_from(from, server.address, PAGE).await.0, 200, "127.0.0.{from}");
    }
    drop(busy);
    let start = Instant::now();
    while ask_from(1, server.address, PAGE).await.0 != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the places are not returned");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_all_places_are_taken_the_client_with_the_most_gives_one_up() {
    let limits = ServerLimits { connections: 30, ..ServerLimits::default() };
    let server = TestServer::start(&plan().atlas, limits).await;
    let mut idle = vec![];
    for nth in 0..30 {
        idle.push(connect_from(1 + nth / 15, server.address).await);
    }
    tokio::time::sleep(Duration::from_millis(600)).await;
    for from in 3..8 {
        assert_eq!(ask_from(from, server.address, PAGE).await.0, 200, "127.0.0.{from}");
    }
    drop(idle);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_trusted_proxy_connections_are_not_those_of_one_client() {
    let limits = ServerLimits { connections: 30, ..ServerLimits::default() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = Config { listen, trust_proxy: true, limits, ..Config::default() };
    let server = cityheart::http::bind_server(config).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), std::future::pending()));
    let mut open = vec![];
    for _ in 0..29 {
        open.push(connect_from(1, address).await);
    }
    assert_eq!(ask_from(1, address, PAGE).await.0, 200);
    drop(open);
    running.abort();
}

#[tokio::test]
async fn a_client_listens_as_often_as_it_may_and_others_still_can() {
    let limits = ServerLimits { listeners: 6, listeners_per_client: 2, ..ServerLimits::default() };
    let router = router_with(Config { limits, ..Config::default() });
    let listen = async |peer: [u8; 4], viewer: &Viewer| {
        let mut request = Request::get("/api/events").header("host", "plan.test").body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::from(peer), 50_000))));
        router.clone().oneshot(by(request, viewer)).await.unwrap()
    };
    let visitor = Viewer::visitor();
    let mut open = vec![];
    for _ in 0..2 {
        open.push(listen([203, 0, 113, 5], &visitor).await);
    }
    let refused = listen([203, 0, 113, 5], &visitor).await;
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (429, "5"));
    let body = axum::body::to_bytes(refused.into_body(), 1 << 20).await.unwrap();
    assert!(read_problem("third", 429, std::str::from_utf8(&body).unwrap()).contains("2 event streams"));
    let ana = Viewer::new("ana", "", cityheart::access::AccessRole::Editor, ["celje"]);
    for _ in 0..2 {
        open.push(listen([203, 0, 113, 5], &ana).await);
    }
    for _ in 0..2 {
        open.push(listen([127, 0, 0, 1], &visitor).await);
    }
    assert!(open.iter().all(|response| response.status() == 200));
    assert_eq!(listen([203, 0, 113, 6], &visitor).await.status(), 503, "there are no more");
    open.truncate(3);
    // The stream ends in a task of its own.
    let start = Instant::now();
    while listen([203, 0, 113, 6], &visitor).await.status() != 200 {
        assert!(start.elapsed() < Duration::from_secs(30), "the streams are not returned");
        tokio::task::yield_now().await;
    }
}

/// Creates features with the longest ids, and changes all of them so often: each time is an event of 200 kB.
async fn publish_long_events(atlas: &Arc<Atlas>, times: usize) {
    let collection = atlas.collection_view("facilities").unwrap().collection().clone();
    let id = |n: usize| FeatureId::new(&format!("{n:0>200}")).unwrap();
    for time in 0..=times {
        let values = vec![FieldValue::Null; collection.fields.len()];
        let geometry = Some(Point::new(15.25 + time as f64 / 1e5, 46.25).into());
        let edit = |n| match time {
            0 => FeatureEdit::Create(Feature { key: 0, id: id(n), geometry: geometry.clone(), values: values.clone() }),
            _ => FeatureEdit::Patch { id: id(n), base: None, geometry: Some(geometry.clone()), values: vec![] },
        };
        let edits = (0..1_000).map(edit).collect();
        let set = ChangeSet { collection: collection.id.clone(), edits, author: "ana".into() };
        let atlas = atlas.clone();
        tokio::task::spawn_blocking(move || atlas.commit(&set).map(drop)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_does_not_read_is_cut_off() {
    const EVENTS: usize = 26;
    let limits = ServerLimits { transfer_window: Duration::from_millis(500), listeners: 1, ..ServerLimits::default() };
    let plan = fresh(&[("facilities".to_owned(), vec![])]);
    let server = TestServer::start(&plan.atlas, limits).await;
    let mut stream = connect_from(1, server.address).await;
    let request = format!("GET /api/events HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    stream.write_all(request.as_bytes()).await.unwrap();
    publish_long_events(&plan.atlas, EVENTS).await;
    // Its place is free for another one.
    let start = Instant::now();
    loop {
        let mut other = connect_from(2, server.address).await;
        other.write_all(request.as_bytes()).await.unwrap();
        let mut first = [0; 12];
        other.read_exact(&mut first).await.unwrap();
        if first.ends_with(b"200") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "the place of the listener is not returned");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let read = read_all(&mut stream).await;
    assert!(read < EVENTS * 200_000, "everything was kept for it: {read}");
}
