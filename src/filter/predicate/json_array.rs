//! Iterates over the entries of a JSON list in its text, without building the list.

use crate::filter::number::WrittenNumber;
use std::borrow::Cow;

/// The entries of a list. Ends early where the text is not JSON, which stores do not contain.
#[derive(Clone)]
pub(super) struct JsonArrayEntries<'a> {
    rest: &'a str,
}

/// One entry of a list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JsonArrayEntry<'a> {
    Null,
    Bool(bool),
    Number(WrittenNumber),
    Text(Cow<'a, str>),
    /// A list or an object, as its text.
    Nested(&'a str),
}

impl<'a> JsonArrayEntries<'a> {
    /// `None` when the text is not a list.
    pub fn from_json(json: &'a str) -> Option<Self> {
        Some(Self { rest: json.trim_start().strip_prefix('[')? })
    }
}

impl<'a> Iterator for JsonArrayEntries<'a> {
    type Item = JsonArrayEntry<'a>;

    fn next(&mut self) -> Option<JsonArrayEntry<'a>> {
        let text = self.rest.trim_start_matches([' ', '\n', '\r', '\t', ',']);
        let (entry, length) = match text.as_bytes().first()? {
            b'"' => {
                let (end, escaped) = find_string_end(text)?;
                let inner = &text[1..end - 1];
                let content =
                    if escaped { Cow::Owned(serde_json::from_str(&text[..end]).ok()?) } else { Cow::Borrowed(inner) };
                (JsonArrayEntry::Text(content), end)
            }
            b'[' | b'{' => {
                let end = find_nested_end(text)?;
                (JsonArrayEntry::Nested(&text[..end]), end)
            }
            b't' => (JsonArrayEntry::Bool(true), 4),
            b'f' => (JsonArrayEntry::Bool(false), 5),
            b'n' => (JsonArrayEntry::Null, 4),
            b']' => return None,
            _ => {
                let end = text.find([',', ']', ' ', '\n', '\r', '\t'])?;
                (JsonArrayEntry::Number(WrittenNumber::parse_number(&text[..end])?), end)
            }
        };
        self.rest = text.get(length..)?;
        Some(entry)
    }
}

/// The end of a string (after its closing quote), and whether it has escapes.
fn find_string_end(text: &str) -> Option<(usize, bool)> {
    let mut escaped = false;
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'"' => return Some((at + 1, escaped)),
            b'\\' => {
                escaped = true;
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// The end of a list or an object (after its closing bracket).
fn find_nested_end(text: &str) -> Option<usize> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => at += find_string_end(&text[at..])?.0 - 1,
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::number::{NumberLiteral, NumberValue};
    use serde_json::{Value as Json, json};

    #[test]
    fn entries_are_those_that_a_json_parser_finds() {
        for list in [
            json!([]),
            json!(["a", "b\"c", "", "č\\", "\u{1F600}"]),
            json!([1, -2.5, 1e30, null, true, false]),
            json!([{"a": "]}", "b": [1, 2]}, ["x", ["y"]], "z"]),
        ] {
            for text in [list.to_string(), serde_json::to_string_pretty(&list).unwrap()] {
                let found: Vec<Json> = JsonArrayEntries::from_json(&text)
                    .unwrap()
                    .map(|e| match e {
                        JsonArrayEntry::Null => Json::Null,
                        JsonArrayEntry::Bool(b) => b.into(),
                        JsonArrayEntry::Number(n) => {
                            let literal = NumberLiteral::from(NumberValue::Written(n));
                            literal.to_i64().map_or_else(|| json!(literal.real()), Json::from)
                        }
                        JsonArrayEntry::Text(t) => t.into_owned().into(),
                        JsonArrayEntry::Nested(t) => serde_json::from_str(t).unwrap(),
                    })
                    .collect();
                assert_eq!(Json::Array(found), list);
            }
        }
        assert!(JsonArrayEntries::from_json("{}").is_none());
    }

    #[test]
    fn broken_text_ends_the_list() {
        for text in ["[", "[\"a", "[1", "[tru", "[{", "[\"\\", "[x]", "[,,,"] {
            assert!(JsonArrayEntries::from_json(text).unwrap().count() <= 1, "{text}");
        }
    }
}
