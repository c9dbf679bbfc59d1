//! Converts the geometries of layers in national grids to degrees, when they are read.

use crate::crs::{Crs, Projection};
use crate::feature::Geometry;
use geo::MapCoords;
use std::fmt;
use std::sync::Arc;

/// The conversion from the reference system of a layer to degrees.
#[derive(Clone)]
pub(super) struct GridReader(Arc<Projection>);

impl GridReader {
    /// `None` for an unknown code.
    pub(super) fn new(epsg: u16) -> Option<Self> {
        Projection::new(Crs::from_epsg(epsg)?).ok().map(|p| Self(Arc::new(p)))
    }

    /// # Errors
    /// The end of a sentence that begins with "the geometry".
    pub(super) fn to_lonlat(&self, geometry: &Geometry) -> Result<Geometry, &'static str> {
        let convert = |c| self.0.easting_first_to_lonlat(c).ok_or("has a position that is not in its reference system");
        geometry.try_map_coords(convert)
    }
}

impl fmt::Debug for GridReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GridReader({})", self.0.crs())
    }
}
