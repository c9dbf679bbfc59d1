//! `summary`: count, cost and EU share, whole or by share, over one area or all of them.

use crate::question::oracle::close;
use crate::question::plan::{CELJE, Layer, SeededRandom, area_json, ask, blob, interventions, layers};
use cityheart::feature::{Feature, FeatureId, FieldValue, Geometry};
use cityheart::question::{AnswerNumber, QuestionAnswer};
use geo::Intersects;
use geo_types::{Coord, Polygon};
use serde_json::{Map, json};

fn number<'a>(answer: &'a QuestionAnswer, name: &str, group: &[(&str, &str)]) -> Option<&'a AnswerNumber> {
    let same = |n: &&AnswerNumber| n.group.iter().map(|(k, v)| (k.as_str(), v.as_str())).eq(group.iter().copied());
    answer.numbers.iter().filter(|n| n.name == name).find(same)
}

/// Cents of an amount, straight from its decimal text.
fn cents(value: &FieldValue) -> Option<i64> {
    let text = match value {
        FieldValue::Real(r) => format!("{r:.2}"),
        FieldValue::Int(i) => format!("{i}.00"),
        _ => return None,
    };
    text.replace('.', "").parse().ok()
}

fn money(number: &AnswerNumber) -> i64 {
    known_money(number).unwrap()
}

/// `None` for an amount that is not known.
fn known_money(number: &AnswerNumber) -> Option<i64> {
    let json = number.to_json();
    let exact = json["decimal"].as_str()?;
    let (whole, part) = exact.split_once('.').unwrap_or((exact, "00"));
    Some(format!("{whole}{part:0<2}").parse().unwrap())
}

fn areas(random: &mut SeededRandom, count: usize) -> Layer {
    let schema = Layer::new("areas", []);
    let make = |random: &mut SeededRandom, i: usize| {
        let centre = Coord { x: CELJE.0 + random.between(-0.02, 0.02), y: CELJE.1 + random.between(-0.015, 0.015) };
        let radius = random.between(0.002, 0.01);
        let values =
            schema.collection.read_values(&Map::from_iter([("name".to_owned(), json!(format!("A{i}")))])).unwrap();
        Feature {
            key: 0,
            id: FeatureId::new(&format!("a{i}")).unwrap(),
            geometry: Some(blob(random, centre, radius).into()),
            values,
        }
    };
    Layer::new("areas", (0..count).map(|i| make(random, i)).collect::<Vec<_>>())
}

#[test]
fn sums_agree_with_brute_force_in_whole_cents_by_status_objective_year_and_area() {
    let mut told_apart = 0;
    for seed in 200..212 {
        let mut random = SeededRandom(seed);
        let (layer, areas) = (interventions(&mut random, 2000), areas(&mut random, 9));
        let all = layers([&layer, &areas]);
        let answer = ask(&all, "summary", json!({"group_by": ["status", "objectives", "year", "area"]}));
        for area in areas.truth.values() {
            let outline = area.geometry.as_ref().unwrap();
            let inside: Vec<&Feature> =
                layer.truth.values().filter(|f| f.geometry.as_ref().is_some_and(|g| g.intersects(outline))).collect();
            let here = ("area", area.id.as_str());
            let mut check = |group: &[(&str, &str)], of: &[&Feature]| {
                let Some(count) = number(&answer, "features", group) else {
                    assert!(of.is_empty(), "{group:?} is missing");
                    return;
                };
                assert_eq!(
                    count.ids.iter().collect::<Vec<_>>(),
                    of.iter().map(|f| &f.id).collect::<Vec<_>>(),
                    "seed {seed} {group:?}"
                );
                let scope = |f: &Feature| layer.text(f, "cost_scope").unwrap_or("unknown").to_owned();
                let (programmes, single): (Vec<&Feature>, Vec<&Feature>) =
                    of.iter().partition(|f| scope(f) == "programme");
                let programmes: i64 = programmes.iter().filter_map(|f| cents(layer.value(f, "cost"))).sum();
                let told = number(&answer, "programme_cost", group).map_or(0, money);
                assert_eq!(told, programmes, "seed {seed} {group:?}");
                told_apart += programmes;
                let amounts =
                    |field: &str| single.iter().filter_map(|f| cents(layer.value(f, field))).collect::<Vec<i64>>();
                let sum = |amounts: &[i64]| amounts.iter().sum::<i64>();
                let known = |amounts: &[i64]| (!amounts.is_empty() || of.is_empty()).then(|| sum(amounts));
                let (costs, eu_parts) = (amounts("cost"), amounts("eu_share"));
                assert_eq!(known_money(number(&answer, "cost", group).unwrap()), known(&costs));
                assert_eq!(known_money(number(&answer, "eu_money", group).unwrap()), known(&eu_parts));
                let without: Vec<&FeatureId> =
                    single.iter().filter(|f| cents(layer.value(f, "cost")).is_none()).map(|f| &f.id).collect();
                let uncosted = number(&answer, "without_cost", group).unwrap();
                assert_eq!(uncosted.ids.iter().collect::<Vec<_>>(), without);
                let both: Vec<(i64, i64)> = single
                    .iter()
                    .filter(|f| ["total", "unknown"].contains(&scope(f).as_str()))
                    .filter_map(|f| Some((cents(layer.value(f, "eu_share"))?, cents(layer.value(f, "cost"))?)))
                    .collect();
                let (eu, base) = both.iter().fold((0, 0), |s, b| (s.0 + b.0, s.1 + b.1));
                let parts =
                    ["other_money", "unknown_money"].map(|name| known_money(number(&answer, name, group).unwrap()));
                assert_eq!(parts[0].unwrap_or_default(), base - eu);
                assert_eq!(parts[1].unwrap_or_default(), sum(&costs) - base, "the rest of the cost is nobody's");
                let share = number(&answer, "eu_share", group).unwrap();
                if base > 0 {
                    assert!(close(share.value.as_f64(), eu as f64 / base as f64 * 100.0, 1e-9, 0.0));
                    assert!(close(share.fraction.unwrap().1.as_f64(), base as f64 / 100.0, 1e-12, 0.0));
                } else {
                    assert_eq!(share.to_json()["value"], json!(null));
                }
            };
            check(&[here], &inside);
            for status in ["idea", "proposed", "approved", "in_progress", "completed", "abandoned"] {
                let of: Vec<_> = inside.iter().filter(|f| layer.text(f, "status") == Some(status)).copied().collect();
                check(&[here, ("status", status)], &of);
            }
            for objective in ["PO1", "PO2", "PO3", "PO4", "PO5"] {
                let has = |f: &&&Feature| {
                    layer.value(f, "objectives").to_json().as_array().is_some_and(|a| a.contains(&json!(objective)))
                };
                check(&[here, ("objectives", objective)], &inside.iter().filter(has).copied().collect::<Vec<_>>());
            }
            for year in ["2024", "2025", "2026"] {
                // A season that begins in December reaches into the next year; its first day decides.
                let begins = |f: &&&Feature| {
                    let (start, winter) = (layer.text(f, "start")?, layer.text(f, "date_precision") == Some("season"));
                    let (y, m) = (start[..4].parse::<u32>().unwrap(), &start[5..7]);
                    Some((if winter && (m == "01" || m == "02") { y - 1 } else { y }).to_string())
                };
                check(
                    &[here, ("year", year)],
                    &inside.iter().filter(|f| begins(f).as_deref() == Some(year)).copied().collect::<Vec<_>>(),
                );
            }
        }
    }
    assert!(told_apart > 0, "no plan had a programme");
}

#[test]
fn by_share_a_half_counts_half_and_its_money_is_rounded_to_the_cent() {
    let square = |x: f64| {
        Polygon::new(vec![(x, 46.0), (x + 0.001, 46.0), (x + 0.001, 46.001), (x, 46.001), (x, 46.0)].into(), vec![])
    };
    let empty = Layer::new("interventions", []);
    let make = |id: &str, x: f64, cost: f64| {
        let values = empty
            .collection
            .read_values(&Map::from_iter([("cost".to_owned(), json!(cost)), ("eu_share".to_owned(), json!(10.01))]))
            .unwrap();
        Feature { key: 0, id: FeatureId::new(id).unwrap(), geometry: Some(Geometry::Polygon(square(x))), values }
    };
    let layer =
        Layer::new("interventions", [make("in", 15.0, 100.0), make("half", 15.0005, 0.03), make("out", 15.002, 7.0)]);
    let all = layers([&layer]);
    let asked = |rule: &str| ask(&all, "summary", json!({"area": area_json(&square(15.0)), "rule": rule}));
    let (whole, share) = (asked("whole"), asked("share"));
    assert_eq!(money(whole.find_number("cost").unwrap()), 10_003);
    assert!(close(share.find_number("shares").unwrap().value.as_f64(), 1.5, 0.0, 1e-4));
    // Half of 3 cents is 1.5 cents, give or take the seventh decimal of a degree.
    assert!((10_001..=10_002).contains(&money(share.find_number("cost").unwrap())));
}

#[test]
fn money_that_is_not_known_is_neither_nothing_nor_other_money() {
    let empty = Layer::new("interventions", []);
    let make = |id: &str, properties: serde_json::Value| {
        let values = empty.collection.read_values(properties.as_object().unwrap()).unwrap();
        Feature { key: 0, id: FeatureId::new(id).unwrap(), geometry: None, values }
    };
    let layer = Layer::new(
        "interventions",
        [
            make("a", json!({"status": "funded", "cost": 100, "eu_share": 80, "start": "2025-02-01"})),
            make("b", json!({"status": "funded", "cost": 50, "start": "2025-12-01"})),
            make("c", json!({"status": "idea"})),
            make("d", json!({"status": "completed", "cost": 0, "eu_share": 0})),
            make("e", json!({"status": "proposed", "eu_share": 7})),
        ],
    );
    let answer = ask(&layers([&layer]), "summary", json!({"group_by": ["status", "year"]}));
    let known = |name: &str, group: &[(&str, &str)]| known_money(number(&answer, name, group).unwrap());
    for (group, cost, eu, other, unknown, uncosted) in [
        (&[][..], Some(15_000), Some(8_700), Some(2_000), Some(5_000), 2),
        (&[("status", "funded")], Some(15_000), Some(8_000), Some(2_000), Some(5_000), 0),
        (&[("status", "idea")], None, None, None, None, 1),
        (&[("status", "completed")], Some(0), Some(0), Some(0), Some(0), 0),
        (&[("status", "proposed")], None, Some(700), None, None, 1),
        (&[("year", "2025")], Some(15_000), Some(8_000), Some(2_000), Some(5_000), 0),
        (&[("year", "")], Some(0), Some(700), Some(0), Some(0), 2),
    ] {
        let amounts = ["cost", "eu_money", "other_money", "unknown_money"].map(|name| known(name, group));
        assert_eq!(amounts, [cost, eu, other, unknown], "{group:?}");
        assert_eq!(number(&answer, "without_cost", group).unwrap().ids.len(), uncosted, "{group:?}");
    }
    // The statuses are in the order of the work and not of the alphabet.
    let statuses: Vec<&str> = (answer.numbers.iter().filter(|n| n.name == "features"))
        .filter_map(|n| n.group.first().filter(|(name, _)| name == "status").map(|(_, status)| status.as_str()))
        .collect();
    assert_eq!(statuses, ["idea", "proposed", "funded", "completed"]);
}
