//! The kinds of values: which one a JSON value or the cell of a table needs, and what a cell stands for as a value of a
//! given kind. A cell is a number only when that number, written again, has the same characters.

use crate::collection::FieldType;
use crate::exact_json::{JsonPlace, has_usual_numbers, parse_json};
use crate::feature::time_spelling;
use crate::number_literal::{MAX_EXACT_INTEGER, NumberLiteral, is_spelled_alike};
use serde::de::IgnoredAny;
use serde_json::Value as Json;

/// The narrowest kind that holds a value, and how the value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SurveyedKind {
    pub kind: FieldType,
    pub form: ValueForm,
}

/// How a value is written, as far as its column must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueForm {
    /// An integer that a double keeps, too.
    Integer,
    /// An integer that a double does not keep.
    WideInteger,
    /// A whole number with one decimal: `3.0`.
    Pointed,
    Fraction,
    /// Text that would be a number, and would be written in another way: `007`, `1.10`, `12E3`.
    NumberAsText,
    /// No number.
    Other,
}

/// The kind of a cell; `None` for an empty one, which any kind holds.
pub fn cell_kind(cell: &str) -> Option<SurveyedKind> {
    if cell.is_empty() {
        return None;
    }
    if let Some(number) = number_kind(cell) {
        return Some(number);
    }
    let kind = match cell {
        "true" | "false" | "TRUE" | "FALSE" | "True" | "False" => FieldType::Boolean,
        _ if is_json_cell(cell) => FieldType::Json,
        _ => text_kind(cell),
    };
    Some(SurveyedKind { kind, form: ValueForm::Other })
}

/// Reads a cell as a JSON value of a kind, and whether that rounds it; what cannot be read stays text, and the kind's
/// own reading says why not.
pub fn parse_cell(kind: FieldType, cell: &str) -> (Json, bool) {
    let text = || Json::from(cell);
    let bare = cell.trim();
    let json = match kind {
        FieldType::Text | FieldType::Date | FieldType::DateTime => text(),
        FieldType::Integer | FieldType::Real | FieldType::Decimal => return parse_number(cell, bare),
        FieldType::Boolean => match bare.to_ascii_lowercase().as_str() {
            "true" => true.into(),
            "false" => false.into(),
            _ => text(),
        },
        FieldType::Json if bare.starts_with(['[', '{']) => {
            parse_json(bare.as_bytes(), JsonPlace::Properties).unwrap_or_else(|_| text())
        }
        FieldType::Json => bare.split(';').map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect(),
    };
    (json, false)
}

/// The kind of a JSON value; `None` for null, which any kind holds.
pub fn json_value_kind(value: &Json) -> Option<SurveyedKind> {
    let other = |kind| Some(SurveyedKind { kind, form: ValueForm::Other });
    match value {
        Json::Null => None,
        Json::Bool(_) => other(FieldType::Boolean),
        Json::Number(n) => Some(match n.as_i64() {
            Some(int) => integer_kind(int),
            None if n.as_f64().is_some_and(|f| f.fract() == 0.0) => real_kind(ValueForm::Pointed),
            None => real_kind(ValueForm::Fraction),
        }),
        Json::String(s) => other(text_kind(s)),
        Json::Array(_) | Json::Object(_) => other(FieldType::Json),
    }
}

fn integer_kind(int: i64) -> SurveyedKind {
    let is_wide = int.unsigned_abs() > MAX_EXACT_INTEGER;
    let form = if is_wide { ValueForm::WideInteger } else { ValueForm::Integer };
    SurveyedKind { kind: FieldType::Integer, form }
}

fn real_kind(form: ValueForm) -> SurveyedKind {
    SurveyedKind { kind: FieldType::Real, form }
}

/// The kind of a cell that looks like a number.
fn number_kind(cell: &str) -> Option<SurveyedKind> {
    let digits = cell.strip_prefix('-').unwrap_or(cell);
    let first = digits.bytes().next()?;
    if !(first.is_ascii_digit() || matches!(first, b'+' | b'.')) || !cell.bytes().all(is_numeral) {
        return None;
    }
    let is_plain_integer = digits.bytes().all(|b| b.is_ascii_digit()) && (first != b'0' || digits.len() == 1);
    if is_plain_integer
        && cell != "-0"
        && let Ok(int) = cell.parse::<i64>()
    {
        return Some(integer_kind(int));
    }
    Some(match NumberLiteral::parse(cell)? {
        // A file does not keep the sign of a zero.
        NumberLiteral::Exact(number) if number.is_f64() && cell != "-0.0" && is_spelled_alike(cell, &number) => {
            real_kind(if cell.ends_with(".0") { ValueForm::Pointed } else { ValueForm::Fraction })
        }
        _ => SurveyedKind { kind: FieldType::Text, form: ValueForm::NumberAsText },
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

/// A number and whether it is rounded; text when it is none, when its digits do not fit, or when it is a code with
/// zeros in front.
fn parse_number(cell: &str, bare: &str) -> (Json, bool) {
    let digits = bare.strip_prefix(['-', '+']).unwrap_or(bare).as_bytes();
    let is_code = digits.len() > 1 && digits[0] == b'0' && digits[1].is_ascii_digit();
    match NumberLiteral::parse(bare).filter(|_| !is_code) {
        Some(NumberLiteral::Exact(number)) => (number.into(), false),
        Some(NumberLiteral::Rounded(number)) => (number.into(), true),
        Some(NumberLiteral::Wide) | None => (cell.into(), false),
    }
}

fn is_numeral(byte: u8) -> bool {
    byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E')
}

/// Whether a cell is a list or an object, whose numbers would all be written again as they are.
fn is_json_cell(text: &str) -> bool {
    text.starts_with(['[', '{']) && serde_json::from_str::<IgnoredAny>(text).is_ok() && has_usual_numbers(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_a_number_only_when_it_comes_back_as_it_is() {
        use FieldType::{Date, Integer, Json, Real, Text};
        for (cell, kind, form) in [
            ("5", Integer, ValueForm::Integer),
            ("-5", Integer, ValueForm::Integer),
            ("0", Integer, ValueForm::Integer),
            ("9223372036854775807", Integer, ValueForm::WideInteger),
            ("9007199254740992", Integer, ValueForm::Integer),
            ("9824657365274853001", Text, ValueForm::NumberAsText),
            ("1.5", Real, ValueForm::Fraction),
            ("6.043073357781111", Real, ValueForm::Fraction),
            ("3.0", Real, ValueForm::Pointed),
            ("-0.25", Real, ValueForm::Fraction),
            ("1.10", Text, ValueForm::NumberAsText),
            ("12E3", Text, ValueForm::NumberAsText),
            ("1e3", Text, ValueForm::NumberAsText),
            ("007", Text, ValueForm::NumberAsText),
            ("00.5", Text, ValueForm::NumberAsText),
            ("+5", Text, ValueForm::NumberAsText),
            (".5", Text, ValueForm::NumberAsText),
            ("5.", Text, ValueForm::NumberAsText),
            ("-0", Text, ValueForm::NumberAsText),
            ("-0.0", Text, ValueForm::NumberAsText),
            ("0.10000000000000001", Text, ValueForm::NumberAsText),
            ("1,000", Text, ValueForm::Other),
            (" 5", Text, ValueForm::Other),
            ("1e400", Text, ValueForm::Other),
            ("2026-03-01", Date, ValueForm::Other),
            ("1-2", Text, ValueForm::Other),
            ("[1, 2.5]", Json, ValueForm::Other),
            ("[1.10]", Text, ValueForm::Other),
            ("[98765432109876543210]", Text, ValueForm::Other),
        ] {
            assert_eq!(cell_kind(cell), Some(SurveyedKind { kind, form }), "{cell}");
        }
        assert_eq!(cell_kind(""), None);
    }
}
