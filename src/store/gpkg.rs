//! The GeoPackage store.

/// One GeoPackage file.
pub struct GeoPackage {}
