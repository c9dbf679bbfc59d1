//! Endpoints for administrators: liveness, readiness, and metrics in Prometheus text format 0.0.4.

use super::app_state::AppState;
use super::fair_queue::JobKind;
use super::request_context::RequestContext;
use super::request_counts::write_metric_head;
use super::response::{HttpResult, REVALIDATE};
use crate::access::Viewer;
use crate::atlas::CollectionView;
use crate::error::Error;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

/// Answers as long as the process runs.
pub async fn get_liveness() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(json!({"status": "live"})))
}

/// The collections as visitors see them: monitoring gets no access to more.
fn public_collections(app: &AppState) -> Vec<CollectionView> {
    app.atlas.plan_for_viewer(&Viewer::visitor()).collections()
}

/// Answers once the plan is in memory; the server accepts no connection before. Says 503 with the reason while edits
/// cannot be saved, because the plan's file is no longer what was opened, and while a client waits so long for others
/// that a load balancer should send it elsewhere.
pub async fn get_readiness(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    let collections = public_collections(&app);
    let features: usize = collections.iter().map(CollectionView::feature_count).sum();
    let load = app.pool.load();
    let fault = file_fault(&app).await;
    let is_busy = load.starved_wait >= app.config.limits.deadline / 2;
    let (status, word) = match (&fault, is_busy) {
        (Some(_), _) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (None, true) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        (None, false) => (StatusCode::OK, "ready"),
    };
    let work = json!({
        "running": load.running,
        "waiting": load.waiting,
        "oldest_wait_ms": load.oldest_wait.as_millis() as u64,
        "reserved_bytes": app.pool.reserved_bytes() + app.body_memory.held(),
    });
    let mut body = json!({"status": word, "collections": collections.len(), "features": features, "work": work});
    if let Some(reason) = fault {
        body["reason"] = reason.into();
    }
    (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body))
}

/// Why edits cannot be saved now; `None` when they can.
async fn file_fault(app: &AppState) -> Option<String> {
    let atlas = app.atlas.clone();
    // A network share may take its time.
    let checked = tokio::task::spawn_blocking(move || atlas.check_file()).await;
    checked.map_err(Error::internal).and_then(|checked| checked).err().map(|e| match e {
        Error::Internal(_) => "The plan's file could not be checked.".to_owned(),
        e => e.to_string(),
    })
}

pub async fn get_metrics(context: RequestContext) -> HttpResult {
    let mut out = String::new();
    let app = context.app.clone();
    // Metrics are needed most when the plan's file cannot be read.
    let versions =
        context.app.pool.run(&context.job_owner(JobKind::Read), move |_| app.atlas.history_versions()).await?.ok();
    // Writing to a String does not fail.
    let _ = write_metrics(&context.app, versions, &mut out);
    let head = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((head, [(header::CACHE_CONTROL, REVALIDATE)], out).into_response())
}

fn write_metrics(app: &AppState, versions: Option<u64>, out: &mut String) -> std::fmt::Result {
    app.request_counts.write_counts(out)?;
    write_metric_head(out, "questions_inside", "gauge", "Requests waiting for a worker or being worked on")?;
    writeln!(out, "cityheart_questions_inside {}", app.pool.pending_count())?;
    let load = app.pool.load();
    write_metric_head(out, "work_running", "gauge", "Requests being worked on")?;
    writeln!(out, "cityheart_work_running {}", load.running)?;
    write_metric_head(out, "work_oldest_wait_seconds", "gauge", "How long the oldest waiting request has waited")?;
    writeln!(out, "cityheart_work_oldest_wait_seconds {}", load.oldest_wait.as_secs_f64())?;
    write_metric_head(out, "work_reserved_bytes", "gauge", "Memory that the work for requests has reserved")?;
    writeln!(out, "cityheart_work_reserved_bytes {}", app.pool.reserved_bytes() + app.body_memory.held())?;
    for (name, what, value) in app.atlas.metrics().counters() {
        write_metric_head(out, &format!("{name}_total"), "counter", what)?;
        writeln!(out, "cityheart_{name}_total {value}")?;
    }
    if let Some(versions) = versions {
        write_metric_head(out, "history_versions", "gauge", "Versions of features in the history, of all collections")?;
        writeln!(out, "cityheart_history_versions {versions}")?;
    }
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
