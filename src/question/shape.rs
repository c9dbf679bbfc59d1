//! A geometry taken apart for measuring distances: points, segments and areas in one plane, whatever its type was. The plane may be
//! in degrees (does it meet?) or in metres (how far?). Never measures areas or lengths.

use crate::feature::Geometry;
use geo_types::{Coord, LineString, Polygon};

/// Above this many segments they are also sorted into bands by y.
const BANDED_FROM: usize = 48;
const SEGMENTS_PER_BAND: usize = 8;

/// A geometry as segments; a point is a segment without length.
#[derive(Debug, Clone)]
pub struct Shape {
    segments: Vec<Segment>,
    /// Where the rings of each polygon lie in `segments`.
    areas: Vec<std::ops::Range<usize>>,
    /// One position of each part, to see whether it lies within an area whose boundary it does not touch.
    parts: Vec<Coord<f64>>,
    bounds: Bounds,
    bands: Option<Bands>,
}

/// Two shapes and the shortest way between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    pub distance: f64,
    pub from: Coord<f64>,
    pub to: Coord<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    a: Coord<f64>,
    b: Coord<f64>,
}

#[derive(Debug, Clone, Copy)]
struct Bounds {
    min: Coord<f64>,
    max: Coord<f64>,
}

/// Segments by horizontal bands: those of band `i` touch y in `bottom + i * height ..= bottom + (i + 1) * height`.
#[derive(Debug, Clone)]
struct Bands {
    bottom: f64,
    height: f64,
    rows: Vec<Vec<u32>>,
}

impl Shape {
    /// Takes a geometry apart. An empty one meets nothing and is infinitely far.
    #[must_use]
    pub fn of(geometry: &Geometry) -> Self {
        let nothing = Bounds {
            min: Coord { x: f64::INFINITY, y: f64::INFINITY },
            max: Coord { x: f64::NEG_INFINITY, y: f64::NEG_INFINITY },
        };
        let mut shape = Self { segments: vec![], areas: vec![], parts: vec![], bounds: nothing, bands: None };
        shape.take(geometry);
        for s in &shape.segments {
            shape.bounds = shape.bounds.with(s.bounds());
        }
        if shape.segments.len() >= BANDED_FROM {
            shape.bands = Some(Bands::of(&shape.segments, shape.bounds));
        }
        shape
    }

    /// Whether they share a position; touching is meeting.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.gap(other, 0.0).is_some()
    }

    /// The shortest way between the two when it is at most `limit` long; zero when they meet.
    #[must_use]
    pub fn gap(&self, other: &Self, limit: f64) -> Option<Gap> {
        // The one with bands is searched by the segments of the other.
        if other.bands.is_some() && (self.bands.is_none() || other.segments.len() > self.segments.len()) {
            return other.gap_from(self, limit).map(|g| Gap { from: g.to, to: g.from, ..g });
        }
        self.gap_from(other, limit)
    }

    /// Whether a position lies in an area of this shape or on its boundary.
    #[must_use]
    pub fn holds(&self, p: Coord<f64>) -> bool {
        !self.areas.is_empty() && self.bounds.distance(Bounds { min: p, max: p }) <= 0.0 && self.in_area(p)
    }

    /// Whether all of `other` lies in the inside of this one's areas or on their edges, as far as can be told without
    /// cutting: `false` may also mean that the two share a stretch of boundary.
    #[must_use]
    pub fn surely_covers(&self, other: &Self) -> bool {
        if self.areas.is_empty() || !self.bounds.contains(other.bounds) || !other.parts.iter().all(|p| self.in_area(*p))
        {
            return false;
        }
        !other.segments.iter().any(|s| {
            let mut touched = false;
            self.near(s.bounds(), 0.0, |own| touched |= own.gap(*s).distance <= 0.0);
            touched
        })
    }

    fn gap_from(&self, other: &Self, limit: f64) -> Option<Gap> {
        if self.bounds.distance(other.bounds) > limit {
            return None;
        }
        let inside = |p: &&Coord<f64>, area: &Self| area.holds(**p);
        let met = other.parts.iter().find(|p| inside(p, self)).or_else(|| self.parts.iter().find(|p| inside(p, other)));
        if let Some(&p) = met {
            return Some(Gap { distance: 0.0, from: p, to: p });
        }
        let mut best: Option<Gap> = None;
        for s in &other.segments {
            let reach = best.map_or(limit, |b| b.distance);
            let bounds = s.bounds();
            self.near(bounds, reach, |own| {
                if own.bounds().distance(bounds) <= best.map_or(limit, |b| b.distance) {
                    let gap = own.gap(*s);
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

    /// Shows the segments that may lie within `reach` of a box.
    fn near(&self, b: Bounds, reach: f64, mut visit: impl FnMut(Segment)) {
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

    fn in_area(&self, p: Coord<f64>) -> bool {
        match &self.bands {
            None => self.areas.iter().any(|range| odd(self.segments[range.clone()].iter().copied(), p)),
            Some(bands) => {
                let row = &bands.rows[bands.row(p.y)];
                self.areas.iter().any(|range| {
                    let own = row.iter().map(|&i| i as usize).filter(|i| range.contains(i));
                    odd(own.map(|i| self.segments[i]), p)
                })
            }
        }
    }

    fn take(&mut self, geometry: &Geometry) {
        use geo_types::Geometry as G;
        match geometry {
            G::Point(p) => self.point(p.0),
            G::MultiPoint(m) => m.iter().for_each(|p| self.point(p.0)),
            G::Line(l) => self.line(&LineString::from(vec![l.start, l.end])),
            G::LineString(l) => self.line(l),
            G::MultiLineString(m) => m.iter().for_each(|l| self.line(l)),
            G::Polygon(p) => self.area(p),
            G::MultiPolygon(m) => m.iter().for_each(|p| self.area(p)),
            G::Rect(r) => self.area(&r.to_polygon()),
            G::Triangle(t) => self.area(&t.to_polygon()),
            G::GeometryCollection(c) => c.iter().for_each(|g| self.take(g)),
        }
    }

    fn point(&mut self, p: Coord<f64>) {
        self.segments.push(Segment { a: p, b: p });
        self.parts.push(p);
    }

    fn line(&mut self, line: &LineString<f64>) {
        self.segments.extend(line.0.windows(2).map(|w| Segment { a: w[0], b: w[1] }));
        self.parts.extend(line.0.first());
    }

    fn area(&mut self, polygon: &Polygon<f64>) {
        let first = self.segments.len();
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            self.segments.extend(ring.0.windows(2).map(|w| Segment { a: w[0], b: w[1] }));
        }
        self.parts.extend(polygon.exterior().0.first());
        self.areas.push(first..self.segments.len());
    }
}

/// Even-odd rule over the rings of one polygon; the boundary counts as inside.
#[allow(clippy::float_cmp)] // On the line is on the line: the very same number.
fn odd(segments: impl Iterator<Item = Segment>, p: Coord<f64>) -> bool {
    let mut inside = false;
    for Segment { a, b } in segments {
        if (a.y > p.y) != (b.y > p.y) {
            let side = cross(a, b, p);
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
fn cross(a: Coord<f64>, b: Coord<f64>, c: Coord<f64>) -> f64 {
    (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)
}

impl Segment {
    fn bounds(self) -> Bounds {
        Bounds {
            min: Coord { x: self.a.x.min(self.b.x), y: self.a.y.min(self.b.y) },
            max: Coord { x: self.a.x.max(self.b.x), y: self.a.y.max(self.b.y) },
        }
    }

    fn gap(self, o: Self) -> Gap {
        if let Some(p) = self.crossing(o) {
            return Gap { distance: 0.0, from: p, to: p };
        }
        let turned = |g: Gap| Gap { from: g.to, to: g.from, ..g };
        let ends = [self.to_point(o.a), self.to_point(o.b), turned(o.to_point(self.a)), turned(o.to_point(self.b))];
        ends.into_iter().fold(ends[0], |best, g| if g.distance < best.distance { g } else { best })
    }

    /// Where two segments cross in their insides; touching ends are found by [`Segment::to_point`].
    #[allow(clippy::many_single_char_names)] // Ends and sides, as in the books.
    fn crossing(self, o: Self) -> Option<Coord<f64>> {
        let (c, d) = (cross(self.a, self.b, o.a), cross(self.a, self.b, o.b));
        let (e, f) = (cross(o.a, o.b, self.a), cross(o.a, o.b, self.b));
        if (c > 0.0) == (d > 0.0) || (e > 0.0) == (f > 0.0) || c == 0.0 || d == 0.0 || e == 0.0 || f == 0.0 {
            return None;
        }
        let t = e / (e - f);
        Some(Coord { x: self.a.x + t * (self.b.x - self.a.x), y: self.a.y + t * (self.b.y - self.a.y) })
    }

    fn to_point(self, p: Coord<f64>) -> Gap {
        let d = self.b - self.a;
        let length2 = d.x * d.x + d.y * d.y;
        let along = if length2 > 0.0 { ((p.x - self.a.x) * d.x + (p.y - self.a.y) * d.y) / length2 } else { 0.0 };
        let from = match along {
            t if t <= 0.0 => self.a,
            t if t >= 1.0 => self.b,
            // On the line by the sign of the triangle is on the line: no rounding may pull them apart.
            t if cross(self.a, self.b, p) != 0.0 => self.a + d * t,
            _ => p,
        };
        Gap { distance: (p.x - from.x).hypot(p.y - from.y), from, to: p }
    }
}

impl Bounds {
    fn with(self, o: Self) -> Self {
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

impl Bands {
    fn of(segments: &[Segment], bounds: Bounds) -> Self {
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

    fn row(&self, y: f64) -> usize {
        (((y - self.bottom) / self.height) as usize).min(self.rows.len() - 1)
    }

    fn rows_between(&self, low: f64, high: f64) -> std::ops::Range<usize> {
        self.row(low)..self.row(high) + 1
    }
}
