//! The area and length that features cover together, overlaps counted once. Calculates the ERDF output indicators
//! RCO114, RCO058, RCO026 and RCO074 (Regulation (EU) 2021/1058, Annex I).

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::ellipsoid::areas_m2;
use super::features::{self, AREA, AREAS, AREAS_FILTER, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO};
use super::input::{InputKind, QuestionInput};
use super::measure::{self, GeometrySize, PreparedArea, lines_of, measure_geometry, polygons_of};
use super::overlap::union_length_m;
use super::overlay::union_polygons;
use super::planning_question::PlanningQuestion;
use super::population;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::{FeatureId, Geometry};
use crate::work_budget::WorkBudget;
use geo_types::{LineString, MultiLineString, MultiPolygon, Polygon};
use serde_json::{Map, json};

const PRESET: QuestionInput = QuestionInput::new(
    "preset",
    "ERDF output indicator: applies its filter and gives the number in its official unit",
    InputKind::OneOf { words: &["RCO114", "RCO058", "RCO026", "RCO074"], default: None },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "footprint",
    title: "Area and length covered",
    description: "Measures the area and the length that features cover together, overlaps counted once, optionally inside an area. With 'from' and 'to', only features completed in the period count.",
    inputs: &[COLLECTION, FILTER, PRESET, AREA, AREAS, AREAS_FILTER, FROM, TO],
    answer: answer_footprint,
};

const WITHOUT_SIZE: &str = "without_size";
const RULE: &str = "Overlaps count once: polygons are merged before their area is measured, and lines within 5 cm of each other are one line. Sizes are measured on the \
                    ellipsoid, inside the requested area.";
const COMPLETION_RULE: &str =
    "A feature counts when it may have ended in the period; without a known end, when it may have begun in the period.";

/// An ERDF output indicator.
struct IndicatorPreset {
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    types: &'static [&'static str],
    /// Square metres or metres in one unit.
    per_unit: f64,
    lines: bool,
}

const PRESETS: [IndicatorPreset; 3] = [
    IndicatorPreset {
        code: "RCO114",
        name: "Open space created or rehabilitated in urban areas",
        unit: "m2",
        types: &["public_realm", "pedestrianisation", "greening"],
        per_unit: 1.0,
        lines: false,
    },
    IndicatorPreset {
        code: "RCO026",
        name: "Green infrastructure built or upgraded for adaptation to climate change",
        unit: "ha",
        types: &["greening"],
        per_unit: 10_000.0,
        lines: false,
    },
    IndicatorPreset {
        code: "RCO058",
        name: "Dedicated cycling infrastructure supported",
        unit: "km",
        types: &["cycling"],
        per_unit: 1000.0,
        lines: true,
    },
];

/// The geometries that are measured together.
#[derive(Default)]
struct CoveredGround {
    polygons: Vec<Polygon<f64>>,
    polygon_ids: Vec<FeatureId>,
    area_sum: f64,
    lines: Vec<LineString<f64>>,
    line_ids: Vec<FeatureId>,
    length_sum: f64,
}

fn answer_footprint(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let word = request.read_word(&PRESET)?;
    if word == Some("RCO074") {
        return population::answer_population(request);
    }
    let preset = word.and_then(|w| PRESETS.iter().find(|p| p.code == w));
    let mut layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    if let Some(preset) = preset {
        layer = layer.with_filter(&json!({"types": preset.types, "status": "completed"}), PRESET.name)?;
    }
    let area = request.read_area(&AREA, &AREAS)?;
    let days = request.read_day_range(&FROM, &TO)?;
    let mut left_out = LeftOut::default();
    let (mut ground, mut found) = (CoveredGround::default(), Vec::new());
    for feature in area.as_ref().map_or_else(|| layer.select_all(), |a| layer.select_near(a.bbox)) {
        let Some(geometry) = layer.geometry(&feature).and_then(|g| clip_to_area(g, area.as_ref())) else { continue };
        let done =
            days.map(|days| layer.period(&feature).and_then(|p| p.completion_days()).map(|done| done.overlaps(days)));
        match done {
            Some(None) => left_out.add(features::UNDATED, layer.id(&feature)),
            Some(Some(false)) => {}
            _ => found.extend(ground.add_feature(&layer, &feature, &geometry, preset, &mut left_out)),
        }
    }
    layer.leave_out_unplaced(&mut left_out);
    let mut rules = vec![RULE.to_owned(), features::PLACE_RULE.to_owned()];
    rules.extend(days.is_some().then(|| COMPLETION_RULE.to_owned()));
    rules.extend(preset.map(IndicatorPreset::rule_sentence));
    let (numbers, union) = ground.measure_union(preset, request.work);
    found.extend(union);
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

/// The part of a geometry inside the area; `None` when it does not intersect it.
fn clip_to_area(geometry: Geometry, area: Option<&PreparedArea>) -> Option<Geometry> {
    match area {
        None => Some(geometry),
        Some(area) => area.intersects(&geometry).then(|| area.clip(&geometry)),
    }
}

impl CoveredGround {
    fn add_feature(
        &mut self,
        layer: &QuestionFeatures,
        feature: &FeatureHandle,
        geometry: &Geometry,
        preset: Option<&IndicatorPreset>,
        left_out: &mut LeftOut,
    ) -> Option<AnswerFeature> {
        let id = layer.id(feature);
        let size = measure_geometry(geometry, layer.work());
        match (size, preset.map(|p| p.lines)) {
            (GeometrySize::AreaM2(m2), None | Some(false)) => {
                self.polygons.extend(polygons_of(geometry));
                self.area_sum += m2;
                self.polygon_ids.push(id);
            }
            (GeometrySize::LengthM(m), None | Some(true)) => {
                self.lines.extend(lines_of(geometry));
                self.length_sum += m;
                self.line_ids.push(id);
            }
            _ => {
                left_out.add(WITHOUT_SIZE, id);
                return None;
            }
        }
        Some(layer.to_answer_feature(feature, json!({"size": round_to_json(size.value(), 2), "unit": size.unit()})))
    }

    fn measure_union(
        self,
        preset: Option<&IndicatorPreset>,
        work: &WorkBudget,
    ) -> (Vec<AnswerNumber>, Option<AnswerFeature>) {
        let union = union_polygons(&self.polygons, work);
        let lines = MultiLineString(self.lines);
        let (area, length) = (areas_m2(&union), union_length_m(&lines, work));
        let mut ids = self.polygon_ids.clone();
        ids.extend(self.line_ids.iter().cloned());
        let mut numbers = Vec::new();
        if let Some(p) = preset {
            let value = if p.lines { length } else { area } / p.per_unit;
            numbers.push(AnswerNumber::new(p.code, NumberValue::Real(value), p.unit).with_ids(ids.clone()));
        }
        numbers.push(AnswerNumber::new("area", NumberValue::Real(area), "m2").with_ids(self.polygon_ids));
        numbers.push(AnswerNumber::new("area_overlapping", NumberValue::Real((self.area_sum - area).max(0.0)), "m2"));
        numbers.push(AnswerNumber::new("length", NumberValue::Real(length), "m").with_ids(self.line_ids));
        numbers.push(AnswerNumber::new(
            "length_overlapping",
            NumberValue::Real((self.length_sum - length).max(0.0)),
            "m",
        ));
        numbers.push(AnswerNumber::feature_count("features", ids));
        (numbers, footprint_feature(&union, area, work))
    }
}

fn footprint_feature(union: &MultiPolygon<f64>, area: f64, work: &WorkBudget) -> Option<AnswerFeature> {
    let polygons = measure::clean_polygons(union, 0.01, work);
    if polygons.is_empty() {
        return None;
    }
    let geometry = Some(MultiPolygon(polygons).into());
    Some(AnswerFeature::Derived {
        id: "footprint".to_owned(),
        geometry,
        properties: Map::new(),
        result: json!({"area_m2": round_to_json(area, 2)}),
    })
}

impl IndicatorPreset {
    fn rule_sentence(&self) -> String {
        let shape = if self.lines { "lines" } else { "polygons" };
        format!(
            "{}, {} ({}): the {shape} of completed interventions of the types {}. Features with other geometries are listed as {WITHOUT_SIZE}.",
            self.code,
            self.name,
            self.unit,
            self.types.join(", ")
        )
    }
}
