//! JSON whose numbers keep their digits: what neither a 64-bit integer nor a double holds becomes text. Positions are
//! the exception, as they are rounded anyway. Objects have each member once.

use crate::number_literal::{NumberLiteral, is_spelled_alike};
use crate::unique_json::{parse_unique_json, twin_error};
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::{Map, Number, Value as Json};
use std::fmt;

/// Where in a document a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonPlace {
    /// Outside of properties and geometries: a member `id` keeps the spelling of its number.
    Document,
    /// Within a geometry or a box: numbers are doubles.
    Geometry,
    /// Within properties.
    Properties,
}

/// Parses a JSON text whose root is at this place.
///
/// # Errors
/// The parser's error, with line and column.
pub fn parse_json(text: &[u8], place: JsonPlace) -> Result<Json, serde_json::Error> {
    let special = find_special_numbers(text);
    if special.is_empty() {
        return parse_unique_json(text);
    }
    let mut parser = serde_json::Deserializer::from_slice(text);
    let mut numbers = NumberCursor { special: &special, next: 0, count: 0 };
    let json = ExactValue { numbers: &mut numbers, place }.deserialize(&mut parser)?;
    parser.end()?;
    Ok(json)
}

/// Whether all numbers of a JSON text would be written again as they are.
#[must_use]
pub fn has_usual_numbers(text: &str) -> bool {
    let mut usual = true;
    scan_numbers(text.as_bytes(), |_, _, at, len| {
        let literal = &text[at..at + len];
        usual &= literal.parse::<i64>().is_ok_and(|_| literal != "-0")
            || matches!(NumberLiteral::parse(literal), Some(NumberLiteral::Exact(n)) if is_spelled_alike(literal, &n));
    });
    usual
}

/// A number that the parser alone would change.
struct SpecialNumber<'a> {
    /// How many numbers of the text come before it.
    nth: usize,
    literal: &'a str,
    kind: SpecialKind,
}

#[derive(Clone, Copy)]
enum SpecialKind {
    /// An integer that is not written as one.
    Whole(i64),
    /// More digits than a number keeps.
    Long,
    /// The value of a member `id`, spelled in an unusual way.
    Id,
}

fn find_special_numbers(text: &[u8]) -> Vec<SpecialNumber<'_>> {
    let mut special = vec![];
    scan_numbers(text, |text, nth, at, len| {
        if let Some((literal, kind)) = judge_number(text, at, len) {
            special.push(SpecialNumber { nth, literal, kind });
        }
    });
    special
}

/// Calls back with the text, and with count, place and length of each number outside of strings.
fn scan_numbers<'t>(text: &'t [u8], mut found: impl FnMut(&'t [u8], usize, usize, usize)) {
    let (mut at, mut nth) = (0, 0);
    while at < text.len() {
        match text[at] {
            b'"' => at = skip_string(text, at),
            b'-' | b'0'..=b'9' => {
                let len = text[at..].iter().take_while(|b| is_numeral(**b)).count();
                found(text, nth, at, len);
                nth += 1;
                at += len;
            }
            _ => at += 1,
        }
    }
}

/// Whether a byte may be part of a number.
pub(crate) fn is_numeral(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'.' | b'-' | b'+' | b'e' | b'E')
}

/// The position behind the string that starts here.
pub(crate) fn skip_string(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < text.len() && text[at] != b'"' {
        at += 1 + usize::from(text[at] == b'\\');
    }
    at + 1
}

fn judge_number(text: &[u8], at: usize, len: usize) -> Option<(&str, SpecialKind)> {
    let bytes = &text[at..at + len];
    let is_long = len > 16 || bytes == b"-0" || bytes.iter().any(|b| matches!(b, b'e' | b'E'));
    let is_id = bytes.iter().any(|b| !b.is_ascii_digit()) && is_value_of_id(&text[..at]);
    if !is_long && !is_id {
        return None;
    }
    let literal = std::str::from_utf8(bytes).ok()?;
    let kind = match NumberLiteral::parse(literal)? {
        NumberLiteral::Exact(number) if is_id && !is_spelled_alike(literal, &number) => SpecialKind::Id,
        NumberLiteral::Exact(number) => match number.as_i64() {
            Some(int) if literal == "-0" || literal.contains(['.', 'e', 'E']) => SpecialKind::Whole(int),
            _ => return None,
        },
        NumberLiteral::Rounded(_) | NumberLiteral::Wide => SpecialKind::Long,
    };
    Some((literal, kind))
}

/// Whether the text ends in `"id":`.
fn is_value_of_id(before: &[u8]) -> bool {
    before.trim_ascii_end().strip_suffix(b":").is_some_and(|key| key.trim_ascii_end().ends_with(b"\"id\""))
}

/// Counts the numbers that were read, and holds those that are special.
struct NumberCursor<'a> {
    special: &'a [SpecialNumber<'a>],
    next: usize,
    count: usize,
}

impl NumberCursor<'_> {
    fn read_number(&mut self, plain: Number, place: JsonPlace) -> Json {
        let nth = self.count;
        self.count += 1;
        let Some(special) = self.special.get(self.next).filter(|special| special.nth == nth) else {
            return plain.into();
        };
        self.next += 1;
        match (special.kind, place) {
            (_, JsonPlace::Geometry) => plain.into(),
            (SpecialKind::Whole(int), _) => int.into(),
            (SpecialKind::Long, _) | (SpecialKind::Id, JsonPlace::Document) => special.literal.into(),
            (SpecialKind::Id, JsonPlace::Properties) => plain.into(),
        }
    }
}

struct ExactValue<'n, 'a> {
    numbers: &'n mut NumberCursor<'a>,
    place: JsonPlace,
}

impl<'de> DeserializeSeed<'de> for ExactValue<'_, '_> {
    type Value = Json;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ExactValue<'_, '_> {
    type Value = Json;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(self.numbers.read_number(value.into(), self.place))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(self.numbers.read_number(value.into(), self.place))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        // The parser refuses what is not finite.
        Ok(self.numbers.read_number(Number::from_f64(value).unwrap_or_else(|| 0.into()), self.place))
    }
    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(value.into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        // A position has two values, and room for four would take twice the memory.
        let mut items = Vec::with_capacity(2);
        while let Some(item) = list.next_element_seed(ExactValue { numbers: self.numbers, place: self.place })? {
            items.push(item);
        }
        Ok(items.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Json, A::Error> {
        let mut members = Map::new();
        while let Some(name) = object.next_key::<String>()? {
            let place = match (self.place, name.as_str()) {
                (JsonPlace::Document, "properties") => JsonPlace::Properties,
                (JsonPlace::Document, "geometry" | "bbox" | "coordinates" | "geometries") => JsonPlace::Geometry,
                (place, _) => place,
            };
            let value = object.next_value_seed(ExactValue { numbers: self.numbers, place })?;
            match members.entry(name) {
                Entry::Occupied(twin) => return Err(twin_error(twin.key())),
                Entry::Vacant(entry) => _ = entry.insert(value),
            }
        }
        Ok(members.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Json {
        parse_json(text.as_bytes(), JsonPlace::Document).unwrap()
    }

    #[test]
    fn numbers_that_are_too_long_become_text_except_in_positions() {
        let text = r#"{"id":12345678901234567890123,"geometry":{"type":"Point","coordinates":[15.123456789012345678901,46]},
            "bbox":[1.000000000000000000001,2],
            "properties":{"a \" 1":-0,"n":9007199254740993.0,"w":[1,{"x":98765432109876543210}],"r":0.333333333333333333333,"h":1e3,"id":1.10}}"#;
        let expected = json!({
            "id": "12345678901234567890123",
            "geometry": {"type": "Point", "coordinates": [15.123456789012346, 46]},
            "bbox": [1.0, 2],
            "properties": {
                "a \" 1": 0,
                "n": 9_007_199_254_740_993_i64,
                "w": [1, {"x": "98765432109876543210"}],
                "r": "0.333333333333333333333",
                "h": 1000.0,
                "id": 1.1,
            },
        });
        assert_eq!(read(text), expected);
    }

    #[test]
    fn an_id_keeps_the_spelling_of_its_number() {
        for (literal, id) in
            [("7", json!(7)), ("1.10", json!("1.10")), ("12E3", json!("12E3")), ("7.0", json!(7.0)), ("-5", json!(-5))]
        {
            assert_eq!(read(&format!("{{\"id\" : {literal}}}"))["id"], id, "{literal}");
        }
    }

    #[test]
    fn text_that_is_not_json_is_refused_as_before() {
        for text in
            ["{\"a\":12345678901234567890123,}", "[98765432109876543210] x", "[1e400]", "\"98765432109876543210"]
        {
            let plain = serde_json::from_str::<Json>(text).unwrap_err().to_string();
            assert_eq!(parse_json(text.as_bytes(), JsonPlace::Document).unwrap_err().to_string(), plain, "{text}");
        }
    }
}
