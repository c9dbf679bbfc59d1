//! `footprint` and `gaps`: unions, differences and buffers, against counting the points of a fine grid.

use crate::question::oracle::{close, distance};
use crate::question::plan::{CELJE, SeededRandom, area_json, ask, blob, interventions, layers};
use cityheart::feature::Geometry;
use geo::{Contains, Intersects};
use geo_types::{Coord, Point};
use serde_json::json;

/// Points of a grid over the middle of the plan, and the square metres that each stands for.
fn grid(steps: i32) -> (Vec<Point<f64>>, f64) {
    let (half_x, half_y) = (0.012, 0.008);
    let (dx, dy) = (2.0 * half_x / f64::from(steps), 2.0 * half_y / f64::from(steps));
    let at = |i: i32, j: i32| {
        Point::new(CELJE.0 - half_x + (f64::from(i) + 0.5) * dx, CELJE.1 - half_y + (f64::from(j) + 0.5) * dy)
    };
    let points = (0..steps).flat_map(|i| (0..steps).map(move |j| at(i, j))).collect();
    let cell = distance(&at(0, 0).into(), &at(1, 0).into()) * distance(&at(0, 0).into(), &at(0, 1).into());
    (points, cell)
}

#[test]
fn the_footprint_is_the_ground_that_any_polygon_covers() {
    let (points, cell) = grid(300);
    for seed in 500..504 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 600);
        let area = blob(&mut random, Coord { x: CELJE.0, y: CELJE.1 }, 0.011);
        let answer = ask(&layers([&layer]), "footprint", json!({"area": area_json(&area)}));
        let polygons: Vec<&Geometry> = layer
            .truth
            .values()
            .filter_map(|f| f.geometry.as_ref())
            .filter(|g| matches!(g, Geometry::Polygon(_) | Geometry::MultiPolygon(_)) && g.intersects(&area))
            .collect();
        let covered = points.iter().filter(|p| area.contains(*p) && polygons.iter().any(|g| g.contains(*p))).count();
        let got = answer.find_number("area").unwrap().value.as_f64();
        // A grid of 6 m sees areas of this size to about a hundredth.
        assert!(close(got, covered as f64 * cell, 0.01, 300.0), "seed {seed}: {got} against {}", covered as f64 * cell);
        let sum: f64 = polygons
            .iter()
            .map(|g| match g {
                Geometry::Polygon(p) => geo::BooleanOps::intersection(p, &area),
                Geometry::MultiPolygon(m) => geo::BooleanOps::intersection(m, &area),
                _ => unreachable!(),
            })
            .map(|m| crate::question::oracle::size(&Geometry::MultiPolygon(m)))
            .sum();
        let twice = answer.find_number("area_overlapping").unwrap().value.as_f64();
        assert!(close(got + twice, sum, 1e-6, 0.1), "{got} + {twice} is not {sum}");
    }
}

#[test]
fn gaps_are_the_ground_that_is_too_far_from_everything() {
    let (points, cell) = grid(100);
    for seed in 600..603 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 60);
        let area = blob(&mut random, Coord { x: CELJE.0, y: CELJE.1 }, 0.011);
        let limit = random.between(100.0, 400.0);
        let inputs = json!({"collection": "interventions", "area": area_json(&area), "distance_m": limit});
        let answer = ask(&layers([&layer]), "gaps", inputs);
        let features: Vec<&Geometry> = layer.truth.values().filter_map(|f| f.geometry.as_ref()).collect();
        let gaps: Vec<Geometry> = answer
            .features
            .iter()
            .map(|f| match f {
                cityheart::question::AnswerFeature::Derived { geometry, .. } => geometry.clone().unwrap(),
                cityheart::question::AnswerFeature::FromPlan { .. } => panic!("a gap is made"),
            })
            .collect();
        let mut far = 0;
        for p in points.iter().filter(|p| area.contains(*p)) {
            let nearest = features.iter().map(|g| distance(&(*p).into(), g)).fold(f64::INFINITY, f64::min);
            far += usize::from(nearest > limit);
            // Away from the edge of a buffer every point must be on the right side of it.
            if (nearest - limit).abs() > limit * 0.001 + 0.05 {
                assert_eq!(
                    gaps.iter().any(|g| g.contains(p)),
                    nearest > limit,
                    "seed {seed}: {p:?} is {nearest} from the next, limit {limit}"
                );
            }
        }
        let got = answer.find_number("gap_area").unwrap().value.as_f64();
        assert!(close(got, far as f64 * cell, 0.03, 5000.0), "seed {seed}: {got} against {}", far as f64 * cell);
    }
}
