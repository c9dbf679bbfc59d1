//! `conflicts` and `without`: all pairs, on a plane around each of them.

use crate::question::oracle::distance;
use crate::question::plan::{Layer, SeededRandom, ask, found, interventions, layers};
use cityheart::feature::{Feature, FeatureId};
use cityheart::question::{AnswerFeature, QuestionAnswer};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::json;
use std::collections::BTreeSet;

/// First and last day that a stated date may mean, written down anew.
fn days(text: &str, precision: &str) -> (Date, Date) {
    let d: Date = text.parse().unwrap();
    match precision {
        "day" => (d, d),
        "month" => (date(d.year(), d.month(), 1), d.last_of_month()),
        "season" => {
            let (year, first) = match d.month() {
                1 | 2 => (d.year() - 1, 12),
                12 => (d.year(), 12),
                m => (d.year(), m / 3 * 3),
            };
            let first = date(year, first, 1);
            (first, first.saturating_add(2.months()).last_of_month())
        }
        "quarter" => {
            let first = date(d.year(), [1, 4, 7, 10][(d.month() as usize - 1) / 3], 1);
            (first, first.saturating_add(2.months()).last_of_month())
        }
        "half_year" if d.month() < 7 => (date(d.year(), 1, 1), date(d.year(), 6, 30)),
        "half_year" => (date(d.year(), 7, 1), date(d.year(), 12, 31)),
        _ => (date(d.year(), 1, 1), date(d.year(), 12, 31)),
    }
}

/// (what it might take, what it surely takes), with open ends of a year.
fn times(layer: &Layer, f: &Feature) -> Option<((Date, Date), Option<(Date, Date)>)> {
    let precision = layer.text(f, "date_precision").unwrap();
    let read = |field| layer.text(f, field).map(|t| days(t, precision));
    Some(match (read("start"), read("end")) {
        (None, None) => return None,
        (Some(b), Some(e)) => ((b.0, e.1.max(b.0)), (b.1 <= e.0).then_some((b.1, e.0))),
        (Some(b), None) => ((b.0, b.1.saturating_add(12.months())), (b.0 == b.1).then_some(b)),
        (None, Some(e)) => ((e.0.saturating_sub(12.months()), e.1), (e.0 == e.1).then_some(e)),
    })
}

fn overlap(a: (Date, Date), b: (Date, Date)) -> bool {
    a.0 <= b.1 && b.0 <= a.1
}

#[test]
fn conflicts_are_exactly_the_pairs_near_in_place_and_time() {
    for seed in 300..310 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 260);
        let limit = random.between(0.0, 400.0).round();
        let inputs = json!({"distance_m": limit, "with_completed": true});
        let answer = ask(&layers([&layer]), "conflicts", inputs);
        let is_work = |f: &&Feature| {
            f.geometry.is_some()
                && layer.text(f, "status") != Some("abandoned")
                && layer.text(f, "cost_scope") != Some("programme")
        };
        let works: Vec<_> = layer.truth.values().filter(is_work).filter_map(|f| Some((f, times(&layer, f)?))).collect();
        let stated = |f: &Feature| {
            let has = |field| layer.text(f, field).is_some();
            has("start") && has("end") && layer.text(f, "date_precision") != Some("unknown")
        };
        let done = |f: &Feature| layer.text(f, "status") == Some("completed");
        let (mut want, mut usual) = (BTreeSet::new(), BTreeSet::new());
        for (i, (a, (might_a, sure_a))) in works.iter().enumerate() {
            for (b, (might_b, sure_b)) in &works[i + 1..] {
                if overlap(*might_a, *might_b)
                    && distance(a.geometry.as_ref().unwrap(), b.geometry.as_ref().unwrap()) <= limit
                {
                    let certain = matches!((sure_a, sure_b), (Some(a), Some(b)) if overlap(*a, *b));
                    let pair = if a.id < b.id {
                        (a.id.to_string(), b.id.to_string())
                    } else {
                        (b.id.to_string(), a.id.to_string())
                    };
                    let undecided = !(certain || stated(a) && stated(b));
                    if !done(a) && !done(b) {
                        usual.insert((pair.clone(), certain, undecided));
                    }
                    want.insert((pair, certain, undecided));
                }
            }
        }
        let pairs = |answer: &QuestionAnswer| -> BTreeSet<_> {
            let pair = |f: &AnswerFeature| {
                let (a, b) =
                    (f.result()["a"].as_str().unwrap().to_owned(), f.result()["b"].as_str().unwrap().to_owned());
                {
                    let told = |name: &str| f.result()[name].as_bool().unwrap();
                    (if a < b { (a, b) } else { (b, a) }, told("certain"), told("undecided"))
                }
            };
            answer.features.iter().map(pair).collect()
        };
        assert_eq!(pairs(&answer), want, "seed {seed}");
        let unasked = ask(&layers([&layer]), "conflicts", json!({"distance_m": limit}));
        assert_eq!(pairs(&unasked), usual, "seed {seed}");
        assert_eq!(answer.find_number("conflicts").unwrap().value.as_f64() as usize, want.len());
        let undated: BTreeSet<_> =
            layer.truth.values().filter(|f| is_work(f) && times(&layer, f).is_none()).map(|f| f.id.clone()).collect();
        assert_eq!(answer.left_out.ids_for("undated").iter().cloned().collect::<BTreeSet<FeatureId>>(), undated);
    }
}

#[test]
fn without_lists_exactly_those_that_have_nothing_near() {
    for seed in 400..410 {
        let mut random = SeededRandom(seed);
        let layer = interventions(&mut random, 400);
        let limit = random.between(10.0, 300.0);
        let inputs = json!({"filter": {"status": "approved"}, "other": "interventions", "other_filter": {"types": "greening"}, "distance_m": limit});
        let answer = ask(&layers([&layer]), "without", inputs);
        let green =
            |f: &&Feature| layer.value(f, "types").to_json().as_array().is_some_and(|a| a.contains(&json!("greening")));
        let others: Vec<&Feature> = layer.truth.values().filter(|f| f.geometry.is_some()).filter(green).collect();
        let lacks = |f: &&Feature| {
            let here = f.geometry.as_ref().unwrap();
            !others.iter().any(|o| o.id != f.id && distance(here, o.geometry.as_ref().unwrap()) <= limit)
        };
        let asked: Vec<&Feature> = layer
            .truth
            .values()
            .filter(|f| f.geometry.is_some() && layer.text(f, "status") == Some("approved"))
            .collect();
        let want: Vec<String> = asked.iter().copied().filter(lacks).map(|f| f.id.to_string()).collect();
        assert_eq!(found(&answer), want, "seed {seed}");
        let share = answer.find_number("share").unwrap().fraction.unwrap();
        assert_eq!((share.0.as_f64() as usize, share.1.as_f64() as usize), (want.len(), asked.len()));
    }
}

#[test]
fn works_of_cities_a_continent_apart_are_each_measured_where_they_are() {
    let empty = Layer::new("interventions", []);
    let mut works = Vec::new();
    // Two works 90 m apart, measured eastward by the geodesic, in four cities.
    for (city, lon, lat) in [
        ("sligo", -8.4761, 54.2766),
        ("granada", -3.5986, 37.1773),
        ("krakow", 19.9372, 50.0617),
        ("lamia", 22.434, 38.9),
    ] {
        use geo::{Destination, Geodesic};
        let east = Geodesic.destination(geo_types::Point::new(lon, lat), 90.0, 90.0);
        for (n, p) in [(1, geo_types::Point::new(lon, lat)), (2, east)] {
            let properties = json!({"start": "2026-03-01", "end": "2026-05-31", "city": city});
            let values = empty.collection.read_values(properties.as_object().unwrap()).unwrap();
            works.push(Feature {
                key: 0,
                id: FeatureId::new(&format!("{city}-{n}")).unwrap(),
                geometry: Some(p.into()),
                values,
            });
        }
    }
    let all = layers([&Layer::new("interventions", works)]);
    assert_eq!(ask(&all, "conflicts", json!({"distance_m": 89.9})).features.len(), 0);
    let answer = ask(&all, "conflicts", json!({"distance_m": 90.1}));
    assert_eq!(found(&answer), ["granada-1~granada-2", "krakow-1~krakow-2", "lamia-1~lamia-2", "sligo-1~sligo-2"]);
    for f in &answer.features {
        assert!((f.result()["distance_m"].as_f64().unwrap() - 90.0).abs() < 0.02, "{}", f.result());
        assert_eq!(f.result()["months"], json!(["2026-03", "2026-04", "2026-05"]));
        assert_eq!(f.result()["certain"], true);
    }
}

#[test]
fn a_programme_a_completed_work_and_a_test_collide_with_nothing_unless_asked_for() {
    let empty = Layer::new("interventions", []);
    let make = |id: &str, properties: serde_json::Value| {
        let mut all = json!({"city": "celje", "status": "approved", "start": "2027-03-01", "end": "2027-05-31"});
        properties.as_object().unwrap().iter().for_each(|(name, value)| all[name] = value.clone());
        let values = empty.collection.read_values(all.as_object().unwrap()).unwrap();
        let place = geo_types::Point::new(15.2663, 46.2289);
        Feature { key: 0, id: FeatureId::new(id).unwrap(), geometry: Some(place.into()), values }
    };
    let works = [
        make("paving", json!({"tested_by": "trial"})),
        make("pipes", json!({})),
        make("trial", json!({"status": "testing"})),
        make("renewal", json!({"cost_scope": "programme"})),
        make("old", json!({"status": "completed"})),
        make("given-up", json!({"status": "abandoned"})),
        make("endless", json!({"end": null})),
        make("vague", json!({"date_precision": "unknown"})),
        make("later", json!({"start": "2027-06-01", "end": "2027-07-01"})),
        make("undated", json!({"start": null, "end": null})),
    ];
    let all = layers([&Layer::new("interventions", works)]);
    let answer = ask(&all, "conflicts", json!({}));
    let decided: Vec<String> =
        answer.features.iter().filter(|f| f.result()["undecided"] == false).map(AnswerFeature::id).collect();
    // The work without an end certainly takes place on its first day.
    assert_eq!(decided, ["paving~endless", "paving~pipes", "pipes~endless", "pipes~trial", "trial~endless"]);
    let left_out = |reason: &str| answer.left_out.ids_for(reason).iter().map(ToString::to_string).collect::<Vec<_>>();
    for (reason, id) in
        [("programme", "renewal"), ("completed", "old"), ("abandoned", "given-up"), ("undated", "undated")]
    {
        assert_eq!(left_out(reason), [id]);
    }
    // Each of the two may meet the three with stated ends, each other, and the one that begins in June.
    let count = |name: &str| answer.find_number(name).unwrap().value.as_f64();
    assert_eq!((count("conflicts"), count("certain"), count("undecided")), (11.0, 5.0, 6.0));
    let more = ask(&all, "conflicts", json!({"with_completed": true}));
    let pairs = found(&more);
    assert!(pairs.contains(&"pipes~old".to_owned()) && pairs.contains(&"endless~later".to_owned()), "{pairs:?}");
    assert!(!pairs.iter().any(|pair| pair.contains("renewal") || pair == "paving~trial"), "{pairs:?}");
}
