//! GML of simple features.

mod gml_geometry; // geometries
mod rows; // features
mod srs_name; // reference systems and their axes

pub use rows::{GmlRows, find_first_srs};
pub use srs_name::GmlSrs;
