//! What lies within r metres of this place, or the k nearest?

use super::answer::{Answer, Figure, LeftOut, Number, metres};
use super::choose::{self, AT, COLLECTION, Choice, FILTER, FROM, Pick, TO};
use super::input::{Input, Kind};
use super::metric::{Metric, widened};
use super::shape::Shape;
use super::{Asked, Question};
use crate::error::{Error, Result};
use crate::feature::{Bbox, FeatureId, Geometry};
use geo_types::Coord;
use serde_json::json;

const POINT: Input = Input::required("point", "From where: [longitude, latitude]", Kind::Point);
const RADIUS: Input = Input::new(
    "radius_m",
    "How far, in metres",
    Kind::Number { min: 0.0, max: MAX_RADIUS_M, default: None, whole: false },
);
const K: Input =
    Input::new("k", "How many, the nearest first", Kind::Number { min: 1.0, max: 1000.0, default: None, whole: true });

pub(super) const QUESTION: Question = Question {
    id: "nearby",
    title: "What is nearby",
    description: "What lies within so many metres of a place, or which are the nearest? Ordered by distance.",
    inputs: &[POINT, RADIUS, K, COLLECTION, FILTER, AT, FROM, TO],
    answer,
};

const MAX_RADIUS_M: f64 = 100_000.0;
/// Where the search for the nearest begins; each further step is three times as wide.
const FIRST_RADIUS_M: f64 = 300.0;
const RULE: &str = "Distances are straight lines on the ground to the nearest part of a feature; inside an area they are zero. Equal distances are in the order of \
                    ids.";

/// A feature and how far away it is.
struct Near {
    distance_m: f64,
    id: FeatureId,
    pick: Pick,
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let point = asked.point(&POINT)?.ok_or_else(|| Error::invalid(POINT.name, "Name a place."))?;
    let (radius, k) = (asked.number(&RADIUS)?, asked.number(&K)?.map(|k| k as usize));
    if radius.is_none() && k.is_none() {
        return Err(Error::invalid(RADIUS.name, "Say how far ('radius_m', in metres) or how many ('k')."));
    }
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?.during(asked.days(&AT, &FROM, &TO)?)?;
    let mut left_out = LeftOut::default();
    let near = match k {
        Some(k) => nearest(&choice, point, k, radius.unwrap_or(MAX_RADIUS_M), &mut left_out),
        None => within(&choice, point, radius.unwrap_or_default(), &mut left_out),
    };
    choice.leave_out_unplaced(&mut left_out);
    let ids = near.iter().map(|n| n.id.clone()).collect();
    let mut numbers = vec![Number::count("features", ids)];
    if let Some(first) = near.first() {
        numbers.push(Number::new("nearest", Figure::Real(first.distance_m), "m").behind(vec![first.id.clone()]));
    }
    let found = near.iter().map(|n| choice.found(&n.pick, json!({"distance_m": metres(n.distance_m)})));
    let mut rules = vec![RULE.to_owned(), choose::PLACE_RULE.to_owned()];
    rules.extend(choice.is_timed().then(|| choose::TIME_RULE.to_owned()));
    Ok(Answer { numbers, found: found.collect(), left_out, rules })
}

/// The k nearest within a radius: looks further until enough are found.
fn nearest(choice: &Choice, point: Coord<f64>, k: usize, limit_m: f64, left_out: &mut LeftOut) -> Vec<Near> {
    let mut radius = FIRST_RADIUS_M.min(limit_m);
    loop {
        let mut seen = LeftOut::default();
        let mut near = within(choice, point, radius, &mut seen);
        if near.len() >= k || radius >= limit_m {
            near.truncate(k);
            left_out.put_all(choose::UNDATED, seen.of(choose::UNDATED).iter().cloned());
            return near;
        }
        radius = (radius * 3.0).min(limit_m);
    }
}

/// All within a radius, the nearest first.
fn within(choice: &Choice, point: Coord<f64>, radius_m: f64, left_out: &mut LeftOut) -> Vec<Near> {
    let metric = Metric::at(point);
    let here = Shape::of(&Geometry::Point(metric.metres(point).into()));
    let around = widened(Bbox { west: point.x, south: point.y, east: point.x, north: point.y }, radius_m);
    let mut near: Vec<Near> = Vec::new();
    for pick in choice.near(around) {
        let gap = choice.geometry(&pick).and_then(|g| Shape::of(&metric.project(&g)).gap(&here, radius_m));
        if let Some(gap) = gap
            && choice.counts(&pick, left_out)
        {
            near.push(Near { distance_m: gap.distance, id: choice.id(&pick), pick });
        }
    }
    near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then_with(|| a.id.cmp(&b.id)));
    near
}
