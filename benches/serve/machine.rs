//! Servers of one core each, what they use, and wrk on the other core.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The core of the server that is measured, and that of those who ask.
const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";
const CONNECTIONS: &str = "8";

/// A running server; ends when dropped.
pub struct Server {
    child: Child,
    pub address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program on the server's core, in a scheduling group that other work on the machine does not slow down.
pub fn pinned(core: &str, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("setsid");
    command.args([
        "bash",
        "-c",
        "echo -20 >/proc/self/autogroup 2>/dev/null; exec taskset -c \"$@\"",
        "bash",
        core,
        program,
    ]);
    command.args(arguments);
    command
}

impl Server {
    /// Starts a program that says its address as the first `http://…` on standard output.
    pub fn start(program: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = pinned(SERVER_CORE, program, arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the server starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line[line.find("http://")? + 7..].split_whitespace().next()?.to_owned()))
            .expect("the server says where it listens");
        // Whatever it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    /// Milliseconds of processor time so far.
    pub fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        let behind = stat.rsplit(')').next().unwrap_or_default();
        let ticks = behind.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>();
        ticks * 10.0
    }

    /// Resident memory in MB, now and at the most.
    pub fn memory_mb(&self) -> (f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let kb = |name: &str| {
            let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("0 kB");
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
        };
        (kb("VmRSS:"), kb("VmHWM:"))
    }
}

/// What wrk saw of one run.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub body_kb: f64,
    pub cpu_ms: f64,
}

/// Asks a server for a list of paths over and over, `seconds` long.
///
/// # Panics
/// When wrk cannot be run, or an answer was not a success: a fast error is worth nothing.
pub fn load(server: &Server, paths: &[String], header: &str, seconds: u32) -> Run {
    let list = std::env::temp_dir().join(format!("cityheart-urls-{}", std::process::id()));
    std::fs::write(&list, paths.join("\n")).expect("the list is written");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/serve/load.lua");
    let before = server.cpu_ms();
    let out = pinned(
        CLIENT_CORE,
        "wrk",
        &[
            "-t1",
            "-c",
            CONNECTIONS,
            "-d",
            &format!("{seconds}s"),
            "--timeout",
            "60s",
            "-s",
            &script.to_string_lossy(),
            &format!("http://{}", server.address),
        ],
    )
    .env("CITYHEART_URLS", &list)
    .env("CITYHEART_HEADER", header)
    .output()
    .expect("wrk runs (Debian: apt-get install wrk)");
    let used = server.cpu_ms() - before;
    let text = String::from_utf8_lossy(&out.stdout);
    let line = text.lines().find_map(|l| l.strip_prefix("RESULT ")).unwrap_or_else(|| panic!("wrk said: {text}"));
    let n: Vec<f64> = line.split(' ').map(|n| n.parse().expect("a number")).collect();
    assert!(n[0] > 0.0 && n[6] == 0.0, "{} of {} answers failed", n[6], n[0]);
    Run {
        per_second: n[0] / n[1],
        p50_ms: n[2],
        p99_ms: n[3],
        p999_ms: n[4],
        body_kb: n[5] / n[0] / 1e3,
        cpu_ms: used / n[0],
    }
}

/// The run whose requests per second are in the middle.
pub fn median(mut runs: Vec<Run>) -> Run {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs[runs.len() / 2]
}
