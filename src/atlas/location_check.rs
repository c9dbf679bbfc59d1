//! Doubts about a place: a plan has cities, and what lies far from all of them is probably a mistake; if the place lies near
//! one with its numbers exchanged, longitude and latitude are probably swapped; and numbers that are no place near them may be one in a
//! national grid.

use super::Atlas;
use crate::crs::{Crs, guess_crs};
use crate::feature::{Geometry, bbox_of};
use crate::query::{MAX_LIMIT, Query};
use geo::{CoordsIter, Distance, Haversine, Point};
use geo_types::Coord;

/// How far from every city a place must be to be doubted.
pub const FAR_M: f64 = 300_000.0;

/// How far around a city its data lies, in degrees.
const CITY_EXTENT_DEG: f64 = 1.0;
/// Positions that are looked at to guess, and guesses that are told.
const MAX_POSITIONS: usize = 32;
const MAX_GUESSES: usize = 3;

/// The places of the plan's cities (degrees, longitude first).
#[derive(Debug, Clone, Default)]
pub struct CityLocations(Vec<Point<f64>>);

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LocationDoubt {
    Swapped,
    Far { lon: f64, lat: f64, nearest_m: f64 },
}

impl CityLocations {
    /// Takes the cities' places as (longitude, latitude).
    pub fn new(lonlat: impl IntoIterator<Item = (f64, f64)>) -> Self {
        Self(lonlat.into_iter().map(Point::from).collect())
    }

    /// Longitude and latitude of each.
    fn iter_lonlat(&self) -> impl Iterator<Item = (f64, f64)> {
        self.0.iter().map(|p| (p.x(), p.y()))
    }

    /// What the coordinates of a geometry are probably in, the likeliest first, and the positions that were looked at.
    pub fn likely_crs(&self, geometry: &Geometry) -> (Vec<Coord<f64>>, Vec<Crs>) {
        let positions: Vec<Coord<f64>> = geometry.coords_iter().take(MAX_POSITIONS).collect();
        let around =
            |(lon, lat)| [lon - CITY_EXTENT_DEG, lat - CITY_EXTENT_DEG, lon + CITY_EXTENT_DEG, lat + CITY_EXTENT_DEG];
        let mut found: Vec<Crs> =
            self.iter_lonlat().flat_map(|place| guess_crs(&positions, Some(around(place)))).collect();
        if found.is_empty() {
            found = guess_crs(&positions, None);
        }
        let mut likely: Vec<Crs> = vec![];
        for crs in found {
            if !likely.contains(&crs) && likely.len() < MAX_GUESSES {
                likely.push(crs);
            }
        }
        (positions, likely)
    }

    /// What is doubtful about the place of a geometry, judged by its first position.
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
        if self.0.iter().any(|c| (c.y() - point.y()).abs() < 1.0 && (c.x() - point.x()).abs() < 1.0) {
            return Some(0.0);
        }
        self.0.iter().map(|c| Haversine.distance(*c, point)).min_by(f64::total_cmp)
    }
}

impl LocationDoubt {
    pub fn message(self) -> String {
        match self {
            Self::Swapped => "The place is far from every city of the plan, but near one if its numbers are exchanged: latitude and longitude are probably swapped. GeoJSON wants longitude first.".into(),
            Self::Far { lon, lat, nearest_m } => {
                format!("The place {lon}, {lat} is {:.0} km from the nearest city of the plan. Check it.", nearest_m / 1000.0)
            }
        }
    }
}

impl Atlas {
    /// The places of the plan's cities; none when it has no such collection.
    pub(super) fn city_locations(&self) -> CityLocations {
        let Ok(view) = self.collection_view("cities") else { return CityLocations::default() };
        let query = Query { limit: MAX_LIMIT, ..Query::default() };
        let middle = |feature: crate::feature::Feature| {
            let bbox = feature.geometry.as_ref().and_then(bbox_of)?;
            Some((f64::midpoint(bbox.west, bbox.east), f64::midpoint(bbox.south, bbox.north)))
        };
        CityLocations::new(self.select_items(&view, &query).features().filter_map(middle))
    }
}
