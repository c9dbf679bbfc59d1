//! Properties in questions: which can be asked for, which sort, and what a value in an address means for them.

use crate::collection::{Collection, FieldType};
use crate::error::{Error, Result};
use crate::feature::{FieldValue, time};
use crate::suggestion::{append_suggestion, suggest_name};
use serde_json::Value as Json;

/// Parameters with a meaning of their own; everything else is the name of a property.
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

/// Names that the HTTP door reads; a property of such a name cannot be asked for by equality.
const HTTP_PARAMETERS: [&str; 3] = ["f", "lang", "profile"];

/// The kind of value that `?name=value` is read as: the field's own, or that of a list's items. `None` when the field
/// cannot be asked for: objects, lists of objects, and names that mean something else in an address.
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

/// Whether `sortby` takes the field: lists and objects have no order.
#[must_use]
pub fn is_sortable(collection: &Collection, at: usize) -> bool {
    collection.fields[at].kind != FieldType::Json
}

/// The schema of the values that a question gives for a field: the field's, or that of a list's items.
#[must_use]
pub fn value_schema(collection: &Collection, at: usize) -> Option<&Json> {
    let field = &collection.fields[at];
    let schema = collection.schema.get("properties")?.get(&field.name)?;
    if field.kind == FieldType::Json { schema.get("items") } else { Some(schema) }
}

/// Reads `name=value`.
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
        .map_err(|want| Error::invalid(name, format!("'{}' is not {want}.", shorten_text(text))))?;
    check_enum_value(name, text, collection, at)?;
    Ok((at, value))
}

fn parse_value(kind: FieldType, text: &str) -> Result<FieldValue, &'static str> {
    let dated = |ok: bool, want| {
        if ok && time::parse_time_span(text).is_some() { Ok(FieldValue::text(text)) } else { Err(want) }
    };
    let number = || text.parse::<f64>().ok().filter(|n| n.is_finite()).map(FieldValue::Real).ok_or("a number");
    match kind {
        FieldType::Text | FieldType::Json => Ok(FieldValue::text(text)),
        FieldType::Integer => text.parse().map(FieldValue::Int).map_err(|_| "a whole number"),
        FieldType::Real | FieldType::Decimal => number(),
        // GDAL holds truths as whole numbers and asks for them so.
        FieldType::Boolean => match text {
            "true" | "1" => Ok(FieldValue::Bool(true)),
            "false" | "0" => Ok(FieldValue::Bool(false)),
            _ => Err("true or false"),
        },
        FieldType::Date => dated(text.len() == 10, "a date such as 2026-03-01"),
        FieldType::DateTime => dated(text.len() > 10, "an instant such as 2026-03-01T08:30:00Z"),
    }
}

/// A closed list of values makes a misspelt one an error instead of an empty answer.
fn check_enum_value(name: &str, text: &str, collection: &Collection, at: usize) -> Result<()> {
    let Some(list) = value_schema(collection, at).and_then(|s| s.get("enum")).and_then(Json::as_array) else {
        return Ok(());
    };
    let values: Vec<String> = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    if values.iter().any(|v| v == text) {
        return Ok(());
    }
    let message = format!("'{}' is not among the values: {}.", shorten_text(text), values.join(", "));
    Err(Error::invalid(name, append_suggestion(message, text, values.iter().map(String::as_str))))
}

/// A refusal of a name within a parameter, with the nearest known name or a few of them.
pub(super) fn unknown_name_error<'a>(
    parameter: &str,
    name: &str,
    verb: &str,
    known: impl Iterator<Item = &'a str>,
) -> Error {
    let known: Vec<&str> = known.collect();
    let hint = suggest_name(name, known.iter().copied()).unwrap_or_else(|| {
        if known.is_empty() {
            "There is none in this collection.".to_owned()
        } else {
            format!("Choose among: {}.", known.join(", "))
        }
    });
    Error::invalid(parameter, format!("'{}' cannot {verb}. {hint}", shorten_text(name)))
}

/// The beginning of somebody's input, short enough for a sentence.
pub(super) fn shorten_text(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
