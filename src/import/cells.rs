//! Cells of a table: which kind of value a text stands for, and the value of a given kind that it stands for.

use super::survey::text_kind;
use crate::collection::FieldType;
use crate::feature::FieldValue;
use serde_json::Value as Json;

/// The narrowest kind that holds a cell. Numbers with leading zeros (postcodes, codes) are text.
pub fn cell_kind(cell: &str) -> Option<FieldType> {
    if cell.is_empty() {
        return None;
    }
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let first = digits.bytes().next().unwrap_or_default();
    if first.is_ascii_digit() {
        let leading_zero = digits.len() > 1 && first == b'0' && digits.as_bytes()[1] != b'.';
        if !leading_zero && digits.bytes().all(|b| b.is_ascii_digit()) && cell.parse::<i64>().is_ok() {
            return Some(FieldType::Integer);
        }
        if !leading_zero && digits.bytes().all(is_numeral) && cell.parse::<f64>().is_ok_and(f64::is_finite) {
            return Some(FieldType::Real);
        }
    }
    Some(match cell {
        "true" | "false" | "TRUE" | "FALSE" | "True" | "False" => FieldType::Boolean,
        _ if matches!(parse_json(cell), Some(Json::Array(_) | Json::Object(_))) => FieldType::Json,
        _ => text_kind(cell),
    })
}

/// Reads a cell as a JSON value of a kind; what cannot be read stays text, and the kind's own reading says why not.
pub fn parse_cell(kind: FieldType, cell: &str) -> Json {
    let text = || Json::from(cell);
    let bare = cell.trim();
    match kind {
        FieldType::Text | FieldType::Date | FieldType::DateTime => text(),
        FieldType::Integer | FieldType::Real | FieldType::Decimal if bare.bytes().all(is_numeral) => {
            parse_number(kind, bare).unwrap_or_else(text)
        }
        FieldType::Integer | FieldType::Real | FieldType::Decimal => text(),
        FieldType::Boolean => match bare.to_ascii_lowercase().as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => text(),
        },
        FieldType::Json if bare.starts_with(['[', '{']) => parse_json(bare).unwrap_or_else(text),
        FieldType::Json => bare.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect(),
    }
}

/// A value as text, for a field whose values are of several kinds.
pub fn to_text_value(json: &Json) -> FieldValue {
    match json {
        Json::Null => FieldValue::Null,
        Json::String(s) => FieldValue::text(s.as_str()),
        other => FieldValue::text(other.to_string()),
    }
}

fn parse_number(kind: FieldType, bare: &str) -> Option<Json> {
    if kind == FieldType::Integer {
        return bare.parse::<i64>().ok().map(Json::from);
    }
    bare.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Json::Number)
}

fn is_numeral(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E')
}

fn parse_json(text: &str) -> Option<Json> {
    text.starts_with(['[', '{']).then(|| serde_json::from_str(text).ok()).flatten()
}
