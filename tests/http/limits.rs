//! How much is too much: each limit answers with its own status and a sentence, and nobody is kept out by those who ask
//! nothing.

use crate::support::server::{Reply, by, get, plan, router, router_with, send};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::{Config, ServerLimits};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

/// Three requests at once, and one more every thousand seconds.
fn three() -> Config {
    let limits = ServerLimits { requests_per_second: Some(0.001), burst: 3.0, ..ServerLimits::default() };
    Config { limits, ..Config::default() }
}

async fn from(router: &Router, peer: [u8; 4], viewer: &Viewer, forwarded: &str) -> Reply {
    let mut request = Request::get("/api/conformance").header("host", "plan.test");
    if !forwarded.is_empty() {
        request = request.header("x-forwarded-for", forwarded);
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((Ipv4Addr::from(peer), 50_000))));
    send(router, by(request, viewer)).await
}

#[tokio::test]
async fn who_asks_too_often_waits_and_nobody_else_does() {
    let router = router_with(three());
    let anybody = Viewer::visitor();
    for _ in 0..3 {
        assert_eq!(from(&router, [203, 0, 113, 5], &anybody, "").await.status, StatusCode::OK);
    }
    let refused = from(&router, [203, 0, 113, 5], &anybody, "").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1, "{}", refused.text());
    assert_eq!(from(&router, [203, 0, 113, 6], &anybody, "").await.status, StatusCode::OK);
    let forged = from(&router, [203, 0, 113, 5], &anybody, "198.51.100.1").await;
    assert_eq!(forged.status, StatusCode::TOO_MANY_REQUESTS, "anybody can write a header");
    let anna = Viewer::new("anna", "", AccessRole::Editor, ["celje"]);
    for _ in 0..3 {
        assert_eq!(from(&router, [203, 0, 113, 5], &anna, "").await.status, StatusCode::OK, "she is not her address");
    }
    assert_eq!(
        from(&router, [203, 0, 113, 7], &anna, "").await.status,
        StatusCode::TOO_MANY_REQUESTS,
        "wherever she is"
    );
    for _ in 0..9 {
        assert_eq!(from(&router, [127, 0, 0, 1], &anybody, "").await.status, StatusCode::OK, "the machine itself");
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_clients_are_whom_it_names() {
    let router = router_with(Config { trust_proxy: true, ..three() });
    let anybody = Viewer::visitor();
    for _ in 0..3 {
        assert_eq!(from(&router, [127, 0, 0, 1], &anybody, "203.0.113.5").await.status, StatusCode::OK);
    }
    // What the client wrote itself stands first; what the proxy saw stands last.
    let refused = from(&router, [127, 0, 0, 1], &anybody, "198.51.100.1, 203.0.113.5").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(from(&router, [127, 0, 0, 1], &anybody, "203.0.113.6").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_limit_has_its_status_and_says_what_is_allowed() {
    let router = router();
    let items = "/api/collections/interventions/items";
    let deep = format!("{items}?filter={}cost%3E1{}", "(".repeat(200), ")".repeat(200));
    let long = format!("{items}?filter=title%3D'{}'", "x".repeat(20_000));
    let many: Vec<String> = (0..30).map(|n| format!("c{n}")).collect();
    for (path, status) in [
        (deep, StatusCode::PAYLOAD_TOO_LARGE),
        (long, StatusCode::URI_TOO_LONG),
        (format!("/tiles/{}/0/0/0.mvt", many.join(",")), StatusCode::BAD_REQUEST),
        (format!("{items}?bbox=1,2,3"), StatusCode::BAD_REQUEST),
        (format!("{items}?bbox=-1e400,0,1,1"), StatusCode::BAD_REQUEST),
        (format!("{items}?limit=0"), StatusCode::BAD_REQUEST),
        (format!("{items}?limit=99999999999999999999"), StatusCode::OK),
    ] {
        let shown: String = path.chars().take(80).collect();
        assert_eq!(get(&router, &path).await.status, status, "{shown}");
    }
    let ring: Vec<[f64; 2]> = (0..100_010).map(|n| [15.0 + f64::from(n) / 1e7, 46.0]).collect();
    let large = serde_json::json!({"inputs": {"area": {"type": "Polygon", "coordinates": [ring]}}}).to_string();
    let huge = " ".repeat(17 << 20);
    for (body, status) in [(large, StatusCode::BAD_REQUEST), (huge, StatusCode::PAYLOAD_TOO_LARGE)] {
        let request = Request::post("/api/processes/inside/execution")
            .header("host", "plan.test")
            .header("content-type", "application/json")
            .body(Body::from(body))
            .unwrap();
        let reply = send(&router, request).await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
}

#[tokio::test]
async fn where_too_many_wait_the_next_is_told_when_to_try_again() {
    let limits = ServerLimits { max_running: 0, max_waiting: 0, ..ServerLimits::default() };
    let router = router_with(Config { limits, ..Config::default() });
    // Long enough not to be answered on the spot.
    let reply = get(&router, "/api/collections/interventions/items?sortby=cost&limit=10000").await;
    assert_eq!(reply.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(reply.header("retry-after"), "2");
}

/// Reads until the other side closes; the time is only there to end a test that would never end.
fn rest(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    let mut all = vec![];
    stream.read_to_end(&mut all).expect("the server to close");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_or_a_body_that_does_not_come_is_not_waited_for() {
    let short = Duration::from_millis(100);
    let limits = ServerLimits { header: short, body: short, ..ServerLimits::default() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = cityheart::http::bind_server(Config { listen, limits, ..Config::default() }).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run(plan().atlas.clone()));
    let said = tokio::task::spawn_blocking(move || {
        let half = |bytes: &[u8]| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(bytes).unwrap();
            rest(&mut stream)
        };
        let head = "POST /api/processes/inside/execution HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
        [
            half(b""),
            half(b"GET /api HTTP/1.1\r\nHost: x\r\n"),
            half(format!("{head}Content-Length: 100\r\n\r\n{{\"inputs\"").as_bytes()),
        ]
    });
    let [nothing, head, body] = said.await.unwrap();
    assert_eq!((nothing.as_str(), head.as_str()), ("", ""));
    assert!(body.starts_with("HTTP/1.1 4") && body.contains("problem+json"), "{body}");
    running.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_too_many_is_told_so() {
    let limits = ServerLimits { connections: 2, ..ServerLimits::default() };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = cityheart::http::bind_server(Config { listen, limits, ..Config::default() }).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run(plan().atlas.clone()));
    let said = tokio::task::spawn_blocking(move || {
        let mut open: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
        rest(&mut open[2])
    });
    let said = said.await.unwrap();
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("Retry-After: 5"), "{said}");
    assert!(said.contains("application/problem+json") && said.ends_with('}'), "{said}");
    running.abort();
}

/// A server in a process of its own, ended with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn demo() -> (Server, SocketAddr) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cityheart"))
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let server = Server(child);
    let address = lines.find_map(|l| l.split_once("http://")?.1.split_whitespace().next()?.parse().ok());
    (server, address.expect("the address of the server"))
}

#[test]
fn ten_thousand_connections_that_ask_nothing_or_slowly_stop_nobody() {
    const WANTED: u64 = 10_000;
    let files = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: files.maximum, maximum: files.maximum }).unwrap();
    let count = files.maximum.map_or(WANTED, |most| WANTED.min(most.saturating_sub(500)));
    if count < WANTED {
        println!("the system gives {count} open files, so there are {count} connections instead of {WANTED}");
    }
    let (_server, address) = demo();
    let mut open = vec![];
    for nth in 0..count {
        let mut stream = TcpStream::connect(address).unwrap_or_else(|e| panic!("connection {nth}: {e}"));
        if nth % 2 == 0 {
            stream.write_all(b"GET /api HTTP/1.1\r\nHost: x\r\nX-Slow: ").unwrap();
        }
        open.push(stream);
    }
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Slow ones go on with a sign at a time.
        let (done, slow) = (&done, &open[..1_000.min(open.len())]);
        scope.spawn(move || {
            while !done.load(Relaxed) {
                slow.iter().step_by(2).for_each(|stream| _ = (&*stream).write(b"a"));
                std::thread::sleep(Duration::from_millis(200));
            }
        });
        for path in
            ["/api", "/tiles/areas,interventions/0/0/0.mvt", "/api/collections/interventions/items?limit=5"].repeat(10)
        {
            let mut stream = TcpStream::connect(address).unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let said = rest(&mut stream);
            assert!(said.starts_with("HTTP/1.1 200"), "{path}: {}", said.lines().next().unwrap_or_default());
        }
        done.store(true, Relaxed);
    });
}
