//! Exact intersection of geometries with a box, whose edges are rounded to 1e-7 degrees as the positions of features
//! are. Bounding boxes decide for most features; positions are read only of features whose box crosses the border of
//! the query's box.

use super::geometry_array::{GeometryPath, LonLat, PathRole};
use super::segment::FeatureArrays;
use super::world_box::WorldBox;
use crate::crs;
use crate::feature::BoundingBox;
use geo::{
    Orientation,
    kernels::{Kernel, RobustKernel},
};
use geo_types::Coord;

/// The box of a query: one rectangle or, across the antimeridian, two.
pub(crate) struct QueryArea {
    pub rects: Vec<QueryRect>,
}

/// A rectangle on the grid of 1e-7 degrees.
pub(crate) struct QueryRect {
    /// West, south, east, north in steps of 1e-7 degrees.
    steps: [i64; 4],
    /// Features whose box does not intersect this one are outside.
    pub outer: WorldBox,
    /// Features whose box is within this one are inside.
    inner: Option<WorldBox>,
}

impl QueryArea {
    pub fn new(b: &BoundingBox) -> Self {
        // Rounded first: edges that only digits beyond the grid tell apart do not go round the globe.
        let edges = b.to_array().map(crs::quantise_degrees);
        let [west, _, east, _] = edges;
        let rect = |west, east| QueryRect::new([west, edges[1], east, edges[3]]);
        let (first, last) = (crs::quantise_degrees(-180.0), crs::quantise_degrees(180.0));
        let rects = if west > east { vec![rect(west, last), rect(first, east)] } else { vec![rect(west, east)] };
        Self { rects }
    }

    /// Whether the feature intersects any of the first `count` rectangles.
    pub fn intersects_first(&self, count: usize, parts: &FeatureArrays, slot: usize) -> bool {
        self.rects[..count].iter().any(|r| r.intersects_feature(parts, slot))
    }
}

impl QueryRect {
    /// West, south, east, north in steps of 1e-7 degrees.
    fn new(edges: [i32; 4]) -> Self {
        let [west, south, east, north] = edges.map(crs::dequantise_degrees);
        let (nw, se) = (crs::lonlat_to_world(west, north), crs::lonlat_to_world(east, south));
        // World coordinates are rounded: a margin of two steps on each side. Beyond the edge of the square latitudes
        // coincide.
        let outer = WorldBox { x0: nw.x, y0: nw.y, x1: se.x, y1: se.y }.expanded_by(2);
        let inner = WorldBox {
            x0: nw.x.saturating_add(2),
            y0: nw.y.saturating_add(2),
            x1: se.x.saturating_sub(2),
            y1: se.y.saturating_sub(2),
        };
        let is_valid = inner.x0 <= inner.x1 && inner.y0 <= inner.y1;
        Self { steps: edges.map(i64::from), outer, inner: is_valid.then_some(inner) }
    }

    /// Whether the geometry in this slot intersects the rectangle.
    pub fn intersects_feature(&self, parts: &FeatureArrays, slot: usize) -> bool {
        let around = &parts.boxes[slot];
        if !around.intersects(&self.outer) {
            return false;
        }
        self.inner.is_some_and(|inner| inner.contains(around)) || self.intersects_geometry(parts, slot)
    }

    fn intersects_geometry(&self, parts: &FeatureArrays, slot: usize) -> bool {
        let lonlat = &parts.shapes.lonlat;
        if parts.shapes.paths(slot).any(|p| lonlat[p.start..p.end].iter().any(|p| self.contains_position(*p))) {
            return true;
        }
        if parts.shapes.paths(slot).any(|p| path_edges(p, lonlat).any(|(a, b)| self.intersects_edge(a, b))) {
            return true;
        }
        self.is_within_polygon(parts, slot)
    }

    fn contains_position(&self, p: LonLat) -> bool {
        let (x, y) = (i64::from(p[0]), i64::from(p[1]));
        let [west, south, east, north] = self.steps;
        (x >= west) && (x <= east) && (y >= south) && (y <= north)
    }

    /// Whether an edge with both ends outside intersects the rectangle.
    fn intersects_edge(&self, a: LonLat, b: LonLat) -> bool {
        let [west, south, east, north] = self.steps;
        let (ax, ay, bx, by) = (i64::from(a[0]), i64::from(a[1]), i64::from(b[0]), i64::from(b[1]));
        if ax.max(bx) < west || ax.min(bx) > east || ay.max(by) < south || ay.min(by) > north {
            return false;
        }
        let (a, b) = (to_coord(a), to_coord(b));
        let side = |x: i64, y: i64| RobustKernel::orient2d(a, b, Coord { x: x as f64, y: y as f64 });
        let sides = [side(west, south), side(east, south), side(east, north), side(west, north)];
        !(sides.iter().all(|s| *s == Orientation::Clockwise)
            || sides.iter().all(|s| *s == Orientation::CounterClockwise))
    }

    /// Whether the rectangle, whose border no edge crosses, is inside a polygon of the feature.
    fn is_within_polygon(&self, parts: &FeatureArrays, slot: usize) -> bool {
        let [west, south, ..] = self.steps;
        let corner = Coord { x: west as f64, y: south as f64 };
        let mut inside = false;
        for path in parts.shapes.paths(slot) {
            match path.role {
                PathRole::Exterior if inside => return true,
                PathRole::Exterior => inside = ring_contains(path, &parts.shapes.lonlat, corner),
                PathRole::Hole if inside => inside = !ring_contains(path, &parts.shapes.lonlat, corner),
                _ => {}
            }
        }
        inside
    }
}

/// Whether a ring contains a position, by counting the edges to the right of it.
fn ring_contains(ring: GeometryPath, lonlat: &[LonLat], at: Coord<f64>) -> bool {
    path_edges(ring, lonlat).fold(false, |inside, (a, b)| {
        let (a, b) = (to_coord(a), to_coord(b));
        if (a.y > at.y) == (b.y > at.y) {
            return inside;
        }
        let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
        inside ^ (RobustKernel::orient2d(low, high, at) == Orientation::CounterClockwise)
    })
}

fn path_edges(path: GeometryPath, lonlat: &[LonLat]) -> impl Iterator<Item = (LonLat, LonLat)> + '_ {
    let positions = &lonlat[path.start..path.end];
    let closing = match path.role {
        PathRole::Exterior | PathRole::Hole => Some((positions[positions.len() - 1], positions[0])),
        PathRole::Points | PathRole::Line => None,
    };
    let open = if path.role == PathRole::Points { &[] } else { positions };
    open.windows(2).map(|w| (w[0], w[1])).chain(closing)
}

/// A position in steps, which doubles hold exactly.
fn to_coord(p: LonLat) -> Coord<f64> {
    Coord { x: p[0].into(), y: p[1].into() }
}
