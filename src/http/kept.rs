//! Answers that the atlas keeps, in and out of HTTP.

use super::present;
use crate::atlas::{Coding, Finished};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Headers as text.
pub fn notes(headers: &HeaderMap) -> Arc<[(Box<str>, Box<str>)]> {
    let note = |(name, value): (&HeaderName, &HeaderValue)| Some((name.as_str().into(), value.to_str().ok()?.into()));
    headers.iter().filter_map(note).collect()
}

/// An answer as it was kept, in the coding that it was kept in.
pub fn response(finished: &Finished, coding: Coding) -> Response {
    let mut response = finished.body.clone().into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    headers.reserve(finished.notes.len() + 8);
    for (name, value) in &*finished.notes {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.append(name, present::quoted(value));
        }
    }
    if let Some(packed) = packed_as(coding) {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(packed));
    }
    response
}

/// The word for a coding; none when nothing is packed.
pub fn packed_as(coding: Coding) -> Option<&'static str> {
    match coding {
        Coding::Identity => None,
        Coding::Gzip => Some("gzip"),
        Coding::Brotli => Some("br"),
    }
}
