//! The DE-9IM matrix of two geometries on the grid of 1e-7 degrees, computed exactly: positions are integers, and
//! crossings of segments are fractions of integers. A geometry is one set of points, whatever its parts: polygons that
//! overlap or share an edge are one area, and lines may cross themselves, as in the RelateNG of JTS.

mod grid_point;
mod grid_shape;
mod node_table;
mod sector;
mod location_matrix;

pub(crate) use grid_point::{GridPoint, coord_to_steps};
pub(crate) use grid_shape::GridShape;
pub(crate) use location_matrix::relate_shapes;
