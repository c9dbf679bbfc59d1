//! The memory of a response until its client has read it, counted in the quota of the client: one that requests much
//! and reads nothing exhausts its own quota.

use super::client_limits::ClientKey;
use super::client_quota::{ClientQuota, QuotaHold};
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// Responses up to this size are not counted.
const SMALL_BYTES: usize = 32 << 10;
/// What a response takes that is written in parts: a part, and the state of its compression.
const STREAM_BYTES: usize = 256 << 10;
const EVENT_STREAM: &str = "text/event-stream";

/// The memory for the responses on the connections of one client network.
#[derive(Clone)]
pub struct ResponseMemory {
    pub quota: Arc<ClientQuota>,
    pub client: ClientKey,
    /// What this client may hold.
    pub share: usize,
}

/// How large a body was before it was compressed.
#[derive(Debug, Clone, Copy)]
struct PlainBytes(usize);

/// A body whose memory is held: as a whole until all of it is written, or in parts until the last one is made.
struct HeldBody {
    body: Body,
    hold: Option<QuotaHold>,
}

/// A part of a body with what is held for it.
struct HeldBytes {
    bytes: Bytes,
    _hold: QuotaHold,
}

impl AsRef<[u8]> for HeldBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Notes the size of a large body, which cannot be seen once it is compressed.
pub fn note_plain_size(response: &mut Response<Body>) {
    let size = response.body().size_hint().exact().unwrap_or(0) as usize;
    if size > SMALL_BYTES {
        response.extensions_mut().insert(PlainBytes(size));
    }
}

impl ResponseMemory {
    /// Holds the memory of a response; one that says 503 instead when the client has too many that it does not read.
    pub fn hold_response(&self, response: Response<Body>) -> Response<Body> {
        let has = |name, part: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.is_some_and(|value| value.contains(part))
        };
        let amount = match response.body().size_hint().exact() {
            Some(bytes) if bytes as usize <= SMALL_BYTES => return response,
            // All responses share the files of the web app.
            Some(_) if has(header::CACHE_CONTROL, "immutable") => return response,
            Some(bytes) => bytes as usize,
            // Event streams have a limit of their own.
            None if has(header::CONTENT_TYPE, EVENT_STREAM) => return response,
            None => STREAM_BYTES + response.extensions().get::<PlainBytes>().map_or(0, |plain| plain.0),
        };
        let mut hold = self.quota.hold(Some(self.client.clone()), self.share);
        if hold.grow(amount).is_err() {
            return refuse_response();
        }
        response.map(|body| Body::new(HeldBody { body, hold: Some(hold) }))
    }
}

fn refuse_response() -> Response<Body> {
    let detail = "The responses that you have not read yet take too much memory. Read them before you ask for more.";
    let body = json!({"type": "about:blank", "title": "Service Unavailable", "status": 503, "detail": detail});
    let mut response = (StatusCode::SERVICE_UNAVAILABLE, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    response
}

impl HttpBody for HeldBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
        let is_last = this.body.is_end_stream();
        Poll::Ready(frame.map(|frame| {
            frame.map(|frame| {
                frame.map_data(|bytes| match this.hold.take_if(|_| is_last) {
                    Some(hold) => Bytes::from_owner(HeldBytes { bytes, _hold: hold }),
                    None => bytes,
                })
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
