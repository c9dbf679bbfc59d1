//! The HTTP door. Handlers take a request apart, ask the atlas, and present what it says; no domain logic lives here.

use crate::atlas::Atlas;
use crate::config::{Config, Limits};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

mod ask;
mod auth;
mod calendar;
mod changes;
mod collections;
mod edit;
mod events;
mod fields;
mod frame;
mod history;
mod html;
mod items;
mod kept;
mod landing;
mod link;
mod negotiate;
mod openapi;
mod operations;
mod pool;
mod present;
mod problem;
mod processes;
mod profile;
mod serve;
mod stream;
mod throttle;
mod tiles;
mod tilesets;
mod urls;
mod vocabularies;
mod web;

pub use serve::{Server, bind};

/// What every handler can reach.
pub struct App {
    atlas: Arc<Atlas>,
    config: Config,
    pool: pool::Pool,
    /// Who hold passwords against what is kept of them: few, because each takes long and much memory.
    doorkeepers: pool::Pool,
    tries: auth::Tries,
    /// How often each client may ask.
    rate: Option<throttle::Throttle<auth::Client>>,
    web: web::Web,
    counts: operations::Counts,
    /// Who listens to events.
    listeners: Arc<AtomicUsize>,
    kept: kept::Shelf,
}

/// Every URL.
fn urls() -> Router<Arc<App>> {
    Router::new()
        // OGC API Common and Features
        .route("/api", get(landing::landing))
        .route("/api/conformance", get(landing::conformance))
        .route("/api/openapi", get(openapi::openapi))
        .route("/api/functions", get(fields::functions))
        .route("/api/collections", get(collections::list))
        .route("/api/collections/{collection}", get(collections::one))
        .route("/api/collections/{collection}/schema", get(fields::schema))
        .route("/api/collections/{collection}/schema/geojson", get(fields::geojson))
        .route("/api/collections/{collection}/queryables", get(fields::queryables))
        .route("/api/collections/{collection}/sortables", get(fields::sortables))
        .route("/api/collections/{collection}/items", edit::of_items(get(items::list)))
        .route("/api/collections/{collection}/items/{feature}", edit::of_item(get(items::one)))
        .route("/api/collections/{collection}/items/{feature}/history", get(history::list).post(history::restore))
        .route(
            "/api/collections/{collection}/changes",
            get(changes::since).post(changes::make).layer(DefaultBodyLimit::max(edit::MAX_BODY_BYTES)),
        )
        .route("/api/collections/{collection}/calendar", get(calendar::of_collection))
        .route("/api/collections/{collection}/download", get(items::whole))
        .route("/api/vocabularies", get(vocabularies::list))
        .route("/api/vocabularies/{vocabulary}", get(vocabularies::one))
        // OGC API Tiles: row before column
        .route("/api/tileMatrixSets", get(tilesets::matrix_sets))
        .route("/api/tileMatrixSets/{matrixset}", get(tilesets::matrix_set))
        .route("/api/tiles", get(tilesets::of_dataset))
        .route("/api/tiles/{matrixset}", get(tilesets::dataset_set))
        .route("/api/tiles/{matrixset}/{z}/{row}/{col}", get(tiles::of_dataset))
        .route("/api/collections/{collection}/tiles", get(tilesets::of_collection))
        .route("/api/collections/{collection}/tiles/{matrixset}", get(tilesets::collection_set))
        .route("/api/collections/{collection}/tiles/{matrixset}/{z}/{row}/{col}", get(tiles::of_collection))
        // The same tiles as map libraries want them: column before row, and TileJSON
        .route("/tiles/{layers}", get(tilesets::tilejson))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::xyz))
        // OGC API Processes: the planner's questions
        .route("/api/processes", get(processes::list))
        .route("/api/processes/{process}", get(processes::one))
        .route(
            "/api/processes/{process}/execution",
            post(processes::execute).layer(DefaultBodyLimit::max(processes::MAX_BODY_BYTES)),
        )
        // Who asks
        .route("/auth/me", get(auth::me))
        .route("/auth/login", post(auth::login).layer(DefaultBodyLimit::max(auth::MAX_BODY_BYTES)))
        .route("/auth/logout", post(auth::logout))
        // News of changes, as they happen
        .route("/api/events", get(events::listen))
        // Operations
        .route("/health/live", get(operations::live))
        .route("/health/ready", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        // The map
        .fallback(web::file)
}

/// The whole door over an open plan.
pub fn router(atlas: Arc<Atlas>, config: Config) -> Router {
    let app = Arc::new(App {
        pool: pool::Pool::new(&config.limits),
        doorkeepers: pool::Pool::new(&Limits { working: 2, waiting: 32, ..config.limits.clone() }),
        tries: auth::Tries::new(),
        rate: config
            .limits
            .requests_per_second
            .map(|per_second| throttle::Throttle::new(per_second, config.limits.burst)),
        web: web::Web::new(config.web.clone(), config.basemap.clone()),
        counts: operations::Counts::default(),
        listeners: Arc::default(),
        kept: kept::Shelf::new(config.limits.kept_bytes),
        atlas,
        config,
    });
    frame::around(urls(), app)
}
