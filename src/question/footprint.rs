//! How much ground, or how many kilometres, do these features cover together, nothing counted twice? Fills the cells of the ERDF output
//! indicators RCO114, RCO058, RCO026 and RCO074 (Regulation (EU) 2021/1058, Annex I).

use super::answer::{Answer, Figure, Found, LeftOut, Number, rounded};
use super::choose::{self, AREA, AREAS, AREAS_FILTER, COLLECTION, Choice, FILTER, FROM, Pick, TO};
use super::ellipsoid::areas_m2;
use super::input::{Input, Kind};
use super::measure::{self, Area, Measure, lines_of, measure, polygons_of};
use super::overlap::union_length_m;
use super::people;
use super::{Asked, Question};
use crate::error::Result;
use crate::feature::{FeatureId, Geometry};
use geo_types::{LineString, MultiLineString, MultiPolygon, Polygon};
use serde_json::{Map, json};

const PRESET: Input = Input::new(
    "preset",
    "An ERDF output indicator: adds its own filter, and gives the number in its official unit",
    Kind::OneOf { words: &["RCO114", "RCO058", "RCO026", "RCO074"], default: None },
);

pub(super) const QUESTION: Question = Question {
    id: "footprint",
    title: "Ground covered, nothing twice",
    description: "The area and the length of these features together, clipped to an area and counted once where they overlap. With 'from' and 'to': those finished then.",
    inputs: &[COLLECTION, FILTER, PRESET, AREA, AREAS, AREAS_FILTER, FROM, TO],
    answer,
};

const WITHOUT_SIZE: &str = "without_size";
const RULE: &str = "Polygons are united before their area is measured, and lines that lie within 5 cm of each other are one line: nothing counts twice. Sizes are measured on the \
                    ellipsoid, inside the area asked for.";
const DONE_RULE: &str =
    "A feature counts in the period when the days on which it may have ended, or begun when no end is known, meet it.";

/// An official indicator.
struct Preset {
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    types: &'static [&'static str],
    /// Square metres, or metres, in one unit.
    per_unit: f64,
    lines: bool,
}

const PRESETS: [Preset; 3] = [
    Preset {
        code: "RCO114",
        name: "Open space created or rehabilitated in urban areas",
        unit: "m2",
        types: &["public_realm", "pedestrianisation", "greening"],
        per_unit: 1.0,
        lines: false,
    },
    Preset {
        code: "RCO026",
        name: "Green infrastructure built or upgraded for adaptation to climate change",
        unit: "ha",
        types: &["greening"],
        per_unit: 10_000.0,
        lines: false,
    },
    Preset {
        code: "RCO058",
        name: "Dedicated cycling infrastructure supported",
        unit: "km",
        types: &["cycling"],
        per_unit: 1000.0,
        lines: true,
    },
];

/// What was laid together.
#[derive(Default)]
struct Ground {
    polygons: Vec<Polygon<f64>>,
    polygon_ids: Vec<FeatureId>,
    area_sum: f64,
    lines: Vec<LineString<f64>>,
    line_ids: Vec<FeatureId>,
    length_sum: f64,
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let word = asked.word(&PRESET)?;
    if word == Some("RCO074") {
        return people::answer(asked);
    }
    let preset = word.and_then(|w| PRESETS.iter().find(|p| p.code == w));
    let mut choice = Choice::of(asked, &COLLECTION, &FILTER)?;
    if let Some(preset) = preset {
        choice = choice.also(&json!({"types": preset.types, "status": "completed"}), PRESET.name)?;
    }
    let area = asked.area(&AREA, &AREAS)?;
    let days = asked.span(&FROM, &TO)?;
    let mut left_out = LeftOut::default();
    let (mut ground, mut found) = (Ground::default(), Vec::new());
    for pick in area.as_ref().map_or_else(|| choice.all(), |a| choice.near(a.bbox)) {
        let Some(geometry) = choice.geometry(&pick).and_then(|g| inside(g, area.as_ref())) else { continue };
        let done = days.map(|days| choice.period(&pick).and_then(|p| p.done()).map(|done| done.meets(days)));
        match done {
            Some(None) => left_out.put(choose::UNDATED, choice.id(&pick)),
            Some(Some(false)) => {}
            _ => found.extend(ground.lay(&choice, &pick, &geometry, preset, &mut left_out)),
        }
    }
    choice.leave_out_unplaced(&mut left_out);
    let mut rules = vec![RULE.to_owned(), choose::PLACE_RULE.to_owned()];
    rules.extend(days.is_some().then(|| DONE_RULE.to_owned()));
    rules.extend(preset.map(Preset::rule));
    let (numbers, union) = ground.measured(preset);
    found.extend(union);
    Ok(Answer { numbers, found, left_out, rules })
}

/// The part of a geometry in the area, `None` when it does not meet it.
fn inside(geometry: Geometry, area: Option<&Area>) -> Option<Geometry> {
    match area {
        None => Some(geometry),
        Some(area) => area.meets(&geometry).then(|| area.cut(&geometry)),
    }
}

impl Ground {
    fn lay(
        &mut self,
        choice: &Choice,
        pick: &Pick,
        geometry: &Geometry,
        preset: Option<&Preset>,
        left_out: &mut LeftOut,
    ) -> Option<Found> {
        let id = choice.id(pick);
        let size = measure(geometry);
        match (size, preset.map(|p| p.lines)) {
            (Measure::AreaM2(m2), None | Some(false)) => {
                self.polygons.extend(polygons_of(geometry));
                self.area_sum += m2;
                self.polygon_ids.push(id);
            }
            (Measure::LengthM(m), None | Some(true)) => {
                self.lines.extend(lines_of(geometry));
                self.length_sum += m;
                self.line_ids.push(id);
            }
            _ => {
                left_out.put(WITHOUT_SIZE, id);
                return None;
            }
        }
        Some(choice.found(pick, json!({"size": rounded(size.value(), 2), "unit": size.unit()})))
    }

    fn measured(self, preset: Option<&Preset>) -> (Vec<Number>, Option<Found>) {
        let union = measure::union(&self.polygons);
        let lines = MultiLineString(self.lines);
        let (area, length) = (areas_m2(&union), union_length_m(&lines));
        let mut ids = self.polygon_ids.clone();
        ids.extend(self.line_ids.iter().cloned());
        let mut numbers = Vec::new();
        if let Some(p) = preset {
            let value = if p.lines { length } else { area } / p.per_unit;
            numbers.push(Number::new(p.code, Figure::Real(value), p.unit).behind(ids.clone()));
        }
        numbers.push(Number::new("area", Figure::Real(area), "m2").behind(self.polygon_ids));
        numbers.push(Number::new("area_overlapping", Figure::Real((self.area_sum - area).max(0.0)), "m2"));
        numbers.push(Number::new("length", Figure::Real(length), "m").behind(self.line_ids));
        numbers.push(Number::new("length_overlapping", Figure::Real((self.length_sum - length).max(0.0)), "m"));
        numbers.push(Number::count("features", ids));
        (numbers, outline(&union, area))
    }
}

fn outline(union: &MultiPolygon<f64>, area: f64) -> Option<Found> {
    let polygons = measure::tidy(union, 0.01);
    if polygons.is_empty() {
        return None;
    }
    let geometry = Some(MultiPolygon(polygons).into());
    Some(Found::Made {
        id: "footprint".to_owned(),
        geometry,
        properties: Map::new(),
        result: json!({"area_m2": rounded(area, 2)}),
    })
}

impl Preset {
    fn rule(&self) -> String {
        let shape = if self.lines { "lines" } else { "polygons" };
        format!(
            "{}, {} ({}): the {shape} of completed interventions of the types {}. Others are listed as {WITHOUT_SIZE}.",
            self.code,
            self.name,
            self.unit,
            self.types.join(", ")
        )
    }
}
