//! The features that intersect an area, and the share of each inside it.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::features::{self, AREA, AREAS, AT, COLLECTION, FILTER, FROM, QuestionFeatures, TO};
use super::input::QuestionInput;
use super::input_errors::missing_input_error;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::FeatureId;
use serde_json::json;

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "inside",
    title: "Features inside an area",
    description: "Finds the features that intersect an area. Counts each of them whole, and by the share that lies inside.",
    inputs: &[COLLECTION, FILTER, QuestionInput { required: true, ..AREA }, AREAS, AT, FROM, TO],
    answer: answer_inside,
};

const RULE: &str = "A feature counts when it shares at least one position with the area; touching the boundary is enough. Its share is the part of its \
                    area (polygons), length (lines) or number of points that lies inside, measured on the ellipsoid.";

fn answer_inside(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let area = request.read_area(&AREA, &AREAS)?.ok_or_else(|| missing_input_error(&AREA))?;
    let mut left_out = LeftOut::default();
    let (mut found, mut ids, mut shares) = (Vec::new(), Vec::<FeatureId>::new(), 0.0);
    for feature in layer.select_near(area.bbox) {
        let share = layer.geometry(&feature).and_then(|g| area.share_inside(&g));
        if let Some(share) = share
            && layer.check_dated(&feature, &mut left_out)
        {
            found.push(layer.to_answer_feature(&feature, json!({"share": round_to_json(share, 6)})));
            ids.push(layer.id(&feature));
            shares += share;
        }
    }
    layer.leave_out_unplaced(&mut left_out);
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    rules.extend(layer.is_timed().then(|| features::TIME_RULE.to_owned()));
    let numbers = vec![
        AnswerNumber::feature_count("features", ids.clone()),
        AnswerNumber::new("shares", NumberValue::Real(shares), "features").with_ids(ids),
    ];
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}
