//! Validity of lines and areas by OGC Simple Features (06-103r4, 6.1.11): no ring crosses or touches itself, rings of
//! one geometry touch in single points at most, holes are inside their exterior ring and outside each other, polygons
//! of one geometry do not overlap, and the interior of a polygon is connected. Never repairs; takes bounded time for
//! any input.

use super::{FaultKind, FeatureFault, Geometry};
use crate::work_budget::{WorkBudget, WorkMeter};
use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{BoundingRect, Coord, LineString, Polygon, Rect, Relate};
use std::collections::{HashMap, HashSet};

mod box_tree;
mod ring_segment;

pub use box_tree::BoxTree;
use ring_segment::{RingSegment, SegmentRelation, folds_back, in_box, relate_segments};

/// The most work units for one geometry: less than a second. Real outlines of a million positions need a quarter of it.
const MAX_UNITS: u64 = 80_000_000;

/// The first fault in the lines and areas of a geometry (degrees) without repeated positions; `at` points to the ring.
///
/// When the budget stops, some fault is returned, which is not to be used.
pub fn find_fault(geometry: &Geometry, work: &WorkBudget) -> Option<FeatureFault> {
    use geo_types::Geometry as G;
    let inside = |f: FeatureFault, at: String| FeatureFault { at: format!("{at}{}", f.at), ..f };
    match geometry {
        G::Point(_) | G::MultiPoint(_) | G::Line(_) | G::Rect(_) | G::Triangle(_) => None,
        G::LineString(line) => find_short_line(line).map(|f| inside(f, "/coordinates".into())),
        G::MultiLineString(m) => {
            m.iter().enumerate().find_map(|(i, l)| find_short_line(l).map(|f| inside(f, format!("/coordinates/{i}"))))
        }
        G::Polygon(polygon) => find_area_fault(std::slice::from_ref(polygon), work)
            .map(|(_, ring, f)| inside(f, ring_pointer("/coordinates", ring))),
        G::MultiPolygon(m) => find_area_fault(&m.0, work)
            .map(|(polygon, ring, f)| inside(f, ring_pointer(&format!("/coordinates/{polygon}"), ring))),
        G::GeometryCollection(c) => {
            c.iter().enumerate().find_map(|(i, g)| find_fault(g, work).map(|f| inside(f, format!("/geometries/{i}"))))
        }
    }
}

fn ring_pointer(polygon: &str, ring: usize) -> String {
    format!("{polygon}/{ring}")
}

fn find_short_line(line: &LineString<f64>) -> Option<FeatureFault> {
    (line.0.len() < 2)
        .then(|| FeatureFault::new(FaultKind::TooFewPositions, "", "A line needs at least two different positions."))
}

/// A fault and where it is: (polygon, ring, fault).
type RingFault = (usize, usize, FeatureFault);

#[derive(Clone, Copy)]
struct PolygonRing<'a> {
    line: &'a LineString<f64>,
    bbox: Rect<f64>,
    polygon: usize,
    /// 0 is the exterior ring.
    number: usize,
    /// The index of its first segment among all segments.
    first: usize,
}

struct ValidityChecker<'a> {
    rings: Vec<PolygonRing<'a>>,
    /// Over the segments of all rings.
    tree: BoxTree,
    segments: Vec<RingSegment>,
    /// Rings and the points where they touch others of their polygon, each once. Many rings may touch at one point.
    contacts: Vec<(usize, Coord<f64>)>,
    known_contacts: HashSet<(usize, [u64; 2])>,
    meter: WorkMeter,
}

fn find_area_fault(polygons: &[Polygon<f64>], work: &WorkBudget) -> Option<RingFault> {
    let (contacts, known_contacts, meter) = (vec![], HashSet::new(), work.meter_up_to(MAX_UNITS));
    let tree = BoxTree::new(std::iter::empty());
    let mut checker = ValidityChecker { rings: vec![], tree, segments: vec![], contacts, known_contacts, meter };
    for (p, polygon) in polygons.iter().enumerate() {
        for (r, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
            if ring.0.len() < 4 {
                return Some((
                    p,
                    r,
                    FeatureFault::new(
                        FaultKind::TooFewPositions,
                        "",
                        "A ring needs at least three different positions and the first one again.",
                    ),
                ));
            }
            checker.add_ring(ring, p, r);
        }
    }
    checker
        .compare_segments()
        .or_else(|| checker.check_holes(polygons))
        .or_else(|| checker.check_polygons(polygons))
        .or_else(|| checker.check_interior_connected())
}

impl<'a> ValidityChecker<'a> {
    fn add_ring(&mut self, line: &'a LineString<f64>, polygon: usize, number: usize) {
        let ring = self.rings.len() as u32;
        let Some(bbox) = line.bounding_rect() else { return };
        self.rings.push(PolygonRing { line, bbox, polygon, number, first: self.segments.len() });
        self.segments.extend(line.0.windows(2).map(|w| RingSegment { a: w[0], b: w[1], ring }));
    }

    /// Compares all segments whose boxes intersect; records the points where different rings touch.
    fn compare_segments(&mut self) -> Option<RingFault> {
        let sides = std::mem::take(&mut self.segments);
        let tree = BoxTree::new(sides.iter().map(|s| (s.a, s.b)));
        let mut meter = std::mem::replace(&mut self.meter, WorkBudget::unlimited().meter());
        let mut found = None;
        let done = tree.visit_near_pairs(&mut meter, &mut |i, j| {
            found = self.compare_pair(&sides, i, j);
            found.is_none()
        });
        self.meter = meter;
        self.segments = sides;
        self.tree = tree;
        found.or_else(|| (!done).then(|| self.too_complex_fault(0)))
    }

    fn compare_pair(&mut self, sides: &[RingSegment], i: usize, j: usize) -> Option<RingFault> {
        let (s, t) = (&sides[i], &sides[j]);
        if s.ring != t.ring {
            return match relate_segments(s, t) {
                SegmentRelation::Disjoint => None,
                SegmentRelation::Touch(at) => {
                    self.add_contact(s.ring as usize, t.ring as usize, at);
                    None
                }
                SegmentRelation::Cross => {
                    Some(self.overlap_fault(t.ring as usize, t.a, "crosses another ring or runs along it"))
                }
            };
        }
        let ring = &self.rings[s.ring as usize];
        let (first, count) = (ring.first, ring.line.0.len() - 1);
        let (i, j) = (i.min(j) - first, i.max(j) - first);
        let (s, t) = (&sides[first + i], &sides[first + j]);
        let folded = if j == i + 1 {
            folds_back(s.a, s.b, t.b)
        } else if i == 0 && j == count - 1 {
            folds_back(t.a, t.b, s.b)
        } else {
            !matches!(relate_segments(s, t), SegmentRelation::Disjoint)
        };
        folded.then(|| {
            let message = format!("The ring crosses or touches itself near {}, {}.", t.a.x, t.a.y);
            (ring.polygon, ring.number, FeatureFault::new(FaultKind::SelfCrossing, "", message))
        })
    }

    /// Holes are inside their exterior ring and outside each other.
    fn check_holes(&mut self, polygons: &[Polygon<f64>]) -> Option<RingFault> {
        let mut shell = 0;
        for i in 0..self.rings.len() {
            let ring = &self.rings[i];
            if ring.number == 0 {
                shell = i;
                continue;
            }
            let first = ring.line.0[0];
            if self.ring_side(i, shell) == CoordPos::Outside {
                return Some(self.overlap_fault(i, first, "is a hole outside its polygon"));
            }
        }
        let candidates: Vec<usize> = (0..self.rings.len()).filter(|i| self.rings[*i].number > 0).collect();
        if polygons.iter().all(|p| p.interiors().len() < 2) {
            return None;
        }
        self.visit_ring_pairs(&candidates, |checker, i, j| {
            if checker.rings[i].polygon != checker.rings[j].polygon {
                return None;
            }
            let overlap = checker.ring_side(i, j) == CoordPos::Inside || checker.ring_side(j, i) == CoordPos::Inside;
            overlap.then(|| checker.overlap_fault(j, checker.rings[j].line.0[0], "overlaps another hole"))
        })
    }

    /// Polygons of one geometry do not overlap.
    fn check_polygons(&mut self, polygons: &[Polygon<f64>]) -> Option<RingFault> {
        if polygons.len() < 2 {
            return None;
        }
        let shells: Vec<usize> = (0..self.rings.len()).filter(|i| self.rings[*i].number == 0).collect();
        self.visit_ring_pairs(&shells, |checker, i, j| {
            let overlap = checker.is_in_polygon(i, j) || checker.is_in_polygon(j, i);
            overlap.then(|| {
                checker.overlap_fault(j, checker.rings[j].line.0[0], "overlaps another polygon of the same geometry")
            })
        })
    }

    /// Rings that touch in a cycle split the interior of their polygon.
    fn check_interior_connected(&self) -> Option<RingFault> {
        let mut nodes: HashMap<(usize, [u64; 2]), usize> = HashMap::new();
        let mut parent: Vec<usize> = (0..self.rings.len()).collect();
        for (ring, at) in &self.contacts {
            let node = *nodes.entry((self.rings[*ring].polygon, position_key(*at))).or_insert_with(|| {
                parent.push(parent.len());
                parent.len() - 1
            });
            let (x, y) = (find_root(&mut parent, *ring), find_root(&mut parent, node));
            if x == y {
                return Some(self.overlap_fault(
                    *ring,
                    *at,
                    "touches other rings and splits the interior of the polygon",
                ));
            }
            parent[x] = y;
        }
        None
    }

    /// Calls `visit` for each pair of these rings whose boxes intersect, until it finds a fault.
    fn visit_ring_pairs(
        &mut self,
        rings: &[usize],
        mut visit: impl FnMut(&mut Self, usize, usize) -> Option<RingFault>,
    ) -> Option<RingFault> {
        let mut order = rings.to_vec();
        order.sort_by(|a, b| self.rings[*a].bbox.min().x.total_cmp(&self.rings[*b].bbox.min().x));
        for (n, i) in order.iter().enumerate() {
            for j in &order[n + 1..] {
                let (a, b) = (&self.rings[*i].bbox, &self.rings[*j].bbox);
                if b.min().x > a.max().x {
                    break;
                }
                if a.min().y <= b.max().y
                    && b.min().y <= a.max().y
                    && let Some(found) = visit(self, *i.min(j), *i.max(j))
                {
                    return Some(found);
                }
                if !self.meter.spend(1) {
                    return Some(self.too_complex_fault(*i));
                }
            }
        }
        None
    }

    /// Notes that two rings touch, if they belong to one polygon.
    fn add_contact(&mut self, a: usize, b: usize, at: Coord<f64>) {
        if self.rings[a].polygon == self.rings[b].polygon {
            for ring in [a, b] {
                if self.known_contacts.insert((ring, position_key(at))) {
                    self.contacts.push((ring, at));
                }
            }
        }
    }

    /// On which side of another ring a ring is that does not cross it: its first position that is not on the other ring
    /// tells. When all are, the relation of the areas does.
    fn ring_side(&mut self, ring: usize, other: usize) -> CoordPos {
        let (line, around) = (self.rings[ring].line, self.rings[other].line);
        for position in &line.0 {
            let (side, units) = self.locate_position(*position, other);
            if !self.meter.spend(units) {
                break;
            }
            if side != CoordPos::OnBoundary {
                return side;
            }
        }
        if self.meter.has_stopped() || !share_area(&ring_to_polygon(line), &ring_to_polygon(around)) {
            CoordPos::Outside
        } else if ring_to_polygon(around).relate(&ring_to_polygon(line)).is_covers() {
            CoordPos::Inside
        } else {
            CoordPos::Outside
        }
    }

    /// Where a position is relative to a ring, and the work units of finding it: counts the crossings of a ray to the
    /// east.
    fn locate_position(&self, p: Coord<f64>, ring: usize) -> (CoordPos, u64) {
        let PolygonRing { line, first, .. } = self.rings[ring];
        let (mut is_inside, mut is_on) = (false, false);
        let segments = first..first + line.0.len() - 1;
        let end = Coord { x: f64::INFINITY, y: p.y };
        let units = self.tree.visit_in_box(&segments, p, end, &mut |at| {
            let segment = &self.segments[at];
            let (a, b) = (segment.a, segment.b);
            let turn = RobustKernel::orient2d(a, b, p);
            is_on = turn == Orientation::Collinear && in_box(p, segment);
            let is_upward = a.y <= p.y && p.y < b.y && turn == Orientation::CounterClockwise;
            let is_downward = b.y <= p.y && p.y < a.y && turn == Orientation::Clockwise;
            is_inside ^= is_upward || is_downward;
            !is_on
        });
        let side = match (is_on, is_inside) {
            (true, _) => CoordPos::OnBoundary,
            (_, true) => CoordPos::Inside,
            _ => CoordPos::Outside,
        };
        (side, units)
    }

    /// Whether an exterior ring that crosses no ring of another polygon is inside that one.
    fn is_in_polygon(&mut self, ring: usize, shell: usize) -> bool {
        let polygon = self.rings[shell].polygon;
        let holes = (shell + 1..self.rings.len()).take_while(|i| self.rings[*i].polygon == polygon).count();
        self.ring_side(ring, shell) == CoordPos::Inside
            && !(shell + 1..=shell + holes).any(|hole| self.ring_side(ring, hole) == CoordPos::Inside)
    }

    fn overlap_fault(&self, ring: usize, near: Coord<f64>, what: &str) -> RingFault {
        let ring = &self.rings[ring];
        let message = format!("The ring {what}, near {}, {}.", near.x, near.y);
        (ring.polygon, ring.number, FeatureFault::new(FaultKind::RingsOverlap, "", message))
    }

    fn too_complex_fault(&self, ring: usize) -> RingFault {
        let message = "The rings are too complex to be checked in reasonable time. Simplify or split the geometry.";
        (self.rings[ring].polygon, self.rings[ring].number, FeatureFault::new(FaultKind::TooManyVertices, "", message))
    }
}

/// A position as a key; adding zero turns -0 into 0.
fn position_key(at: Coord<f64>) -> [u64; 2] {
    [(at.x + 0.0).to_bits(), (at.y + 0.0).to_bits()]
}

fn find_root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

fn ring_to_polygon(ring: &LineString<f64>) -> Polygon<f64> {
    Polygon::new(ring.clone(), vec![])
}

fn share_area(a: &Polygon<f64>, b: &Polygon<f64>) -> bool {
    a.relate(b).get(CoordPos::Inside, CoordPos::Inside) == Dimensions::TwoDimensional
}
