//! Which works near each other overlap in time?

use super::answer::{Answer, Figure, Found, LeftOut, Number, metres};
use super::choose::{self, AREA, AREAS, COLLECTION, Choice, FILTER, FROM, Pick, TO};
use super::input::{Input, Kind};
use super::metric::widened;
use super::pairs::{self, Placed};
use super::when::{Days, Period};
use super::{Asked, Question};
use crate::error::Result;
use crate::feature::{Bbox, FeatureId, Geometry, bbox_of};
use geo_types::{LineString, Point};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const DISTANCE: Input = Input::new(
    "distance_m",
    "How near counts as a conflict, in metres",
    Kind::Number { min: 0.0, max: 5000.0, default: Some(100.0), whole: false },
);
pub(super) const OPEN: Input = Input::new(
    "open_months",
    "How many months a work without an end, or without a beginning, is taken to last at most",
    Kind::Number { min: 0.0, max: 120.0, default: Some(12.0), whole: true },
);

const STREETS: Input = Input::new(
    "streets",
    "The streets that conflicts are listed by: a collection of lines with a property street or name; the plan's segments when there are some",
    Kind::Collection(Some("segments")),
);

pub(super) const QUESTION: Question = Question {
    id: "conflicts",
    title: "Works in each other's way",
    description: "Which works within so many metres of each other overlap in time, in which months, and is that sure or only possible?",
    inputs: &[COLLECTION, FILTER, DISTANCE, OPEN, AREA, AREAS, FROM, TO, STREETS],
    answer,
};

const ABANDONED: &str = "abandoned";
/// How near its street a conflict lies at most.
const STREET_M: f64 = 50.0;
const MAX_PAIRS: usize = 100_000;

/// A work with place and time.
struct Work {
    id: FeatureId,
    pick: Pick,
    geometry: Geometry,
    period: Period,
    might: Days,
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?;
    let days = asked.span(&FROM, &TO)?;
    let (limit, open) = (asked.given_number(&DISTANCE)?, asked.given_number(&OPEN)? as i64);
    let area = asked.area(&AREA, &AREAS)?;
    let mut left_out = LeftOut::default();
    let picks = area.as_ref().map_or_else(|| choice.all(), |a| choice.near(a.bbox));
    let mut works = Vec::new();
    for pick in picks {
        if let Some(geometry) = choice.geometry(&pick)
            && area.as_ref().is_none_or(|a| a.meets(&geometry))
        {
            works.extend(work(&choice, pick, geometry, open, &mut left_out));
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let wanted = |a: usize, b: usize| {
        let both = (a < b).then(|| works[a].might.both(works[b].might)).flatten();
        both.is_some_and(|both| days.is_none_or(|d| d.meets(both)))
    };
    let placed = Placed::new(works.iter().map(|w| &w.geometry));
    let mut pairs = Vec::new();
    pairs::near(&placed, &placed, limit, wanted, |pair| pairs.push(pair));
    pairs.sort_by(|p, q| (&works[p.a].id, &works[p.b].id).cmp(&(&works[q.a].id, &works[q.b].id)));
    let numbers = numbers(&pairs, &works);
    let mut rules = rules(open);
    if pairs.len() > MAX_PAIRS {
        rules.push(format!(
            "There are {} pairs; the first {MAX_PAIRS} are given. Ask for less: an area, a filter, a shorter distance.",
            pairs.len()
        ));
    }
    pairs.truncate(MAX_PAIRS);
    let streets = streets(asked, &pairs)?;
    let mut numbers = numbers;
    numbers.extend(by_street(&pairs, &works, &streets));
    let found = pairs.iter().zip(&streets);
    let found = found.map(|(p, street)| conflict(&choice, &works[p.a], &works[p.b], p, street)).collect();
    Ok(Answer { numbers, found, left_out, rules })
}

fn rules(open_months: i64) -> Vec<String> {
    vec![
        "Two works conflict when their nearest parts are at most the distance apart and there is a day that both may take.".to_owned(),
        "A date of precision month, season (December to February, and so on) or year may be any day of it. A conflict is certain when \
         the works overlap however their dates are read, and possible otherwise."
            .to_owned(),
        format!("A work without an end, or without a beginning, is taken to last {open_months} months at most."),
        format!("A conflict belongs to the nearest street within {STREET_M} m, and counts in every month that both works may take."),
        "Works without a place or without dates, and abandoned ones, are left out and listed.".to_owned(),
    ]
}

fn work(choice: &Choice, pick: Pick, geometry: Geometry, open: i64, left_out: &mut LeftOut) -> Option<Work> {
    let id = choice.id(&pick);
    if choice.words(&pick, "status").iter().any(|s| s == "abandoned") {
        left_out.put(ABANDONED, id);
        return None;
    }
    let Some(period) = choice.period(&pick) else {
        left_out.put(choose::UNDATED, id);
        return None;
    };
    Some(Work { id, pick, geometry, might: period.might(open), period })
}

fn sure(a: &Work, b: &Work) -> bool {
    matches!((a.period.sure(), b.period.sure()), (Some(a), Some(b)) if a.meets(b))
}

fn numbers(pairs: &[pairs::Pair], works: &[Work]) -> Vec<Number> {
    let of = |pairs: Vec<&pairs::Pair>| {
        let ids: BTreeSet<FeatureId> =
            pairs.iter().flat_map(|p| [works[p.a].id.clone(), works[p.b].id.clone()]).collect();
        (Figure::Count(pairs.len() as u64), ids.into_iter().collect::<Vec<_>>())
    };
    let (all, ids) = of(pairs.iter().collect());
    let (certain, certain_ids) = of(pairs.iter().filter(|p| sure(&works[p.a], &works[p.b])).collect());
    vec![
        Number::new("conflicts", all, "pairs").behind(ids.clone()),
        Number::new("certain", certain, "pairs").behind(certain_ids),
        Number::count("works", ids),
    ]
}

/// The street of each pair, by name; empty when there is none near.
fn streets(asked: &Asked<'_>, pairs: &[pairs::Pair]) -> Result<Vec<String>> {
    let mut names = vec![String::new(); pairs.len()];
    if asked.json(&STREETS).is_none() && asked.layers.find("segments").is_none() {
        return Ok(names);
    }
    let streets = Choice::whole(asked, &STREETS)?;
    let ways: Vec<Geometry> = pairs.iter().map(way).collect();
    let around = ways.iter().filter_map(bbox_of).reduce(Bbox::union).map(|b| widened(b, STREET_M));
    let picks = around.map(|b| streets.near(b)).unwrap_or_default();
    let name = |pick: &Pick| {
        ["street", "name"].iter().find_map(|field| streets.words(pick, field).into_iter().next()).unwrap_or_default()
    };
    let named: Vec<(Geometry, String)> = picks
        .iter()
        .filter_map(|pick| Some((streets.geometry(pick)?, name(pick))))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    let mut nearest = vec![f64::INFINITY; pairs.len()];
    pairs::near(
        &Placed::new(&ways),
        &Placed::new(named.iter().map(|n| &n.0)),
        STREET_M,
        |_, _| true,
        |near| {
            let closer = (near.gap.distance, &named[near.b].1) < (nearest[near.a], &names[near.a]);
            if closer {
                nearest[near.a] = near.gap.distance;
                names[near.a].clone_from(&named[near.b].1);
            }
        },
    );
    Ok(names)
}

/// How many conflicts each street has, altogether and month by month.
fn by_street(pairs: &[pairs::Pair], works: &[Work], streets: &[String]) -> Vec<Number> {
    let mut rows: BTreeMap<(&str, String), (u64, BTreeSet<FeatureId>)> = BTreeMap::new();
    for (pair, street) in pairs.iter().zip(streets) {
        let (a, b) = (&works[pair.a], &works[pair.b]);
        let months = a.might.both(b.might).map(Days::months).unwrap_or_default();
        for month in std::iter::once(String::new()).chain(months) {
            let row = rows.entry((street, month)).or_default();
            row.0 += 1;
            row.1.extend([a.id.clone(), b.id.clone()]);
        }
    }
    let number = |((street, month), (count, ids)): ((&str, String), (u64, BTreeSet<FeatureId>))| {
        let mut group = vec![("street".to_owned(), street.to_owned())];
        group.extend((!month.is_empty()).then(|| ("month".to_owned(), month)));
        let number = Number::new("conflicts", Figure::Count(count), "pairs");
        number.grouped(&group).behind(ids.into_iter().collect())
    };
    rows.into_iter().map(number).collect()
}

/// The shortest way between two works.
fn way(pair: &pairs::Pair) -> Geometry {
    let gap = pair.gap;
    if gap.distance > 0.05 { LineString::from(vec![gap.from, gap.to]).into() } else { Point(gap.from).into() }
}

/// A pair as a feature: the shortest way between the two works.
fn conflict(choice: &Choice, a: &Work, b: &Work, pair: &pairs::Pair, street: &str) -> Found {
    let gap = pair.gap;
    let both = a.might.both(b.might).unwrap_or(Days::ALWAYS);
    let place = |w: &Work| choice.words(&w.pick, "place").into_iter().next();
    let result = json!({
        "a": a.id.as_str(), "b": b.id.as_str(),
        "a_place": place(a), "b_place": place(b),
        "distance_m": metres(gap.distance),
        "from": both.first.to_string(), "to": both.last.to_string(),
        "months": both.months(),
        "certain": sure(a, b),
        "street": if street.is_empty() { Json::Null } else { street.into() },
    });
    Found::Made { id: format!("{}~{}", a.id, b.id), geometry: Some(way(pair)), properties: Map::new(), result }
}
