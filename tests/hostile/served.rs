//! One client attacks over HTTP, another one beside it is served all the time: every process and hostile shape, with
//! huge numbers, and filters that are slow for every feature. What the attacker gets is a status and a sentence, and
//! when it goes, the pool is free.

use super::shapes;
use crate::question::plan::area_json;
use crate::support::server::plan;
use cityheart::config::{Config, ServerLimits};
use geo_types::Polygon;
use serde_json::{Value as Json, json};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Requests of the attacker at once: more than run at once.
const AT_ONCE: usize = 6;
/// Programs without optimisation take some ten times as long.
const SLOWNESS: u32 = if cfg!(debug_assertions) { 10 } else { 1 };

/// Sends a request and reads the response: status and body.
async fn exchange(address: SocketAddr, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let kind = "Content-Type: application/json\r\n";
    let request = format!("{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{kind}{length}\r\n{body}");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = vec![];
    stream.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8_lossy(&reply);
    let status = reply.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or_default();
    (status, reply.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned()))
}

/// What is sent: the start of the request, and the body.
fn attacks() -> Vec<(String, String)> {
    let areas: Vec<Polygon<f64>> =
        vec![shapes::comb(3_000, true), shapes::slanted_comb(3_000), shapes::holes(2_500), shapes::touching_holes(600)];
    let mut all = vec![];
    let mut ask = |process: &str, inputs: Json| {
        all.push((format!("POST /api/processes/{process}/execution"), json!({"inputs": inputs}).to_string()));
    };
    for area in areas.iter().map(area_json) {
        for process in ["inside", "footprint", "summary"] {
            ask(process, json!({"area": area}));
        }
        ask("gaps", json!({"area": area, "distance_m": 20_000}));
        ask("gaps", json!({"area": area, "collection": "interventions", "distance_m": 30}));
        ask("conflicts", json!({"area": area, "distance_m": 5000, "open_months": 120}));
        ask("without", json!({"area": area, "other": "interventions", "distance_m": 100_000}));
    }
    ask("nearby", json!({"point": [15.26, 46.23], "k": 1000, "radius_m": 100_000}));
    ask("reach", json!({"point": [15.26, 46.23], "minutes": 60, "speed_m_min": 200}));
    ask("portfolio", json!({"budget": 9_000_000_000.0, "at_least_one": {"types": [], "objectives": []}}));
    ask("coverage", json!({"areas": "cities"}));
    ask("conflicts", json!({"distance_m": 5000, "open_months": 120, "with_completed": true}));
    let ring = |comb: Polygon<f64>| {
        let positions: Vec<String> = comb.exterior().0.iter().map(|c| format!("{:.4} {:.4}", c.x, c.y)).collect();
        format!("POLYGON(({}))", positions.join(",")).replace(' ', "%20")
    };
    let (upright, lying) = (ring(shapes::comb(100, true)), ring(shapes::comb(100, false)));
    for relation in ["S_INTERSECTS", "S_CROSSES", "S_OVERLAPS", "S_WITHIN"] {
        let filter = format!("{relation}(geometry,{upright})");
        all.push((format!("GET /api/collections/interventions/items?filter={filter}"), String::new()));
        all.push((format!("GET /tiles/interventions,areas/8/138/91.mvt?filter={filter}"), String::new()));
    }
    all.push((format!("GET /api/collections/areas/items?filter=S_TOUCHES({upright},{lying})"), String::new()));
    all
}

/// Asks for tiles and pages until it is told to stop; the time that the slowest one took, and how many there were.
async fn use_normally(address: SocketAddr, mut stop: tokio::sync::oneshot::Receiver<()>) -> (Duration, usize) {
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
async fn wait_until_free(address: SocketAddr) -> Duration {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_visitor_cannot_take_it_down() {
    let limits = ServerLimits {
        deadline: Duration::from_secs(2),
        max_running: 4,
        work_units: 30_000_000,
        ..ServerLimits::default()
    };
    let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), limits, ..Config::default() };
    let server = cityheart::http::bind_server(config).await.unwrap();
    let address = server.address();
    let running = tokio::spawn(server.run_until(plan().atlas.clone(), std::future::pending()));
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let normal = tokio::spawn(use_normally(address, stopped));
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for round in attacks().chunks(AT_ONCE) {
        let sent: Vec<_> = round
            .iter()
            .cloned()
            .map(|(head, body)| tokio::spawn(async move { (exchange(address, &head, &body).await, head) }))
            .collect();
        for attack in sent {
            let ((status, body), head) = attack.await.unwrap();
            *statuses.entry(status).or_default() += 1;
            let head: String = head.chars().take(80).collect();
            assert!(matches!(status, 200 | 204 | 400 | 413 | 422 | 429 | 503), "{head}: {status} {body}");
            if status >= 400 {
                let detail =
                    serde_json::from_str::<Json>(&body).unwrap()["detail"].as_str().unwrap_or_default().to_owned();
                assert!(detail.len() > 20 && detail.ends_with('.'), "{head}: {status} {detail}");
            }
        }
    }
    // And once more, without waiting for the responses: who goes takes the work along.
    let gone: Vec<_> = attacks()
        .into_iter()
        .take(3 * AT_ONCE)
        .map(|(head, body)| tokio::spawn(async move { exchange(address, &head, &body).await }))
        .collect();
    tokio::time::sleep(Duration::from_millis(200)).await;
    gone.iter().for_each(tokio::task::JoinHandle::abort);
    let free = wait_until_free(address).await;
    stop.send(()).unwrap();
    let (slowest, count) = normal.await.unwrap();
    println!("attacker: {statuses:?}; beside it {count} requests, the slowest {slowest:?}; free after {free:?}");
    assert!(count > 10, "nobody was served");
    assert!(free < Duration::from_secs(1) * SLOWNESS, "free after {free:?}");
    running.abort();
}

#[tokio::test]
async fn an_area_of_many_rings_or_positions_is_refused_by_name() {
    for (area, wanted) in [(shapes::holes(5_100), "rings"), (shapes::comb(30_000, true), "positions")] {
        let body = json!({"inputs": {"area": area_json(&area)}}).to_string();
        let reply = crate::support::processes::post("inside", body).await;
        assert_eq!(reply.status, 400, "{}", reply.text());
        let problem = reply.json();
        assert_eq!(problem["errors"][0]["parameter"], "area");
        assert!(problem["detail"].as_str().unwrap().contains(wanted), "{problem}");
    }
}
