//! The areas that features are tested against: read from GeoJSON, checked, and limited in size.

use super::input_errors::shorten_json;
use super::measure::PreparedArea;
use super::metric_plane;
use crate::crs::round_degrees;
use crate::error::{Error, Result};
use crate::feature::{FeatureFault, Geometry, bbox_of, check_geometry_within, geojson};
use crate::work_budget::WorkBudget;
use geo::{Area, MapCoords, RemoveRepeatedPoints};
use geo_types::{Coord, Geometry as G, LineString, MultiPolygon, Polygon};
use serde_json::Value as Json;

/// The most positions a drawn area may have.
const MAX_VERTICES: usize = 100_000;
/// The most rings a drawn area may have: parts and holes.
const MAX_RINGS: usize = 5_000;
/// The largest extent of an area, in kilometres: questions are about cities.
const MAX_ACROSS_KM: f64 = 300.0;

/// Prepares an area; `at` is the input that names it.
///
/// # Errors
/// [`Error::InvalidInput`] when it is larger than [`MAX_ACROSS_KM`], or has no polygon.
pub(super) fn prepare_area(geometry: &Geometry, at: &str, work: &WorkBudget) -> Result<PreparedArea> {
    let across = bbox_of(geometry).map(metric_plane::bbox_size_m).map_or(0.0, |(w, h)| w.max(h) / 1000.0);
    if across > MAX_ACROSS_KM {
        return Err(Error::invalid(
            at,
            format!("This area is {across:.0} km across; at most {MAX_ACROSS_KM} km are allowed. Draw a smaller area."),
        ));
    }
    PreparedArea::new(geometry, work).ok_or_else(|| Error::invalid(at, "An area must be a Polygon or a MultiPolygon."))
}

pub(super) fn read_drawn_area(json: &Json, at: &str, work: &WorkBudget) -> Result<Geometry> {
    let json = if json["type"] == "Feature" { &json["geometry"] } else { json };
    let kind = json["type"].as_str().unwrap_or_default();
    if kind != "Polygon" && kind != "MultiPolygon" {
        return Err(Error::invalid(
            at,
            format!("Expected a GeoJSON Polygon or MultiPolygon, found type '{}'.", shorten_json(&json["type"])),
        ));
    }
    let vertices = count_positions(&json["coordinates"]);
    if vertices > MAX_VERTICES {
        return Err(Error::invalid(
            at,
            format!("This area has {vertices} positions; at most {MAX_VERTICES} positions are allowed. Simplify it."),
        ));
    }
    let rings = count_rings(&json["coordinates"]);
    if rings > MAX_RINGS {
        return Err(Error::invalid(
            at,
            format!(
                "This area has {rings} rings; at most {MAX_RINGS} rings are allowed. Leave out small holes and parts."
            ),
        ));
    }
    let located = |fault: FeatureFault| {
        let at = if fault.at.is_empty() { at.to_owned() } else { format!("{at}{}", fault.at) };
        Error::invalid(at, fault.message)
    };
    let shape = geojson::read_geometry(json).map_err(located)?;
    let shape = shape.ok_or_else(|| Error::invalid(at, "An area must be a Polygon or a MultiPolygon."))?;
    let (geometry, _) =
        check_geometry_within(shape.geometry, work).map_err(|fault| located(fault.with_remedy("Redraw it there.")))?;
    round_as_features(&geometry).ok_or_else(|| {
        Error::invalid(
            at,
            "This area encloses nothing once its positions are rounded to seven decimals (about 1 cm), as those of features are. Draw a larger area.",
        )
    })
}

/// The area with its positions rounded as those of stored features are, so that an area that equals a feature's meets
/// the same neighbours. Rings that collapse are left out; `None` when nothing is left.
fn round_as_features(area: &Geometry) -> Option<Geometry> {
    let on_grid = area.map_coords(|c| Coord { x: round_degrees(c.x), y: round_degrees(c.y) }).remove_repeated_points();
    let has_area =
        |ring: &LineString<f64>| ring.0.len() > 3 && Polygon::new(ring.clone(), vec![]).unsigned_area() > 0.0;
    let polygon = |p: &Polygon<f64>| {
        let holes = p.interiors().iter().filter(|ring| has_area(ring)).cloned().collect();
        has_area(p.exterior()).then(|| Polygon::new(p.exterior().clone(), holes))
    };
    match on_grid {
        G::Polygon(p) => polygon(&p).map(G::Polygon),
        G::MultiPolygon(m) => {
            let parts: Vec<Polygon<f64>> = m.iter().filter_map(polygon).collect();
            (!parts.is_empty()).then_some(G::MultiPolygon(MultiPolygon(parts)))
        }
        other => Some(other),
    }
}

/// The number of lists of positions in a coordinates array of any depth.
fn count_rings(coordinates: &Json) -> usize {
    let is_position = |json: &Json| json.as_array().is_some_and(|list| list.first().is_some_and(Json::is_number));
    match coordinates.as_array() {
        Some(list) if list.first().is_some_and(is_position) => 1,
        Some(list) => list.iter().map(count_rings).sum(),
        None => 0,
    }
}

/// The number of positions in a coordinates array of any depth.
fn count_positions(coordinates: &Json) -> usize {
    match coordinates.as_array() {
        Some(list) if list.first().is_some_and(Json::is_number) => 1,
        Some(list) => list.iter().map(count_positions).sum(),
        None => 0,
    }
}
