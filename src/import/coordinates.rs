//! Coordinates in a national grid: turns them into degrees when it was said which grid, and names the likely one when what was said, or
//! nothing, does not fit. Never decides by itself.

use crate::atlas::CityLocations;
use crate::crs::{Crs, Projection};
use crate::error::Result;
use crate::feature::{FaultKind, FeatureFault, Geometry};
use geo::{CoordsIter, MapCoords};
use geo_types::Coord;

/// What the coordinates of the files are in.
pub struct CoordinateConverter {
    /// `None`: longitude and latitude.
    projection: Option<Projection>,
    /// Where the plan's data is likely to lie.
    pub cities: CityLocations,
}

impl CoordinateConverter {
    pub fn new(declared_crs: Option<Crs>, cities: CityLocations) -> Result<Self> {
        Ok(Self { projection: declared_crs.filter(|crs| !crs.is_degrees()).map(Projection::new).transpose()?, cities })
    }

    /// The geometry in degrees. Files have easting first, whatever the authority of the grid says.
    ///
    /// # Errors
    /// The position that cannot be in the grid, and the grids in which it could be.
    pub fn to_degrees(&self, geometry: Geometry) -> Result<Geometry, FeatureFault> {
        let Some(projection) = &self.projection else {
            let metres = geometry.coords_iter().find(|c| c.x.abs() > 1000.0 || c.y.abs() > 1000.0);
            let Some(bad) = metres else { return Ok(geometry) };
            let message = format!("The position {}, {} is not on the globe.", bad.x, bad.y);
            return Err(FeatureFault::new(
                FaultKind::NationalGrid,
                "",
                format!("{message} {}", self.suggest_crs(&geometry)),
            ));
        };
        let crs = projection.crs();
        let degrees =
            |c: Coord<f64>| projection.easting_first_to_lonlat(c).filter(|d| crs.is_near_area_of_use(*d)).ok_or(c);
        geometry.try_map_coords(degrees).map_err(|bad| {
            let message = format!("The position {}, {} cannot be in {crs} ({}).", bad.x, bad.y, crs.name());
            FeatureFault::new(FaultKind::NationalGrid, "", format!("{message} {}", self.suggest_crs(&geometry)))
        })
    }

    /// What to say instead.
    fn suggest_crs(&self, geometry: &Geometry) -> String {
        let (positions, likely) = self.cities.likely_crs(geometry);
        match &likely[..] {
            [] => "It fits no coordinate system that is known here. Find out which one the file is in, and convert it: ogr2ogr -t_srs EPSG:4326 out.geojson FILE.".into(),
            [first, ..] if first.is_degrees() => "It fits longitude and latitude: leave --crs out.".into(),
            [first, ..] => {
                let names: Vec<String> = likely.iter().map(|crs| format!("{crs} ({})", crs.name())).collect();
                let order = match Projection::new(*first) {
                    Ok(projection) if positions.iter().all(|c| projection.easting_first_to_lonlat(*c).is_some_and(|d| is_in_crs_area(*first, d))) => "",
                    _ => " with northing first: exchange the two numbers of each position",
                };
                format!("It fits {}{order}. Say --crs {first} if it is that.", names.join(", or "))
            }
        }
    }
}

fn is_in_crs_area(crs: Crs, degrees: Coord<f64>) -> bool {
    let [west, south, east, north] = crs.area_of_use();
    (west..=east).contains(&degrees.x) && (south..=north).contains(&degrees.y)
}

/// What a file's own statement of its coordinate system has against reading it as was said. The name is that of a `crs` member or of an
/// `SRID`.
pub fn check_declared_crs(name: &str, declared_crs: Option<Crs>) -> Option<String> {
    let bare = name.to_ascii_uppercase().replace("URN:OGC:DEF:CRS:", "").replace("::", ":").replace("OGC:1.3:", "OGC:");
    let own = Crs::parse(if bare == "CRS84" { "OGC:CRS84" } else { &bare }).or_else(|_| Crs::parse(name)).ok();
    // Files in degrees have longitude first, whatever they are called.
    let degrees = |crs: Option<Crs>| crs.is_none_or(Crs::is_degrees);
    let shown: String = name.chars().take(60).collect();
    match (own, declared_crs) {
        (Some(own), declared_crs) if declared_crs == Some(own) || (own.is_degrees() && degrees(declared_crs)) => None,
        (Some(own), None) if own.is_degrees() => None,
        (Some(own), None) => Some(format!("The file says that it is in {own} ({}). Say --crs {own}.", own.name())),
        (Some(own), Some(declared_crs)) if own.is_degrees() => {
            Some(format!("The file says that it is in longitude and latitude, not in {declared_crs}. Leave --crs out."))
        }
        (Some(own), Some(declared_crs)) => {
            Some(format!("The file says that it is in {own} ({}), not in {declared_crs}. Say --crs {own}.", own.name()))
        }
        (None, _) => Some(format!(
            "The coordinate system '{shown}' is not known here. Convert the file to EPSG:4326 first (ogr2ogr -t_srs EPSG:4326 out.geojson in.geojson)."
        )),
    }
}
