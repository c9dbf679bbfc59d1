//! The edge of the globe, on the grid of stored coordinates.

use geo_types::Coord;

/// Steps of a quantised coordinate in one degree: seven decimals, at most 11 mm.
pub const STEPS_PER_DEGREE: f64 = 1e7;

/// The position (degrees) on the globe: what is beyond an edge by less than half a step of the stored grid is on the
/// edge, as it would be after rounding. `None` for what is farther off, or not a number.
#[must_use]
pub fn settle_on_globe(lonlat: Coord<f64>) -> Option<Coord<f64>> {
    let settle = |degrees: f64, most: f64| {
        let is_on_globe =
            degrees.abs() <= most || (degrees.abs() * STEPS_PER_DEGREE).round() <= most * STEPS_PER_DEGREE;
        is_on_globe.then(|| degrees.clamp(-most, most))
    };
    Some(Coord { x: settle(lonlat.x, 180.0)?, y: settle(lonlat.y, 90.0)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hair_beyond_the_edge_is_on_the_edge_and_a_step_is_not() {
        let settled = |x: f64, y: f64| settle_on_globe(Coord { x, y }).map(|c| (c.x, c.y));
        assert_eq!(settled(180.000_000_000_000_06, -90.000_000_04), Some((180.0, -90.0)));
        assert_eq!(settled(-180.000_000_049, 12.345_678_901_2), Some((-180.0, 12.345_678_901_2)));
        for (x, y) in [(180.000_000_051, 0.0), (0.0, 90.000_000_1), (190.0, 0.0), (f64::NAN, 0.0), (0.0, f64::INFINITY)]
        {
            assert_eq!(settled(x, y), None, "{x} {y}");
        }
    }
}
