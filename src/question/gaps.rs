//! The parts of an area that are farther than a distance from every feature.

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::ellipsoid::{area_m2, areas_m2};
use super::features::{self, AREA, AREAS, AT, COLLECTION, FILTER, FROM, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::input_errors::missing_input_error;
use super::measure::{self, PreparedArea, buffer_in_plane, polygons_of};
use super::metric_plane::{MetricPlane, widen_bbox};
use super::overlay::{subtract_polygons, union_polygons};
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::Geometry;
use crate::work_budget::WorkBudget;
use geo::CoordsIter;
use geo_types::{MultiPolygon, Polygon};
use serde_json::{Map, json};

const DISTANCE: QuestionInput = QuestionInput::required(
    "distance_m",
    "Distance in metres from which a feature is too far away",
    InputKind::Number { min: 1.0, max: 20_000.0, default: None, whole: false },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "gaps",
    title: "Gaps in provision",
    description: "Finds the parts of an area that are farther than a distance from every feature, such as the parts more than 300 m from a park.",
    inputs: &[
        QuestionInput { required: true, ..AREA },
        AREAS,
        QuestionInput { kind: InputKind::Collection(Some("facilities")), ..COLLECTION },
        FILTER,
        DISTANCE,
        AT,
        FROM,
        TO,
    ],
    answer: answer_gaps,
};

/// Smaller parts come from inexact digitising.
const MIN_GAP_M2: f64 = 1.0;
/// The memory of a position in a buffer.
const POSITION_BYTES: usize = 16;
const RULE: &str = "A part of the area is a gap when it is farther than the distance, in a straight line, from the nearest part of every feature, including features outside the \
                    area. Curved edges are exact to 0.1 % of the distance. Gaps smaller than 1 m2 are omitted.";
const RESIDENTS_RULE: &str =
    "The number of residents is an estimate: it assumes that the population of the area is evenly distributed.";

fn answer_gaps(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let collection = QuestionInput { kind: InputKind::Collection(Some("facilities")), ..COLLECTION };
    let layer = QuestionFeatures::from_inputs(request, &collection, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let area = request.read_area(&AREA, &AREAS)?.ok_or_else(|| missing_input_error(&AREA))?;
    let distance = request.required_number(&DISTANCE)?;
    let mut left_out = LeftOut::default();
    let (mut ids, mut served) = (Vec::new(), Vec::new());
    let metric = MetricPlane::centred_on_box(area.bbox);
    let mut memory = request.work.reserve(0)?;
    for feature in layer.select_near(widen_bbox(area.bbox, distance)) {
        if let Some(geometry) = layer.geometry(&feature)
            && layer.check_dated(&feature, &mut left_out)
        {
            let buffer = buffer_in_plane(&metric.project(&geometry), distance, request.work);
            memory.grow(buffer.coords_count() * POSITION_BYTES)?;
            served.extend(buffer);
            ids.push(layer.id(&feature));
        }
    }
    layer.leave_out_unplaced(&mut left_out);
    let gaps = measure::clean_polygons(&unserved_area(&area, &metric, &served, request.work), MIN_GAP_M2, request.work);
    let missing = NumberValue::Real(gaps.iter().map(area_m2).sum());
    let whole = NumberValue::Real(areas_m2(&area.polygons));
    let share = AnswerNumber::percentage("gap_share", missing, whole);
    let mut numbers = vec![
        AnswerNumber::new("gap_area", missing, "m2"),
        AnswerNumber::new("features", NumberValue::Count(ids.len() as u64), "features").with_ids(ids),
    ];
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    if let (Some(population), NumberValue::Real(percent)) = (request.read_population(&AREA, &AREAS)?, share.value) {
        let far = NumberValue::Count((population as f64 * percent / 100.0).round() as u64);
        numbers.push(AnswerNumber {
            fraction: Some((far, NumberValue::Count(population))),
            ..AnswerNumber::new("residents", far, "persons")
        });
        rules.push(RESIDENTS_RULE.to_owned());
    }
    numbers.insert(1, share);
    rules.extend(layer.is_timed().then(|| features::TIME_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: gaps.into_iter().enumerate().map(gap_feature).collect(), left_out, rules })
}

/// The area without the buffers of the features, in degrees.
fn unserved_area(
    area: &PreparedArea,
    metric: &MetricPlane,
    served: &[Polygon<f64>],
    work: &WorkBudget,
) -> MultiPolygon<f64> {
    if served.is_empty() {
        return area.polygons.clone();
    }
    let served = metric.unproject(&Geometry::MultiPolygon(union_polygons(served, work)));
    subtract_polygons(&area.polygons, &polygons_of(&served), work)
}

fn gap_feature((i, polygon): (usize, Polygon<f64>)) -> AnswerFeature {
    let result = json!({"area_m2": round_to_json(area_m2(&polygon), 1)});
    AnswerFeature::Derived {
        id: format!("gap-{}", i + 1),
        geometry: Some(polygon.into()),
        properties: Map::new(),
        result,
    }
}
