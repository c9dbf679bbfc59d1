//! The value of a dBASE cell as JSON. A blank cell is null; a number is the number that its characters write.

use super::dbase::{DbaseType, whole_letters};
use crate::import::text_encoding::TextEncoding;
use crate::number_literal::NumberLiteral;
use serde_json::{Number, Value as Json};

/// What a cell holds.
#[derive(Debug, PartialEq)]
pub enum CellValue {
    Value(Json),
    /// The nearest double to the number with these characters.
    Rounded(Number, String),
    /// The number did not fit the column: stars.
    Overflow,
    /// Bytes that the encoding does not have.
    NotText,
}

/// Days from the beginning of the Julian calendar to 1970-01-01, and to the year 1 for dBASE 7.
const JULIAN_EPOCH: i64 = 2_440_588;
const LEVEL_7_EPOCH_MS: i64 = 62_135_683_200_000;
const MS_A_DAY: i64 = 86_400_000;

pub fn read_cell(kind: DbaseType, cell: &[u8], encoding: TextEncoding) -> CellValue {
    let fixed = |value: Option<Json>| CellValue::Value(value.unwrap_or(Json::Null));
    match kind {
        DbaseType::Text => read_text(cell, encoding),
        DbaseType::Number => read_number(trim_cell(cell)),
        DbaseType::Logical => fixed(match cell.first() {
            Some(b'T' | b't' | b'Y' | b'y' | b'J' | b'j') => Some(true.into()),
            Some(b'F' | b'f' | b'N' | b'n') => Some(false.into()),
            _ => None,
        }),
        DbaseType::Day => read_day(trim_cell(cell)),
        DbaseType::Integer { is_level_7 } => fixed(read_integer(cell, is_level_7)),
        DbaseType::Double { is_level_7 } => fixed(read_double(cell, is_level_7)),
        DbaseType::Currency => fixed(eight_bytes(cell).map(|b| money(i64::from_le_bytes(b)))),
        DbaseType::Instant { is_level_7 } => fixed(read_instant(cell, is_level_7)),
    }
}

fn trim_cell(cell: &[u8]) -> &[u8] {
    let is_blank = |b: &u8| *b == 0 || b.is_ascii_whitespace();
    let start = cell.iter().position(|b| !is_blank(b)).unwrap_or(cell.len());
    let end = cell.iter().rposition(|b| !is_blank(b)).map_or(start, |at| at + 1);
    &cell[start..end]
}

/// Text without the blanks that fill its column.
fn read_text(cell: &[u8], encoding: TextEncoding) -> CellValue {
    let end = cell.iter().rposition(|b| *b != b' ' && *b != 0).map_or(0, |at| at + 1);
    let mut text = &cell[..end];
    // Behind a NUL, old programs leave what was there before.
    if let Some(nul) = text.iter().position(|b| *b == 0) {
        text = &text[..nul];
    }
    if text.is_empty() {
        return CellValue::Value(Json::Null);
    }
    if encoding == TextEncoding::UTF_8 && end == cell.len() {
        text = whole_letters(text);
    }
    encoding.decode(text).map_or(CellValue::NotText, |text| CellValue::Value(text.into_owned().into()))
}

fn read_number(cell: &[u8]) -> CellValue {
    if cell.is_empty() {
        return CellValue::Value(Json::Null);
    }
    if cell.iter().all(|b| *b == b'*') {
        return CellValue::Overflow;
    }
    let Ok(text) = std::str::from_utf8(cell) else { return CellValue::NotText };
    // Some programs write the comma of their country.
    let literal = text.trim_start_matches('+').replacen(',', ".", 1);
    CellValue::Value(match NumberLiteral::parse(&literal) {
        Some(NumberLiteral::Exact(number)) => number.into(),
        Some(NumberLiteral::Rounded(number)) => return CellValue::Rounded(number, literal),
        Some(NumberLiteral::Wide) | None => text.into(),
    })
}

/// `20260301`; what is no day stays text.
fn read_day(cell: &[u8]) -> CellValue {
    if cell.is_empty() || cell.iter().all(|b| *b == b'0') {
        return CellValue::Value(Json::Null);
    }
    let Ok(text) = std::str::from_utf8(cell) else { return CellValue::NotText };
    let spelled = (text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
    let day = spelled.filter(|day| day.parse::<jiff::civil::Date>().is_ok());
    CellValue::Value(day.unwrap_or_else(|| text.to_owned()).into())
}

/// dBASE 7 turns the bits of numbers so that their bytes sort; all zeros is null.
fn read_integer(cell: &[u8], is_level_7: bool) -> Option<Json> {
    let bytes: [u8; 4] = cell.try_into().ok()?;
    if !is_level_7 {
        return Some(i32::from_le_bytes(bytes).into());
    }
    (bytes != [0; 4]).then(|| ((u32::from_be_bytes(bytes) ^ 0x8000_0000) as i32).into())
}

fn read_double(cell: &[u8], is_level_7: bool) -> Option<Json> {
    let bytes = eight_bytes(cell)?;
    let number = if is_level_7 { sortable_double(bytes)? } else { f64::from_le_bytes(bytes) };
    Number::from_f64(number).map(Json::Number)
}

fn sortable_double(bytes: [u8; 8]) -> Option<f64> {
    let bits = u64::from_be_bytes(bytes);
    let plain = if bits & (1 << 63) != 0 { bits ^ (1 << 63) } else { !bits };
    (bits != 0).then(|| f64::from_bits(plain))
}

fn eight_bytes(cell: &[u8]) -> Option<[u8; 8]> {
    cell.try_into().ok()
}

/// Ten thousandths as a number with its four decimals.
fn money(ten_thousandths: i64) -> Json {
    let sign = if ten_thousandths < 0 { "-" } else { "" };
    let size = ten_thousandths.unsigned_abs();
    let literal = format!("{sign}{}.{:04}", size / 10_000, size % 10_000);
    match NumberLiteral::parse(&literal) {
        Some(NumberLiteral::Exact(number)) => number.into(),
        _ => literal.into(),
    }
}

/// An instant without a zone: the time of the place.
fn read_instant(cell: &[u8], is_level_7: bool) -> Option<Json> {
    let bytes = eight_bytes(cell)?;
    let ms = if is_level_7 {
        let ms = sortable_double(bytes)?;
        (ms.abs() < 1e15).then_some(ms as i64 - LEVEL_7_EPOCH_MS)?
    } else {
        let part = |at: usize| i64::from(i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]));
        if part(0) == 0 {
            return None;
        }
        (part(0) - JULIAN_EPOCH) * MS_A_DAY + part(4)
    };
    let instant = jiff::Timestamp::from_millisecond(ms).ok()?.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Some(instant.strftime("%Y-%m-%dT%H:%M:%S").to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(kind: DbaseType, cell: &[u8]) -> Json {
        match read_cell(kind, cell, TextEncoding::UTF_8) {
            CellValue::Value(value) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_cell_is_what_its_characters_write() {
        let number = |cell: &str| value(DbaseType::Number, cell.as_bytes());
        assert_eq!(number("   12.50"), json!(12.5));
        assert_eq!(number("     -7 "), json!(-7));
        assert_eq!(number("9007199254740993"), json!(9_007_199_254_740_993_i64));
        assert_eq!(number("12345678901234567890"), json!("12345678901234567890"));
        assert_eq!(number("      "), Json::Null);
        assert_eq!(number("\0\0\0"), Json::Null);
        assert_eq!(read_cell(DbaseType::Number, b"****", TextEncoding::UTF_8), CellValue::Overflow);
        let text = |cell: &str| value(DbaseType::Text, cell.as_bytes());
        assert_eq!(
            (text("007  "), text(" a "), text("   "), text("ab\0old")),
            (json!("007"), json!(" a"), Json::Null, json!("ab"))
        );
        assert_eq!(value(DbaseType::Day, b"20260301"), json!("2026-03-01"));
        assert_eq!(
            (value(DbaseType::Day, b"00000000"), value(DbaseType::Day, b"20261301")),
            (Json::Null, json!("20261301"))
        );
        let logical = |cell: u8| value(DbaseType::Logical, &[cell]);
        assert_eq!((logical(b'T'), logical(b'n'), logical(b'?')), (json!(true), json!(false), Json::Null));
        let level_7 = DbaseType::Integer { is_level_7: true };
        assert_eq!(
            (value(level_7, &[0x80, 0, 0, 5]), value(level_7, &[0x7f, 0xff, 0xff, 0xff])),
            (json!(5), json!(-1))
        );
        assert_eq!(value(DbaseType::Integer { is_level_7: false }, &[5, 0, 0, 0]), json!(5));
        assert_eq!(value(DbaseType::Currency, &123_456_i64.to_le_bytes()), json!(12.3456));
        let mut instant = 2_440_589_i32.to_le_bytes().to_vec();
        instant.extend(3_600_000_i32.to_le_bytes());
        assert_eq!(value(DbaseType::Instant { is_level_7: false }, &instant), json!("1970-01-02T01:00:00"));
    }
}
