//! Features that lie far from their city, outside the surroundings of its areas and its centre; collections in which no
//! feature has a place.

use super::finding::CheckFinding;
use super::subject::CheckSubject;
use crate::feature::{BoundingBox, bbox_of};
use geo::{Distance, Haversine, Point};
use std::collections::BTreeMap;

/// The distance around a city's areas within which its features may lie.
const SURROUNDINGS_M: f64 = 15_000.0;

pub fn check_distance(subject: &CheckSubject, cities: &BTreeMap<String, BoundingBox>) -> Option<CheckFinding> {
    let city = subject.text("city")?;
    let city_bbox = cities.get(city)?;
    let place = subject.feature.geometry.as_ref().and_then(bbox_of)?;
    let (lon, lat) = (f64::midpoint(place.west, place.east), f64::midpoint(place.south, place.north));
    let nearest = Point::new(lon.clamp(city_bbox.west, city_bbox.east), lat.clamp(city_bbox.south, city_bbox.north));
    let distance_m = Haversine.distance(nearest, Point::new(lon, lat));
    if distance_m <= SURROUNDINGS_M {
        return None;
    }
    let message = format!(
        "The place is {:.0} km from the areas of '{city}'. Check the coordinates and the city.",
        distance_m / 1000.0
    );
    Some(subject.new_finding("places", true, "/geometry", message))
}
