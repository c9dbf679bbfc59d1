//! Finished answers about features, kept for whoever asks the same again. What an answer depends on is part of what it is kept by: above
//! all the state of its collection, so that no answer outlives an edit.

use crate::atlas::{Coding, pack};
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;

/// The most bytes of one answer that is kept.
pub const MAX_BYTES: usize = 1 << 20;

/// A finished answer in one coding.
#[derive(Debug, Clone)]
pub struct Finished {
    headers: Arc<HeaderMap>,
    body: Bytes,
}

/// All that is kept.
pub struct Shelf(Cache<(Box<str>, Coding), Finished>);

impl Finished {
    /// An answer as it is before it is packed.
    pub fn new(headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self { headers: Arc::new(headers), body: body.into() }
    }

    pub fn etag(&self) -> Option<&HeaderValue> {
        self.headers.get(header::ETAG)
    }

    pub fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.headers_mut() = (*self.headers).clone();
        response
    }
}

impl Shelf {
    /// One that takes so much memory at the most.
    pub fn new(bytes: u64) -> Self {
        let weight = |(key, _): &(Box<str>, Coding), kept: &Finished| {
            let headers: usize = kept.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum();
            (key.len() + headers + kept.body.len() + 400).try_into().unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(bytes).weigher(weight).build())
    }

    /// The answer that is kept by this text, which has all that it depends on.
    pub fn get(&self, by: &str, coding: Coding) -> Option<Finished> {
        self.0.get(&(Box::from(by), coding))
    }

    /// Keeps an answer in this coding; one of more than [`MAX_BYTES`] is only packed.
    pub fn keep(&self, by: &str, plain: Finished, coding: Coding) -> Finished {
        let finished = match (pack(&plain.body, coding), packed_as(coding)) {
            (Some(body), Some(word)) => {
                let mut headers = Arc::unwrap_or_clone(plain.headers);
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(word));
                Finished::new(headers, body)
            }
            _ => plain,
        };
        if finished.body.len() <= MAX_BYTES {
            self.0.insert((by.into(), coding), finished.clone());
        }
        finished
    }
}

/// The word for a coding; none when nothing is packed.
pub fn packed_as(coding: Coding) -> Option<&'static str> {
    match coding {
        Coding::Identity => None,
        Coding::Gzip => Some("gzip"),
        Coding::Brotli => Some("br"),
    }
}
