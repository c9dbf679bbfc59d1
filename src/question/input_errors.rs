//! The sentences that refuse an input. Each names the input, quotes what was sent, and says what to send instead.

use super::input::QuestionInput;
use crate::collection::Collection;
use crate::error::Error;
use serde_json::Value as Json;

pub(super) fn wrong_type_error(input: &QuestionInput, want: &str, found: &Json) -> Error {
    Error::invalid(input.name, format!("Expected {want}, found {}.", shorten_json(found)))
}

pub(super) fn shorten_json(json: &Json) -> String {
    let text = json.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A sentence that names the fields there are.
pub(super) fn unknown_field_error(collection: &Collection, name: &str, at: &str) -> Error {
    let names: Vec<&str> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    Error::invalid(at, format!("'{}' has no property '{name}'. It has: {}.", collection.id, names.join(", ")))
}
