//! The inputs of questions: each is described once, for its JSON Schema in the list of processes and for reading what a
//! client sent.

use serde_json::{Map, Value as Json, json};

/// The most items of a list.
pub const MAX_LIST_ITEMS: usize = 1000;
/// The largest weight of a criterion.
pub const MAX_WEIGHT: f64 = 1000.0;

/// The description of one input.
#[derive(Debug, Clone, Copy)]
pub struct QuestionInput {
    pub name: &'static str,
    pub title: &'static str,
    pub kind: InputKind,
    pub required: bool,
}

/// What an input accepts.
#[derive(Debug, Clone, Copy)]
pub enum InputKind {
    /// The name of a collection, and the default.
    Collection(Option<&'static str>),
    /// Properties with a value, or with a list of values of which one must match; or CQL2.
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
    /// True or false, and the default.
    Flag(bool),
    /// Criteria with their weights.
    Weights {
        criteria: &'static [&'static str],
        default: &'static [f64],
    },
    /// A value that the question reads itself; its JSON Schema as text.
    Object(&'static str),
}

impl QuestionInput {
    #[must_use]
    pub const fn new(name: &'static str, title: &'static str, kind: InputKind) -> Self {
        Self { name, title, kind, required: false }
    }

    #[must_use]
    pub const fn required(name: &'static str, title: &'static str, kind: InputKind) -> Self {
        Self { name, title, kind, required: true }
    }

    /// The JSON Schema of the input.
    #[must_use]
    pub fn json_schema(&self) -> Json {
        match self.kind {
            InputKind::Collection(default) => with_default(json!({"type": "string"}), default.map(Json::from)),
            InputKind::Filter => json!({"oneOf": [
                {"type": "object", "maxProperties": 20},
                {"type": "string", "description": "CQL2 text"},
            ]}),
            InputKind::Area => json!({"oneOf": [
                {"type": "string", "description": "The id of a feature of the areas collection"},
                {"type": "object", "format": "geojson-geometry", "required": ["type", "coordinates"],
                 "properties": {"type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]}, "coordinates": {"type": "array", "items": {}}}},
            ]}),
            InputKind::Point => json!({"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}),
            InputKind::Number { min, max, default, whole } => {
                let kind = if whole { "integer" } else { "number" };
                with_default(json!({"type": kind, "minimum": min, "maximum": max}), default.map(Json::from))
            }
            InputKind::Date => json!({"type": "string", "format": "date"}),
            InputKind::OneOf { words, default } => {
                with_default(json!({"type": "string", "enum": words}), default.map(Json::from))
            }
            InputKind::Text => json!({"type": "string"}),
            InputKind::Words => json!({"type": "array", "items": {"type": "string"}, "maxItems": MAX_LIST_ITEMS}),
            InputKind::Flag(default) => json!({"type": "boolean", "default": default}),
            InputKind::Weights { criteria, default } => {
                let weight = |(i, name): (usize, &&str)| {
                    (
                        (*name).to_owned(),
                        json!({"type": "number", "minimum": 0, "maximum": MAX_WEIGHT, "default": default[i]}),
                    )
                };
                let weights: Map<String, Json> = criteria.iter().enumerate().map(weight).collect();
                json!({"type": "object", "properties": weights, "additionalProperties": false})
            }
            InputKind::Money => json!({"type": "number", "format": "decimal", "minimum": 0}),
            InputKind::Object(schema) => serde_json::from_str(schema).unwrap_or_else(|_| json!({"type": "object"})),
        }
    }
}

fn with_default(mut schema: Json, default: Option<Json>) -> Json {
    if let Some(default) = default {
        schema["default"] = default;
    }
    schema
}
