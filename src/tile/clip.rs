//! Clips lines and rings to the square of a tile and its buffer. Positions inside are never moved.

use super::tile_frame::{TileFrame, WorldOffset};

/// A side of the square: its axis, its coordinate on that axis, and whether the inside is below it.
#[derive(Clone, Copy)]
struct ClipSide {
    axis: usize,
    at: i64,
    below: bool,
}

/// Clips a ring (without its closing position) at one side after the other (I. Sutherland and G. Hodgman, *Reentrant
/// polygon clipping*, 1974). Where a ring leaves the square and returns, its parts stay joined along the side;
/// [`super::tile_ring`] separates them. `corners` are opposite corners of the ring's bounding box; `other` is a scratch
/// buffer.
pub(crate) fn clip_ring(
    frame: &TileFrame,
    corners: [WorldOffset; 2],
    ring: &mut Vec<WorldOffset>,
    other: &mut Vec<WorldOffset>,
) {
    for side in frame_sides(frame) {
        if corners.iter().all(|&p| side.contains_position(p)) {
            continue;
        }
        other.clear();
        let Some(&last) = ring.last() else { return };
        let mut from = last;
        for &to in ring.iter() {
            if side.contains_position(from) != side.contains_position(to) {
                other.push(side.crossing_position(from, to));
            }
            if side.contains_position(to) {
                other.push(to);
            }
            from = to;
        }
        std::mem::swap(ring, other);
    }
}

/// Clips a line to the square (Y.-D. Liang and B. Barsky, *A new concept and method for line clipping*, 1984). Appends
/// the parts to `parts` and the end of each to `ends`.
pub(crate) fn clip_line(frame: &TileFrame, line: &[WorldOffset], parts: &mut Vec<WorldOffset>, ends: &mut Vec<usize>) {
    for pair in line.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let Some((a, b)) = clip_segment(frame, from, to) else { continue };
        let joins = parts.len() > ends.last().copied().unwrap_or(0) && parts.last() == Some(&a) && a == from;
        if !joins {
            if parts.len() > ends.last().copied().unwrap_or(0) {
                ends.push(parts.len());
            }
            parts.push(a);
        }
        parts.push(b);
        if b != to {
            ends.push(parts.len());
        }
    }
    if parts.len() > ends.last().copied().unwrap_or(0) {
        ends.push(parts.len());
    }
}

fn frame_sides(frame: &TileFrame) -> [ClipSide; 4] {
    [
        ClipSide { axis: 0, at: frame.low, below: false },
        ClipSide { axis: 0, at: frame.high, below: true },
        ClipSide { axis: 1, at: frame.low, below: false },
        ClipSide { axis: 1, at: frame.high, below: true },
    ]
}

impl ClipSide {
    fn contains_position(self, p: WorldOffset) -> bool {
        if self.below { p[self.axis] <= self.at } else { p[self.axis] >= self.at }
    }

    /// Where an edge crosses the side; the same in either direction of the edge.
    fn crossing_position(self, a: WorldOffset, b: WorldOffset) -> WorldOffset {
        let (a, b) = if a < b { (a, b) } else { (b, a) };
        let other = 1 - self.axis;
        let share = (self.at - a[self.axis]) as f64 / (b[self.axis] - a[self.axis]) as f64;
        let mut p = [0; 2];
        p[self.axis] = self.at;
        p[other] = a[other] + (share * (b[other] - a[other]) as f64).round() as i64;
        p
    }
}

/// The part of a segment in the square.
fn clip_segment(frame: &TileFrame, a: WorldOffset, b: WorldOffset) -> Option<(WorldOffset, WorldOffset)> {
    if frame.shows_position(a) && frame.shows_position(b) {
        return Some((a, b));
    }
    let (mut enter, mut leave) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let run = (b[axis] - a[axis]) as f64;
        let (low, high) = ((frame.low - a[axis]) as f64, (frame.high - a[axis]) as f64);
        if run == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (first, last) = if run > 0.0 { (low / run, high / run) } else { (high / run, low / run) };
        enter = enter.max(first);
        leave = leave.min(last);
    }
    if enter > leave {
        return None;
    }
    let at = |share: f64| {
        let along = |axis: usize| a[axis] + (share * (b[axis] - a[axis]) as f64).round() as i64;
        [along(0).clamp(frame.low, frame.high), along(1).clamp(frame.low, frame.high)]
    };
    let start = if enter > 0.0 { at(enter) } else { a };
    let end = if leave < 1.0 { at(leave) } else { b };
    Some((start, end))
}
