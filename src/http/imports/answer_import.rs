//! The import document, the answers that change it, and its recipe.

use super::import_registry::{ImportState, StoredFile, StoredImport, owner_of};
use super::import_rights::check_rights;
use crate::collection::CollectionId;
use crate::error::Error;
use crate::feature::geojson::{describe_json_error, parse_unique_json};
use crate::http::fair_queue::JobKind;
use crate::http::problem::ProblemDetails;
use crate::http::request_body::UnreadBody;
use crate::http::request_context::RequestContext;
use crate::http::response::{HttpResult, empty_response};
use crate::http::response_format::JSON;
use crate::import::{ImportAnswers, ImportReview, ReviewRequest, SourceBounds, review_import};
use crate::work_budget::WorkBudget;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// The largest body of answers.
const MAX_ANSWER_BYTES: usize = 2 << 20;
/// What a file may unpack to, in times of the largest file.
const UNPACK_FACTOR: u64 = 10;
/// The most that a workbook, which is held in memory, may unpack to.
const MAX_WORKBOOK_BYTES: u64 = 64 << 20;

/// The imports of the viewer.
pub async fn list_imports(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let owner = owner_of(context.viewer());
    let imports: Vec<Json> =
        context.app.imports.list(owner.as_deref()).iter().map(|import| import.to_entry()).collect();
    Ok(document_response(StatusCode::OK, &json!({"imports": imports})))
}

pub async fn get_import(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    Ok(document_response(StatusCode::OK, &find_import(&context)?.to_json()))
}

/// Takes answers and reviews the file with them.
pub async fn update_import(context: RequestContext, body: UnreadBody) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let import = find_import(&context)?;
    check_rights(&context, import.into.as_str())?;
    let patch = body.parse(&context, JobKind::Edit, MAX_ANSWER_BYTES, parse_answers).await?;
    let _turn = import.turn.lock().await;
    let state = open_state(&import)?;
    let answers = state.answers.merge(&patch.value)?;
    let review = review_stored(&context, &import, &answers).await?;
    import.set_state(ImportState { answers, review: Arc::new(review), is_committed: false });
    Ok(document_response(StatusCode::OK, &import.to_json()))
}

pub async fn delete_import(context: RequestContext) -> HttpResult {
    let import = find_import(&context)?;
    context.app.imports.forget(&import.id);
    Ok(empty_response(StatusCode::NO_CONTENT))
}

/// The answers as a recipe for the next file of the same form.
pub async fn get_recipe(context: RequestContext) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let import = find_import(&context)?;
    let mut response = document_response(StatusCode::OK, &import.state().answers.table().to_recipe());
    let attachment = HeaderValue::from_static("attachment; filename=\"recipe.json\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, attachment);
    Ok(response)
}

/// The import of the path.
///
/// # Errors
/// 404 when there is none, and equally when it is somebody else's.
pub fn find_import(context: &RequestContext) -> Result<Arc<StoredImport>, ProblemDetails> {
    context.app.imports.find(context.path_segment("import"), owner_of(context.viewer()).as_deref())
}

/// The state of an import that can still be changed.
///
/// # Errors
/// 409 when it is saved.
pub fn open_state(import: &StoredImport) -> Result<ImportState, ProblemDetails> {
    let state = import.state();
    if state.is_committed {
        let detail = "This import is saved already. Send the file again to bring in more.";
        return Err(ProblemDetails::new(StatusCode::CONFLICT, detail));
    }
    Ok(state)
}

/// JSON that no cache keeps.
pub fn document_response(status: StatusCode, json: &Json) -> Response {
    let headers = [(header::CONTENT_TYPE, JSON.media), (header::CACHE_CONTROL, "no-store")];
    (status, headers, json.to_string()).into_response()
}

/// Reviews a file that is not kept yet; it comes back with the review.
pub async fn review_file(
    context: &RequestContext,
    file: StoredFile,
    into: &CollectionId,
    answers: &ImportAnswers,
) -> Result<(StoredFile, ImportReview), ProblemDetails> {
    let (plan, into, answers) = (context.plan().clone(), into.clone(), answers.clone());
    let most_bytes = context.app.config.limits.import_bytes;
    let review = move |work: &WorkBudget| {
        let bounds = bound_source(work, most_bytes);
        let (path, name) = (file.path(), file.name.as_str());
        let request = ReviewRequest { path: &path, name, plan: &plan, into: &into, answers: &answers, bounds };
        let review = review_import(&request);
        review.map(|review| (file, review))
    };
    let owner = context.job_owner(JobKind::Edit);
    Ok(context.app.import_pool.run(&owner, review).await?.map_err(at_answers)?)
}

async fn review_stored(
    context: &RequestContext,
    import: &Arc<StoredImport>,
    answers: &ImportAnswers,
) -> Result<ImportReview, ProblemDetails> {
    let (plan, import, answers) = (context.plan().clone(), import.clone(), answers.clone());
    let most_bytes = context.app.config.limits.import_bytes;
    let review = move |work: &WorkBudget| {
        let (path, name, into) = (import.file.path(), import.file.name.as_str(), &import.into);
        let bounds = bound_source(work, most_bytes);
        review_import(&ReviewRequest { path: &path, name, plan: &plan, into, answers: &answers, bounds })
    };
    let owner = context.job_owner(JobKind::Edit);
    Ok(context.app.import_pool.run(&owner, review).await?.map_err(at_answers)?)
}

fn bound_source(work: &WorkBudget, most_bytes: u64) -> SourceBounds {
    let unpacked_bytes = most_bytes.saturating_mul(UNPACK_FACTOR);
    SourceBounds { work: work.clone(), unpacked_bytes, workbook_bytes: MAX_WORKBOOK_BYTES }
}

/// An option of the command line is an answer here: `--day-order` is `/answers/day_order`.
fn at_answers(error: Error) -> Error {
    match error {
        Error::Invalid(invalid) if invalid.at.starts_with("--") => {
            Error::invalid(format!("/answers/{}", invalid.at[2..].replace('-', "_")), invalid.message)
        }
        error => error,
    }
}

fn parse_answers(body: &[u8]) -> Result<Map<String, Json>, Error> {
    let json =
        parse_unique_json(body).map_err(|e| Error::invalid("", format!("The body {}.", describe_json_error(&e))))?;
    match json {
        Json::Object(mut members) => match members.remove("answers") {
            Some(Json::Object(answers)) => Ok(answers),
            _ => Err(Error::invalid(
                "/answers",
                "Give the answers as an object: {\"answers\": {\"decimal\": \"comma\"}}.",
            )),
        },
        _ => Err(Error::invalid("", "The body must be an object: {\"answers\": {…}}.")),
    }
}
