//! Vocabularies of the plan model: codes with their labels in ten languages.

use super::html::{self, HtmlPage};
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::JSON;
use crate::error::Error;
use crate::suggestion::append_suggestion;
use serde_json::Value as Json;

pub async fn list_vocabularies(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |_| {
        let model = context.plan().model();
        let base = context.base_url();
        let json: Json = model
            .vocabularies()
            .map(|(name, json)| (name.to_owned(), json.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let page = HtmlPage::new("Vocabularies", "The codes that the plan uses, with their labels in ten languages.")
            .with_breadcrumb("API", base.api_url(&[]));
        Ok(ResourceDocument { json, page: page.with_main(html::render_vocabulary_list(model, base)) })
    })
}

pub async fn get_vocabulary(context: RequestContext) -> HttpResult {
    let model = context.plan().model();
    let name = context.path_segment("vocabulary");
    let vocabulary = model.vocabulary(name).ok_or_else(|| {
        let known = model.vocabularies().map(|(name, _)| name);
        Error::NotFound(append_suggestion(format!("There is no vocabulary '{name}'."), name, known))
    })?;
    resource_document::respond_document(&context, &JSON, |_| {
        let base = context.base_url();
        let title = vocabulary.pointer("/title/en").and_then(Json::as_str).unwrap_or(name);
        let page = HtmlPage::new(title, vocabulary.get("source").and_then(Json::as_str).unwrap_or_default())
            .with_breadcrumb("API", base.api_url(&[]))
            .with_breadcrumb("Vocabularies", base.api_url(&["vocabularies"]));
        Ok(ResourceDocument { json: vocabulary.clone(), page: page.with_main(html::render_vocabulary(vocabulary)) })
    })
}
