//! Requests answered, the time that they took, and sign-ins, in Prometheus text format 0.0.4.

use axum::http::StatusCode;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// What a request is for.
#[derive(Debug, Clone, Copy)]
pub enum RouteGroup {
    Items,
    Tiles,
    Api,
    Web,
    Operations,
}

const ROUTE_GROUPS: [&str; 5] = ["items", "tiles", "api", "web", "operations"];
const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
const SIGN_IN_OUTCOMES: [&str; 4] = ["succeeded", "failed", "throttled", "refused"];
/// Upper bounds in microseconds; the last bucket has none.
const BOUNDS_US: [u64; 8] = [100, 500, 2_500, 10_000, 50_000, 250_000, 1_000_000, 10_000_000];

/// Requests answered since the server started.
#[derive(Default)]
pub struct RequestCounts {
    responses: [[AtomicU64; STATUS_CLASSES.len()]; ROUTE_GROUPS.len()],
    /// Time to the head of the response.
    times: [[AtomicU64; BOUNDS_US.len() + 1]; ROUTE_GROUPS.len()],
    total_us: [AtomicU64; ROUTE_GROUPS.len()],
    sign_ins: [AtomicU64; SIGN_IN_OUTCOMES.len()],
}

impl RouteGroup {
    pub fn from_path(path: &str) -> Self {
        if path.starts_with("/tiles/") || (path.starts_with("/api/") && path.contains("/tiles/")) {
            Self::Tiles
        } else if path.starts_with("/api") {
            if path.contains("/items") { Self::Items } else { Self::Api }
        } else if path.starts_with("/health/") || path == "/metrics" {
            Self::Operations
        } else {
            Self::Web
        }
    }
}

impl RequestCounts {
    pub fn record(&self, kind: RouteGroup, status: StatusCode, duration: Duration) {
        let kind = kind as usize;
        let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
        let us = duration.as_micros() as u64;
        self.responses[kind][class].fetch_add(1, Relaxed);
        self.times[kind][BOUNDS_US.partition_point(|&bound| bound < us)].fetch_add(1, Relaxed);
        self.total_us[kind].fetch_add(us, Relaxed);
    }

    /// Counts an attempt to sign in by the status of its response.
    pub fn record_sign_in(&self, status: StatusCode) {
        let outcome = match status.as_u16() {
            200 => 0,
            401 => 1,
            429 => 2,
            _ => 3,
        };
        self.sign_ins[outcome].fetch_add(1, Relaxed);
    }

    pub fn write_counts(&self, out: &mut String) -> std::fmt::Result {
        write_metric_head(out, "http_requests_total", "counter", "Requests answered")?;
        for (kind, row) in ROUTE_GROUPS.iter().zip(&self.responses) {
            for (class, count) in STATUS_CLASSES.iter().zip(row) {
                writeln!(
                    out,
                    "cityheart_http_requests_total{{kind=\"{kind}\",status=\"{class}\"}} {}",
                    count.load(Relaxed)
                )?;
            }
        }
        write_metric_head(out, "http_seconds", "histogram", "Time to the head of the response")?;
        for ((kind, row), total) in ROUTE_GROUPS.iter().zip(&self.times).zip(&self.total_us) {
            let mut sum = 0;
            for (i, count) in row.iter().enumerate() {
                sum += count.load(Relaxed);
                let bound = BOUNDS_US.get(i).map_or_else(|| "+Inf".to_owned(), |us| (*us as f64 / 1e6).to_string());
                writeln!(out, "cityheart_http_seconds_bucket{{kind=\"{kind}\",le=\"{bound}\"}} {sum}")?;
            }
            writeln!(out, "cityheart_http_seconds_sum{{kind=\"{kind}\"}} {}", total.load(Relaxed) as f64 / 1e6)?;
            writeln!(out, "cityheart_http_seconds_count{{kind=\"{kind}\"}} {sum}")?;
        }
        write_metric_head(out, "sign_ins_total", "counter", "Attempts to sign in with a password")?;
        for (outcome, count) in SIGN_IN_OUTCOMES.iter().zip(&self.sign_ins) {
            writeln!(out, "cityheart_sign_ins_total{{outcome=\"{outcome}\"}} {}", count.load(Relaxed))?;
        }
        Ok(())
    }
}

pub fn write_metric_head(out: &mut String, name: &str, kind: &str, what: &str) -> std::fmt::Result {
    writeln!(out, "# HELP cityheart_{name} {what}.\n# TYPE cityheart_{name} {kind}")
}
