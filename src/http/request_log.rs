//! The log of requests: a line for each edit, each failed sign-in, each refused request and each failure, with the id
//! that the response carries. Reading is not logged.
//!
//! No line names a person: accounts appear by their id, visitors by their network without the host, and queries, which
//! may hold what somebody searched for, not at all. Whole addresses appear only at the level `debug`. A client that is
//! refused a thousand times writes a few lines: the rest is counted, and the number is a line of its own.

use super::problem::ProblemDetails;
use super::request_id::RequestId;
use crate::atlas::ChangeOutcome;
use crate::change::AccountId;
use axum::http::{Method, StatusCode, Uri};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The most lines of one kind in a period.
const MAX_LINES: u32 = 30;
const PERIOD: Duration = Duration::from_secs(30);
/// Ids of features in a line about an edit; more are counted.
const MAX_IDS: usize = 5;
const MAX_PATH_CHARS: usize = 200;

/// A request as the log describes it.
pub struct LoggedRequest {
    pub id: RequestId,
    pub method: Method,
    pub uri: Uri,
    pub address: IpAddr,
    /// `None` for a visitor.
    pub account: Option<AccountId>,
    pub start: Instant,
}

/// What a line about a request that did not succeed says; lines of one kind do not take the place of another's.
#[derive(Debug, Clone, Copy)]
enum RefusalKind {
    SignIn,
    /// By rights, by the rules of the data, by a limit on one request.
    Refused,
    /// Because this client or all clients send too much.
    Overload,
    Failure,
}

const KIND_NAMES: [&str; 4] = ["failed sign-ins", "refused requests", "requests refused for load", "failures"];

/// Writes the lines, within their limits.
#[derive(Default)]
pub struct RequestLog {
    limiters: [LineLimiter; KIND_NAMES.len()],
    left_out: AtomicU64,
}

impl RequestLog {
    /// Logs the outcome of a request that did not succeed, if it is one to log.
    pub fn log_problem(self: &Arc<Self>, request: &LoggedRequest, problem: &ProblemDetails) {
        let Some(kind) = RefusalKind::of(&request.uri, problem.status) else { return };
        match self.limiters[kind as usize].admit(Instant::now()) {
            LineVerdict::Write => write_line(kind, request, problem),
            LineVerdict::LeaveOut { is_first } => {
                self.left_out.fetch_add(1, Relaxed);
                if is_first {
                    let log = self.clone();
                    tokio::spawn(async move {
                        tokio::time::sleep(PERIOD).await;
                        log.report_left_out();
                    });
                }
            }
        }
    }

    /// Logs how many lines were left out since this was last said.
    pub fn report_left_out(&self) {
        for (name, limiter) in KIND_NAMES.iter().zip(&self.limiters) {
            let lines = limiter.take_left_out();
            if lines > 0 {
                tracing::warn!(lines, "left out lines about {name}");
            }
        }
    }

    /// The lines that were left out since the server started.
    pub fn left_out_count(&self) -> u64 {
        self.left_out.load(Relaxed)
    }
}

/// Whether the response says the id of the request, and the log the response.
pub fn is_logged(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status.as_u16(), 401 | 403 | 408 | 413 | 414 | 422 | 429 | 431)
}

/// Logs a saved edit.
pub fn log_edit(id: Option<&RequestId>, account: Option<&AccountId>, outcome: &ChangeOutcome, time: Duration) {
    let features = outcome.edits.len();
    let mut ids = outcome.edits.iter().take(MAX_IDS).map(|edit| edit.id.as_str()).collect::<Vec<_>>().join(" ");
    if features > MAX_IDS {
        ids.push_str(" …");
    }
    tracing::info!(
        request = id.map_or("-", RequestId::as_str),
        account = account.map_or("-", AccountId::as_str),
        collection = outcome.collection.as_str(),
        revision = outcome.revision,
        features,
        ids,
        ms = time.as_millis() as u64,
        "edit"
    );
}

/// Logs every response, at the level `debug`.
pub fn log_response(request: &LoggedRequest, status: StatusCode) {
    tracing::debug!(
        request = request.id.as_str(),
        method = request.method.as_str(),
        path = request.uri.path(),
        status = status.as_u16(),
        address = %request.address,
        ms = request.start.elapsed().as_millis() as u64,
        "response"
    );
}

fn write_line(kind: RefusalKind, request: &LoggedRequest, problem: &ProblemDetails) {
    let id = request.id.as_str();
    let method = request.method.as_str();
    let path: String = request.uri.path().chars().take(MAX_PATH_CHARS).collect();
    let status = problem.status.as_u16();
    let client = describe_client(request);
    let ms = request.start.elapsed().as_millis() as u64;
    match kind {
        RefusalKind::SignIn => tracing::warn!(request = id, status, client, ms, "failed sign-in"),
        RefusalKind::Refused | RefusalKind::Overload => {
            tracing::info!(request = id, method, path, status, client, ms, "refused request");
        }
        RefusalKind::Failure => {
            let cause = problem.cause.as_deref().unwrap_or(&problem.detail);
            tracing::error!(request = id, method, path, status, client, ms, cause, "a request failed");
        }
    }
}

/// The account, or the network of a visitor.
fn describe_client(request: &LoggedRequest) -> String {
    match &request.account {
        Some(account) => account.as_str().to_owned(),
        None => mask_address(request.address),
    }
}

/// The network of an address, as coarse as no household is found by it: /24, or /48 of IPv6.
fn mask_address(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            format!("{}/24", Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(v6) => {
            let [a, b, c, ..] = v6.segments();
            format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    }
}

impl RefusalKind {
    fn of(uri: &Uri, status: StatusCode) -> Option<Self> {
        match status.as_u16() {
            401 | 429 if uri.path() == "/auth/login" => Some(Self::SignIn),
            429 | 503 => Some(Self::Overload),
            _ if status.is_server_error() => Some(Self::Failure),
            _ if is_logged(status) => Some(Self::Refused),
            _ => None,
        }
    }
}

/// Admits so many lines in each period, and counts the others.
#[derive(Default)]
struct LineLimiter(Mutex<LinePeriod>);

#[derive(Default)]
struct LinePeriod {
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum LineVerdict {
    Write,
    /// `is_first`: none was left out since the number was last said.
    LeaveOut {
        is_first: bool,
    },
}

impl LineLimiter {
    fn admit(&self, now: Instant) -> LineVerdict {
        let mut period = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if period.since.is_none_or(|since| now.duration_since(since) >= PERIOD) {
            (period.since, period.lines) = (Some(now), 0);
        }
        if period.lines < MAX_LINES {
            period.lines += 1;
            return LineVerdict::Write;
        }
        period.left_out += 1;
        LineVerdict::LeaveOut { is_first: period.left_out == 1 }
    }

    fn take_left_out(&self) -> u64 {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_writes_a_few_lines_in_each_period_and_the_others_are_counted() {
        let (limiter, start) = (LineLimiter::default(), Instant::now());
        let written = |at: Instant, lines| (0..lines).filter(|_| limiter.admit(at) == LineVerdict::Write).count();
        assert_eq!(written(start, 1000), MAX_LINES as usize);
        assert_eq!(written(start + PERIOD / 2, 10), 0);
        assert_eq!(limiter.admit(start + PERIOD / 2), LineVerdict::LeaveOut { is_first: false });
        assert_eq!(written(start + PERIOD, 40), MAX_LINES as usize);
        assert_eq!(limiter.take_left_out(), 970 + 11 + 10);
        assert_eq!(limiter.take_left_out(), 0);
        assert_eq!(limiter.admit(start + PERIOD), LineVerdict::LeaveOut { is_first: true });
    }

    #[test]
    fn an_address_is_masked_to_its_network() {
        for (address, shown) in [
            ("192.0.2.77", "192.0.2.0/24"),
            ("::ffff:192.0.2.77", "192.0.2.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("127.0.0.1", "127.0.0.0/24"),
        ] {
            assert_eq!(mask_address(address.parse().unwrap()), shown);
        }
    }
}
