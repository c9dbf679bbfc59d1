//! Rows as the triggers note them: the id and the values as the SQL function `quote` writes them, with commas between.

use super::geometry_blob;
use super::gpkg_layer::{GpkgLayer, read_value};
use crate::feature::{Feature, FeatureId};
use rusqlite::types::Value as Sql;

/// The feature of a noted row.
pub(super) fn parse_row(layer: &GpkgLayer, key: i64, old: &str, geom: Option<Vec<u8>>) -> Option<Feature> {
    let mut rest = old;
    next_literal(&mut rest)?;
    let mut values = Vec::with_capacity(layer.collection.fields.len());
    for field in &layer.collection.fields {
        rest = rest.strip_prefix(',')?;
        let cell = next_literal(&mut rest)?;
        values.push(read_value(field.kind, (&cell).into()).unwrap_or_default());
    }
    let geometry = geom.and_then(|g| geometry_blob::decode_geometry(&g).ok()?.geometry);
    Some(Feature { key, id: parse_old_id(key, old)?, geometry, values })
}

/// The id of a noted row.
pub(super) fn parse_old_id(key: i64, old: &str) -> Option<FeatureId> {
    match next_literal(&mut &*old)? {
        Sql::Text(id) => FeatureId::new(&id).ok(),
        _ => FeatureId::new(&key.to_string()).ok(),
    }
}

/// Reads one literal: `NULL`, a number, `'text'` or `X'…'`.
fn next_literal(rest: &mut &str) -> Option<Sql> {
    if let Some(text) = rest.strip_prefix('\'') {
        let mut out = String::new();
        let mut from = text;
        loop {
            let (head, tail) = from.split_once('\'')?;
            out.push_str(head);
            if let Some(more) = tail.strip_prefix('\'') {
                out.push('\'');
                from = more;
            } else {
                *rest = tail;
                return Some(Sql::Text(out));
            }
        }
    }
    let (word, tail) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
    *rest = tail;
    if word == "NULL" || word.starts_with("X'") {
        return Some(Sql::Null);
    }
    word.parse().map(Sql::Integer).ok().or_else(|| word.parse().map(Sql::Real).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::Connection;

    #[test]
    fn quoted_values_are_read_as_sqlite_writes_them() {
        let conn = Connection::open_in_memory().unwrap();
        let values = [
            Sql::Null,
            Sql::Integer(i64::MIN),
            Sql::Real(0.1 + 0.2),
            Sql::Real(-1.5e300),
            Sql::Text("l'été, 'a'".into()),
            Sql::Text(String::new()),
        ];
        let quoted: Vec<String> =
            values.iter().map(|v| conn.query_row("SELECT quote(?1)", [v], |r| r.get(0)).unwrap()).collect();
        let line = quoted.join(",");
        let mut rest = line.as_str();
        for (i, value) in values.iter().enumerate() {
            if i > 0 {
                rest = rest.strip_prefix(',').unwrap();
            }
            assert_eq!(next_literal(&mut rest).as_ref(), Some(value));
        }
        assert_eq!(rest, "");
    }
}
