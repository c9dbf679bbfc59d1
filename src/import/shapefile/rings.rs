//! The rings of a shapefile's polygon as polygons with holes: outer rings are clockwise; each other ring is a hole of
//! the smallest outer ring around it, or an outer ring itself where there is none.

use geo::{Area, BoundingRect, Contains};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Point, Polygon, Rect};

/// More pairs of rings are not compared.
const MAX_PAIRS: usize = 200_000_000;

struct OuterRing {
    ring: Polygon<f64>,
    extent: Rect<f64>,
    area: f64,
    holes: Vec<LineString<f64>>,
}

/// `None`: too many rings to find out which is in which.
pub fn build_polygons(rings: Vec<Vec<Coord<f64>>>) -> Option<Geometry<f64>> {
    let mut polygons: Vec<Polygon<f64>> =
        rings.into_iter().map(|ring| Polygon::new(LineString(ring), vec![])).collect();
    if polygons.len() <= 1 {
        return polygons.pop().map(Geometry::Polygon);
    }
    let (holes, outer): (Vec<_>, Vec<_>) = polygons.into_iter().partition(|p| p.signed_area() > 0.0);
    if holes.len().saturating_mul(outer.len()) > MAX_PAIRS {
        return None;
    }
    let mut outer: Vec<OuterRing> = outer.into_iter().filter_map(OuterRing::new).collect();
    let mut alone = vec![];
    for hole in holes {
        match find_smallest_around(&outer, &hole) {
            Some(at) => outer[at].holes.push(hole.into_inner().0),
            None => alone.push(hole),
        }
    }
    let mut polygons: Vec<Polygon<f64>> =
        outer.into_iter().map(|o| Polygon::new(o.ring.into_inner().0, o.holes)).chain(alone).collect();
    Some(match polygons.len() {
        1 => Geometry::Polygon(polygons.remove(0)),
        _ => Geometry::MultiPolygon(MultiPolygon(polygons)),
    })
}

impl OuterRing {
    fn new(ring: Polygon<f64>) -> Option<Self> {
        Some(Self { extent: ring.bounding_rect()?, area: ring.unsigned_area(), ring, holes: vec![] })
    }

    fn is_around(&self, hole: &Polygon<f64>, extent: &Rect<f64>) -> bool {
        let (own, other) = (self.extent, extent);
        let fits = own.min().x <= other.min().x
            && own.min().y <= other.min().y
            && own.max().x >= other.max().x
            && own.max().y >= other.max().y;
        // A position on the edge of both says nothing: the first one that is inside does.
        fits && hole.exterior().coords().any(|c| self.ring.contains(&Point(*c)))
    }
}

fn find_smallest_around(outer: &[OuterRing], hole: &Polygon<f64>) -> Option<usize> {
    let extent = hole.bounding_rect()?;
    let around = outer.iter().enumerate().filter(|(_, o)| o.is_around(hole, &extent));
    around.min_by(|a, b| a.1.area.total_cmp(&b.1.area)).map(|(at, _)| at)
}
