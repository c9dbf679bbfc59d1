//! A cache of finished responses with features. Everything that a response depends on is part of its key: above all the
//! state of the collection, so that no response outlives an edit.

use crate::atlas::{ContentCoding, compress_bytes};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;

/// The largest response that is cached.
pub const MAX_CACHED_BYTES: usize = 1 << 20;

/// A finished response in one content coding.
#[derive(Debug, Clone)]
pub struct CachedResponse {
    headers: Arc<HeaderMap>,
    body: Bytes,
}

/// Responses by key and content coding.
pub struct ResponseCache(Cache<(Box<str>, ContentCoding), CachedResponse>);

impl CachedResponse {
    /// A response before it is compressed.
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
    /// A cache that takes at most so many bytes.
    pub fn new(bytes: u64) -> Self {
        let weight = |(key, _): &(Box<str>, ContentCoding), response: &CachedResponse| {
            let headers: usize =
                response.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
            (key.len() + headers + response.body.len() + 400).try_into().unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// The response under this key, which contains everything that it depends on.
    pub fn get(&self, key: &str, coding: ContentCoding) -> Option<CachedResponse> {
        self.0.get(&(Box::from(key), coding))
    }

    /// Compresses a response and caches it, unless it has more than [`MAX_CACHED_BYTES`].
    pub fn compress_and_insert(&self, key: &str, plain: CachedResponse, coding: ContentCoding) -> CachedResponse {
        let response = match (compress_bytes(&plain.body, coding), content_encoding(coding)) {
            (Some(body), Some(name)) => {
                let mut headers = Arc::unwrap_or_clone(plain.headers);
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(name));
                CachedResponse::new(headers, body)
            }
            _ => plain,
        };
        if response.body.len() <= MAX_CACHED_BYTES {
            self.0.insert((key.into(), coding), response.clone());
        }
        response
    }
}

/// The value of `Content-Encoding`; `None` for an uncompressed body.
pub fn content_encoding(coding: ContentCoding) -> Option<&'static str> {
    match coding {
        ContentCoding::Identity => None,
        ContentCoding::Gzip => Some("gzip"),
        ContentCoding::Brotli => Some("br"),
    }
}
