//! The HTTP door, tested on the real router over a real plan.

#![allow(clippy::unwrap_used)] // what is unexpected in a test ends it

#[path = "../common/server.rs"]
mod server;
#[path = "../common/python.rs"]
mod python;

mod auth;
mod bad_input;
mod calendar;
mod changes;
mod clients;
mod conformance;
mod editing;
mod encodings;
mod events;
mod filters;
mod limits;
mod fuzz;
mod jsonfg;
mod kept;
mod links;
mod negotiation;
mod older;
mod openapi;
mod paging;
mod part4;
mod pmtiles;
mod qgis;
mod rights;
mod serving;
mod standards;
mod tile_asks;
mod tiles;
mod together;
mod web;
