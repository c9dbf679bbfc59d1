//! Simplification of lines and rings for all zooms at once (Douglas and Peucker 1973): the zoom from which each
//! position is drawn. At any zoom the omitted positions are within [`TOLERANCE`] units of the drawn line; the result is
//! the same in every tile, so that neighbouring tiles agree.

/// In units of 1/4096 of a tile: three eighths of a pixel of a tile displayed at 512.
const TOLERANCE: f64 = 3.0;
/// From this zoom on every position is drawn.
pub(crate) const FULL_DETAIL_RANK: u8 = 15;

/// Appends the ranks of a path (world coordinates). A position is drawn at zoom `z` when its rank is at most `z`.
pub(crate) fn rank_path(world: &[[u32; 2]], ring: bool, out: &mut Vec<u8>, stack: &mut Vec<(usize, usize)>) {
    let base = out.len();
    let n = world.len();
    if n <= if ring { 4 } else { 2 } {
        out.resize(base + n, 0);
        return;
    }
    out.resize(base + n, FULL_DETAIL_RANK);
    let ranks = &mut out[base..];
    ranks[0] = 0;
    stack.clear();
    if ring {
        // A ring has no ends: its first position and the one farthest from it serve as such.
        let far = (1..n).max_by_key(|&i| (squared_distance(world[0], world[i]), i)).unwrap_or(1);
        ranks[far] = 0;
        stack.extend([(0, far), (far, n)]);
    } else {
        ranks[n - 1] = 0;
        stack.push((0, n - 1));
    }
    // The end of a section may be `n`, which is the ring's first position again.
    while let Some((from, to)) = stack.pop() {
        let Some((at, distance)) = farthest_position(world, from, to) else { continue };
        // A position is never drawn before the ends of its section.
        let floor = ranks[from].max(ranks[to % n]);
        let rank = distance_rank(distance).max(floor);
        ranks[at] = rank;
        if rank < FULL_DETAIL_RANK {
            stack.extend([(from, at), (at, to)]);
        }
    }
}

/// The position strictly between two others that is farthest from the segment between them, and that distance squared
/// (world steps).
fn farthest_position(world: &[[u32; 2]], from: usize, to: usize) -> Option<(usize, f64)> {
    let (a, b) = (world[from], world[to % world.len()]);
    let (ax, ay) = (f64::from(a[0]), f64::from(a[1]));
    let (dx, dy) = (f64::from(b[0]) - ax, f64::from(b[1]) - ay);
    let length = dx * dx + dy * dy;
    let mut best = None;
    let mut most = -1.0;
    for (i, p) in world.iter().enumerate().take(to).skip(from + 1) {
        let (px, py) = (f64::from(p[0]) - ax, f64::from(p[1]) - ay);
        let along = px * dx + py * dy;
        let distance = if length == 0.0 || along <= 0.0 {
            px * px + py * py
        } else if along >= length {
            (px - dx).powi(2) + (py - dy).powi(2)
        } else {
            (px * dy - py * dx).powi(2) / length
        };
        if distance > most {
            most = distance;
            best = Some(i);
        }
    }
    best.map(|i| (i, most))
}

/// The first zoom at which this distance (squared, world steps) is more than the tolerance.
fn distance_rank(squared: f64) -> u8 {
    // One unit is 2^(20 - z) world steps.
    let mut tolerance = TOLERANCE * f64::from(1_u32 << 20);
    let mut zoom = 0;
    while zoom < FULL_DETAIL_RANK && squared <= tolerance * tolerance {
        tolerance /= 2.0;
        zoom += 1;
    }
    zoom
}

fn squared_distance(a: [u32; 2], b: [u32; 2]) -> u128 {
    let (dx, dy) = (u128::from(a[0].abs_diff(b[0])), u128::from(a[1].abs_diff(b[1])));
    dx * dx + dy * dy
}
