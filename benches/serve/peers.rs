//! Other servers, where a folder of peers is there: `CITYHEART_PEERS` names the folder with their start scripts, `PEERS` where
//! they are installed. They are started once and asked in the same rounds, for the same kinds of places.

use crate::machine::Run;
use std::path::PathBuf;
use std::process::Command;

/// One peer's figure for one mix.
#[derive(Debug, Clone)]
pub struct Figure {
    pub peer: String,
    pub per_second: f64,
    pub cpu_ms: f64,
}

/// Which of them are running.
pub struct Peers {
    scripts: Option<PathBuf>,
    size: String,
    running: Vec<Peer>,
}

struct Peer {
    name: &'static str,
    /// The letter of a mix and the address template that answers it.
    answers: &'static [(&'static str, &'static str)],
    base: &'static str,
    processes: &'static [&'static str],
}

const KNOWN: [(&str, &str, Peer); 2] = [
    (
        "start_tipg.sh",
        "venv-tipg/bin/uvicorn",
        Peer {
            name: "tipg",
            answers: &[
                ("B", "/collections/public.features/items?bbox={bbox}&limit=100&f=geojson"),
                ("I", "/collections/public.features/items/{id}?f=geojson"),
                (
                    "P",
                    "/collections/public.features/items?filter=S_INTERSECTS(geom,{wkt})&filter-lang=cql2-text&limit=100&f=geojson",
                ),
            ],
            base: "http://127.0.0.1:7400",
            processes: &["tipg", "pg"],
        },
    ),
    (
        "start_geojsonvt.sh",
        "node/node_modules/geojson-vt",
        Peer {
            name: "geojsonvt",
            answers: &[("T", "/{z}/{x}/{y}")],
            base: "http://127.0.0.1:7300",
            processes: &["geojsonvt"],
        },
    ),
];

impl Peers {
    /// Starts what is installed.
    pub fn find(size: &str) -> Self {
        let scripts = std::env::var_os("CITYHEART_PEERS").map(PathBuf::from);
        let installed = std::env::var_os("PEERS").map(PathBuf::from);
        let mut running = Vec::new();
        if let (Some(scripts), Some(installed)) = (&scripts, &installed) {
            for (script, needs, peer) in KNOWN {
                let there = installed.join(needs).exists();
                let started = there
                    && Command::new("bash")
                        .arg(scripts.join(script))
                        .env("SIZE", size)
                        .status()
                        .is_ok_and(|s| s.success());
                if started {
                    running.push(peer);
                } else {
                    eprintln!(
                        "{} is left out: {}",
                        peer.name,
                        if there { "it did not start" } else { "it is not installed" }
                    );
                }
            }
        } else {
            eprintln!("no peers: set CITYHEART_PEERS and PEERS to measure them in the same run");
        }
        Self { scripts, size: size.to_owned(), running }
    }

    /// One round of a mix on every peer that answers it.
    pub fn ask(&self, letter: &str, header: &str, seconds: u32) -> Vec<Figure> {
        let answer = |peer: &Peer| {
            let (_, template) = peer.answers.iter().find(|(of, _)| *of == letter)?;
            let out = Command::new("bash")
                .arg(self.scripts.as_ref()?.join("bench.sh"))
                .args([peer.name, peer.base, letter, template])
                .args(peer.processes)
                .envs([
                    ("SIZE", self.size.as_str()),
                    ("COLD", "0"),
                    ("REP", "1"),
                    ("HDR", header),
                    ("OUT", "/dev/null"),
                ])
                .env("DUR", seconds.to_string())
                .output()
                .ok()?;
            let text = String::from_utf8_lossy(&out.stdout).into_owned();
            let json: serde_json::Value = serde_json::from_str(text.lines().last()?).ok()?;
            Some(Figure {
                peer: peer.name.to_owned(),
                per_second: json["rps"].as_f64()?,
                cpu_ms: json["cpu_ms_per_req"].as_f64()?,
            })
        };
        self.running.iter().filter_map(answer).collect()
    }

    /// Durable single inserts a second into PostGIS with so many clients.
    pub fn inserts(&self, clients: usize) -> Option<f64> {
        let python = PathBuf::from(std::env::var_os("PEERS")?).join("venv-tipg/bin/python");
        let out = Command::new(python)
            .arg(self.scripts.as_ref()?.join("edit.py"))
            .args(["pg-insert", "--db", &format!("f{}", self.size), "--n", "4000", "--clients", &clients.to_string()])
            .output()
            .ok()?;
        let json: serde_json::Value = serde_json::from_slice(&out.stdout).ok()?;
        json["rps"].as_f64()
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let Some(scripts) = &self.scripts else { return };
        for peer in &self.running {
            let stop = format!(". '{}'; stop {}", scripts.join("env.sh").display(), peer.name);
            if let Err(e) = Command::new("bash").args(["-c", &stop]).status() {
                eprintln!("{} goes on: {e}", peer.name);
            }
        }
    }
}

/// The medians of the peers, with how much more we answer and how much less processor time an answer takes.
pub fn beside(ours: Run, figures: &[Figure]) -> String {
    let mut names: Vec<&str> = figures.iter().map(|f| f.peer.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    let one = |name: &&str| {
        let mut mine: Vec<&Figure> = figures.iter().filter(|f| f.peer == *name).collect();
        mine.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        let middle = mine[mine.len() / 2];
        format!(
            "{name} {:.0}/s, {:.2} ms CPU: {:.1} × the requests, 1/{:.0} of the CPU",
            middle.per_second,
            middle.cpu_ms,
            ours.per_second / middle.per_second,
            middle.cpu_ms / ours.cpu_ms
        )
    };
    names.iter().map(one).collect::<Vec<_>>().join("; ")
}
