//! What lies within r metres of this place, or the k nearest?

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, metres_to_json};
use super::features::{self, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::metric_plane::{MetricPlane, widen_bbox};
use super::planar_shape::PlanarShape;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, FeatureId, Geometry};
use geo_types::Coord;
use serde_json::json;

const POINT: QuestionInput = QuestionInput::required("point", "From where: [longitude, latitude]", InputKind::Point);
const RADIUS: QuestionInput = QuestionInput::new(
    "radius_m",
    "How far, in metres",
    InputKind::Number { min: 0.0, max: MAX_RADIUS_M, default: None, whole: false },
);
const K: QuestionInput = QuestionInput::new(
    "k",
    "How many, the nearest first",
    InputKind::Number { min: 1.0, max: 1000.0, default: None, whole: true },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "nearby",
    title: "What is nearby",
    description: "What lies within so many metres of a place, or which are the nearest? Ordered by distance.",
    inputs: &[POINT, RADIUS, K, COLLECTION, FILTER, AT, FROM, TO],
    answer: answer_nearby,
};

const MAX_RADIUS_M: f64 = 100_000.0;
/// Where the search for the nearest begins; each further step is three times as wide.
const FIRST_RADIUS_M: f64 = 300.0;
const RULE: &str = "Distances are straight lines on the ground to the nearest part of a feature; inside an area they are zero. Equal distances are in the order of \
                    ids.";

/// A feature and how far away it is.
struct NearFeature {
    distance_m: f64,
    id: FeatureId,
    pick: FeatureHandle,
}

fn answer_nearby(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let point = request.read_point(&POINT)?.ok_or_else(|| Error::invalid(POINT.name, "Name a place."))?;
    let (radius, k) = (request.read_number(&RADIUS)?, request.read_number(&K)?.map(|k| k as usize));
    if radius.is_none() && k.is_none() {
        return Err(Error::invalid(RADIUS.name, "Say how far ('radius_m', in metres) or how many ('k')."));
    }
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let mut left_out = LeftOut::default();
    let near = match k {
        Some(k) => find_nearest(&choice, point, k, radius.unwrap_or(MAX_RADIUS_M), &mut left_out),
        None => find_within(&choice, point, radius.unwrap_or_default(), &mut left_out),
    };
    choice.leave_out_unplaced(&mut left_out);
    let ids = near.iter().map(|n| n.id.clone()).collect();
    let mut numbers = vec![AnswerNumber::feature_count("features", ids)];
    if let Some(first) = near.first() {
        numbers.push(
            AnswerNumber::new("nearest", NumberValue::Real(first.distance_m), "m").with_ids(vec![first.id.clone()]),
        );
    }
    let found =
        near.iter().map(|n| choice.to_answer_feature(&n.pick, json!({"distance_m": metres_to_json(n.distance_m)})));
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    rules.extend(choice.is_timed().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found.collect(), left_out, rules })
}

/// The k nearest within a radius: looks further until enough are found.
fn find_nearest(
    choice: &QuestionFeatures,
    point: Coord<f64>,
    k: usize,
    limit_m: f64,
    left_out: &mut LeftOut,
) -> Vec<NearFeature> {
    let mut radius = FIRST_RADIUS_M.min(limit_m);
    loop {
        let mut seen = LeftOut::default();
        let mut near = find_within(choice, point, radius, &mut seen);
        if near.len() >= k || radius >= limit_m {
            near.truncate(k);
            left_out.add_all(features::UNDATED, seen.ids_for(features::UNDATED).iter().cloned());
            return near;
        }
        radius = (radius * 3.0).min(limit_m);
    }
}

/// All within a radius, the nearest first.
fn find_within(
    choice: &QuestionFeatures,
    point: Coord<f64>,
    radius_m: f64,
    left_out: &mut LeftOut,
) -> Vec<NearFeature> {
    let metric = MetricPlane::centred_at(point);
    let here = PlanarShape::from_geometry(&Geometry::Point(metric.to_metres(point).into()));
    let around = widen_bbox(BoundingBox { west: point.x, south: point.y, east: point.x, north: point.y }, radius_m);
    let mut near: Vec<NearFeature> = Vec::new();
    for pick in choice.select_near(around) {
        let gap = choice
            .geometry(&pick)
            .and_then(|g| PlanarShape::from_geometry(&metric.project(&g)).shortest_line(&here, radius_m));
        if let Some(gap) = gap
            && choice.check_dated(&pick, left_out)
        {
            near.push(NearFeature { distance_m: gap.distance, id: choice.id(&pick), pick });
        }
    }
    near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then_with(|| a.id.cmp(&b.id)));
    near
}
