//! The bodies of edit requests: media types, the size limit, JSON.

use crate::error::Error;
use crate::exact_json::{JsonPlace, parse_json};
use crate::http::problem::ProblemDetails;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use serde_json::Value as Json;

pub const MAX_BODY_BYTES: usize = 16 << 20;
pub const GEOJSON: &str = "application/geo+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";

pub type RequestBody = Result<Bytes, BytesRejection>;

/// The JSON of a body, and its size in bytes.
///
/// # Errors
/// 413 for a body over [`MAX_BODY_BYTES`]; 400 for a body that is not JSON.
pub fn parse_body(body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
    let body = body.map_err(|e| {
        let limit = MAX_BODY_BYTES >> 20;
        let detail = format!("The request body could not be read. It may be too large: the limit is {limit} MB.");
        ProblemDetails::new(e.status(), detail)
    })?;
    let json = parse_json(&body, JsonPlace::Document)
        .map_err(|e| Error::invalid("", format!("The body is not JSON: {e}.")))?;
    Ok((json, body.len()))
}
