//! A review becomes one change of the plan, by the same way as every edit.

use super::answer_import::{document_response, find_import, open_state};
use super::import_registry::{ImportState, StoredImport};
use super::import_rights::check_rights;
use crate::atlas::{ChangeOutcome, FaultHandling};
use crate::crs::Crs;
use crate::error::{Error, InvalidInput, count_noun_be};
use crate::feature::Feature;
use crate::feature::geojson::{describe_json_error, parse_unique_json};
use crate::http::edit::{EditSubmission, format_etag, submit_batch};
use crate::http::fair_queue::JobKind;
use crate::http::problem::ProblemDetails;
use crate::http::request_body::{ParsedBody, UnreadBody};
use crate::http::request_context::RequestContext;
use crate::http::response::HttpResult;
use crate::import::{ImportCommit, ViewerFeatures};
use axum::http::StatusCode;
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// The largest body of a commit.
const MAX_BODY_BYTES: usize = 64 << 10;

/// How an import is saved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct CommitOptions {
    remove_missing: bool,
    leaves_out_refused: bool,
}

/// Saves an import as one change set.
pub async fn commit_import(context: RequestContext, body: UnreadBody) -> HttpResult {
    context.parse_known_pairs(&[])?;
    let import = find_import(&context)?;
    check_rights(&context, import.into.as_str())?;
    let options = body.parse(&context, JobKind::Edit, MAX_BODY_BYTES, CommitOptions::parse).await?.value;
    let _turn = import.turn.lock().await;
    let state = open_state(&import)?;
    check_ready(&state, options)?;
    let commit = build_commit(&context, &import, &state, options).await?;
    let (before, counts) =
        (commit.before, json!({"changed": commit.changed, "new": commit.new, "removed": commit.removed}));
    let outcome = if commit.requests.is_empty() {
        None
    } else {
        let submission = EditSubmission {
            collection: import.into.as_str().to_owned(),
            crs: Crs::CRS84,
            handling: FaultHandling::Usual,
            in_pool: true,
        };
        let body = ParsedBody::without_body(commit.requests);
        Some(submit_batch(&context, submission, body).await.map_err(stale_as_conflict)?)
    };
    let mut document = describe_commit(&context, &import, outcome.as_ref(), &before);
    for (name, count) in counts.as_object().into_iter().flatten() {
        document[name] = count.clone();
    }
    document["left_out"] = state.review.refused.into();
    document["recipe"] = state.answers.table().to_recipe();
    import.set_state(ImportState { is_committed: true, ..state });
    Ok(document_response(StatusCode::OK, &document))
}

/// Refuses an import that is not ready to be saved.
fn check_ready(state: &ImportState, options: CommitOptions) -> Result<(), ProblemDetails> {
    let questions = state.review.open_questions as u64;
    if questions > 0 || state.review.outcome.is_none() {
        let open = count_noun_be(questions.max(1), "question");
        return Err(Error::Refused(format!("Nothing was saved: {open} open. Answer it first.")).into());
    }
    if state.review.refused > 0 && !options.leaves_out_refused {
        let rows = count_noun_be(state.review.refused, "row");
        let message = format!("Nothing was saved: {rows} refused. Correct them, or say \"refused\": \"leave_out\".");
        return Err(Error::Refused(message).into());
    }
    Ok(())
}

async fn build_commit(
    context: &RequestContext,
    import: &Arc<StoredImport>,
    state: &ImportState,
    options: CommitOptions,
) -> Result<ImportCommit, ProblemDetails> {
    let (plan, into, review) = (context.plan().clone(), import.into.clone(), state.review.clone());
    let owner = context.job_owner(JobKind::Edit);
    let build = move |work: &crate::work_budget::WorkBudget| {
        let now = ViewerFeatures::read(&plan, &into, work)?;
        ImportCommit::build(&review, &now, options.remove_missing)
    };
    let built = context.app.import_pool.run(&owner, build).await??;
    built.map_err(|conflicts| {
        let errors = conflicts.into_iter().map(|c| InvalidInput { at: c.at, message: c.message }).collect();
        let detail =
            "Nothing was saved: somebody has edited the same values since the file was read. Bring the file in again.";
        ProblemDetails { errors, ..ProblemDetails::new(StatusCode::CONFLICT, detail) }
    })
}

/// An edit that came between the comparison and the commit is a conflict like those before it.
fn stale_as_conflict(problem: ProblemDetails) -> ProblemDetails {
    if problem.status == StatusCode::PRECONDITION_FAILED {
        ProblemDetails { status: StatusCode::CONFLICT, ..problem }
    } else {
        problem
    }
}

/// What was saved, with the states before and after, by which it can be undone.
fn describe_commit(
    context: &RequestContext,
    import: &StoredImport,
    outcome: Option<&ChangeOutcome>,
    before: &[Option<Feature>],
) -> Json {
    let Ok(view) = context.plan().collection_view(import.into.as_str()) else { return json!({}) };
    let write = |feature: &Option<Feature>| feature.as_ref().map(|f| view.collection().feature_to_geojson(f));
    let edits = outcome.map(|outcome| outcome.edits.as_slice()).unwrap_or_default();
    let result = |(edit, before): (&crate::atlas::EditOutcome, &Option<Feature>)| {
        json!({
            "id": edit.id.as_str(),
            "etag": edit.state_tag().map(|state| format_etag(&state)),
            "before": write(before),
            "after": write(&edit.feature),
        })
    };
    let revision = outcome.map_or_else(|| view.revision(), |outcome| outcome.revision);
    json!({
        "revision": revision,
        "change_set": outcome.map(|outcome| outcome.revision),
        "results": edits.iter().zip(before).map(result).collect::<Vec<_>>(),
    })
}

impl CommitOptions {
    fn parse(body: &[u8]) -> Result<Self, Error> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let json = parse_unique_json(body)
            .map_err(|e| Error::invalid("", format!("The body {}.", describe_json_error(&e))))?;
        let Json::Object(members) = json else {
            return Err(Error::invalid("", "The body must be an object: {\"remove_missing\": false}."));
        };
        let mut options = Self::default();
        for (name, value) in members {
            let wrong = |message: &str| Err(Error::invalid(format!("/{name}"), message));
            match (name.as_str(), &value) {
                ("remove_missing", Json::Bool(flag)) => options.remove_missing = *flag,
                ("remove_missing", _) => return wrong("Say true or false."),
                ("refused", Json::String(word)) if word == "leave_out" => options.leaves_out_refused = true,
                ("refused", Json::String(word)) if word == "stop" => options.leaves_out_refused = false,
                ("refused", _) => return wrong("Say leave_out or stop."),
                _ => return wrong("There is no such option. There are: remove_missing, refused."),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_others_refused() {
        let read = |text: &str| CommitOptions::parse(text.as_bytes());
        assert_eq!(read("").unwrap(), CommitOptions::default());
        let both = CommitOptions { remove_missing: true, leaves_out_refused: true };
        assert_eq!(read(r#"{"remove_missing": true, "refused": "leave_out"}"#).unwrap(), both);
        for bad in ["[]", "{", r#"{"refused": "x"}"#, r#"{"remove_missing": 1}"#, r#"{"x": 1}"#] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
