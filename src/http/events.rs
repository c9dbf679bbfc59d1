//! News as server-sent events: each change once it is published, numbered; who comes back with the last number is told what they
//! missed, or to begin anew.

use super::App;
use super::ask::Ask;
use super::present::Answer;
use super::problem::Problem;
use crate::atlas::{Piece, Seen, Since};
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
const AHEAD: usize = 8;

/// Listens to all collections, or to those named; from now on, or since a number, which a page of items has in `Cityheart-News`.
pub async fn listen(ask: Ask) -> Answer {
    let pairs = ask.only(&["collections", "since"])?;
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let wanted = given("collections").map(|list| list.split(',').map(str::to_owned).collect::<Vec<_>>());
    for name in wanted.iter().flatten() {
        ask.atlas().view(name)?;
    }
    // Who comes back heard more than the address of their first visit says.
    let back = ask.headers.get(LAST_EVENT_ID).map(|v| v.to_str().unwrap_or_default().trim());
    let back = back.filter(|last| !last.is_empty());
    let last = back.or(given("since")).map(|last| last.parse().unwrap_or_default());
    let place = Place::take(&ask.app)?;
    let (send, body) = mpsc::channel(AHEAD);
    let listener = Listener { atlas: ask.atlas().clone(), wanted, send, _place: place };
    tokio::spawn(listener.tell(last, back.is_none()));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // Proxies of the nginx kind would hold news back until there is much of it.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Body::from_stream(ReceiverStream::new(body))).into_response() as Response)
}

/// One place among those who listen.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(app: &App) -> Result<Self, Problem> {
        let place = Self(app.listeners.clone());
        let before = place.0.fetch_add(1, Ordering::Relaxed);
        if before >= app.config.limits.listeners {
            return Err(Error::Busy("Too many listen to events already. Try again in a moment.".into()).into());
        }
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Listener {
    atlas: Seen,
    wanted: Option<Vec<String>>,
    send: mpsc::Sender<Result<Bytes, Infallible>>,
    _place: Place,
}

impl Listener {
    /// Tells until the listener goes away or the program ends.
    async fn tell(self, last: Option<u64>, first: bool) {
        let mut last = last.unwrap_or_else(|| self.atlas.news().last());
        // Who is cut off before the first event comes back with this number.
        if first && !self.say(format!("id: {last}\n\n")).await {
            return;
        }
        loop {
            match self.atlas.news().since(last) {
                Since::Ended => return,
                Since::Unknown(now) => {
                    last = now;
                    if !self.say(format!("event: reset\nid: {now}\ndata: {{}}\n\n")).await {
                        return;
                    }
                }
                Since::News(pieces) => {
                    for piece in pieces {
                        last = piece.number;
                        if let Some(text) = self.event(&piece)
                            && !self.say(text).await
                        {
                            return;
                        }
                    }
                }
            }
            if !self.wait(last).await {
                return;
            }
        }
    }

    /// Waits for what comes after a number, with a heartbeat now and then. Returns whether somebody still listens.
    async fn wait(&self, last: u64) -> bool {
        let (wake, mut woken) = oneshot::channel::<()>();
        let alive = Arc::new(());
        self.atlas.news().when_after(
            last,
            &alive,
            Box::new(move || {
                let _ = wake.send(());
            }),
        );
        loop {
            tokio::select! {
                _ = &mut woken => return true,
                () = self.send.closed() => return false,
                () = tokio::time::sleep(HEARTBEAT) => {
                    if !self.say(": still here\n\n".to_owned()).await {
                        return false;
                    }
                }
            }
        }
    }

    async fn say(&self, text: String) -> bool {
        self.send.send(Ok(text.into())).await.is_ok()
    }

    /// One piece of news, if it is any for this listener.
    fn event(&self, piece: &Piece) -> Option<String> {
        let id = piece.collection.as_str();
        if self.wanted.as_ref().is_some_and(|wanted| !wanted.iter().any(|w| w == id)) {
            return None;
        }
        let heard = self.atlas.heard(piece)?;
        let data = json!({
            "collection": id,
            "revision": piece.revision,
            "bbox": heard.bbox.map(crate::feature::Bbox::to_array),
            "ids": heard.ids.iter().map(crate::feature::FeatureId::as_str).collect::<Vec<_>>(),
        });
        Some(format!("event: change\nid: {}\ndata: {data}\n\n", piece.number))
    }
}
