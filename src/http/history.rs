//! The versions of one feature, and the way back to one of them.

use super::ask::Ask;
use super::edit::{self, Body, terms::Terms};
use super::html::{self, Page};
use super::link;
use super::negotiate::JSON;
use super::present::{self, Answer, Document};
use crate::atlas::Act;
use crate::change::Version;
use crate::error::Error;
use serde_json::{Value as Json, json};

pub async fn list(ask: Ask) -> Answer {
    let pairs = ask.only(&[])?;
    let atlas = ask.atlas().clone();
    let (collection, id) = (ask.segment("collection").to_owned(), ask.segment("feature").to_owned());
    let (collection, versions) = ask.app.pool.run(move || atlas.history(&collection, &id)).await??;
    present::document_with(&ask, &JSON, &pairs, |twins| {
        let version = |v: &Version| {
            let feature = |f: &Option<crate::feature::Feature>| f.as_ref().map(|f| collection.geojson(f));
            json!({
                "revision": v.revision,
                "author": v.author,
                "at": v.at,
                "before": feature(&v.before),
                "after": feature(&v.after),
            })
        };
        let json = json!({"versions": versions.iter().map(version).collect::<Vec<_>>(), "links": link::array(twins)});
        let title = format!("History of {}", ask.segment("feature"));
        let page = Page::new(&title, "Who changed what, and when; oldest first.").main(html::data(&json["versions"]));
        Ok(Document { json, page })
    })
}

/// `{"restore": 7}` makes the feature what it was after revision 7.
pub async fn restore(ask: Ask, body: Body) -> Answer {
    let terms = Terms::of(&ask)?;
    let (json, size) = terms.plain_json(body)?;
    let revision =
        json.get("restore").and_then(Json::as_u64).filter(|_| json.as_object().is_some_and(|o| o.len() == 1));
    let revision = revision.ok_or_else(|| {
        Error::invalid(
            "/restore",
            "Say which revision to go back to, such as {\"restore\": 7}; the history lists them.",
        )
    })?;
    let act = Act::Restore { id: ask.segment("feature").to_owned(), revision };
    edit::change(&ask, &terms, act, size).await
}
