//! The type of a field, and the reading of JSON values by it.

use crate::feature::{FieldValue, time_spelling};
use crate::number_literal::MAX_EXACT_INTEGER;
use serde_json::{Number, Value as Json, json};

/// The type of a field's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    Text,
    Integer,
    Real,
    /// Money: a number with at most two decimals and fifteen digits.
    Decimal,
    Boolean,
    Date,
    DateTime,
    /// A list or an object.
    Json,
}

impl FieldType {
    pub(super) fn from_schema(property: &Json) -> Option<Self> {
        let format = property.get("format").and_then(Json::as_str);
        Some(match (property.get("type")?.as_str()?, format) {
            ("string", Some("date")) => Self::Date,
            ("string", Some("date-time")) => Self::DateTime,
            ("string", _) => Self::Text,
            ("integer", _) => Self::Integer,
            ("number", Some("decimal")) => Self::Decimal,
            ("number", _) => Self::Real,
            ("boolean", _) => Self::Boolean,
            ("array" | "object", _) => Self::Json,
            _ => return None,
        })
    }

    /// The JSON Schema of a field of this type.
    #[must_use]
    pub fn json_schema(self) -> Json {
        match self {
            Self::Text => json!({"type": "string"}),
            Self::Integer => json!({"type": "integer"}),
            Self::Real => json!({"type": "number"}),
            Self::Decimal => json!({"type": "number", "format": "decimal"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Date => json!({"type": "string", "format": "date"}),
            Self::DateTime => json!({"type": "string", "format": "date-time"}),
            Self::Json => json!({"type": "array"}),
        }
    }

    /// Reads a JSON value as this type.
    ///
    /// # Errors
    /// A sentence that says what was expected and found, without the place.
    pub fn read_value(self, json: &Json) -> Result<FieldValue, String> {
        let wrong = |expected: &str| Err(format!("Expected {expected}, found {}.", shorten_json(json)));
        match (self, json) {
            (_, Json::Null) => Ok(FieldValue::Null),
            (Self::Text, Json::String(s)) => Ok(FieldValue::text(s.as_str())),
            (Self::Text, _) => wrong("text"),
            (Self::Integer, Json::Number(n)) => match whole_number(n) {
                Some(i) => Ok(FieldValue::Int(i)),
                None => wrong("a whole number of at most 63 bits"),
            },
            (Self::Integer, _) => wrong("a whole number"),
            (Self::Real, Json::Number(n)) if is_wide(n) => wrong("a number of at most 53 bits"),
            (Self::Real, Json::Number(n)) => n
                .as_f64()
                .filter(|f| f.is_finite())
                .map_or_else(|| wrong("a finite number"), |f| Ok(FieldValue::Real(f))),
            (Self::Real, _) => wrong("a number"),
            (Self::Decimal, Json::Number(n)) => match n.as_f64() {
                Some(f) if f.abs() < 1e13 && ((f * 100.0).round() / 100.0 - f).abs() < 1e-9 => {
                    Ok(FieldValue::Real((f * 100.0).round() / 100.0))
                }
                _ => wrong("an amount below 10,000,000,000,000 with at most two decimals"),
            },
            (Self::Decimal, _) => wrong("an amount, as a number"),
            (Self::Boolean, Json::Bool(b)) => Ok(FieldValue::Bool(*b)),
            (Self::Boolean, _) => wrong("true or false"),
            (Self::Date, Json::String(s)) => match time_spelling::read_day(s) {
                Some(day) => Ok(FieldValue::text(day)),
                None => wrong("a date such as 2026-03-01"),
            },
            (Self::Date, _) => wrong("a date such as 2026-03-01"),
            (Self::DateTime, Json::String(s)) => match time_spelling::read_instant(s) {
                Some(instant) => Ok(FieldValue::text(instant.text)),
                None => wrong("a date and time such as 2026-03-01T08:30:00Z"),
            },
            (Self::DateTime, _) => wrong("a date and time such as 2026-03-01T08:30:00Z"),
            (Self::Json, Json::Array(_) | Json::Object(_)) => Ok(FieldValue::Json(Box::new(json.clone()))),
            (Self::Json, _) => wrong("a list or an object"),
        }
    }
}

/// The integer that a number is, also when it is written as `12.0` or `1e3` (JSON Schema).
fn whole_number(number: &Number) -> Option<i64> {
    let whole = |f: &f64| f.fract() == 0.0 && f.abs() <= MAX_EXACT_INTEGER as f64;
    number.as_i64().or_else(|| number.as_f64().filter(whole).map(|f| f as i64))
}

/// Whether an integer has more digits than a double keeps: the double is neither equal nor written with the same
/// digits.
fn is_wide(number: &Number) -> bool {
    let Some(double) = number.as_f64().filter(|_| !number.is_f64()) else { return false };
    let integer = number.as_i64().map(i128::from).or(number.as_u64().map(i128::from));
    integer.is_some_and(|i| i.unsigned_abs() > MAX_EXACT_INTEGER.into() && i != double as i128)
        && double.to_string() != number.to_string()
}

fn shorten_json(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
