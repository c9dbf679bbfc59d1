//! Every URL of the server, on one screen.

use super::app_state::AppState;
use super::identity::require_change_header;
use super::{
    auth, calendar, changes, collections, edit, events, fields, history, imports, items, landing, metrics, middleware,
    openapi, operations, processes, tiles, tilesets, vocabularies, web,
};
use crate::atlas::Atlas;
use crate::config::Config;
use axum::Router;
use axum::handler::Handler;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, get, patch, post};
use std::sync::Arc;

/// The service that answers every request about an open plan.
pub fn build_router(atlas: Arc<Atlas>, config: Config) -> Router {
    route_requests(Arc::new(AppState::new(atlas, config)))
}

/// The same over a state that the caller shares.
pub fn route_requests(app: Arc<AppState>) -> Router {
    middleware::wrap_routes(define_routes(), app)
}

/// Routes by their effect on the plan. A route that changes data takes nothing from a browser session without the
/// header that only our own pages send; there is no other way to add a route with POST, PUT, PATCH or DELETE than to
/// say which of the two it is.
struct RouteTable(Router<Arc<AppState>>);

impl RouteTable {
    /// Answers GET and HEAD.
    fn read<T: 'static>(self, path: &str, handler: impl Handler<T, Arc<AppState>>) -> Self {
        Self(self.0.route(path, get(handler)))
    }

    /// Answers POST with a result that is computed and changes nothing.
    fn compute<T: 'static>(self, path: &str, handler: impl Handler<T, Arc<AppState>>) -> Self {
        Self(self.0.route(path, post(handler)))
    }

    /// Answers methods that change data.
    fn change(self, path: &str, methods: MethodRouter<Arc<AppState>>) -> Self {
        Self(self.0.route(path, methods.route_layer(from_fn(require_change_header))))
    }
}

fn define_routes() -> Router<Arc<AppState>> {
    RouteTable(Router::new())
        // OGC API Common and Features
        .read("/api", landing::get_landing_page)
        .read("/api/conformance", landing::get_conformance)
        .read("/api/openapi", openapi::get_openapi)
        .read("/api/functions", fields::get_functions)
        .read("/api/collections", collections::list_collections)
        .read("/api/collections/{collection}", collections::get_collection)
        .read("/api/collections/{collection}/schema", fields::get_schema)
        .read("/api/collections/{collection}/schema/geojson", fields::get_geojson_schema)
        .read("/api/collections/{collection}/queryables", fields::get_queryables)
        .read("/api/collections/{collection}/sortables", fields::get_sortables)
        .read("/api/collections/{collection}/items", items::list_items)
        .change("/api/collections/{collection}/items", edit::add_items_methods(MethodRouter::new()))
        .read("/api/collections/{collection}/items/{feature}", items::get_item)
        .change("/api/collections/{collection}/items/{feature}", edit::add_item_methods(MethodRouter::new()))
        .read("/api/collections/{collection}/items/{feature}/history", history::list_versions)
        .change("/api/collections/{collection}/items/{feature}/history", post(history::restore_version))
        .read("/api/collections/{collection}/changes", changes::list_changes)
        .change("/api/collections/{collection}/changes", post(changes::apply_edits))
        .read("/api/collections/{collection}/calendar", calendar::get_calendar)
        .read("/api/collections/{collection}/download", items::download_items)
        // Files that editors bring in
        .read("/api/imports", imports::list_imports)
        .change("/api/imports", post(imports::create_import))
        .read("/api/imports/{import}", imports::get_import)
        .change("/api/imports/{import}", patch(imports::update_import).delete(imports::delete_import))
        .change("/api/imports/{import}/commit", post(imports::commit_import))
        .read("/api/imports/{import}/recipe", imports::get_recipe)
        .read("/api/vocabularies", vocabularies::list_vocabularies)
        .read("/api/vocabularies/{vocabulary}", vocabularies::get_vocabulary)
        // OGC API Tiles: row before column
        .read("/api/tileMatrixSets", tilesets::list_matrix_sets)
        .read("/api/tileMatrixSets/{matrixset}", tilesets::get_matrix_set)
        .read("/api/tiles", tilesets::list_dataset_tilesets)
        .read("/api/tiles/{matrixset}", tilesets::get_dataset_tileset)
        .read("/api/tiles/{matrixset}/{z}/{row}/{col}", tiles::get_dataset_tile)
        .read("/api/collections/{collection}/tiles", tilesets::list_collection_tilesets)
        .read("/api/collections/{collection}/tiles/{matrixset}", tilesets::get_collection_tileset)
        .read("/api/collections/{collection}/tiles/{matrixset}/{z}/{row}/{col}", tiles::get_collection_tile)
        // The same tiles as map libraries request them: column before row, and TileJSON
        .read("/tiles/{layers}", tilesets::get_tilejson)
        .read("/tiles/{layers}/{z}/{x}/{y}", tiles::get_xyz_tile)
        // OGC API Processes: the planning questions
        .read("/api/processes", processes::list_processes)
        .read("/api/processes/{process}", processes::get_process)
        .compute("/api/processes/{process}/execution", processes::execute_process)
        // Sessions
        .read("/auth/me", auth::get_current_viewer)
        .change("/auth/login", post(auth::create_session))
        .change("/auth/logout", post(auth::delete_session))
        // The change feed, as server-sent events
        .read("/api/events", events::stream_events)
        // Operations
        .read("/health/live", operations::get_liveness)
        .read("/health/ready", operations::get_readiness)
        .read("/metrics", metrics::get_metrics)
        .0
        // The map
        .fallback(web::get_file)
}
