//! Areas from the ways of a multipolygon, as osmium assembles them: from their segments alone, whatever order,
//! direction or role the ways have. What two ways share is no border; every other segment is, and the area is where an
//! odd number of them is crossed from outside. Each connected piece of it becomes one polygon, so that rings which
//! touch stay apart.
//!
//! All arithmetic is exact: positions are whole steps of 1e-7 degrees.

use super::segment_graph::{OsmPoint, OutlineFault, SegmentGraph, ring_contains, to_degrees, twice_area};
use geo_types::{LineString, Polygon};
use std::cmp::Reverse;

/// A polygon in the making.
struct AreaPiece {
    exterior: Vec<OsmPoint>,
    holes: Vec<Vec<OsmPoint>>,
    twice_area: i128,
}

/// Assembles ways, each as the positions of its nodes.
///
/// # Errors
/// The fault and where it is.
pub fn assemble_polygons(ways: &[Vec<OsmPoint>]) -> Result<Vec<Polygon<f64>>, OutlineFault> {
    let graph = SegmentGraph::from_ways(ways)?;
    let (mut pieces, mut islands): (Vec<AreaPiece>, Vec<Vec<Vec<OsmPoint>>>) = (vec![], vec![]);
    for walk in graph.inner_walks() {
        let (mut exterior, mut holes) = (None, vec![]);
        for ring in split_at_repeats(walk) {
            match twice_area(&ring) {
                area if area > 0 => exterior = Some((ring, area)),
                _ => holes.push(ring),
            }
        }
        match exterior {
            Some((exterior, twice_area)) => pieces.push(AreaPiece { exterior, holes, twice_area }),
            None => islands.push(holes),
        }
    }
    pieces.sort_by_key(|piece| piece.twice_area);
    for holes in islands {
        let around = pieces.iter_mut().find(|piece| ring_contains(&piece.exterior, holes[0][0]));
        around.ok_or(OutlineFault::Empty)?.holes.extend(holes);
    }
    pieces.sort_by_key(|piece| Reverse(piece.twice_area));
    if pieces.is_empty() { Err(OutlineFault::Empty) } else { Ok(pieces.iter().map(AreaPiece::to_polygon).collect()) }
}

impl AreaPiece {
    fn to_polygon(&self) -> Polygon<f64> {
        Polygon::new(to_ring(&self.exterior), self.holes.iter().map(|hole| to_ring(hole)).collect())
    }
}

/// A closed walk as rings that visit no position twice.
fn split_at_repeats(walk: Vec<OsmPoint>) -> Vec<Vec<OsmPoint>> {
    let mut rings = vec![];
    let mut path: Vec<OsmPoint> = Vec::with_capacity(walk.len());
    let mut places = std::collections::HashMap::new();
    for point in walk {
        if let Some(from) = places.get(&point).copied() {
            let ring: Vec<OsmPoint> = path.drain(from..).collect();
            ring.iter().for_each(|p| _ = places.remove(p));
            rings.push(ring);
        }
        places.insert(point, path.len());
        path.push(point);
    }
    rings.push(path);
    rings.retain(|ring| ring.len() > 2);
    rings
}

fn to_ring(points: &[OsmPoint]) -> LineString<f64> {
    points.iter().chain(&points[..1]).map(|p| to_degrees(*p)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Validation};

    fn way(points: &[[i32; 2]]) -> Vec<OsmPoint> {
        points.to_vec()
    }

    fn square(x: i32, y: i32, side: i32) -> Vec<OsmPoint> {
        way(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side], [x, y]])
    }

    /// Exterior rings and holes, and the area in square steps.
    fn assemble(ways: &[Vec<OsmPoint>]) -> (usize, usize, f64) {
        let polygons = assemble_polygons(ways).unwrap();
        let all = geo_types::MultiPolygon(polygons);
        assert!(all.is_valid(), "{all:?}");
        let holes = all.iter().map(|p| p.interiors().len()).sum();
        (all.0.len(), holes, (all.unsigned_area() * 1e14).round())
    }

    #[test]
    fn ways_are_joined_whatever_their_order_and_direction() {
        let ways = [way(&[[0, 0], [4, 0], [4, 4]]), way(&[[0, 8], [2, 6], [4, 4]]), way(&[[0, 8], [0, 0]])];
        let (outer, holes, area) = assemble(&[&ways[..], &[square(10, 10, 2)]].concat());
        assert_eq!((outer, holes, area), (2, 0, 24.0 + 4.0));
        assert_eq!(assemble_polygons(&ways[..2]), Err(OutlineFault::Open([0, 0])));
        assert_eq!(assemble_polygons(&[]), Err(OutlineFault::Empty));
        assert_eq!(assemble_polygons(&[way(&[[1, 1], [2, 2], [1, 1]])]), Err(OutlineFault::Empty));
    }

    #[test]
    fn holes_go_into_the_smallest_ring_around_them() {
        // A wood with a clearing, in which stands a grove with a pond.
        let ways = [square(0, 0, 10), square(2, 2, 6), square(3, 3, 4), square(4, 4, 1)];
        let polygons = assemble_polygons(&ways).unwrap();
        assert_eq!(polygons.iter().map(|p| p.interiors().len()).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(assemble(&ways), (2, 2, 100.0 - 36.0 + 16.0 - 1.0));
    }

    #[test]
    fn rings_that_touch_are_assembled() {
        for (name, ways, expected) in [
            ("holes with one corner in common", vec![square(0, 0, 9), square(2, 2, 2), square(4, 4, 2)], (1, 2, 73.0)),
            (
                "holes with a side in common are one",
                vec![square(0, 0, 9), square(2, 2, 2), square(4, 2, 2)],
                (1, 1, 73.0),
            ),
            ("a hole at a corner of the outline", vec![square(0, 0, 9), square(0, 0, 2)], (1, 0, 77.0)),
            (
                "a hole that touches the outline at one point",
                vec![square(0, 0, 8), way(&[[0, 4], [2, 3], [2, 5], [0, 4]])],
                (1, 1, 62.0),
            ),
            (
                "a hole from side to side parts the area",
                vec![
                    way(&[[0, 0], [8, 0], [8, 4], [8, 8], [0, 8], [0, 4], [0, 0]]),
                    way(&[[0, 4], [4, 3], [8, 4], [4, 5], [0, 4]]),
                ],
                (2, 0, 56.0),
            ),
            ("outlines with one corner in common", vec![square(0, 0, 2), square(2, 2, 2)], (2, 0, 8.0)),
            ("outlines with a side in common are one", vec![square(0, 0, 2), square(2, 0, 2)], (1, 0, 8.0)),
            (
                "an outline that touches itself",
                vec![way(&[[0, 0], [2, 2], [4, 0], [4, 4], [2, 2], [0, 4], [0, 0]])],
                (2, 0, 8.0),
            ),
            (
                "three holes in a circle part the area",
                vec![
                    square(0, 0, 20),
                    way(&[[4, 4], [12, 4], [8, 2], [4, 4]]),
                    way(&[[12, 4], [8, 12], [14, 10], [12, 4]]),
                    way(&[[8, 12], [4, 4], [4, 12], [8, 12]]),
                ],
                (2, 1, 400.0 - 8.0 - 20.0 - 16.0),
            ),
            (
                "a corner on a side without a node",
                vec![square(0, 0, 8), way(&[[0, 4], [2, 2], [2, 6], [0, 4]])],
                (1, 1, 60.0),
            ),
        ] {
            assert_eq!(assemble(&ways), expected, "{name}");
        }
    }

    #[test]
    fn lines_that_cross_are_told_with_the_place() {
        let crossing = assemble_polygons(&[square(0, 0, 4), square(2, 2, 4)]).unwrap_err();
        assert!(matches!(crossing, OutlineFault::Crossing([2, 4] | [4, 2])), "{crossing:?}");
        let bow_tie = way(&[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]);
        assert_eq!(assemble_polygons(&[bow_tie]), Err(OutlineFault::Crossing([1, 1])));
    }

    #[test]
    fn grids_of_any_cells_are_assembled_without_loss() {
        // Every set of the cells of a 3 × 3 grid, each cell a closed way: the area is theirs, the polygons are valid.
        for set in 1..512_u32 {
            let cells = (0..9).filter(|n| set >> n & 1 == 1).map(|n| square(n % 3 * 2, n / 3 * 2, 2));
            let (outer, _, area) = assemble(&cells.collect::<Vec<_>>());
            assert!(outer > 0);
            assert_eq!(area, f64::from(set.count_ones() * 4), "{set:b}");
        }
    }
}
