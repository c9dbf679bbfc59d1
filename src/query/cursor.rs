//! Where the next page starts, as text that travels in a `next` link. It carries values, so it stays good when features come,
//! change or go in between.

use super::{Cursor, Sort};
use crate::collection::{Collection, Kind};
use crate::error::{Error, Result};
use crate::feature::Value;
use serde_json::Value as Json;
use std::fmt::Write;

impl Cursor {
    /// Text of letters, digits, `-` and `_`: the key, then the sort values.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut parts = vec![Json::from(self.key)];
        // A real goes as text, which Rust reads back to the same bits.
        parts.extend(self.values.iter().map(|v| match v {
            Value::Real(r) => Json::String(format!("{r:?}")),
            other => other.to_json(),
        }));
        armour(Json::Array(parts).to_string().as_bytes())
    }

    /// The inverse of [`Cursor::encode`], for a question with this order.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `cursor` when it was made for another question, or by hand.
    pub fn decode(text: &str, sort: &[Sort], collection: &Collection) -> Result<Self> {
        read(text, sort, collection).ok_or_else(|| {
            Error::invalid(
                "cursor",
                "This is not the cursor of a 'next' link of the same question. Start again without it.",
            )
        })
    }
}

fn read(text: &str, sort: &[Sort], collection: &Collection) -> Option<Cursor> {
    let Json::Array(parts) = serde_json::from_slice(&unarmour(text)?).ok()? else { return None };
    let (key, values) = parts.split_first()?;
    if values.len() != sort.len() {
        return None;
    }
    let value = |(json, sort): (&Json, &Sort)| match (collection.fields[sort.field].kind, json) {
        (_, Json::Null) => Some(Value::Null),
        (Kind::Real | Kind::Decimal, Json::String(s)) => {
            s.parse().ok().filter(|r: &f64| r.is_finite()).map(Value::Real)
        }
        (Kind::Real | Kind::Decimal | Kind::Json, _) => None,
        (kind, json) => kind.read(json).ok(),
    };
    Some(Cursor { key: key.as_i64()?, values: values.iter().zip(sort).map(value).collect::<Option<_>>()? })
}

/// Bytes that may stand in an address as they are stay; the rest becomes `_` and two hexadecimal digits.
fn armour(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &b in bytes {
        if b.is_ascii_alphanumeric() || b == b'-' {
            text.push(char::from(b));
        } else {
            // Writing to a String does not fail.
            let _ = write!(text, "_{b:02x}");
        }
    }
    text
}

fn unarmour(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'_' {
            let hex = std::str::from_utf8(tail.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collection::CollectionId;
    use crate::feature::GeometryKind;
    use proptest::prelude::*;

    fn collection() -> Collection {
        let fields =
            [Kind::Text, Kind::Integer, Kind::Real, Kind::Boolean].map(|k| (format!("{k:?}").to_lowercase(), k));
        Collection::inferred(CollectionId::new("things").unwrap(), "Things", GeometryKind::ANY, &fields).unwrap()
    }

    fn sort() -> [Sort; 4] {
        [0, 1, 2, 3].map(|field| Sort { field, descending: false })
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_went(text in ".*", int: i64, real in -1e300..1e300f64, truth: bool, key: i64, null: bool) {
            let values = vec![
                if null { Value::Null } else { Value::text(text) }, Value::Int(int), Value::Real(real), Value::Bool(truth),
            ];
            let cursor = Cursor { values, key };
            let encoded = cursor.encode();
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(Cursor::decode(&encoded, &sort(), &collection()).unwrap(), cursor);
        }

        #[test]
        fn no_text_breaks_the_reading_of_cursors(text in ".*") {
            let _ = Cursor::decode(&text, &sort(), &collection());
        }
    }
}
