//! Properties in queries: which are queryable, which are sortable, and how their values are parsed.

use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result, shorten_text};
use crate::feature::{FieldValue, time_spelling};
use crate::filter::parse_whole_number;
use crate::suggestion::{append_suggestion, suggest_name};
use serde_json::Value as Json;

/// Parameters of queries; any other name is that of a property.
pub const QUERY_PARAMETERS: [&str; 12] = [
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "limit",
    "sortby",
    "properties",
    "exclude-properties",
    "cursor",
];

/// Parameters that `http` reads; a property with such a name is not queryable.
const HTTP_PARAMETERS: [&str; 3] = ["f", "lang", "profile"];

/// The type that the value of `?name=value` is parsed as: the field's, or that of a list's items. `None` when the field
/// is not queryable: objects, lists of objects, and names of parameters.
#[must_use]
pub fn queryable_type(collection: &Collection, at: usize) -> Option<FieldType> {
    let field = &collection.fields[at];
    if QUERY_PARAMETERS.contains(&field.name.as_str()) || HTTP_PARAMETERS.contains(&field.name.as_str()) {
        return None;
    }
    if field.kind != FieldType::Json {
        return Some(field.kind);
    }
    match value_schema(collection, at)?.get("type")?.as_str()? {
        "string" => Some(FieldType::Text),
        "integer" => Some(FieldType::Integer),
        "number" => Some(FieldType::Real),
        "boolean" => Some(FieldType::Boolean),
        _ => None,
    }
}

/// Whether `sortby` accepts the field; lists and objects have no order.
#[must_use]
pub fn is_sortable(collection: &Collection, at: usize) -> bool {
    collection.fields[at].kind != FieldType::Json
}

/// The schema of the values that queries give for a field: the field's, or that of a list's items.
#[must_use]
pub fn value_schema(collection: &Collection, at: usize) -> Option<&Json> {
    let field = &collection.fields[at];
    let schema = collection.schema.get("properties")?.get(&field.name)?;
    if field.kind == FieldType::Json { schema.get("items") } else { Some(schema) }
}

/// Parses `name=value` into a field position and a value.
pub(super) fn parse_equality(
    name: &str,
    text: &str,
    collection: &Collection,
    other_parameters: &[&str],
) -> Result<(usize, FieldValue)> {
    let Some((at, kind)) = collection.field_index(name).and_then(|at| Some((at, queryable_type(collection, at)?)))
    else {
        let fields = (0..collection.fields.len()).filter(|&at| queryable_type(collection, at).is_some());
        let names = fields.map(|at| collection.fields[at].name.as_str());
        let known: Vec<&str> =
            QUERY_PARAMETERS.into_iter().chain(other_parameters.iter().copied()).chain(names).collect();
        let hint = suggest_name(name, known).unwrap_or_else(|| {
            format!("The properties to filter by are listed under /api/collections/{}/queryables.", collection.id)
        });
        return Err(Error::invalid(shorten_text(name), format!("There is no such parameter. {hint}")));
    };
    let value = parse_value(kind, text)
        .map_err(|expected| Error::invalid(name, format!("'{}' is not {expected}.", shorten_text(text))))?;
    check_enum_value(name, text, collection, at)?;
    Ok((at, value))
}

fn parse_value(kind: FieldType, text: &str) -> Result<FieldValue, &'static str> {
    let number = || text.parse::<f64>().ok().filter(|n| n.is_finite()).map(FieldValue::Real).ok_or("a number");
    match kind {
        FieldType::Text | FieldType::Json => Ok(FieldValue::text(text)),
        FieldType::Integer => parse_whole_number(text).map(FieldValue::Int).ok_or("a whole number"),
        FieldType::Real | FieldType::Decimal => number(),
        // GDAL writes booleans as 1 and 0.
        FieldType::Boolean => match text {
            "true" | "1" => Ok(FieldValue::Bool(true)),
            "false" | "0" => Ok(FieldValue::Bool(false)),
            _ => Err("true or false"),
        },
        FieldType::Date => time_spelling::read_day(text).map(FieldValue::text).ok_or("a date such as 2026-03-01"),
        FieldType::DateTime => time_spelling::read_instant(text)
            .map(|instant| FieldValue::text(instant.text))
            .ok_or("a date and time such as 2026-03-01T08:30:00Z"),
    }
}

/// Refuses a value that is not in the field's enumeration, instead of finding nothing.
fn check_enum_value(name: &str, text: &str, collection: &Collection, at: usize) -> Result<()> {
    let Some(list) = value_schema(collection, at).and_then(|s| s.get("enum")).and_then(Json::as_array) else {
        return Ok(());
    };
    let values: Vec<String> = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    if values.iter().any(|v| v == text) {
        return Ok(());
    }
    let message = format!("'{}' is not one of the values: {}.", shorten_text(text), values.join(", "));
    Err(Error::invalid(name, append_suggestion(message, text, values.iter().map(String::as_str))))
}

/// The error for an unknown name in a list of names, with the nearest known name or all of them. `expected` describes a
/// valid name.
pub(super) fn unknown_name_error<'a>(
    parameter: &str,
    name: &str,
    expected: &str,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let known: Vec<&str> = known.collect();
    let hint = suggest_name(name, known.iter().copied()).unwrap_or_else(|| {
        if known.is_empty() {
            "There are none in this collection.".to_owned()
        } else {
            format!("Use one of: {}.", known.join(", "))
        }
    });
    Error::invalid(parameter, format!("'{}' is not {expected}. {hint}", shorten_text(name)))
}
