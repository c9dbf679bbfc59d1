//! Which features meet this area, and with which part of themselves?

use super::answer::{Answer, Figure, LeftOut, Number, rounded};
use super::choose::{self, AREA, AREAS, AT, COLLECTION, Choice, FILTER, FROM, TO};
use super::input::Input;
use super::{Asked, Question};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use serde_json::json;

pub(super) const QUESTION: Question = Question {
    id: "inside",
    title: "What is inside",
    description: "Which features meet this area? Counts them whole, and by the share of each that lies inside.",
    inputs: &[COLLECTION, FILTER, Input { required: true, ..AREA }, AREAS, AT, FROM, TO],
    answer,
};

const RULE: &str = "A feature counts when it shares at least one position with the area; touching its edge is enough. Its share is the part of its area \
                    (polygons), of its length (lines) or of its points that lies inside, measured on the ellipsoid.";

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?.during(asked.days(&AT, &FROM, &TO)?)?;
    let area = asked.area(&AREA, &AREAS)?.ok_or_else(|| Error::invalid(AREA.name, "Name an area or draw one."))?;
    let mut left_out = LeftOut::default();
    let (mut found, mut met, mut shares) = (Vec::new(), Vec::<FeatureId>::new(), 0.0);
    for pick in choice.near(area.bbox) {
        let share = choice.geometry(&pick).and_then(|g| area.share(&g));
        if let Some(share) = share
            && choice.counts(&pick, &mut left_out)
        {
            found.push(choice.found(&pick, json!({"share": rounded(share, 6)})));
            met.push(choice.id(&pick));
            shares += share;
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let mut rules = vec![RULE.to_owned(), choose::PLACE_RULE.to_owned()];
    rules.extend(choice.is_timed().then(|| choose::TIME_RULE.to_owned()));
    let numbers = vec![
        Number::count("features", met.clone()),
        Number::new("shares", Figure::Real(shares), "features").behind(met),
    ];
    Ok(Answer { numbers, found, left_out, rules })
}
