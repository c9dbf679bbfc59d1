//! Which of the six functions, the five policy objectives, and hard and soft measures the interventions of each area
//! cover.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer};
use super::drawn_area;
use super::features::{self, AREAS, AREAS_FILTER, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input_errors::not_interventions_error;
use super::measure::PreparedArea;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::FeatureId;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "coverage",
    title: "Coverage by area",
    description: "Shows for every area which of the six functions of a city centre, the five EU policy objectives, and hard and soft measures have an intervention there, and which have none.",
    inputs: &[AREAS, AREAS_FILTER, COLLECTION, FILTER, AT, FROM, TO],
    answer: answer_coverage,
};

/// The six functions of a city centre, as the plan's vocabulary `function` has them.
pub const FUNCTIONS: [&str; 6] = ["housing", "work", "public_facilities", "commerce", "leisure", "public_space"];
/// The policy objectives of Regulation (EU) 2021/1060, Article 5(1).
pub const OBJECTIVES: [&str; 5] = ["PO1", "PO2", "PO3", "PO4", "PO5"];
/// The kinds of intervention that count as hard and as soft measures.
const HARD: [&str; 2] = ["hard_investment", "small_scale_action"];
const SOFT: [&str; 4] = ["soft_measure", "regulation", "study", "event"];
const MEASURES: [&str; 2] = ["hard", "soft"];

const RULE: &str = "An intervention counts in every area that it intersects, and for each of its functions and objectives. Hard measures are investments and small-scale actions; soft measures are support, \
                    regulation, studies and events. Interventions without a geometry count in no area and are listed as without_place.";

/// A row of the matrix: for each aspect and value the interventions that cover it.
type CoverageRow = BTreeMap<(&'static str, &'static str), Vec<FeatureId>>;

fn answer_coverage(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let areas = QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)?;
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    for name in ["functions", "objectives", "kind"] {
        if layer.field(name).is_none() {
            return Err(not_interventions_error(layer.collection(), name, COLLECTION.name));
        }
    }
    let mut left_out = LeftOut::default();
    let (mut numbers, mut found) = (Vec::new(), Vec::new());
    for feature in areas.select_all() {
        request.work.check()?;
        let id = areas.id(&feature);
        let Some(geometry) = areas.geometry(&feature) else {
            left_out.add("area_without_place", id);
            continue;
        };
        let area = drawn_area::prepare_area(&geometry, &format!("{}/{id}", AREAS.name), request.work)?;
        let row = build_coverage_row(&layer, &area, &mut left_out);
        found.push(areas.to_answer_feature(&feature, row_to_json(&row)));
        for ((aspect, value), ids) in row {
            let group = [("area".to_owned(), id.to_string()), (aspect.to_owned(), value.to_owned())];
            numbers.push(AnswerNumber::feature_count("interventions", ids).with_group(&group));
        }
    }
    numbers.push(AnswerNumber::new("areas", NumberValue::Count(found.len() as u64), "areas"));
    layer.leave_out_unplaced(&mut left_out);
    left_out.dedup_ids();
    let mut rules = vec![RULE.to_owned()];
    rules.extend(layer.is_timed().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

/// All cells of an area's row, empty ones included.
fn build_coverage_row(layer: &QuestionFeatures, area: &PreparedArea, left_out: &mut LeftOut) -> CoverageRow {
    let columns = FUNCTIONS
        .map(|f| ("functions", f))
        .into_iter()
        .chain(OBJECTIVES.map(|o| ("objectives", o)))
        .chain(MEASURES.map(|m| ("measures", m)));
    let mut row: CoverageRow = columns.map(|column| (column, vec![])).collect();
    for feature in layer.select_near(area.bbox) {
        if layer.geometry(&feature).is_some_and(|g| area.intersects(&g)) && layer.check_dated(&feature, left_out) {
            let id = layer.id(&feature);
            for (cell, ids) in &mut row {
                if covers_cell(layer, &feature, *cell) {
                    ids.push(id.clone());
                }
            }
        }
    }
    row
}

fn covers_cell(layer: &QuestionFeatures, feature: &FeatureHandle, (aspect, value): (&str, &str)) -> bool {
    match (aspect, value) {
        ("measures", value) => {
            let kinds: &[&str] = if value == "hard" { &HARD } else { &SOFT };
            layer.field_words(feature, "kind").iter().any(|k| kinds.contains(&k.as_str()))
        }
        _ => layer.field_words(feature, aspect).iter().any(|w| w == value),
    }
}

fn row_to_json(row: &CoverageRow) -> Json {
    let mut counts: Map<String, Json> = Map::new();
    let mut missing = Vec::new();
    for ((aspect, value), ids) in row {
        let cells = counts.entry((*aspect).to_owned()).or_insert_with(|| json!({}));
        cells[*value] = ids.len().into();
        if ids.is_empty() {
            missing.push(format!("{aspect}/{value}"));
        }
    }
    let none = |value| row.get(&("measures", value)).is_none_or(Vec::is_empty);
    let only = match (none("hard"), none("soft")) {
        (false, true) => json!("hard"),
        (true, false) => json!("soft"),
        _ => Json::Null,
    };
    json!({"counts": counts, "missing": missing, "only": only})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::PlanModel;

    #[test]
    fn the_columns_are_those_of_the_vocabularies() {
        let model = PlanModel::load().unwrap();
        let ids = |name: &str| -> Vec<String> {
            let concepts = model.vocabulary(name).unwrap()["concepts"].as_array().unwrap().clone();
            concepts.iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(ids("function"), FUNCTIONS);
        assert_eq!(ids("objective"), OBJECTIVES);
        let mut kinds = ids("intervention_kind");
        kinds.sort();
        let mut ours: Vec<_> = HARD.iter().chain(&SOFT).map(|s| (*s).to_owned()).collect();
        ours.sort();
        assert_eq!(kinds, ours);
    }
}
