//! The id and the properties of a feature, read by the text of each value, so that numbers keep their digits.

use crate::exact_json::{JsonPlace, parse_json};
use crate::number_literal::{NumberLiteral, is_spelled_alike};
use crate::unique_json::{relay_error, twin_error};
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::map::Entry;
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value as Json};
use std::fmt;

/// The literal of a number that its JSON value writes in another way: `1.10`, `12E3`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberSpelling {
    /// The property.
    pub name: String,
    pub literal: String,
    /// The value is the nearest double to a fraction with more digits.
    pub is_rounded: bool,
}

/// An id of any type; a number that is spelled in an unusual way, or has too many digits, is text.
pub(super) struct IdMember(pub Json);

/// A `properties` member of any type.
pub(super) struct PropertiesMember {
    pub json: Json,
    pub spellings: Vec<NumberSpelling>,
}

/// One value, and the literal of a number that is spelled in an unusual way.
enum ExactMember<'a> {
    Plain(Json),
    Spelled { json: Json, literal: &'a str, is_rounded: bool },
}

impl<'de> Deserialize<'de> for IdMember {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <&RawValue>::deserialize(d)?.get();
        match read_member(text).map_err(|e| relay_error(&e))? {
            ExactMember::Plain(json) => Ok(Self(json)),
            ExactMember::Spelled { literal, .. } => Ok(Self(literal.into())),
        }
    }
}

impl<'de> Deserialize<'de> for PropertiesMember {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(PropertiesVisitor)
    }
}

impl From<Json> for PropertiesMember {
    fn from(json: Json) -> Self {
        Self { json, spellings: vec![] }
    }
}

struct PropertiesVisitor;

impl<'de> Visitor<'de> for PropertiesVisitor {
    type Value = PropertiesMember;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("properties")
    }
    fn visit_unit<E>(self) -> Result<PropertiesMember, E> {
        Ok(Json::Null.into())
    }
    fn visit_bool<E>(self, value: bool) -> Result<PropertiesMember, E> {
        Ok(Json::from(value).into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<PropertiesMember, E> {
        Ok(Json::from(value).into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<PropertiesMember, E> {
        Ok(Json::from(value).into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<PropertiesMember, E> {
        Ok(Json::from(value).into())
    }
    fn visit_str<E>(self, value: &str) -> Result<PropertiesMember, E> {
        Ok(Json::from(value).into())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PropertiesMember, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Array(vec![]).into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<PropertiesMember, A::Error> {
        let mut members = Map::new();
        let mut spellings = vec![];
        while let Some(name) = object.next_key::<String>()? {
            let text = object.next_value::<&RawValue>()?.get();
            let json = match read_member(text).map_err(|e| relay_error(&e))? {
                ExactMember::Plain(json) => json,
                ExactMember::Spelled { json, literal, is_rounded } => {
                    spellings.push(NumberSpelling { name: name.clone(), literal: literal.to_owned(), is_rounded });
                    json
                }
            };
            match members.entry(name) {
                Entry::Occupied(twin) => return Err(twin_error(twin.key())),
                Entry::Vacant(entry) => _ = entry.insert(json),
            }
        }
        Ok(PropertiesMember { json: members.into(), spellings })
    }
}

fn read_member(text: &str) -> Result<ExactMember<'_>, serde_json::Error> {
    let plain = match text.as_bytes() {
        [b'"', inside @ .., b'"'] if !inside.contains(&b'\\') => Json::from(&text[1..text.len() - 1]),
        [b'-' | b'0'..=b'9', ..] => return read_number(text),
        [b'{' | b'[', ..] => parse_json(text.as_bytes(), JsonPlace::Properties)?,
        _ => serde_json::from_str(text)?,
    };
    Ok(ExactMember::Plain(plain))
}

fn read_number(literal: &str) -> Result<ExactMember<'_>, serde_json::Error> {
    let spelled = |number: Number, is_rounded| ExactMember::Spelled { json: number.into(), literal, is_rounded };
    if let Ok(int) = literal.parse::<i64>() {
        return Ok(if literal == "-0" { spelled(int.into(), false) } else { ExactMember::Plain(int.into()) });
    }
    Ok(match NumberLiteral::parse(literal) {
        Some(NumberLiteral::Exact(number)) if is_spelled_alike(literal, &number) => ExactMember::Plain(number.into()),
        Some(NumberLiteral::Exact(number)) => spelled(number, false),
        Some(NumberLiteral::Rounded(number)) => spelled(number, true),
        Some(NumberLiteral::Wide) => ExactMember::Plain(literal.into()),
        None => ExactMember::Plain(serde_json::from_str(literal)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_read_as_they_are_and_unusual_numbers_are_told() {
        let text = r#"{"s":"a","e":"a\u00e9\n","n":5,"r":1.5,"u":1.10,"x":12E3,"w":98765432109876543210,
            "d":0.3333333333333333333333,"l":[98765432109876543210],"z":-0,"b":true,"o":null,"big":9007199254740993.0}"#;
        let read: PropertiesMember = serde_json::from_str(text).unwrap();
        let expected = json!({"s": "a", "e": "aé\n", "n": 5, "r": 1.5, "u": 1.1, "x": 12000.0, "w": "98765432109876543210",
            "d": 1.0 / 3.0, "l": ["98765432109876543210"], "z": 0, "b": true, "o": null, "big": 9_007_199_254_740_993_i64});
        assert_eq!(read.json, expected);
        let spelled: Vec<_> = read.spellings.iter().map(|s| (s.literal.as_str(), s.is_rounded)).collect();
        let expected = [
            ("1.10", false),
            ("12E3", false),
            ("0.3333333333333333333333", true),
            ("-0", false),
            ("9007199254740993.0", false),
        ];
        assert_eq!(spelled, expected);
    }

    #[test]
    fn an_id_keeps_its_digits() {
        for (text, id) in [
            ("7", json!(7)),
            ("\"7\"", json!("7")),
            ("1.10", json!("1.10")),
            ("12345678901234567890123", json!("12345678901234567890123")),
            ("null", json!(null)),
        ] {
            assert_eq!(serde_json::from_str::<IdMember>(text).unwrap().0, id, "{text}");
        }
    }
}
