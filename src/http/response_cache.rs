//! Finished answers about features, kept for whoever asks the same again. What an answer depends on is part of what it is kept by: above
//! all the state of its collection, so that no answer outlives an edit.

use crate::atlas::{ContentCoding, compress_bytes};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;

/// The most bytes of one answer that is kept.
pub const MAX_CACHED_BYTES: usize = 1 << 20;

/// A finished answer in one coding.
#[derive(Debug, Clone)]
pub struct CachedResponse {
    headers: Arc<HeaderMap>,
    body: Bytes,
}

/// All that is kept.
pub struct ResponseCache(Cache<(Box<str>, ContentCoding), CachedResponse>);

impl CachedResponse {
    /// An answer as it is before it is packed.
    pub fn new(headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { headers: Arc::new(headers), body: body.into() }
    }

    pub fn etag(&self) -> Option<&HeaderValue> {
        self.headers.get(header::ETAG)
    }

    pub fn to_response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.headers_mut() = (*self.headers).clone();
        response
    }
}

impl ResponseCache {
    /// One that takes so much memory at the most.
    pub fn new(bytes: u64) -> Self {
        let weight = |(key, _): &(Box<str>, ContentCoding), response: &CachedResponse| {
            let headers: usize =
                response.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
            (key.len() + headers + response.body.len() + 400).try_into().unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// The answer that is kept by this text, which has all that it depends on.
    pub fn get(&self, key: &str, coding: ContentCoding) -> Option<CachedResponse> {
        self.0.get(&(Box::from(key), coding))
    }

    /// Keeps an answer in this coding; one of more than [`MAX_CACHED_BYTES`] is only packed.
    pub fn pack_and_insert(&self, key: &str, plain: CachedResponse, coding: ContentCoding) -> CachedResponse {
        let packed = match (compress_bytes(&plain.body, coding), content_encoding(coding)) {
            (Some(body), Some(word)) => {
                let mut headers = Arc::unwrap_or_clone(plain.headers);
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
                CachedResponse::new(headers, body)
            }
            _ => plain,
        };
        if packed.body.len() <= MAX_CACHED_BYTES {
            self.0.insert((key.into(), coding), packed.clone());
        }
        packed
    }
}

/// The word for a coding; none when nothing is packed.
pub fn content_encoding(coding: ContentCoding) -> Option<&'static str> {
    match coding {
        ContentCoding::Identity => None,
        ContentCoding::Gzip => Some("gzip"),
        ContentCoding::Brotli => Some("br"),
    }
}
