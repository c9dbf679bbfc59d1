//! The text form of a page cursor, for `next` links. It contains values and no offset, so that it stays valid while
//! features are created, changed and deleted.

use super::{PageCursor, SortKey};
use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};
use crate::feature::FieldValue;
use serde_json::Value as Json;
use std::fmt::Write;

impl PageCursor {
    /// Encodes the key and the sort values in letters, digits, `-` and `_`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut parts = vec![Json::from(self.key)];
        // As text, a real parses back to the same bits.
        parts.extend(self.values.iter().map(|v| match v {
            FieldValue::Real(r) => Json::String(format!("{r:?}")),
            other => other.to_json(),
        }));
        escape_bytes(Json::Array(parts).to_string().as_bytes())
    }

    /// The inverse of [`PageCursor::encode`], for a query with this sort order.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `cursor` when the text does not encode a cursor of such a query.
    pub fn decode(text: &str, sort: &[SortKey], collection: &Collection) -> Result<Self> {
        read_cursor(text, sort, collection).ok_or_else(|| {
            Error::invalid("cursor", "The cursor is not from a 'next' link of this query. Start again without it.")
        })
    }
}

fn read_cursor(text: &str, sort: &[SortKey], collection: &Collection) -> Option<PageCursor> {
    let Json::Array(parts) = serde_json::from_slice(&unescape_bytes(text)?).ok()? else { return None };
    let (key, values) = parts.split_first()?;
    if values.len() != sort.len() {
        return None;
    }
    let value = |(json, sort): (&Json, &SortKey)| match (collection.fields[sort.field].kind, json) {
        (_, Json::Null) => Some(FieldValue::Null),
        (FieldType::Real | FieldType::Decimal, Json::String(s)) => {
            s.parse().ok().filter(|r: &f64| r.is_finite()).map(FieldValue::Real)
        }
        (FieldType::Real | FieldType::Decimal | FieldType::Json, _) => None,
        // Also what another program wrote into a column of dates, and is none.
        (FieldType::Date | FieldType::DateTime, Json::String(s)) => Some(FieldValue::text(s.as_str())),
        (kind, json) => kind.read_value(json).ok(),
    };
    Some(PageCursor { key: key.as_i64()?, values: values.iter().zip(sort).map(value).collect::<Option<_>>()? })
}

/// Replaces bytes that a URL would escape by `_` and two hexadecimal digits.
fn escape_bytes(bytes: &[u8]) -> String {
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

fn unescape_bytes(text: &str) -> Option<Vec<u8>> {
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
    use crate::feature::GeometryTypeSet;
    use proptest::prelude::*;

    fn collection() -> Collection {
        let fields = [FieldType::Text, FieldType::Integer, FieldType::Real, FieldType::Boolean]
            .map(|k| (format!("{k:?}").to_lowercase(), k));
        Collection::from_inferred_fields(CollectionId::new("things").unwrap(), "Things", GeometryTypeSet::ANY, &fields)
            .unwrap()
    }

    fn sort() -> [SortKey; 4] {
        [0, 1, 2, 3].map(|field| SortKey { field, descending: false })
    }

    proptest! {
        #[test]
        fn a_cursor_survives_encoding_and_decoding(text in ".*", int: i64, real in -1e300..1e300f64, truth: bool, key: i64, null: bool) {
            let values = vec![
                if null { FieldValue::Null } else { FieldValue::text(text) }, FieldValue::Int(int), FieldValue::Real(real), FieldValue::Bool(truth),
            ];
            let cursor = PageCursor { values, key };
            let encoded = cursor.encode();
            prop_assert!(encoded.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert_eq!(PageCursor::decode(&encoded, &sort(), &collection()).unwrap(), cursor);
        }

        #[test]
        fn no_text_makes_decoding_panic(text in ".*") {
            let _ = PageCursor::decode(&text, &sort(), &collection());
        }
    }
}
