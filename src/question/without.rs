//! The features of one collection that have no feature of another within a distance.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, metres_to_json};
use super::features::{self, AREA, AREAS, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::near_pairs::{self, BoxedGeometries};
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::Geometry;
use serde_json::json;

const OTHER: QuestionInput =
    QuestionInput::required("other", "Collection of the features that should be nearby", InputKind::Collection(None));
const OTHER_FILTER: QuestionInput =
    QuestionInput::new("other_filter", "Filter on the features that should be nearby", InputKind::Filter);
const DISTANCE: QuestionInput = QuestionInput::required(
    "distance_m",
    "Largest distance that counts as nearby, in metres",
    InputKind::Number { min: 0.0, max: 100_000.0, default: None, whole: false },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "without",
    title: "Features that lack another nearby",
    description: "Finds the features of one collection that have no feature of another within a distance, such as schools without a traffic-calmed street, or streets without a bench.",
    inputs: &[COLLECTION, FILTER, OTHER, OTHER_FILTER, DISTANCE, AREA, AREAS, AT, FROM, TO],
    answer: answer_without,
};

const OTHER_WITHOUT_PLACE: &str = "other_without_place";
const OTHER_UNDATED: &str = "other_undated";
const RULE: &str = "A feature has another nearby when their nearest parts are at most the distance apart, in a straight line. No feature counts as near itself.";
const OTHERS_RULE: &str = "Features of the other collection without a geometry, or without a date when a date is requested, do not count. They are listed as other_without_place \
                           and other_undated.";

fn answer_without(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let days = request.read_days(&AT, &FROM, &TO)?;
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?.within_days_if_timed(days)?;
    let other = QuestionFeatures::from_inputs(request, &OTHER, &OTHER_FILTER)?.within_days_if_timed(days)?;
    if days.is_some() && !layer.is_timed() && !other.is_timed() {
        layer.clone().within_days(days)?;
    }
    let limit = request.required_number(&DISTANCE)?;
    let area = request.read_area(&AREA, &AREAS)?;
    let mut left_out = LeftOut::default();
    let mut features: Vec<(FeatureHandle, Geometry)> = Vec::new();
    for feature in area.as_ref().map_or_else(|| layer.select_all(), |a| layer.select_near(a.bbox)) {
        if let Some(geometry) = layer.geometry(&feature)
            && area.as_ref().is_none_or(|a| a.intersects(&geometry))
            && layer.check_dated(&feature, &mut left_out)
        {
            features.push((feature, geometry));
        }
    }
    layer.leave_out_unplaced(&mut left_out);
    let others = select_others(&other, &mut left_out);
    let same = layer.collection().id == other.collection().id;
    let mut has = vec![false; features.len()];
    let (left, right) =
        (BoxedGeometries::new(features.iter().map(|f| &f.1)), BoxedGeometries::new(others.iter().map(|f| &f.1)));
    near_pairs::visit_near_pairs(
        &left,
        &right,
        limit,
        request.work,
        |a, b| !(same && features[a].0.slot == others[b].0.slot),
        |pair| has[pair.a] = true,
    );
    let lacking: Vec<&FeatureHandle> = features.iter().zip(&has).filter(|(_, has)| !**has).map(|(f, _)| &f.0).collect();
    let ids = layer.ids(lacking.iter().copied());
    let (lack, all) = (NumberValue::Count(lacking.len() as u64), NumberValue::Count(features.len() as u64));
    let numbers = vec![
        AnswerNumber::feature_count("features", ids.clone()),
        AnswerNumber::percentage("share", lack, all).with_ids(ids),
        AnswerNumber::new("asked", all, "features"),
        AnswerNumber::new("others", NumberValue::Count(others.len() as u64), "features"),
    ];
    let found =
        lacking.iter().map(|p| layer.to_answer_feature(p, json!({"none_within_m": metres_to_json(limit)}))).collect();
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned(), OTHERS_RULE.to_owned()];
    rules.extend(days.is_some().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

fn select_others(other: &QuestionFeatures, left_out: &mut LeftOut) -> Vec<(FeatureHandle, Geometry)> {
    let mut others = Vec::new();
    let mut undated = LeftOut::default();
    for feature in other.select_all() {
        match other.geometry(&feature) {
            None => left_out.add(OTHER_WITHOUT_PLACE, other.id(&feature)),
            Some(geometry) if other.check_dated(&feature, &mut undated) => others.push((feature, geometry)),
            Some(_) => {}
        }
    }
    left_out.add_all(OTHER_UNDATED, undated.ids_for(features::UNDATED).iter().cloned());
    others
}
