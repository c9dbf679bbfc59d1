//! What edits are sent in: media types, the largest body, JSON.

use crate::error::Error;
use crate::exact_json::{JsonPlace, parse_json};
use crate::feature::geojson::describe_json_error;
use serde_json::Value as Json;

pub const MAX_BODY_BYTES: usize = 16 << 20;
pub const GEOJSON: &str = "application/geo+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";

/// The JSON of an edit.
///
/// # Errors
/// [`Error::Invalid`] for what is not JSON.
pub fn parse_edit_json(body: &[u8]) -> Result<Json, Error> {
    parse_json(body, JsonPlace::Document)
        .map_err(|e| Error::invalid("", format!("The body {}.", describe_json_error(&e))))
}
