//! Whether the process lives, and whether it is ready for requests.

use super::app_state::AppState;
use super::metrics::public_collections;
use super::process_memory::resident_bytes;
use crate::atlas::CollectionView;
use crate::error::Error;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde_json::json;
use std::sync::Arc;

/// Answers as long as the process runs.
pub async fn get_liveness() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "no-store")], axum::Json(json!({"status": "live"})))
}

/// Answers once the plan is in memory; the server accepts no connection before. Says 503 with the reason while edits
/// cannot be saved, because the plan's file is no longer what was opened, and while a client waits so long for others
/// that a load balancer should send it elsewhere.
pub async fn get_readiness(State(app): State<Arc<AppState>>) -> impl IntoResponse {
    let collections = public_collections(&app);
    let features: usize = collections.iter().map(CollectionView::feature_count).sum();
    let (load, limits) = (app.pool.load(), &app.config.limits);
    let fault = file_fault(&app).await;
    let is_busy = load.starved_wait >= limits.deadline / 2;
    let (status, word) = match (&fault, is_busy) {
        (Some(_), _) => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
        (None, true) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        (None, false) => (StatusCode::OK, "ready"),
    };
    let work = json!({
        "running": load.running,
        "running_limit": limits.max_running,
        "waiting": load.waiting,
        "waiting_limit": limits.max_waiting,
        "oldest_wait_ms": load.oldest_wait.as_millis() as u64,
        "reserved_bytes": app.pool.reserved_bytes() + app.body_memory.held(),
        "reserved_limit_bytes": limits.total_work_bytes,
    });
    let mut body = json!({
        "status": word,
        "version": env!("CARGO_PKG_VERSION"),
        "collections": collections.len(),
        "features": features,
        "work": work,
        "memory": {"resident_bytes": resident_bytes()},
        "connections": app.connections.open_count(),
    });
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
