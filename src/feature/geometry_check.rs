//! The check that every geometry passes before it is stored. Repairs only what has one meaning: winding and repeated
//! positions.

use super::fault::{FaultKind, FeatureFault};
use super::geometry::Geometry;
use super::validity;
use crate::crs::settle_on_globe;
use crate::work_budget::WorkBudget;
use geo::orient::Direction;
use geo::{CoordsIter, MapCoords, Orient, RemoveRepeatedPoints, Winding};
use geo_types::{Coord, LineString, Polygon};

/// Which repairs a geometry needed; none changes its meaning.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GeometryRepair {
    /// Rings were reversed to the winding of RFC 7946.
    pub rewound: bool,
    /// Repeated positions were removed.
    pub deduplicated: bool,
}

/// Returns a valid geometry with the winding of RFC 7946, 3.1.6 (exterior rings counter-clockwise) and without repeated
/// positions.
///
/// # Errors
/// The first fault and its fix: an empty geometry, positions out of range or swapped, a degenerate line or ring, rings
/// that are not valid in the sense of OGC Simple Features. `at` is a JSON pointer below the geometry.
pub fn check_geometry(geometry: Geometry) -> Result<(Geometry, GeometryRepair), FeatureFault> {
    check_geometry_within(geometry, &WorkBudget::unlimited())
}

/// The same within a budget. When that stops, some fault is returned, which is not to be used.
///
/// # Errors
/// As [`check_geometry`].
pub fn check_geometry_within(
    geometry: Geometry,
    work: &WorkBudget,
) -> Result<(Geometry, GeometryRepair), FeatureFault> {
    let before = geometry.coords_count();
    if before == 0 {
        return Err(FeatureFault::new(
            FaultKind::EmptyGeometry,
            "",
            "The geometry is empty. Leave it out (null) if the feature has no location.",
        ));
    }
    let geometry = keep_on_globe(geometry).map_err(|(_, fault)| fault)?;
    let geometry = remove_repeats(geometry);
    let repeated = geometry.coords_count() != before;
    if let Some(fault) = validity::find_fault(&geometry, work) {
        return Err(fault);
    }
    let rewound = !has_rfc7946_winding(&geometry);
    let geometry = if rewound { orient_rings(geometry) } else { geometry };
    Ok((geometry, GeometryRepair { rewound, deduplicated: repeated }))
}

/// The geometry with what is a hair beyond the edge of the globe on the edge; see [`settle_on_globe`].
///
/// # Errors
/// The geometry, and its first position that is not on the globe.
pub fn keep_on_globe(geometry: Geometry) -> Result<Geometry, (Geometry, FeatureFault)> {
    if is_on_globe(&geometry) {
        return Ok(geometry);
    }
    match geometry.try_map_coords(|c| settle_on_globe(c).ok_or(c)) {
        Ok(settled) => Ok(settled),
        Err(bad) => {
            let at = find_position(&geometry, &|c| settle_on_globe(c).is_none()).unwrap_or_default();
            Err((geometry, out_of_range_fault(bad, at)))
        }
    }
}

/// Whether all positions are longitudes and latitudes.
#[must_use]
pub fn is_on_globe(geometry: &Geometry) -> bool {
    geometry.coords_iter().all(|c| c.x.abs() <= 180.0 && c.y.abs() <= 90.0)
}

fn out_of_range_fault(bad: Coord<f64>, at: String) -> FeatureFault {
    let (kind, hint) = if bad.x.abs() > 1000.0 || bad.y.abs() > 1000.0 {
        (
            FaultKind::NationalGrid,
            "It looks like metres of a national grid: convert it to longitude and latitude (EPSG:4326) first.",
        )
    } else if bad.x.abs() <= 90.0 && bad.y.abs() <= 180.0 {
        (FaultKind::SwappedCoordinates, "Latitude and longitude seem to be swapped: GeoJSON puts longitude first.")
    } else {
        (FaultKind::OutOfRange, "Longitude ranges from -180 to 180 and latitude from -90 to 90.")
    };
    FeatureFault::new(kind, at, format!("The position {}, {} is not on the globe. {hint}", bad.x, bad.y))
}

/// The JSON pointer to the first position that is wanted.
fn find_position(geometry: &Geometry, wanted: &dyn Fn(Coord<f64>) -> bool) -> Option<String> {
    use geo_types::Geometry as G;
    let in_line = |at: &str, line: &LineString<f64>| Some(format!("{at}/{}", line.0.iter().position(|c| wanted(*c))?));
    let in_polygon = |at: &str, polygon: &Polygon<f64>| {
        let mut rings = std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate();
        rings.find_map(|(ring, line)| in_line(&format!("{at}/{ring}"), line))
    };
    let at = "/coordinates";
    match geometry {
        // A point is one position: the fault is that of the geometry.
        G::Point(p) => wanted(p.0).then(String::new),
        G::MultiPoint(m) => Some(format!("{at}/{}", m.iter().position(|p| wanted(p.0))?)),
        G::LineString(line) => in_line(at, line),
        G::MultiLineString(m) => m.iter().enumerate().find_map(|(i, line)| in_line(&format!("{at}/{i}"), line)),
        G::Polygon(p) => in_polygon(at, p),
        G::MultiPolygon(m) => m.iter().enumerate().find_map(|(i, p)| in_polygon(&format!("{at}/{i}"), p)),
        G::GeometryCollection(c) => {
            c.iter().enumerate().find_map(|(i, part)| Some(format!("/geometries/{i}{}", find_position(part, wanted)?)))
        }
        G::Line(_) | G::Rect(_) | G::Triangle(_) => None,
    }
}

fn remove_repeats(geometry: Geometry) -> Geometry {
    use geo_types::Geometry as G;
    match geometry {
        // Equal points of a MultiPoint stay: the author may count them.
        g @ (G::Point(_) | G::MultiPoint(_)) => g,
        G::GeometryCollection(c) => G::GeometryCollection(c.into_iter().map(remove_repeats).collect()),
        g => g.remove_repeated_points(),
    }
}

fn has_rfc7946_winding(geometry: &Geometry) -> bool {
    use geo_types::Geometry as G;
    let polygon = |p: &geo_types::Polygon<f64>| p.exterior().is_ccw() && p.interiors().iter().all(Winding::is_cw);
    match geometry {
        G::Polygon(p) => polygon(p),
        G::MultiPolygon(m) => m.iter().all(polygon),
        G::GeometryCollection(c) => c.iter().all(has_rfc7946_winding),
        _ => true,
    }
}

fn orient_rings(geometry: Geometry) -> Geometry {
    use geo_types::Geometry as G;
    match geometry {
        G::Polygon(p) => G::Polygon(p.orient(Direction::Default)),
        G::MultiPolygon(m) => G::MultiPolygon(m.orient(Direction::Default)),
        G::GeometryCollection(c) => G::GeometryCollection(c.into_iter().map(orient_rings).collect()),
        g => g,
    }
}
