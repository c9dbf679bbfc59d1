//! Hands edits to the atlas, and presents the outcome.

use super::entity_tag::format_etag;
use super::headers::EditHeaders;
use super::media::GEOJSON;
use crate::atlas::{ChangeOutcome, EditAction, EditBatch, EditOutcome, EditRequest};
use crate::change::AccountId;
use crate::error::Error;
use crate::http::fair_queue::JobKind;
use crate::http::problem::ProblemDetails;
use crate::http::request_body::{ParsedBody, SMALL_BYTES};
use crate::http::request_context::RequestContext;
use crate::http::request_id::RequestId;
use crate::http::request_log::log_edit;
use crate::http::response::{self, HttpResult, empty_response};
use crate::http::urls;
use crate::work_budget::WorkBudget;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;

/// JSON pointers to what a lenient edit left out.
const LEFT_OUT: HeaderName = HeaderName::from_static("edit-left-out");
/// The most bytes of pointers in the header.
const MAX_POINTER_BYTES: usize = 1000;

/// Submits edits as one change, and waits for its outcome without holding a thread. Edits in small bodies are validated
/// on the thread of the request, those in larger ones in the worker pool.
pub async fn submit_edits(
    context: &RequestContext,
    edit_headers: &EditHeaders,
    body: ParsedBody<Vec<EditRequest>>,
) -> Result<ChangeOutcome, ProblemDetails> {
    let start = Instant::now();
    let ParsedBody { value: requests, bytes: body_bytes, memory } = body;
    let collection = context.path_segment("collection").to_owned();
    let batch = EditBatch {
        collection,
        requests,
        crs: edit_headers.crs,
        handling: edit_headers.handling,
        work: WorkBudget::unlimited(),
    };
    let (sender, receiver) = oneshot::channel();
    let (id, account) = (context.request_id().cloned(), context.viewer().account().map(|account| account.id.clone()));
    let answer = Box::new(move |outcome: Result<ChangeOutcome, Error>| {
        let saved = outcome.map(|outcome| SavedEdit { outcome: Some(outcome), id, account, start });
        drop(sender.send(saved));
        drop(memory);
    });
    // When the client goes away or the deadline passes, this future is dropped, and with it a change that is not
    // committed yet.
    let caller = Arc::new(());
    let alive = Arc::downgrade(&caller);
    if body_bytes <= SMALL_BYTES {
        context.plan().change_then(batch, alive, answer);
    } else {
        let plan = context.plan().clone();
        context
            .app
            .pool
            .run_to_end(&context.job_owner(JobKind::Edit), move |work| {
                plan.change_then(EditBatch { work: work.clone(), ..batch }, alive, answer);
            })
            .await?;
    }
    let closed = |_| Err(Error::Busy("The plan is closing. Try again when it is open.".into()));
    Ok(receiver.await.unwrap_or_else(closed)?.into_outcome()?)
}

/// An edit that is saved. It is logged when its outcome is taken, or when this is dropped because the client has gone
/// away.
struct SavedEdit {
    /// `None` once it is logged.
    outcome: Option<ChangeOutcome>,
    id: Option<RequestId>,
    account: Option<AccountId>,
    start: Instant,
}

impl SavedEdit {
    fn into_outcome(mut self) -> Result<ChangeOutcome, Error> {
        self.log_once().ok_or_else(|| Error::internal("an edit has no outcome"))
    }

    fn log_once(&mut self) -> Option<ChangeOutcome> {
        let outcome = self.outcome.take()?;
        log_edit(self.id.as_ref(), self.account.as_ref(), &outcome, self.start.elapsed());
        Some(outcome)
    }
}

impl Drop for SavedEdit {
    fn drop(&mut self) {
        self.log_once();
    }
}

/// Changes one feature.
pub async fn change_item(
    context: &RequestContext,
    edit_headers: &EditHeaders,
    action: ParsedBody<EditAction>,
) -> HttpResult {
    let requests = action.map(|action| vec![edit_headers.edit_request(action)]);
    let outcome = submit_edits(context, edit_headers, requests).await?;
    let Some(edit) = outcome.edits.first() else { return Err(Error::internal("nothing was changed").into()) };
    Ok(item_response(context, edit_headers, &outcome, edit, [StatusCode::OK, StatusCode::NO_CONTENT]))
}

/// Pointers as a header may hold them, and how many more there are than fit.
fn list_pointers(left_out: &[String]) -> String {
    let mut line = String::new();
    for (i, pointer) in left_out.iter().map(|at| urls::encode_pointer(at)).enumerate() {
        if line.len() + pointer.len() > MAX_POINTER_BYTES {
            return format!("{line}{}...{}", if i > 0 { ", " } else { "" }, left_out.len() - i);
        }
        line.push_str(if i > 0 { ", " } else { "" });
        line.push_str(&pointer);
    }
    line
}

/// The response to an edit of one feature: its state tag, and the feature when the client prefers a representation.
/// `statuses` are those of a response with and without a body.
pub fn item_response(
    context: &RequestContext,
    edit_headers: &EditHeaders,
    outcome: &ChangeOutcome,
    edit: &EditOutcome,
    statuses: [StatusCode; 2],
) -> Response {
    let view = context.plan().collection_view(outcome.collection.as_str());
    let mut response = match (edit_headers.representation, &edit.feature, view) {
        (true, Some(feature), Ok(view)) => {
            let body = view.collection().feature_to_geojson(feature).to_string();
            (statuses[0], [(header::CONTENT_TYPE, HeaderValue::from_static(GEOJSON))], body).into_response()
        }
        _ => empty_response(statuses[1]),
    };
    if let Some(state) = edit.state_tag() {
        response.headers_mut().insert(header::ETAG, response::ascii_header_value(&format_etag(&state)));
    }
    if !outcome.left_out.is_empty() {
        response.headers_mut().insert(LEFT_OUT, response::ascii_header_value(&list_pointers(&outcome.left_out)));
    }
    edit_headers.confirm_preferences(response)
}
