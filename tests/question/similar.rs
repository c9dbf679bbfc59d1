//! `similar` against the definition, worked out again over all pairs.

use crate::question::plan::{Layer, SeededRandom, ask, found, interventions, layers};
use cityheart::feature::{Feature, FieldValue};
use geo::{Geodesic, GeodesicArea, Length};
use geo_types::Geometry;
use serde_json::json;
use std::collections::BTreeSet;

fn list(layer: &Layer, f: &Feature, field: &str) -> BTreeSet<String> {
    let FieldValue::Json(json) = layer.value(f, field) else { return BTreeSet::new() };
    json.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// Square metres, or metres, by another library's formulas.
fn size(f: &Feature) -> Option<(char, f64)> {
    let size = match f.geometry.as_ref()? {
        Geometry::Polygon(p) => ('a', p.geodesic_area_unsigned()),
        Geometry::MultiPolygon(m) => ('a', m.iter().map(GeodesicArea::geodesic_area_unsigned).sum()),
        Geometry::LineString(l) => ('l', Geodesic.length(l)),
        Geometry::MultiLineString(m) => ('l', m.iter().map(|l| Geodesic.length(l)).sum()),
        _ => return None,
    };
    Some(size)
}

fn cost(layer: &Layer, f: &Feature) -> Option<f64> {
    match layer.value(f, "cost") {
        FieldValue::Real(r) => Some(*r),
        FieldValue::Int(i) => Some(*i as f64),
        _ => None,
    }
}

/// The score by the rules as they are said, with weights 4, 2, 1, 1, 1, 1 and no text.
fn score(layer: &Layer, a: &Feature, b: &Feature) -> f64 {
    let (mut sum, mut weight) = (0.0, 0.0);
    let mut count = |w: f64, alike: f64| {
        sum += w * alike;
        weight += w;
    };
    for (field, w) in [("types", 4.0), ("functions", 2.0), ("objectives", 1.0)] {
        let (x, y) = (list(layer, a, field), list(layer, b, field));
        if !x.is_empty() {
            count(w, x.intersection(&y).count() as f64 / x.union(&y).count() as f64);
        }
    }
    count(1.0, f64::from(u8::from(layer.text(a, "kind") == layer.text(b, "kind"))));
    let ratio = |x: f64, y: f64| x.min(y) / x.max(y);
    if let Some((kind, x)) = size(a) {
        count(1.0, size(b).filter(|(k, _)| *k == kind).map_or(0.0, |(_, y)| ratio(x, y)));
    }
    if let Some(x) = cost(layer, a) {
        count(1.0, cost(layer, b).map_or(0.0, |y| ratio(x, y)));
    }
    sum / weight
}

#[test]
fn scores_and_order_agree_with_the_definition_over_all_pairs() {
    for seed in 600..606 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 400);
        let Some(own) = layer.truth.values().next() else { continue };
        let weights = json!({"types": 4, "functions": 2, "objectives": 1, "kind": 1, "size": 1, "cost": 1});
        let all = layers([&layer]);
        let answer = ask(&all, "similar", json!({"intervention": own.id.as_str(), "k": 25, "weights": weights}));
        let mut want: Vec<(f64, &str)> = layer
            .truth
            .values()
            .filter(|f| layer.text(f, "city") != layer.text(own, "city"))
            .map(|f| (score(&layer, own, f), f.id.as_str()))
            .filter(|(s, _)| *s > 0.0)
            .collect();
        want.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        want.truncate(25);
        assert_eq!(answer.features.len(), want.len(), "seed {seed}");
        for (found, (score, id)) in answer.features.iter().zip(&want) {
            let got = found.result()["score"].as_f64().unwrap();
            assert!((got - score).abs() < 2e-4, "seed {seed}: {} {got}, {id} {score}", found.id());
        }
    }
}

fn plan() -> Layer {
    let schema = Layer::new("interventions", []);
    let make = |id: &str, city: &str, more: serde_json::Value| {
        let mut properties = json!({"title": id, "city": city, "kind": "hard_investment", "status": "idea"});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let values = schema.collection.read_values(properties.as_object().unwrap()).unwrap();
        Feature { key: 0, id: cityheart::feature::FeatureId::new(id).unwrap(), geometry: None, values }
    };
    Layer::new(
        "interventions",
        [
            make(
                "own",
                "celje",
                json!({"types": ["greening", "cycling"], "title_en": "Trees along the Méander river", "cost": 100}),
            ),
            make(
                "twin",
                "sligo",
                json!({"types": ["greening", "cycling"], "title_en": "A row of trees, meander", "cost": 50}),
            ),
            make("home", "celje", json!({"types": ["greening", "cycling"]})),
            make("other", "braga", json!({"types": ["market"], "kind": "event", "title_en": "Saturday stalls"})),
        ],
    )
}

#[test]
fn reasons_are_the_shared_values_and_words_and_the_own_city_is_not_compared() {
    let answer = ask(&layers([&plan()]), "similar", json!({"intervention": "own"}));
    assert_eq!(found(&answer), ["twin"]);
    let result = answer.features[0].result();
    assert_eq!(result["shared"]["types"], json!(["cycling", "greening"]));
    // Accents and case do not part words.
    let words: BTreeSet<&str> =
        result["shared"]["words"].as_array().unwrap().iter().map(|w| w.as_str().unwrap()).collect();
    assert_eq!(words, BTreeSet::from(["meander", "trees"]));
    assert_eq!(result["likeness"]["cost"], json!(0.5));
    assert_eq!(answer.find_number("compared").unwrap().value.as_f64(), 2.0);
}
