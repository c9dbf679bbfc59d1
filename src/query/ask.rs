//! Properties in questions: which can be asked for, which sort, and what a value in an address means for them.

use super::PARAMETERS;
use crate::collection::{Collection, Kind};
use crate::error::{Error, Result};
use crate::feature::{Value, time};
use crate::filter::closest;
use serde_json::Value as Json;

/// Names that the HTTP door reads; a property of such a name cannot be asked for by equality.
const DOOR: [&str; 3] = ["f", "lang", "profile"];

/// The kind of value that `?name=value` is read as: the field's own, or that of a list's items. `None` when the field
/// cannot be asked for: objects, lists of objects, and names that mean something else in an address.
#[must_use]
pub fn queryable(collection: &Collection, at: usize) -> Option<Kind> {
    let field = &collection.fields[at];
    if PARAMETERS.contains(&field.name.as_str()) || DOOR.contains(&field.name.as_str()) {
        return None;
    }
    if field.kind != Kind::Json {
        return Some(field.kind);
    }
    match asked(collection, at)?.get("type")?.as_str()? {
        "string" => Some(Kind::Text),
        "integer" => Some(Kind::Integer),
        "number" => Some(Kind::Real),
        "boolean" => Some(Kind::Boolean),
        _ => None,
    }
}

/// Whether `sortby` takes the field: lists and objects have no order.
#[must_use]
pub fn sortable(collection: &Collection, at: usize) -> bool {
    collection.fields[at].kind != Kind::Json
}

/// The schema of the values that a question gives for a field: the field's, or that of a list's items.
#[must_use]
pub fn asked(collection: &Collection, at: usize) -> Option<&Json> {
    let field = &collection.fields[at];
    let schema = collection.schema.get("properties")?.get(&field.name)?;
    if field.kind == Kind::Json { schema.get("items") } else { Some(schema) }
}

/// Reads `name=value`.
pub(super) fn equality(name: &str, text: &str, collection: &Collection, elsewhere: &[&str]) -> Result<(usize, Value)> {
    let Some((at, kind)) = collection.field(name).and_then(|at| Some((at, queryable(collection, at)?))) else {
        let fields = (0..collection.fields.len()).filter(|&at| queryable(collection, at).is_some());
        let names = fields.map(|at| collection.fields[at].name.as_str());
        let known: Vec<&str> = PARAMETERS.into_iter().chain(elsewhere.iter().copied()).chain(names).collect();
        let hint = closest(name, known).map_or_else(
            || {
                format!(
                    "The properties that can be asked for are listed under /api/collections/{}/queryables.",
                    collection.id
                )
            },
            |near| format!("Did you mean '{near}'?"),
        );
        return Err(Error::invalid(short(name), format!("There is no such parameter. {hint}")));
    };
    let value = read(kind, text).map_err(|want| Error::invalid(name, format!("'{}' is not {want}.", short(text))))?;
    of_the_list(name, text, collection, at)?;
    Ok((at, value))
}

fn read(kind: Kind, text: &str) -> Result<Value, &'static str> {
    let dated = |ok: bool, want| if ok && time::span(text).is_some() { Ok(Value::text(text)) } else { Err(want) };
    let number = || text.parse::<f64>().ok().filter(|n| n.is_finite()).map(Value::Real).ok_or("a number");
    match kind {
        Kind::Text | Kind::Json => Ok(Value::text(text)),
        Kind::Integer => text.parse().map(Value::Int).map_err(|_| "a whole number"),
        Kind::Real | Kind::Decimal => number(),
        // GDAL holds truths as whole numbers and asks for them so.
        Kind::Boolean => match text {
            "true" | "1" => Ok(Value::Bool(true)),
            "false" | "0" => Ok(Value::Bool(false)),
            _ => Err("true or false"),
        },
        Kind::Date => dated(text.len() == 10, "a date such as 2026-03-01"),
        Kind::DateTime => dated(text.len() > 10, "an instant such as 2026-03-01T08:30:00Z"),
    }
}

/// A closed list of values makes a misspelt one an error instead of an empty answer.
fn of_the_list(name: &str, text: &str, collection: &Collection, at: usize) -> Result<()> {
    let Some(list) = asked(collection, at).and_then(|s| s.get("enum")).and_then(Json::as_array) else { return Ok(()) };
    let values: Vec<String> = list.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect();
    if values.iter().any(|v| v == text) {
        return Ok(());
    }
    let hint = closest(text, values.iter().map(String::as_str))
        .map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
    Err(Error::invalid(name, format!("'{}' is not among the values: {}.{hint}", short(text), values.join(", "))))
}

/// A refusal of a name within a parameter, with the nearest known name or a few of them.
pub(super) fn unknown<'a>(parameter: &str, name: &str, verb: &str, known: impl Iterator<Item = &'a str>) -> Error {
    let known: Vec<&str> = known.collect();
    let hint = closest(name, known.iter().copied()).map_or_else(
        || {
            if known.is_empty() {
                "There is none in this collection.".into()
            } else {
                format!("Choose among: {}.", known.join(", "))
            }
        },
        |near| format!("Did you mean '{near}'?"),
    );
    Error::invalid(parameter, format!("'{}' cannot {verb}. {hint}", short(name)))
}

/// The beginning of somebody's input, short enough for a sentence.
pub(super) fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
