//! Works near each other that overlap in time.

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, metres_to_json};
use super::cost_scope::CostScope;
use super::features::{self, AREA, AREAS, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::metric_plane::widen_bbox;
use super::near_pairs::{self, BoxedGeometries};
use super::period::{DayRange, FeaturePeriod};
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::error::count_noun;
use crate::feature::{BoundingBox, FeatureId, Geometry, bbox_of};
use crate::work_budget::WorkBudget;
use geo_types::{LineString, Point};
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

const DISTANCE: QuestionInput = QuestionInput::new(
    "distance_m",
    "Largest distance of two conflicting works, in metres",
    InputKind::Number { min: 0.0, max: 5000.0, default: Some(100.0), whole: false },
);
const OPEN_MONTHS: QuestionInput = QuestionInput::new(
    "open_months",
    "Assumed duration, in months, of a work without a start or without an end",
    InputKind::Number { min: 0.0, max: 120.0, default: Some(12.0), whole: true },
);
const WITH_COMPLETED: QuestionInput =
    QuestionInput::new("with_completed", "Whether completed works count, too", InputKind::Flag(false));

const STREETS: QuestionInput = QuestionInput::new(
    "streets",
    "Collection of streets to list conflicts by: lines with a property street or name; without it, the segments of the plan",
    InputKind::Collection(Some("segments")),
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "conflicts",
    title: "Conflicting works",
    description: "Finds works within a distance of each other that overlap in time, with the months, and whether the conflict is certain or possible.",
    inputs: &[COLLECTION, FILTER, DISTANCE, OPEN_MONTHS, WITH_COMPLETED, AREA, AREAS, FROM, TO, STREETS],
    answer: answer_conflicts,
};

const ABANDONED: &str = "abandoned";
const COMPLETED: &str = "completed";
const PROGRAMME: &str = "programme";
/// The largest distance between a conflict and its street.
const STREET_M: f64 = 50.0;
/// The most pairs that an answer has.
const MAX_PAIRS: usize = 20_000;
/// The memory of one pair, found and as part of the answer.
const PAIR_BYTES: usize = 64;
const ANSWER_PAIR_BYTES: usize = 2_000;
/// The work units of one pair in one month of a street.
const MONTH_UNITS: u64 = 50;

/// A work with a geometry and a time.
struct ScheduledWork {
    id: FeatureId,
    feature: FeatureHandle,
    geometry: Geometry,
    period: FeaturePeriod,
    possible_days: DayRange,
    /// Start and end are stated, if only to the month or the year.
    stated: bool,
    /// The work that tests this one.
    tested_by: Vec<String>,
}

/// How works are read.
struct WorkRules {
    open_months: i64,
    with_completed: bool,
}

fn answer_conflicts(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    let days = request.read_day_range(&FROM, &TO)?;
    let limit = request.required_number(&DISTANCE)?;
    let open_months = request.required_number(&OPEN_MONTHS)? as i64;
    let work_rules = WorkRules { open_months, with_completed: request.read_flag(&WITH_COMPLETED)? };
    let area = request.read_area(&AREA, &AREAS)?;
    let mut left_out = LeftOut::default();
    let handles = area.as_ref().map_or_else(|| layer.select_all(), |a| layer.select_near(a.bbox));
    let mut works = Vec::new();
    for feature in handles {
        if let Some(geometry) = layer.geometry(&feature)
            && area.as_ref().is_none_or(|a| a.intersects(&geometry))
        {
            works.extend(read_work(&layer, feature, geometry, &work_rules, &mut left_out));
        }
    }
    layer.leave_out_unplaced(&mut left_out);
    let is_wanted = |a: usize, b: usize| {
        let both = (a < b).then(|| works[a].possible_days.intersection(works[b].possible_days)).flatten();
        both.is_some_and(|both| days.is_none_or(|d| d.overlaps(both))) && !is_test_of(&works[a], &works[b])
    };
    let geometries = BoxedGeometries::new(works.iter().map(|w| &w.geometry));
    let (mut pairs, mut memory) = (Vec::new(), request.work.reserve(0)?);
    near_pairs::visit_near_pairs(&geometries, &geometries, limit, request.work, is_wanted, |pair| {
        if memory.grow(PAIR_BYTES).is_ok() {
            pairs.push(pair);
        }
    });
    request.work.check()?;
    pairs.sort_by(|p, q| (&works[p.a].id, &works[p.b].id).cmp(&(&works[q.a].id, &works[q.b].id)));
    let numbers = conflict_numbers(&pairs, &works);
    let mut rules = conflict_rules(&work_rules);
    if pairs.len() > MAX_PAIRS {
        rules.push(format!(
            "There are {} pairs; the answer has the first {MAX_PAIRS}. Send an area, a filter or a shorter distance.",
            pairs.len()
        ));
    }
    pairs.truncate(MAX_PAIRS);
    memory.grow(pairs.len() * ANSWER_PAIR_BYTES)?;
    let streets = find_street_names(request, &pairs)?;
    let mut numbers = numbers;
    numbers.extend(count_by_street(&pairs, &works, &streets, request.work));
    let found = pairs.iter().zip(&streets);
    let found = found.map(|(p, street)| conflict_feature(&layer, &works[p.a], &works[p.b], p, street)).collect();
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

fn conflict_rules(work_rules: &WorkRules) -> Vec<String> {
    let open = format!(
        "A work without a start or without an end is assumed to last at most {}; a pair that rests on this is undecided, neither certain nor ruled out.",
        count_noun(work_rules.open_months.unsigned_abs(), "month")
    );
    let completed =
        if work_rules.with_completed { "" } else { " Completed works are left out and listed as completed." };
    vec![
        "Two works conflict when their nearest parts are at most the distance apart and both may take place on the same day.".to_owned(),
        "A date with the precision month, season (December to February, and so on) or year may be any day of it. A conflict is certain when \
         the works overlap on every reading of their dates, and possible otherwise."
            .to_owned(),
        open,
        format!("A conflict belongs to the nearest street within {STREET_M} m, and counts in every month in which both works may take place."),
        format!(
            "Works without a geometry, without a date, and abandoned works are left out and listed as without_place, undated and abandoned; a programme, which \
             consists of other works, as programme. A work and the one that tests it do not conflict.{completed}"
        ),
    ]
}

fn read_work(
    layer: &QuestionFeatures,
    feature: FeatureHandle,
    geometry: Geometry,
    work_rules: &WorkRules,
    left_out: &mut LeftOut,
) -> Option<ScheduledWork> {
    let id = layer.id(&feature);
    let has_status = |status: &str| layer.field_words(&feature, "status").iter().any(|s| s == status);
    let reason = if has_status(ABANDONED) {
        Some(ABANDONED)
    } else if has_status(COMPLETED) && !work_rules.with_completed {
        Some(COMPLETED)
    } else if CostScope::of_feature(layer, &feature) == CostScope::Programme {
        Some(PROGRAMME)
    } else {
        None
    };
    if let Some(reason) = reason {
        left_out.add(reason, id);
        return None;
    }
    let Some(period) = layer.period(&feature) else {
        left_out.add(features::UNDATED, id);
        return None;
    };
    let vague = layer.field_words(&feature, "date_precision").iter().any(|precision| precision == "unknown");
    Some(ScheduledWork {
        id,
        feature,
        geometry,
        possible_days: period.possible_days(work_rules.open_months),
        stated: period.begins.is_some() && period.ends.is_some() && !vague,
        tested_by: layer.field_words(&feature, "tested_by"),
        period,
    })
}

/// Whether one work tests the other: they belong together.
fn is_test_of(a: &ScheduledWork, b: &ScheduledWork) -> bool {
    let tests = |work: &ScheduledWork, test: &ScheduledWork| work.tested_by.iter().any(|id| id == test.id.as_str());
    tests(a, b) || tests(b, a)
}

fn is_certain(a: &ScheduledWork, b: &ScheduledWork) -> bool {
    matches!((a.period.certain_days(), b.period.certain_days()), (Some(a), Some(b)) if a.overlaps(b))
}

/// Whether only an assumed duration makes two works meet, or may make them.
fn is_undecided(a: &ScheduledWork, b: &ScheduledWork) -> bool {
    !(a.stated && b.stated || is_certain(a, b))
}

fn conflict_numbers(pairs: &[near_pairs::NearbyPair], works: &[ScheduledWork]) -> Vec<AnswerNumber> {
    let of = |pairs: Vec<&near_pairs::NearbyPair>| {
        let ids: BTreeSet<FeatureId> =
            pairs.iter().flat_map(|p| [works[p.a].id.clone(), works[p.b].id.clone()]).collect();
        (NumberValue::Count(pairs.len() as u64), ids.into_iter().collect::<Vec<_>>())
    };
    let (all, ids) = of(pairs.iter().collect());
    let (certain, certain_ids) = of(pairs.iter().filter(|p| is_certain(&works[p.a], &works[p.b])).collect());
    let (open, open_ids) = of(pairs.iter().filter(|p| is_undecided(&works[p.a], &works[p.b])).collect());
    vec![
        AnswerNumber::new("conflicts", all, "pairs").with_ids(ids.clone()),
        AnswerNumber::new("certain", certain, "pairs").with_ids(certain_ids),
        AnswerNumber::new("undecided", open, "pairs").with_ids(open_ids),
        AnswerNumber::feature_count("works", ids),
    ]
}

/// The name of each pair's street; empty when no street is near enough.
fn find_street_names(request: &QuestionRequest<'_>, pairs: &[near_pairs::NearbyPair]) -> Result<Vec<String>> {
    let mut names = vec![String::new(); pairs.len()];
    if request.raw_json(&STREETS).is_none() && request.plan.find("segments").is_none() {
        return Ok(names);
    }
    let streets = QuestionFeatures::whole_collection(request, &STREETS)?;
    let connections: Vec<Geometry> = pairs.iter().map(connecting_line).collect();
    let search_box = connections.iter().filter_map(bbox_of).reduce(BoundingBox::union).map(|b| widen_bbox(b, STREET_M));
    let handles = search_box.map(|b| streets.select_near(b)).unwrap_or_default();
    let name = |feature: &FeatureHandle| {
        ["street", "name"]
            .iter()
            .find_map(|field| streets.field_words(feature, field).into_iter().next())
            .unwrap_or_default()
    };
    let named: Vec<(Geometry, String)> = handles
        .iter()
        .filter_map(|feature| Some((streets.geometry(feature)?, name(feature))))
        .filter(|(_, name)| !name.is_empty())
        .collect();
    let mut nearest = vec![f64::INFINITY; pairs.len()];
    near_pairs::visit_near_pairs(
        &BoxedGeometries::new(&connections),
        &BoxedGeometries::new(named.iter().map(|n| &n.0)),
        STREET_M,
        request.work,
        |_, _| true,
        |near| {
            let closer = (near.line.distance, &named[near.b].1) < (nearest[near.a], &names[near.a]);
            if closer {
                nearest[near.a] = near.line.distance;
                names[near.a].clone_from(&named[near.b].1);
            }
        },
    );
    Ok(names)
}

/// The number of conflicts of each street, in total and by month.
fn count_by_street(
    pairs: &[near_pairs::NearbyPair],
    works: &[ScheduledWork],
    streets: &[String],
    work: &WorkBudget,
) -> Vec<AnswerNumber> {
    let mut meter = work.meter();
    let mut rows: BTreeMap<(&str, String), (u64, BTreeSet<FeatureId>)> = BTreeMap::new();
    for (pair, street) in pairs.iter().zip(streets) {
        let (a, b) = (&works[pair.a], &works[pair.b]);
        let months = a.possible_days.intersection(b.possible_days).map(DayRange::list_months).unwrap_or_default();
        for month in std::iter::once(String::new()).chain(months) {
            if !meter.spend(MONTH_UNITS) {
                return vec![];
            }
            let row = rows.entry((street, month)).or_default();
            row.0 += 1;
            row.1.extend([a.id.clone(), b.id.clone()]);
        }
    }
    let number = |((street, month), (count, ids)): ((&str, String), (u64, BTreeSet<FeatureId>))| {
        let mut group = vec![("street".to_owned(), street.to_owned())];
        group.extend((!month.is_empty()).then(|| ("month".to_owned(), month)));
        let number = AnswerNumber::new("conflicts", NumberValue::Count(count), "pairs");
        number.with_group(&group).with_ids(ids.into_iter().collect())
    };
    rows.into_iter().map(number).collect()
}

/// The shortest line between two works; a point where they touch.
fn connecting_line(pair: &near_pairs::NearbyPair) -> Geometry {
    let gap = pair.line;
    if gap.distance > 0.05 { LineString::from(vec![gap.from, gap.to]).into() } else { Point(gap.from).into() }
}

/// A pair as a feature, with the shortest line between the two works as its geometry.
fn conflict_feature(
    layer: &QuestionFeatures,
    a: &ScheduledWork,
    b: &ScheduledWork,
    pair: &near_pairs::NearbyPair,
    street: &str,
) -> AnswerFeature {
    let gap = pair.line;
    let both = a.possible_days.intersection(b.possible_days).unwrap_or(DayRange::ALWAYS);
    let place = |w: &ScheduledWork| layer.field_words(&w.feature, "place").into_iter().next();
    let result = json!({
        "a": a.id.as_str(), "b": b.id.as_str(),
        "a_place": place(a), "b_place": place(b),
        "distance_m": metres_to_json(gap.distance),
        "from": both.first.to_string(), "to": both.last.to_string(),
        "months": both.list_months(),
        "certain": is_certain(a, b),
        "undecided": is_undecided(a, b),
        "street": if street.is_empty() { Json::Null } else { street.into() },
    });
    AnswerFeature::Derived {
        id: format!("{}~{}", a.id, b.id),
        geometry: Some(connecting_line(pair)),
        properties: Map::new(),
        result,
    }
}
