//! Shapefiles: shapes in a `.shp`, their properties in a dBASE table, and small files that say what both are in.

mod dbase; // the table
mod dbase_values; // the values of its cells
mod layer; // what is known before the rows are read
mod parts; // which files belong together
mod rings; // rings into polygons
mod rows; // shapes and rows into features
mod shapes; // the shapes

pub use layer::ShapefileLayer;
pub use parts::ShapefileParts;
pub use rows::ShapefileRows;
