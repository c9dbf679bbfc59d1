//! Every URL of the server, on one screen.

use super::app_state::AppState;
use super::{
    auth, calendar, changes, collections, edit, events, fields, history, items, landing, middleware, openapi,
    operations, processes, tiles, tilesets, vocabularies, web,
};
use crate::atlas::Atlas;
use crate::config::Config;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;

/// The service that answers every request about an open plan.
pub fn build_router(atlas: Arc<Atlas>, config: Config) -> Router {
    middleware::wrap_routes(define_routes(), Arc::new(AppState::new(atlas, config)))
}

fn define_routes() -> Router<Arc<AppState>> {
    Router::new()
        // OGC API Common and Features
        .route("/api", get(landing::get_landing_page))
        .route("/api/conformance", get(landing::get_conformance))
        .route("/api/openapi", get(openapi::get_openapi))
        .route("/api/functions", get(fields::get_functions))
        .route("/api/collections", get(collections::list_collections))
        .route("/api/collections/{collection}", get(collections::get_collection))
        .route("/api/collections/{collection}/schema", get(fields::get_schema))
        .route("/api/collections/{collection}/schema/geojson", get(fields::get_geojson_schema))
        .route("/api/collections/{collection}/queryables", get(fields::get_queryables))
        .route("/api/collections/{collection}/sortables", get(fields::get_sortables))
        .route("/api/collections/{collection}/items", edit::add_items_methods(get(items::list_items)))
        .route("/api/collections/{collection}/items/{feature}", edit::add_item_methods(get(items::get_item)))
        .route(
            "/api/collections/{collection}/items/{feature}/history",
            get(history::list_versions).post(history::restore_version),
        )
        .route(
            "/api/collections/{collection}/changes",
            get(changes::list_changes).post(changes::apply_edits).layer(DefaultBodyLimit::max(edit::MAX_BODY_BYTES)),
        )
        .route("/api/collections/{collection}/calendar", get(calendar::get_calendar))
        .route("/api/collections/{collection}/download", get(items::download_items))
        .route("/api/vocabularies", get(vocabularies::list_vocabularies))
        .route("/api/vocabularies/{vocabulary}", get(vocabularies::get_vocabulary))
        // OGC API Tiles: row before column
        .route("/api/tileMatrixSets", get(tilesets::list_matrix_sets))
        .route("/api/tileMatrixSets/{matrixset}", get(tilesets::get_matrix_set))
        .route("/api/tiles", get(tilesets::list_dataset_tilesets))
        .route("/api/tiles/{matrixset}", get(tilesets::get_dataset_tileset))
        .route("/api/tiles/{matrixset}/{z}/{row}/{col}", get(tiles::get_dataset_tile))
        .route("/api/collections/{collection}/tiles", get(tilesets::list_collection_tilesets))
        .route("/api/collections/{collection}/tiles/{matrixset}", get(tilesets::get_collection_tileset))
        .route("/api/collections/{collection}/tiles/{matrixset}/{z}/{row}/{col}", get(tiles::get_collection_tile))
        // The same tiles as map libraries request them: column before row, and TileJSON
        .route("/tiles/{layers}", get(tilesets::get_tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::get_xyz_tile))
        // OGC API Processes: the planning questions
        .route("/api/processes", get(processes::list_processes))
        .route("/api/processes/{process}", get(processes::get_process))
        .route(
            "/api/processes/{process}/execution",
            post(processes::execute_process).layer(DefaultBodyLimit::max(processes::MAX_BODY_BYTES)),
        )
        // Sessions
        .route("/auth/me", get(auth::get_current_viewer))
        .route("/auth/login", post(auth::create_session).layer(DefaultBodyLimit::max(auth::MAX_BODY_BYTES)))
        .route("/auth/logout", post(auth::delete_session))
        // The change feed, as server-sent events
        .route("/api/events", get(events::stream_events))
        // Operations
        .route("/health/live", get(operations::get_liveness))
        .route("/health/ready", get(operations::get_readiness))
        .route("/metrics", get(operations::get_metrics))
        // The map
        .fallback(web::get_file)
}
