//! Lengths and areas on the WGS 84 ellipsoid, directly from degrees. Edges are straight in degrees, as GeoJSON defines
//! them. Fast enough for a hundred thousand features; never used for distances between features.

use geo::{Distance, Geodesic};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

const A: f64 = 6_378_137.0;
const E2: f64 = 0.006_694_379_990_141_316_5;
/// First eccentricity.
const E: f64 = 0.081_819_190_842_621_5;
/// Edges longer than this, in degrees, are measured as geodesics.
const SHORT_DEG: f64 = 0.1;

/// The length of a line in metres. Edges up to 0.1° use the radii of curvature of the meridian and the prime vertical
/// at their midpoint (Snyder, *Map Projections: A Working Manual*, 1987, 4-18 and 4-20), with an error below one
/// millionth; longer ones are geodesics.
#[must_use]
pub fn length_m(line: &LineString<f64>) -> f64 {
    line.0.windows(2).map(|w| edge_m(w[0], w[1])).sum()
}

/// The area of a polygon in square metres, whatever the winding of its rings: its area in the cylindrical equal-area
/// projection of the ellipsoid (Snyder 1987, 3-12 and 10-15). The error is below one hundred-thousandth for edges of up
/// to 10 km.
#[must_use]
pub fn area_m2(polygon: &Polygon<f64>) -> f64 {
    let holes: f64 = polygon.interiors().iter().map(ring_m2).sum();
    (ring_m2(polygon.exterior()) - holes).max(0.0)
}

/// The area of polygons that do not overlap, in square metres.
#[must_use]
pub fn areas_m2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.iter().map(area_m2).sum()
}

fn edge_m(a: Coord<f64>, b: Coord<f64>) -> f64 {
    let (dx, dy) = (b.x - a.x, b.y - a.y);
    if dx.abs() > SHORT_DEG || dy.abs() > SHORT_DEG {
        return Geodesic.distance(a.into(), b.into());
    }
    let (sin, cos) = f64::midpoint(a.y, b.y).to_radians().sin_cos();
    let w2 = 1.0 - E2 * sin * sin;
    let prime_vertical = A / w2.sqrt();
    let meridian = prime_vertical * (1.0 - E2) / w2;
    (dx.to_radians() * prime_vertical * cos).hypot(dy.to_radians() * meridian)
}

fn ring_m2(ring: &LineString<f64>) -> f64 {
    let Some(origin) = ring.0.first() else { return 0.0 };
    // Relative to the first vertex, to avoid cancellation in small rings far from the origin of degrees.
    let height0 = equal_area_ordinate(origin.y);
    let at = |c: &Coord<f64>| ((c.x - origin.x).to_radians() * A, equal_area_ordinate(c.y) - height0);
    let mut twice = 0.0;
    let mut last = (0.0, 0.0);
    for c in &ring.0 {
        let next = at(c);
        twice += last.0 * next.1 - next.0 * last.1;
        last = next;
    }
    (twice / 2.0).abs()
}

/// The ordinate of the equal-area projection, in metres (Snyder 1987, 3-12 and 10-15).
fn equal_area_ordinate(lat_deg: f64) -> f64 {
    let sin = lat_deg.to_radians().sin();
    A * (1.0 - E2) / 2.0 * (sin / (1.0 - E2 * sin * sin) + (E * sin).atanh() / E)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{GeodesicArea, Length};

    const PLACES: [(f64, f64); 4] = [(-8.4761, 54.2766), (-3.5986, 37.1773), (19.9372, 50.0617), (22.4340, 38.9)];

    fn ring(lon: f64, lat: f64, radius_deg: f64, corners: usize) -> LineString<f64> {
        let corner = |i: usize| {
            let (sin, cos) = (std::f64::consts::TAU * (i % corners) as f64 / corners as f64).sin_cos();
            Coord { x: lon + radius_deg * cos, y: lat + radius_deg * sin * 0.7 }
        };
        LineString::new((0..=corners).map(corner).collect())
    }

    #[test]
    fn areas_and_lengths_agree_with_geodesics_from_metres_to_regions() {
        for (lon, lat) in PLACES {
            for (radius, allowed) in [(0.00005, 1e-4), (0.001, 1e-6), (0.01, 1e-6), (0.1, 1e-5), (0.5, 1e-4)] {
                let outline = ring(lon, lat, radius, 24);
                let truth = Geodesic.length(&outline);
                assert!(
                    ((length_m(&outline) - truth) / truth).abs() < allowed,
                    "length at {radius}: {} {truth}",
                    length_m(&outline)
                );
                let polygon = Polygon::new(outline, vec![ring(lon, lat, radius / 2.0, 12)]);
                let hole = Polygon::new(polygon.interiors()[0].clone(), vec![]);
                let truth = Polygon::new(polygon.exterior().clone(), vec![]).geodesic_area_signed()
                    - hole.geodesic_area_signed();
                assert!(
                    ((area_m2(&polygon) - truth) / truth).abs() < allowed,
                    "area at {radius}: {} {truth}",
                    area_m2(&polygon)
                );
            }
        }
    }

    #[test]
    fn a_ring_without_extent_has_no_area() {
        assert!(area_m2(&Polygon::new(LineString::new(vec![]), vec![])).abs() < 1e-9);
        let flat = LineString::from(vec![(1.0, 50.0), (1.1, 50.0), (1.0, 50.0)]);
        assert!(area_m2(&Polygon::new(flat, vec![])).abs() < 1e-6);
    }
}
