//! A feature: an id, an optional geometry, and values in the order of its collection's fields.

use crate::error::{Error, Result};
use serde::{Serialize, Serializer};
use std::fmt;
use std::sync::Arc;

mod fault;
mod geometry;
mod validity;
mod geometry_check;
pub mod time_spelling;
pub mod time;
pub mod geojson;

pub use fault::{FaultKind, FeatureFault};
pub use geometry::{BoundingBox, Geometry, GeometryTypeSet, bbox_of};
pub use geometry_check::{GeometryRepair, check_geometry, check_geometry_within, is_on_globe, keep_on_globe};
pub(crate) use validity::{BoxTree, find_fault};

/// The stable identifier of a feature within its collection: 1 to 200 bytes of UTF-8 without control characters. Never
/// reused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FeatureId(Arc<str>);

impl FeatureId {
    /// # Errors
    /// [`Error::Invalid`] at `id` when it is empty, too long, or has control characters.
    pub fn new(id: &str) -> Result<Self> {
        if id.is_empty() || id.len() > 200 || id.chars().any(char::is_control) {
            return Err(Error::invalid("id", "An id must have 1 to 200 characters and no control characters."));
        }
        Ok(Self(id.into()))
    }

    /// A new id (UUID version 7, which sorts by time), for features without one.
    #[must_use]
    pub fn generate() -> Self {
        Self(uuid::Uuid::now_v7().to_string().into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One property value. Dates and instants are text in ISO 8601 form; money is a `Real` whose shortest decimal form is
/// the amount (at most 15 significant digits, which a double holds exactly).
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FieldValue {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(Box<str>),
    /// A list or an object.
    Json(Box<serde_json::Value>),
}

impl FieldValue {
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    #[must_use]
    pub fn text(text: impl Into<Box<str>>) -> Self {
        Self::Text(text.into())
    }

    /// The value as JSON; a number that JSON cannot express becomes null.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Bool(b) => (*b).into(),
            Self::Int(i) => (*i).into(),
            Self::Real(r) => serde_json::Number::from_f64(*r).map_or(serde_json::Value::Null, Into::into),
            Self::Text(t) => serde_json::Value::String(t.to_string()),
            Self::Json(j) => (**j).clone(),
        }
    }
}

impl Serialize for FieldValue {
    /// The same JSON as [`FieldValue::to_json`].
    fn serialize<S: Serializer>(&self, out: S) -> std::result::Result<S::Ok, S::Error> {
        match self {
            Self::Null => out.serialize_unit(),
            Self::Bool(b) => out.serialize_bool(*b),
            Self::Int(i) => out.serialize_i64(*i),
            Self::Real(r) => out.serialize_f64(*r),
            Self::Text(t) => out.serialize_str(t),
            Self::Json(j) => j.serialize(out),
        }
    }
}

/// A feature as it is stored, exchanged and edited.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// The row id in the store, which is also the MVT feature id; 0 before the feature is stored.
    pub key: i64,
    pub id: FeatureId,
    /// Degrees (WGS 84), longitude first. `None` for a feature without a location, such as a city-wide measure.
    pub geometry: Option<Geometry>,
    /// One value per field of the collection, in the order of [`crate::collection::Collection::fields`].
    pub values: Vec<FieldValue>,
}
