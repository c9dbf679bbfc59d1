//! Changing features (OGC API - Features - Part 4): create, replace, update, delete, and `OPTIONS`, which says what a
//! viewer may do.

use super::AppState;
use super::request_body::{ParsedBody, UnreadBody};
use super::request_context::RequestContext;
use super::response::{self, HttpResult, empty_response};
use crate::atlas::EditAction;
use crate::error::Error;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use headers::{ACCEPT_PATCH, ACCEPT_POST, EditHeaders};
use media::{GEOJSON, MERGE_PATCH};
use std::sync::Arc;
use submit::item_response;

mod entity_tag;
pub mod headers;
mod media;
mod submit;

pub use entity_tag::{format_body_etag, format_etag, parse_etags};
pub use media::MAX_BODY_BYTES;
pub use submit::{EditSubmission, change_item, submit_batch, submit_edits};

/// The methods of a collection's items beside reading.
pub fn add_items_methods(read: MethodRouter<Arc<AppState>>) -> MethodRouter<Arc<AppState>> {
    read.post(create_item).options(get_items_options)
}

/// The methods of one item beside reading.
pub fn add_item_methods(read: MethodRouter<Arc<AppState>>) -> MethodRouter<Arc<AppState>> {
    read.put(replace_item).patch(update_item).delete(delete_item).options(get_item_options)
}

async fn create_item(context: RequestContext, body: UnreadBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let body = edit_headers.read_geojson(&context, body).await?;
    let requests = body.map(|feature| vec![edit_headers.edit_request(EditAction::Create(feature))]);
    let outcome = submit_edits(&context, &edit_headers, requests).await?;
    let Some(edit) = outcome.edits.first() else { return Err(Error::internal("nothing was created").into()) };
    let mut response = item_response(&context, &edit_headers, &outcome, edit, [StatusCode::CREATED; 2]);
    let location =
        context.base_url().api_url(&["collections", context.path_segment("collection"), "items", edit.id.as_str()]);
    response.headers_mut().insert(header::LOCATION, response::ascii_header_value(&location));
    Ok(response)
}

async fn replace_item(context: RequestContext, body: UnreadBody) -> HttpResult {
    let edit_headers = EditHeaders::from_item_request(&context)?;
    let body = edit_headers.read_geojson(&context, body).await?;
    let id = context.path_segment("feature").to_owned();
    change_item(&context, &edit_headers, body.map(|feature| EditAction::Replace { id, feature })).await
}

async fn update_item(context: RequestContext, body: UnreadBody) -> HttpResult {
    let edit_headers = EditHeaders::from_item_request(&context)?;
    let body = edit_headers.read_merge_patch(&context, body).await?;
    let id = context.path_segment("feature").to_owned();
    change_item(&context, &edit_headers, body.map(|patch| EditAction::Patch { id, patch })).await
}

async fn delete_item(context: RequestContext) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let action = EditAction::Delete { id: context.path_segment("feature").to_owned() };
    let requests = ParsedBody::without_body(vec![edit_headers.edit_request(action)]);
    submit_edits(&context, &edit_headers, requests).await?;
    Ok(edit_headers.confirm_preferences(empty_response(StatusCode::NO_CONTENT)))
}

async fn get_items_options(context: RequestContext) -> HttpResult {
    let collection = context.path_segment("collection");
    context.plan().collection_view(collection)?;
    let may_add = !context.app.config.read_only && context.plan().may_change(collection, None);
    Ok(allow_response("GET, HEAD, OPTIONS", may_add.then_some(("GET, HEAD, POST, OPTIONS", ACCEPT_POST, GEOJSON))))
}

async fn get_item_options(context: RequestContext) -> HttpResult {
    let (collection, id) = (context.path_segment("collection"), context.path_segment("feature"));
    let view = context.plan().collection_view(collection)?;
    context.plan().find_item(&view, id)?;
    let may_edit = !context.app.config.read_only && context.plan().may_change(collection, Some(id));
    let editing = ("GET, HEAD, PUT, PATCH, DELETE, OPTIONS", ACCEPT_PATCH, MERGE_PATCH);
    Ok(allow_response("GET, HEAD, OPTIONS", may_edit.then_some(editing)))
}

/// The methods that are allowed, for a viewer who may edit with the media type that an edit is sent in.
fn allow_response(reading: &'static str, editing: Option<(&'static str, HeaderName, &'static str)>) -> Response {
    let Some((methods, accept, media)) = editing else {
        return (StatusCode::OK, [(header::ALLOW, HeaderValue::from_static(reading))]).into_response();
    };
    let headers = [(header::ALLOW, HeaderValue::from_static(methods)), (accept, HeaderValue::from_static(media))];
    (StatusCode::OK, headers).into_response()
}
