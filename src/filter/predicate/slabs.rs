//! Locates points in an area. The edges of the area are sorted into slabs of latitude, so that a point is compared only
//! with the few edges of its slab. All coordinates are whole steps of 1e-7 degrees, so that whether a point is on an
//! edge is decided exactly.

use crate::filter::relate::coord_to_steps;
use geo::{Intersects, LinesIter};
use geo::{
    Orientation,
    kernels::{Kernel, RobustKernel},
};
use geo_types::{Coord, Geometry, Line};

/// The edges of an area (steps of 1e-7 degrees), by slabs of latitude.
pub(super) struct SlabIndex {
    south: f64,
    /// Slabs per step.
    scale: f64,
    slabs: Vec<Vec<Line<f64>>>,
}

/// The position of a point relative to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PointPosition {
    Inside,
    OnBoundary,
    Outside,
}

impl SlabIndex {
    /// `None` when the geometry is not an area. Expects a valid geometry in degrees.
    pub fn from_area(geometry: &Geometry<f64>) -> Option<Self> {
        let on_grid = |line: Line<f64>| Line::new(coord_to_steps(line.start), coord_to_steps(line.end));
        let lines: Vec<Line<f64>> = match geometry {
            Geometry::Polygon(p) => p.lines_iter().map(on_grid).collect(),
            Geometry::MultiPolygon(m) => m.lines_iter().map(on_grid).collect(),
            _ => return None,
        };
        let ends = lines.iter().map(|line| line.start.y);
        let (south, north) = ends.fold((f64::MAX, f64::MIN), |(s, n), y| (s.min(y), n.max(y)));
        let count = (lines.len() / 2).clamp(1, 4096);
        let scale = if north > south { count as f64 / (north - south) } else { 0.0 };
        let mut slabs = Self { south, scale, slabs: vec![vec![]; count] };
        for line in lines {
            let (low, high) =
                (slabs.slab_at(line.start.y.min(line.end.y)), slabs.slab_at(line.start.y.max(line.end.y)));
            slabs.slabs[low..=high].iter_mut().for_each(|slab| slab.push(line));
        }
        Some(slabs)
    }

    /// Counts the crossings of a ray to the east, with exact orientation tests. Polygons of a valid geometry do not
    /// overlap, so that all rings count together.
    pub fn locate_point(&self, p: Coord<f64>) -> PointPosition {
        let mut inside = false;
        for line in &self.slabs[self.slab_at(p.y)] {
            let (a, b) = (line.start, line.end);
            if p.y < a.y.min(b.y) || p.y > a.y.max(b.y) {
                continue;
            }
            let turn = RobustKernel::orient2d(a, b, p);
            if turn == Orientation::Collinear && p.x >= a.x.min(b.x) && p.x <= a.x.max(b.x) {
                return PointPosition::OnBoundary;
            }
            let upward = a.y <= p.y && p.y < b.y && turn == Orientation::CounterClockwise;
            let downward = b.y <= p.y && p.y < a.y && turn == Orientation::Clockwise;
            inside ^= upward || downward;
        }
        if inside { PointPosition::Inside } else { PointPosition::Outside }
    }

    /// Whether a segment intersects an edge.
    pub fn intersects_line(&self, line: Line<f64>) -> bool {
        let (low, high) = (line.start.y.min(line.end.y), line.start.y.max(line.end.y));
        let (west, east) = (line.start.x.min(line.end.x), line.start.x.max(line.end.x));
        let beside =
            |edge: &Line<f64>| (edge.start.x < west && edge.end.x < west) || (edge.start.x > east && edge.end.x > east);
        self.slabs[self.slab_at(low)..=self.slab_at(high)]
            .iter()
            .flatten()
            .any(|edge| !beside(edge) && line.intersects(edge))
    }

    /// Whether any of these segments intersects an edge.
    pub fn intersects_any_line(&self, mut lines: impl Iterator<Item = Line<f64>>) -> bool {
        lines.any(|line| self.intersects_line(line))
    }

    fn slab_at(&self, y: f64) -> usize {
        // The cast saturates: negative numbers go to the first slab, infinite ones to the last.
        (((y - self.south) * self.scale) as usize).min(self.slabs.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{CoordinatePosition, coordinate_position::CoordPos};
    use geo_types::polygon;
    use proptest::prelude::*;

    fn area() -> Geometry<f64> {
        let ring: Vec<(f64, f64)> = (0..40)
            .map(|i| {
                let (angle, radius) = (f64::from(i) * std::f64::consts::TAU / 40.0, if i % 2 == 0 { 4.0 } else { 8.0 });
                ((angle.cos() * radius).round(), (angle.sin() * radius).round())
            })
            .collect();
        let mut star = geo_types::Polygon::new(ring.into(), vec![]);
        star.interiors_push(vec![(-1.0, -1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)]);
        let far = polygon![(x: 20.0, y: -5.0), (x: 30.0, y: -5.0), (x: 25.0, y: 5.0)];
        Geometry::MultiPolygon(vec![star, far].into())
    }

    proptest! {
        #[test]
        fn points_are_located_as_by_geo(x in -10i32..32, y in -10i32..10, halves in 0u8..4) {
            let p = Coord { x: f64::from(x) + f64::from(halves % 2) / 2.0, y: f64::from(y) + f64::from(halves / 2) / 2.0 };
            let geometry = area();
            let expected = match geometry.coordinate_position(&p) {
                CoordPos::Inside => PointPosition::Inside,
                CoordPos::OnBoundary => PointPosition::OnBoundary,
                CoordPos::Outside => PointPosition::Outside,
            };
            prop_assert_eq!(SlabIndex::from_area(&geometry).unwrap().locate_point(coord_to_steps(p)), expected);
        }

        #[test]
        fn lines_intersect_the_edges_as_in_geo(x in -10i32..32, y in -10i32..10, dx in -9i32..9, dy in -9i32..9) {
            let start = Coord { x: f64::from(x), y: f64::from(y) };
            let line = Line::new(start, start + Coord { x: f64::from(dx), y: f64::from(dy) });
            let on_grid = Line::new(coord_to_steps(line.start), coord_to_steps(line.end));
            let Geometry::MultiPolygon(parts) = area() else { panic!("it has two parts") };
            let expected = parts.lines_iter().any(|edge| edge.intersects(&line));
            prop_assert_eq!(SlabIndex::from_area(&area()).unwrap().intersects_line(on_grid), expected);
        }
    }
}
