//! Transforms positions and geometries from a reference system to degrees and back, with proj4rs.
//!
//! ETRS89 and its national realisations count as WGS 84, as in PROJ without a coordinate epoch: they drift apart by 2.5
//! cm a year.

use super::globe::settle_on_globe;
use super::registry::Crs;
use crate::error::{Error, Result};
use geo_types::{Coord, Geometry};
use proj4rs::{Proj, transform::transform};

/// The transformation between one reference system and degrees (WGS 84). Create it once for many positions.
pub struct Projection {
    crs: Crs,
    /// `None` for degrees on WGS 84, where only the order of axes may change.
    pair: Option<ProjPair>,
}

struct ProjPair {
    grid: Proj,
    degrees: Proj,
}

impl Projection {
    /// # Errors
    /// [`Error::Internal`] when proj4rs cannot read the system's definition, which a test rules out.
    pub fn new(crs: Crs) -> Result<Self> {
        let read = |text: &str| Proj::from_proj_string(text).map_err(|e| Error::internal(format!("{crs}: {e}")));
        let pair = if crs.is_geodetic_wgs84() {
            None
        } else {
            Some(ProjPair { grid: read(crs.proj_string())?, degrees: read(Crs::CRS84.proj_string())? })
        };
        Ok(Self { crs, pair })
    }

    /// The system that this transforms from and to.
    #[must_use]
    pub fn crs(&self) -> Crs {
        self.crs
    }

    /// Degrees (x = longitude) to coordinates of the system in the authority's order of axes. `None` outside the
    /// projection's domain.
    #[must_use]
    pub fn from_lonlat(&self, lonlat: Coord<f64>) -> Option<Coord<f64>> {
        self.swap_axes_if_north_first(self.lonlat_to_easting_first(lonlat)?)
    }

    /// Coordinates in the authority's order of axes to degrees (x = longitude). `None` for positions that are not on
    /// the globe.
    #[must_use]
    pub fn to_lonlat(&self, position: Coord<f64>) -> Option<Coord<f64>> {
        self.easting_first_to_lonlat(self.swap_axes_if_north_first(position)?)
    }

    /// Coordinates with easting first, the order of files whatever the authority says, to degrees (x = longitude).
    #[must_use]
    pub fn easting_first_to_lonlat(&self, c: Coord<f64>) -> Option<Coord<f64>> {
        let lonlat = match &self.pair {
            None => c,
            Some(pair) => {
                let c = if self.crs.is_degrees() { Coord { x: c.x.to_radians(), y: c.y.to_radians() } } else { c };
                let (lon, lat) = transform_point(&pair.grid, &pair.degrees, c.x, c.y)?;
                Coord { x: lon.to_degrees(), y: lat.to_degrees() }
            }
        };
        settle_on_globe(lonlat)
    }

    /// Degrees (x = longitude) to coordinates with easting first.
    #[must_use]
    pub fn lonlat_to_easting_first(&self, lonlat: Coord<f64>) -> Option<Coord<f64>> {
        let Some(pair) = &self.pair else { return Some(lonlat) };
        let (x, y) = transform_point(&pair.degrees, &pair.grid, lonlat.x.to_radians(), lonlat.y.to_radians())?;
        Some(if self.crs.is_degrees() { Coord { x: x.to_degrees(), y: y.to_degrees() } } else { Coord { x, y } })
    }

    /// A geometry from the authority's order of axes to degrees, longitude first.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the first position that is not valid in this system.
    pub fn geometry_to_lonlat(&self, geometry: &Geometry<f64>) -> Result<Geometry<f64>> {
        transform_geometry(geometry, |c| self.to_lonlat(c).ok_or_else(|| self.outside_error(c)))
    }

    /// A geometry from degrees, longitude first, to the authority's order of axes.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the first position outside the projection's domain.
    pub fn geometry_from_lonlat(&self, geometry: &Geometry<f64>) -> Result<Geometry<f64>> {
        transform_geometry(geometry, |c| self.from_lonlat(c).ok_or_else(|| self.outside_error(c)))
    }

    /// A geometry from degrees to coordinates with easting or longitude first, as files have them, in millimetres or
    /// seven decimals of a degree. `None` outside the projection's domain.
    #[must_use]
    pub fn geometry_to_easting_first(&self, geometry: &Geometry<f64>) -> Option<Geometry<f64>> {
        use geo::MapCoords;
        let steps = if self.crs.is_degrees() { 1e7 } else { 1e3 };
        let project = |c: Coord<f64>| {
            let c = self.lonlat_to_easting_first(c).ok_or(())?;
            Ok::<_, ()>(Coord { x: (c.x * steps).round() / steps, y: (c.y * steps).round() / steps })
        };
        geometry.try_map_coords(project).ok()
    }

    fn swap_axes_if_north_first(&self, c: Coord<f64>) -> Option<Coord<f64>> {
        let c = if self.crs.is_north_first() { Coord { x: c.y, y: c.x } } else { c };
        (c.x.is_finite() && c.y.is_finite()).then_some(c)
    }

    fn outside_error(&self, c: Coord<f64>) -> Error {
        let order = match (self.crs.is_north_first(), self.crs.is_degrees()) {
            (true, false) => "northing first, then easting",
            (false, false) => "easting first, then northing",
            (true, true) => "latitude first, then longitude",
            (false, true) => "longitude first, then latitude",
        };
        Error::invalid("", format!("The position {}, {} cannot be in {} ({order}).", c.x, c.y, self.crs))
    }
}

fn transform_point(from: &Proj, to: &Proj, x: f64, y: f64) -> Option<(f64, f64)> {
    let mut point = (x, y, 0.0);
    transform(from, to, &mut point).ok()?;
    (point.0.is_finite() && point.1.is_finite()).then_some((point.0, point.1))
}

fn transform_geometry(geometry: &Geometry<f64>, f: impl Fn(Coord<f64>) -> Result<Coord<f64>>) -> Result<Geometry<f64>> {
    use geo::MapCoords;
    geometry.try_map_coords(&f)
}
