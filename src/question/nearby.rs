//! The features within a distance of a place, or the k nearest.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer, metres_to_json};
use super::features::{self, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::input_errors::missing_input_error;
use super::metric_plane::{MetricPlane, widen_bbox};
use super::planar_shape::PlanarShape;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, FeatureId, Geometry};
use geo_types::Coord;
use serde_json::json;

const POINT: QuestionInput = QuestionInput::required("point", "Place: [longitude, latitude]", InputKind::Point);
const RADIUS: QuestionInput = QuestionInput::new(
    "radius_m",
    "Distance in metres",
    InputKind::Number { min: 0.0, max: MAX_RADIUS_M, default: None, whole: false },
);
const K: QuestionInput = QuestionInput::new(
    "k",
    "Number of features, the nearest first",
    InputKind::Number { min: 1.0, max: 1000.0, default: None, whole: true },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "nearby",
    title: "Features near a place",
    description: "Finds the features within a distance of a place, or the nearest ones, ordered by distance.",
    inputs: &[POINT, RADIUS, K, COLLECTION, FILTER, AT, FROM, TO],
    answer: answer_nearby,
};

const MAX_RADIUS_M: f64 = 100_000.0;
/// The first radius of the search for the nearest features; each next one is three times as large.
const FIRST_RADIUS_M: f64 = 300.0;
const RULE: &str = "The distance is the straight line on the ground to the nearest part of a feature; it is zero inside a polygon. Features at equal distances \
                    are ordered by id.";

/// A feature and its distance.
struct NearFeature {
    distance_m: f64,
    id: FeatureId,
    feature: FeatureHandle,
}

fn answer_nearby(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let point = request.read_point(&POINT)?.ok_or_else(|| missing_input_error(&POINT))?;
    let (radius, k) = (request.read_number(&RADIUS)?, request.read_number(&K)?.map(|k| k as usize));
    if radius.is_none() && k.is_none() {
        return Err(Error::invalid(RADIUS.name, "Send how far ('radius_m', in metres), how many ('k'), or both."));
    }
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let mut left_out = LeftOut::default();
    let near = match k {
        Some(k) => find_nearest(&layer, point, k, radius.unwrap_or(MAX_RADIUS_M), &mut left_out),
        None => find_within(&layer, point, radius.unwrap_or_default(), &mut left_out),
    };
    layer.leave_out_unplaced(&mut left_out);
    let ids = near.iter().map(|n| n.id.clone()).collect();
    let mut numbers = vec![AnswerNumber::feature_count("features", ids)];
    if let Some(first) = near.first() {
        numbers.push(
            AnswerNumber::new("nearest", NumberValue::Real(first.distance_m), "m").with_ids(vec![first.id.clone()]),
        );
    }
    let found =
        near.iter().map(|n| layer.to_answer_feature(&n.feature, json!({"distance_m": metres_to_json(n.distance_m)})));
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    rules.extend(layer.is_timed().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found.collect(), left_out, rules })
}

/// The k nearest features within a radius: widens the search until enough are found.
fn find_nearest(
    layer: &QuestionFeatures,
    point: Coord<f64>,
    k: usize,
    limit_m: f64,
    left_out: &mut LeftOut,
) -> Vec<NearFeature> {
    let mut radius = FIRST_RADIUS_M.min(limit_m);
    loop {
        let mut skipped = LeftOut::default();
        let mut near = find_within(layer, point, radius, &mut skipped);
        if near.len() >= k || radius >= limit_m || layer.work().is_stopped() {
            near.truncate(k);
            left_out.add_all(features::UNDATED, skipped.ids_for(features::UNDATED).iter().cloned());
            return near;
        }
        radius = (radius * 3.0).min(limit_m);
    }
}

/// All features within a radius, the nearest first.
fn find_within(layer: &QuestionFeatures, point: Coord<f64>, radius_m: f64, left_out: &mut LeftOut) -> Vec<NearFeature> {
    let metric = MetricPlane::centred_at(point);
    let here = PlanarShape::from_geometry(&Geometry::Point(metric.to_metres(point).into()));
    let search_box = widen_bbox(BoundingBox { west: point.x, south: point.y, east: point.x, north: point.y }, radius_m);
    let mut near: Vec<NearFeature> = Vec::new();
    let mut meter = layer.work().meter();
    for feature in layer.select_near(search_box) {
        let gap = layer
            .geometry(&feature)
            .and_then(|g| PlanarShape::from_geometry(&metric.project(&g)).shortest_line(&here, radius_m, &mut meter));
        if let Some(gap) = gap
            && layer.check_dated(&feature, left_out)
        {
            near.push(NearFeature { distance_m: gap.distance, id: layer.id(&feature), feature });
        }
    }
    near.sort_by(|a, b| a.distance_m.total_cmp(&b.distance_m).then_with(|| a.id.cmp(&b.id)));
    near
}
