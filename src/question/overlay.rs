//! Unions, intersections and differences of polygons within a budget. One call of the overlay algorithm cannot be ended
//! in the middle, so its size is known before: what is larger is divided, or refused with a sentence.
//!
//! A union is computed as JTS computes a cascaded union: halves by place, each united by itself, then joined; of two
//! halves only the polygons that are near the other half take part.

use crate::error::Error;
use crate::feature::BoxTree;
use crate::work_budget::WorkBudget;
use geo::orient::Direction;
use geo::{BooleanOps, BoundingRect, CoordsIter, OpType, Orient, unary_union};
use geo_types::{Coord, LineString, MultiLineString, MultiPolygon, Polygon, Rect};

/// The most positions and crossings of one call, which then takes about 100 ms; a crossing counts as two positions.
const MAX_CALL_SIZE: usize = 100_000;
/// The positions of one call in a union, if it can be divided.
const UNION_CHUNK: usize = 6_000;
/// With fewer positions, crossings are not counted: all segments may cross each other.
const UNCOUNTED_POSITIONS: usize = 300;
/// Polygons with fewer positions are not cropped.
const MIN_CROPPED: usize = 64;
/// The work units of one position or crossing in a call.
const CALL_UNITS: u64 = 100;

/// The union of polygons. The result is valid, with the winding order of RFC 7946. Empty when the budget stops.
#[must_use]
pub fn union_polygons(polygons: &[Polygon<f64>], work: &WorkBudget) -> MultiPolygon<f64> {
    let oriented: Vec<Polygon<f64>> = polygons.iter().map(|p| p.orient(Direction::Default)).collect();
    MultiPolygon(unite(oriented, work))
}

/// The part of polygons inside others. Empty when the budget stops.
#[must_use]
pub fn intersect_polygons(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>, work: &WorkBudget) -> MultiPolygon<f64> {
    let (Some(box_a), Some(box_b)) = (a.bounding_rect(), b.bounding_rect()) else { return MultiPolygon(vec![]) };
    let (a, b) = (crop_polygons(a, box_b), crop_polygons(b, box_a));
    call_overlay(&a, &b, OpType::Intersection, work)
}

/// The part of polygons outside others. Empty when the budget stops.
#[must_use]
pub fn subtract_polygons(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>, work: &WorkBudget) -> MultiPolygon<f64> {
    let mut left = Vec::new();
    for polygon in a {
        let Some(bounds) = polygon.bounding_rect() else { continue };
        let near = MultiPolygon(polygons_near(b, bounds));
        if near.0.is_empty() {
            left.push(polygon.clone());
        } else {
            let one = MultiPolygon(vec![polygon.clone()]);
            left.extend(call_overlay(&one, &crop_polygons(&near, bounds), OpType::Difference, work));
        }
    }
    MultiPolygon(left)
}

/// The parts of lines inside polygons. Empty when the budget stops.
#[must_use]
pub fn clip_lines(lines: &MultiLineString<f64>, area: &MultiPolygon<f64>, work: &WorkBudget) -> MultiLineString<f64> {
    let mut clipped = Vec::new();
    for line in lines {
        let Some(bounds) = line.bounding_rect() else { continue };
        let area = crop_polygons(area, bounds);
        let segments = line.0.windows(2).map(|w| (w[0], w[1])).chain(polygon_segments(&area.0));
        if !admit_call(line.0.len() + area.coords_count(), segments, work) {
            return MultiLineString(vec![]);
        }
        clipped.extend(area.clip(&MultiLineString(vec![line.clone()]), false));
    }
    MultiLineString(clipped)
}

/// Unites polygons of the winding order of RFC 7946.
fn unite(polygons: Vec<Polygon<f64>>, work: &WorkBudget) -> Vec<Polygon<f64>> {
    if work.is_stopped() {
        return vec![];
    }
    let positions: usize = polygons.iter().map(CoordsIter::coords_count).sum();
    let is_one_call = polygons.len() < 2
        || positions <= UNCOUNTED_POSITIONS
        || (positions <= UNION_CHUNK && count_crossings(polygon_segments(&polygons), work) <= UNION_CHUNK);
    if is_one_call {
        return call_union(&polygons, work);
    }
    let (first, second) = split_by_place(polygons);
    join_halves(unite(first, work), unite(second, work), work)
}

/// Two halves, apart in the direction in which the polygons extend farther.
fn split_by_place(polygons: Vec<Polygon<f64>>) -> (Vec<Polygon<f64>>, Vec<Polygon<f64>>) {
    let centre = |p: &Polygon<f64>| p.bounding_rect().map_or(Coord { x: 0.0, y: 0.0 }, Rect::center);
    let mut placed: Vec<(Coord<f64>, Polygon<f64>)> = polygons.into_iter().map(|p| (centre(&p), p)).collect();
    let extent = |of: fn(Coord<f64>) -> f64| {
        let all = placed.iter().map(|(c, _)| of(*c));
        all.clone().fold(f64::NEG_INFINITY, f64::max) - all.fold(f64::INFINITY, f64::min)
    };
    let is_wide = extent(|c| c.x) >= extent(|c| c.y);
    let along = |c: Coord<f64>| if is_wide { c.x } else { c.y };
    placed.sort_by(|a, b| along(a.0).total_cmp(&along(b.0)));
    let second = placed.split_off(placed.len() / 2);
    let bare = |half: Vec<(Coord<f64>, Polygon<f64>)>| half.into_iter().map(|(_, p)| p).collect();
    (bare(placed), bare(second))
}

/// Joins two unions: only the polygons that are near the other one are united again.
fn join_halves(first: Vec<Polygon<f64>>, second: Vec<Polygon<f64>>, work: &WorkBudget) -> Vec<Polygon<f64>> {
    let bounds = |of: &[Polygon<f64>]| of.iter().filter_map(BoundingRect::bounding_rect).reduce(union_rects);
    let (Some(box_a), Some(box_b)) = (bounds(&first), bounds(&second)) else {
        return first.into_iter().chain(second).collect();
    };
    let near = |p: &Polygon<f64>, other: Rect<f64>| p.bounding_rect().is_some_and(|r| rects_intersect(r, other));
    let (near_a, mut apart): (Vec<_>, Vec<_>) = first.into_iter().partition(|p| near(p, box_b));
    let (near_b, apart_b): (Vec<_>, Vec<_>) = second.into_iter().partition(|p| near(p, box_a));
    apart.extend(apart_b);
    if near_a.is_empty() || near_b.is_empty() {
        apart.extend(near_a.into_iter().chain(near_b));
        return apart;
    }
    apart.extend(call_union(&[near_a, near_b].concat(), work));
    apart
}

fn call_union(polygons: &[Polygon<f64>], work: &WorkBudget) -> Vec<Polygon<f64>> {
    let positions = polygons.iter().map(CoordsIter::coords_count).sum();
    if admit_call(positions, polygon_segments(polygons), work) { unary_union(polygons.iter()).0 } else { vec![] }
}

fn call_overlay(a: &MultiPolygon<f64>, b: &MultiPolygon<f64>, op: OpType, work: &WorkBudget) -> MultiPolygon<f64> {
    let positions = a.coords_count() + b.coords_count();
    let segments = polygon_segments(&a.0).chain(polygon_segments(&b.0));
    if admit_call(positions, segments, work) { a.boolean_op(b, op) } else { MultiPolygon(vec![]) }
}

/// Whether a call may be made: it is small enough, and within the budget.
fn admit_call(positions: usize, segments: impl Iterator<Item = (Coord<f64>, Coord<f64>)>, work: &WorkBudget) -> bool {
    let is_counted = positions > UNCOUNTED_POSITIONS && positions <= MAX_CALL_SIZE;
    let size = positions + if is_counted { 2 * count_crossings(segments, work) } else { 0 };
    if size > MAX_CALL_SIZE {
        work.stop(too_complex_error());
    }
    work.spend(size as u64 * CALL_UNITS).is_ok()
}

/// How many pairs of segments cross, up to a little more than a call may have.
fn count_crossings(segments: impl Iterator<Item = (Coord<f64>, Coord<f64>)>, work: &WorkBudget) -> usize {
    let segments: Vec<_> = segments.collect();
    let tree = BoxTree::new(segments.iter().copied());
    let mut count = 0;
    tree.visit_near_pairs(&mut work.meter(), &mut |i, j| {
        count += usize::from(segments_cross(segments[i], segments[j]));
        count <= MAX_CALL_SIZE
    });
    count
}

/// Whether two segments cross or touch, other than at an end that both have.
fn segments_cross((a, b): (Coord<f64>, Coord<f64>), (c, d): (Coord<f64>, Coord<f64>)) -> bool {
    let turn = |p: Coord<f64>, q: Coord<f64>, r: Coord<f64>| (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x);
    if a == c || a == d || b == c || b == d {
        return false;
    }
    turn(a, b, c) * turn(a, b, d) <= 0.0 && turn(c, d, a) * turn(c, d, b) <= 0.0
}

fn polygon_segments(polygons: &[Polygon<f64>]) -> impl Iterator<Item = (Coord<f64>, Coord<f64>)> {
    polygons.iter().flat_map(polygon_rings).flat_map(|ring| ring.0.windows(2)).map(|w| (w[0], w[1]))
}

fn polygon_rings(polygon: &Polygon<f64>) -> impl Iterator<Item = &LineString<f64>> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// Polygons that equal these within a box; what lies farther away is cut off. Rings may run along themselves outside
/// the box, where they enclose nothing.
fn crop_polygons(polygons: &MultiPolygon<f64>, bounds: Rect<f64>) -> MultiPolygon<f64> {
    // With a margin, so that the cuts touch nothing in the box.
    let (x, y) = (bounds.width() / 64.0 + 1e-6, bounds.height() / 64.0 + 1e-6);
    let (min, max) = (bounds.min(), bounds.max());
    let wide = Rect::new(Coord { x: min.x - x, y: min.y - y }, Coord { x: max.x + x, y: max.y + y });
    let crop = |polygon: Polygon<f64>| {
        if polygon.coords_count() < MIN_CROPPED {
            return Some(polygon);
        }
        let (exterior, holes) = polygon.into_inner();
        let exterior = crop_ring(exterior, wide)?;
        Some(Polygon::new(exterior, holes.into_iter().filter_map(|ring| crop_ring(ring, wide)).collect()))
    };
    MultiPolygon(polygons_near(polygons, wide).into_iter().filter_map(crop).collect())
}

fn polygons_near(polygons: &MultiPolygon<f64>, bounds: Rect<f64>) -> Vec<Polygon<f64>> {
    let near = |p: &&Polygon<f64>| p.bounding_rect().is_some_and(|r| rects_intersect(r, bounds));
    polygons.iter().filter(near).cloned().collect()
}

/// A ring cut at the four sides of a box (I. Sutherland and G. Hodgman, *Reentrant polygon clipping*, 1974); `None`
/// when nothing is left.
fn crop_ring(ring: LineString<f64>, bounds: Rect<f64>) -> Option<LineString<f64>> {
    let own = ring.bounding_rect()?;
    let (min, max) = (bounds.min(), bounds.max());
    if own.min().x >= min.x && own.min().y >= min.y && own.max().x <= max.x && own.max().y <= max.y {
        return Some(ring);
    }
    if !rects_intersect(own, bounds) {
        return None;
    }
    let mut positions = ring.0;
    positions.pop();
    for (is_x, limit, sign) in [(true, min.x, 1.0), (true, max.x, -1.0), (false, min.y, 1.0), (false, max.y, -1.0)] {
        // Positive inside.
        let depth = |c: Coord<f64>| sign * (if is_x { c.x } else { c.y } - limit);
        let mut cut = Vec::with_capacity(positions.len());
        for (i, &to) in positions.iter().enumerate() {
            let from = positions[(i + positions.len() - 1) % positions.len()];
            let (d, e) = (depth(from), depth(to));
            if (d < 0.0) != (e < 0.0) {
                let mut at = from + (to - from) * (d / (d - e));
                *(if is_x { &mut at.x } else { &mut at.y }) = limit;
                cut.push(at);
            }
            if e >= 0.0 {
                cut.push(to);
            }
        }
        positions = cut;
    }
    let first = *positions.first()?;
    positions.push(first);
    (positions.len() > 3).then_some(LineString(positions))
}

fn union_rects(a: Rect<f64>, b: Rect<f64>) -> Rect<f64> {
    let (low, high) = (a.min(), a.max());
    Rect::new(
        Coord { x: low.x.min(b.min().x), y: low.y.min(b.min().y) },
        Coord { x: high.x.max(b.max().x), y: high.y.max(b.max().y) },
    )
}

fn rects_intersect(a: Rect<f64>, b: Rect<f64>) -> bool {
    a.min().x <= b.max().x && b.min().x <= a.max().x && a.min().y <= b.max().y && b.min().y <= a.max().y
}

fn too_complex_error() -> Error {
    Error::TooMuchWork(format!(
        "The outlines here are too complex to be merged or cut: together they have more than {MAX_CALL_SIZE} positions and crossings. Simplify the area, or send a filter that matches fewer features."
    ))
}
