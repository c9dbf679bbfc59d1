//! SQL literals: cells as the function `quote` writes them, in the notes of the triggers and in the change log.

use rusqlite::ToSql;
use rusqlite::types::{ToSqlOutput, ValueRef};
use std::fmt;

/// A cell, byte for byte.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SqlLiteral {
    Null,
    Integer(i64),
    Real(f64),
    /// The bytes of a text, which other programs may have written in any encoding.
    Text(Vec<u8>),
    Blob(Vec<u8>),
}

impl From<ValueRef<'_>> for SqlLiteral {
    fn from(cell: ValueRef<'_>) -> Self {
        match cell {
            ValueRef::Null => Self::Null,
            ValueRef::Integer(i) => Self::Integer(i),
            ValueRef::Real(r) => Self::Real(r),
            ValueRef::Text(t) => Self::Text(t.to_vec()),
            ValueRef::Blob(b) => Self::Blob(b.to_vec()),
        }
    }
}

impl SqlLiteral {
    pub(super) fn as_cell(&self) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Integer(i) => ValueRef::Integer(*i),
            Self::Real(r) => ValueRef::Real(*r),
            Self::Text(t) => ValueRef::Text(t),
            Self::Blob(b) => ValueRef::Blob(b),
        }
    }

    /// Reads the literal at the start of a text, and moves the text behind it.
    pub(super) fn read_next(rest: &mut &str) -> Option<Self> {
        if rest.starts_with('\'') {
            return read_quoted(rest).map(|text| Self::Text(text.into_bytes()));
        }
        let (word, tail) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
        *rest = tail;
        if word == "NULL" {
            return Some(Self::Null);
        }
        let hex = |mark: &str| word.strip_prefix(mark)?.strip_suffix('\'').and_then(parse_hex);
        let bytes = hex("X'").map(Self::Blob).or_else(|| hex("T'").map(Self::Text));
        bytes
            .or_else(|| word.parse().map(Self::Integer).ok())
            .or_else(|| word.to_ascii_lowercase().parse().map(Self::Real).ok())
    }
}

/// The literal as text; a text that is not UTF-8 as `T'…'` with its bytes in hexadecimal.
impl fmt::Display for SqlLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |f: &mut fmt::Formatter<'_>, mark: char, bytes: &[u8]| {
            write!(f, "{mark}'")?;
            bytes.iter().try_for_each(|b| write!(f, "{b:02X}"))?;
            f.write_str("'")
        };
        match self {
            Self::Null => f.write_str("NULL"),
            Self::Integer(i) => write!(f, "{i}"),
            Self::Real(r) => write!(f, "{r:?}"),
            Self::Blob(bytes) => hex(f, 'X', bytes),
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => write!(f, "'{}'", text.replace('\'', "''")),
                Err(_) => hex(f, 'T', bytes),
            },
        }
    }
}

impl ToSql for SqlLiteral {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(self.as_cell()))
    }
}

fn read_quoted(rest: &mut &str) -> Option<String> {
    let mut text = String::new();
    let mut from = rest.strip_prefix('\'')?;
    loop {
        let (head, tail) = from.split_once('\'')?;
        text.push_str(head);
        if let Some(more) = tail.strip_prefix('\'') {
            text.push('\'');
            from = more;
        } else {
            *rest = tail;
            return Some(text);
        }
    }
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|c| c.to_digit(16).map(|d| d as u8)).collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    pairs.remainder().is_empty().then(|| pairs.map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn quoted_values_are_read_as_sqlite_writes_them() {
        let conn = Connection::open_in_memory().unwrap();
        let values = [
            SqlLiteral::Null,
            SqlLiteral::Integer(i64::MIN),
            SqlLiteral::Real(0.1 + 0.2),
            SqlLiteral::Real(-1.5e300),
            SqlLiteral::Text("l'été, 'a'".into()),
            SqlLiteral::Text(vec![]),
            SqlLiteral::Blob(vec![0, 255, 39]),
            SqlLiteral::Blob(vec![]),
        ];
        let quoted: Vec<String> =
            values.iter().map(|v| conn.query_row("SELECT quote(?1)", [v], |r| r.get(0)).unwrap()).collect();
        let line = quoted.join(",");
        let mut rest = line.as_str();
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix(',').unwrap();
            }
            assert_eq!(SqlLiteral::read_next(&mut rest).as_ref(), Some(value));
        }
        assert_eq!(rest, "");
    }

    #[test]
    fn every_literal_is_read_as_it_was_written() {
        for literal in [
            SqlLiteral::Null,
            SqlLiteral::Integer(-7),
            SqlLiteral::Real(1e300),
            SqlLiteral::Real(5.0),
            SqlLiteral::Real(f64::INFINITY),
            SqlLiteral::Text("a,'b'".into()),
            SqlLiteral::Text(vec![0xe9, b',', 0x27]),
            SqlLiteral::Blob(b"GP\0".to_vec()),
        ] {
            let text = literal.to_string();
            assert_eq!(SqlLiteral::read_next(&mut text.as_str()), Some(literal), "{text}");
        }
    }
}
