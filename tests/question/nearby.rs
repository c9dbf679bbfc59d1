//! `nearby`: what lies within r metres, or the k nearest?

use crate::question::oracle::{close, distance};
use crate::question::plan::{CELJE, SeededRandom, ask, found, interventions, layers};
use cityheart::feature::Geometry;
use geo_types::Point;
use serde_json::json;

#[test]
fn nearby_agrees_with_geodesic_brute_force_over_random_plans_after_random_edits() {
    for seed in 100..124 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 2000);
        let all = layers([&layer]);
        for _ in 0..4 {
            let (x, y) = (CELJE.0 + random.between(-0.02, 0.02), CELJE.1 + random.between(-0.02, 0.02));
            let here = Geometry::Point(Point::new(x, y));
            let mut want: Vec<(f64, String)> = layer
                .truth
                .values()
                .filter_map(|f| Some((distance(&here, f.geometry.as_ref()?), f.id.to_string())))
                .collect();
            want.sort_by(|a, b| a.0.total_cmp(&b.0));
            let check = |got: &cityheart::question::QuestionAnswer, want: &[(f64, String)]| {
                assert_eq!(got.features.len(), want.len(), "seed {seed}");
                for (got, want) in got.features.iter().zip(want) {
                    let metres = got.result()["distance_m"].as_f64().unwrap();
                    assert!(close(metres, want.0, 1e-6, 0.0051), "seed {seed}: {metres} instead of {}", want.0);
                }
            };
            let radius = random.between(0.0, 2500.0);
            let within: Vec<_> = want.iter().filter(|w| w.0 <= radius).cloned().collect();
            let answer = ask(&all, "nearby", json!({"point": [x, y], "radius_m": radius}));
            check(&answer, &within);
            let mut ids = found(&answer);
            let mut want_ids: Vec<_> = within.iter().map(|w| w.1.clone()).collect();
            ids.sort();
            want_ids.sort();
            assert_eq!(ids, want_ids);
            let k = 1 + random.below(40) as usize;
            check(&ask(&all, "nearby", json!({"point": [x, y], "k": k})), &want[..k.min(want.len())]);
            let both = ask(&all, "nearby", json!({"point": [x, y], "k": k, "radius_m": radius}));
            check(&both, &within[..k.min(within.len())]);
        }
    }
}

#[test]
fn a_place_within_an_area_is_at_no_distance() {
    let mut random = SeededRandom(7);
    let layer = interventions(&mut random, 500);
    let polygon = layer.truth.values().find_map(|f| match &f.geometry {
        Some(Geometry::Polygon(p)) if p.interiors().is_empty() => Some((f.id.to_string(), p.clone())),
        _ => None,
    });
    let (id, polygon) = polygon.unwrap();
    let corner = polygon.exterior().0[0];
    let answer = ask(&layers([&layer]), "nearby", json!({"point": [corner.x, corner.y], "radius_m": 0}));
    assert!(found(&answer).contains(&id));
    assert_eq!(answer.features[0].result()["distance_m"], 0);
}
