//! cityheart: a map service for the planning of city centres.
//!
//! The order of these lines is the layering: a module uses only modules above it. `tests/architecture/` enforces it.

// The domain: pure values, no I/O.
pub mod error; // what can go wrong, in terms of the domain
pub mod work_budget; // what one request may use: time, work units, bytes
pub mod digest; // content hashes of bytes and of feature states
pub mod suggestion; // "did you mean"
pub mod number_literal; // numbers as text writes them, with all their digits
pub mod unique_json; // JSON whose objects have each member once
pub mod exact_json; // JSON whose numbers keep their digits
pub mod json_memory; // how much memory a JSON text takes when it is parsed
pub mod crs; // reference systems: degrees, Web Mercator, national grids
pub mod feature; // a feature, its geometry and GeoJSON
pub mod collection; // a layer: its fields and schema
pub mod change; // edits, committed changes, the change log
pub mod plan; // the plan's data model: schemas and vocabularies
pub mod filter; // CQL2: conditions on features
pub mod query; // queries to collections and tiles
pub mod encoding; // features for other programs: JSON-FG, FlatGeobuf, CSV
pub mod intake; // whether a feature may enter a collection: one verdict for imports, edits and the check

// Subsystems: independent of each other, except that tile and question read index, store uses the types of
// access, and feature_file writes GeoPackages through store.
pub mod access; // users, roles and permissions
pub mod index; // collections in memory, under R-trees
pub mod store; // persistent storage: the GeoPackage, the accounts
pub mod tile; // vector tiles
pub mod question; // planning questions
pub mod feature_file; // features as whole files: workbooks, GeoPackage, shapefiles, KML, GPX, GeoParquet, DXF

// Where the subsystems meet.
pub mod atlas; // the program without HTTP
pub mod import; // files to features

// Entry points: independent of each other, and of store, index and tile. http and cli read files through import.
pub mod config; // settings that are needed before the store opens
pub mod export; // features to files
pub mod http; // the HTTP API and the web app
pub mod cli; // the command line
