//! Layers and files of other servers, fetched within limits. Asks only addresses of the open internet unless the caller
//! names an inner one, and never for a request over HTTP: only the command line fetches.

mod fetch_limits; // pages, features, bytes, time
mod fetched_layer; // what was fetched
mod layer_fetch; // page by page
mod oapif; // OGC API Features
mod page_rows; // the features of all pages
mod page_spool; // pages on disk
mod page_summary; // what a page holds
mod public_address; // addresses of the open internet
mod remote_source; // what an address means
mod web_client; // asks servers
mod web_url; // addresses
mod wfs; // WFS

pub use fetch_limits::FetchLimits;
pub use fetched_layer::{FetchedContent, FetchedLayer, FetchedPages};
pub use page_rows::PageRows;
pub use page_spool::PageSpool;
pub use remote_source::{RemoteRequest, fetch_layer};
pub use web_url::WebUrl;
