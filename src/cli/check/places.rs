//! Places that lie far from their city: outside the surroundings of its areas and its centre.

use super::{Remark, Subject};
use crate::feature::{Bbox, bbox_of};
use geo::{Distance, Haversine, Point};
use std::collections::BTreeMap;

/// How far around a city's areas its features may lie.
const SURROUNDINGS_M: f64 = 15_000.0;

pub fn far(subject: &Subject, cities: &BTreeMap<String, Bbox>) -> Option<Remark> {
    let city = subject.text("city")?;
    let home = cities.get(city)?;
    let place = subject.feature.geometry.as_ref().and_then(bbox_of)?;
    let (lon, lat) = (f64::midpoint(place.west, place.east), f64::midpoint(place.south, place.north));
    let nearest = Point::new(lon.clamp(home.west, home.east), lat.clamp(home.south, home.north));
    let distance_m = Haversine.distance(nearest, Point::new(lon, lat));
    if distance_m <= SURROUNDINGS_M {
        return None;
    }
    let message = format!(
        "The place is {:.0} km from the areas of '{city}'. Check the coordinates and the city.",
        distance_m / 1000.0
    );
    Some(subject.remark("places", true, "/geometry", message))
}
