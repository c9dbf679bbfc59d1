//! Coordinate reference systems: longitude and latitude in degrees (WGS 84), the unit square of Web Mercator that tiles
//! are cut from, and the national grids of the cities' data. Knows nothing of features; never changes the shape of a
//! geometry.
//!
//! World coordinates are `u32` fractions of that square: 2^32 steps across the world, x to the east, y to the south
//! from the north-west corner. One step is at most 9.4 mm on the ground, and 2^32 divides evenly at every zoom.

mod definition_text;
mod globe;
mod grid_parameters;
mod guess;
mod identify;
mod projection;
mod registry;
mod wkt_tree;

pub use globe::{STEPS_PER_DEGREE, settle_on_globe};
pub use guess::CrsGuesser;
pub use identify::identify_wkt;
pub use projection::Projection;
pub use registry::Crs;

/// The latitude (degrees) where the Web Mercator square ends.
pub const MAX_LAT: f64 = 85.051_128_779_806_6;

const WORLD_STEPS: f64 = 4_294_967_296.0;

/// A position in the unit square, in 2^-32 of its side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct WorldPoint {
    pub x: u32,
    pub y: u32,
}

/// Projects degrees to the unit square (spherical Web Mercator, EPSG:3857 scaled to 0..1). Latitudes beyond
/// [`MAX_LAT`] are clamped to the edge.
#[must_use]
pub fn lonlat_to_world(lon: f64, lat: f64) -> WorldPoint {
    let x = (lon / 360.0 + 0.5) * WORLD_STEPS;
    let sin = lat.clamp(-MAX_LAT, MAX_LAT).to_radians().sin();
    let y = (0.5 - sin.atanh() / std::f64::consts::TAU) * WORLD_STEPS;
    WorldPoint { x: round_to_step(x), y: round_to_step(y) }
}

/// The inverse of [`lonlat_to_world`], in degrees.
#[must_use]
pub fn world_to_lonlat(world: WorldPoint) -> (f64, f64) {
    let lon = (f64::from(world.x) / WORLD_STEPS - 0.5) * 360.0;
    let lat = ((0.5 - f64::from(world.y) / WORLD_STEPS) * std::f64::consts::TAU).sinh().atan().to_degrees();
    (lon, lat)
}

/// Rounds degrees to seven decimals, as an integer number of 1e-7 degrees.
#[must_use]
pub fn quantise_degrees(degrees: f64) -> i32 {
    (degrees * STEPS_PER_DEGREE).round() as i32
}

/// Rounds degrees to seven decimals: where a stored position is served, and what filters compare.
#[must_use]
pub fn round_degrees(degrees: f64) -> f64 {
    dequantise_degrees(quantise_degrees(degrees))
}

/// The inverse of [`quantise_degrees`]: the double nearest to the seven-decimal number.
#[must_use]
pub fn dequantise_degrees(steps: i32) -> f64 {
    f64::from(steps) / STEPS_PER_DEGREE
}

fn round_to_step(v: f64) -> u32 {
    v.round().clamp(0.0, WORLD_STEPS - 1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_decimals_survive_the_world_square() {
        for (lon, lat) in
            [(2.352_221_9, 48.856_613_4), (-8.476_1, 54.276_612_3), (22.434_000_1, 38.9), (-179.999_999_9, -80.0)]
        {
            let (lon2, lat2) = world_to_lonlat(lonlat_to_world(lon, lat));
            assert_eq!(
                (quantise_degrees(lon), quantise_degrees(lat)),
                (quantise_degrees(lon2), quantise_degrees(lat2))
            );
        }
    }

    #[test]
    fn corners_of_the_world_are_the_corners_of_the_square() {
        assert_eq!(lonlat_to_world(-180.0, MAX_LAT), WorldPoint { x: 0, y: 0 });
        assert_eq!(lonlat_to_world(180.0, -90.0), WorldPoint { x: u32::MAX, y: u32::MAX });
        assert_eq!(lonlat_to_world(0.0, 0.0), WorldPoint { x: 1 << 31, y: 1 << 31 });
    }
}
