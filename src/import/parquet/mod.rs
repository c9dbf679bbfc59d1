//! GeoParquet 1.x, and Parquet tables without places.

mod facts; // what the file says of itself
mod native_shapes; // geometries as lists of positions
mod rows; // features
mod values; // values as JSON

pub use facts::{ParquetLayer, read_layer};
pub use rows::ParquetRows;
