//! The HTTP interface. A handler takes a request apart, asks the atlas, and presents the answer; it holds no domain
//! logic. Every URL is in `routes.rs`.

mod app_state;
mod auth;
mod calendar;
mod changes;
mod client_address;
mod client_limits;
mod collections;
mod edit;
mod events;
mod feature_request;
mod feature_stream;
mod fields;
mod history;
mod html;
mod identity;
mod items;
mod landing;
mod link;
mod middleware;
mod negotiate;
mod openapi;
mod operations;
mod problem;
mod processes;
mod profile;
mod rate_limiter;
mod request_context;
mod request_counts;
mod resource_document;
mod response;
mod response_cache;
mod response_format;
mod routes;
mod serve;
mod tile_request;
mod tiles;
mod tilesets;
mod urls;
mod vocabularies;
mod web;
mod web_app;
mod worker_pool;

pub use app_state::AppState;
pub use routes::build_router;
pub use serve::{HttpServer, bind_server};
