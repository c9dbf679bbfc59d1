//! A geometry as points, segments and areas of a plane, to test intersections and measure distances, whatever its type.
//! The plane is in degrees for intersections, in metres for distances. Never measures areas or lengths.

use crate::feature::{BoxTree, Geometry};
use crate::work_budget::WorkMeter;
use geo_types::{Coord, LineString, Polygon};

/// Shapes with at least this many segments are searched through a tree.
const INDEXED_FROM: usize = 48;
/// The work units of testing one segment.
const SEGMENT_UNITS: u64 = 4;

/// A geometry as segments; a point is a segment without length.
#[derive(Debug, Clone)]
pub struct PlanarShape {
    segments: Vec<PlanarSegment>,
    /// The range of each polygon's rings in `segments`.
    areas: Vec<std::ops::Range<usize>>,
    /// One position of each part, to test whether it lies inside an area whose boundary it does not touch.
    parts: Vec<Coord<f64>>,
    bounds: PlanarBounds,
    tree: Option<BoxTree>,
}

/// The shortest line between two shapes; a point where they intersect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ShortestLine {
    pub distance: f64,
    pub from: Coord<f64>,
    pub to: Coord<f64>,
}

#[derive(Debug, Clone, Copy)]
struct PlanarSegment {
    a: Coord<f64>,
    b: Coord<f64>,
}

#[derive(Debug, Clone, Copy)]
struct PlanarBounds {
    min: Coord<f64>,
    max: Coord<f64>,
}

impl PlanarShape {
    /// An empty geometry intersects nothing and is infinitely far from everything.
    #[must_use]
    pub fn from_geometry(geometry: &Geometry) -> Self {
        let nothing = PlanarBounds {
            min: Coord { x: f64::INFINITY, y: f64::INFINITY },
            max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
        };
        let mut shape = Self { segments: vec![], areas: vec![], parts: vec![], bounds: nothing, tree: None };
        shape.add_geometry(geometry);
        for s in &shape.segments {
            shape.bounds = shape.bounds.union(s.bounds());
        }
        if shape.segments.len() >= INDEXED_FROM {
            shape.tree = Some(BoxTree::new(shape.segments.iter().map(|s| (s.a, s.b))));
        }
        shape
    }

    /// The number of its segments.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.segments.len()
    }

    /// Whether the shapes share a position; touching is enough.
    #[must_use]
    pub fn intersects(&self, other: &Self, meter: &mut WorkMeter) -> bool {
        self.shortest_line(other, 0.0, meter).is_some()
    }

    /// The shortest line between the shapes if it is at most `limit` long; of length zero when they intersect.
    #[must_use]
    pub fn shortest_line(&self, other: &Self, limit: f64, meter: &mut WorkMeter) -> Option<ShortestLine> {
        // Search the shape with a tree, or with more segments, by the segments of the other.
        if other.tree.is_some() && (self.tree.is_none() || other.segments.len() > self.segments.len()) {
            return other.shortest_line_from(self, limit, meter).map(|g| ShortestLine { from: g.to, to: g.from, ..g });
        }
        self.shortest_line_from(other, limit, meter)
    }

    /// Whether a position lies in an area of this shape or on its boundary.
    #[must_use]
    pub fn covers_point(&self, p: Coord<f64>, meter: &mut WorkMeter) -> bool {
        !self.areas.is_empty()
            && self.bounds.distance(PlanarBounds { min: p, max: p }) <= 0.0
            && self.is_in_area(p, meter)
    }

    /// Whether all of `other` lies in the interior of this shape's areas, as far as a test without clipping shows:
    /// `false` may also mean that the boundaries touch.
    #[must_use]
    pub fn surely_covers(&self, other: &Self, meter: &mut WorkMeter) -> bool {
        if self.areas.is_empty()
            || !self.bounds.contains(other.bounds)
            || !other.parts.iter().all(|p| self.is_in_area(*p, meter))
        {
            return false;
        }
        !other.segments.iter().any(|s| {
            let mut touched = false;
            let go_on = self.visit_segments_near(s.bounds(), 0.0, meter, |own| {
                touched |= own.shortest_line(*s).distance <= 0.0;
                !touched
            });
            touched || !go_on
        })
    }

    fn shortest_line_from(&self, other: &Self, limit: f64, meter: &mut WorkMeter) -> Option<ShortestLine> {
        if self.bounds.distance(other.bounds) > limit {
            return None;
        }
        let mut met = other.parts.iter().find(|p| self.covers_point(**p, meter));
        met = met.or_else(|| self.parts.iter().find(|p| other.covers_point(**p, meter)));
        if let Some(&p) = met {
            return Some(ShortestLine { distance: 0.0, from: p, to: p });
        }
        let mut best: Option<ShortestLine> = None;
        for s in &other.segments {
            let reach = best.map_or(limit, |b| b.distance);
            let bounds = s.bounds();
            let go_on = self.visit_segments_near(bounds, reach, meter, |own| {
                if own.bounds().distance(bounds) <= best.map_or(limit, |b| b.distance) {
                    let gap = own.shortest_line(*s);
                    if gap.distance <= limit && best.is_none_or(|b| gap.distance < b.distance) {
                        best = Some(gap);
                    }
                }
                best.is_none_or(|b| b.distance > 0.0)
            });
            if !go_on {
                return None;
            }
            if best.is_some_and(|b| b.distance <= 0.0) {
                break;
            }
        }
        best
    }

    /// Visits the segments that may lie within `reach` of a box, until `visit` returns false. Returns false when the
    /// work has to stop.
    fn visit_segments_near(
        &self,
        b: PlanarBounds,
        reach: f64,
        meter: &mut WorkMeter,
        mut visit: impl FnMut(PlanarSegment) -> bool,
    ) -> bool {
        let Some(tree) = &self.tree else {
            let _ = self.segments.iter().all(|s| visit(*s));
            return meter.spend(SEGMENT_UNITS * self.segments.len() as u64);
        };
        let (min, max) =
            (Coord { x: b.min.x - reach, y: b.min.y - reach }, Coord { x: b.max.x + reach, y: b.max.y + reach });
        meter.spend(tree.visit_in_box(&(0..self.segments.len()), min, max, &mut |i| visit(self.segments[i])))
    }

    fn is_in_area(&self, p: Coord<f64>, meter: &mut WorkMeter) -> bool {
        let Some(tree) = &self.tree else {
            meter.spend(SEGMENT_UNITS * self.segments.len() as u64);
            return self.areas.iter().any(|range| is_in_rings(self.segments[range.clone()].iter().copied(), p));
        };
        // Segments to the west of the position do not meet a ray to the east.
        let east = Coord { x: f64::INFINITY, y: p.y };
        let mut met: Vec<usize> = vec![];
        meter.spend(tree.visit_in_box(&(0..self.segments.len()), p, east, &mut |i| {
            met.push(i);
            true
        }));
        // The segments of one area follow each other.
        let mut rest = met.as_slice();
        while let Some(first) = rest.first() {
            let Some(area) = self.areas.get(self.areas.partition_point(|range| range.end <= *first)) else { break };
            let (own, others) = rest.split_at(rest.partition_point(|i| *i < area.end));
            if is_in_rings(own.iter().filter(|i| area.contains(i)).map(|i| self.segments[*i]), p) {
                return true;
            }
            rest = others;
        }
        false
    }

    fn add_geometry(&mut self, geometry: &Geometry) {
        use geo_types::Geometry as G;
        match geometry {
            G::Point(p) => self.add_point(p.0),
            G::MultiPoint(m) => m.iter().for_each(|p| self.add_point(p.0)),
            G::Line(l) => self.add_line(&LineString::from(vec![l.start, l.end])),
            G::LineString(l) => self.add_line(l),
            G::MultiLineString(m) => m.iter().for_each(|l| self.add_line(l)),
            G::Polygon(p) => self.add_polygon(p),
            G::MultiPolygon(m) => m.iter().for_each(|p| self.add_polygon(p)),
            G::Rect(r) => self.add_polygon(&r.to_polygon()),
            G::Triangle(t) => self.add_polygon(&t.to_polygon()),
            G::GeometryCollection(c) => c.iter().for_each(|g| self.add_geometry(g)),
        }
    }

    fn add_point(&mut self, p: Coord<f64>) {
        self.segments.push(PlanarSegment { a: p, b: p });
        self.parts.push(p);
    }

    fn add_line(&mut self, line: &LineString<f64>) {
        self.segments.extend(line.0.windows(2).map(|w| PlanarSegment { a: w[0], b: w[1] }));
        self.parts.extend(line.0.first());
    }

    fn add_polygon(&mut self, polygon: &Polygon<f64>) {
        let first = self.segments.len();
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            self.segments.extend(ring.0.windows(2).map(|w| PlanarSegment { a: w[0], b: w[1] }));
        }
        self.parts.extend(polygon.exterior().0.first());
        self.areas.push(first..self.segments.len());
    }
}

/// The even-odd rule over the rings of one polygon; the boundary counts as inside.
fn is_in_rings(segments: impl Iterator<Item = PlanarSegment>, p: Coord<f64>) -> bool {
    let mut inside = false;
    for PlanarSegment { a, b } in segments {
        if (a.y > p.y) != (b.y > p.y) {
            let side = triangle_area2(a, b, p);
            if side == 0.0 {
                return true;
            }
            if (side > 0.0) == (b.y > a.y) {
                inside = !inside;
            }
        } else if a.y == p.y && b.y == p.y && (a.x.min(b.x)..=a.x.max(b.x)).contains(&p.x) || a == p {
            return true;
        }
    }
    inside
}

/// Twice the area of the triangle, positive when it turns left.
fn triangle_area2(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

impl PlanarSegment {
    fn bounds(self) -> PlanarBounds {
        PlanarBounds {
            min: Coord { x: self.a.x.min(self.b.x), y: self.a.y.min(self.b.y) },
            max: Coord { x: self.a.x.max(self.b.x), y: self.a.y.max(self.b.y) },
        }
    }

    fn shortest_line(self, o: Self) -> ShortestLine {
        if let Some(p) = self.crossing_point(o) {
            return ShortestLine { distance: 0.0, from: p, to: p };
        }
        let turned = |g: ShortestLine| ShortestLine { from: g.to, to: g.from, ..g };
        let ends = [
            self.shortest_line_to_point(o.a),
            self.shortest_line_to_point(o.b),
            turned(o.shortest_line_to_point(self.a)),
            turned(o.shortest_line_to_point(self.b)),
        ];
        ends.into_iter().fold(ends[0], |best, g| if g.distance < best.distance { g } else { best })
    }

    /// Where the interiors of two segments cross; [`PlanarSegment::shortest_line_to_point`] finds touching ends.
    fn crossing_point(self, o: Self) -> Option<Coord<f64>> {
        let (c, d) = (triangle_area2(self.a, self.b, o.a), triangle_area2(self.a, self.b, o.b));
        let (e, f) = (triangle_area2(o.a, o.b, self.a), triangle_area2(o.a, o.b, self.b));
        if (c > 0.0) == (d > 0.0) || (e > 0.0) == (f > 0.0) || c == 0.0 || d == 0.0 || e == 0.0 || f == 0.0 {
            return None;
        }
        let t = e / (e - f);
        Some(Coord { x: self.a.x + t * (self.b.x - self.a.x), y: self.a.y + t * (self.b.y - self.a.y) })
    }

    fn shortest_line_to_point(self, p: Coord<f64>) -> ShortestLine {
        let d = self.b - self.a;
        let length2 = d.x * d.x + d.y * d.y;
        let along = if length2 > 0.0 { ((p.x - self.a.x) * d.x + (p.y - self.a.y) * d.y) / length2 } else { 0.0 };
        let from = match along {
            t if t <= 0.0 => self.a,
            t if t >= 1.0 => self.b,
            // A position on the line by the sign of the triangle has distance zero, whatever the rounding.
            t if triangle_area2(self.a, self.b, p) != 0.0 => self.a + d * t,
            _ => p,
        };
        ShortestLine { distance: (p.x - from.x).hypot(p.y - from.y), from, to: p }
    }
}

impl PlanarBounds {
    fn union(self, o: Self) -> Self {
        Self {
            min: Coord { x: self.min.x.min(o.min.x), y: self.min.y.min(o.min.y) },
            max: Coord { x: self.max.x.max(o.max.x), y: self.max.y.max(o.max.y) },
        }
    }

    fn contains(self, o: Self) -> bool {
        self.min.x <= o.min.x && self.min.y <= o.min.y && self.max.x >= o.max.x && self.max.y >= o.max.y
    }

    fn distance(self, o: Self) -> f64 {
        let x = (o.min.x - self.max.x).max(self.min.x - o.max.x).max(0.0);
        let y = (o.min.y - self.max.y).max(self.min.y - o.max.y).max(0.0);
        x.hypot(y)
    }
}
