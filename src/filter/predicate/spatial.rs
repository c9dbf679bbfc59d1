//! Spatial relations of a feature's geometry to a geometry of the filter: by bounding boxes where they decide, by the
//! edges of the filter's area for S_INTERSECTS and S_DISJOINT, and otherwise by the DE-9IM matrix of `relate`.

use super::slabs::{PointPosition, SlabIndex};
use crate::error::Error;
use crate::feature::{BoundingBox, Geometry, bbox_of};
use crate::filter::expression::{GeometryExpression, LiteralGeometry, SpatialRelation};
use crate::filter::filter_row::FilterRow;
use crate::filter::relate::{GridShape, coord_to_steps, relate_shapes};
use crate::work_budget::WorkBudget;
use geo::{CoordsIter, HasDimensions, Intersects, LinesIter, Relate, dimensions::Dimensions};
use geo_types::{Coord, Geometry as G, Line, Polygon};
use std::sync::Arc;

/// The work units of one position of a feature or of the filter.
const POSITION_UNITS: u64 = 10;
/// The most positions of two geometries that are related by a call that cannot be interrupted.
const MAX_DOUBLES_POSITIONS: usize = 1_000;

/// One relation to one prepared geometry.
pub(super) struct PreparedRelation {
    relation: SpatialRelation,
    /// `None` when the feature's geometry is compared with itself.
    other: Option<FilterGeometry>,
}

struct FilterGeometry {
    bbox: BoundingBox,
    /// The geometry equals its bounding box.
    is_box: bool,
    /// `None` when the geometry is not a valid area.
    slabs: Option<SlabIndex>,
    /// The first position of each polygon.
    starts: Vec<Coord<f64>>,
    /// `None` when the slabs decide alone.
    shape: Option<GridShape>,
    geometry: Arc<Geometry>,
    segments: usize,
}

impl FilterGeometry {
    /// `None` for an empty geometry.
    fn new(relation: SpatialRelation, literal: &LiteralGeometry) -> Option<Self> {
        let geometry = &literal.geometry;
        let slabs = if literal.is_valid { SlabIndex::from_area(geometry) } else { None };
        let needs_matrix =
            slabs.is_none() || !matches!(relation, SpatialRelation::Intersects | SpatialRelation::Disjoint);
        Some(Self {
            bbox: bbox_of(geometry)?,
            is_box: is_box(geometry),
            slabs,
            starts: polygon_starts(geometry),
            shape: needs_matrix.then(|| GridShape::from_geometry(geometry)),
            geometry: geometry.clone(),
            segments: geometry.coords_count(),
        })
    }
}

impl PreparedRelation {
    /// The feature's geometry is always on the left: `bind_spatial` exchanges the operands where needed.
    pub fn new(relation: SpatialRelation, _own: &GeometryExpression, other: &GeometryExpression) -> Self {
        let other = match other {
            GeometryExpression::FeatureGeometry => None,
            GeometryExpression::Literal(literal) => FilterGeometry::new(relation, literal),
        };
        Self { relation, other }
    }

    /// Whether the row is in this relation; `None` (unknown) without a geometry.
    pub fn holds(&self, row: &dyn FilterRow, work: &WorkBudget) -> Option<bool> {
        let bounds = row.bounds()?;
        let Some(other) = &self.other else { return Some(holds_with_itself(self.relation)) };
        if !boxes_intersect(bounds, other.bbox) {
            return Some(self.relation == SpatialRelation::Disjoint);
        }
        if other.is_box && is_strictly_within(bounds, other.bbox) {
            return Some(matches!(self.relation, SpatialRelation::Intersects | SpatialRelation::Within));
        }
        let is_point = bounds.west == bounds.east && bounds.south == bounds.north;
        if let (true, Some(slabs)) = (is_point, &other.slabs) {
            let position = coord_to_steps(Coord { x: bounds.west, y: bounds.south });
            return Some(self.holds_for_point(slabs.locate_point(position)));
        }
        let own = row.geometry()?;
        // A position of the feature is compared with the few edges beside it.
        if work.spend((own.coords_count() + other.segments) as u64 * POSITION_UNITS).is_err() {
            return None;
        }
        if let (SpatialRelation::Intersects | SpatialRelation::Disjoint, Some(slabs)) = (self.relation, &other.slabs) {
            let intersects = intersects_area(&own, slabs, &other.starts);
            return Some(intersects == (self.relation == SpatialRelation::Intersects));
        }
        let matrix = other.shape.as_ref().and_then(|shape| relate_shapes(&GridShape::from_geometry(&own), shape, work));
        Some(matrix.map_or_else(
            || has_relation_by_doubles(self.relation, &own, &other.geometry, work),
            |matrix| matrix.has_relation(self.relation),
        ))
    }

    /// The relation of a single point to an area.
    fn holds_for_point(&self, position: PointPosition) -> bool {
        match self.relation {
            SpatialRelation::Intersects => position != PointPosition::Outside,
            SpatialRelation::Disjoint => position == PointPosition::Outside,
            SpatialRelation::Within => position == PointPosition::Inside,
            SpatialRelation::Touches => position == PointPosition::OnBoundary,
            SpatialRelation::Contains
            | SpatialRelation::Crosses
            | SpatialRelation::Equals
            | SpatialRelation::Overlaps => false,
        }
    }
}

/// Whether two geometries of a filter are in this relation.
pub(crate) fn relate_geometries(relation: SpatialRelation, a: &Geometry, b: &Geometry, work: &WorkBudget) -> bool {
    relate_shapes(&GridShape::from_geometry(a), &GridShape::from_geometry(b), work)
        .map_or_else(|| has_relation_by_doubles(relation, a, b, work), |matrix| matrix.has_relation(relation))
}

/// The relation of a geometry to itself.
fn holds_with_itself(relation: SpatialRelation) -> bool {
    matches!(
        relation,
        SpatialRelation::Contains | SpatialRelation::Equals | SpatialRelation::Intersects | SpatialRelation::Within
    )
}

/// The relation by geo's `Relate`, for lines that cross themselves too often to be related exactly.
/// That cannot be ended in the middle, so that only geometries of few positions are related so.
fn has_relation_by_doubles(relation: SpatialRelation, a: &Geometry, b: &Geometry, work: &WorkBudget) -> bool {
    if a.coords_count() + b.coords_count() > MAX_DOUBLES_POSITIONS {
        work.stop(Error::TooMuchWork(
            "A geometry of the filter and one of a feature cross too often to be compared. Simplify that of the filter."
                .into(),
        ));
    }
    if work.is_stopped() {
        return false;
    }
    let matrix = a.relate(b);
    match relation {
        SpatialRelation::Contains => matrix.is_contains(),
        SpatialRelation::Crosses => matrix.is_crosses(),
        SpatialRelation::Disjoint => matrix.is_disjoint(),
        SpatialRelation::Equals => matrix.is_equal_topo(),
        SpatialRelation::Intersects => matrix.is_intersects(),
        SpatialRelation::Overlaps => matrix.is_overlaps(),
        SpatialRelation::Touches => matrix.is_touches(),
        SpatialRelation::Within => matrix.is_within(),
    }
}

fn boxes_intersect(a: BoundingBox, b: BoundingBox) -> bool {
    a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

/// Whether a box is in the interior of another, without touching its border.
fn is_strictly_within(a: BoundingBox, b: BoundingBox) -> bool {
    a.west > b.west && a.east < b.east && a.south > b.south && a.north < b.north
}

fn is_box(geometry: &Geometry) -> bool {
    let G::Polygon(p) = geometry else { return false };
    let Some(b) = bbox_of(geometry) else { return false };
    let corner = |c: &Coord<f64>| (c.x == b.west || c.x == b.east) && (c.y == b.south || c.y == b.north);
    p.interiors().is_empty()
        && p.exterior().0.len() == 5
        && p.exterior().0.iter().all(corner)
        && geometry.dimensions() == Dimensions::TwoDimensional
}

/// Whether a geometry intersects an area: a position of it is in the area, one of its lines crosses an edge, or it
/// contains a polygon of the area.
fn intersects_area(own: &Geometry, area: &SlabIndex, starts: &[Coord<f64>]) -> bool {
    own.coords_iter().any(|c| area.locate_point(coord_to_steps(c)) != PointPosition::Outside)
        || crosses_boundary(own, area)
        || starts.iter().any(|start| own.intersects(start))
}

fn crosses_boundary(own: &Geometry, area: &SlabIndex) -> bool {
    let on_grid = |line: Line<f64>| Line::new(coord_to_steps(line.start), coord_to_steps(line.end));
    match own {
        G::Point(_) | G::MultiPoint(_) => false,
        G::Line(line) => area.intersects_line(on_grid(*line)),
        G::LineString(line) => area.intersects_any_line(line.lines().map(on_grid)),
        G::MultiLineString(lines) => area.intersects_any_line(lines.lines_iter().map(on_grid)),
        G::Polygon(polygon) => area.intersects_any_line(polygon.lines_iter().map(on_grid)),
        G::MultiPolygon(polygons) => area.intersects_any_line(polygons.lines_iter().map(on_grid)),
        G::Rect(rect) => area.intersects_any_line(rect.lines_iter().map(on_grid)),
        G::Triangle(triangle) => area.intersects_any_line(triangle.lines_iter().map(on_grid)),
        G::GeometryCollection(parts) => parts.iter().any(|part| crosses_boundary(part, area)),
    }
}

/// The first position of each polygon: a feature that contains the polygon contains this.
fn polygon_starts(geometry: &Geometry) -> Vec<Coord<f64>> {
    let first = |p: &Polygon<f64>| p.exterior().0.first().copied();
    match geometry {
        G::Polygon(polygon) => first(polygon).into_iter().collect(),
        G::MultiPolygon(polygons) => polygons.iter().filter_map(first).collect(),
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Rotate, Translate};
    use geo_types::{Geometry, GeometryCollection, LineString, MultiPolygon, Point, polygon};
    use proptest::prelude::*;

    /// A square with a square hole, on a grid of halves.
    fn frame(size: f64) -> Polygon<f64> {
        let square = |s: f64| LineString::from(vec![(-s, -s), (s, -s), (s, s), (-s, s), (-s, -s)]);
        Polygon::new(square(size), vec![square(size / 2.0)])
    }

    fn own(kind: u8, size: f64) -> Geometry {
        let line = LineString::from(vec![(-size, 0.0), (size, size / 2.0)]);
        match kind {
            0 => Point::new(size, 0.0).into(),
            1 => line.into(),
            2 => frame(size).into(),
            3 => polygon![(x: 0.0, y: -size), (x: size, y: 0.0), (x: -size, y: size)].into(),
            _ => Geometry::GeometryCollection(GeometryCollection(vec![
                line.into(),
                frame(size).into(),
                Point::new(9.0, 9.0).into(),
            ])),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn areas_are_intersected_as_the_matrix_says(
            kind in 0u8..5, size in 1i32..16, x in -20i32..20, y in -20i32..20, turn in 0i32..8,
        ) {
            let two = MultiPolygon(vec![frame(8.0), frame(2.0)]);
            let far = two.0[1].translate(14.0, 0.0);
            let area: Geometry = MultiPolygon(vec![two.0[0].clone(), far]).into();
            let own = own(kind, f64::from(size) / 2.0).rotate_around_point(f64::from(turn) * 45.0, Point::new(0.0, 0.0));
            let own = own.translate(f64::from(x) / 2.0, f64::from(y) / 2.0);
            let own = LiteralGeometry::from_degrees(&own).geometry;
            let intersects = intersects_area(&own, &SlabIndex::from_area(&area).unwrap(), &polygon_starts(&area));
            prop_assert_eq!(intersects, relate_geometries(SpatialRelation::Intersects, &own, &area, &WorkBudget::unlimited()));
        }
    }
}
