//! All tests in one program: it links once, and what they share is a module.

#![allow(clippy::unwrap_used, reason = "what is unexpected in a test ends it")]

mod access;
mod atlas;
mod cli;
mod crs;
mod decoders;
mod demo;
mod docs;
mod feature_file;
mod file_identity;
mod filter;
mod gdal;
mod hostile;
mod gdal_schema;
mod http;
mod import;
mod index;
mod intake;
mod layers;
mod model;
mod osm;
mod question;
mod store;
mod stories;
mod support;
mod tile;
mod tile_repair;
mod validity;

#[path = "../benches/city.rs"]
#[allow(dead_code, reason = "the benchmarks use the rest")]
mod city; // the plan that is measured is also the one that other decoders read
