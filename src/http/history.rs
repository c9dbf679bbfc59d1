//! The history of one feature, and restoring a version of it.

use super::edit::{self, RequestBody, headers::EditHeaders};
use super::html::{self, HtmlPage};
use super::link;
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use crate::atlas::EditAction;
use crate::change::FeatureVersion;
use crate::error::Error;
use serde_json::{Value as Json, json};

pub async fn list_versions(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&[])?;
    let plan = context.plan().clone();
    let (collection, id) = (context.path_segment("collection").to_owned(), context.path_segment("feature").to_owned());
    let (collection, versions) = context.app.pool.run(move || plan.feature_history(&collection, &id)).await??;
    resource_document::respond_document_with(&context, &JSON, &pairs, |alternates| {
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
        let json = json!({"versions": versions.iter().map(version).collect::<Vec<_>>(), "links": link::links_to_json(alternates)});
        let title = format!("History of {}", context.path_segment("feature"));
        let page =
            HtmlPage::new(&title, "The versions of the feature: what changed, who changed it and when. Oldest first.")
                .with_main(html::render_document(&json["versions"]));
        Ok(ResourceDocument { json, page })
    })
}

/// `{"restore": 7}` restores the feature to its state after revision 7.
pub async fn restore_version(context: RequestContext, body: RequestBody) -> HttpResult {
    let edit_headers = EditHeaders::from_request(&context)?;
    let (json, body_bytes) = edit_headers.parse_json(body)?;
    let revision =
        json.get("restore").and_then(Json::as_u64).filter(|_| json.as_object().is_some_and(|o| o.len() == 1));
    let revision = revision.ok_or_else(|| {
        Error::invalid(
            "/restore",
            "Give the revision to restore, such as {\"restore\": 7}. The history lists the revisions.",
        )
    })?;
    let action = EditAction::Restore { id: context.path_segment("feature").to_owned(), revision };
    edit::change_item(&context, &edit_headers, action, body_bytes).await
}
