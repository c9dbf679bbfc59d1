//! Changing features (OGC API Features Part 4): create, replace, update, delete, and what is allowed.

use super::AppState;
use super::problem::ProblemDetails;
use super::request_context::RequestContext;
use super::response::{self, HttpResult, empty_response};
use crate::atlas::{self, EditAction, EditBatch, EditOutcome, EditPrecondition, EditRequest};
use crate::collection::CollectionId;
use crate::digest::hash_content;
use crate::error::Error;
use axum::body::Bytes;
use axum::extract::DefaultBodyLimit;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use headers::EditHeaders;
use serde_json::Value as Json;
use std::sync::Arc;
use tokio::sync::oneshot;

pub mod headers;

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
const MAX_ATTEMPTS: usize = 50;

pub type RequestBody = Result<Bytes, BytesRejection>;

/// What can be done to a collection's items beside reading.
pub fn add_items_methods(read: MethodRouter<Arc<AppState>>) -> MethodRouter<Arc<AppState>> {
    read.post(create_item).options(get_items_options).layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// What can be done to one item beside reading.
pub fn add_item_methods(read: MethodRouter<Arc<AppState>>) -> MethodRouter<Arc<AppState>> {
    read.put(replace_item)
        .patch(update_item)
        .delete(delete_item)
        .options(get_item_options)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

async fn create_item(context: RequestContext, body: RequestBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let (feature, size) = edit_headers.parse_geojson(body)?;
    let committed =
        commit_edits(&context, &edit_headers, vec![edit_headers.edit_request(EditAction::Create(feature))], size)
            .await?;
    let Some(outcome) = committed.outcomes.first() else { return Err(Error::internal("nothing was created").into()) };
    let mut response =
        committed.to_response(&context, &edit_headers, outcome, StatusCode::CREATED, StatusCode::CREATED);
    let location =
        context.base_url().api_url(&["collections", context.path_segment("collection"), "items", outcome.id.as_str()]);
    response.headers_mut().insert(header::LOCATION, response::ascii_header_value(&location));
    Ok(response)
}

async fn replace_item(context: RequestContext, body: RequestBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let (feature, size) = edit_headers.parse_geojson(body)?;
    let operation = EditAction::Replace { id: context.path_segment("feature").to_owned(), feature };
    change_item(&context, &edit_headers, operation, size).await
}

async fn update_item(context: RequestContext, body: RequestBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let (patch, size) = edit_headers.parse_merge_patch(body)?;
    let operation = EditAction::Patch { id: context.path_segment("feature").to_owned(), patch };
    change_item(&context, &edit_headers, operation, size).await
}

async fn delete_item(context: RequestContext) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let operation = EditAction::Delete { id: context.path_segment("feature").to_owned() };
    commit_edits(&context, &edit_headers, vec![edit_headers.edit_request(operation)], 0).await?;
    Ok(edit_headers.confirm_preferences(empty_response(StatusCode::NO_CONTENT)))
}

/// Changes one feature.
pub async fn change_item(
    context: &RequestContext,
    edit_headers: &EditHeaders,
    operation: EditAction,
    size: usize,
) -> HttpResult {
    let committed = commit_edits(context, edit_headers, vec![edit_headers.edit_request(operation)], size).await?;
    let Some(outcome) = committed.outcomes.first() else { return Err(Error::internal("nothing was changed").into()) };
    Ok(committed.to_response(context, edit_headers, outcome, StatusCode::OK, StatusCode::NO_CONTENT))
}

async fn get_items_options(context: RequestContext) -> HttpResult {
    let collection = context.path_segment("collection");
    context.plan().collection_view(collection)?;
    let may = !context.app.config.read_only && context.plan().may_change(collection, None);
    let allow = if may { "GET, HEAD, POST, OPTIONS" } else { "GET, HEAD, OPTIONS" };
    let mut response = (StatusCode::OK, [(header::ALLOW, HeaderValue::from_static(allow))]).into_response();
    if may {
        response.headers_mut().insert(ACCEPT_POST, HeaderValue::from_static(GEOJSON));
    }
    Ok(response)
}

async fn get_item_options(context: RequestContext) -> HttpResult {
    let (collection, id) = (context.path_segment("collection"), context.path_segment("feature"));
    let view = context.plan().collection_view(collection)?;
    context.plan().find_item(&view, id)?;
    let may = !context.app.config.read_only && context.plan().may_change(collection, Some(id));
    let allow = if may { "GET, HEAD, PUT, PATCH, DELETE, OPTIONS" } else { "GET, HEAD, OPTIONS" };
    let mut response = (StatusCode::OK, [(header::ALLOW, HeaderValue::from_static(allow))]).into_response();
    if may {
        response.headers_mut().insert(ACCEPT_PATCH, HeaderValue::from_static(MERGE_PATCH));
    }
    Ok(response)
}

/// What was done.
pub struct CommittedEdits {
    pub collection: CollectionId,
    pub revision: u64,
    pub outcomes: Vec<EditOutcome>,
    pub left_out: Vec<String>,
}

/// Carries wishes out, durably. Those that are not tied to a state of their feature are tried again when somebody was first.
pub async fn commit_edits(
    context: &RequestContext,
    edit_headers: &EditHeaders,
    requests: Vec<EditRequest>,
    size: usize,
) -> Result<CommittedEdits, ProblemDetails> {
    let atlas = context.plan();
    let requests = Arc::new(EditBatch { requests, crs: edit_headers.crs, handling: edit_headers.handling });
    let collection = context.path_segment("collection").to_owned();
    for _ in 0..MAX_ATTEMPTS {
        let prepared = if size <= SMALL_BYTES {
            atlas.prepare_edits(&collection, &requests)?
        } else {
            let (atlas, requests, collection) = (atlas.clone(), requests.clone(), collection.clone());
            context.app.pool.run(move || atlas.prepare_edits(&collection, &requests)).await??
        };
        let (id, left_out) = (prepared.set.collection.clone(), prepared.left_out.clone());
        match await_commit(|answer| atlas.commit_then(prepared, answer)).await {
            Ok(done) => {
                let revision = done.revision;
                return Ok(CommittedEdits {
                    collection: id,
                    revision,
                    outcomes: EditOutcome::from_commit(done),
                    left_out,
                });
            }
            Err(Error::Stale(_)) => drop(await_commit(|answer| atlas.catch_up_then(&id, answer)).await?),
            Err(e) => return Err(e.into()),
        }
    }
    Err(Error::Busy("Others keep changing the same features. Try again in a moment.".into()).into())
}

/// Waits for the desk without holding a thread.
async fn await_commit<T: Send + 'static>(submit: impl FnOnce(atlas::ReplyCallback<T>)) -> Result<T, Error> {
    let (sender, receiver) = oneshot::channel();
    submit(Box::new(move |answer| drop(sender.send(answer))));
    receiver.await.unwrap_or_else(|_| Err(Error::Busy("The plan is being closed. Try again when it is open.".into())))
}

impl CommittedEdits {
    /// One feature's answer: its tag, and itself when the client wants it back.
    fn to_response(
        &self,
        context: &RequestContext,
        edit_headers: &EditHeaders,
        outcome: &EditOutcome,
        full: StatusCode,
        empty: StatusCode,
    ) -> Response {
        let view = context.plan().collection_view(self.collection.as_str());
        let mut response = match (edit_headers.representation, &outcome.feature, view) {
            (true, Some(feature), Ok(view)) => {
                let body = view.collection().feature_to_geojson(feature).to_string();
                (full, [(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON))], body).into_response()
            }
            _ => empty_response(empty),
        };
        if let Some(state) = outcome.state_tag() {
            response.headers_mut().insert(header::ETAG, response::ascii_header_value(&format_etag(&state)));
        }
        if !self.left_out.is_empty() {
            let places = self.left_out.iter().map(|at| super::urls::encode_pointer(at)).collect::<Vec<_>>().join(", ");
            response.headers_mut().insert(LEFT_OUT, response::ascii_header_value(&places));
        }
        edit_headers.confirm_preferences(response)
    }
}

/// The tag of a feature's state, for all its representations.
pub fn format_etag(state: &str) -> String {
    format!("\"{state}\"")
}

/// The tag of one representation of a state.
pub fn format_body_etag(state: &str, body: &[u8]) -> String {
    format!("\"{state}-{:08x}\"", hash_content(body) as u32)
}

/// The states that a list of tags means. A weak tag never matches (RFC 9110, 13.1.1).
pub fn parse_etags(tags: &str) -> EditPrecondition {
    if tags.trim() == "*" {
        return EditPrecondition::Any;
    }
    let strong = tags.split(',').filter_map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    EditPrecondition::States(strong.map(|tag| tag.split('-').next().unwrap_or(tag).to_owned()).collect())
}

/// The JSON of a body, with its size.
pub fn parse_body(body: RequestBody) -> Result<(Json, usize), ProblemDetails> {
    let body = body.map_err(|e| {
        let limit = MAX_BODY_BYTES >> 20;
        ProblemDetails::new(
            e.status(),
            format!("The request could not be read whole. It may be too large: {limit} MB are allowed."),
        )
    })?;
    let json = serde_json::from_slice(&body).map_err(|e| Error::invalid("", format!("The body is not JSON: {e}.")))?;
    Ok((json, body.len()))
}
