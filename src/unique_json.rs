//! JSON whose objects have each member once. A parser that keeps the last of two members of one name loses the first in
//! silence, and no two parsers agree on which one counts (RFC 8259, section 4).

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value as Json};
use std::fmt;

/// A JSON value that was read with this check.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UniqueJson(pub Json);

/// Parses a JSON text.
///
/// # Errors
/// The parser's error; [`describe_json_error`] makes a sentence of it.
pub fn parse_unique_json(text: &[u8]) -> Result<Json, serde_json::Error> {
    serde_json::from_slice(text).map(|json: UniqueJson| json.0)
}

/// Whether the error is about twin members.
#[must_use]
pub fn is_twin_error(error: &serde_json::Error) -> bool {
    error.is_data() && error.to_string().starts_with(TWIN_MEMBERS)
}

/// What is wrong with a text, as the rest of a sentence that begins with its name and lacks its full stop: `is not
/// JSON: …`.
#[must_use]
pub fn describe_json_error(error: &serde_json::Error) -> String {
    if is_twin_error(error) { format!("is ambiguous: {error}. Leave one out") } else { format!("is not JSON: {error}") }
}

const TWIN_MEMBERS: &str = "two members of an object are named";

/// The error for a second member of one name.
pub(crate) fn twin_error<E: Error>(name: &str) -> E {
    let shown: String = name.chars().take(60).collect();
    E::custom(format_args!("{TWIN_MEMBERS} '{shown}'"))
}

/// The error of a text within another text, whose own place the parser of the whole adds.
pub(crate) fn relay_error<E: Error>(error: &serde_json::Error) -> E {
    let text = error.to_string();
    E::custom(text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message))
}

impl<'de> Deserialize<'de> for UniqueJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueVisitor;
        impl<'de> Visitor<'de> for UniqueVisitor {
            type Value = UniqueJson;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON value")
            }
            fn visit_bool<E>(self, v: bool) -> Result<UniqueJson, E> {
                Ok(UniqueJson(Json::Bool(v)))
            }
            fn visit_i64<E>(self, v: i64) -> Result<UniqueJson, E> {
                Ok(UniqueJson(v.into()))
            }
            fn visit_u64<E>(self, v: u64) -> Result<UniqueJson, E> {
                Ok(UniqueJson(v.into()))
            }
            fn visit_f64<E>(self, v: f64) -> Result<UniqueJson, E> {
                Ok(UniqueJson(Number::from_f64(v).map_or(Json::Null, Json::Number)))
            }
            fn visit_str<E>(self, v: &str) -> Result<UniqueJson, E> {
                Ok(UniqueJson(v.into()))
            }
            fn visit_string<E>(self, v: String) -> Result<UniqueJson, E> {
                Ok(UniqueJson(v.into()))
            }
            fn visit_unit<E>(self) -> Result<UniqueJson, E> {
                Ok(UniqueJson(Json::Null))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<UniqueJson, A::Error> {
                // A position has two values, and room for four would take twice the memory.
                let mut list = Vec::with_capacity(2);
                while let Some(UniqueJson(item)) = seq.next_element()? {
                    list.push(item);
                }
                Ok(UniqueJson(Json::Array(list)))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<UniqueJson, A::Error> {
                let mut object = Map::new();
                while let Some(name) = map.next_key::<String>()? {
                    match object.entry(name) {
                        serde_json::map::Entry::Occupied(twin) => return Err(twin_error(twin.key())),
                        serde_json::map::Entry::Vacant(entry) => _ = entry.insert(map.next_value::<UniqueJson>()?.0),
                    }
                }
                Ok(UniqueJson(Json::Object(object)))
            }
        }
        deserializer.deserialize_any(UniqueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_read_as_by_the_library_and_twins_are_told_with_their_place() {
        let text = br#"{"a":[1,-2,3.5,1e300,"x\u00e9\"",null,true,{"a":1,"b":{"a":2}}],"b":18446744073709551615}"#;
        assert_eq!(parse_unique_json(text).unwrap(), serde_json::from_slice::<Json>(text).unwrap());
        let error = parse_unique_json(b"{\"a\": 1,\n \"b\": {\"c\": 1, \"\\u0063\": 1}}").unwrap_err();
        assert!(is_twin_error(&error), "{error}");
        assert_eq!(
            describe_json_error(&error),
            "is ambiguous: two members of an object are named 'c' at line 2 column 23. Leave one out"
        );
        let error = parse_unique_json(b"[1,").unwrap_err();
        assert!(!is_twin_error(&error) && describe_json_error(&error).starts_with("is not JSON: EOF"), "{error}");
    }
}
