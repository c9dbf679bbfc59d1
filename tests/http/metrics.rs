//! `/metrics` as Prometheus reads it.

use crate::support::server::{demo, fresh, get, router, send};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::Config;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};

/// One line: its name, its labels and its value.
type Sample = (String, BTreeMap<String, String>, f64);

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `{a="b",c="d"}`; no value here needs an escape.
fn read_labels(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split(',').map(|pair| {
        let (name, value) = pair.split_once('=').unwrap();
        let value = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap();
        assert!(is_name(name) && !value.contains(['"', '\\', '\n']), "{text}");
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// Reads the text format 0.0.4 strictly: every family has one HELP, one TYPE and its samples behind them, once each.
fn read_metrics(text: &str) -> (BTreeMap<String, String>, Vec<Sample>) {
    assert!(text.ends_with('\n') && !text.contains("\n\n") && !text.contains('\r'));
    let (mut types, mut samples, mut help, mut seen) = (BTreeMap::new(), vec![], None, HashSet::new());
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, what) = rest.split_once(' ').unwrap();
            assert!(is_name(name) && what.ends_with('.') && !what.contains('\\'), "{line}");
            help = Some(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').unwrap();
            assert_eq!(help.as_deref(), Some(name), "HELP comes before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            assert_eq!(name.ends_with("_total"), kind == "counter", "{line}");
            assert!(types.insert(name.to_owned(), kind.to_owned()).is_none(), "twice: {line}");
        } else {
            let (head, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = match head.split_once('{') {
                Some((name, labels)) => (name, read_labels(labels.strip_suffix('}').unwrap())),
                None => (head, BTreeMap::new()),
            };
            let family = help.as_deref().unwrap();
            let suffix = name.strip_prefix(family).unwrap_or_else(|| panic!("{line} is not of {family}"));
            let expected: &[&str] = if types[family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(is_name(name) && expected.contains(&suffix), "{line}");
            assert!(seen.insert((name.to_owned(), labels.clone())), "twice: {line}");
            samples.push((name.to_owned(), labels, value.parse().unwrap()));
        }
    }
    check_histograms(&types, &samples);
    (types, samples)
}

/// The buckets of a histogram grow, the last has no bound, and it is the number of all.
fn check_histograms(types: &BTreeMap<String, String>, samples: &[Sample]) {
    for family in types.iter().filter(|(_, kind)| *kind == "histogram").map(|(name, _)| name) {
        let mut series: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
        for (_, labels, value) in samples.iter().filter(|(name, ..)| *name == format!("{family}_bucket")) {
            let mut others = labels.clone();
            let bound = others.remove("le").unwrap().replace("+Inf", "inf").parse().unwrap();
            series.entry(others).or_default().push((bound, *value));
        }
        assert!(!series.is_empty(), "{family}");
        for (labels, buckets) in series {
            assert!(buckets.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 <= w[1].1), "{family}: {buckets:?}");
            let (bound, all) = *buckets.last().unwrap();
            assert!(bound.is_infinite());
            let count = samples.iter().find(|(n, l, _)| *n == format!("{family}_count") && *l == labels).unwrap().2;
            assert_eq!(count, all);
            assert!(samples.iter().any(|(n, l, _)| *n == format!("{family}_sum") && *l == labels));
        }
    }
}

fn value(samples: &[Sample], name: &str, label: &str) -> f64 {
    let matches = |labels: &BTreeMap<String, String>| label.is_empty() || labels.values().any(|v| v == label);
    let found = samples.iter().find(|(n, labels, _)| n == name && matches(labels));
    found.unwrap_or_else(|| panic!("no {name} {label}")).2
}

async fn scrape(router: &Router) -> Vec<Sample> {
    read_metrics(get(router, "/metrics").await.text()).1
}

#[tokio::test]
async fn the_metrics_follow_the_text_format_and_name_their_units() {
    let reply = get(&router(), "/metrics").await;
    let (types, samples) = read_metrics(reply.text());
    assert!(types.keys().all(|name| name.starts_with("cityheart_")), "{types:?}");
    assert_eq!(value(&samples, "cityheart_build_info", env!("CARGO_PKG_VERSION")), 1.0);
    for name in [
        "cityheart_connections_open",
        "cityheart_connections_accepted_total",
        "cityheart_connections_refused_total",
        "cityheart_listeners_open",
        "cityheart_work_running",
        "cityheart_work_waiting",
        "cityheart_work_oldest_wait_seconds",
        "cityheart_work_reserved_bytes",
        "cityheart_wal_bytes",
        "cityheart_log_lines_left_out_total",
    ] {
        assert!(value(&samples, name, "") >= 0.0);
    }
    if cfg!(target_os = "linux") {
        assert!(value(&samples, "cityheart_memory_resident_bytes", "") > 1e6);
    }
}

#[tokio::test]
async fn edits_and_sign_ins_are_counted() {
    let plan = fresh(&demo());
    let password = "correct horse battery";
    let anna = Viewer::new("anna", "Anna", AccessRole::Admin, []);
    plan.atlas.accounts().unwrap().add_user(&anna, password).unwrap();
    let router = cityheart::http::build_router(plan.atlas.clone(), Config::default());
    let before = scrape(&router).await;
    assert_eq!(value(&before, "cityheart_commit_seconds_count", ""), 0.0);
    for tried in [password, "wrong", "wrong"] {
        let body = json!({"login": "anna", "password": tried}).to_string();
        let request =
            Request::post("/auth/login").header("host", "localhost").header("content-type", "application/json");
        send(&router, request.body(Body::from(body)).unwrap()).await;
    }
    let feature = json!({"type": "Feature", "id": "celje-measured", "geometry": null, "properties": {
        "title": "A", "city": "celje", "kind": "study", "status": "idea", "location_precision": "unknown",
        "visibility": "public", "language": "en"}});
    let mut request = Request::post("/api/collections/interventions/items")
        .header("host", "localhost")
        .header("content-type", "application/geo+json")
        .body(Body::from(feature.to_string()))
        .unwrap();
    request.extensions_mut().insert(anna);
    let edited = send(&router, request).await;
    let after = scrape(&router).await;
    assert_eq!(value(&after, "cityheart_sign_ins_total", "succeeded"), 1.0);
    assert_eq!(value(&after, "cityheart_sign_ins_total", "failed"), 2.0);
    assert_eq!(value(&after, "cityheart_sign_ins_total", "throttled"), 0.0);
    assert_eq!(edited.status, 201, "{}", edited.text());
    assert_eq!(value(&after, "cityheart_commit_seconds_count", ""), 1.0);
    assert!(value(&after, "cityheart_commit_seconds_sum", "") > 0.0);
    assert!(value(&after, "cityheart_wal_bytes", "") > 0.0);
}

#[tokio::test]
async fn readiness_tells_the_pool_the_oldest_wait_and_the_memory() {
    let ready = get(&router(), "/health/ready").await.json();
    assert_eq!(ready["version"], env!("CARGO_PKG_VERSION"));
    let work = &ready["work"];
    for name in ["running", "running_limit", "waiting", "waiting_limit", "oldest_wait_ms", "reserved_bytes"] {
        assert!(work[name].is_u64(), "{name}: {ready}");
    }
    assert!(work["running_limit"].as_u64() > Some(0) && work["reserved_limit_bytes"].as_u64() > Some(0));
    assert!(ready["connections"].is_u64());
    if cfg!(target_os = "linux") {
        assert!(ready["memory"]["resident_bytes"].as_u64() > Some(1 << 20), "{ready}");
    }
}
