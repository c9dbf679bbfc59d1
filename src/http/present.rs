//! Answers: a body with its type, its tag and its links; conditional requests (RFC 9110, 13).

use super::ask::{Ask, Pairs};
use super::html::Page;
use super::link::Link;
use super::negotiate::{Form, HTML, JSON};
use super::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value as Json;

pub type Answer = Result<Response, Problem>;

/// What every answer that may change says to caches: keep it, and ask each time whether it still holds.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("public, max-age=0, must-revalidate");

/// A resource that is one JSON document, and a page for people.
pub struct Document {
    pub json: Json,
    pub page: Page,
}

/// Answers with a JSON document or its page. `make` gets the `self` and `alternate` links.
pub fn document(
    ask: &Ask,
    json_form: &'static Form,
    make: impl FnOnce(&[Link]) -> Result<Document, Problem>,
) -> Answer {
    document_with(ask, json_form, &ask.only(&[])?, make)
}

/// The same for a resource with parameters of its own.
pub fn document_with(
    ask: &Ask,
    json_form: &'static Form,
    pairs: &Pairs,
    make: impl FnOnce(&[Link]) -> Result<Document, Problem>,
) -> Answer {
    let forms = [json_form, &HTML];
    let form = ask.form(&forms, pairs)?;
    let twins = ask.twins(&forms, form, pairs);
    let document = make(&twins)?;
    let body = if form == &HTML { document.page.write(&ask.base(), &twins) } else { document.json.to_string() };
    let mut response = tagged(&ask.headers, form.media, body.into_bytes());
    add_links(response.headers_mut(), &twins);
    Ok(response)
}

/// JSON for programs alone.
pub fn json(ask: &Ask, json: &Json) -> Response {
    tagged(&ask.headers, JSON.media, json.to_string().into_bytes())
}

/// A body with a tag made of its content; 304 when the client has it. The tag is weak, as the body may be packed on its way.
pub fn tagged(headers: &HeaderMap, media: &'static str, body: Vec<u8>) -> Response {
    with_tag(headers, media, quoted(&format!("W/\"{:032x}\"", hash(&body))), body)
}

/// A body with this tag; 304 when the client has it.
pub fn with_tag(headers: &HeaderMap, media: &'static str, etag: HeaderValue, body: Vec<u8>) -> Response {
    if let Some(unchanged) = unchanged(headers, &etag) {
        return unchanged;
    }
    let fixed = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media)),
        (header::CACHE_CONTROL, REVALIDATE),
        (header::ETAG, etag),
    ];
    (fixed, body).into_response()
}

/// A tag from text that is known to be printable ASCII with its quotes.
pub fn quoted(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("\"\""))
}

/// Two FNV-1a hashes (Fowler, Noll, Vo) over eight bytes at a time: tells contents apart; keeps no secrets.
pub fn hash(bytes: &[u8]) -> u128 {
    let mut lanes = [0xcbf2_9ce4_8422_2325_u64, 0x6c62_272e_07bb_0142];
    let mut step = |word: u64| {
        lanes[0] = (lanes[0] ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(29);
        lanes[1] = (lanes[1] ^ word.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31);
    };
    let (words, rest) = bytes.as_chunks::<8>();
    words.iter().for_each(|word| step(u64::from_le_bytes(*word)));
    step(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    step(bytes.len() as u64);
    u128::from(lanes[0]) << 64 | u128::from(lanes[1])
}

/// 304 when `If-None-Match` has this tag (weak comparison, as the standard wants it for reading).
pub fn unchanged(headers: &HeaderMap, etag: &HeaderValue) -> Option<Response> {
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mine = plain(etag.to_str().ok()?);
    let lines = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|v| v.to_str().ok());
    let has = lines.flat_map(|line| line.split(',')).any(|tag| tag.trim() == "*" || plain(tag) == mine);
    has.then(|| {
        (StatusCode::NOT_MODIFIED, [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, REVALIDATE)]).into_response()
    })
}

/// Mirrors links as one header (RFC 8288, 3), for clients whose format has no place for them.
pub fn add_links(headers: &mut HeaderMap, links: &[Link]) {
    let lines = links.iter().map(Link::header).collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::from_str(&lines)
        && !links.is_empty()
    {
        headers.append(header::LINK, value);
    }
}

/// An empty body with this status.
pub fn bare(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
