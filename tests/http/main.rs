//! The HTTP door, tested on the real router over a real plan.

#![allow(clippy::unwrap_used)] // what is unexpected in a test ends it

#[path = "../common/server.rs"]
mod server;
#[path = "../common/python.rs"]
mod python;

mod bad_input;
mod clients;
mod conformance;
mod filters;
mod kept;
mod links;
mod negotiation;
mod openapi;
mod paging;
mod pmtiles;
mod rights;
mod serving;
mod tile_asks;
mod tiles;
mod web;
