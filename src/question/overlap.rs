//! The length of many lines together, overlapping parts counted once. Never measures areas.

use super::ellipsoid::length_m;
use crate::work_budget::WorkBudget;
use geo_types::{Coord, LineString, MultiLineString};
use std::collections::HashMap;

/// Lines that run nearer to each other than this, in metres, overlap: coordinates have seven decimals, which is a
/// centimetre.
const SAME_LINE_M: f64 = 0.05;
/// The work units of comparing two segments, and of one bin.
const PAIR_UNITS: u64 = 5;
/// The side of the bins of the spatial index of segments.
const BIN_DEG: f64 = 0.002;

/// The length of the lines in metres, overlaps counted once. Too short when the budget stops.
#[must_use]
pub fn union_length_m(lines: &MultiLineString<f64>, work: &WorkBudget) -> f64 {
    let mut meter = work.meter();
    let segments: Vec<[Coord<f64>; 2]> = lines.iter().flat_map(|l| l.0.windows(2)).map(|w| [w[0], w[1]]).collect();
    let mut bins: HashMap<(i64, i64), Vec<usize>> = HashMap::new();
    let mut total = 0.0;
    for (i, segment) in segments.iter().enumerate() {
        let keys = segment_bins(segment);
        let mut before: Vec<usize> = keys.iter().filter_map(|k| bins.get(k)).flatten().copied().collect();
        before.sort_unstable();
        before.dedup();
        if !meter.spend((before.len() + keys.len() + 1) as u64 * PAIR_UNITS) {
            break;
        }
        let covered = covered_share(segment, before.into_iter().map(|j| &segments[j]));
        total += length_m(&LineString::new(segment.to_vec())) * (1.0 - covered);
        for key in keys {
            bins.entry(key).or_default().push(i);
        }
    }
    total
}

/// The share of a segment, 0 to 1, that other segments cover.
fn covered_share<'a>(segment: &[Coord<f64>; 2], others: impl Iterator<Item = &'a [Coord<f64>; 2]>) -> f64 {
    let mut intervals: Vec<(f64, f64)> = others.filter_map(|o| overlap_interval(segment, o)).collect();
    intervals.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut sum, mut end) = (0.0, 0.0_f64);
    for (from, to) in intervals {
        sum += (to - from.max(end)).max(0.0);
        end = end.max(to);
    }
    sum.min(1.0)
}

/// The interval of a segment that another one covers, as shares of its length.
fn overlap_interval(segment: &[Coord<f64>; 2], other: &[Coord<f64>; 2]) -> Option<(f64, f64)> {
    let [a, b] = *segment;
    let scale = Coord { x: 111_320.0 * a.y.to_radians().cos(), y: 111_132.0 };
    let plane = |c: Coord<f64>| Coord { x: (c.x - a.x) * scale.x, y: (c.y - a.y) * scale.y };
    let (along, length) = (plane(b), plane(b).x.hypot(plane(b).y));
    if length == 0.0 {
        return None;
    }
    // Each end of the other segment: its distance along this one, and its perpendicular distance.
    let place = |c: Coord<f64>| {
        let p = plane(c);
        ((p.x * along.x + p.y * along.y) / length, (p.y * along.x - p.x * along.y) / length)
    };
    let (mut p, mut q) = (place(other[0]), place(other[1]));
    if p.0 > q.0 {
        std::mem::swap(&mut p, &mut q);
    }
    if q.0 <= p.0 || q.0 <= 0.0 || p.0 >= length {
        return None;
    }
    let beside = |t: f64| p.1 + (q.1 - p.1) * (t - p.0) / (q.0 - p.0);
    let (from, to) = (p.0.max(0.0), q.0.min(length));
    (beside(from).abs() <= SAME_LINE_M && beside(to).abs() <= SAME_LINE_M).then_some((from / length, to / length))
}

fn segment_bins(segment: &[Coord<f64>; 2]) -> Vec<(i64, i64)> {
    let bin = |v: f64| (v / BIN_DEG).floor() as i64;
    let margin = SAME_LINE_M / 50_000.0;
    let [a, b] = segment;
    let (west, east) = (bin(a.x.min(b.x) - margin), bin(a.x.max(b.x) + margin));
    let (south, north) = (bin(a.y.min(b.y) - margin), bin(a.y.max(b.y) + margin));
    let all = (west..=east).flat_map(|x| (south..=north).map(move |y| (x, y)));
    // Of the bins of a long diagonal segment's box, only those that it crosses.
    all.filter(|&(x, y)| line_passes_bin(a, b, x, y)).collect()
}

/// Whether the line through a and b crosses a bin, with a small margin.
fn line_passes_bin(a: &Coord<f64>, b: &Coord<f64>, x: i64, y: i64) -> bool {
    let middle = Coord { x: (x as f64 + 0.5) * BIN_DEG, y: (y as f64 + 0.5) * BIN_DEG };
    let d = Coord { x: b.x - a.x, y: b.y - a.y };
    let beside = (d.x * (middle.y - a.y) - d.y * (middle.x - a.x)).abs();
    beside <= (d.x.abs() + d.y.abs()) * (BIN_DEG / 2.0 + 1e-5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metres(lines: &[&[(f64, f64)]]) -> f64 {
        union_length_m(
            &MultiLineString(lines.iter().map(|l| LineString::from(l.to_vec())).collect()),
            &WorkBudget::unlimited(),
        )
    }

    #[test]
    fn a_line_that_is_repeated_counts_once() {
        let street: &[(f64, f64)] = &[(15.26, 46.22), (15.27, 46.225), (15.28, 46.22)];
        let back: Vec<(f64, f64)> = street.iter().rev().copied().collect();
        let once = metres(&[street]);
        assert!((metres(&[street, street]) - once).abs() < 1e-6);
        assert!((metres(&[street, &back]) - once).abs() < 1e-6);
        // A part of it, with vertices elsewhere on the same line, adds nothing.
        let part: &[(f64, f64)] = &[(15.262, 46.221), (15.266, 46.223)];
        assert!((metres(&[street, part]) - once).abs() < 1e-6);
        // A part is subtracted by its share in degrees, which differs from that in metres by one hundred-thousandth
        // here.
        assert!((metres(&[part, street]) - once).abs() < 0.01);
    }

    #[test]
    fn crossing_and_parallel_lines_count_in_full() {
        let east: &[(f64, f64)] = &[(15.26, 46.22), (15.28, 46.22)];
        let north: &[(f64, f64)] = &[(15.27, 46.21), (15.27, 46.23)];
        let beside: &[(f64, f64)] = &[(15.26, 46.220_01), (15.28, 46.220_01)];
        let sum = metres(&[east]) + metres(&[north]) + metres(&[beside]);
        assert!((metres(&[east, north, beside]) - sum).abs() < 1e-6);
    }
}
