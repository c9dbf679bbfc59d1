//! A value as the cell of a sheet: numbers, days, instants and yes or no as such, as long as the cell gives back the
//! same value; as text otherwise.

use super::vocabulary_list::VocabularyList;
use crate::collection::FieldType;
use crate::feature::FieldValue;
use jiff::civil::{Date, date};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::Value as Json;
use std::borrow::Cow;

/// The most characters (UTF-16) of a cell.
pub const MAX_CELL_CHARACTERS: usize = 32_767;
/// Excel keeps fifteen digits of what is typed; longer whole numbers are text.
const MAX_NUMBER: u64 = 999_999_999_999_999;
/// Before it, Excel counts a day that never was.
const FIRST_DAY: Date = date(1900, 3, 1);
/// Day 0 of the serial numbers, from [`FIRST_DAY`] on.
const EPOCH: Date = date(1899, 12, 30);
const SECONDS_A_DAY: f64 = 86_400.0;
/// Between the words of a list.
const SEPARATOR: &str = "; ";

/// What a cell holds.
#[derive(Debug, PartialEq)]
pub enum SheetCell<'v> {
    Blank,
    Text(Cow<'v, str>),
    Number(f64),
    YesNo(bool),
    Day(Date),
    /// In UTC.
    Instant(Timestamp),
}

impl<'v> SheetCell<'v> {
    /// The cell of a field's value.
    pub fn of_value(value: &'v FieldValue, kind: FieldType, list: Option<&'v VocabularyList>) -> Self {
        match value {
            FieldValue::Null => Self::Blank,
            FieldValue::Bool(b) => Self::YesNo(*b),
            FieldValue::Int(i) if i.unsigned_abs() <= MAX_NUMBER => Self::Number(*i as f64),
            FieldValue::Int(i) => Self::Text(i.to_string().into()),
            FieldValue::Real(r) if r.is_finite() => Self::Number(*r),
            FieldValue::Real(_) => Self::Blank,
            FieldValue::Text(text) if text.is_empty() => Self::Blank,
            FieldValue::Text(text) => match kind {
                FieldType::Date => read_day(text).map_or(Self::Text((&**text).into()), Self::Day),
                FieldType::DateTime => read_instant(text).map_or(Self::Text((&**text).into()), Self::Instant),
                _ => Self::Text(list.map_or(&**text, |list| list.label(text)).into()),
            },
            FieldValue::Json(json) => Self::Text(format_list(json, list).unwrap_or_else(|| json.to_string()).into()),
        }
    }

    /// Whether the cell holds less than the value: an empty text, and text beyond the longest.
    pub fn is_short_of(&self, value: &FieldValue) -> bool {
        match self {
            Self::Blank => !value.is_null(),
            Self::Text(text) => is_too_long(text),
            _ => false,
        }
    }

    /// The same without what is beyond the longest text of a cell.
    pub fn cut(self) -> Self {
        match self {
            Self::Text(text) if is_too_long(&text) => {
                let mut units = 0;
                let fits = |c: &char| {
                    units += c.len_utf16();
                    units <= MAX_CELL_CHARACTERS
                };
                Self::Text(text.chars().take_while(fits).collect::<String>().into())
            }
            cell => cell,
        }
    }
}

fn is_too_long(text: &str) -> bool {
    text.len() > MAX_CELL_CHARACTERS && text.encode_utf16().count() > MAX_CELL_CHARACTERS
}

/// The day as Excel numbers it.
pub fn day_serial(day: Date) -> f64 {
    f64::from(day.since(EPOCH).map_or(0, |span| span.get_days()))
}

/// The instant as Excel numbers it, in UTC.
pub fn instant_serial(instant: Timestamp) -> f64 {
    let at = instant.to_zoned(TimeZone::UTC).datetime();
    let midnight = at.date().to_zoned(TimeZone::UTC).map_or(instant, |day| day.timestamp());
    let seconds = instant.duration_since(midnight).as_millis_f64() / 1000.0;
    day_serial(at.date()) + seconds / SECONDS_A_DAY
}

fn read_day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|day| *day >= FIRST_DAY && day.to_string() == text)
}

/// An instant that comes back with the same characters: in UTC, to the millisecond.
fn read_instant(text: &str) -> Option<Timestamp> {
    let instant: Timestamp = text.parse().ok()?;
    let is_exact = instant.subsec_nanosecond() % 1_000_000 == 0 && instant.to_string() == text;
    let day = instant.to_zoned(TimeZone::UTC).date();
    (is_exact && day >= FIRST_DAY).then_some(instant)
}

/// Words between semicolons; `None` for a list that would not come back.
fn format_list(json: &Json, list: Option<&VocabularyList>) -> Option<String> {
    let words: Option<Vec<&str>> = json.as_array()?.iter().map(Json::as_str).collect();
    let words = words.filter(|words| !words.is_empty())?;
    let is_plain = |word: &&str| {
        !word.is_empty() && word.trim() == *word && !word.contains([';', '\n', '\r']) && !word.starts_with(['[', '{'])
    };
    if !words.iter().all(is_plain) {
        return None;
    }
    let labels: Vec<&str> = words.into_iter().map(|word| list.map_or(word, |list| list.label(word))).collect();
    Some(labels.join(SEPARATOR))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell(value: &FieldValue, kind: FieldType) -> SheetCell<'_> {
        SheetCell::of_value(value, kind, None)
    }

    #[test]
    fn days_and_instants_have_the_numbers_of_excel() {
        assert_eq!(day_serial(date(1900, 3, 1)), 61.0);
        assert_eq!(day_serial(date(2026, 3, 1)), 46_082.0);
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        assert_eq!(instant_serial(noon), 46_082.5);
    }

    #[test]
    fn a_value_that_a_number_would_change_stays_text() {
        let big = FieldValue::Int(9_007_199_254_740_993);
        assert_eq!(cell(&big, FieldType::Integer), SheetCell::Text("9007199254740993".into()));
        for (text, is_day) in [("2026-03-01", true), ("1850-03-01", false), ("2026-3-1", false)] {
            let value = FieldValue::text(text);
            assert_eq!(matches!(cell(&value, FieldType::Date), SheetCell::Day(_)), is_day, "{text}");
        }
        for (text, is_instant) in [
            ("2026-03-01T08:30:00Z", true),
            ("2026-03-01T08:30:00.123Z", true),
            ("2026-03-01T08:30:00.120Z", false),
            ("2026-03-01T08:30:00+01:00", false),
            ("2026-03-01T08:30:00.123456Z", false),
        ] {
            let value = FieldValue::text(text);
            assert_eq!(matches!(cell(&value, FieldType::DateTime), SheetCell::Instant(_)), is_instant, "{text}");
        }
    }

    #[test]
    fn a_list_of_plain_words_is_read_as_words_and_any_other_as_json() {
        for (list, text) in [
            (json!(["a", "b c"]), "a; b c"),
            (json!(["a;b"]), r#"["a;b"]"#),
            (json!([]), "[]"),
            (json!([1, 2]), "[1,2]"),
            (json!({"a": 1}), r#"{"a":1}"#),
            (json!([" a"]), r#"[" a"]"#),
        ] {
            let value = FieldValue::Json(Box::new(list));
            assert_eq!(cell(&value, FieldType::Json), SheetCell::Text(text.into()));
        }
    }

    #[test]
    fn text_beyond_the_longest_cell_is_cut_between_characters() {
        let value = FieldValue::text("a".to_owned() + &"𝄞".repeat(20_000));
        let cell = cell(&value, FieldType::Text);
        assert!(cell.is_short_of(&value));
        let SheetCell::Text(cut) = cell.cut() else { panic!("no text") };
        assert_eq!(cut.encode_utf16().count(), 32_767);
        assert!(SheetCell::of_value(&FieldValue::text(""), FieldType::Text, None).is_short_of(&FieldValue::text("")));
    }
}
