//! Several edits as one change, and the change log.

use super::edit::{self, headers::EditHeaders, parse_etags};
use super::fair_queue::JobKind;
use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::problem::ProblemDetails;
use super::request_body::UnreadBody;
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use super::urls;
use crate::atlas::{EditAction, EditOutcome, EditRequest, MAX_EDITS};
use crate::change::{FeatureVersion, LogPage, LogPosition};
use crate::collection::Collection;
use crate::error::Error;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value as Json, json};

/// Changes on one page: without `limit`, and at most.
const DEFAULT_CHANGES: usize = 1_000;
const MAX_CHANGES: usize = 10_000;
const EDIT_KINDS: [&str; 5] = ["/create", "/replace", "/patch", "/delete", "/restore"];

/// All of the edits, or none.
pub async fn apply_edits(context: RequestContext, body: UnreadBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let body = edit_headers.read_json(&context, body, edit::MAX_BODY_BYTES, parse_edits).await?;
    let outcome = edit::submit_edits(&context, &edit_headers, body).await?;
    let result = |edit: &EditOutcome| {
        let etag = edit.state_tag().map(|state| edit::format_etag(&state));
        json!({"id": edit.id.as_str(), "etag": etag})
    };
    let mut document =
        json!({"revision": outcome.revision, "results": outcome.edits.iter().map(result).collect::<Vec<_>>()});
    if !outcome.left_out.is_empty() {
        document["left_out"] = outcome.left_out.into();
    }
    let headers = [(header::CONTENT_TYPE, JSON.media), (header::CACHE_CONTROL, "no-store")];
    Ok(edit_headers.confirm_preferences((headers, document.to_string()).into_response()))
}

fn parse_edits(json: Json) -> Result<Vec<EditRequest>, Error> {
    let refuse = |at: &str, message: &str| Err(Error::invalid(at, message));
    let Json::Object(mut members) = json else {
        return refuse("", "The body must be an object: {\"edits\": [{\"create\": {…}}, …]}.");
    };
    let Some(Json::Array(edits)) = members.remove("edits") else {
        return refuse("/edits", "Give the edits as a list, such as {\"edits\": [{\"delete\": \"some-id\"}]}.");
    };
    if edits.is_empty() {
        return refuse("/edits", "The list is empty. Give at least one edit.");
    }
    if edits.len() > MAX_EDITS {
        return Err(Error::TooLarge(format!(
            "{} edits are too many for one request; {MAX_EDITS} are allowed. Split them into several requests.",
            edits.len()
        )));
    }
    edits.into_iter().enumerate().map(|(i, edit)| parse_edit(i, edit)).collect()
}

fn parse_edit(nth: usize, edit: Json) -> Result<EditRequest, Error> {
    let at = format!("/edits/{nth}");
    let refuse = |message: &str| Error::invalid(at.as_str(), message);
    let Json::Object(mut members) = edit else {
        return Err(refuse("An edit must be an object, such as {\"create\": {…}}."));
    };
    let matching = match members.remove("if_match") {
        None | Some(Json::Null) => None,
        Some(Json::String(tags)) => Some(parse_etags(&tags)),
        Some(_) => return Err(Error::invalid(format!("{at}/if_match"), "Give the tag as a string, with its quotes.")),
    };
    let kinds: Vec<&str> = EDIT_KINDS.into_iter().filter(|kind| members.contains_key(&kind[1..])).collect();
    let [within] = kinds[..] else {
        return Err(refuse("An edit must have exactly one of: create, replace, patch, delete, restore."));
    };
    let value = members.remove(&within[1..]).unwrap_or_default();
    let here = format!("{at}{within}");
    let id_of = |json: &Json| match json.get("id") {
        Some(Json::String(id)) => Ok(id.clone()),
        Some(Json::Number(id)) => Ok(id.to_string()),
        _ => Err(Error::invalid(format!("{here}/id"), "Give the id of the feature.")),
    };
    let text = |json: Json| match json {
        Json::String(id) => Ok(id),
        _ => Err(Error::invalid(here.as_str(), "Give the id of the feature as a string.")),
    };
    let action = match within {
        "/create" => EditAction::Create(value),
        "/replace" => EditAction::Replace { id: id_of(&value)?, feature: value },
        "/patch" => EditAction::Patch { id: id_of(&value)?, patch: value },
        "/delete" => EditAction::Delete { id: text(value)? },
        _ => {
            let revision = members.remove("revision").as_ref().and_then(Json::as_u64);
            let missing = || Error::invalid(format!("{at}/revision"), "Give the revision to restore as an integer.");
            EditAction::Restore { id: text(value)?, revision: revision.ok_or_else(missing)? }
        }
    };
    if let Some(name) = members.keys().next() {
        return Err(refuse(&format!("An edit has no member '{name}'. Leave it out.")));
    }
    Ok(EditRequest { at, within, action, precondition: matching })
}

/// The change log since a revision, oldest first; without a revision from the beginning.
pub async fn list_changes(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&["since", "limit", "cursor"])?;
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let from = match (given("cursor"), given("since")) {
        (Some(cursor), _) => parse_cursor(cursor)?,
        (None, since) => LogPosition::after_revision(since.map_or(Ok(0), |text| parse_number("since", text))?),
    };
    let limit = given("limit").map_or(Ok(DEFAULT_CHANGES as u64), |text| parse_number("limit", text))?;
    let limit = usize::try_from(limit).unwrap_or(MAX_CHANGES).clamp(1, MAX_CHANGES);
    let (plan, collection) = (context.plan().clone(), context.path_segment("collection").to_owned());
    let (collection, page) = context
        .app
        .pool
        .run(&context.job_owner(JobKind::Read), move |_| plan.changes_since(&collection, from, limit))
        .await??;
    resource_document::respond_document_with(&context, &JSON, &pairs, |alternates| {
        let mut links = alternates.to_vec();
        let base = context.base_url().api_url(&["collections", collection.id.as_str(), "changes"]);
        if let Some(next) = page.next {
            let cursor = format!("{}.{}.{}", next.revision, next.line, next.key);
            let limit = limit.to_string();
            let form = pairs.f.as_deref().map(|f| ("f", f));
            let query = urls::format_query([("cursor", cursor.as_str()), ("limit", &limit)].into_iter().chain(form));
            links.push(WebLink::new("next", base + &query, JSON.media).with_title("The next page of changes"));
        }
        let json = describe_changes(&collection, &page, &links);
        let page = HtmlPage::new("Changes", "The change log, oldest first.").with_main(html::render_document(&json));
        Ok(ResourceDocument { json, page })
    })
}

fn describe_changes(collection: &Collection, page: &LogPage, links: &[WebLink]) -> Json {
    let change = |version: &FeatureVersion| {
        let id = version.after.as_ref().or(version.before.as_ref()).map(|f| f.id.as_str());
        json!({
            "revision": version.revision,
            "id": id,
            "at": version.at,
            "author": version.author,
            "kind": if version.after.is_some() { "put" } else { "removed" },
            "feature": version.after.as_ref().map(|f| collection.feature_to_geojson(f)),
        })
    };
    let mut json = Map::new();
    json.insert("changes".into(), page.versions.iter().map(change).collect());
    json.insert("revision".into(), page.revision.into());
    json.insert("links".into(), link::links_to_json(links));
    json.into()
}

fn parse_number(name: &str, text: &str) -> Result<u64, ProblemDetails> {
    // The store keeps revisions as signed integers.
    let number = text.parse::<u64>().ok().filter(|n| *n < i64::MAX as u64);
    number.ok_or_else(|| Error::invalid(name, "Give an integer of at least 0.").into())
}

fn parse_cursor(cursor: &str) -> Result<LogPosition, ProblemDetails> {
    let mut parts = cursor.split('.');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let parts = (|| Some((u64::try_from(next()?).ok()?, next()?, next()?)))();
    let position = parts.map(|(revision, line, key)| LogPosition { revision, line, key });
    position.ok_or_else(|| Error::invalid("cursor", "The cursor is invalid. Follow the 'next' link of a page.").into())
}
