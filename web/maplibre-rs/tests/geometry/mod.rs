//! Features as shapes in the pixels of one picture, by plain arithmetic of their own.

use std::f64::consts::PI;
use std::fmt;

/// One square of the Web Mercator pyramid.
#[derive(Debug, Clone, Copy)]
pub struct TileSquare {
    z: u32,
    x: u32,
    y: u32,
}

impl TileSquare {
    /// The square that a place (degrees) lies in.
    pub fn at(lon: f64, lat: f64, z: u32) -> Self {
        let (x, y) = world((lon, lat));
        let n = f64::from(1 << z);
        Self { z, x: (x * n) as u32, y: (y * n) as u32 }
    }

    pub fn zxy(&self) -> (u32, u32, u32) {
        (self.z, self.x, self.y)
    }

    /// A place (degrees) in pixels of a picture of this square.
    pub fn px(&self, lonlat: (f64, f64), size: u32) -> (f64, f64) {
        let (x, y) = world(lonlat);
        let n = f64::from(1 << self.z);
        ((x * n - f64::from(self.x)) * f64::from(size), (y * n - f64::from(self.y)) * f64::from(size))
    }
}

impl fmt::Display for TileSquare {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}

/// Web Mercator as the unit square.
fn world((lon, lat): (f64, f64)) -> (f64, f64) {
    let sin = lat.to_radians().sin();
    (lon / 360.0 + 0.5, 0.5 - ((1.0 + sin) / (1.0 - sin)).ln() / (4.0 * PI))
}

/// A feature in pixels.
#[derive(Debug)]
pub struct Shape {
    pub id: String,
    pub colour: [u8; 3],
    /// Rings of all polygons; a point is inside when it is inside an odd number of them.
    pub rings: Vec<Vec<(f64, f64)>>,
    pub lines: Vec<Vec<(f64, f64)>>,
}

impl Shape {
    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        let crosses = |ring: &Vec<(f64, f64)>| {
            ring.windows(2)
                .filter(|w| {
                    (w[0].1 > y) != (w[1].1 > y) && x < w[0].0 + (y - w[0].1) / (w[1].1 - w[0].1) * (w[1].0 - w[0].0)
                })
                .count()
        };
        self.rings.iter().map(crosses).sum::<usize>() % 2 == 1
    }

    /// To the nearest ring or line, in pixels.
    pub fn distance_to_edge(&self, point: (f64, f64)) -> f64 {
        let edges = self.rings.iter().chain(&self.lines).flat_map(|path| path.windows(2));
        edges.map(|w| distance(point, w[0], w[1])).fold(f64::INFINITY, f64::min)
    }

    /// Points along the lines, `step` pixels apart, away from their ends and bends.
    pub fn along_lines(&self, step: f64) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        for w in self.lines.iter().flat_map(|line| line.windows(2)) {
            let ((ax, ay), (bx, by)) = (w[0], w[1]);
            let steps = ((bx - ax).hypot(by - ay) / step) as usize;
            points.extend((1..steps).map(|i| {
                let t = i as f64 / steps as f64;
                (ax + (bx - ax) * t, ay + (by - ay) * t)
            }));
        }
        points
    }
}

fn distance((x, y): (f64, f64), (ax, ay): (f64, f64), (bx, by): (f64, f64)) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let length = dx * dx + dy * dy;
    let t = if length == 0.0 { 0.0 } else { (((x - ax) * dx + (y - ay) * dy) / length).clamp(0.0, 1.0) };
    (x - ax - t * dx).hypot(y - ay - t * dy)
}
