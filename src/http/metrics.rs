//! `/metrics`: what the server has done and holds, in Prometheus text format 0.0.4. It counts public features only, so
//! that it can be scraped without an account, and answers when the worker pool is full, when it is needed most.

use super::app_state::AppState;
use super::fair_queue::JobOwner;
use super::process_memory::resident_bytes;
use super::request_context::RequestContext;
use super::request_counts::write_metric_head;
use super::response::{HttpResult, REVALIDATE};
use crate::access::Viewer;
use crate::atlas::CollectionView;
use axum::http::header;
use axum::response::IntoResponse;
use std::fmt::{Display, Result, Write};
use std::time::Duration;

/// How long a scrape waits for the numbers that are read from the file; without them it has all others.
const FILE_WAIT: Duration = Duration::from_secs(1);

/// Numbers that are read from the plan's file.
struct FileNumbers {
    versions: Option<u64>,
    wal_bytes: u64,
}

pub async fn get_metrics(context: RequestContext) -> HttpResult {
    let app = context.app.clone();
    let read =
        move |_: &_| FileNumbers { versions: app.atlas.history_versions().ok(), wal_bytes: app.atlas.wal_bytes() };
    let owner = JobOwner::server();
    let numbers = tokio::time::timeout(FILE_WAIT, context.app.pool.run(&owner, read)).await;
    let mut out = String::new();
    // Writing to a String does not fail.
    let _ = write_metrics(&context.app, numbers.ok().and_then(std::result::Result::ok).as_ref(), &mut out);
    let head = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((head, [(header::CACHE_CONTROL, REVALIDATE)], out).into_response())
}

/// The collections as visitors see them: monitoring gets no access to more.
pub fn public_collections(app: &AppState) -> Vec<CollectionView> {
    app.atlas.plan_for_viewer(&Viewer::visitor()).collections()
}

fn write_metrics(app: &AppState, file: Option<&FileNumbers>, out: &mut String) -> Result {
    write_metric_head(out, "build_info", "gauge", "Always 1; the label is the version of the program")?;
    writeln!(out, "cityheart_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"))?;
    app.request_counts.write_counts(out)?;
    write_connections(app, out)?;
    write_work(app, out)?;
    write_commits(app, file, out)?;
    for (name, what, value) in app.atlas.metrics().counters() {
        write_metric(out, &format!("{name}_total"), "counter", what, value)?;
    }
    let left_out = app.request_log.left_out_count();
    write_metric(out, "log_lines_left_out_total", "counter", "Lines that the log left out to stay short", left_out)?;
    write_collections(app, out)
}

fn write_connections(app: &AppState, out: &mut String) -> Result {
    let connections = &app.connections;
    write_metric(out, "connections_open", "gauge", "Connections that are open", connections.open_count())?;
    let accepted = connections.accepted_count();
    write_metric(out, "connections_accepted_total", "counter", "Connections accepted", accepted)?;
    let refused = connections.refused_count();
    write_metric(out, "connections_refused_total", "counter", "Connections refused, as too many were open", refused)?;
    let listeners = app.listeners.held();
    write_metric(out, "listeners_open", "gauge", "Event streams that are open", listeners)
}

fn write_work(app: &AppState, out: &mut String) -> Result {
    let (load, limits) = (app.pool.load(), &app.config.limits);
    let pending = app.pool.pending_count();
    write_metric(out, "questions_inside", "gauge", "Requests waiting for a worker or being worked on", pending)?;
    write_metric(out, "work_running", "gauge", "Requests being worked on", load.running)?;
    write_metric(out, "work_running_limit", "gauge", "The most requests that are worked on", limits.max_running)?;
    write_metric(out, "work_waiting", "gauge", "Requests waiting for a worker", load.waiting)?;
    write_metric(out, "work_waiting_limit", "gauge", "The most requests that may wait", limits.max_waiting)?;
    let oldest = load.oldest_wait.as_secs_f64();
    write_metric(out, "work_oldest_wait_seconds", "gauge", "How long the oldest waiting request has waited", oldest)?;
    let reserved = app.pool.reserved_bytes() + app.body_memory.held();
    write_metric(out, "work_reserved_bytes", "gauge", "Memory that the work for requests has reserved", reserved)?;
    if let Some(resident) = resident_bytes() {
        write_metric(out, "memory_resident_bytes", "gauge", "Memory that the process has in use", resident)?;
    }
    Ok(())
}

fn write_commits(app: &AppState, file: Option<&FileNumbers>, out: &mut String) -> Result {
    write_metric_head(out, "commit_seconds", "histogram", "Time to save the edits of one transaction")?;
    let times = app.atlas.metrics().commit_times();
    let mut sum = 0;
    for (bound, count) in &times.buckets {
        sum += count;
        let bound = if bound.is_finite() { bound.to_string() } else { "+Inf".to_owned() };
        writeln!(out, "cityheart_commit_seconds_bucket{{le=\"{bound}\"}} {sum}")?;
    }
    writeln!(out, "cityheart_commit_seconds_sum {}\ncityheart_commit_seconds_count {sum}", times.total_s)?;
    if let Some(file) = file {
        write_metric(out, "wal_bytes", "gauge", "Size of the write-ahead log of the plan's file", file.wal_bytes)?;
        if let Some(versions) = file.versions {
            let what = "Versions of features in the history, of all collections";
            write_metric(out, "history_versions", "gauge", what, versions)?;
        }
    }
    Ok(())
}

fn write_collections(app: &AppState, out: &mut String) -> Result {
    let views = public_collections(app);
    write_metric_head(out, "features", "gauge", "Public features in a collection")?;
    for view in &views {
        writeln!(out, "cityheart_features{{collection=\"{}\"}} {}", view.collection().id, view.feature_count())?;
    }
    write_metric_head(out, "revision", "gauge", "Revision of a collection")?;
    for view in &views {
        writeln!(out, "cityheart_revision{{collection=\"{}\"}} {}", view.collection().id, view.revision())?;
    }
    Ok(())
}

/// One number without labels.
fn write_metric(out: &mut String, name: &str, kind: &str, what: &str, value: impl Display) -> Result {
    write_metric_head(out, name, kind, what)?;
    writeln!(out, "cityheart_{name} {value}")
}
