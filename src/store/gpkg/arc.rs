//! Circular arcs as straight segments, in the plane of the coordinates, as GDAL makes them.

use geo_types::Coord;

/// The largest angle of a segment, in degrees: GDAL's default.
const STEP_DEG: f64 = 4.0;

/// The positions of a circular string: arcs of three positions, each starting where the one before ends.
///
/// # Errors
/// The end of a sentence that begins with "the geometry".
pub(super) fn linearise_arcs(positions: &[Coord]) -> Result<Vec<Coord>, &'static str> {
    let Some((first, rest)) = positions.split_first() else { return Ok(vec![]) };
    if rest.is_empty() || !rest.len().is_multiple_of(2) {
        return Err("has an arc that is not of three positions");
    }
    let mut line = vec![*first];
    let mut from = *first;
    for pair in rest.chunks_exact(2) {
        push_arc(from, pair[0], pair[1], &mut line);
        from = pair[1];
    }
    Ok(line)
}

/// Appends the arc from `from` over `over` to `to`, without its first position.
fn push_arc(from: Coord, over: Coord, to: Coord, line: &mut Vec<Coord>) {
    let Some(centre) = find_centre(from, over, to) else {
        line.extend([over, to]);
        return;
    };
    let angle = |c: Coord| (c.y - centre.y).atan2(c.x - centre.x);
    // A whole circle, whose ends are equal, goes counterclockwise.
    let left = from == to || turns_left(from, over, to);
    let sweep = |a: f64, b: f64| {
        let turn = (b - a).rem_euclid(std::f64::consts::TAU);
        if left { turn } else { turn - std::f64::consts::TAU }
    };
    let radius = (from.x - centre.x).hypot(from.y - centre.y);
    for (start, end) in [(from, over), (over, to)] {
        let (begin, total) = (angle(start), sweep(angle(start), angle(end)));
        let steps = (total.abs().to_degrees() / STEP_DEG - 1e-9).ceil().max(1.0) as u32;
        for step in 1..steps {
            let at = begin + total * f64::from(step) / f64::from(steps);
            line.push(Coord { x: centre.x + radius * at.cos(), y: centre.y + radius * at.sin() });
        }
        line.push(end);
    }
}

fn turns_left(a: Coord, b: Coord, c: Coord) -> bool {
    (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x) > 0.0
}

/// The centre of the circle through three positions; `None` when they are on one line.
fn find_centre(a: Coord, b: Coord, c: Coord) -> Option<Coord> {
    if a == c {
        return (a != b).then(|| Coord { x: f64::midpoint(a.x, b.x), y: f64::midpoint(a.y, b.y) });
    }
    // Relative to the first position, so that small circles far from the origin keep their digits.
    let (bx, by, cx, cy) = (b.x - a.x, b.y - a.y, c.x - a.x, c.y - a.y);
    let twice = 2.0 * (bx * cy - by * cx);
    let (b2, c2) = (bx * bx + by * by, cx * cx + cy * cy);
    if twice.abs() <= 1e-12 * b2.max(c2) {
        return None;
    }
    Some(Coord { x: a.x + (cy * b2 - by * c2) / twice, y: a.y + (bx * c2 - cx * b2) / twice })
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(x: f64, y: f64) -> Coord {
        Coord { x, y }
    }

    #[test]
    fn an_arc_stays_on_its_circle_and_passes_its_positions() {
        for (from, over, to) in [
            (at(1.0, 0.0), at(0.0, 1.0), at(-1.0, 0.0)),
            (at(1.0, 0.0), at(0.0, -1.0), at(-1.0, 0.0)),
            (at(1.0, 0.0), at(-1.0, 0.0), at(0.0, -1.0)),
        ] {
            let line = linearise_arcs(&[from, over, to]).unwrap();
            assert!(line.iter().all(|c| (c.x.hypot(c.y) - 1.0).abs() < 1e-12));
            assert!(line.contains(&over) && line.last() == Some(&to) && line.len() >= 45, "{}", line.len());
            let longest = line.windows(2).map(|w| (w[1].x - w[0].x).hypot(w[1].y - w[0].y)).fold(0.0, f64::max);
            assert!(longest <= 2.0 * (STEP_DEG / 2.0).to_radians().sin() + 1e-12);
        }
    }

    #[test]
    fn a_whole_circle_has_its_area_and_straight_arcs_stay_straight() {
        let circle = linearise_arcs(&[at(16.0, 46.0), at(15.0, 46.0), at(16.0, 46.0)]).unwrap();
        let area: f64 =
            circle.windows(2).map(|w| (w[0].x - 15.5) * (w[1].y - 46.0) - (w[1].x - 15.5) * (w[0].y - 46.0)).sum();
        assert!((area / 2.0 - std::f64::consts::PI / 4.0).abs() < 2e-3, "{area}");
        let straight = [at(0.0, 0.0), at(1.0, 1.0), at(2.0, 2.0)];
        assert_eq!(linearise_arcs(&straight), Ok(straight.to_vec()));
        assert!(linearise_arcs(&straight[..2]).is_err());
    }
}
