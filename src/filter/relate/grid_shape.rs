//! A geometry as segments and points on the grid, prepared for relations.

use super::grid_point::{GridNode, GridPoint, GridSegment};
use crate::feature::Geometry;
use geo_types::{Geometry as G, LineString, Polygon};
use std::cmp::Ordering;
use std::collections::HashSet;

/// The part of a geometry that a segment belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SegmentOwner {
    Line,
    /// The polygon with this number.
    Polygon(u32),
}

/// The segments and points of a geometry.
#[derive(Debug, Default)]
pub(crate) struct GridShape {
    pub(super) segments: Vec<(GridSegment, SegmentOwner)>,
    pub(super) points: HashSet<GridPoint>,
    /// The ends of an odd number of lines: their boundary.
    pub(super) line_ends: HashSet<GridPoint>,
    polygons: u32,
    has_lines: bool,
    slabs: EdgeSlabs,
}

/// The segments of polygons by slabs of latitude, so that a ray meets only those of its slab.
#[derive(Debug, Default)]
struct EdgeSlabs {
    south: i64,
    height: i64,
    slabs: Vec<Vec<u32>>,
}

impl GridShape {
    pub fn from_geometry(geometry: &Geometry) -> Self {
        let mut shape = Self::default();
        shape.add_geometry(geometry);
        shape.slabs = EdgeSlabs::from_segments(&shape.segments);
        shape
    }

    /// The highest dimension of its parts.
    pub fn dimension(&self) -> u8 {
        if self.polygons > 0 { 2 } else { u8::from(self.has_lines) }
    }

    /// The polygons that contain what lies directly beside a node: to the east, a little to the north. A polygon is
    /// what its rings enclose an odd number of times.
    pub(super) fn polygons_beside(&self, v: GridNode) -> Vec<u32> {
        let mut odd: Vec<u32> = vec![];
        for at in self.slabs.segments_at(v) {
            let (segment, SegmentOwner::Polygon(polygon)) = self.segments[*at as usize] else { continue };
            let is_below = |p: GridPoint| i128::from(p.y) * v.scale <= v.y;
            if is_below(segment.a) == is_below(segment.b) {
                continue;
            }
            let upward = if is_below(segment.a) { segment } else { GridSegment { a: segment.b, b: segment.a } };
            if upward.side_of_node(v) == Ordering::Greater {
                match odd.iter().position(|p| *p == polygon) {
                    Some(found) => drop(odd.swap_remove(found)),
                    None => odd.push(polygon),
                }
            }
        }
        odd
    }

    fn add_geometry(&mut self, geometry: &Geometry) {
        match geometry {
            G::Point(p) => drop(self.points.insert(GridPoint::from_lonlat(p.0))),
            G::MultiPoint(m) => self.points.extend(m.iter().map(|p| GridPoint::from_lonlat(p.0))),
            G::Line(l) => self.add_line(&LineString(vec![l.start, l.end])),
            G::LineString(l) => self.add_line(l),
            G::MultiLineString(m) => m.iter().for_each(|l| self.add_line(l)),
            G::Polygon(p) => self.add_polygon(p),
            G::MultiPolygon(m) => m.iter().for_each(|p| self.add_polygon(p)),
            G::Rect(r) => self.add_polygon(&r.to_polygon()),
            G::Triangle(t) => self.add_polygon(&t.to_polygon()),
            G::GeometryCollection(c) => c.iter().for_each(|part| self.add_geometry(part)),
        }
    }

    /// A line without length is a point.
    fn add_line(&mut self, line: &LineString<f64>) {
        let count = self.segments.len();
        self.add_segments(line, SegmentOwner::Line);
        let (Some(first), Some(last)) = (line.0.first(), line.0.last()) else { return };
        let (first, last) = (GridPoint::from_lonlat(*first), GridPoint::from_lonlat(*last));
        if self.segments.len() == count {
            self.points.insert(first);
            return;
        }
        self.has_lines = true;
        for end in [first, last] {
            if !self.line_ends.insert(end) {
                self.line_ends.remove(&end);
            }
        }
    }

    fn add_polygon(&mut self, polygon: &Polygon<f64>) {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            self.add_segments(ring, SegmentOwner::Polygon(self.polygons));
        }
        self.polygons += 1;
    }

    fn add_segments(&mut self, line: &LineString<f64>, owner: SegmentOwner) {
        let mut points = line.0.iter().map(|c| GridPoint::from_lonlat(*c));
        let Some(mut a) = points.next() else { return };
        for b in points {
            if a != b {
                self.segments.push((GridSegment { a, b }, owner));
            }
            a = b;
        }
    }
}

impl EdgeSlabs {
    fn from_segments(segments: &[(GridSegment, SegmentOwner)]) -> Self {
        let edges = || segments.iter().enumerate().filter(|(_, (_, owner))| *owner != SegmentOwner::Line);
        let ends = || edges().flat_map(|(_, (s, _))| [s.a.y, s.b.y]);
        let (Some(south), Some(north)) = (ends().min(), ends().max()) else { return Self::default() };
        let count = (edges().count() / 2).clamp(1, 4096);
        let height = (north - south) / count as i64 + 1;
        let mut found = Self { south, height, slabs: vec![vec![]; count] };
        for (at, (s, _)) in edges() {
            let (low, high) = (found.slab_at(s.a.y.min(s.b.y)), found.slab_at(s.a.y.max(s.b.y)));
            found.slabs[low..=high].iter_mut().for_each(|slab| slab.push(at as u32));
        }
        found
    }

    fn segments_at(&self, v: GridNode) -> &[u32] {
        let y = v.y.div_euclid(v.scale) as i64;
        let below = y < self.south || self.slabs.is_empty();
        if below || y > self.south + self.height * self.slabs.len() as i64 { &[] } else { &self.slabs[self.slab_at(y)] }
    }

    fn slab_at(&self, y: i64) -> usize {
        (((y - self.south) / self.height) as usize).min(self.slabs.len() - 1)
    }
}
