//! What tests share: plans, servers, clients, and readers that check what they read.

pub mod editing;
pub mod feature_services;
pub mod features;
pub mod gdal;
pub mod importing;
pub mod pbf;
pub mod processes;
pub mod python;
pub mod raw_server;
pub mod reading;
pub mod server;
pub mod shapefiles;
pub mod tiles;
