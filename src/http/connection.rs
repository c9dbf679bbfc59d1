//! One connection: its requests with the address of the peer, whether it is idle, and whether the body of a request was
//! left unread.

use super::held_response::ResponseMemory;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Request, Response, header};
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tower::ServiceExt;

/// An unread rest of a body up to this size is read after the response, and the connection can be used again.
const SMALL_REST_BYTES: u64 = 8 << 10;

/// What is known of a connection by all who have to do with it.
pub struct ConnectionState {
    opened: Instant,
    /// Requests and responses in work.
    busy: AtomicUsize,
    /// Whether the client has not taken all of a response.
    is_stalled: AtomicBool,
    /// The end of the last response, in milliseconds since the start.
    idle_since_ms: AtomicU64,
    has_unread_body: AtomicBool,
    evicted: Notify,
}

/// Answers the requests of one connection.
#[derive(Clone)]
pub struct ConnectionService {
    pub app: Router,
    pub peer: SocketAddr,
    pub state: Arc<ConnectionState>,
    pub memory: ResponseMemory,
}

/// Keeps a connection from being idle.
struct BusyGuard(Arc<ConnectionState>);

/// The body of a request, which tells when it is dropped before its end.
struct WatchedBody {
    body: Incoming,
    state: Arc<ConnectionState>,
    must_close: Arc<AtomicBool>,
    /// Whether the client waits before it sends the body.
    is_awaited: bool,
    is_done: bool,
}

/// The body of a response that is written in parts.
struct BusyBody {
    body: Body,
    _busy: BusyGuard,
}

impl ConnectionState {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            busy: AtomicUsize::new(0),
            is_stalled: AtomicBool::new(false),
            idle_since_ms: AtomicU64::new(0),
            has_unread_body: AtomicBool::new(false),
            evicted: Notify::new(),
        })
    }

    /// How long the connection has waited for a request; `None` while one is worked on.
    pub fn idle_time(&self) -> Option<Duration> {
        if self.busy.load(Relaxed) > 0 || self.is_stalled.load(Relaxed) {
            return None;
        }
        Some(self.opened.elapsed().saturating_sub(Duration::from_millis(self.idle_since_ms.load(Relaxed))))
    }

    /// Has the connection closed, because another needs its place.
    pub fn evict(&self) {
        self.evicted.notify_one();
    }

    /// Waits until the connection has to be closed.
    pub async fn wait_for_eviction(&self) {
        self.evicted.notified().await;
    }

    pub fn set_stalled(&self, is_stalled: bool) {
        self.is_stalled.store(is_stalled, Relaxed);
    }

    /// Whether the client may still send a body that nobody reads.
    pub fn has_unread_body(&self) -> bool {
        self.has_unread_body.load(Relaxed)
    }
}

impl ConnectionService {
    /// Answers a request. The response closes the connection if a large rest of the request is unread.
    pub async fn respond(self, request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
        let busy = BusyGuard::new(&self.state);
        self.state.has_unread_body.store(false, Relaxed);
        let must_close = (!request.body().is_end_stream()).then(|| Arc::new(AtomicBool::new(false)));
        let mut request = match &must_close {
            None => request.map(|_| Body::empty()),
            Some(must_close) => self.watch_body(request, must_close),
        };
        request.extensions_mut().insert(ConnectInfo(self.peer));
        let mut response = self.memory.hold_response(self.app.oneshot(request).await?);
        if must_close.is_some_and(|must_close| must_close.load(Relaxed)) {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if response.body().size_hint().exact().is_some() {
            return Ok(response);
        }
        Ok(response.map(|body| Body::new(BusyBody { body, _busy: busy })))
    }

    fn watch_body(&self, request: Request<Incoming>, must_close: &Arc<AtomicBool>) -> Request<Body> {
        let is_awaited = request.headers().contains_key(header::EXPECT);
        let (state, must_close) = (self.state.clone(), must_close.clone());
        request.map(|body| Body::new(WatchedBody { body, state, must_close, is_awaited, is_done: false }))
    }
}

impl BusyGuard {
    fn new(state: &Arc<ConnectionState>) -> Self {
        state.busy.fetch_add(1, Relaxed);
        Self(state.clone())
    }
}

impl Drop for BusyGuard {
    fn drop(&mut self) {
        let now_ms = self.0.opened.elapsed().as_millis() as u64;
        self.0.idle_since_ms.store(now_ms, Relaxed);
        self.0.busy.fetch_sub(1, Relaxed);
    }
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        // The server asks for a body that the client waits to send when it is read for the first time.
        this.is_awaited = false;
        let frame = Pin::new(&mut this.body).poll_frame(cx);
        this.is_done |= matches!(frame, Poll::Ready(None));
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for WatchedBody {
    fn drop(&mut self) {
        if !self.is_done && !self.body.is_end_stream() {
            self.state.has_unread_body.store(true, Relaxed);
            let is_small = self.body.size_hint().upper().is_some_and(|rest| rest <= SMALL_REST_BYTES);
            self.must_close.store(self.is_awaited || !is_small, Relaxed);
        }
    }
}

impl HttpBody for BusyBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
