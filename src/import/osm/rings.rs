//! Outlines from ways: the ways of a multipolygon relation become rings, and rings become polygons with holes.

use geo::{Area, Contains, InteriorPoint};
use geo_types::{LineString, Polygon};
use std::collections::HashMap;

/// A way as the ids of its nodes.
pub type NodeRefs = Vec<i64>;

/// Joins ways at their ends into closed rings. `None` when an end stays open.
#[must_use]
pub fn join_ways(ways: &[NodeRefs]) -> Option<Vec<NodeRefs>> {
    let mut rings = Vec::new();
    let mut open: Vec<&NodeRefs> = Vec::new();
    for way in ways.iter().filter(|w| w.len() > 1) {
        if way.first() == way.last() {
            rings.push(way.clone());
        } else {
            open.push(way);
        }
    }
    // End → the ways that have it.
    let mut ends: HashMap<i64, Vec<usize>> = HashMap::new();
    for (n, way) in open.iter().enumerate() {
        ends.entry(way[0]).or_default().push(n);
        ends.entry(way[way.len() - 1]).or_default().push(n);
    }
    let mut used = vec![false; open.len()];
    for start in 0..open.len() {
        if std::mem::replace(&mut used[start], true) {
            continue;
        }
        let mut ring = open[start].clone();
        while ring.first() != ring.last() {
            let end = ring[ring.len() - 1];
            let next = ends.get(&end)?.iter().copied().find(|n| !used[*n])?;
            used[next] = true;
            let way = open[next];
            if way[0] == end {
                ring.extend_from_slice(&way[1..]);
            } else {
                ring.extend(way[..way.len() - 1].iter().rev());
            }
        }
        rings.push(ring);
    }
    Some(rings)
}

/// Nests rings: each inner one is a hole of the smallest outer one around it. `None` when there is no outer ring, or an
/// inner one lies in none.
#[must_use]
pub fn nest_rings(outer: Vec<LineString<f64>>, inner: Vec<LineString<f64>>) -> Option<Vec<Polygon<f64>>> {
    let mut polygons: Vec<Polygon<f64>> = outer.into_iter().map(|ring| Polygon::new(ring, vec![])).collect();
    polygons.sort_by(|a, b| a.unsigned_area().total_cmp(&b.unsigned_area()));
    let mut holes: Vec<Vec<LineString<f64>>> = vec![vec![]; polygons.len()];
    for ring in inner {
        // A point within, as a hole may touch the ring around it; what lies in the hole may hold that point too, but is
        // smaller.
        let hole = Polygon::new(ring.clone(), vec![]);
        let (within, area) = (hole.interior_point()?, hole.unsigned_area());
        let around = polygons.iter().position(|p| p.unsigned_area() > area && p.contains(&within))?;
        holes[around].push(ring);
    }
    for (polygon, holes) in polygons.iter_mut().zip(holes) {
        holes.into_iter().for_each(|hole| polygon.interiors_push(hole));
    }
    (!polygons.is_empty()).then_some(polygons)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo_types::Coord;

    #[test]
    fn ways_are_joined_whatever_their_order_and_direction() {
        let rings = join_ways(&[vec![1, 2, 3], vec![5, 4, 3], vec![5, 1], vec![7, 8, 9, 7]]).unwrap();
        assert_eq!(rings, [vec![7, 8, 9, 7], vec![1, 2, 3, 4, 5, 1]]);
        assert_eq!(join_ways(&[vec![1, 2, 3], vec![3, 4]]), None);
        assert_eq!(join_ways(&[]), Some(vec![]));
    }

    #[test]
    fn holes_go_into_the_smallest_ring_around_them() {
        let square = |x: f64, side: f64| {
            LineString::new(
                [(x, x), (x + side, x), (x + side, x + side), (x, x + side), (x, x)].map(Coord::from).to_vec(),
            )
        };
        // A wood with a clearing, in which stands a grove with a pond.
        let polygons =
            nest_rings(vec![square(0.0, 10.0), square(3.0, 4.0)], vec![square(2.0, 6.0), square(4.0, 1.0)]).unwrap();
        assert_eq!(polygons.len(), 2);
        assert_eq!(polygons[0].interiors(), [square(4.0, 1.0)]);
        assert_eq!(polygons[1].interiors(), [square(2.0, 6.0)]);
        assert!(nest_rings(vec![square(0.0, 1.0)], vec![square(5.0, 1.0)]).is_none());
        assert!(nest_rings(vec![], vec![]).is_none());
    }
}
