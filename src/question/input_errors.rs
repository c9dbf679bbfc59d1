//! The sentences that refuse an input. Each names the input, quotes what was sent, and says what to send instead.

use super::input::QuestionInput;
use crate::collection::Collection;
use crate::error::Error;
use serde_json::Value as Json;

/// The most characters of a value that a sentence quotes.
const MAX_QUOTED_CHARS: usize = 40;

pub(super) fn missing_input_error(input: &QuestionInput) -> Error {
    Error::invalid(input.name, format!("This input is required. {}.", input.title))
}

pub(super) fn wrong_type_error(input: &QuestionInput, want: &str, found: &Json) -> Error {
    Error::invalid(input.name, format!("Expected {want}, found {}.", shorten_json(found)))
}

/// Lists the properties that the collection has.
pub(super) fn unknown_field_error(collection: &Collection, name: &str, at: &str) -> Error {
    let names: Vec<&str> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    Error::invalid(at, format!("'{}' has no property '{name}'. It has: {}.", collection.id, names.join(", ")))
}

/// For questions about interventions, when the collection lacks one of their properties.
pub(super) fn not_interventions_error(collection: &Collection, name: &str, at: &str) -> Error {
    Error::invalid(
        at,
        format!("The features of '{}' have no '{name}'. Name a collection of interventions.", collection.id),
    )
}

pub(super) fn shorten_json(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
