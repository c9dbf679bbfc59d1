//! The change feed as server-sent events: each change as soon as it is published, with a number. A client that
//! reconnects with the last number receives what it missed, or the event `reset`, after which it loads everything
//! again.

use super::app_state::AppState;
use super::client_limits::ClientKey;
use super::client_quota::{QuotaExceeded, QuotaHold};
use super::identity::ViewerCredential;
use super::problem::ProblemDetails;
use super::request_context::RequestContext;
use super::response::HttpResult;
use crate::access::AccessCredential;
use crate::atlas::{EntriesSince, FeedEntry, ViewerPlan};
use crate::error::{Error, count_noun};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Keeps proxies from closing a silent connection.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that are queued for a slow client before the sender waits for it.
const MAX_QUEUED_EVENTS: usize = 8;

/// Streams the changes of all collections, or of those named; from now on, or since a number, which a page of items has
/// in its header `Cityheart-News`.
pub async fn stream_events(context: RequestContext, ViewerCredential(credential): ViewerCredential) -> HttpResult {
    let pairs = context.parse_known_pairs(&["collections", "since"])?;
    let parameter = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let collections = parameter("collections").map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    for name in collections.iter().flatten() {
        context.plan().collection_view(name)?;
    }
    // A client that reconnects has received more than the address of its first request says.
    let last_event_id = context.headers.get(LAST_EVENT_ID).map(|v| v.to_str().unwrap_or_default().trim());
    let last_event_id = last_event_id.filter(|last| !last.is_empty());
    let last = last_event_id.or(parameter("since")).map(|last| last.parse().unwrap_or_default());
    let stream = open_stream(&context)?;
    let (send, body) = mpsc::channel(MAX_QUEUED_EVENTS);
    let listener = EventListener {
        app: context.app.clone(),
        credential,
        plan: context.plan().clone(),
        collections,
        sender: send,
        _stream: stream,
    };
    tokio::spawn(listener.send_events(last, last_event_id.is_none()));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx would buffer events until there are many.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(body))).into_response() as Response)
}

/// One of the event streams that the server keeps open at a time.
///
/// # Errors
/// 429 when the client has its share of them, 503 when there are no more.
fn open_stream(context: &RequestContext) -> Result<QuotaHold, ProblemDetails> {
    let limits = &context.app.config.limits;
    let is_local = matches!(context.client(), Some(ClientKey::Address(address)) if address.is_loopback());
    // A proxy on this machine has the streams of all visitors.
    let share = if is_local { limits.listeners.div_ceil(2) } else { limits.listeners_per_client };
    let mut stream = context.app.listeners.hold(context.client().cloned(), share);
    match stream.grow(1) {
        Ok(()) => Ok(stream),
        Err(QuotaExceeded::Server) => {
            Err(Error::Busy("The server has no free event stream. Try again in a moment.".into()).into())
        }
        Err(QuotaExceeded::Client) => {
            let open = count_noun(share as u64, "event stream");
            let detail = format!("You have {open} open, and no more are allowed. Close one before you open another.");
            let headers = vec![(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            Err(ProblemDetails { headers, ..ProblemDetails::new(StatusCode::TOO_MANY_REQUESTS, detail) })
        }
    }
}

struct EventListener {
    app: Arc<AppState>,
    credential: Option<AccessCredential>,
    plan: ViewerPlan,
    collections: Option<Vec<String>>,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
    _stream: QuotaHold,
}

impl EventListener {
    /// Sends events until the client disconnects, its viewer is no longer who it was, or the server stops.
    async fn send_events(self, last: Option<u64>, first: bool) {
        let mut last = last.unwrap_or_else(|| self.plan.change_feed().last_number());
        // A client that is cut off before the first event reconnects with this number.
        if first && !self.send_text(format!("id: {last}\n\n")).await {
            return;
        }
        loop {
            if !self.is_still_viewer().await {
                return;
            }
            match self.plan.change_feed().entries_since(last) {
                EntriesSince::Ended => return,
                EntriesSince::Unknown(now) => {
                    last = now;
                    if !self.send_text(format!("event: reset\nid: {now}\ndata: {{}}\n\n")).await {
                        return;
                    }
                }
                EntriesSince::Entries(entries) => {
                    for entry in entries {
                        last = entry.number;
                        if let Some(text) = self.format_event(&entry)
                            && !self.send_text(text).await
                        {
                            return;
                        }
                    }
                }
            }
            if !self.wait_for_change(last).await {
                return;
            }
        }
    }

    /// Waits for a change after this number, and sends heartbeats. Returns whether the client is still connected.
    async fn wait_for_change(&self, last: u64) -> bool {
        let (wake, mut woken) = oneshot::channel::<()>();
        let alive = Arc::new(());
        self.plan.change_feed().wake_after(
            last,
            &alive,
            Box::new(move || {
                let _ = wake.send(());
            }),
        );
        loop {
            tokio::select! {
                _ = &mut woken => return true,
                () = self.sender.closed() => return false,
                () = tokio::time::sleep(HEARTBEAT) => {
                    if !self.is_still_viewer().await || !self.send_text(": heartbeat\n\n".to_owned()).await {
                        return false;
                    }
                }
            }
        }
    }

    /// Whether the credential still stands for the same viewer, with the same rights: not after signing out, after the
    /// token is revoked, and after the account is changed. The client connects anew and gets what it may see then.
    async fn is_still_viewer(&self) -> bool {
        let Some(credential) = self.credential else { return true };
        self.app.find_viewer(credential).await.is_ok_and(|viewer| viewer.as_ref() == Some(self.plan.viewer()))
    }

    async fn send_text(&self, text: String) -> bool {
        self.sender.send(Ok(text.into())).await.is_ok()
    }

    /// One change as an event; `None` if the client did not subscribe to it or its viewer may not see it.
    fn format_event(&self, entry: &FeedEntry) -> Option<String> {
        let id = entry.collection.as_str();
        if self.collections.as_ref().is_some_and(|subscribed| !subscribed.iter().any(|s| s == id)) {
            return None;
        }
        let change = self.plan.visible_change(entry)?;
        let data = json!({
            "collection": id,
            "revision": entry.revision,
            "bbox": change.bbox.map(crate::feature::BoundingBox::to_array),
            "ids": change.ids.iter().map(crate::feature::FeatureId::as_str).collect::<Vec<_>>(),
        });
        Some(format!("event: change\nid: {}\ndata: {data}\n\n", entry.number))
    }
}
