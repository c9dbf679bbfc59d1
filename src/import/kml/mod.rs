//! KML, alone or in a KMZ.

mod kml_geometry; // places
mod placemark; // a placemark as a feature
mod rows; // one placemark after the other

pub use rows::KmlRows;
