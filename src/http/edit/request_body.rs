//! The bodies of edit requests: media types, the size limit, JSON.

use crate::error::Error;
use crate::exact_json::{JsonPlace, parse_json};
use crate::feature::geojson::describe_json_error;
use crate::http::problem::ProblemDetails;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use serde_json::Value as Json;

pub const MAX_BODY_BYTES: usize = 16 << 20;
pub const GEOJSON: &str = "application/geo+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";

pub type RequestBody = Result<Bytes, BytesRejection>;

/// Why a body could not be read.
pub fn explain_body_error(e: &BytesRejection, most_bytes: usize) -> ProblemDetails {
    let detail = if e.status() == StatusCode::PAYLOAD_TOO_LARGE {
        format!("The request body is too large: {} MB are allowed, also after unpacking. Send less.", most_bytes >> 20)
    } else {
        "The request body could not be read: it is incomplete, or not what Content-Encoding says. Send it again."
            .to_owned()
    };
    ProblemDetails::new(e.status(), detail)
}

/// The JSON of a body, and its size in bytes.
///
/// # Errors
/// 413 for a body over [`MAX_BODY_BYTES`]; 400 for a body that is not JSON.
pub fn parse_body(body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
    let body = body.map_err(|e| explain_body_error(&e, MAX_BODY_BYTES))?;
    let json = parse_json(&body, JsonPlace::Document)
        .map_err(|e| Error::invalid("", format!("The body {}.", describe_json_error(&e))))?;
    Ok((json, body.len()))
}
