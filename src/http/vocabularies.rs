//! The words of the plan: codes with their labels in ten languages, as the model has them.

use super::ask::Ask;
use super::html::{self, Page};
use super::negotiate::JSON;
use super::present::{self, Answer, Document};
use crate::error::Error;
use crate::query::closest;
use serde_json::Value as Json;

pub async fn list(ask: Ask) -> Answer {
    present::document(&ask, &JSON, |_| {
        let model = ask.atlas().model();
        let base = ask.base();
        let json: Json = model
            .vocabularies()
            .map(|(name, json)| (name.to_owned(), json.clone()))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let page = Page::new("Vocabularies", "The codes that the plan uses, with their labels in ten languages.")
            .crumb("The API", base.api(&[]));
        Ok(Document { json, page: page.main(html::vocabularies(model, &base)) })
    })
}

pub async fn one(ask: Ask) -> Answer {
    let model = ask.atlas().model();
    let name = ask.segment("vocabulary");
    let vocabulary = model.vocabulary(name).ok_or_else(|| {
        let hint = closest(name, model.vocabularies().map(|(name, _)| name))
            .map_or_else(String::new, |near| format!(" Did you mean '{near}'?"));
        Error::NotFound(format!("There is no vocabulary '{name}'.{hint}"))
    })?;
    present::document(&ask, &JSON, |_| {
        let base = ask.base();
        let title = vocabulary.pointer("/title/en").and_then(Json::as_str).unwrap_or(name);
        let page = Page::new(title, vocabulary.get("source").and_then(Json::as_str).unwrap_or_default())
            .crumb("The API", base.api(&[]))
            .crumb("Vocabularies", base.api(&["vocabularies"]));
        Ok(Document { json: vocabulary.clone(), page: page.main(html::vocabulary(vocabulary)) })
    })
}
