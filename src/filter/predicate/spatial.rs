//! How a feature's geometry lies to the filter's: by its box where that settles it, by the edges of the filter's area where it is only
//! asked whether they meet, and otherwise by the DE-9IM matrix of geo's Relate on the prepared geometry of the filter.

use super::slabs::{Lies, Slabs};
use crate::feature::{Bbox, Geometry, bbox_of};
use crate::filter::Row;
use crate::filter::node::{Place, Relation};
use geo::relate::IntersectionMatrix;
use geo::{CoordsIter, HasDimensions, Intersects, LinesIter, PreparedGeometry, Relate, dimensions::Dimensions};
use geo_types::{Coord, Geometry as G, Polygon};

/// One relation to one geometry.
pub(super) struct Prepared<'f> {
    relation: Relation,
    /// `None` when the feature is compared with itself.
    other: Option<Other<'f>>,
}

struct Other<'f> {
    bbox: Bbox,
    /// The geometry is its box.
    is_box: bool,
    slabs: Option<Slabs>,
    /// A position of each of its areas.
    starts: Vec<Coord<f64>>,
    geometry: PreparedGeometry<'f, &'f Geometry, f64>,
}

impl<'f> Prepared<'f> {
    /// The feature's own geometry is on the left: binding has seen to that.
    pub fn new(relation: Relation, _own: &'f Place, other: &'f Place) -> Self {
        let other = match other {
            Place::Own => None,
            Place::Literal { valid, .. } => bbox_of(valid).map(|bbox| Other {
                bbox,
                is_box: is_box(valid),
                slabs: Slabs::of(valid),
                starts: starts(valid),
                geometry: PreparedGeometry::from(&**valid),
            }),
        };
        Self { relation, other }
    }

    pub fn holds(&self, row: &dyn Row) -> Option<bool> {
        let bounds = row.bounds()?;
        let Some(other) = &self.other else {
            let own = row.geometry()?;
            return Some(related(self.relation, &own, &own));
        };
        if !meets(bounds, other.bbox) {
            return Some(self.relation == Relation::Disjoint);
        }
        if other.is_box && within(bounds, other.bbox) {
            return Some(matches!(self.relation, Relation::Intersects | Relation::Within));
        }
        let is_point = bounds.west == bounds.east && bounds.south == bounds.north;
        if let (true, Some(slabs)) = (is_point, &other.slabs) {
            return Some(self.of_point(slabs.lies(Coord { x: bounds.west, y: bounds.south })));
        }
        let own = row.geometry()?;
        if let (Relation::Intersects | Relation::Disjoint, Some(slabs)) = (self.relation, &other.slabs) {
            let met = meets_area(&own, slabs, &other.starts);
            return Some(met == (self.relation == Relation::Intersects));
        }
        // Own first: the matrix is turned with its sides.
        Some(answer(self.relation, &own.relate(&other.geometry)))
    }

    /// A single point against an area.
    fn of_point(&self, lies: Lies) -> bool {
        match self.relation {
            Relation::Intersects => lies != Lies::Outside,
            Relation::Disjoint => lies == Lies::Outside,
            Relation::Within => lies == Lies::Inside,
            Relation::Touches => lies == Lies::OnBorder,
            Relation::Contains | Relation::Crosses | Relation::Equals | Relation::Overlaps => false,
        }
    }
}

/// Two geometries without anything prepared.
pub(crate) fn related(relation: Relation, a: &Geometry, b: &Geometry) -> bool {
    answer(relation, &a.relate(b))
}

fn answer(relation: Relation, matrix: &IntersectionMatrix) -> bool {
    match relation {
        Relation::Contains => matrix.is_contains(),
        Relation::Crosses => matrix.is_crosses(),
        Relation::Disjoint => matrix.is_disjoint(),
        Relation::Equals => matrix.is_equal_topo(),
        Relation::Intersects => matrix.is_intersects(),
        Relation::Overlaps => matrix.is_overlaps(),
        Relation::Touches => matrix.is_touches(),
        Relation::Within => matrix.is_within(),
    }
}

fn meets(a: Bbox, b: Bbox) -> bool {
    a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north
}

/// Strictly inside: nothing touches the border.
fn within(a: Bbox, b: Bbox) -> bool {
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

/// Whether a geometry has anything in common with an area: a position in it, a line over its edges, or all of one of its parts.
fn meets_area(own: &Geometry, area: &Slabs, starts: &[Coord<f64>]) -> bool {
    own.coords_iter().any(|c| area.lies(c) != Lies::Outside)
        || is_cut(own, area)
        || starts.iter().any(|start| own.intersects(start))
}

fn is_cut(own: &Geometry, area: &Slabs) -> bool {
    match own {
        G::Point(_) | G::MultiPoint(_) => false,
        G::Line(line) => area.cut_by(*line),
        G::LineString(line) => area.cut_by_any(line.lines()),
        G::MultiLineString(lines) => area.cut_by_any(lines.lines_iter()),
        G::Polygon(polygon) => area.cut_by_any(polygon.lines_iter()),
        G::MultiPolygon(polygons) => area.cut_by_any(polygons.lines_iter()),
        G::Rect(rect) => area.cut_by_any(rect.lines_iter()),
        G::Triangle(triangle) => area.cut_by_any(triangle.lines_iter()),
        G::GeometryCollection(parts) => parts.iter().any(|part| is_cut(part, area)),
    }
}

/// The first position of each polygon: where a feature holds all of a polygon, it holds this.
fn starts(geometry: &Geometry) -> Vec<Coord<f64>> {
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

    /// A square with a square hole, on the grid of halves.
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
        fn what_meets_an_area_is_what_the_matrix_says(
            kind in 0u8..5, size in 1i32..16, x in -20i32..20, y in -20i32..20, turn in 0i32..8,
        ) {
            let two = MultiPolygon(vec![frame(8.0), frame(2.0)]);
            let far = two.0[1].translate(14.0, 0.0);
            let area: Geometry = MultiPolygon(vec![two.0[0].clone(), far]).into();
            let own = own(kind, f64::from(size) / 2.0).rotate_around_point(f64::from(turn) * 45.0, Point::new(0.0, 0.0));
            let own = own.translate(f64::from(x) / 2.0, f64::from(y) / 2.0);
            let met = meets_area(&own, &Slabs::of(&area).unwrap(), &starts(&area));
            prop_assert_eq!(met, own.relate(&area).is_intersects());
        }
    }
}
