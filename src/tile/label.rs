//! The label point of a feature: one position, the same at every zoom, so that exactly one tile of each zoom contains
//! it. Depends on the feature's geometry alone.

use crate::index::{GeometryPath, IndexSegment, PathRole};

/// A position in world coordinates.
type LabelPosition = [u32; 2];

/// Horizontal scan lines through a polygon whose centroid lies outside, to find where it is widest.
const SCAN_LINES: i64 = 9;

/// The first of the points, the midpoint of the longest line, a position inside the largest polygon. `None` without a
/// geometry.
pub(crate) fn label_position(segment: &IndexSegment, slot: usize) -> Option<LabelPosition> {
    let paths: Vec<GeometryPath> = segment.shapes.paths(slot).collect();
    if paths.iter().any(|p| p.role == PathRole::Exterior) {
        return polygon_label(&segment.world, &paths);
    }
    let lines = paths.iter().filter(|p| p.role == PathRole::Line).map(|p| &segment.world[p.start..p.end]);
    let longest = lines.map(|line| (line_length(line), line)).reduce(|a, b| if b.0 > a.0 { b } else { a });
    longest.map_or_else(|| paths.first().map(|p| segment.world[p.start]), |(length, line)| line_midpoint(line, length))
}

fn step_distance(a: LabelPosition, b: LabelPosition) -> f64 {
    let along = |axis: usize| f64::from(b[axis]) - f64::from(a[axis]);
    along(0).hypot(along(1))
}

fn line_length(line: &[LabelPosition]) -> f64 {
    line.windows(2).map(|pair| step_distance(pair[0], pair[1])).sum()
}

/// The position halfway along a line.
fn line_midpoint(line: &[LabelPosition], length: f64) -> Option<LabelPosition> {
    let mut left = length / 2.0;
    for pair in line.windows(2) {
        let run = step_distance(pair[0], pair[1]);
        if left <= run && run > 0.0 {
            let share = left / run;
            let at = |axis: usize| {
                let (from, to) = (f64::from(pair[0][axis]), f64::from(pair[1][axis]));
                (from + share * (to - from)).round() as u32
            };
            return Some([at(0), at(1)]);
        }
        left -= run;
    }
    line.last().copied()
}

/// A position inside the polygon with the largest exterior ring.
fn polygon_label(world: &[LabelPosition], paths: &[GeometryPath]) -> Option<LabelPosition> {
    let starts = (0..paths.len()).filter(|&at| paths[at].role == PathRole::Exterior);
    let ring = |path: &GeometryPath| &world[path.start..path.end];
    let sized = starts.map(|at| (doubled_area(ring(&paths[at])).abs(), at));
    let (_, start) = sized.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    let holes = paths[start + 1..].iter().take_while(|p| p.role == PathRole::Hole).count();
    let rings: Vec<&[LabelPosition]> = paths[start..=start + holes].iter().map(ring).collect();
    ring_centroid(rings[0])
        .filter(|&at| is_inside(&rings, at))
        .or_else(|| widest_inside(&rings))
        .or_else(|| rings[0].first().copied())
}

/// The edges of a ring that is stored without its closing position.
fn ring_edges(ring: &[LabelPosition]) -> impl Iterator<Item = (LabelPosition, LabelPosition)> + '_ {
    ring.iter().copied().zip(ring.iter().copied().cycle().skip(1))
}

/// Twice the signed area, computed relative to the first position to avoid cancellation.
fn doubled_area(ring: &[LabelPosition]) -> f64 {
    let Some(&origin) = ring.first() else { return 0.0 };
    ring_edges(ring).map(|(a, b)| cross_product(origin, a, b)).sum()
}

fn cross_product(origin: LabelPosition, a: LabelPosition, b: LabelPosition) -> f64 {
    let d = |p: LabelPosition, axis: usize| f64::from(p[axis]) - f64::from(origin[axis]);
    d(a, 0) * d(b, 1) - d(b, 0) * d(a, 1)
}

/// The centroid of a ring; `None` when it has no area.
fn ring_centroid(ring: &[LabelPosition]) -> Option<LabelPosition> {
    let &origin = ring.first()?;
    let (mut x, mut y, mut double) = (0.0, 0.0, 0.0);
    for (a, b) in ring_edges(ring) {
        let part = cross_product(origin, a, b);
        double += part;
        x += part * (f64::from(a[0]) + f64::from(b[0]) - 2.0 * f64::from(origin[0]));
        y += part * (f64::from(a[1]) + f64::from(b[1]) - 2.0 * f64::from(origin[1]));
    }
    let at = |sum: f64, axis: usize| (f64::from(origin[axis]) + sum / (3.0 * double)).round() as u32;
    (double != 0.0).then(|| [at(x, 0), at(y, 1)])
}

/// Whether a position lies inside the first ring and outside the others, by the number of edges to its right (even-odd
/// rule).
fn is_inside(rings: &[&[LabelPosition]], at: LabelPosition) -> bool {
    let mut inside = false;
    for (a, b) in rings.iter().flat_map(|ring| ring_edges(ring)) {
        if (a[1] > at[1]) != (b[1] > at[1]) {
            let (low, high) = if a[1] < b[1] { (a, b) } else { (b, a) };
            inside ^= cross_product(low, high, at) > 0.0;
        }
    }
    inside
}

/// The midpoint of the widest interval inside the polygon on evenly spaced scan lines.
fn widest_inside(rings: &[&[LabelPosition]]) -> Option<LabelPosition> {
    let (low, high) = rings[0].iter().fold((u32::MAX, 0), |(low, high), p| (low.min(p[1]), high.max(p[1])));
    let mut best: Option<(f64, LabelPosition)> = None;
    let mut crossings = vec![];
    for scan in 1..=SCAN_LINES {
        let y = (i64::from(low) + (i64::from(high) - i64::from(low)) * scan / (SCAN_LINES + 1)) as u32;
        crossings.clear();
        for (a, b) in rings.iter().flat_map(|ring| ring_edges(ring)) {
            if (a[1] > y) != (b[1] > y) {
                let share = (f64::from(y) - f64::from(a[1])) / (f64::from(b[1]) - f64::from(a[1]));
                crossings.push(f64::from(a[0]) + share * (f64::from(b[0]) - f64::from(a[0])));
            }
        }
        crossings.sort_unstable_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let width = pair[1] - pair[0];
            if width > best.map_or(0.0, |(most, _)| most) {
                best = Some((width, [f64::midpoint(pair[0], pair[1]).round() as u32, y]));
            }
        }
    }
    best.map(|(_, at)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_midpoint_of_a_line_lies_halfway_along_it() {
        let line = [[0, 0], [100, 0], [100, 300]];
        assert_eq!(line_midpoint(&line, line_length(&line)), Some([100, 100]));
        assert_eq!(line_midpoint(&[[7, 7], [7, 7]], 0.0), Some([7, 7]));
    }

    #[test]
    fn the_label_of_a_ring_like_the_letter_c_lies_inside_it() {
        let c: [LabelPosition; 8] = [[0, 0], [100, 0], [100, 20], [20, 20], [20, 80], [100, 80], [100, 100], [0, 100]];
        let rings = [&c[..]];
        assert!(!is_inside(&rings, ring_centroid(&c).unwrap()));
        let at = widest_inside(&rings).unwrap();
        assert!(is_inside(&rings, at), "{at:?}");
    }

    #[test]
    fn a_hole_is_not_inside() {
        let (outer, hole) = ([[0, 0], [90, 0], [90, 90], [0, 90]], [[30, 30], [30, 60], [60, 60], [60, 30]]);
        let rings = [&outer[..], &hole[..]];
        assert!(!is_inside(&rings, ring_centroid(&outer).unwrap()));
        let at = widest_inside(&rings).unwrap();
        assert!(is_inside(&rings, at), "{at:?}");
    }
}
