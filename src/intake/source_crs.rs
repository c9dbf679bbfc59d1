//! What the coordinates of a source are in, and the way from there to degrees.

use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::Geometry;
use geo::{CoordsIter, MapCoords};
use geo_types::Coord;

/// Degrees end far below; what is larger is in metres.
const MAX_DEGREE_LIKE: f64 = 1000.0;

/// The reference system of a source, and in which order it writes the axes.
pub struct SourceCrs {
    /// `None`: longitude and latitude.
    projection: Option<Projection>,
    order: AxisSequence,
}

/// In which order the two numbers of a position come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AxisSequence {
    EastingFirst,
    /// As the authority of the reference system has it.
    Authority,
}

impl SourceCrs {
    /// Longitude and latitude.
    #[must_use]
    pub fn lonlat() -> Self {
        Self { projection: None, order: AxisSequence::EastingFirst }
    }

    /// The reference system of a file. Files have easting (or longitude) first, whatever the authority says.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the definition of the system is broken.
    pub fn of_file(declared: Option<Crs>) -> Result<Self> {
        let projection = declared.filter(|crs| !crs.is_geodetic_wgs84()).map(Projection::new).transpose()?;
        Ok(Self { projection, order: AxisSequence::EastingFirst })
    }

    /// The reference system of a request, with the axes as its authority orders them.
    ///
    /// # Errors
    /// [`crate::error::Error::Internal`] when the definition of the system is broken.
    pub fn of_request(crs: Crs) -> Result<Self> {
        let projection = if crs == Crs::CRS84 { None } else { Some(Projection::new(crs)?) };
        Ok(Self { projection, order: AxisSequence::Authority })
    }

    pub(super) fn order(&self) -> AxisSequence {
        self.order
    }

    /// The reference system that was named; `None` for longitude and latitude.
    #[must_use]
    pub fn crs(&self) -> Option<Crs> {
        self.projection.as_ref().map(Projection::crs)
    }

    /// The geometry in degrees.
    ///
    /// # Errors
    /// A sentence that names the position which cannot be in this reference system.
    pub(super) fn to_lonlat(&self, geometry: Geometry) -> Result<Geometry, (Geometry, String)> {
        let Some(projection) = &self.projection else {
            let in_metres = |c: &Coord<f64>| c.x.abs() > MAX_DEGREE_LIKE || c.y.abs() > MAX_DEGREE_LIKE;
            let off_globe = geometry.coords_iter().find(in_metres);
            return match off_globe {
                Some(c) => Err((geometry, format!("The position {}, {} is not on the globe.", c.x, c.y))),
                None => Ok(geometry),
            };
        };
        let crs = projection.crs();
        let convert = |c| self.order.to_lonlat(projection, c).filter(|d| crs.is_near_area_of_use(*d)).ok_or(c);
        match geometry.try_map_coords(convert) {
            Ok(lonlat) => Ok(lonlat),
            Err(Coord { x, y }) => {
                Err((geometry, format!("The position {x}, {y} cannot be in {crs} ({}).", crs.name())))
            }
        }
    }
}

impl AxisSequence {
    pub fn to_lonlat(self, projection: &Projection, position: Coord<f64>) -> Option<Coord<f64>> {
        match self {
            Self::EastingFirst => projection.easting_first_to_lonlat(position),
            Self::Authority => projection.to_lonlat(position),
        }
    }

    /// The axis that comes first in the other order than this one.
    pub fn other_first_axis(self, crs: Crs) -> &'static str {
        if self == Self::Authority && crs.is_north_first() { "easting" } else { "northing" }
    }
}
