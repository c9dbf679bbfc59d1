//! Which features of one collection have none of another within a distance?

use super::answer::{Answer, Figure, LeftOut, Number, metres};
use super::choose::{self, AREA, AREAS, AT, COLLECTION, Choice, FILTER, FROM, Pick, TO};
use super::input::{Input, Kind};
use super::pairs::{self, Placed};
use super::{Asked, Question};
use crate::error::Result;
use crate::feature::Geometry;
use serde_json::json;

const OTHER: Input =
    Input::required("other", "The collection that they should have something of nearby", Kind::Collection(None));
const OTHER_FILTER: Input = Input::new("other_filter", "Which features of it", Kind::Filter);
const DISTANCE: Input = Input::required(
    "distance_m",
    "How near counts as having it, in metres",
    Kind::Number { min: 0.0, max: 100_000.0, default: None, whole: false },
);

pub(super) const QUESTION: Question = Question {
    id: "without",
    title: "What lacks something nearby",
    description: "Which features of one collection have no feature of another within so many metres? Schools without a calmed street, streets without a bench.",
    inputs: &[COLLECTION, FILTER, OTHER, OTHER_FILTER, DISTANCE, AREA, AREAS, AT, FROM, TO],
    answer,
};

const OTHER_WITHOUT_PLACE: &str = "other_without_place";
const OTHER_UNDATED: &str = "other_undated";
const RULE: &str = "A feature has the other nearby when their nearest parts are at most the distance apart, in a straight line. No feature is its own neighbour.";
const OTHERS_RULE: &str = "Features of the other collection without a place, or undated when a time is asked for, cannot be near anything: they are listed apart.";

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let days = asked.days(&AT, &FROM, &TO)?;
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?.during_if_timed(days)?;
    let other = Choice::of(asked, &OTHER, &OTHER_FILTER)?.during_if_timed(days)?;
    if days.is_some() && !choice.is_timed() && !other.is_timed() {
        choice.clone().during(days)?;
    }
    let limit = asked.given_number(&DISTANCE)?;
    let area = asked.area(&AREA, &AREAS)?;
    let mut left_out = LeftOut::default();
    let mut features: Vec<(Pick, Geometry)> = Vec::new();
    for pick in area.as_ref().map_or_else(|| choice.all(), |a| choice.near(a.bbox)) {
        if let Some(geometry) = choice.geometry(&pick)
            && area.as_ref().is_none_or(|a| a.meets(&geometry))
            && choice.counts(&pick, &mut left_out)
        {
            features.push((pick, geometry));
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let others = others(&other, &mut left_out);
    let same = choice.collection().id == other.collection().id;
    let mut has = vec![false; features.len()];
    let (left, right) = (Placed::new(features.iter().map(|f| &f.1)), Placed::new(others.iter().map(|f| &f.1)));
    pairs::near(
        &left,
        &right,
        limit,
        |a, b| !(same && features[a].0.slot == others[b].0.slot),
        |pair| has[pair.a] = true,
    );
    let lacking: Vec<&Pick> = features.iter().zip(&has).filter(|(_, has)| !**has).map(|(f, _)| &f.0).collect();
    let ids = choice.ids(lacking.iter().copied());
    let (lack, all) = (Figure::Count(lacking.len() as u64), Figure::Count(features.len() as u64));
    let numbers = vec![
        Number::count("features", ids.clone()),
        Number::share("share", lack, all).behind(ids),
        Number::new("asked", all, "features"),
        Number::new("others", Figure::Count(others.len() as u64), "features"),
    ];
    let found = lacking.iter().map(|p| choice.found(p, json!({"none_within_m": metres(limit)}))).collect();
    let mut rules = vec![RULE.to_owned(), choose::PLACE_RULE.to_owned(), OTHERS_RULE.to_owned()];
    rules.extend(days.is_some().then(|| choose::TIME_RULE.to_owned()));
    Ok(Answer { numbers, found, left_out, rules })
}

fn others(other: &Choice, left_out: &mut LeftOut) -> Vec<(Pick, Geometry)> {
    let mut others = Vec::new();
    let mut undated = LeftOut::default();
    for pick in other.all() {
        match other.geometry(&pick) {
            None => left_out.put(OTHER_WITHOUT_PLACE, other.id(&pick)),
            Some(geometry) if other.counts(&pick, &mut undated) => others.push((pick, geometry)),
            Some(_) => {}
        }
    }
    left_out.put_all(OTHER_UNDATED, undated.of(choose::UNDATED).iter().cloned());
    others
}
