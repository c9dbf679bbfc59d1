//! A client that uses the server as it is meant to be used, while another one attacks it, and a server on a port of its
//! own.

use cityheart::atlas::Atlas;
use cityheart::config::{Config, ServerLimits};
use serde_json::Value as Json;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// Programs without optimisation take some ten times as long.
pub const SLOWNESS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };

/// A server in this process, ended with the test.
pub struct TestServer {
    pub address: SocketAddr,
    running: JoinHandle<()>,
}

impl TestServer {
    pub async fn start(atlas: &Arc<Atlas>, limits: ServerLimits) -> Self {
        let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), limits, ..Config::default() };
        let server = cityheart::http::bind_server(config).await.unwrap();
        let (address, atlas) = (server.address(), atlas.clone());
        let running = tokio::spawn(async move {
            let _ = server.run_until(atlas, std::future::pending()).await;
        });
        Self { address, running }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// The status and the body of a response.
pub fn split_reply(reply: &[u8]) -> (u16, String) {
    let reply = String::from_utf8_lossy(reply);
    let status = reply.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    (status, reply.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

/// Checks that a response is a problem with a sentence, and returns the sentence.
pub fn read_problem(what: &str, status: u16, body: &str) -> String {
    let problem: Json = serde_json::from_str(body).unwrap_or_else(|e| panic!("{what}: {status} {e}: {body}"));
    let detail = problem["detail"].as_str().unwrap_or_default().to_owned();
    assert!(problem["status"] == status && detail.len() > 20 && detail.ends_with('.'), "{what}: {problem}");
    detail
}

/// Sends a request and reads the response: status and body.
pub async fn exchange(address: SocketAddr, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let kind = "Content-Type: application/json\r\n";
    let request = format!("{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{kind}{length}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = vec![];
    stream.read_to_end(&mut reply).await.unwrap();
    split_reply(&reply)
}

/// Asks for tiles and pages until it is told to stop; the time that the slowest one took, and how many there were.
pub async fn use_normally(address: SocketAddr, mut stop: tokio::sync::oneshot::Receiver<()>) -> (Duration, usize) {
    let (mut slowest, mut count) = (Duration::ZERO, 0);
    while stop.try_recv().is_err() {
        let wanted = [
            format!("GET /tiles/areas,interventions/14/{}/5813.mvt?v={count}", 8885 + count % 4),
            format!(
                "GET /api/collections/interventions/items?limit=10&offset=0&bbox=15.2,46.2,15.3,{}",
                46.3 + count as f64 / 1e5
            ),
            "GET /health/ready".to_owned(),
        ];
        for head in wanted.iter().map(|head| head.replace("&offset=0", "")) {
            let start = Instant::now();
            let (status, body) = exchange(address, &head, "").await;
            assert!(matches!(status, 200 | 204), "{head}: {status} {body}");
            slowest = slowest.max(start.elapsed());
            count += 1;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    (slowest, count)
}

/// Waits until nothing is worked on and no memory is reserved; how long that took.
pub async fn wait_until_free(address: SocketAddr) -> Duration {
    let start = Instant::now();
    loop {
        let (_, body) = exchange(address, "GET /health/ready", "").await;
        let work = serde_json::from_str::<Json>(&body).unwrap()["work"].clone();
        if work["running"] == 0 && work["waiting"] == 0 && work["reserved_bytes"] == 0 {
            return start.elapsed();
        }
        assert!(start.elapsed() < Duration::from_mins(1), "never free: {work}");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
