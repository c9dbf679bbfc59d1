//! `portfolio` against every subset there is.

use crate::question::plan::{CELJE, Layer, SeededRandom, area_json, ask, blob, found, intervention, layers, try_ask};
use cityheart::feature::{Feature, FieldValue};
use cityheart::question::{NumberValue, PlanSnapshot, QuestionAnswer};
use geo::Intersects;
use geo_types::{Coord, Geometry};
use serde_json::{Value as Json, json};

fn count(answer: &QuestionAnswer, name: &str) -> u64 {
    match answer.find_number(name).map(|n| n.value) {
        Some(NumberValue::Count(n)) => n,
        other => panic!("{name}: {other:?}"),
    }
}

fn real(answer: &QuestionAnswer, name: &str) -> f64 {
    answer.find_number(name).unwrap_or_else(|| panic!("no {name}")).value.as_f64()
}

fn cents(layer: &Layer, feature: &Feature) -> Option<i64> {
    match layer.value(feature, "cost") {
        FieldValue::Real(r) => Some((r * 100.0).round() as i64),
        FieldValue::Int(i) => Some(i * 100),
        _ => None,
    }
}

fn list(layer: &Layer, feature: &Feature, field: &str) -> Vec<String> {
    let FieldValue::Json(json) = layer.value(feature, field) else { return vec![] };
    json.as_array().unwrap().iter().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// A plan of few interventions, some of which depend on others and are tested by others.
fn plan(random: &mut SeededRandom) -> Layer {
    let schema = Layer::new("interventions", []);
    let count = 4 + random.below(9) as usize;
    let mut features: Vec<Feature> = (0..count).map(|n| intervention(random, &schema.collection, n)).collect();
    let at = |name: &str| schema.collection.field_index(name).unwrap();
    for feature in &mut features {
        if random.below(4) == 0 {
            let on = random.below(count as u64);
            feature.values[at("depends_on")] = FieldValue::Json(json!([format!("i{on}")]).into());
        }
        if random.below(5) == 0 {
            feature.values[at("tested_by")] = FieldValue::text(format!("i{}", random.below(count as u64)));
        }
    }
    let mut layer = Layer::new("interventions", features);
    layer.edit(random, intervention);
    layer
}

/// The points of the best subset, straight from the definition.
fn brute(layer: &Layer, budget: i64, wanted: &[(&str, &str)], area: Option<&Geometry<f64>>) -> Option<f64> {
    let status = |f: &Feature| layer.text(f, "status").unwrap_or_default().to_owned();
    let candidates: Vec<&Feature> = layer
        .truth
        .values()
        .filter(|f| {
            cents(layer, f).is_some()
                && layer.text(f, "cost_scope") != Some("programme")
                && !["completed", "in_progress", "abandoned"].contains(&status(f).as_str())
        })
        .collect();
    let most = |field: &str| candidates.iter().map(|f| list(layer, f, field).len()).max().unwrap_or(0).max(1) as f64;
    let (functions, objectives) = (most("functions"), most("objectives"));
    let points = |f: &Feature| {
        1.0 + 2.0 * list(layer, f, "functions").len() as f64 / functions
            + 0.5 * list(layer, f, "objectives").len() as f64 / objectives
    };
    let stands = |id: &str| {
        layer.truth.values().any(|f| f.id.as_str() == id && ["completed", "in_progress"].contains(&status(f).as_str()))
    };
    let mut best = None;
    for mask in 0..1_u32 << candidates.len() {
        let set: Vec<&Feature> = (0..candidates.len()).filter(|i| mask >> i & 1 == 1).map(|i| candidates[i]).collect();
        let has = |id: &str| set.iter().any(|f| f.id.as_str() == id);
        let fits = set.iter().filter_map(|f| cents(layer, f)).sum::<i64>() <= budget
            && set.iter().all(|f| {
                let tested = layer.text(f, "tested_by").is_some_and(|t| t != f.id.as_str() && has(t));
                !tested && list(layer, f, "depends_on").iter().all(|on| has(on) || stands(on))
            })
            && wanted.iter().all(|(field, value)| set.iter().any(|f| list(layer, f, field).iter().any(|v| v == value)))
            && area.is_none_or(|a| set.iter().any(|f| f.geometry.as_ref().is_some_and(|g| g.intersects(a))));
        let worth: f64 = set.iter().map(|f| points(f)).sum();
        if fits && best.is_none_or(|b| worth > b) {
            best = Some(worth);
        }
    }
    best
}

fn with_area(layer: &Layer, area: &Geometry<f64>) -> PlanSnapshot {
    let schema = Layer::new("areas", []);
    let values = schema.collection.read_values(json!({"name": "Quarter"}).as_object().unwrap()).unwrap();
    let id = cityheart::feature::FeatureId::new("quarter").unwrap();
    let areas = Layer::new("areas", [Feature { key: 0, id, geometry: Some(area.clone()), values }]);
    layers([layer, &areas])
}

#[test]
fn the_choice_is_the_best_of_all_subsets_under_budget_cover_dependencies_and_tests() {
    let mut clashes = 0;
    for seed in 500..560 {
        let mut random = SeededRandom(seed);
        let layer = plan(&mut random);
        let area = Geometry::Polygon(blob(&mut random, Coord { x: CELJE.0, y: CELJE.1 }, 0.02));
        let total: i64 = layer.truth.values().filter_map(|f| cents(&layer, f)).sum();
        let budget = total / (2 + random.below(4) as i64);
        let wanted =
            [("objectives", *random.one(&["PO1", "PO2", "PO3"])), ("functions", *random.one(&["housing", "work"]))];
        let mut at_least_one = json!({wanted[0].0: [wanted[0].1], wanted[1].0: [wanted[1].1]});
        let by_area = random.below(2) == 0;
        if by_area {
            at_least_one["area"] = json!(["quarter"]);
        }
        let all = with_area(&layer, &area);
        let inputs = json!({
            "budget": format!("{}.{:02}", budget / 100, budget % 100),
            "weights": {"interventions": 1, "functions": 2, "objectives": 0.5},
            "at_least_one": at_least_one,
        });
        let answer = ask(&all, "portfolio", inputs.clone());
        if let Some(points) = brute(&layer, budget, &wanted, by_area.then_some(&area)) {
            assert!((real(&answer, "points") - points).abs() < 1e-6, "seed {seed}: {points}");
            assert!(real(&answer, "cost") * 100.0 <= budget as f64 + 0.5);
            let more = brute(&layer, budget * 11 / 10, &wanted, by_area.then_some(&area)).unwrap();
            assert!(
                (real(&answer, "next_points") - (more - points)).abs() < 1e-6,
                "seed {seed}: {} against {}",
                real(&answer, "next_points"),
                more - points
            );
            for effect in answer.numbers.iter().filter(|n| n.name == "price") {
                if let Some(n) = wanted.iter().position(|(f, v)| effect.group[0].1 == format!("{f}={v}")) {
                    let rest = [wanted[1 - n]];
                    let free = brute(&layer, budget, &rest, by_area.then_some(&area)).unwrap();
                    assert!((effect.value.as_f64() - (free - points)).abs() < 1e-6, "seed {seed}");
                }
            }
        } else {
            clashes += 1;
            assert!(count(&answer, "clashing_rules") > 0, "seed {seed}");
            assert_eq!(found(&answer), [""; 0]);
            // With the least budget that it names, there is a choice, and with a cent less there is none.
            if let Some(least) = answer.find_number("least_budget") {
                let least = (least.value.as_f64() * 100.0).round() as i64;
                assert!(brute(&layer, least, &wanted, by_area.then_some(&area)).is_some(), "seed {seed}");
                assert!(brute(&layer, least - 1, &wanted, by_area.then_some(&area)).is_none(), "seed {seed}");
            } else {
                assert!(brute(&layer, total, &wanted, by_area.then_some(&area)).is_none(), "seed {seed}");
            }
        }
    }
    assert!((5..55).contains(&clashes), "{clashes} of 60 plans had no choice");
}

/// Four works: a costs 40 and is the only one for housing, b 50 and c 60 serve more, d waits for b.
fn four() -> PlanSnapshot {
    let schema = Layer::new("interventions", []);
    let make = |id: &str, cost: u32, functions: &[&str], more: Json| {
        let mut properties = json!({"title": id, "city": "celje", "kind": "hard_investment", "status": "proposed", "cost": cost, "functions": functions});
        properties.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let values = schema.collection.read_values(properties.as_object().unwrap()).unwrap();
        Feature { key: 0, id: cityheart::feature::FeatureId::new(id).unwrap(), geometry: None, values }
    };
    layers([&Layer::new(
        "interventions",
        [
            make("a", 40, &["housing"], json!({})),
            make("b", 50, &["work", "commerce"], json!({"tested_by": "a"})),
            make("c", 60, &["work", "commerce", "leisure"], json!({})),
            make("d", 10, &["leisure"], json!({"depends_on": ["b"]})),
            make("e", 10, &["leisure"], json!({"depends_on": ["gone"]})),
        ],
    )])
}

#[test]
fn a_choice_that_a_rule_forces_is_named_with_its_price() {
    let weights = json!({"functions": 3});
    let free = ask(&four(), "portfolio", json!({"budget": 60, "weights": weights}));
    // b and d cost 60 and serve three functions, as c does alone.
    assert_eq!(real(&free, "points"), 3.0);
    let held = ask(
        &four(),
        "portfolio",
        json!({"budget": 60, "weights": weights, "at_least_one": {"functions": ["housing"]}}),
    );
    assert_eq!(found(&held), ["a"]);
    assert_eq!(held.features[0].result()["forced_by"], json!(["functions=housing"]));
    let price = held.numbers.iter().find(|n| n.name == "price").unwrap();
    assert_eq!((price.group[0].1.as_str(), price.value.as_f64()), ("functions=housing", 2.0));
    // 100 euros pay for a and c, or for a, b and one of the small ones: four functions. 110 pay for one more.
    let next = ask(
        &four(),
        "portfolio",
        json!({"budget": 100, "weights": weights, "must": ["a"], "exclusive_tests": false, "depends_on": false}),
    );
    assert_eq!(next.find_number("next_points").unwrap().value.as_f64(), 1.0);
    let never = ask(&four(), "portfolio", json!({"budget": 1000, "weights": weights}));
    assert_eq!(found(&never), ["b", "c", "d"]);
}

#[test]
fn rules_that_cannot_hold_together_are_named() {
    let answer = ask(&four(), "portfolio", json!({"budget": 1000, "must": ["a", "b"]}));
    let names: Vec<&str> =
        answer.numbers.iter().filter(|n| n.name == "candidates").map(|n| n.group[0].1.as_str()).collect();
    assert_eq!(names, ["must=a", "must=b", "tested_by=b"]);
    assert!(answer.find_number("least_budget").is_none());
    let poor = ask(&four(), "portfolio", json!({"budget": 50, "must": ["c"]}));
    assert_eq!(poor.find_number("least_budget").unwrap().value.as_f64(), 60.0);
    let nobody = ask(&four(), "portfolio", json!({"budget": 50, "at_least_one": {"objectives": ["PO3"]}}));
    assert!(nobody.rules.last().unwrap().contains("objectives=PO3"), "{:?}", nobody.rules);
}

#[test]
fn a_programme_is_no_candidate_beside_the_actions_it_stands_for() {
    let schema = Layer::new("interventions", []);
    let make = |id: &str, cost: u32, scope: &str, functions: &[&str]| {
        let properties = json!({"title": id, "city": "celje", "kind": "hard_investment", "status": "proposed", "cost": cost, "cost_scope": scope, "functions": functions});
        let values = schema.collection.read_values(properties.as_object().unwrap()).unwrap();
        Feature { key: 0, id: cityheart::feature::FeatureId::new(id).unwrap(), geometry: None, values }
    };
    let all = layers([&Layer::new(
        "interventions",
        [
            make("plan", 50, "programme", &["work", "commerce", "leisure"]),
            make("square", 30, "total", &["work"]),
            make("street", 20, "total", &["commerce"]),
            make("study", 5, "design", &["leisure"]),
        ],
    )]);
    let answer = ask(&all, "portfolio", json!({"budget": 100}));
    assert_eq!(found(&answer), ["square", "street", "study"]);
    assert_eq!((real(&answer, "cost"), real(&answer, "points")), (55.0, 6.0));
    let left: Vec<&str> =
        answer.left_out.ids_for("programme_cost").iter().map(cityheart::feature::FeatureId::as_str).collect();
    assert_eq!(left, ["plan"]);
    assert!(answer.rules.iter().any(|r| r.contains("programme_cost")), "{:?}", answer.rules);
    let must = try_ask(&all, "portfolio", &json!({"budget": 100, "must": ["plan"]})).err().unwrap();
    assert!(must.to_string().contains("'plan' is not a candidate"), "{must}");
}

#[test]
fn a_portfolio_of_another_collection_is_refused() {
    let areas = Layer::new("areas", []);
    let error = try_ask(&layers([&areas]), "portfolio", &json!({"collection": "areas", "budget": 5})).err().unwrap();
    assert!(error.to_string().contains("'cost'"), "{error}");
    let outline = area_json(&blob(&mut SeededRandom(1), Coord { x: 15.0, y: 46.0 }, 0.01));
    let error = try_ask(&layers([&areas]), "portfolio", &json!({"area": outline, "budget": 5})).err().unwrap();
    assert!(error.to_string().contains("no input 'area'"), "{error}");
}
