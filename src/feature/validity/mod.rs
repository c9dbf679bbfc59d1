//! Validity of lines and areas by OGC Simple Features (06-103r4, 6.1.11): no ring crosses or touches itself, rings of
//! one geometry touch in single points at most, holes are inside their exterior ring and outside each other, polygons
//! of one geometry do not overlap, and the interior of a polygon is connected. Never repairs; takes bounded time for
//! any input.

use super::{FaultKind, FeatureFault, Geometry};
use geo::coordinate_position::{CoordPos, coord_pos_relative_to_ring};
use geo::dimensions::Dimensions;
use geo::kernels::{Kernel, Orientation, RobustKernel};
use geo::{BoundingRect, Coord, LineString, Polygon, Rect, Relate};
use std::collections::{HashMap, HashSet};

mod box_tree;

pub use box_tree::BoxTree;

/// The most comparisons of segments and boxes for one geometry. Real outlines of a million positions need a tenth of
/// it.
const MAX_COMPARISONS: u64 = 50_000_000;

/// The first fault in the lines and areas of a geometry (degrees) without repeated positions; `at` points to the ring.
pub fn find_fault(geometry: &Geometry) -> Option<FeatureFault> {
    use geo_types::Geometry as G;
    let inside = |f: FeatureFault, at: String| FeatureFault { at: format!("{at}{}", f.at), ..f };
    match geometry {
        G::Point(_) | G::MultiPoint(_) | G::Line(_) | G::Rect(_) | G::Triangle(_) => None,
        G::LineString(line) => find_short_line(line).map(|f| inside(f, "/coordinates".into())),
        G::MultiLineString(m) => {
            m.iter().enumerate().find_map(|(i, l)| find_short_line(l).map(|f| inside(f, format!("/coordinates/{i}"))))
        }
        G::Polygon(polygon) => find_area_fault(std::slice::from_ref(polygon))
            .map(|(_, ring, f)| inside(f, ring_pointer("/coordinates", ring))),
        G::MultiPolygon(m) => find_area_fault(&m.0)
            .map(|(polygon, ring, f)| inside(f, ring_pointer(&format!("/coordinates/{polygon}"), ring))),
        G::GeometryCollection(c) => {
            c.iter().enumerate().find_map(|(i, g)| find_fault(g).map(|f| inside(f, format!("/geometries/{i}"))))
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

/// One segment of a ring.
#[derive(Clone, Copy)]
struct RingSegment {
    a: Coord<f64>,
    b: Coord<f64>,
    ring: u32,
}

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
    segments: Vec<RingSegment>,
    /// Pairs of rings (the lower index first) and a point where they touch.
    contacts: Vec<(usize, usize, Coord<f64>)>,
    comparisons: u64,
}

fn find_area_fault(polygons: &[Polygon<f64>]) -> Option<RingFault> {
    let mut checker = ValidityChecker { rings: vec![], segments: vec![], contacts: vec![], comparisons: 0 };
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
        let mut work = 0;
        let mut found = None;
        let done = tree.visit_near_pairs(MAX_COMPARISONS, &mut work, &mut |i, j| {
            found = self.compare_pair(&sides, i, j);
            found.is_none()
        });
        self.comparisons = work;
        self.segments = sides;
        found.or_else(|| (!done).then(|| self.too_complex_fault(0)))
    }

    fn compare_pair(&mut self, sides: &[RingSegment], i: usize, j: usize) -> Option<RingFault> {
        let (s, t) = (&sides[i], &sides[j]);
        if s.ring != t.ring {
            return match relate_segments(s, t) {
                SegmentRelation::Disjoint => None,
                SegmentRelation::Touch(at) => {
                    self.contacts.push((s.ring.min(t.ring) as usize, s.ring.max(t.ring) as usize, at));
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
        let touching = self.touching_rings();
        let mut shell = 0;
        for i in 0..self.rings.len() {
            let ring = &self.rings[i];
            if ring.number == 0 {
                shell = i;
                continue;
            }
            let within = if touching.contains(&(shell, i)) {
                ring_to_polygon(self.rings[shell].line).relate(&ring_to_polygon(ring.line)).is_covers()
            } else {
                self.is_in_ring(ring.line.0[0], shell)
            };
            if !within {
                return Some(self.overlap_fault(i, ring.line.0[0], "is a hole outside its polygon"));
            }
        }
        let candidates: Vec<usize> = (0..self.rings.len()).filter(|i| self.rings[*i].number > 0).collect();
        if polygons.iter().all(|p| p.interiors().len() < 2) {
            return None;
        }
        self.visit_ring_pairs(&candidates, |checker, i, j| {
            let (a, b) = (&checker.rings[i], &checker.rings[j]);
            if a.polygon != b.polygon {
                return None;
            }
            let overlap = if touching.contains(&(i, j)) {
                share_area(&ring_to_polygon(a.line), &ring_to_polygon(b.line))
            } else {
                checker.is_in_ring(a.line.0[0], j) || checker.is_in_ring(b.line.0[0], i)
            };
            overlap.then(|| checker.overlap_fault(j, b.line.0[0], "overlaps another hole"))
        })
    }

    /// Polygons of one geometry do not overlap.
    fn check_polygons(&mut self, polygons: &[Polygon<f64>]) -> Option<RingFault> {
        if polygons.len() < 2 {
            return None;
        }
        let polygon = |ring: &usize| self.rings[*ring].polygon;
        let touching: HashSet<_> =
            self.contacts.iter().map(|(a, b, _)| (polygon(a).min(polygon(b)), polygon(a).max(polygon(b)))).collect();
        let shells: Vec<usize> = (0..self.rings.len()).filter(|i| self.rings[*i].number == 0).collect();
        self.visit_ring_pairs(&shells, |checker, i, j| {
            let (a, b) = (checker.rings[i].polygon, checker.rings[j].polygon);
            let overlap = if touching.contains(&(a, b)) {
                share_area(&polygons[a], &polygons[b])
            } else {
                checker.is_in_polygon(checker.rings[i].line.0[0], j)
                    || checker.is_in_polygon(checker.rings[j].line.0[0], i)
            };
            overlap.then(|| {
                checker.overlap_fault(j, checker.rings[j].line.0[0], "overlaps another polygon of the same geometry")
            })
        })
    }

    /// Rings that touch in a cycle split the interior of their polygon.
    fn check_interior_connected(&self) -> Option<RingFault> {
        let mut nodes: HashMap<(usize, [u64; 2]), usize> = HashMap::new();
        let mut parent: Vec<usize> = (0..self.rings.len()).collect();
        let mut joined = HashSet::new();
        for (a, b, at) in &self.contacts {
            if self.rings[*a].polygon != self.rings[*b].polygon {
                continue;
            }
            // Adding zero turns -0 into 0.
            let point = [(at.x + 0.0).to_bits(), (at.y + 0.0).to_bits()];
            let node = *nodes.entry((self.rings[*a].polygon, point)).or_insert_with(|| {
                parent.push(parent.len());
                parent.len() - 1
            });
            for ring in [*a, *b] {
                if !joined.insert((ring, node)) {
                    continue;
                }
                let (x, y) = (find_root(&mut parent, ring), find_root(&mut parent, node));
                if x == y {
                    return Some(self.overlap_fault(
                        ring,
                        *at,
                        "touches other rings and splits the interior of the polygon",
                    ));
                }
                parent[x] = y;
            }
        }
        None
    }

    /// Calls `visit` for each pair of these rings whose boxes intersect, until it finds a fault.
    fn visit_ring_pairs(
        &mut self,
        rings: &[usize],
        mut visit: impl FnMut(&Self, usize, usize) -> Option<RingFault>,
    ) -> Option<RingFault> {
        let mut order = rings.to_vec();
        order.sort_by(|a, b| self.rings[*a].bbox.min().x.total_cmp(&self.rings[*b].bbox.min().x));
        for (n, i) in order.iter().enumerate() {
            for j in &order[n + 1..] {
                let (a, b) = (&self.rings[*i].bbox, &self.rings[*j].bbox);
                if b.min().x > a.max().x {
                    break;
                }
                self.comparisons += 1;
                if a.min().y <= b.max().y && b.min().y <= a.max().y {
                    self.comparisons += (self.rings[*i].line.0.len() + self.rings[*j].line.0.len()) as u64;
                    if let Some(found) = visit(self, *i.min(j), *i.max(j)) {
                        return Some(found);
                    }
                }
                if self.comparisons > MAX_COMPARISONS {
                    return Some(self.too_complex_fault(*i));
                }
            }
        }
        None
    }

    fn touching_rings(&self) -> HashSet<(usize, usize)> {
        self.contacts.iter().map(|(a, b, _)| (*a, *b)).collect()
    }

    fn is_in_ring(&self, point: Coord<f64>, ring: usize) -> bool {
        coord_pos_relative_to_ring(point, self.rings[ring].line) == CoordPos::Inside
    }

    fn is_in_polygon(&self, point: Coord<f64>, shell: usize) -> bool {
        let polygon = self.rings[shell].polygon;
        let holes = (shell + 1..self.rings.len()).take_while(|i| self.rings[*i].polygon == polygon);
        self.is_in_ring(point, shell) && !holes.into_iter().any(|hole| self.is_in_ring(point, hole))
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

enum SegmentRelation {
    Disjoint,
    /// They share one point, which is an end of one of them.
    Touch(Coord<f64>),
    /// They cross, or run along each other.
    Cross,
}

fn relate_segments(s: &RingSegment, t: &RingSegment) -> SegmentRelation {
    use Orientation::Collinear;
    let turn = RobustKernel::orient2d;
    let (ta, tb) = (turn(s.a, s.b, t.a), turn(s.a, s.b, t.b));
    if ta == tb && ta != Collinear {
        return SegmentRelation::Disjoint;
    }
    let (sa, sb) = (turn(t.a, t.b, s.a), turn(t.a, t.b, s.b));
    if sa == sb && sa != Collinear {
        return SegmentRelation::Disjoint;
    }
    if [ta, tb, sa, sb] == [Collinear; 4] {
        return relate_collinear(s, t);
    }
    let ends = [(ta, t.a, s), (tb, t.b, s), (sa, s.a, t), (sb, s.b, t)];
    if let Some((_, end, _)) = ends.into_iter().find(|(turn, end, other)| *turn == Collinear && in_box(*end, other)) {
        return SegmentRelation::Touch(end);
    }
    if [ta, tb, sa, sb].contains(&Collinear) { SegmentRelation::Disjoint } else { SegmentRelation::Cross }
}

/// The relation of two segments on one straight line.
fn relate_collinear(s: &RingSegment, t: &RingSegment) -> SegmentRelation {
    let shared: Vec<Coord<f64>> = [(t.a, s), (t.b, s), (s.a, t), (s.b, t)]
        .into_iter()
        .filter(|(end, other)| in_box(*end, other))
        .map(|(end, _)| end)
        .collect();
    match shared.first() {
        None => SegmentRelation::Disjoint,
        Some(first) if shared.iter().all(|p| p == first) => SegmentRelation::Touch(*first),
        Some(_) => SegmentRelation::Cross,
    }
}

fn in_box(p: Coord<f64>, s: &RingSegment) -> bool {
    p.x >= s.a.x.min(s.b.x) && p.x <= s.a.x.max(s.b.x) && p.y >= s.a.y.min(s.b.y) && p.y <= s.a.y.max(s.b.y)
}

/// Whether the path a, b, c returns along the same line.
fn folds_back(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> bool {
    RobustKernel::orient2d(a, b, c) == Orientation::Collinear && (b - a).x * (c - b).x + (b - a).y * (c - b).y < 0.0
}
