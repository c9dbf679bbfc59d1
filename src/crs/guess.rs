//! Guesses the reference system of coordinates that do not fit the declared one. Only suggests; the caller never
//! converts by a guess.

use super::projection::Projection;
use super::registry::Crs;
use geo_types::Coord;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How far data may reach beyond the extent that it belongs to, in degrees.
const MARGIN_DEG: f64 = 0.5;

/// Guesses by the projections of all systems. The first guess builds them, which takes much longer than a guess: keep
/// it for many.
#[derive(Default)]
pub struct CrsGuesser {
    /// Empty until the first guess.
    projections: Mutex<Vec<Projection>>,
}

impl CrsGuesser {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The known systems in which all these positions (easting first or northing first) lie within the system's area
    /// of use and, when there are extents (west, south, east, north in degrees), within one of them. Those without the
    /// shift of an old datum come first, then the one whose first position is nearest to the middle of an extent, then
    /// by the order of the registry. Positions in degrees give CRS84.
    #[must_use]
    pub fn guess_crs(&self, positions: &[Coord<f64>], extents: &[[f64; 4]]) -> Vec<Crs> {
        if positions.is_empty() {
            return vec![];
        }
        let distance = |projection: &Projection| {
            let within = extents.iter().filter_map(|extent| squared_distance(projection, positions, Some(*extent)));
            let nearest = within.min_by(f64::total_cmp);
            if extents.is_empty() { squared_distance(projection, positions, None) } else { nearest }
        };
        let mut projections = self.projections.lock().unwrap_or_else(PoisonError::into_inner);
        if projections.is_empty() {
            projections.extend(Crs::all().filter_map(|crs| Projection::new(crs).ok()));
        }
        let candidates = projections.iter().filter_map(|p| Some((distance(p)?, p.crs())));
        let mut found: Vec<(f64, Crs)> = candidates.collect();
        // No grid has coordinates as small as degrees, so that degrees near an extent always come first.
        found.sort_by(|(a, crs_a), (b, crs_b)| {
            let is_shifted = |crs: &Crs| crs.shift_accuracy_m().is_some();
            is_shifted(crs_a).cmp(&is_shifted(crs_b)).then(a.total_cmp(b))
        });
        // Realisations of one grid (RGF93 v1, v2, v2b) have the same numbers: the first stands for all.
        let mut told = HashSet::new();
        let distinct = found.into_iter().filter(|(_, crs)| told.insert((crs.proj_string(), crs.is_north_first())));
        distinct.map(|(_, crs)| crs).collect()
    }
}

impl std::fmt::Debug for CrsGuesser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CrsGuesser")
    }
}

/// The squared distance (degrees) of the first position from the middle of the extent; `None` when any position does
/// not fit.
fn squared_distance(projection: &Projection, positions: &[Coord<f64>], around: Option<[f64; 4]>) -> Option<f64> {
    let crs = projection.crs();
    let within = |b: [f64; 4], c: Coord<f64>, margin: f64| {
        c.x >= b[0] - margin && c.x <= b[2] + margin && c.y >= b[1] - margin && c.y <= b[3] + margin
    };
    let fits = |swapped: bool| {
        let to_lonlat =
            |c: &Coord<f64>| projection.easting_first_to_lonlat(if swapped { Coord { x: c.y, y: c.x } } else { *c });
        let is_plausible =
            |c: Coord<f64>| within(crs.area_of_use(), c, 0.0) && around.is_none_or(|b| within(b, c, MARGIN_DEG));
        positions.iter().all(|c| to_lonlat(c).is_some_and(is_plausible)).then(|| to_lonlat(&positions[0])).flatten()
    };
    // Swapped degrees have a check of their own (`FaultKind::SwappedCoordinates`).
    let first = fits(false).or_else(|| if crs.is_degrees() { None } else { fits(true) })?;
    let middle = around.map_or(first, |b| Coord { x: f64::midpoint(b[0], b[2]), y: f64::midpoint(b[1], b[3]) });
    Some((first.x - middle.x).powi(2) + (first.y - middle.y).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(x: f64, y: f64) -> Vec<Coord<f64>> {
        vec![Coord { x, y }]
    }

    #[test]
    fn coordinates_of_a_city_name_the_grid_of_its_country() {
        for (code, x, y, around) in [
            (3794, 520_648.4, 121_273.9, [15.2, 46.2, 15.3, 46.3]),
            (2154, 652_469.0, 6_862_035.3, [2.2, 48.7, 2.5, 49.0]),
            (31370, 162_984.3, 130_270.3, [4.5, 50.4, 4.6, 50.5]),
            (3812, 662_988.6, 630_272.6, [4.5, 50.4, 4.6, 50.5]),
            (2157, 568_992.4, 836_526.9, [-8.5, 54.2, -8.4, 54.3]),
            (25830, 446_862.6, 4_114_708.9, [-3.7, 37.1, -3.5, 37.3]),
            (2178, 7_424_428.1, 5_547_783.1, [19.8, 50.0, 20.1, 50.1]),
            (2180, 567_582.5, 244_220.3, [19.8, 50.0, 20.1, 50.1]),
            (3765, 671_411.0, 5_048_466.0, [18.6, 45.5, 18.8, 45.6]),
            (3763, -24_480.0, 208_491.3, [-8.5, 41.4, -8.3, 41.6]),
            (2100, 364_052.7, 4_306_557.7, [22.3, 38.8, 22.6, 39.0]),
            (7791, 759_408.8, 4_892_438.1, [12.1, 44.1, 12.4, 44.2]),
            (3857, 1_699_592.0, 5_817_000.0, [15.2, 46.2, 15.3, 46.3]),
        ] {
            let crs = Crs::from_epsg(code).unwrap();
            assert!(
                CrsGuesser::new().guess_crs(&at(x, y), &[around]).contains(&crs),
                "{crs}: {:?}",
                CrsGuesser::new().guess_crs(&at(x, y), &[around])
            );
            assert!(CrsGuesser::new().guess_crs(&at(y, x), &[around]).contains(&crs), "{crs} with northing first");
        }
    }

    #[test]
    fn realisations_of_one_grid_are_named_once() {
        let guesses = CrsGuesser::new().guess_crs(&at(1_652_469.0, 8_178_035.3), &[[2.2, 48.7, 2.5, 49.0]]);
        let conic: Vec<_> = guesses.iter().filter(|crs| crs.name().ends_with("CC49")).collect();
        assert_eq!(conic, [&Crs::from_epsg(3949).unwrap()], "{guesses:?}");
    }

    #[test]
    fn degrees_within_the_extent_are_crs84_and_nonsense_is_nothing() {
        assert_eq!(CrsGuesser::new().guess_crs(&at(15.2677, 46.2309), &[[15.0, 46.0, 15.5, 46.5]])[0], Crs::CRS84);
        assert_eq!(CrsGuesser::new().guess_crs(&at(1e300, f64::NAN), &[]), []);
        assert_eq!(CrsGuesser::new().guess_crs(&[], &[]), []);
    }
}
