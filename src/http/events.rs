//! News as server-sent events: each change once it is published, numbered; who comes back with the last number is told what they
//! missed, or to begin anew.

use super::app_state::AppState;
use super::problem::ProblemDetails;
use super::request_context::RequestContext;
use super::response::HttpResult;
use crate::atlas::{EntriesSince, FeedEntry, ViewerPlan};
use crate::error::Error;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use serde_json::json;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A sign of life for those between that end what is silent.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How much a slow listener may be behind before the sending waits for them.
const MAX_QUEUED_EVENTS: usize = 8;

/// Listens to all collections, or to those named; from now on, or since a number, which a page of items has in `Cityheart-News`.
pub async fn stream_events(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&["collections", "since"])?;
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let wanted = given("collections").map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    for name in wanted.iter().flatten() {
        context.plan().collection_view(name)?;
    }
    // Who comes back heard more than the address of their first visit says.
    let last_event_id = context.headers.get(LAST_EVENT_ID).map(|v| v.to_str().unwrap_or_default().trim());
    let last_event_id = last_event_id.filter(|last| !last.is_empty());
    let last = last_event_id.or(given("since")).map(|last| last.parse().unwrap_or_default());
    let slot = ListenerSlot::acquire(&context.app)?;
    let (send, body) = mpsc::channel(MAX_QUEUED_EVENTS);
    let listener = EventListener { atlas: context.plan().clone(), collections: wanted, sender: send, _slot: slot };
    tokio::spawn(listener.send_events(last, last_event_id.is_none()));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Proxies of the nginx kind would hold news back until there is much of it.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(body))).into_response() as Response)
}

/// One place among those who listen.
struct ListenerSlot(Arc<AtomicUsize>);

impl ListenerSlot {
    fn acquire(app: &AppState) -> Result<Self, ProblemDetails> {
        let slot = Self(app.listener_count.clone());
        let before = slot.0.fetch_add(1, Ordering::Relaxed);
        if before >= app.config.limits.listeners {
            return Err(Error::Busy("Too many listen to events already. Try again in a moment.".into()).into());
        }
        Ok(slot)
    }
}

impl Drop for ListenerSlot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct EventListener {
    atlas: ViewerPlan,
    collections: Option<Vec<String>>,
    sender: mpsc::Sender<Result<Bytes, Infallible>>,
    _slot: ListenerSlot,
}

impl EventListener {
    /// Tells until the listener goes away or the program ends.
    async fn send_events(self, last: Option<u64>, first: bool) {
        let mut last = last.unwrap_or_else(|| self.atlas.change_feed().last_number());
        // Who is cut off before the first event comes back with this number.
        if first && !self.send_text(format!("id: {last}\n\n")).await {
            return;
        }
        loop {
            match self.atlas.change_feed().entries_since(last) {
                EntriesSince::Ended => return,
                EntriesSince::Unknown(now) => {
                    last = now;
                    if !self.send_text(format!("event: reset\nid: {now}\ndata: {{}}\n\n")).await {
                        return;
                    }
                }
                EntriesSince::Entries(pieces) => {
                    for piece in pieces {
                        last = piece.number;
                        if let Some(text) = self.format_event(&piece)
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

    /// Waits for what comes after a number, with a heartbeat now and then. Returns whether somebody still listens.
    async fn wait_for_change(&self, last: u64) -> bool {
        let (wake, mut woken) = oneshot::channel::<()>();
        let alive = Arc::new(());
        self.atlas.change_feed().wake_after(
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
                    if !self.send_text(": still here\n\n".to_owned()).await {
                        return false;
                    }
                }
            }
        }
    }

    async fn send_text(&self, text: String) -> bool {
        self.sender.send(Ok(text.into())).await.is_ok()
    }

    /// One piece of news, if it is any for this listener.
    fn format_event(&self, piece: &FeedEntry) -> Option<String> {
        let id = piece.collection.as_str();
        if self.collections.as_ref().is_some_and(|wanted| !wanted.iter().any(|w| w == id)) {
            return None;
        }
        let change = self.atlas.visible_change(piece)?;
        let data = json!({
            "collection": id,
            "revision": piece.revision,
            "bbox": change.bbox.map(crate::feature::BoundingBox::to_array),
            "ids": change.ids.iter().map(crate::feature::FeatureId::as_str).collect::<Vec<_>>(),
        });
        Some(format!("event: change\nid: {}\ndata: {data}\n\n", piece.number))
    }
}
