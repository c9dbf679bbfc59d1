//! A geometry as points, segments and areas of a plane, to test intersections and measure distances, whatever its type.
//! The plane is in degrees for intersections, in metres for distances. Never measures areas or lengths.

use crate::feature::Geometry;
use geo_types::{Coord, LineString, Polygon};

/// Shapes with at least this many segments are indexed by bands of y.
const BANDED_FROM: usize = 48;
const SEGMENTS_PER_BAND: usize = 8;

/// A geometry as segments; a point is a segment without length.
#[derive(Debug, Clone)]
pub struct PlanarShape {
    segments: Vec<PlanarSegment>,
    /// The range of each polygon's rings in `segments`.
    areas: Vec<std::ops::Range<usize>>,
    /// One position of each part, to test whether it lies inside an area whose boundary it does not touch.
    parts: Vec<Coord<f64>>,
    bounds: PlanarBounds,
    bands: Option<SegmentBands>,
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

/// Segments by horizontal bands: those of row `i` touch y in `bottom + i * height ..= bottom + (i + 1) * height`.
#[derive(Debug, Clone)]
struct SegmentBands {
    bottom: f64,
    height: f64,
    rows: Vec<Vec<u32>>,
}

impl PlanarShape {
    /// An empty geometry intersects nothing and is infinitely far from everything.
    #[must_use]
    pub fn from_geometry(geometry: &Geometry) -> Self {
        let nothing = PlanarBounds {
            min: Coord { x: f64::INFINITY, y: f64::INFINITY },
            max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
        };
        let mut shape = Self { segments: vec![], areas: vec![], parts: vec![], bounds: nothing, bands: None };
        shape.add_geometry(geometry);
        for s in &shape.segments {
            shape.bounds = shape.bounds.union(s.bounds());
        }
        if shape.segments.len() >= BANDED_FROM {
            shape.bands = Some(SegmentBands::from_segments(&shape.segments, shape.bounds));
        }
        shape
    }

    /// Whether the shapes share a position; touching is enough.
    #[must_use]
    pub fn intersects(&self, other: &Self) -> bool {
        self.shortest_line(other, 0.0).is_some()
    }

    /// The shortest line between the shapes if it is at most `limit` long; of length zero when they intersect.
    #[must_use]
    pub fn shortest_line(&self, other: &Self, limit: f64) -> Option<ShortestLine> {
        // Search the shape with bands, or with more segments, by the segments of the other.
        if other.bands.is_some() && (self.bands.is_none() || other.segments.len() > self.segments.len()) {
            return other.shortest_line_from(self, limit).map(|g| ShortestLine { from: g.to, to: g.from, ..g });
        }
        self.shortest_line_from(other, limit)
    }

    /// Whether a position lies in an area of this shape or on its boundary.
    #[must_use]
    pub fn covers_point(&self, p: Coord<f64>) -> bool {
        !self.areas.is_empty() && self.bounds.distance(PlanarBounds { min: p, max: p }) <= 0.0 && self.is_in_area(p)
    }

    /// Whether all of `other` lies in the interior of this shape's areas, as far as a test without clipping shows:
    /// `false` may also mean that the boundaries touch.
    #[must_use]
    pub fn surely_covers(&self, other: &Self) -> bool {
        if self.areas.is_empty()
            || !self.bounds.contains(other.bounds)
            || !other.parts.iter().all(|p| self.is_in_area(*p))
        {
            return false;
        }
        !other.segments.iter().any(|s| {
            let mut touched = false;
            self.visit_segments_near(s.bounds(), 0.0, |own| touched |= own.shortest_line(*s).distance <= 0.0);
            touched
        })
    }

    fn shortest_line_from(&self, other: &Self, limit: f64) -> Option<ShortestLine> {
        if self.bounds.distance(other.bounds) > limit {
            return None;
        }
        let inside = |p: &&Coord<f64>, area: &Self| area.covers_point(**p);
        let met = other.parts.iter().find(|p| inside(p, self)).or_else(|| self.parts.iter().find(|p| inside(p, other)));
        if let Some(&p) = met {
            return Some(ShortestLine { distance: 0.0, from: p, to: p });
        }
        let mut best: Option<ShortestLine> = None;
        for s in &other.segments {
            let reach = best.map_or(limit, |b| b.distance);
            let bounds = s.bounds();
            self.visit_segments_near(bounds, reach, |own| {
                if own.bounds().distance(bounds) <= best.map_or(limit, |b| b.distance) {
                    let gap = own.shortest_line(*s);
                    if gap.distance <= limit && best.is_none_or(|b| gap.distance < b.distance) {
                        best = Some(gap);
                    }
                }
            });
            if best.is_some_and(|b| b.distance <= 0.0) {
                break;
            }
        }
        best
    }

    /// Visits the segments that may lie within `reach` of a box.
    fn visit_segments_near(&self, b: PlanarBounds, reach: f64, mut visit: impl FnMut(PlanarSegment)) {
        match &self.bands {
            None => {
                for s in &self.segments {
                    visit(*s);
                }
            }
            Some(bands) => {
                for row in &bands.rows[bands.rows_between(b.min.y - reach, b.max.y + reach)] {
                    for &i in row {
                        visit(self.segments[i as usize]);
                    }
                }
            }
        }
    }

    fn is_in_area(&self, p: Coord<f64>) -> bool {
        match &self.bands {
            None => self.areas.iter().any(|range| is_in_rings(self.segments[range.clone()].iter().copied(), p)),
            Some(bands) => {
                let row = &bands.rows[bands.row_at(p.y)];
                self.areas.iter().any(|range| {
                    let own = row.iter().map(|&i| i as usize).filter(|i| range.contains(i));
                    is_in_rings(own.map(|i| self.segments[i]), p)
                })
            }
        }
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

impl SegmentBands {
    fn from_segments(segments: &[PlanarSegment], bounds: PlanarBounds) -> Self {
        let count = (segments.len() / SEGMENTS_PER_BAND).clamp(1, 4096);
        let height = ((bounds.max.y - bounds.min.y) / count as f64).max(f64::MIN_POSITIVE);
        let mut bands = Self { bottom: bounds.min.y, height, rows: vec![vec![]; count] };
        for (i, s) in segments.iter().enumerate() {
            let b = s.bounds();
            for row in bands.rows_between(b.min.y, b.max.y) {
                bands.rows[row].push(i as u32);
            }
        }
        bands
    }

    fn row_at(&self, y: f64) -> usize {
        (((y - self.bottom) / self.height) as usize).min(self.rows.len() - 1)
    }

    fn rows_between(&self, low: f64, high: f64) -> std::ops::Range<usize> {
        self.row_at(low)..self.row_at(high) + 1
    }
}
