//! Which features meet this area, and with which part of themselves?

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::features::{self, AREA, AREAS, AT, COLLECTION, FILTER, FROM, QuestionFeatures, TO};
use super::input::QuestionInput;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use serde_json::json;

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "inside",
    title: "What is inside",
    description: "Which features meet this area? Counts them whole, and by the share of each that lies inside.",
    inputs: &[COLLECTION, FILTER, QuestionInput { required: true, ..AREA }, AREAS, AT, FROM, TO],
    answer: answer_inside,
};

const RULE: &str = "A feature counts when it shares at least one position with the area; touching its edge is enough. Its share is the part of its area \
                    (polygons), of its length (lines) or of its points that lies inside, measured on the ellipsoid.";

fn answer_inside(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let area =
        request.read_area(&AREA, &AREAS)?.ok_or_else(|| Error::invalid(AREA.name, "Name an area or draw one."))?;
    let mut left_out = LeftOut::default();
    let (mut found, mut met, mut shares) = (Vec::new(), Vec::<FeatureId>::new(), 0.0);
    for pick in choice.select_near(area.bbox) {
        let share = choice.geometry(&pick).and_then(|g| area.share_inside(&g));
        if let Some(share) = share
            && choice.check_dated(&pick, &mut left_out)
        {
            found.push(choice.to_answer_feature(&pick, json!({"share": round_to_json(share, 6)})));
            met.push(choice.id(&pick));
            shares += share;
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    rules.extend(choice.is_timed().then(|| features::TIME_RULE.to_owned()));
    let numbers = vec![
        AnswerNumber::feature_count("features", met.clone()),
        AnswerNumber::new("shares", NumberValue::Real(shares), "features").with_ids(met),
    ];
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}
