//! The server as its users meet it: over HTTP, on one core, beside the limit of HTTP on the same machine and, where
//! they are installed, beside other map servers. `make bench`, or `cargo bench --bench serve -- [10k] [100k] [1m]
//! [--rounds 5] [--seconds 4] [--rows WORD] [--questions]`; `--rows tiles` asks only the rows with that word in their
//! name.
//!
//! Each figure is the median of the rounds; each round asks every server in turn, for the same places. With
//! `CITYHEART_PEERS` naming a folder of peers (see `peers.rs`) they are asked in the same rounds.

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
mod walk;
mod whole;
mod wire;

use city::Random;
use machine::Server;
use mix::{MIXES, Mix, paths};
use peers::Peers;
use std::path::Path;
use walk::{Run, Walk, median};
use wire::Wire;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cityheart");
const ITEMS: &str = "/api/collections/features/items";
/// How many addresses a list has; one pass over it is cold, later ones are warm.
const ADDRESSES: usize = 2000;

/// Room for every tile of a list of the million, plain and packed.
const ALL_TILES_MB: &str = "1024";

struct Options {
    sizes: Vec<(&'static str, i64)>,
    rounds: usize,
    seconds: u32,
    /// Only the rows that have this in their name.
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

/// Whether only the questions are asked.
const ONLY_QUESTIONS: &str = "--questions";

fn options(arguments: &[String]) -> Options {
    let all = [("10k", 10_000), ("100k", 100_000), ("1m", 1_000_000)];
    let number = |name: &str, otherwise: u32| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|at| arguments.get(at + 1)).map_or(otherwise, |n| n.parse().expect("a number behind the option"))
    };
    let named: Vec<_> = all.into_iter().filter(|(name, _)| arguments.iter().any(|a| a == name)).collect();
    Options {
        sizes: if named.is_empty() { all.to_vec() } else { named },
        rows: arguments.iter().position(|a| a == "--rows").and_then(|at| arguments.get(at + 1)).cloned(),
        only_questions: arguments.iter().any(|a| a == ONLY_QUESTIONS),
        rounds: number("--rounds", 5) as usize,
        seconds: number("--seconds", 4),
    }
}

fn measure(size: &str, count: i64, options: &Options) {
    let plan = data::plan(PROGRAM, size, count);
    let serve = |cache: &str| {
        Server::start(PROGRAM, &["serve", &plan, "--listen", "127.0.0.1:0", "--tile-cache", cache], &LIMITLESS)
    };
    let kept = serve(ALL_TILES_MB);
    if options.only_questions {
        println!("\n## {count} features");
        questions::measure(&kept, size, count, options);
        return;
    }
    let drawn = serve("0");
    let this = std::env::current_exe().expect("this program has a path");
    let hello = Server::start(&this.to_string_lossy(), &["--hello"], &[]);
    let peers = Peers::find(size, count);
    println!("\n## {count} features\n");
    println!(
        "| what | kB | requests/s | p50 / p99 / p99.9 ms | CPU ms | limit/s | of the limit | p99 of the limit ms | peers, same run |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    let wanted = |mix: &&Mix| options.rows.as_ref().is_none_or(|word| mix.name.contains(word.as_str()));
    for mix in MIXES.iter().filter(wanted) {
        row(mix, count, options, (if mix.kept { &kept } else { &drawn }, &hello), &peers);
    }
    if options.rows.is_some() {
        return;
    }
    whole::measure(&kept, options.rounds);
    low_zooms(&drawn);
    questions::measure(&kept, size, count, options);
    let (now, most) = kept.memory_mb();
    println!("\nMemory of the server with its tiles: {now:.0} MB resident, {most:.0} MB at the most.");
    drop((kept, drawn));
    edits::measure(&plan, &peers, options.rounds);
}

/// Requests of one client are not counted: this client is the whole town.
const LIMITLESS: [(&str, &str); 1] = [("CITYHEART_REQUESTS_PER_SECOND", "0")];

/// One mix, in rounds, on ours, on the limit at the same size, and on the peers.
fn row(mix: &Mix, count: i64, options: &Options, (server, hello): (&Server, &Server), peers: &Peers) {
    let places = mix.kind.places(count);
    let (target, limit) = (server.target(), hello.target());
    let mut walk = Walk::new(paths(&mix.kind.ours(), &places), mix.header);
    let mut others = peers.asked(mix, &places);
    if mix.kept {
        walk.once(&target);
    }
    let run =
        |walk: &mut Walk, target, seconds| walk.run(target, seconds).unwrap_or_else(|e| panic!("{}: {e}", mix.name));
    let size = run(&mut walk, &target, 1).body_kb * 1e3;
    let mut body = Walk::new(vec![format!("/{}", size as usize)], "");
    let (mut ours, mut limits) = (Vec::new(), Vec::new());
    for _ in 0..options.rounds {
        ours.push(run(&mut walk, &target, options.seconds));
        limits.push(run(&mut body, &limit, options.seconds.min(2)));
        others.iter_mut().for_each(|peer| peer.round(options.seconds));
    }
    let (ours, limit) = (median(ours), median(limits));
    let beside: Vec<String> = others.into_iter().filter_map(|peer| peer.beside(ours)).collect();
    let Run { per_second, p50_ms, p99_ms, p999_ms, body_kb, cpu_ms } = ours;
    println!(
        "| {} | {body_kb:.1} | {per_second:.0} | {p50_ms:.2} / {p99_ms:.2} / {p999_ms:.2} | {cpu_ms:.3} | {:.0} | {:.0} % | {:.2} | {} |",
        mix.name,
        limit.per_second,
        100.0 * per_second / limit.per_second,
        limit.p99_ms,
        beside.join("; "),
    );
}

/// Tiles of z1 to z8 that hold one of the centres, drawn anew.
fn low_zooms(server: &Server) {
    let mut tiles: Vec<_> = (1..=8)
        .flat_map(|z| {
            let r = &mut Random(3);
            (0..60).map(|_| city::tile(r, z, 20_000.0)).collect::<Vec<_>>()
        })
        .collect();
    tiles.sort_by_key(|t| (t.z(), t.x(), t.y()));
    tiles.dedup();
    let mut wire = Wire::open(&server.address);
    let (mut times, mut largest) = (Vec::new(), 0);
    for tile in &tiles {
        let start = std::time::Instant::now();
        let reply = wire.get(&format!("/tiles/features/{}/{}/{}.mvt", tile.z(), tile.x(), tile.y()));
        times.push(start.elapsed().as_secs_f64() * 1e3);
        assert!(reply.status == 200 || reply.status == 204, "a tile of low zoom answered {}", reply.status);
        largest = largest.max(reply.body.len());
    }
    times.sort_by(f64::total_cmp);
    println!(
        "\nTiles of z1 to z8, drawn each time: median {:.1} ms, worst {:.1} ms, the largest {:.0} kB ({} tiles).",
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
    assert!(Path::new(PROGRAM).exists(), "the server is built beside this");
    format!("cityheart {}", env!("CARGO_PKG_VERSION"))
}
