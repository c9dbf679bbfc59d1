//! The check that every geometry passes before it is stored. Repairs only what has one meaning: winding and repeated
//! positions.

use super::fault::{FaultKind, FeatureFault};
use super::geometry::Geometry;
use super::validity;
use geo::orient::Direction;
use geo::{CoordsIter, Orient, RemoveRepeatedPoints, Winding};

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
    let before = geometry.coords_count();
    if before == 0 {
        return Err(FeatureFault::new(
            FaultKind::EmptyGeometry,
            "",
            "The geometry is empty. Leave it out (null) if the feature has no location.",
        ));
    }
    if let Some(fault) = find_out_of_range(&geometry) {
        return Err(fault);
    }
    let geometry = remove_repeats(geometry);
    let repeated = geometry.coords_count() != before;
    if let Some(fault) = validity::find_fault(&geometry) {
        return Err(fault);
    }
    let rewound = !has_rfc7946_winding(&geometry);
    let geometry = if rewound { orient_rings(geometry) } else { geometry };
    Ok((geometry, GeometryRepair { rewound, deduplicated: repeated }))
}

fn find_out_of_range(geometry: &Geometry) -> Option<FeatureFault> {
    let outside = |x: f64, y: f64| !(x.is_finite() && y.is_finite() && x.abs() <= 180.0 && y.abs() <= 90.0);
    let bad = geometry.coords_iter().find(|c| outside(c.x, c.y))?;
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
    Some(FeatureFault::new(kind, "", format!("The position {}, {} is not on the globe. {hint}", bad.x, bad.y)))
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
