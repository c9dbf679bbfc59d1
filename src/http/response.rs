//! Responses: a body with its type, its ETag and its links; conditional requests (RFC 9110, 13).

use super::link::WebLink;
use super::problem::ProblemDetails;
use crate::digest::hash_content;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

pub type HttpResult = Result<Response, ProblemDetails>;

/// The `Cache-Control` of every response that may change: caches store it and revalidate it each time.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// A body with an ETag that is a hash of it; 304 if the client has it. The ETag is weak, as the body may be compressed
/// on its way.
pub fn respond_hashed(headers: &HeaderMap, media: &'static str, body: Vec<u8>) -> Response {
    respond_tagged(headers, media, ascii_header_value(&format!("W/\"{:032x}\"", hash_content(&body))), body)
}

/// A body with this ETag; 304 if the client has it.
pub fn respond_tagged(headers: &HeaderMap, media: &'static str, etag: HeaderValue, body: Vec<u8>) -> Response {
    if let Some(unchanged) = check_not_modified(headers, &etag) {
        return unchanged;
    }
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CACHE_CONTROL, REVALIDATE),
        (header::ETAG, etag),
    ];
    (fixed, body).into_response()
}

/// A header value from text that is known to be printable ASCII.
pub fn ascii_header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// 304 if `If-None-Match` contains this ETag (weak comparison, as the standard requires for reading).
pub fn check_not_modified(headers: &HeaderMap, etag: &HeaderValue) -> Option<Response> {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mine = plain(etag.to_str().ok()?);
    let lines = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|v| v.to_str().ok());
    let matches = lines.flat_map(|line| line.split(',')).any(|tag| tag.trim() == "*" || plain(tag) == mine);
    matches.then(|| {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, REVALIDATE)]).into_response()
    })
}

/// The most bytes of the links in the header. With all other headers, a response stays below the 4 kB that every client
/// and proxy accepts.
const MAX_LINK_BYTES: usize = 2560;

/// Adds links as one header (RFC 8288, 3), for formats that have no place for them. The address of a request can be so
/// long that not all links fit: the most useful ones come first, and the body has the others.
pub fn add_link_header(headers: &mut HeaderMap, links: &[WebLink]) {
    let mut ranked: Vec<&WebLink> = links.iter().collect();
    // Stable: links of one rank stay in their order.
    ranked.sort_by_key(|link| match link.rel {
        "next" => 0,
        "self" => 2,
        "alternate" => 3,
        _ => 1,
    });
    let mut line = String::new();
    for text in ranked.into_iter().map(WebLink::to_header) {
        if line.len() + text.len() + 2 <= MAX_LINK_BYTES {
            line.push_str(if line.is_empty() { "" } else { ", " });
            line.push_str(&text);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&line)
        && !line.is_empty()
    {
        headers.append(header::LINK, value);
    }
}

/// An empty body with this status.
pub fn empty_response(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
