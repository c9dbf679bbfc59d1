//! What may be asked: inputs described once, for the reader of the process list and for the check of what was sent. Every
//! refusal names the input and says what to send instead.

use super::Layers;
use super::measure::Area;
use super::metric;
use super::when::{self, Days};
use crate::error::{Error, Result};
use crate::feature::{Fault, FeatureId, Geometry, Value, bbox_of, check_geometry, geojson};
use crate::index::{Slot, Snapshot};
use geo_types::Coord;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};

/// The most positions a drawn area may have.
pub const MAX_VERTICES: usize = 100_000;
/// The most kilometres an area may be across: questions are about cities.
pub const MAX_ACROSS_KM: f64 = 300.0;
/// The most items of a list.
pub const MAX_LIST: usize = 1000;
/// The most that a criterion may count.
pub const MAX_WEIGHT: f64 = 1000.0;

/// One input of a question.
#[derive(Debug, Clone, Copy)]
pub struct Input {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: Kind,
    pub required: bool,
}

/// What an input holds.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// The name of a collection.
    Collection(Option<&'static str>),
    /// Property → value, or a list of values any of which will do.
    Filter,
    /// The id of an area, or a GeoJSON polygon.
    Area,
    /// `[lon, lat]`.
    Point,
    Number {
        min: f64,
        max: f64,
        default: Option<f64>,
        whole: bool,
    },
    Date,
    OneOf {
        words: &'static [&'static str],
        default: Option<&'static str>,
    },
    Text,
    /// A list of words.
    Words,
    /// An amount in euros.
    Money,
    /// Yes or no.
    Flag(bool),
    /// Criterion → how much it counts.
    Weights {
        criteria: &'static [&'static str],
        default: &'static [f64],
    },
    /// Anything that the question reads itself; the schema is JSON text.
    Object(&'static str),
}

impl Input {
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { name, title, kind, required: false }
    }

    #[must_use]
    pub const fn required(name: &'static str, title: &'static str, kind: Kind) -> Self {
        Self { name, title, kind, required: true }
    }

    /// The JSON Schema of its values.
    #[must_use]
    pub fn schema(&self) -> Json {
        match self.kind {
            Kind::Collection(default) => with_default(json!({"type": "string"}), default.map(Json::from)),
            Kind::Filter => json!({"type": "object", "maxProperties": 20}),
            Kind::Area => json!({"oneOf": [
                {"type": "string", "description": "The id of a feature of the areas collection"},
                {"type": "object", "format": "geojson-geometry", "required": ["type", "coordinates"],
                 "properties": {"type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]}, "coordinates": {"type": "array", "items": {}}}},
            ]}),
            Kind::Point => json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
            Kind::Number { min, max, default, whole } => {
                let kind = if whole { "integer" } else { "number" };
                with_default(json!({"type": kind, "minimum": min, "maximum": max}), default.map(Json::from))
            }
            Kind::Date => json!({"type": "string", "format": "date"}),
            Kind::OneOf { words, default } => {
                with_default(json!({"type": "string", "enum": words}), default.map(Json::from))
            }
            Kind::Text => json!({"type": "string"}),
            Kind::Words => json!({"type": "array", "items": {"type": "string"}, "maxItems": MAX_LIST}),
            Kind::Flag(default) => json!({"type": "boolean", "default": default}),
            Kind::Weights { criteria, default } => {
                let weight = |(i, name): (usize, &&str)| {
                    (
                        (*name).to_owned(),
                        json!({"type": "number", "minimum": 0, "maximum": MAX_WEIGHT, "default": default[i]}),
                    )
                };
                let weights: Map<String, Json> = criteria.iter().enumerate().map(weight).collect();
                json!({"type": "object", "properties": weights, "additionalProperties": false})
            }
            Kind::Money => json!({"type": "number", "format": "decimal", "minimum": 0}),
            Kind::Object(schema) => serde_json::from_str(schema).unwrap_or_else(|_| json!({"type": "object"})),
        }
    }
}

fn with_default(mut schema: Json, default: Option<Json>) -> Json {
    if let Some(default) = default {
        schema["default"] = default;
    }
    schema
}

/// How much each criterion counts; one that is not named counts as the default has it, unless others are named: then not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(Vec<(&'static str, f64)>);

impl Weights {
    /// Zero for one that does not count.
    #[must_use]
    pub fn of(&self, criterion: &str) -> f64 {
        self.0.iter().find(|(name, _)| *name == criterion).map_or(0.0, |(_, weight)| *weight)
    }
}

/// The inputs of one execution, over the layers they are asked of.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub layers: &'a Layers,
    inputs: &'a Map<String, Json>,
}

impl<'a> Asked<'a> {
    /// # Errors
    /// [`Error::Invalid`] for a name that the question does not have, and for a required one that is missing.
    pub fn new(layers: &'a Layers, inputs: &'a Map<String, Json>, known: &[Input]) -> Result<Self> {
        let names = || known.iter().map(|i| i.name).collect::<Vec<_>>().join(", ");
        if let Some(name) = inputs.keys().find(|name| known.iter().all(|i| i.name != *name)) {
            return Err(Error::invalid(name, format!("This question has no input '{name}'. It has: {}.", names())));
        }
        if let Some(missing) = known.iter().find(|i| i.required && inputs.get(i.name).is_none_or(Json::is_null)) {
            return Err(Error::invalid(missing.name, format!("This input is needed: {}.", missing.title)));
        }
        Ok(Self { layers, inputs })
    }

    /// What was sent for an input; null is the same as nothing.
    #[must_use]
    pub fn json(&self, input: &Input) -> Option<&'a Json> {
        self.inputs.get(input.name).filter(|v| !v.is_null())
    }

    pub fn text(&self, input: &Input) -> Result<Option<&'a str>> {
        let read = |v: &'a Json| v.as_str().ok_or_else(|| wrong(input, "text", v));
        self.json(input).map(read).transpose()
    }

    /// One of a closed list of words, or the default.
    pub fn word(&self, input: &Input) -> Result<Option<&'a str>> {
        let Kind::OneOf { words, default } = input.kind else { return Err(Error::internal("not a list of words")) };
        match self.text(input)? {
            Some(word) if words.contains(&word) => Ok(Some(word)),
            Some(word) => Err(Error::invalid(input.name, format!("'{word}' is not one of: {}.", words.join(", ")))),
            None => Ok(default),
        }
    }

    pub fn words(&self, input: &Input) -> Result<Vec<&'a str>> {
        let Some(json) = self.json(input) else { return Ok(vec![]) };
        let list = json.as_array().ok_or_else(|| wrong(input, "a list of words", json))?;
        if list.len() > MAX_LIST {
            return Err(Error::invalid(
                input.name,
                format!("A list may have {MAX_LIST} items; this one has {}.", list.len()),
            ));
        }
        list.iter().map(|v| v.as_str().ok_or_else(|| wrong(input, "a list of words", v))).collect()
    }

    /// A number within its limits, or the default.
    pub fn number(&self, input: &Input) -> Result<Option<f64>> {
        let Kind::Number { min, max, default, whole } = input.kind else { return Err(Error::internal("not a number")) };
        let Some(json) = self.json(input) else { return Ok(default) };
        let number = json.as_f64().ok_or_else(|| wrong(input, "a number", json))?;
        if !(min..=max).contains(&number) {
            return Err(Error::invalid(input.name, format!("{number} is out of range: it goes from {min} to {max}.")));
        }
        if whole && number.fract() != 0.0 {
            return Err(Error::invalid(input.name, format!("Expected a whole number, found {number}.")));
        }
        Ok(Some(number))
    }

    /// A number that is there because it is required or has a default.
    pub fn given_number(&self, input: &Input) -> Result<f64> {
        self.number(input)?.ok_or_else(|| Error::invalid(input.name, format!("This input is needed: {}.", input.title)))
    }

    /// Yes or no, or the default.
    pub fn flag(&self, input: &Input) -> Result<bool> {
        let Kind::Flag(default) = input.kind else { return Err(Error::internal("not a flag")) };
        self.json(input).map_or(Ok(default), |v| v.as_bool().ok_or_else(|| wrong(input, "true or false", v)))
    }

    /// Weights within their limits; the defaults when none are sent.
    pub fn weights(&self, input: &Input) -> Result<Weights> {
        let Kind::Weights { criteria, default } = input.kind else { return Err(Error::internal("not weights")) };
        let Some(json) = self.json(input) else {
            return Ok(Weights(criteria.iter().copied().zip(default.iter().copied()).collect()));
        };
        let sent = json.as_object().ok_or_else(|| wrong(input, "an object of criteria and numbers", json))?;
        let mut weights = Vec::new();
        for (name, weight) in sent {
            let known = criteria.iter().find(|c| **c == *name).ok_or_else(|| {
                Error::invalid(
                    input.name,
                    format!("There is no criterion '{name}'. There are: {}.", criteria.join(", ")),
                )
            })?;
            let number = weight.as_f64().filter(|w| (0.0..=MAX_WEIGHT).contains(w));
            let sentence = || format!("'{name}' cannot count {}: send a number from 0 to {MAX_WEIGHT}.", short(weight));
            weights.push((*known, number.ok_or_else(|| Error::invalid(input.name, sentence()))?));
        }
        if weights.iter().all(|(_, w)| *w == 0.0) {
            return Err(Error::invalid(input.name, "At least one criterion must count more than 0."));
        }
        Ok(Weights(weights))
    }

    pub fn money(&self, input: &Input) -> Result<Option<Decimal>> {
        let Some(json) = self.json(input) else { return Ok(None) };
        money(json).map(Some).map_err(|sentence| Error::invalid(input.name, sentence))
    }

    pub fn date(&self, input: &Input) -> Result<Option<Date>> {
        let Some(text) = self.text(input)? else { return Ok(None) };
        let day = Some(text).filter(|t| t.len() == 10).and_then(when::day);
        day.map(Some).ok_or_else(|| Error::invalid(input.name, format!("'{text}' is not a date such as 2026-03-01.")))
    }

    /// The days that `at`, or `from` and `to`, ask for; `None` when the question is timeless.
    pub fn days(&self, at: &Input, from: &Input, to: &Input) -> Result<Option<Days>> {
        match (self.date(at)?, self.span(from, to)?) {
            (Some(_), Some(_)) => Err(Error::invalid(
                at.name,
                "Ask for one day with 'at' or for a period with 'from' and 'to', not both.",
            )),
            (Some(day), None) => Ok(Some(Days { first: day, last: day })),
            (None, days) => Ok(days),
        }
    }

    /// The days from `from` to `to`, either of which may be left open; `None` when neither is sent.
    pub fn span(&self, from: &Input, to: &Input) -> Result<Option<Days>> {
        let (first, last) = (self.date(from)?, self.date(to)?);
        if first.is_none() && last.is_none() {
            return Ok(None);
        }
        let days = Days { first: first.unwrap_or(Date::MIN), last: last.unwrap_or(Date::MAX) };
        if days.first > days.last {
            return Err(Error::invalid(
                to.name,
                format!("The period ends on {}, before it begins on {}.", days.last, days.first),
            ));
        }
        Ok(Some(days))
    }

    pub fn point(&self, input: &Input) -> Result<Option<Coord<f64>>> {
        let Some(json) = self.json(input) else { return Ok(None) };
        let numbers: Option<Vec<f64>> = json.as_array().and_then(|a| a.iter().map(Json::as_f64).collect());
        let Some([x, y]) = numbers.as_deref().and_then(|n| <[f64; 2]>::try_from(n).ok()) else {
            return Err(wrong(input, "a place as [longitude, latitude]", json));
        };
        check_geometry(Geometry::Point((x, y).into())).map_err(|fault| Error::invalid(input.name, fault.message))?;
        if y.abs() > 85.0 {
            return Err(Error::invalid(input.name, "No city is that near a pole: the latitude goes from -85 to 85."));
        }
        Ok(Some(Coord { x, y }))
    }

    /// An area by id (a feature of `areas`) or drawn.
    pub fn area(&self, input: &Input, areas: &Input) -> Result<Option<Area>> {
        let Some(json) = self.json(input) else { return Ok(None) };
        let geometry = match json {
            Json::String(id) => {
                let (snapshot, slot) = self.area_of_plan(id, input, areas)?;
                let outline = snapshot.geometry(slot);
                outline.ok_or_else(|| Error::invalid(input.name, format!("The area '{id}' has no outline yet.")))?
            }
            Json::Object(_) => drawn(json, input.name)?,
            _ => return Err(wrong(input, "the id of an area or a GeoJSON polygon", json)),
        };
        area_of(&geometry, input.name).map(Some)
    }

    /// How many people the area named in the inputs has, when it says so.
    pub fn population(&self, input: &Input, areas: &Input) -> Result<Option<u64>> {
        let Some(Json::String(id)) = self.json(input) else { return Ok(None) };
        let (snapshot, slot) = self.area_of_plan(id, input, areas)?;
        let value = snapshot.collection().field("population").map(|f| snapshot.value(slot, f));
        Ok(if let Some(Value::Int(n)) = value { u64::try_from(n).ok() } else { None })
    }

    fn area_of_plan(&self, id: &str, input: &Input, areas: &Input) -> Result<(&'a Snapshot, Slot)> {
        let snapshot = self.layers.get(self.text(areas)?.unwrap_or("areas"), areas.name)?;
        let slot = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id));
        let slot = slot.ok_or_else(|| {
            Error::invalid(
                input.name,
                format!("'{}' has no feature '{id}'. Send the id of an area, or draw one.", snapshot.collection().id),
            )
        })?;
        Ok((snapshot, slot))
    }
}

/// An area that is small enough to be asked about.
pub fn area_of(geometry: &Geometry, at: &str) -> Result<Area> {
    let across = bbox_of(geometry).map(metric::extent_m).map_or(0.0, |(w, h)| w.max(h) / 1000.0);
    if across > MAX_ACROSS_KM {
        return Err(Error::invalid(
            at,
            format!("This area is {across:.0} km across; an area may have {MAX_ACROSS_KM} km. Draw a smaller one."),
        ));
    }
    Area::new(geometry).ok_or_else(|| Error::invalid(at, "An area must be a Polygon or a MultiPolygon."))
}

/// Reads an amount in euros.
pub fn money(json: &Json) -> Result<Decimal, String> {
    let text = match json {
        Json::Number(n) => n.to_string(),
        Json::String(s) => s.clone(),
        _ => String::new(),
    };
    let amount = text
        .parse::<Decimal>()
        .ok()
        .filter(|a| a.scale() <= 2 && !a.is_sign_negative() && *a < Decimal::from(10_000_000_000_000_i64));
    amount.ok_or_else(|| {
        format!("{} is not an amount: send euros with at most two decimals, such as 250000 or 1999.99.", short(json))
    })
}

fn drawn(json: &Json, at: &str) -> Result<Geometry> {
    let json = if json["type"] == "Feature" { &json["geometry"] } else { json };
    let kind = json["type"].as_str().unwrap_or_default();
    if kind != "Polygon" && kind != "MultiPolygon" {
        return Err(Error::invalid(
            at,
            format!("Expected a GeoJSON Polygon or MultiPolygon, found type '{}'.", short(&json["type"])),
        ));
    }
    let vertices = positions(&json["coordinates"]);
    if vertices > MAX_VERTICES {
        return Err(Error::invalid(
            at,
            format!("A drawn area may have {MAX_VERTICES} positions; this one has {vertices}. Simplify it."),
        ));
    }
    let placed = |fault: Fault| {
        let at = if fault.at.is_empty() { at.to_owned() } else { format!("{at}{}", fault.at) };
        Error::invalid(at, fault.message)
    };
    let shape = geojson::geometry(json).map_err(placed)?;
    let shape = shape.ok_or_else(|| Error::invalid(at, "An area must be a Polygon or a MultiPolygon."))?;
    check_geometry(shape.geometry).map(|(g, _)| g).map_err(placed)
}

/// How many positions are nested in a coordinates array.
fn positions(coordinates: &Json) -> usize {
    match coordinates.as_array() {
        Some(list) if list.first().is_some_and(Json::is_number) => 1,
        Some(list) => list.iter().map(positions).sum(),
        None => 0,
    }
}

fn wrong(input: &Input, want: &str, found: &Json) -> Error {
    Error::invalid(input.name, format!("Expected {want}, found {}.", short(found)))
}

pub(super) fn short(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
