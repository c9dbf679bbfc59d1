//! Doubts about a place. A plan has cities: what lies far from all of them is probably a mistake. If it lies near one
//! with its numbers exchanged, longitude and latitude are probably swapped; numbers that are no place near any may be
//! in a national grid.

use crate::crs::{Crs, CrsGuesser};
use crate::feature::{BoundingBox, Geometry, bbox_of};
use geo::{CoordsIter, Distance, Haversine, Point};
use geo_types::Coord;
use std::sync::Arc;

/// A place is doubted when it is farther than this from every city.
pub const FAR_M: f64 = 300_000.0;

/// How far around a city its data lies, in degrees.
const CITY_EXTENT_DEG: f64 = 1.0;
/// How many positions a guess looks at, and how many guesses a sentence names.
const MAX_POSITIONS: usize = 32;
const MAX_GUESSES: usize = 3;

/// Where the plan's cities are (degrees, longitude first).
#[derive(Debug, Clone, Default)]
pub struct CityLocations {
    places: Vec<Point<f64>>,
    guesser: Arc<CrsGuesser>,
}

/// Why a place is probably wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LocationDoubt {
    /// It is near a city if its two numbers are exchanged.
    Swapped,
    /// It is far from every city.
    Far { lon: f64, lat: f64, nearest_m: f64 },
}

impl CityLocations {
    /// Takes a longitude and a latitude for each city.
    pub fn new(lonlat: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self { places: lonlat.into_iter().map(Point::from).collect(), guesser: Arc::default() }
    }

    /// The middle of each city's geometry.
    pub fn from_geometries<'g>(geometries: impl IntoIterator<Item = &'g Geometry>) -> Self {
        let middle = |b: BoundingBox| (f64::midpoint(b.west, b.east), f64::midpoint(b.south, b.north));
        Self::new(geometries.into_iter().filter_map(bbox_of).map(middle))
    }

    /// Longitude and latitude of each.
    fn iter_lonlat(&self) -> impl Iterator<Item = (f64, f64)> {
        self.places.iter().map(|p| (p.x(), p.y()))
    }

    /// The positions that were looked at, and the reference systems that they are probably in, the likeliest first.
    pub fn likely_crs(&self, geometry: &Geometry) -> (Vec<Coord<f64>>, Vec<Crs>) {
        let positions: Vec<Coord<f64>> = geometry.coords_iter().take(MAX_POSITIONS).collect();
        let around =
            |(lon, lat)| [lon - CITY_EXTENT_DEG, lat - CITY_EXTENT_DEG, lon + CITY_EXTENT_DEG, lat + CITY_EXTENT_DEG];
        let extents: Vec<[f64; 4]> = self.iter_lonlat().map(around).collect();
        let mut likely = self.guesser.guess_crs(&positions, &extents);
        if likely.is_empty() && !extents.is_empty() {
            likely = self.guesser.guess_crs(&positions, &[]);
        }
        likely.truncate(MAX_GUESSES);
        (positions, likely)
    }

    /// The doubt about the place of a geometry, judged by its first position.
    pub fn check_location(&self, geometry: &Geometry) -> Option<LocationDoubt> {
        let first = Point(geometry.coords_iter().next()?);
        let nearest_m = self.nearest_m(first)?;
        if nearest_m <= FAR_M {
            return None;
        }
        let swapped = Point::new(first.y(), first.x());
        let on_globe = swapped.y().abs() <= 90.0;
        if on_globe && self.nearest_m(swapped).is_some_and(|m| m <= FAR_M) {
            return Some(LocationDoubt::Swapped);
        }
        Some(LocationDoubt::Far { lon: first.x(), lat: first.y(), nearest_m })
    }

    fn nearest_m(&self, point: Point<f64>) -> Option<f64> {
        // One degree of latitude is 111 km: what is that close needs no distance.
        if self.places.iter().any(|c| (c.y() - point.y()).abs() < 1.0 && (c.x() - point.x()).abs() < 1.0) {
            return Some(0.0);
        }
        self.places.iter().map(|c| Haversine.distance(*c, point)).min_by(f64::total_cmp)
    }
}

impl LocationDoubt {
    #[must_use]
    pub fn is_swapped(self) -> bool {
        matches!(self, Self::Swapped)
    }

    /// The doubt as a sentence.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::Swapped => "The place is far from every city of the plan, but near one if its numbers are exchanged: latitude and longitude are probably swapped. Write longitude first.".into(),
            Self::Far { lon, lat, nearest_m } => {
                format!("The place {lon}, {lat} is {:.0} km from the nearest city of the plan. Check the coordinates.", nearest_m / 1000.0)
            }
        }
    }
}
