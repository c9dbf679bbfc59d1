//! cityheart: a map service with which cities plan their centres.
//!
//! The order of these lines is the layering: a module uses only modules above it (`tests/architecture.rs` holds this).

// Words: pure values, no I/O.
pub mod error; // what can go wrong, in domain words
pub mod crs; // lon/lat, the unit square of Web Mercator
pub mod feature; // one thing on the map, its geometry and GeoJSON
pub mod collection; // a layer: its fields, schema and extent
pub mod change; // edits as values, revisions, versions
pub mod plan; // the plan's own model: schemas and vocabularies
pub mod filter; // CQL2: conditions on features
pub mod query; // one value from the address line to the index
pub mod encoding; // features as other programs want them: JSON-FG, FlatGeobuf, tables

// Siblings: strangers to each other (tile and question read index; store keeps accounts in the words of access).
pub mod access; // who may see and change what
pub mod index; // a collection in memory, under an R-tree
pub mod store; // where features outlive the program
pub mod tile; // drawing vector tiles
pub mod question; // the planner's questions

// Where all meet.
pub mod atlas; // the program without HTTP

// Doors: strangers to each other, and to store, index and tile.
pub mod config; // what must be said before the store opens
pub mod import; // files to features
pub mod export; // features to files
pub mod http; // every URL
pub mod cli; // the command line
