//! Several edits as one, and what changed since some revision.

use super::ask::Ask;
use super::edit::{self, Body, carry_out, matching, terms::Terms};
use super::html::{self, Page};
use super::link::{self, Link};
use super::negotiate::JSON;
use super::present::{self, Answer, Document};
use super::problem::Problem;
use super::urls;
use crate::atlas::{Act, MAX_EDITS, Wish};
use crate::change::{LogPage, LogPlace, Version};
use crate::collection::Collection;
use crate::error::Error;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::{Map, Value as Json, json};

/// Changes on one page when nothing else is said, and at most.
const USUAL: usize = 1_000;
const MOST: usize = 10_000;
const KINDS: [&str; 5] = ["/create", "/replace", "/patch", "/delete", "/restore"];

/// All of the edits, or none.
pub async fn make(ask: Ask, body: Body) -> Answer {
    let terms = Terms::of(&ask)?;
    let (json, size) = terms.plain_json(body)?;
    let made = carry_out(&ask, &terms, wishes(json)?, size).await?;
    let result = |outcome: &crate::atlas::Outcome| {
        let etag = outcome.state().map(|state| edit::tag(&state));
        json!({"id": outcome.id.as_str(), "etag": etag})
    };
    let mut answer =
        json!({"revision": made.revision, "results": made.outcomes.iter().map(result).collect::<Vec<_>>()});
    if !made.left_out.is_empty() {
        answer["left_out"] = made.left_out.into();
    }
    let headers = [(header::CONTENT_TYPE, JSON.media), (header::CACHE_CONTROL, "no-store")];
    Ok(terms.applied((headers, answer.to_string()).into_response()))
}

fn wishes(json: Json) -> Result<Vec<Wish>, Error> {
    let refuse = |at: &str, sentence: &str| Err(Error::invalid(at, sentence));
    let Json::Object(mut members) = json else {
        return refuse("", "The body must be an object: {\"edits\": [{\"create\": {…}}, …]}.");
    };
    let Some(Json::Array(edits)) = members.remove("edits") else {
        return refuse("/edits", "Give the edits as a list, such as {\"edits\": [{\"delete\": \"some-id\"}]}.");
    };
    if edits.is_empty() {
        return refuse("/edits", "There is nothing to do. Give at least one edit.");
    }
    if edits.len() > MAX_EDITS {
        return Err(Error::TooLarge(format!(
            "{} edits are too many for one change; {MAX_EDITS} are allowed. Send them as several.",
            edits.len()
        )));
    }
    edits.into_iter().enumerate().map(|(i, edit)| wish(i, edit)).collect()
}

fn wish(nth: usize, edit: Json) -> Result<Wish, Error> {
    let at = format!("/edits/{nth}");
    let refuse = |sentence: &str| Error::invalid(at.as_str(), sentence);
    let Json::Object(mut members) = edit else {
        return Err(refuse("An edit is an object, such as {\"create\": {…}}."));
    };
    let matching = match members.remove("if_match") {
        None | Some(Json::Null) => None,
        Some(Json::String(tags)) => Some(matching(&tags)),
        Some(_) => return Err(Error::invalid(format!("{at}/if_match"), "Give the tag as text, with its quotes.")),
    };
    let kinds: Vec<&str> = KINDS.into_iter().filter(|kind| members.contains_key(&kind[1..])).collect();
    let [within] = kinds[..] else {
        return Err(refuse("An edit says one of: create, replace, patch, delete, restore."));
    };
    let value = members.remove(&within[1..]).unwrap_or_default();
    let here = format!("{at}{within}");
    let id_of = |json: &Json| match json.get("id") {
        Some(Json::String(id)) => Ok(id.clone()),
        Some(Json::Number(id)) => Ok(id.to_string()),
        _ => Err(Error::invalid(format!("{here}/id"), "Say which feature is meant: give its id.")),
    };
    let text = |json: Json| match json {
        Json::String(id) => Ok(id),
        _ => Err(Error::invalid(here.as_str(), "Give the id of a feature as text.")),
    };
    let act = match within {
        "/create" => Act::Create(value),
        "/replace" => Act::Replace { id: id_of(&value)?, feature: value },
        "/patch" => Act::Patch { id: id_of(&value)?, patch: value },
        "/delete" => Act::Delete { id: text(value)? },
        _ => {
            let revision = members.remove("revision").as_ref().and_then(Json::as_u64);
            let wanted =
                || Error::invalid(format!("{at}/revision"), "Give the revision to go back to as a whole number.");
            Act::Restore { id: text(value)?, revision: revision.ok_or_else(wanted)? }
        }
    };
    if let Some(name) = members.keys().next() {
        return Err(refuse(&format!("There is no member '{name}' in an edit. Leave it out.")));
    }
    Ok(Wish { at, within, act, matching })
}

/// What changed since a revision, oldest first; the whole past when none is given.
pub async fn since(ask: Ask) -> Answer {
    let pairs = ask.only(&["since", "limit", "cursor"])?;
    let given = |name: &str| pairs.rest.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let from = match (given("cursor"), given("since")) {
        (Some(cursor), _) => place(cursor)?,
        (None, since) => LogPlace::after(since.map_or(Ok(0), |text| number("since", text))?),
    };
    let limit = given("limit").map_or(Ok(USUAL as u64), |text| number("limit", text))?;
    let limit = usize::try_from(limit).unwrap_or(MOST).clamp(1, MOST);
    let (atlas, collection) = (ask.atlas().clone(), ask.segment("collection").to_owned());
    let (collection, page) = ask.app.pool.run(move || atlas.changes(&collection, from, limit)).await??;
    present::document_with(&ask, &JSON, &pairs, |twins| {
        let mut links = twins.to_vec();
        let base = ask.base().api(&["collections", collection.id.as_str(), "changes"]);
        if let Some(next) = page.next {
            let cursor = format!("{}.{}.{}", next.revision, next.line, next.key);
            let limit = limit.to_string();
            let query = urls::query([("cursor", cursor.as_str()), ("limit", &limit), ("f", "json")]);
            links.push(Link::new("next", base + &query, JSON.media).titled("What changed after that"));
        }
        let json = described(&collection, &page, &links);
        let page = Page::new("Changes", "What changed, oldest first.").main(html::data(&json["changes"]));
        Ok(Document { json, page })
    })
}

fn described(collection: &Collection, page: &LogPage, links: &[Link]) -> Json {
    let change = |version: &Version| {
        let id = version.after.as_ref().or(version.before.as_ref()).map(|f| f.id.as_str());
        json!({
            "revision": version.revision,
            "id": id,
            "at": version.at,
            "author": version.author,
            "kind": if version.after.is_some() { "put" } else { "removed" },
            "feature": version.after.as_ref().map(|f| collection.geojson(f)),
        })
    };
    let mut json = Map::new();
    json.insert("changes".into(), page.versions.iter().map(change).collect());
    json.insert("revision".into(), page.revision.into());
    json.insert("links".into(), link::array(links));
    json.into()
}

fn number(name: &str, text: &str) -> Result<u64, Problem> {
    // Revisions are kept with a sign.
    let number = text.parse::<u64>().ok().filter(|n| *n < i64::MAX as u64);
    number.ok_or_else(|| Error::invalid(name, "Expected a whole number that is not negative.").into())
}

fn place(cursor: &str) -> Result<LogPlace, Problem> {
    let mut parts = cursor.split('.');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let place = (|| Some((u64::try_from(next()?).ok()?, next()?, next()?)))();
    let place = place.map(|(revision, line, key)| LogPlace { revision, line, key });
    place.ok_or_else(|| Error::invalid("cursor", "This is no cursor of ours. Follow the link 'next' of a page.").into())
}
