//! Which reference system coordinates are probably in, and what to do about it. Advises, never decides.

use super::location_check::CityLocations;
use super::policy::CandidateSource;
use super::source_crs::AxisSequence;
use crate::crs::{Crs, Projection};
use crate::feature::Geometry;
use geo_types::Coord;

/// What coordinates fit that do not fit the reference system they were read in.
pub(super) fn suggest_crs(
    geometry: &Geometry,
    order: AxisSequence,
    cities: &CityLocations,
    source: CandidateSource<'_>,
) -> String {
    let (positions, likely) = cities.likely_crs(geometry);
    match &likely[..] {
        [] => format!("It fits no reference system that is known here. {}", source.convert_first()),
        [first, ..] if first.is_geodetic_wgs84() => {
            format!("It fits longitude and latitude. {}.", source.declare_lonlat())
        }
        [first, ..] => {
            let names: Vec<String> = likely.iter().map(|crs| format!("{crs} ({})", crs.name())).collect();
            let hint = if fits_in_order(*first, order, &positions) {
                String::new()
            } else {
                let axis = order.other_first_axis(*first);
                format!(" with {axis} first: exchange the two numbers of each position")
            };
            format!("It fits {}{hint}. {} if it is that.", names.join(", or "), source.declare_crs(*first))
        }
    }
}

fn fits_in_order(crs: Crs, order: AxisSequence, positions: &[Coord<f64>]) -> bool {
    let [west, south, east, north] = crs.area_of_use();
    let in_area = |c: Coord<f64>| (west..=east).contains(&c.x) && (south..=north).contains(&c.y);
    match Projection::new(crs) {
        Ok(projection) => positions.iter().all(|c| order.to_lonlat(&projection, *c).is_some_and(in_area)),
        Err(_) => true,
    }
}

/// What is wrong when a source states a reference system of its own beside the one it is read in: the `name` of a `crs`
/// member, or `EPSG:n` from an `SRID`. `None` when both agree.
pub fn check_declared_crs(name: &str, read_in: Option<Crs>, source: CandidateSource<'_>) -> Option<String> {
    let bare = name.to_ascii_uppercase().replace("URN:OGC:DEF:CRS:", "").replace("::", ":").replace("OGC:1.3:", "OGC:");
    let own = Crs::parse(if bare == "CRS84" { "OGC:CRS84" } else { &bare }).or_else(|_| Crs::parse(name)).ok();
    let Some(own) = own else {
        let shown: String = name.chars().take(60).collect();
        return Some(format!("The reference system '{shown}' is not known here. {}", source.convert_first()));
    };
    let subject = source.subject();
    match read_in {
        // What is in degrees is read with longitude first, whatever it is called.
        None if own.is_geodetic_wgs84() => None,
        Some(read_in) if read_in == own || (own.is_geodetic_wgs84() && read_in.is_geodetic_wgs84()) => None,
        None => Some(format!("{subject} says that it is in {own} ({}). {}.", own.name(), source.declare_crs(own))),
        Some(read_in) if own.is_geodetic_wgs84() => Some(format!(
            "{subject} says that it is in longitude and latitude, not in {read_in}. {}.",
            source.declare_lonlat()
        )),
        Some(read_in) => Some(format!(
            "{subject} says that it is in {own} ({}), not in {read_in}. {}.",
            own.name(),
            source.declare_crs(own)
        )),
    }
}
