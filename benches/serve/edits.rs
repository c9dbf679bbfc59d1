//! Durable edits over HTTP from eight clients, one feature per request, and whether each edit is in the next tile.

use crate::PROGRAM;
use crate::city::Random;
use crate::http_connection::HttpConnection;
use crate::machine::Server;
use crate::peers::Peers;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const CLIENTS: usize = 8;
const EACH: usize = 500;

pub fn measure(plan: &str, peers: &Peers, rounds: usize) {
    let copy = format!("{plan}.edits.gpkg");
    for stale in [copy.clone(), format!("{copy}-wal"), format!("{copy}-shm"), format!("{copy}.access.db")] {
        if Path::new(&stale).exists() {
            std::fs::remove_file(&stale).expect("an old copy goes");
        }
    }
    let done = Command::new(PROGRAM).args(["backup", plan, &copy]).status().expect("it runs");
    assert!(done.success(), "no copy of the plan");
    let token = add_token(&copy);
    let server = Server::start(PROGRAM, &["serve", &copy, "--listen", "127.0.0.1:0"], &crate::NO_RATE_LIMIT);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for nth in 0..rounds {
        ours.push(round(&server, &token, nth));
        theirs.extend(peers.inserts(CLIENTS));
    }
    let missing = count_missing(&server, &token);
    let median = |mut all: Vec<f64>| {
        all.sort_by(f64::total_cmp);
        all.get(all.len() / 2).copied()
    };
    let our_rate = median(ours).expect("there was a round");
    let comparison = median(theirs)
        .map_or(String::from("PostGIS not installed"), |t| format!("PostGIS INSERT {t:.0}/s: {:.2} ×", our_rate / t));
    println!(
        "\nDurable edits, {CLIENTS} clients, one feature each: {our_rate:.0}/s; {comparison}. Missing in the next tile: {missing} of 150."
    );
}

/// Adds a token with the role admin.
fn add_token(plan: &str) -> String {
    let out = Command::new(PROGRAM)
        .args(["token", "add", "bench", "--role", "admin", "--plan", plan])
        .output()
        .expect("it runs");
    assert!(out.status.success(), "no token: {}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.split_whitespace().max_by_key(|word| word.len()).expect("the command prints the token").to_owned()
}

/// Creates a point near Paris; returns its position.
fn create(wire: &mut HttpConnection, token: &str, id: &str, r: &mut Random) -> (f64, f64) {
    let (lon, lat) = (2.3522 + 0.04 * (r.unit() - 0.5), 48.8566 + 0.03 * (r.unit() - 0.5));
    let body = format!(
        "{{\"type\":\"Feature\",\"id\":\"{id}\",\"geometry\":{{\"type\":\"Point\",\"coordinates\":[{lon:.7},{lat:.7}]}},\
         \"properties\":{{\"title\":\"edit\",\"city\":\"Paris\",\"kind\":\"bench\",\"status\":\"planned\",\"budget\":1,\
         \"start\":\"2024-01-01\",\"end\":\"2025-01-01\",\"policy_objective\":\"mobility\",\"description\":\"edit\"}}}}"
    );
    let headers = format!("Authorization: Bearer {token}\r\nContent-Type: application/geo+json\r\n");
    let reply = wire.request("POST", crate::ITEMS, &headers, body.as_bytes());
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
    (lon, lat)
}

fn round(server: &Server, token: &str, nth: usize) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                let (mut wire, mut r) =
                    (HttpConnection::open(&server.address), Random((1 + nth * CLIENTS + client) as u64));
                (0..EACH).for_each(|i| _ = create(&mut wire, token, &format!("bench-{nth}-{client}-{i}"), &mut r));
            });
        }
    });
    (CLIENTS * EACH) as f64 / start.elapsed().as_secs_f64()
}

/// The number of edits out of 150 that were missing in a tile requested right after the response.
fn count_missing(server: &Server, token: &str) -> usize {
    let (mut wire, mut r) = (HttpConnection::open(&server.address), Random(99));
    (0..150)
        .filter(|i| {
            let id = format!("bench-seen-{i}");
            let (lon, lat) = create(&mut wire, token, &id, &mut r);
            let at = cityheart::crs::lonlat_to_world(lon, lat);
            let tile = wire.get(&format!("/tiles/features/16/{}/{}.mvt", at.x >> 16, at.y >> 16)).body;
            !tile.windows(id.len()).any(|bytes| bytes == id.as_bytes())
        })
        .count()
}
