//! How a feature's geometry lies to the filter's: by its box where that settles it, by point-in-area for points, and otherwise by the
//! DE-9IM matrix of geo's Relate on the prepared geometry of the filter.

use super::slabs::{Lies, Slabs};
use crate::feature::{Bbox, Geometry, bbox_of};
use crate::filter::Row;
use crate::filter::node::{Place, Relation};
use geo::relate::IntersectionMatrix;
use geo::{HasDimensions, PreparedGeometry, Relate, dimensions::Dimensions};
use geo_types::{Coord, Geometry as G};

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
        if let (Relation::Intersects | Relation::Disjoint, Some(slabs)) = (self.relation, &other.slabs)
            && first(&own).is_some_and(|c| slabs.lies(c) != Lies::Outside)
        {
            return Some(self.relation == Relation::Intersects);
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

fn first(geometry: &Geometry) -> Option<Coord<f64>> {
    use geo::CoordsIter;
    geometry.coords_iter().next()
}
