//! Metres on the ground around a place: a transverse Mercator projection of the WGS 84 ellipsoid, centred on the data.
//! Knows nothing of features; never used farther from its centre than [`REACH_M`].
//!
//! Formulas: L. Krüger (1912) as given by C. F. F. Karney, *Transverse Mercator with an accuracy of a few nanometers*
//! (2011), to the third order in n, which is exact to a tenth of a millimetre within that distance.

use crate::feature::{BoundingBox, Geometry};
use geo::MapCoords;
use geo_types::Coord;

/// The largest distance from its centre at which a [`MetricPlane`] is used. The scale grows as 1 + x² / 2R²: at 200 km
/// a distance is 0.05 % too long and an area 0.1 % too large; at 20 km a distance is 0.0005 % too long.
pub const REACH_M: f64 = 200_000.0;

const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
const N: f64 = F / (2.0 - F);
/// The rectifying radius: that of the sphere whose meridians are as long as those of the ellipsoid.
const RECTIFYING: f64 = A / (1.0 + N) * (1.0 + N * N / 4.0 + N * N * N * N / 64.0);
const ALPHA: [f64; 3] = [
    N / 2.0 - 2.0 / 3.0 * N * N + 5.0 / 16.0 * N * N * N,
    13.0 / 48.0 * N * N - 3.0 / 5.0 * N * N * N,
    61.0 / 240.0 * N * N * N,
];
const BETA: [f64; 3] =
    [N / 2.0 - 2.0 / 3.0 * N * N + 37.0 / 96.0 * N * N * N, N * N / 48.0 + N * N * N / 15.0, 17.0 / 480.0 * N * N * N];

/// A plane in metres (x east, y north) that touches the ellipsoid along the meridian of its centre.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricPlane {
    lon0: f64,
    north0: f64,
    eccentricity: f64,
}

impl MetricPlane {
    /// The plane centred at a position in degrees, whose coordinates become 0, 0.
    #[must_use]
    pub fn centred_at(lonlat: Coord<f64>) -> Self {
        let bare = Self { lon0: lonlat.x, north0: 0.0, eccentricity: 2.0 * N.sqrt() / (1.0 + N) };
        Self { north0: bare.to_metres(lonlat).y, ..bare }
    }

    /// The plane centred at the centre of a box.
    #[must_use]
    pub fn centred_on_box(b: BoundingBox) -> Self {
        Self::centred_at(Coord { x: f64::midpoint(b.west, b.east), y: f64::midpoint(b.south, b.north) })
    }

    /// Degrees to metres.
    #[must_use]
    pub fn to_metres(&self, lonlat: Coord<f64>) -> Coord<f64> {
        let sin = lonlat.y.to_radians().sin();
        let t = (sin.atanh() - self.eccentricity * (self.eccentricity * sin).atanh()).sinh();
        let (sin_lon, cos_lon) = (lonlat.x - self.lon0).to_radians().sin_cos();
        let xi = t.atan2(cos_lon);
        let eta = (sin_lon / t.hypot(1.0)).atanh();
        let (dxi, deta) = sum_series(&ALPHA, xi, eta);
        Coord { x: RECTIFYING * (eta + deta), y: RECTIFYING * (xi + dxi) - self.north0 }
    }

    /// Metres to degrees.
    #[must_use]
    pub fn to_lonlat(&self, metres: Coord<f64>) -> Coord<f64> {
        let xi = (metres.y + self.north0) / RECTIFYING;
        let eta = metres.x / RECTIFYING;
        let (dxi, deta) = sum_series(&BETA, xi, eta);
        let (xi, eta) = (xi - dxi, eta - deta);
        let chi = (xi.sin() / eta.cosh()).asin();
        // From the conformal to the geographic latitude by iteration; each step leaves less than a hundredth of the
        // error.
        let isometric = chi.sin().atanh();
        let closer = |lat: f64| (isometric + self.eccentricity * (self.eccentricity * lat.sin()).atanh()).tanh().asin();
        let lat = (0..6).fold(chi, |lat, _| closer(lat));
        Coord { x: self.lon0 + eta.sinh().atan2(xi.cos()).to_degrees(), y: lat.to_degrees() }
    }

    /// A geometry in metres.
    #[must_use]
    pub fn project(&self, geometry: &Geometry) -> Geometry {
        geometry.map_coords(|c| self.to_metres(c))
    }

    /// A geometry in degrees.
    #[must_use]
    pub fn unproject(&self, geometry: &Geometry) -> Geometry {
        geometry.map_coords(|c| self.to_lonlat(c))
    }
}

/// A box in degrees that contains everything within `m` metres of a box, with a small margin.
#[must_use]
pub fn widen_bbox(b: BoundingBox, m: f64) -> BoundingBox {
    let lat = m / 110_500.0;
    let furthest = (b.south.abs().max(b.north.abs()) + lat).min(89.0);
    let lon = m / (111_300.0 * furthest.to_radians().cos());
    BoundingBox {
        west: (b.west - lon).max(-180.0),
        south: (b.south - lat).max(-90.0),
        east: (b.east + lon).min(180.0),
        north: (b.north + lat).min(90.0),
    }
}

/// The width and height of a box in metres, the width at its widest latitude.
#[must_use]
pub fn bbox_size_m(b: BoundingBox) -> (f64, f64) {
    let nearest = if b.south <= 0.0 && b.north >= 0.0 { 0.0 } else { b.south.abs().min(b.north.abs()) };
    ((b.east - b.west) * 111_320.0 * nearest.to_radians().cos(), (b.north - b.south) * 111_700.0)
}

/// Real and imaginary part of the sum over j of cⱼ sin 2j(ξ + iη), the series of Krüger's formulas.
fn sum_series(coefficients: &[f64; 3], xi: f64, eta: f64) -> (f64, f64) {
    let (sin, cos) = (2.0 * xi).sin_cos();
    let (sinh, cosh) = ((2.0 * eta).sinh(), (2.0 * eta).cosh());
    // sin jz and cos jz of the complex z = 2(ξ + iη), each step by the addition theorem.
    let (s1, c1) = ((sin * cosh, cos * sinh), (cos * cosh, -sin * sinh));
    let times = |a: (f64, f64), b: (f64, f64)| (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0);
    let (mut s, mut c) = (s1, c1);
    let mut sum = (0.0, 0.0);
    for k in coefficients {
        sum = (sum.0 + k * s.0, sum.1 + k * s.1);
        let (sc, cs, cc, ss) = (times(s, c1), times(c, s1), times(c, c1), times(s, s1));
        s = (sc.0 + cs.0, sc.1 + cs.1);
        c = (cc.0 - ss.0, cc.1 - ss.1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Distance, Geodesic};

    const PLACES: [(f64, f64); 4] = [(-8.4761, 54.2766), (-3.5986, 37.1773), (19.9372, 50.0617), (22.4340, 38.9)];

    #[test]
    fn degrees_to_metres_and_back_agree_to_a_tenth_of_a_millimetre() {
        for (lon, lat) in PLACES {
            let metric = MetricPlane::centred_at(Coord { x: lon, y: lat });
            for (dx, dy) in [(0.0, 0.0), (0.01, -0.02), (-0.5, 0.4), (2.0, 1.5)] {
                let there = Coord { x: lon + dx, y: lat + dy };
                let back = metric.to_lonlat(metric.to_metres(there));
                assert!(
                    (back.x - there.x).abs() < 1e-9 && (back.y - there.y).abs() < 1e-9,
                    "{there:?} came back as {back:?}"
                );
            }
            let centre = metric.to_metres(Coord { x: lon, y: lat });
            assert!(centre.x.abs() < 1e-9 && centre.y.abs() < 1e-9);
        }
    }

    #[test]
    fn distances_are_within_a_tenth_of_a_percent_of_geodesics_out_to_the_stated_reach() {
        for (lon, lat) in PLACES {
            let metric = MetricPlane::centred_at(Coord { x: lon, y: lat });
            // Pairs from street to region scale, in eight directions, all within REACH_M of the centre.
            for (step, allowed) in [(0.0001, 1e-8), (0.001, 1e-8), (0.01, 1e-6), (0.1, 1e-5), (1.0, 5e-4)] {
                for turn in 0..8 {
                    let angle = f64::from(turn) * std::f64::consts::FRAC_PI_4;
                    let a = Coord { x: lon + step * angle.cos(), y: lat + step * angle.sin() };
                    let b = Coord { x: lon + step * (angle + 2.0).cos(), y: lat + step * (angle + 2.0).sin() };
                    let (p, q) = (metric.to_metres(a), metric.to_metres(b));
                    let plane = (p.x - q.x).hypot(p.y - q.y);
                    let truth = Geodesic.distance(a.into(), b.into());
                    assert!(((plane - truth) / truth).abs() < allowed, "{plane} against {truth} at step {step}");
                }
            }
        }
    }

    #[test]
    fn a_widened_box_contains_everything_within_the_distance() {
        for (lon, lat) in PLACES {
            let metric = MetricPlane::centred_at(Coord { x: lon, y: lat });
            for m in [1.0, 300.0, 50_000.0] {
                let b = widen_bbox(BoundingBox { west: lon, south: lat, east: lon, north: lat }, m);
                for turn in 0..64 {
                    let angle = f64::from(turn) * std::f64::consts::TAU / 64.0;
                    let p = metric.to_lonlat(Coord { x: m * angle.cos(), y: m * angle.sin() });
                    assert!(
                        p.x >= b.west && p.x <= b.east && p.y >= b.south && p.y <= b.north,
                        "{p:?} is outside {b:?}"
                    );
                }
            }
        }
    }
}
