//! CQL2 JSON to a syntax tree. Reads numbers by their digits, which a JSON document in memory does not keep.

use super::syntax_tree::{
    NamePlaces, SyntaxTree, invalid_filter, nested_collections_error, too_deep_error, too_many_error,
};
use crate::error::{Error, Result};
use crate::feature::Geometry;
use crate::feature::geojson::{describe_json_error, parse_unique_json};
use crate::filter::limits::{MAX_COLLECTION_DEPTH, MAX_DEPTH, MAX_OPERATORS};
use crate::filter::number::NumberLiteral;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Parses CQL2 JSON, and notes where its names stand.
///
/// # Errors
/// [`Error::Invalid`] at `filter` with the place as a JSON pointer, [`Error::TooLarge`] over a limit.
pub(crate) fn parse_json_filter(text: &str) -> Result<(SyntaxTree, NamePlaces)> {
    parse_unique_json(text.as_bytes()).map_err(|e| not_json_error(&e))?;
    let raw: &RawValue = serde_json::from_str(text).map_err(|e| not_json_error(&e))?;
    let mut parser = JsonParser { names: vec![], at: String::new(), depth: 0 };
    let tree = parser.parse_value(raw)?;
    Ok((tree, parser.names))
}

struct JsonParser {
    names: NamePlaces,
    /// The JSON pointer of the value that is read.
    at: String,
    depth: usize,
}

type RawMembers<'a> = BTreeMap<String, &'a RawValue>;

impl JsonParser {
    fn parse_value(&mut self, raw: &RawValue) -> Result<SyntaxTree> {
        let text = raw.get();
        match text.as_bytes().first() {
            Some(b'{') => self.parse_object(raw),
            Some(b'[') => self.parse_items(raw).map(SyntaxTree::Array),
            Some(b'"') => read_raw(raw).map(SyntaxTree::Text),
            Some(b't') => Ok(SyntaxTree::Bool(true)),
            Some(b'f') => Ok(SyntaxTree::Bool(false)),
            Some(b'n') => Ok(SyntaxTree::Null),
            _ => NumberLiteral::parse_number(text).map(SyntaxTree::Number).ok_or_else(|| self.not_cql2_error()),
        }
    }

    fn parse_object(&mut self, raw: &RawValue) -> Result<SyntaxTree> {
        let members: RawMembers<'_> = read_raw(raw)?;
        if let Some(op) = members.get("op") {
            let op = self.parse_name(op)?;
            let args = members.get("args").ok_or_else(|| self.not_cql2_error())?;
            let args = self.with_step("args", |parser| parser.parse_items(args))?;
            return Ok(SyntaxTree::Operation { op, args });
        }
        if let Some(property) = members.get("property") {
            return self.parse_name(property).map(SyntaxTree::Property);
        }
        if members.contains_key("type") {
            return self.parse_geometry(raw).map(SyntaxTree::Geometry);
        }
        for (key, build) in [
            ("interval", SyntaxTree::Interval as fn(Vec<SyntaxTree>) -> SyntaxTree),
            ("bbox", SyntaxTree::BBox as fn(Vec<SyntaxTree>) -> SyntaxTree),
        ] {
            if let Some(items) = members.get(key) {
                return self.with_step(key, |parser| parser.parse_items(items)).map(build);
            }
        }
        for key in ["date", "timestamp"] {
            if let Some(instant) = members.get(key) {
                let instant = self.with_step(key, |parser| parser.parse_value(instant))?;
                return Ok(SyntaxTree::Instant(Box::new(instant)));
            }
        }
        Err(self.not_cql2_error())
    }

    fn parse_items(&mut self, raw: &RawValue) -> Result<Vec<SyntaxTree>> {
        if !raw.get().starts_with('[') {
            return Err(self.not_cql2_error());
        }
        let items: Vec<&RawValue> = read_raw(raw)?;
        let parse = |(i, item): (usize, &&RawValue)| self.with_step(&i.to_string(), |parser| parser.parse_value(item));
        items.iter().enumerate().map(parse).collect()
    }

    fn parse_name(&mut self, raw: &RawValue) -> Result<String> {
        let name: String = serde_json::from_str(raw.get()).map_err(|_| self.not_cql2_error())?;
        if self.names.len() > 2 * MAX_OPERATORS {
            return Err(too_many_error());
        }
        self.names.push((name.clone(), format!("At {}", self.place())));
        Ok(name)
    }

    fn parse_geometry(&self, raw: &RawValue) -> Result<Geometry> {
        let unreadable = |what: &str| {
            let place = self.place();
            invalid_filter(format!(
                "At {place}: The geometry {what}. Write GeoJSON, such as {{\"type\": \"Point\", \"coordinates\": [15.27, 46.23]}}."
            ))
        };
        let geometry: geojson::Geometry =
            serde_json::from_str(raw.get()).map_err(|_| unreadable("of the filter cannot be read"))?;
        let geometry = Geometry::try_from(geometry)
            .map_err(|_| unreadable("of the filter has positions with fewer than two numbers"))?;
        if collection_depth(&geometry) > MAX_COLLECTION_DEPTH { Err(nested_collections_error()) } else { Ok(geometry) }
    }

    fn with_step<T>(&mut self, step: &str, parse: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        if self.depth > 2 * MAX_DEPTH {
            return Err(too_deep_error());
        }
        let length = self.at.len();
        self.at.push('/');
        self.at.push_str(step);
        self.depth += 1;
        let found = parse(self);
        self.depth -= 1;
        self.at.truncate(length);
        found
    }

    fn place(&self) -> &str {
        if self.at.is_empty() { "the top" } else { &self.at }
    }

    fn not_cql2_error(&self) -> Error {
        let place = self.place();
        invalid_filter(format!(
            "At {place}: This is JSON but not CQL2. Write an operation as {{\"op\": \"=\", \"args\": [{{\"property\": \"status\"}}, \"idea\"]}}."
        ))
    }
}

fn collection_depth(geometry: &Geometry) -> usize {
    match geometry {
        Geometry::GeometryCollection(parts) => 1 + parts.iter().map(collection_depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// Reads a part of a text that is known to be JSON.
fn read_raw<'a, T: serde::Deserialize<'a>>(raw: &'a RawValue) -> Result<T> {
    serde_json::from_str(raw.get()).map_err(|e| not_json_error(&e))
}

fn not_json_error(error: &serde_json::Error) -> Error {
    invalid_filter(format!("This {}.", describe_json_error(error)))
}
