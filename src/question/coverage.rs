//! What has each quarter, and what has it not? Areas against the six functions, the five policy objectives, and hard and soft measures.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer};
use super::drawn_area;
use super::features::{self, AREAS, AREAS_FILTER, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::measure::PreparedArea;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "coverage",
    title: "What each quarter has, and has not",
    description: "For every area: which of the six functions, of the five objectives, and of hard and soft measures have an intervention there, and which have none?",
    inputs: &[AREAS, AREAS_FILTER, COLLECTION, FILTER, AT, FROM, TO],
    answer: answer_coverage,
};

/// The six functions of a centre, as the network names them.
pub const FUNCTIONS: [&str; 6] = ["housing", "work", "public_facilities", "commerce", "leisure", "public_space"];
/// The policy objectives of Regulation (EU) 2021/1060, article 5(1).
pub const OBJECTIVES: [&str; 5] = ["PO1", "PO2", "PO3", "PO4", "PO5"];
/// What is built, and what is not.
const HARD: [&str; 2] = ["hard_investment", "small_scale_action"];
const SOFT: [&str; 4] = ["soft_measure", "regulation", "study", "event"];
const MEASURES: [&str; 2] = ["hard", "soft"];

const RULE: &str = "An intervention counts in every area that it meets, and for each of its functions and objectives. Hard measures are investments and small-scale actions; soft ones are support, regulation, \
                    studies and events. Interventions without a place count for no area and are listed.";

/// A row of the matrix: aspect and value → who covers it.
type CoverageRow = BTreeMap<(&'static str, &'static str), Vec<FeatureId>>;

fn answer_coverage(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let areas = QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)?;
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    for name in ["functions", "objectives", "kind"] {
        if choice.field(name).is_none() {
            return Err(Error::invalid(
                COLLECTION.name,
                format!("The features of '{}' have no '{name}'. Ask about interventions.", choice.collection().id),
            ));
        }
    }
    let mut left_out = LeftOut::default();
    let (mut numbers, mut found) = (Vec::new(), Vec::new());
    for pick in areas.select_all() {
        let id = areas.id(&pick);
        let Some(geometry) = areas.geometry(&pick) else {
            left_out.add("area_without_place", id);
            continue;
        };
        let area = drawn_area::prepare_area(&geometry, &format!("{}/{id}", AREAS.name))?;
        let row = build_coverage_row(&choice, &area, &mut left_out);
        found.push(areas.to_answer_feature(&pick, row_to_json(&row)));
        for ((aspect, value), ids) in row {
            let group = [("area".to_owned(), id.to_string()), (aspect.to_owned(), value.to_owned())];
            numbers.push(AnswerNumber::feature_count("interventions", ids).with_group(&group));
        }
    }
    numbers.push(AnswerNumber::new("areas", NumberValue::Count(found.len() as u64), "areas"));
    choice.leave_out_unplaced(&mut left_out);
    left_out.dedup_ids();
    let mut rules = vec![RULE.to_owned()];
    rules.extend(choice.is_timed().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

/// Every cell of an area's row, the empty ones too.
fn build_coverage_row(choice: &QuestionFeatures, area: &PreparedArea, left_out: &mut LeftOut) -> CoverageRow {
    let columns = FUNCTIONS
        .map(|f| ("functions", f))
        .into_iter()
        .chain(OBJECTIVES.map(|o| ("objectives", o)))
        .chain(MEASURES.map(|m| ("measures", m)));
    let mut row: CoverageRow = columns.map(|column| (column, vec![])).collect();
    for pick in choice.select_near(area.bbox) {
        if choice.geometry(&pick).is_some_and(|g| area.intersects(&g)) && choice.check_dated(&pick, left_out) {
            let id = choice.id(&pick);
            for (cell, ids) in &mut row {
                if covers_cell(choice, &pick, *cell) {
                    ids.push(id.clone());
                }
            }
        }
    }
    row
}

fn covers_cell(choice: &QuestionFeatures, pick: &FeatureHandle, (aspect, value): (&str, &str)) -> bool {
    match (aspect, value) {
        ("measures", value) => {
            let kinds: &[&str] = if value == "hard" { &HARD } else { &SOFT };
            choice.field_words(pick, "kind").iter().any(|k| kinds.contains(&k.as_str()))
        }
        _ => choice.field_words(pick, aspect).iter().any(|w| w == value),
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
