//! Answers computed the slow way, from other formulas than the program's: geodesics, an azimuthal plane, the relations
//! of `geo`.

use cityheart::feature::Geometry;
use geo::{Bearing, Distance, Euclidean, Geodesic, GeodesicArea, Length, MapCoords};
use geo_types::{Coord, Point};

/// Metres east and north of a place by geodesic distance and bearing.
pub fn plane(geometry: &Geometry, centre: Coord<f64>) -> Geometry {
    let centre = Point(centre);
    geometry.map_coords(|c| {
        let s = Geodesic.distance(centre, c.into());
        let (sin, cos) = Geodesic.bearing(centre, c.into()).to_radians().sin_cos();
        Coord { x: s * sin, y: s * cos }
    })
}

/// Metres between two geometries, on the plane around the first.
pub fn distance(a: &Geometry, b: &Geometry) -> f64 {
    use geo::CoordsIter;
    let centre = a.coords_iter().next().unwrap();
    Euclidean.distance(&plane(a, centre), &plane(b, centre))
}

/// Area, length, or number of points; by the geodesic formulas of GeographicLib.
pub fn size(geometry: &Geometry) -> f64 {
    match geometry {
        Geometry::Point(_) => 1.0,
        Geometry::MultiPoint(m) => m.0.len() as f64,
        Geometry::LineString(l) => Geodesic.length(l),
        Geometry::MultiLineString(m) => Geodesic.length(m),
        Geometry::Polygon(p) => p.geodesic_area_signed().abs(),
        Geometry::MultiPolygon(m) => m.iter().map(|p| p.geodesic_area_signed().abs()).sum(),
        _ => panic!("not in these plans"),
    }
}

pub fn close(a: f64, b: f64, relative: f64, absolute: f64) -> bool {
    (a - b).abs() <= absolute + relative * a.abs().max(b.abs())
}
