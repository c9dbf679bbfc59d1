//! `rate` and `coverage`: counted one feature at a time.

use crate::question::plan::{CELJE, Layer, SeededRandom, ask, blob, interventions, layers, written};
use cityheart::feature::{Feature, FeatureId};
use cityheart::question::QuestionAnswer;
use geo::Intersects;
use geo_types::Coord;
use serde_json::{Map, json};

fn count(answer: &QuestionAnswer, name: &str, group: &[(&str, &str)]) -> Option<(f64, f64)> {
    let same = |n: &&cityheart::question::AnswerNumber| {
        n.name == name && n.group.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(group.iter().copied())
    };
    answer.numbers.iter().find(same)?.fraction.map(|(above, below)| (above.as_f64(), below.as_f64()))
}

fn lists(layer: &Layer, feature: &Feature, field: &str, word: &str) -> bool {
    layer.value(feature, field).to_json().as_array().is_some_and(|a| a.contains(&json!(word)))
}

#[test]
fn rates_and_their_change_agree_with_counting() {
    for seed in 700..712 {
        let layer = interventions(&mut SeededRandom(seed), 2000);
        let inputs = json!({
            "collection": "interventions",
            "numerator": {"types": "greening"},
            "denominator": {"status": ["approved", "completed"]},
            "group_by": "city",
            "before": {"kind": "study"},
            "after": {"kind": "event"},
        });
        let all = layers([&layer]);
        let answer = ask(&all, "rate", inputs.clone());
        // Said in CQL2, as text or as JSON, it is the same question.
        let mut said = inputs;
        said["numerator"] = json!({"op": "a_contains", "args": [{"property": "types"}, ["greening"]]});
        said["denominator"] = json!("status IN ('approved', 'completed')");
        said["before"] = json!("kind = 'study'");
        said["after"] = json!({"op": "=", "args": [{"property": "kind"}, "event"]});
        assert_eq!(written(&ask(&all, "rate", said)), written(&answer), "seed {seed}");
        for city in [None, Some("celje"), Some("sligo"), Some("braga")] {
            let of = |kind: &str| {
                let counts = |f: &&Feature| {
                    let status = layer.text(f, "status");
                    layer.text(f, "kind") == Some(kind)
                        && matches!(status, Some("approved" | "completed"))
                        && (city.is_none() || layer.text(f, "city") == city)
                };
                let below: Vec<&Feature> = layer.truth.values().filter(counts).collect();
                (below.iter().filter(|f| lists(&layer, f, "types", "greening")).count() as f64, below.len() as f64)
            };
            let group: Vec<(&str, &str)> = city.map(|c| ("city", c)).into_iter().collect();
            let (before, after) = (of("study"), of("event"));
            let or_none = |counted: Option<(f64, f64)>| counted.unwrap_or((0.0, 0.0));
            assert_eq!(or_none(count(&answer, "rate_before", &group)), before, "seed {seed} {city:?}");
            assert_eq!(or_none(count(&answer, "rate", &group)), after, "seed {seed} {city:?}");
        }
    }
}

#[test]
fn rates_of_conditions_that_only_cql2_can_say_agree_with_counting() {
    for seed in 720..730 {
        let layer = interventions(&mut SeededRandom(seed), 2000);
        let square = "POLYGON((15.25 46.22, 15.27 46.22, 15.27 46.24, 15.25 46.24, 15.25 46.22))";
        let inputs = json!({
            "collection": "interventions",
            "filter": "cost IS NOT NULL",
            "numerator": "cost >= 50000 AND NOT (status = 'idea')",
            "denominator": format!("S_INTERSECTS(geometry, {square})"),
        });
        let answer = ask(&layers([&layer]), "rate", inputs);
        let outline = geo_types::Rect::new((15.25, 46.22), (15.27, 46.24)).to_polygon();
        let cost = |f: &Feature| layer.value(f, "cost").to_json().as_f64();
        let below: Vec<&Feature> = (layer.truth.values())
            .filter(|f| cost(f).is_some() && f.geometry.as_ref().is_some_and(|g| g.intersects(&outline)))
            .collect();
        let above = |f: &&&Feature| {
            cost(f).is_some_and(|c| c >= 50_000.0) && layer.text(f, "status").is_some_and(|s| s != "idea")
        };
        let want = (below.iter().filter(above).count() as f64, below.len() as f64);
        assert!(want.1 > 10.0, "seed {seed}: only {} in the square", want.1);
        assert_eq!(count(&answer, "rate", &[]), Some(want), "seed {seed}");
    }
}

#[test]
fn coverage_agrees_with_counting_every_cell() {
    for seed in 800..808 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 2000);
        let schema = Layer::new("areas", []);
        let areas: Vec<Feature> = (0..5)
            .map(|i| {
                let centre =
                    Coord { x: CELJE.0 + random.between(-0.02, 0.02), y: CELJE.1 + random.between(-0.015, 0.015) };
                let values = schema.collection.read_values(&Map::new()).unwrap();
                Feature {
                    key: 0,
                    id: FeatureId::new(&format!("a{i}")).unwrap(),
                    geometry: Some(blob(&mut random, centre, 0.006).into()),
                    values,
                }
            })
            .collect();
        let areas = Layer::new("areas", areas);
        let answer = ask(&layers([&layer, &areas]), "coverage", json!({}));
        for (area, found) in areas.truth.values().zip(&answer.features) {
            let outline = area.geometry.as_ref().unwrap();
            let inside: Vec<&Feature> =
                layer.truth.values().filter(|f| f.geometry.as_ref().is_some_and(|g| g.intersects(outline))).collect();
            let counts = &found.result()["counts"];
            for function in cityheart::question::FUNCTIONS {
                let want = inside.iter().filter(|f| lists(&layer, f, "functions", function)).count();
                assert_eq!(counts["functions"][function], want, "seed {seed} {function}");
            }
            for objective in cityheart::question::OBJECTIVES {
                let want = inside.iter().filter(|f| lists(&layer, f, "objectives", objective)).count();
                assert_eq!(counts["objectives"][objective], want, "seed {seed} {objective}");
                let missing =
                    found.result()["missing"].as_array().unwrap().contains(&json!(format!("objectives/{objective}")));
                assert_eq!(missing, want == 0);
            }
            let hard = inside.iter().filter(|f| layer.text(f, "kind") == Some("hard_investment")).count();
            assert_eq!(counts["measures"], json!({"hard": hard, "soft": inside.len() - hard}));
        }
    }
}

/// Premises of two streets, surveyed three times; the last survey is not finished.
fn surveyed() -> Layer {
    let empty = Layer::new("premises", []);
    let mut all = vec![];
    let mut add = |city: &str, survey: &str, day: &str, states: &[&str]| {
        for (i, state) in states.iter().enumerate() {
            let unit = format!("{city}-{i}");
            let properties = json!({"unit": unit, "city": city, "segment": format!("{city}-{}", i % 2), "state": state,
                "observed_on": day, "survey": survey});
            let values = empty.collection.read_values(properties.as_object().unwrap()).unwrap();
            all.push(Feature { key: 0, id: FeatureId::new(&format!("{unit}-{day}")).unwrap(), geometry: None, values });
        }
    };
    add("celje", "2024", "2024-10-01", &["vacant", "vacant", "occupied", "occupied", "occupied"]);
    add("celje", "2025", "2025-10-01", &["vacant", "occupied", "occupied", "occupied"]);
    add("celje", "2026", "2026-10-01", &["vacant"]);
    add("sligo", "one", "2023-05-01", &["vacant", "occupied"]);
    Layer::new("premises", all)
}

#[test]
fn a_rate_is_of_the_newest_complete_survey_of_each_city_and_says_which() {
    let all = layers([&surveyed()]);
    let inputs = |more: serde_json::Value| {
        let mut inputs = json!({"numerator": {"state": "vacant"}});
        more.as_object().unwrap().iter().for_each(|(name, value)| inputs[name] = value.clone());
        inputs
    };
    let answer = ask(&all, "rate", inputs(json!({"group_by": "city"})));
    assert_eq!(count(&answer, "rate", &[]), Some((2.0, 6.0)), "four of Celje in 2025, two of Sligo");
    assert_eq!(count(&answer, "rate", &[("city", "celje")]), Some((1.0, 4.0)));
    assert_eq!(answer.left_out.ids_for("other_survey").len(), 6);
    let surveyed: Vec<(&str, usize)> = answer
        .numbers
        .iter()
        .filter(|n| n.name == "surveyed")
        .map(|n| (n.group.last().unwrap().1.as_str(), n.ids.len()))
        .collect();
    assert_eq!(surveyed, [("2025", 4), ("one", 2)]);
    let rules = answer.rules.join(" ");
    assert!(rules.contains("The survey '2025' of 'celje' counts."), "{rules}");
    assert!(rules.contains("The survey '2026' of 'celje' is not complete (1 of 5 features)"), "{rules}");
    // Every survey apart; the total stays that of the newest.
    let apart = ask(&all, "rate", inputs(json!({"group_by": "survey", "filter": {"city": "celje"}})));
    for (survey, rate) in [("2024", (2.0, 5.0)), ("2025", (1.0, 4.0)), ("2026", (1.0, 1.0))] {
        assert_eq!(count(&apart, "rate", &[("survey", survey)]), Some(rate));
    }
    assert_eq!(count(&apart, "rate", &[]), Some((1.0, 4.0)));
    // Two surveys that are named are compared, and a filter that fits several takes the newest of them.
    let named = json!({"before": {"survey": "2024"}, "after": {"survey": "2025"}});
    let compared = ask(&all, "rate", inputs(named));
    assert_eq!(count(&compared, "rate_before", &[]), Some((2.0, 5.0)));
    assert_eq!(count(&compared, "rate", &[]), Some((1.0, 4.0)));
    let since = ask(&all, "rate", inputs(json!({"before": "observed_on < DATE('2026-01-01') AND city = 'celje'"})));
    assert_eq!(count(&since, "rate_before", &[]), Some((1.0, 4.0)));
    let alone = ask(&all, "rate", inputs(json!({"filter": {"survey": "2026"}})));
    assert_eq!(count(&alone, "rate", &[]), Some((1.0, 1.0)), "what is asked for by name counts");
}
