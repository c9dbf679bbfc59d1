//! A part of a street: what lies between two places near it. Lengths are metres; positions are longitude and latitude,
//! stretched by the cosine of the latitude where distances are compared.

use crate::feature::Geometry;
use geo::{BoundingRect, Centroid};
use geo_types::{Coord, LineString, MultiLineString, Point};

/// The farthest that an end of a part may be from its street, in metres.
const MAX_DISTANCE_M: f64 = 150.0;
/// Metres of one degree of latitude on the mean sphere of 6,371 km.
const DEGREE_M: f64 = 111_195.0;
/// Lines of one street that end so near to each other are joined, in metres.
const JOIN_M: f64 = 3.0;

/// Why a part of a street is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreetPartFault {
    /// The place is not at the street.
    Far,
    /// Both places are at one point of it.
    Same,
    /// They are at pieces of the street that do not meet.
    Apart,
}

/// A street as chains of its lines, in longitude and latitude.
#[derive(Debug)]
pub struct StreetLines {
    chains: Vec<Vec<Coord<f64>>>,
    /// Metres of one degree of longitude.
    lon_m: f64,
}

/// The place on a street that is nearest to another place.
#[derive(Debug, Clone, Copy)]
struct StreetPosition {
    chain: usize,
    segment: usize,
    position: Coord<f64>,
    distance_m: f64,
}

impl StreetLines {
    /// Joins the lines of a street where they meet; `None` when it has none.
    pub fn new<'g>(geometries: impl IntoIterator<Item = &'g Geometry>) -> Option<Self> {
        let mut chains: Vec<Vec<Coord<f64>>> = geometries.into_iter().flat_map(lines_of).collect();
        let first = *chains.first()?.first()?;
        let mut own = Self { chains: vec![], lon_m: DEGREE_M * first.y.to_radians().cos() };
        while let Some(mut chain) = chains.pop() {
            while let Some(at) = chains.iter().position(|other| own.join(&mut chain, other)) {
                chains.swap_remove(at);
            }
            own.chains.push(chain);
        }
        Some(own)
    }

    /// Lengthens a chain by a line that begins or ends where it does.
    fn join(&self, chain: &mut Vec<Coord<f64>>, line: &[Coord<f64>]) -> bool {
        let (Some(head), Some(tail)) = (chain.first().copied(), chain.last().copied()) else { return false };
        let (Some(begin), Some(end)) = (line.first().copied(), line.last().copied()) else { return false };
        let meet = |a, b| self.distance_m(a, b) <= JOIN_M;
        if meet(tail, begin) {
            chain.extend(&line[1..]);
        } else if meet(tail, end) {
            chain.extend(line.iter().rev().skip(1));
        } else if meet(head, end) {
            chain.splice(0..0, line[..line.len() - 1].iter().copied());
        } else if meet(head, begin) {
            chain.splice(0..0, line[1..].iter().rev().copied());
        } else {
            return false;
        }
        true
    }

    fn distance_m(&self, a: Coord<f64>, b: Coord<f64>) -> f64 {
        ((a.x - b.x) * self.lon_m).hypot((a.y - b.y) * DEGREE_M)
    }

    /// All of the street.
    pub fn whole(&self) -> Geometry {
        let lines: Vec<LineString<f64>> = self.chains.iter().cloned().map(LineString::new).collect();
        match <[_; 1]>::try_from(lines) {
            Ok([one]) => Geometry::LineString(one),
            Err(lines) => Geometry::MultiLineString(MultiLineString::new(lines)),
        }
    }

    /// The point of the street that is nearest to a place.
    ///
    /// # Errors
    /// When the place is not at the street.
    pub fn beside(&self, place: &Geometry) -> Result<Geometry, StreetPartFault> {
        Ok(Geometry::Point(self.find_position(place)?.position.into()))
    }

    /// The part of the street between two places.
    ///
    /// # Errors
    /// When a place is not at the street, or they do not bound a part of one chain of lines.
    pub fn between(&self, from: &Geometry, to: &Geometry) -> Result<Geometry, StreetPartFault> {
        let (mut a, mut b) = (self.find_position(from)?, self.find_position(to)?);
        if a.chain != b.chain {
            return Err(StreetPartFault::Apart);
        }
        let chain = &self.chains[a.chain];
        let start = |p: &StreetPosition| (p.segment, self.distance_m(chain[p.segment], p.position));
        let is_reversed = start(&a) > start(&b);
        if is_reversed {
            std::mem::swap(&mut a, &mut b);
        }
        let mut line = vec![a.position];
        line.extend(&chain[a.segment + 1..=b.segment]);
        line.push(b.position);
        line.dedup_by(|x, y| self.distance_m(*x, *y) < 0.01);
        if is_reversed {
            line.reverse();
        }
        if line.len() < 2 || self.length_m(&line) < 1.0 {
            return Err(StreetPartFault::Same);
        }
        Ok(Geometry::LineString(LineString::new(line)))
    }

    fn length_m(&self, line: &[Coord<f64>]) -> f64 {
        line.windows(2).map(|pair| self.distance_m(pair[0], pair[1])).sum()
    }

    /// Where the street is nearest to any position of a place, or to its middle where it has an area.
    fn find_position(&self, place: &Geometry) -> Result<StreetPosition, StreetPartFault> {
        let candidates = positions_of(place);
        let nearest = candidates.iter().filter_map(|c| self.nearest(*c));
        let best = nearest.min_by(|a, b| a.distance_m.total_cmp(&b.distance_m));
        best.filter(|best| best.distance_m <= MAX_DISTANCE_M).ok_or(StreetPartFault::Far)
    }

    fn nearest(&self, to: Coord<f64>) -> Option<StreetPosition> {
        let mut best: Option<StreetPosition> = None;
        for (chain, line) in self.chains.iter().enumerate() {
            for (segment, pair) in line.windows(2).enumerate() {
                let position = self.project(to, pair[0], pair[1]);
                let distance_m = self.distance_m(to, position);
                if best.is_none_or(|b| distance_m < b.distance_m) {
                    best = Some(StreetPosition { chain, segment, position, distance_m });
                }
            }
        }
        best
    }

    /// The position between `a` and `b` that is nearest to `p`.
    fn project(&self, p: Coord<f64>, a: Coord<f64>, b: Coord<f64>) -> Coord<f64> {
        let metres = |c: Coord<f64>| Coord { x: (c.x - a.x) * self.lon_m, y: (c.y - a.y) * DEGREE_M };
        let (end, to) = (metres(b), metres(p));
        let squared = end.x * end.x + end.y * end.y;
        let t = if squared > 0.0 { ((to.x * end.x + to.y * end.y) / squared).clamp(0.0, 1.0) } else { 0.0 };
        Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t }
    }
}

fn lines_of(geometry: &Geometry) -> Vec<Vec<Coord<f64>>> {
    match geometry {
        Geometry::LineString(line) if line.0.len() > 1 => vec![line.0.clone()],
        Geometry::MultiLineString(lines) => {
            lines.0.iter().filter(|line| line.0.len() > 1).map(|line| line.0.clone()).collect()
        }
        _ => vec![],
    }
}

/// The positions by which the distance to a place is measured: those of its lines, and otherwise its middle.
fn positions_of(place: &Geometry) -> Vec<Coord<f64>> {
    let lines = lines_of(place);
    if !lines.is_empty() {
        return lines.into_iter().flat_map(densify).collect();
    }
    let middle = place.centroid().or_else(|| place.bounding_rect().map(|r| r.center().into()));
    middle.map(|p: Point<f64>| p.0).into_iter().collect()
}

/// Positions along a line, at most a sixteenth of a segment from each other, so that a crossing is found.
fn densify(line: Vec<Coord<f64>>) -> Vec<Coord<f64>> {
    let between = |pair: &[Coord<f64>]| {
        let (a, b) = (pair[0], pair[1]);
        (0..16)
            .map(move |n| f64::from(n) / 16.0)
            .map(move |t| Coord { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t })
    };
    line.windows(2).flat_map(between).chain(line.last().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::{line_string, point};
    use proptest::prelude::*;

    fn street() -> StreetLines {
        let west = Geometry::LineString(line_string![(x: 15.260, y: 46.23), (x: 15.262, y: 46.23)]);
        let east = Geometry::LineString(line_string![(x: 15.264, y: 46.23), (x: 15.262, y: 46.23)]);
        StreetLines::new([&west, &east]).unwrap()
    }

    #[test]
    fn a_part_runs_from_its_first_end_to_its_second_over_joined_lines() {
        let at = |x: f64, y: f64| Geometry::Point(point!(x: x, y: y));
        let part = street().between(&at(15.261, 46.2301), &at(15.2635, 46.2299)).unwrap();
        let Geometry::LineString(line) = part else { panic!("{part:?}") };
        let ends = [line.0[0], line.0[line.0.len() - 1]];
        assert!((ends[0].x - 15.261).abs() < 1e-9 && (ends[1].x - 15.2635).abs() < 1e-9, "{line:?}");
        let back = street().between(&at(15.2635, 46.23), &at(15.261, 46.23)).unwrap();
        let Geometry::LineString(back) = back else { panic!() };
        assert!(back.0[0].x > back.0[back.0.len() - 1].x);
        assert_eq!(street().between(&at(15.261, 46.24), &at(15.262, 46.23)), Err(StreetPartFault::Far));
        assert_eq!(street().between(&at(15.261, 46.23), &at(15.261, 46.2301)), Err(StreetPartFault::Same));
    }

    proptest! {
        /// Every position of a part lies on the street, and the part is as long as its ends are apart along it.
        #[test]
        fn a_part_is_a_part_of_its_street(a in 0.0..1.0_f64, b in 0.0..1.0_f64, off in -0.0005..0.0005_f64) {
            prop_assume!((a - b).abs() > 0.01);
            let at = |t: f64| Geometry::Point(point!(x: 15.26 + 0.004 * t, y: 46.23 + off));
            let street = street();
            let Geometry::LineString(line) = street.between(&at(a), &at(b)).unwrap() else { panic!() };
            let degrees: f64 = line.0.windows(2).map(|p| (p[1].x - p[0].x).abs()).sum();
            prop_assert!((degrees - 0.004 * (a - b).abs()).abs() < 1e-9);
            prop_assert!(line.0.iter().all(|c| (c.y - 46.23).abs() < 1e-12));
        }
    }
}
