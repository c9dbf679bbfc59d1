//! The kinds of values: which one a JSON value or the cell of a table needs, and what a cell stands for as a value of a
//! given kind.

use crate::collection::FieldType;
use crate::feature::time_spelling;
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

/// The narrowest kind that holds a value; `None` for null, which any kind holds.
pub fn json_value_kind(value: &Json) -> Option<FieldType> {
    Some(match value {
        Json::Null => return None,
        Json::Bool(_) => FieldType::Boolean,
        Json::Number(n) if n.is_i64() => FieldType::Integer,
        Json::Number(_) => FieldType::Real,
        Json::String(s) => text_kind(s),
        Json::Array(_) | Json::Object(_) => FieldType::Json,
    })
}

/// Whether a text is a date, an instant or just text.
fn text_kind(text: &str) -> FieldType {
    let bytes = text.as_bytes();
    if !(10..=40).contains(&bytes.len()) || !bytes[0].is_ascii_digit() {
        FieldType::Text
    } else if bytes.len() == 10 {
        let plain = time_spelling::read_day(text).is_some_and(|day| day == text);
        if plain { FieldType::Date } else { FieldType::Text }
    } else {
        // Without a zone it may be the time of any place: in a table, that is not guessed.
        let zoned = time_spelling::read_instant(text).is_some_and(|read| read.zoned);
        if zoned { FieldType::DateTime } else { FieldType::Text }
    }
}

/// Whether a text is a day or an instant in a spelling that leaves a question open, or that is not kept.
pub fn is_unread_time(text: &str) -> bool {
    let day = || text.trim().split([' ', 'T', ',']).next().unwrap_or_default();
    text.as_bytes().first().is_some_and(u8::is_ascii_digit)
        && text.len() >= 8
        && text.contains(['-', '/', '.', ':'])
        && (time_spelling::read_instant(text).is_some()
            || time_spelling::read_day(text).is_some()
            || !time_spelling::read_year_last(day()).is_empty())
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
