//! A list of addresses, requested by wrk from the other core. Every run continues where the last one ended, so that
//! short runs of a slow server cover the whole list too.

use crate::http_connection::HttpConnection;
use crate::machine::{Target, on_client_core};
use std::path::Path;

const CONNECTIONS: &str = "8";

/// The addresses, and the position of the next one.
pub struct AddressList {
    paths: Vec<String>,
    header: &'static str,
    next: usize,
}

/// The results of one run of wrk.
#[derive(Debug, Clone, Copy)]
pub struct LoadResult {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub body_kb: f64,
    pub cpu_ms: f64,
}

impl AddressList {
    pub fn new(paths: Vec<String>, header: &'static str) -> Self {
        Self { paths, header, next: 0 }
    }

    /// Requests every address once, so that a server with a cache has all responses.
    pub fn warm_cache(&self, target: &Target) {
        let headers = if self.header.is_empty() { String::new() } else { format!("{}\r\n", self.header) };
        let mut wire = HttpConnection::open(&target.address);
        for path in &self.paths {
            wire.request("GET", path, &headers, b"");
        }
    }

    /// Requests addresses for `seconds`.
    ///
    /// # Errors
    /// When a response is not a success: fast errors must not count.
    pub fn run(&mut self, target: &Target, seconds: u32) -> Result<LoadResult, String> {
        let list = std::env::temp_dir().join(format!("cityheart-urls-{}", std::process::id()));
        std::fs::write(&list, self.paths.join("\n")).expect("the list is written");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/serve/load.lua");
        let (duration, url) = (format!("{seconds}s"), format!("http://{}", target.address));
        let script = script.to_string_lossy();
        let words = ["-t1", "-c", CONNECTIONS, "-d", &duration, "--timeout", "60s", "-s", &script, &url];
        let before = target.cpu_ms();
        let out = on_client_core("wrk", &words)
            .env("CITYHEART_URLS", &list)
            .env("CITYHEART_HEADER", self.header)
            .env("CITYHEART_NEXT", self.next.to_string())
            .output()
            .expect("wrk runs (Debian: apt-get install wrk)");
        let used = target.cpu_ms() - before;
        let text = String::from_utf8_lossy(&out.stdout);
        let line = text
            .lines()
            .find_map(|l| l.strip_prefix("RESULT "))
            .ok_or_else(|| format!("wrk printed no result: {text}"))?;
        let n: Vec<f64> = line.split(' ').map(|n| n.parse().expect("a number")).collect();
        if n[0] == 0.0 || n[6] > 0.0 {
            return Err(format!("{} of {} requests failed", n[6], n[0]));
        }
        self.next = (self.next + n[0] as usize) % self.paths.len();
        Ok(LoadResult {
            per_second: n[0] / n[1],
            p50_ms: n[2],
            p99_ms: n[3],
            p999_ms: n[4],
            body_kb: n[5] / n[0] / 1e3,
            cpu_ms: used / n[0],
        })
    }
}

/// The run with the median of requests per second.
pub fn median(mut runs: Vec<LoadResult>) -> LoadResult {
    runs.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
    runs[runs.len() / 2]
}
