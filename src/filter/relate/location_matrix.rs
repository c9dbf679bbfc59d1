//! The DE-9IM matrix, from the locations of all nodes, of the segments between them and of the faces beside these.

use super::grid_point::GridNode;
use super::grid_shape::GridShape;
use super::node_table::NodeTable;
use super::sector::{HalfSegment, NodeRay, NodeSurroundings};
use crate::filter::expression::SpatialRelation;
use crate::work_budget::WorkBudget;

/// The work units of locating one node.
const NODE_UNITS: u64 = 100;

/// The location of a point relative to a shape. Areas come before lines, and lines before points: the end of a line
/// within a polygon of the same geometry is in the interior.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ShapeLocation {
    Interior = 0,
    Boundary = 1,
    Exterior = 2,
}

/// The dimensions in which interior, boundary and exterior of two geometries intersect; -1 where they do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LocationMatrix {
    cells: [[i8; 3]; 3],
    dimensions: [u8; 2],
}

/// Relates two shapes. `None` when their segments meet too often to be related in reasonable time, and when the budget
/// stops.
pub(crate) fn relate_shapes(a: &GridShape, b: &GridShape, work: &WorkBudget) -> Option<LocationMatrix> {
    let shapes = [a, b];
    let table = NodeTable::from_shapes(shapes, work)?;
    let mut matrix = LocationMatrix { cells: [[-1; 3]; 3], dimensions: [a.dimension(), b.dimension()] };
    matrix.raise(ShapeLocation::Exterior, ShapeLocation::Exterior, 2);
    let mut meter = work.meter();
    let mut halves: Vec<HalfSegment> = vec![];
    let mut rest = table.incidences.as_slice();
    for (number, node) in table.nodes.iter().enumerate() {
        if !meter.spend(NODE_UNITS) {
            return None;
        }
        let count = rest.iter().take_while(|(n, _)| *n as usize == number).count();
        let (own, others) = rest.split_at(count);
        rest = others;
        halves.clear();
        halves.extend(own.iter().flat_map(|(_, s)| HalfSegment::from_node(&table.segments[*s as usize], *node)));
        let around = NodeSurroundings::from_halves(*node, &mut halves, shapes);
        matrix.add_node(&around, [0, 1].map(|shape| locate_node(&around, shape, shapes[shape], *node)));
    }
    Some(matrix)
}

fn locate_node(around: &NodeSurroundings, shape: usize, geometry: &GridShape, node: GridNode) -> ShapeLocation {
    let is_area = |ray: &NodeRay| ray.is_area_after[shape];
    let is_interior = if around.rays.is_empty() { around.is_inside[shape] } else { around.rays.iter().all(is_area) };
    if is_interior {
        return ShapeLocation::Interior;
    }
    if around.rays.iter().any(is_area) {
        return ShapeLocation::Boundary;
    }
    let has_line = around.rays.iter().any(|ray| ray.has_line[shape]);
    match node.position() {
        Some(position) if has_line && geometry.line_ends.contains(&position) => ShapeLocation::Boundary,
        _ if has_line => ShapeLocation::Interior,
        Some(position) if geometry.points.contains(&position) => ShapeLocation::Interior,
        _ => ShapeLocation::Exterior,
    }
}

impl LocationMatrix {
    fn raise(&mut self, a: ShapeLocation, b: ShapeLocation, dimension: i8) {
        let cell = &mut self.cells[a as usize][b as usize];
        *cell = (*cell).max(dimension);
    }

    /// Counts a node, the segments that leave it, and the sectors between them.
    fn add_node(&mut self, around: &NodeSurroundings, node: [ShapeLocation; 2]) {
        self.raise(node[0], node[1], 0);
        for (at, ray) in around.rays.iter().enumerate() {
            let [a, b] = [0, 1].map(|shape| match around.sides(at, shape) {
                (true, true) => ShapeLocation::Interior,
                (false, false) if ray.has_line[shape] => ShapeLocation::Interior,
                (false, false) => ShapeLocation::Exterior,
                _ => ShapeLocation::Boundary,
            });
            self.raise(a, b, 1);
            let [a, b] = ray
                .is_area_after
                .map(|is_area| if is_area { ShapeLocation::Interior } else { ShapeLocation::Exterior });
            self.raise(a, b, 2);
        }
    }

    /// Whether the relation holds, as OGC Simple Features (06-103r4, 6.1.15) defines it. The dimension of a geometry is
    /// the highest of its parts.
    pub fn has_relation(&self, relation: SpatialRelation) -> bool {
        let meets = |a: ShapeLocation, b: ShapeLocation| self.cells[a as usize][b as usize] >= 0;
        use ShapeLocation::{Boundary, Exterior, Interior};
        let interiors = meets(Interior, Interior);
        let leaves_b = meets(Interior, Exterior) || meets(Boundary, Exterior);
        let leaves_a = meets(Exterior, Interior) || meets(Exterior, Boundary);
        let on_boundary = meets(Interior, Boundary) || meets(Boundary, Interior) || meets(Boundary, Boundary);
        let [a, b] = self.dimensions;
        match relation {
            SpatialRelation::Intersects => interiors || on_boundary,
            SpatialRelation::Disjoint => !interiors && !on_boundary,
            SpatialRelation::Contains => interiors && !leaves_a,
            SpatialRelation::Within => interiors && !leaves_b,
            SpatialRelation::Equals => a == b && interiors && !leaves_a && !leaves_b,
            SpatialRelation::Touches => !interiors && on_boundary,
            SpatialRelation::Crosses if a < b => interiors && meets(Interior, Exterior),
            SpatialRelation::Crosses if a > b => interiors && meets(Exterior, Interior),
            SpatialRelation::Crosses => a == 1 && self.cells[0][0] == 0,
            SpatialRelation::Overlaps => {
                let has_dimension = if a == 1 { self.cells[0][0] == 1 } else { interiors };
                a == b && has_dimension && meets(Interior, Exterior) && meets(Exterior, Interior)
            }
        }
    }
}

impl std::fmt::Display for LocationMatrix {
    /// Nine characters, such as `212101212`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.cells.as_flattened().iter().try_for_each(|cell| match cell {
            -1 => f.write_str("F"),
            dimension => write!(f, "{dimension}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Geometry;
    use geo_types::{Geometry as G, GeometryCollection, LineString, Point, Polygon};

    fn line(positions: &[(f64, f64)]) -> Geometry {
        LineString::from(positions.to_vec()).into()
    }

    fn area(ring: &[(f64, f64)]) -> Geometry {
        Polygon::new(LineString::from(ring.to_vec()), vec![]).into()
    }

    fn square(x: f64, y: f64) -> Geometry {
        area(&[(x, y), (x + 2.0, y), (x + 2.0, y + 2.0), (x, y + 2.0)])
    }

    fn all(parts: Vec<Geometry>) -> Geometry {
        G::GeometryCollection(GeometryCollection(parts))
    }

    fn matrix(a: &Geometry, b: &Geometry) -> String {
        relate_shapes(&GridShape::from_geometry(a), &GridShape::from_geometry(b), &WorkBudget::unlimited())
            .unwrap()
            .to_string()
    }

    /// The matrices are those of GEOS 3.14, which relates as JTS does.
    #[test]
    fn matrices_are_those_of_the_standard() {
        let point = |x: f64, y: f64| G::Point(Point::new(x, y));
        let crossed = line(&[(1.0, 0.0), (0.0, 2.0), (0.0, 0.0), (2.0, 2.0)]);
        for (a, b, expected) in [
            (square(0.0, 0.0), square(0.0, 0.0), "2FFF1FFF2"),
            (square(0.0, 0.0), square(1.0, 1.0), "212101212"),
            (square(0.0, 0.0), square(2.0, 0.0), "FF2F11212"),
            (square(0.0, 0.0), square(2.0, 2.0), "FF2F01212"),
            (square(0.0, 0.0), square(5.0, 5.0), "FF2FF1212"),
            (point(1.0, 1.0), square(0.0, 0.0), "0FFFFF212"),
            (point(2.0, 1.0), square(0.0, 0.0), "F0FFFF212"),
            (line(&[(1.0, 1.0), (3.0, 1.0)]), square(0.0, 0.0), "1010F0212"),
            (line(&[(0.0, 0.0), (2.0, 0.0)]), square(0.0, 0.0), "F1FF0F212"),
            (crossed.clone(), line(&[(0.0, 0.0), (2.0, 2.0)]), "101F00FF2"),
            // Two squares that share an edge are one rectangle.
            (
                all(vec![square(0.0, 0.0), square(2.0, 0.0)]),
                area(&[(0.0, 0.0), (4.0, 0.0), (4.0, 2.0), (0.0, 2.0)]),
                "2FFF1FFF2",
            ),
            (all(vec![square(0.0, 0.0), square(2.0, 0.0)]), line(&[(2.0, 0.0), (2.0, 2.0)]), "1F2F01FF2"),
            (all(vec![square(0.0, 0.0), square(1.0, 1.0)]), point(1.0, 1.0), "0F2FF1FF2"),
            // A line within a polygon of the same geometry adds nothing.
            (all(vec![square(0.0, 0.0), line(&[(0.5, 0.5), (1.0, 1.0)])]), square(0.0, 0.0), "2FFF1FFF2"),
        ] {
            assert_eq!(matrix(&a, &b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_ring_encloses_what_it_goes_round_an_odd_number_of_times() {
        let bow = area(&[(0.0, 0.0), (2.0, 2.0), (2.0, 0.0), (0.0, 2.0)]);
        assert_eq!(matrix(&bow, &G::Point(Point::new(0.5, 1.0))), "0F2FF1FF2");
        assert_eq!(matrix(&bow, &G::Point(Point::new(1.0, 0.5))), "FF2FF10F2");
        let spike = area(&[(0.0, 0.0), (2.0, 0.0), (5.0, 0.0), (2.0, 0.0), (2.0, 2.0), (0.0, 2.0)]);
        assert_eq!(matrix(&spike, &square(0.0, 0.0)), "2FFF1FFF2");
    }
}
