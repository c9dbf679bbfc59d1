//! Changing features (OGC API Features Part 4): create, replace, update, delete, and what is allowed.

use super::App;
use super::ask::Ask;
use super::present::{self, Answer, bare};
use super::problem::Problem;
use crate::atlas::{self, Act, Matching, Outcome, Wish, Wishes};
use crate::collection::CollectionId;
use crate::error::Error;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use serde_json::Value as Json;
use std::sync::Arc;
use terms::Terms;
use tokio::sync::oneshot;

pub mod terms;

pub const MAX_BODY_BYTES: usize = 16 << 20;
pub const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");
pub const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
pub const GEOJSON: &str = "application/geo+json";
pub const MERGE_PATCH: &str = "application/merge-patch+json";
/// Places of what a lenient edit left out.
const LEFT_OUT: HeaderName = HeaderName::from_static("edit-left-out");
/// Bodies up to this size are read where they come in.
const SMALL_BYTES: usize = 32 << 10;
/// How often an edit that is not tied to a state is tried against others that come between.
const TRIES: usize = 50;

pub type Body = Result<Bytes, BytesRejection>;

/// What can be done to a collection's items beside reading.
pub fn of_items(read: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    read.post(create).options(items_options).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// What can be done to one item beside reading.
pub fn of_item(read: MethodRouter<Arc<App>>) -> MethodRouter<Arc<App>> {
    read.put(replace).patch(patch).delete(delete).options(item_options).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

async fn create(ask: Ask, body: Body) -> Answer {
    let terms = Terms::of(&ask)?;
    let (feature, size) = terms.geojson(body)?;
    let made = carry_out(&ask, &terms, vec![terms.wish(Act::Create(feature))], size).await?;
    let Some(outcome) = made.outcomes.first() else { return Err(Error::internal("nothing was created").into()) };
    let mut response = made.answer(&ask, &terms, outcome, StatusCode::CREATED, StatusCode::CREATED);
    let location = ask.base().api(&["collections", ask.segment("collection"), "items", outcome.id.as_str()]);
    response.headers_mut().insert(header::LOCATION, present::quoted(&location));
    Ok(response)
}

async fn replace(ask: Ask, body: Body) -> Answer {
    let terms = Terms::of(&ask)?;
    let (feature, size) = terms.geojson(body)?;
    let act = Act::Replace { id: ask.segment("feature").to_owned(), feature };
    change(&ask, &terms, act, size).await
}

async fn patch(ask: Ask, body: Body) -> Answer {
    let terms = Terms::of(&ask)?;
    let (patch, size) = terms.merge_patch(body)?;
    let act = Act::Patch { id: ask.segment("feature").to_owned(), patch };
    change(&ask, &terms, act, size).await
}

async fn delete(ask: Ask) -> Answer {
    let terms = Terms::of(&ask)?;
    let act = Act::Delete { id: ask.segment("feature").to_owned() };
    carry_out(&ask, &terms, vec![terms.wish(act)], 0).await?;
    Ok(terms.applied(bare(StatusCode::NO_CONTENT)))
}

/// Changes one feature.
pub async fn change(ask: &Ask, terms: &Terms, act: Act, size: usize) -> Answer {
    let made = carry_out(ask, terms, vec![terms.wish(act)], size).await?;
    let Some(outcome) = made.outcomes.first() else { return Err(Error::internal("nothing was changed").into()) };
    Ok(made.answer(ask, terms, outcome, StatusCode::OK, StatusCode::NO_CONTENT))
}

async fn items_options(ask: Ask) -> Answer {
    let collection = ask.segment("collection");
    ask.atlas().view(collection)?;
    let may = !ask.app.config.read_only && ask.atlas().may_change(collection, None);
    let allow = if may { "GET, HEAD, POST, OPTIONS" } else { "GET, HEAD, OPTIONS" };
    let mut response = (StatusCode::OK, [(header::ALLOW, HeaderValue::from_static(allow))]).into_response();
    if may {
        response.headers_mut().insert(ACCEPT_POST, HeaderValue::from_static(GEOJSON));
    }
    Ok(response)
}

async fn item_options(ask: Ask) -> Answer {
    let (collection, id) = (ask.segment("collection"), ask.segment("feature"));
    let view = ask.atlas().view(collection)?;
    ask.atlas().item(&view, id)?;
    let may = !ask.app.config.read_only && ask.atlas().may_change(collection, Some(id));
    let allow = if may { "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" } else { "GET, HEAD, OPTIONS" };
    let mut response = (StatusCode::OK, [(header::ALLOW, HeaderValue::from_static(allow))]).into_response();
    if may {
        response.headers_mut().insert(ACCEPT_PATCH, HeaderValue::from_static(MERGE_PATCH));
    }
    Ok(response)
}

/// What was done.
pub struct Made {
    pub collection: CollectionId,
    pub revision: u64,
    pub outcomes: Vec<Outcome>,
    pub left_out: Vec<String>,
}

/// Carries wishes out, durably. Those that are not tied to a state of their feature are tried again when somebody was first.
pub async fn carry_out(ask: &Ask, terms: &Terms, wishes: Vec<Wish>, size: usize) -> Result<Made, Problem> {
    let atlas = ask.atlas();
    let wishes = Arc::new(Wishes { wishes, crs: terms.crs, handling: terms.handling });
    let collection = ask.segment("collection").to_owned();
    for _ in 0..TRIES {
        let prepared = if size <= SMALL_BYTES {
            atlas.prepare(&collection, &wishes)?
        } else {
            let (atlas, wishes, collection) = (atlas.clone(), wishes.clone(), collection.clone());
            ask.app.pool.run(move || atlas.prepare(&collection, &wishes)).await??
        };
        let (id, left_out) = (prepared.set.collection.clone(), prepared.left_out.clone());
        match answered(|answer| atlas.commit_then(prepared, answer)).await {
            Ok(done) => {
                let revision = done.revision;
                return Ok(Made { collection: id, revision, outcomes: Outcome::all(done), left_out });
            }
            Err(Error::Stale(_)) => drop(answered(|answer| atlas.catch_up_then(&id, answer)).await?),
            Err(e) => return Err(e.into()),
        }
    }
    Err(Error::Busy("Others keep changing the same features. Try again in a moment.".into()).into())
}

/// Waits for the desk without holding a thread.
async fn answered<T: Send + 'static>(ask: impl FnOnce(atlas::Answer<T>)) -> Result<T, Error> {
    let (say, hear) = oneshot::channel();
    ask(Box::new(move |answer| drop(say.send(answer))));
    hear.await.unwrap_or_else(|_| Err(Error::Busy("The plan is being closed. Try again when it is open.".into())))
}

impl Made {
    /// One feature's answer: its tag, and itself when the client wants it back.
    fn answer(&self, ask: &Ask, terms: &Terms, outcome: &Outcome, full: StatusCode, empty: StatusCode) -> Response {
        let view = ask.atlas().view(self.collection.as_str());
        let mut response = match (terms.representation, &outcome.feature, view) {
            (true, Some(feature), Ok(view)) => {
                let body = view.collection().geojson(feature).to_string();
                (full, [(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON))], body).into_response()
            }
            _ => bare(empty),
        };
        if let Some(state) = outcome.state() {
            response.headers_mut().insert(header::ETAG, present::quoted(&tag(&state)));
        }
        if !self.left_out.is_empty() {
            let places = self.left_out.iter().map(|at| super::urls::pointer(at)).collect::<Vec<_>>().join(", ");
            response.headers_mut().insert(LEFT_OUT, present::quoted(&places));
        }
        terms.applied(response)
    }
}

/// The tag of a feature's state, for all its representations.
pub fn tag(state: &str) -> String {
    format!("\"{state}\"")
}

/// The tag of one representation of a state.
pub fn tag_of_body(state: &str, body: &[u8]) -> String {
    format!("\"{state}-{:08x}\"", present::hash(body) as u32)
}

/// The states that a list of tags means. A weak tag never matches (RFC 9110, 13.1.1).
pub fn matching(tags: &str) -> Matching {
    if tags.trim() == "*" {
        return Matching::Any;
    }
    let strong = tags.split(',').filter_map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    Matching::States(strong.map(|tag| tag.split('-').next().unwrap_or(tag).to_owned()).collect())
}

/// The JSON of a body, with its size.
pub fn json(body: Body) -> Result<(Json, usize), Problem> {
    let body = body.map_err(|e| {
        let limit = MAX_BODY_BYTES >> 20;
        Problem::new(
            e.status(),
            format!("The request could not be read whole. It may be too large: {limit} MB are allowed."),
        )
    })?;
    let json = serde_json::from_slice(&body).map_err(|e| Error::invalid("", format!("The body is not JSON: {e}.")))?;
    Ok((json, body.len()))
}
