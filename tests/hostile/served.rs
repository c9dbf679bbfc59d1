//! One client attacks over HTTP, another one beside it is served all the time: every process and hostile shape, with
//! huge numbers, and filters that are slow for every feature. What the attacker gets is a status and a sentence, and
//! when it goes, the pool is free.

use super::normal_client::{SLOWNESS, TestServer, exchange, use_normally, wait_until_free};
use super::shapes;
use crate::question::plan::area_json;
use crate::support::server::plan;
use cityheart::config::ServerLimits;
use geo_types::Polygon;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Requests of the attacker at once: more than run at once.
const AT_ONCE: usize = 6;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_visitor_cannot_take_it_down() {
    let limits = ServerLimits {
        deadline: Duration::from_secs(2),
        max_running: 4,
        work_units: 30_000_000,
        ..ServerLimits::default()
    };
    let server = TestServer::start(&plan().atlas, limits).await;
    let address = server.address;
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
