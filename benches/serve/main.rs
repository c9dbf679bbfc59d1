//! Benchmarks of the server over HTTP, on one core, compared with the HTTP limit of the same machine and with other map
//! servers where they are installed. `make bench`, or `cargo bench --bench serve -- [10k] [100k] [1m] [--rounds 5]
//! [--seconds 4] [--rows WORD] [--questions]`; `--rows tiles` runs only the rows with that word in their name.
//!
//! Each figure is the median of the rounds; each round sends the same requests to every server in turn. If
//! `CITYHEART_PEERS` names a folder of peers (see `peers.rs`), they take part in the same rounds.

#![allow(clippy::print_stdout, reason = "the figures are the output")]

#[path = "../city.rs"]
mod city;
mod data;
mod edits;
mod hello;
mod machine;
mod mix;
mod peers;
mod postgis;
mod postgres;
mod questions;
mod address_list;
mod whole_download;
mod http_connection;

use address_list::{AddressList, LoadResult, median};
use city::Random;
use http_connection::HttpConnection;
use machine::Server;
use mix::{MIXES, RequestMix, paths};
use peers::Peers;
use std::path::Path;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cityheart");
const ITEMS: &str = "/api/collections/features/items";
/// The length of a list of addresses; the first pass over it is cold, later ones are warm.
const ADDRESSES: usize = 2000;

/// A tile cache with space for all tiles of a list of the million, plain and compressed.
const ALL_TILES_MB: &str = "1024";

struct BenchOptions {
    sizes: Vec<(&'static str, i64)>,
    rounds: usize,
    seconds: u32,
    /// Only the rows with this word in their name.
    rows: Option<String>,
    only_questions: bool,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    if arguments.first().is_some_and(|a| a == "--hello") {
        hello::serve();
        return;
    }
    let options = options(&arguments);
    println!("| {} | {} | {} rounds of {} s |", machine_name(), version(), options.rounds, options.seconds);
    for (name, count) in &options.sizes {
        measure(name, *count, &options);
    }
}

/// Runs only the planning questions.
const ONLY_QUESTIONS: &str = "--questions";

fn options(arguments: &[String]) -> BenchOptions {
    let all = [("10k", 10_000), ("100k", 100_000), ("1m", 1_000_000)];
    let number = |name: &str, otherwise: u32| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(otherwise, |n| n.parse().expect("a number behind the option"))
    };
    let named: Vec<_> = all.into_iter().filter(|(name, _)| arguments.iter().any(|a| a == name)).collect();
    BenchOptions {
        sizes: if named.is_empty() { all.to_vec() } else { named },
        rows: arguments.iter().position(|a| a == "--rows").and_then(|at| arguments.get(at + 1)).cloned(),
        only_questions: arguments.iter().any(|a| a == ONLY_QUESTIONS),
        rounds: number("--rounds", 5) as usize,
        seconds: number("--seconds", 4),
    }
}

fn measure(size: &str, count: i64, options: &BenchOptions) {
    let plan = data::plan(PROGRAM, size, count);
    let serve = |cache: &str| {
        Server::start(PROGRAM, &["serve", &plan, "--listen", "127.0.0.1:0", "--tile-cache", cache], &NO_RATE_LIMIT)
    };
    let cached = serve(ALL_TILES_MB);
    if options.only_questions {
        println!("\n## {count} features");
        questions::measure(&cached, size, count, options);
        return;
    }
    let uncached = serve("0");
    let this = std::env::current_exe().expect("this program has a path");
    let hello = Server::start(&this.to_string_lossy(), &["--hello"], &[]);
    let peers = Peers::find(size, count);
    println!("\n## {count} features\n");
    println!(
        "| what | kB | requests/s | p50 / p99 / p99.9 ms | CPU ms | limit/s | of the limit | p99 of the limit ms | peers, same run |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    let wanted = |mix: &&RequestMix| options.rows.as_ref().is_none_or(|word| mix.name.contains(word.as_str()));
    for mix in MIXES.iter().filter(wanted) {
        row(mix, count, options, (if mix.cached { &cached } else { &uncached }, &hello), &peers);
    }
    if options.rows.is_some() {
        return;
    }
    whole_download::measure(&cached, options.rounds);
    low_zooms(&uncached);
    questions::measure(&cached, size, count, options);
    let (now, most) = cached.memory_mb();
    println!("\nMemory of the server with its tiles: {now:.0} MB resident, {most:.0} MB at its peak.");
    drop((cached, uncached));
    edits::measure(&plan, &peers, options.rounds);
}

/// Switches the rate limit per client off: all requests come from one client.
const NO_RATE_LIMIT: [(&str, &str); 1] = [("CITYHEART_REQUESTS_PER_SECOND", "0")];

/// One mix, in rounds: on our server, on the HTTP limit with bodies of the same size, and on the peers.
fn row(mix: &RequestMix, count: i64, options: &BenchOptions, (server, hello): (&Server, &Server), peers: &Peers) {
    let places = mix.kind.places(count);
    let (target, limit) = (server.target(), hello.target());
    let mut addresses = AddressList::new(paths(&mix.kind.ours(), &places), mix.header);
    let mut others = peers.rows_for(mix, &places);
    if mix.cached {
        addresses.warm_cache(&target);
    }
    let run = |addresses: &mut AddressList, target, seconds| {
        addresses.run(target, seconds).unwrap_or_else(|e| panic!("{}: {e}", mix.name))
    };
    let size = run(&mut addresses, &target, 1).body_kb * 1e3;
    let mut body = AddressList::new(vec![format!("/{}", size as usize)], "");
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        ours.push(run(&mut addresses, &target, options.seconds));
        limits.push(run(&mut body, &limit, options.seconds.min(2)));
        others.iter_mut().for_each(|peer| peer.round(options.seconds));
    }
    let (ours, limit) = (median(ours), median(limits));
    let comparisons: Vec<String> = others.into_iter().filter_map(|peer| peer.compare_with(ours)).collect();
    let LoadResult { per_second, p50_ms, p99_ms, p999_ms, body_kb, cpu_ms } = ours;
    println!(
        "| {} | {body_kb:.1} | {per_second:.0} | {p50_ms:.2} / {p99_ms:.2} / {p999_ms:.2} | {cpu_ms:.3} | {:.0} | {:.0} % | {:.2} | {} |",
        mix.name,
        limit.per_second,
        100.0 * per_second / limit.per_second,
        limit.p99_ms,
        comparisons.join("; "),
    );
}

/// Tiles of z1 to z8 that contain one of the centres, drawn for each request.
fn low_zooms(server: &Server) {
    let mut tiles: Vec<_> = (1..=8)
        .flat_map(|z| {
            let r = &mut Random(3);
            (0..60).map(|_| city::tile(r, z, 20_000.0)).collect::<Vec<_>>()
        })
        .collect();
    tiles.sort_by_key(|t| (t.z(), t.x(), t.y()));
    tiles.dedup();
    let mut wire = HttpConnection::open(&server.address);
    let (mut times, mut largest) = (Vec::new(), 0);
    for tile in &tiles {
        let start = std::time::Instant::now();
        let reply = wire.get(&format!("/tiles/features/{}/{}/{}.mvt", tile.z(), tile.x(), tile.y()));
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(reply.status == 200 || reply.status == 204, "a tile of low zoom has status {}", reply.status);
        largest = largest.max(reply.body.len());
    }
    times.sort_by(f64::total_cmp);
    println!(
        "\nTiles of z1 to z8, drawn for each request: median {:.1} ms, worst {:.1} ms, largest {:.0} kB ({} tiles).",
        times[times.len() / 2],
        times[times.len() - 1],
        largest as f64 / 1e3,
        tiles.len()
    );
}

fn machine_name() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .map(|l| l.trim_start_matches(['\t', ' ', ':']).to_owned());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!("{}, load {}", model.unwrap_or_default(), load.split(' ').next().unwrap_or_default())
}

fn version() -> String {
    assert!(Path::new(PROGRAM).exists(), "cargo builds the server with the benchmark");
    format!("cityheart {}", env!("CARGO_PKG_VERSION"))
}
