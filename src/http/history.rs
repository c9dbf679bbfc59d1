//! The history of one feature, and restoring a version of it.

use super::edit::{self, headers::EditHeaders};
use super::fair_queue::JobKind;
use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::problem::ProblemDetails;
use super::request_body::UnreadBody;
use super::request_context::{QueryPairs, RequestContext};
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use super::urls;
use crate::atlas::EditAction;
use crate::change::{FeatureVersion, HistoryOrder, HistoryPage, HistoryQuery, RevisionNumber};
use crate::error::Error;
use serde_json::{Value as Json, json};

pub async fn list_versions(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&["limit", "order", "cursor"])?;
    let query = parse_history_query(&pairs)?;
    let plan = context.plan().clone();
    let (collection, id) = (context.path_segment("collection").to_owned(), context.path_segment("feature").to_owned());
    let (collection, page) = context
        .app
        .pool
        .run(&context.job_owner(JobKind::Read), move |_| plan.feature_history(&collection, &id, query))
        .await??;
    let HistoryPage { versions, next } = page;
    resource_document::respond_document_with(&context, &JSON, &pairs, |alternates| {
        let mut links = alternates.to_vec();
        links.extend(next.map(|next| next_link(&context, &pairs, next)));
        let version = |v: &FeatureVersion| {
            let feature = |f: &Option<crate::feature::Feature>| f.as_ref().map(|f| collection.feature_to_geojson(f));
            json!({
                "revision": v.revision,
                "author": v.author,
                "at": v.at,
                "before": feature(&v.before),
                "after": feature(&v.after),
            })
        };
        let json =
            json!({"versions": versions.iter().map(version).collect::<Vec<_>>(), "links": link::links_to_json(&links)});
        let title = format!("History of {}", context.path_segment("feature"));
        let page = HtmlPage::new(&title, "The versions of the feature: what changed, who changed it and when.")
            .with_main(html::render_document(&json));
        Ok(ResourceDocument { json, page })
    })
}

/// Versions on one page: without `limit`, and at most.
const DEFAULT_VERSIONS: usize = 100;
const MAX_VERSIONS: usize = 1_000;
/// The largest body of a request to restore a version.
const MAX_RESTORE_BYTES: usize = 4096;

fn parse_history_query(pairs: &QueryPairs) -> Result<HistoryQuery, ProblemDetails> {
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let order = match given("order") {
        None | Some("oldest") => HistoryOrder::OldestFirst,
        Some("newest") => HistoryOrder::NewestFirst,
        Some(_) => return Err(Error::invalid("order", "Choose one of: oldest, newest.").into()),
    };
    let limit = given("limit").map(|text| text.parse::<usize>().ok().filter(|limit| *limit > 0));
    let limit = limit.unwrap_or(Some(DEFAULT_VERSIONS));
    let limit = limit.ok_or_else(|| Error::invalid("limit", "Give an integer of at least 1."))?.min(MAX_VERSIONS);
    let after = given("cursor").map(|text| text.parse::<i64>().ok().filter(|after| *after >= 0));
    let after = after.map(|after| {
        after.ok_or_else(|| Error::invalid("cursor", "The cursor is invalid. Follow the 'next' link of a page."))
    });
    Ok(HistoryQuery { order, after: after.transpose()?, limit })
}

fn next_link(context: &RequestContext, pairs: &QueryPairs, next: i64) -> WebLink {
    let next = next.to_string();
    let same = pairs.rest.iter().filter(|(name, _)| name != "cursor").map(|(n, v)| (n.as_str(), v.as_str()));
    let form = pairs.f.as_deref().map(|f| ("f", f));
    let query = urls::format_query(same.chain([("cursor", next.as_str())]).chain(form));
    let (collection, id) = (context.path_segment("collection"), context.path_segment("feature"));
    let url = context.base_url().api_url(&["collections", collection, "items", id, "history"]);
    WebLink::new("next", url + &query, JSON.media).with_title("The next page of versions")
}

/// `{"restore": 7}` restores the feature to its state after revision 7.
pub async fn restore_version(context: RequestContext, body: UnreadBody) -> HttpResult {
    let edit_headers = EditHeaders::from_restore_request(&context)?;
    let revision = edit_headers.read_json(&context, body, MAX_RESTORE_BYTES, |json| parse_restore(&json)).await?;
    let id = context.path_segment("feature").to_owned();
    edit::change_item(&context, &edit_headers, revision.map(|revision| EditAction::Restore { id, revision })).await
}

fn parse_restore(json: &Json) -> Result<RevisionNumber, Error> {
    let revision =
        json.get("restore").and_then(Json::as_u64).filter(|_| json.as_object().is_some_and(|o| o.len() == 1));
    revision.ok_or_else(|| {
        Error::invalid(
            "/restore",
            "Give the revision to restore, such as {\"restore\": 7}. The history lists the revisions.",
        )
    })
}
