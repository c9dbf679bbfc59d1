//! The server as its users meet it: over HTTP, on one core, beside the limit of HTTP on the same machine and, where they are
//! installed, beside other map servers. `make bench`, or `cargo bench --bench serve -- [10k] [100k] [1m] [--rounds 5] [--seconds 4] [--questions]`.
//!
//! Each figure is the median of the rounds; each round asks every server in turn. With `CITYHEART_PEERS` naming a folder of peers
//! (see `peers.rs`) they are asked in the same rounds.

#[path = "../city.rs"]
mod city;
mod data;
mod edits;
mod hello;
mod machine;
mod peers;
mod postgres;
mod questions;
mod wire;

use city::Random;
use machine::{Run, Server, load, median};
use std::path::Path;
use wire::Wire;

const PROGRAM: &str = env!("CARGO_BIN_EXE_cityheart");
const ITEMS: &str = "/api/collections/features/items";
/// How many addresses a list has; one pass over it is cold, later ones are warm.
const ADDRESSES: usize = 2000;

struct Options {
    sizes: Vec<(&'static str, i64)>,
    rounds: usize,
    seconds: u32,
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
        only_questions: arguments.iter().any(|a| a == ONLY_QUESTIONS),
        rounds: number("--rounds", 5) as usize,
        seconds: number("--seconds", 4),
    }
}

/// A question of which many are asked.
struct Mix {
    name: &'static str,
    paths: Vec<String>,
    header: &'static str,
    /// Whether the server may keep what it answered.
    cached: bool,
    /// How the peers' scripts name it.
    letter: &'static str,
}

fn mixes(count: i64) -> Vec<Mix> {
    let tiles: Vec<String> =
        city::mix(ADDRESSES).iter().map(|t| format!("/tiles/features/{}/{}/{}.mvt", t.z(), t.x(), t.y())).collect();
    let r = &mut Random(11);
    let boxes = (0..ADDRESSES)
        .map(|_| city::bbox(r))
        .map(|b| format!("{ITEMS}?bbox={:.6},{:.6},{:.6},{:.6}&limit=100&f=json", b.west, b.south, b.east, b.north));
    let boxes: Vec<String> = boxes.collect();
    let ids: Vec<String> = (0..ADDRESSES).map(|_| format!("{ITEMS}/{}?f=json", 1 + r.below(count as usize))).collect();
    let polygon = |_| {
        let within = city::bbox(r);
        let wkt = data::area(r, within);
        format!("{ITEMS}?filter=S_INTERSECTS(geometry,{wkt})&filter-lang=cql2-text&limit=100&f=json")
    };
    let polygons: Vec<String> = (0..ADDRESSES).map(polygon).collect();
    let mix = |name, paths, header, cached, letter| Mix { name, paths, header, cached, letter };
    let gzip = "Accept-Encoding: gzip";
    vec![
        mix("tiles z12–16, kept, gzip", tiles.clone(), gzip, true, "T"),
        mix("tiles z12–16, kept", tiles.clone(), "", true, "T"),
        mix("tiles z12–16, drawn each time", tiles, "", false, "T"),
        mix("pages of 100 by box, kept", boxes.clone(), "", true, "B"),
        mix("pages of 100 by box, found each time", boxes, "", false, "B"),
        mix("pages of 100 by polygon (CQL2), kept", polygons.clone(), "", true, "P"),
        mix("pages of 100 by polygon (CQL2), found each time", polygons, "", false, "P"),
        mix("one feature by id, kept", ids.clone(), "", true, "I"),
        mix("one feature by id, found each time", ids, "", false, "I"),
    ]
}

fn measure(size: &str, count: i64, options: &Options) {
    let plan = data::plan(PROGRAM, size, count);
    let serve = |cache: &str| {
        Server::start(PROGRAM, &["serve", &plan, "--listen", "127.0.0.1:0", "--tile-cache", cache], &LIMITLESS)
    };
    let kept = serve("512");
    if options.only_questions {
        println!("\n## {count} features");
        questions::measure(&kept, size, count, options);
        return;
    }
    let drawn = serve("0");
    let this = std::env::current_exe().expect("this program has a path");
    let hello = Server::start(&this.to_string_lossy(), &["--hello"], &[]);
    let peers = peers::Peers::find(size);
    println!("\n## {count} features\n");
    println!(
        "| what | kB | requests/s | p50 / p99 / p99.9 ms | CPU ms | limit/s | of the limit | p99 of the limit ms | peers, same run |"
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---|");
    for mix in mixes(count) {
        let server = if mix.cached { &kept } else { &drawn };
        load(server, &mix.paths, mix.header, 2);
        let (mut ours, mut limits, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..options.rounds {
            ours.push(load(server, &mix.paths, mix.header, options.seconds));
            let body = [format!("/{}", (ours[0].body_kb * 1e3) as usize)];
            limits.push(load(&hello, &body, "", options.seconds.min(2)));
            others.extend(peers.ask(mix.letter, mix.header, options.seconds));
        }
        row(mix.name, median(ours), median(limits), &others);
    }
    whole(&kept);
    low_zooms(&drawn);
    questions::measure(&kept, size, count, options);
    let (now, most) = kept.memory_mb();
    println!("\nMemory of the server with its tiles: {now:.0} MB resident, {most:.0} MB at the most.");
    drop((kept, drawn));
    edits::measure(&plan, &peers, options.rounds);
}

/// Requests of one client are not counted: this client is the whole town.
const LIMITLESS: [(&str, &str); 1] = [("CITYHEART_REQUESTS_PER_SECOND", "0")];

fn row(name: &str, ours: Run, limit: Run, others: &[peers::Figure]) {
    let Run { per_second, p50_ms, p99_ms, p999_ms, body_kb, cpu_ms } = ours;
    let beside = peers::beside(ours, others);
    println!(
        "| {name} | {body_kb:.1} | {per_second:.0} | {p50_ms:.2} / {p99_ms:.2} / {p999_ms:.2} | {cpu_ms:.3} | {:.0} | {:.0} % | {:.2} | {beside} |",
        limit.per_second,
        100.0 * per_second / limit.per_second,
        limit.p99_ms,
    );
}

/// The whole collection as one GeoJSON document.
fn whole(server: &Server) {
    let (before, _) = server.memory_mb();
    let mut wire = Wire::open(&server.address);
    let mut speeds: Vec<f64> = (0..5)
        .map(|_| {
            let start = server.cpu_ms();
            let body = wire.get(&format!("{ITEMS}?limit=100000000&f=json")).body;
            body.len() as f64 / 1e3 / (server.cpu_ms() - start)
        })
        .collect();
    speeds.sort_by(f64::total_cmp);
    let (_, most) = server.memory_mb();
    println!(
        "\nThe whole collection as GeoJSON: {:.0} MB per CPU second; memory grew by {:.0} MB at the most.",
        speeds[2],
        most - before
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
