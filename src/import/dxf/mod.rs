//! Drawings in DXF, as text: what of them is points, lines and areas.

mod drawing; // what a drawing says of itself
mod entity; // entities as geometries
mod groups; // codes and values
mod rows; // one entity after the other

pub use rows::{DxfRows, read_facts};
