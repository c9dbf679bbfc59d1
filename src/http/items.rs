//! Features: pages of them, whole collections, and single ones; as GeoJSON, JSON-FG, FlatGeobuf, tables, and as pages for people.

use super::ask::{Ask, Pairs};
use super::edit::tag_of_body;
use super::html;
use super::kept::{Finished, MAX_BYTES};
use super::link::{self, Link};
use super::negotiate::{self, CSV, FLATGEOBUF, Form, GEOJSON, HTML, JSONFG};
use super::present::{self, Answer};
use super::profile;
use super::stream::{Pieces, Writing};
use super::urls;
use crate::atlas::{Coding, Items, View, state_tag};
use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::flatgeobuf::Layer;
use crate::encoding::jsonfg::{self, Profile};
use crate::encoding::table::Table;
use crate::query::{self, Query};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, Unit};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

/// The forms of a page, of one feature, and of a whole collection.
pub const PAGE_FORMS: [&Form; 5] = [&GEOJSON, &HTML, &JSONFG, &FLATGEOBUF, &CSV];
pub const ITEM_FORMS: [&Form; 3] = [&GEOJSON, &HTML, &JSONFG];
pub const WHOLE_FORMS: [&Form; 4] = [&GEOJSON, &JSONFG, &FLATGEOBUF, &CSV];
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
const MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
const RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");
/// The last news that this answer holds: who listens to `/api/events?since=` it misses nothing and hears nothing twice.
const NEWS: HeaderName = HeaderName::from_static("cityheart-news");
/// Rows of a page for people; more are a `next` away.
const MAX_ROWS: usize = 500;

pub async fn list(ask: Ask) -> Answer {
    let news = ask.atlas().news().last(); // read before the snapshot, which so holds all of it
    let mut response = page(ask).await?;
    response.headers_mut().insert(NEWS, HeaderValue::from(news));
    Ok(response)
}

async fn page(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    if let Some(response) = given_before(&ask, &view) {
        return Ok(response);
    }
    let pairs = ask.pairs()?;
    let form = ask.form(&PAGE_FORMS, &pairs)?;
    let mut query = read(&pairs, &view)?;
    if form == &HTML {
        query.limit = query.limit.min(MAX_ROWS);
    }
    let links = links(&ask, &view, &PAGE_FORMS, form, &pairs);
    answer(ask, view, pairs, form, links, query).await
}

/// A whole collection, or all of it that a question lets through, as one file.
pub async fn whole(ask: Ask) -> Answer {
    let pairs = ask.pairs()?;
    let view = ask.atlas().view(ask.segment("collection"))?;
    ask.without(&["limit", "cursor"])?;
    let query = Query { limit: usize::MAX, ..read(&pairs, &view)? };
    let form = ask.form(&WHOLE_FORMS, &pairs)?;
    let links = links(&ask, &view, &WHOLE_FORMS, form, &pairs);
    let name = format!("attachment; filename=\"{}.{}\"", view.collection().id, ending(form));
    let mut response = answer(ask, view, pairs, form, links, query).await?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, present::quoted(&name));
    Ok(response)
}

fn ending(form: &Form) -> &'static str {
    match *form {
        FLATGEOBUF => "fgb",
        CSV => "csv",
        JSONFG => "fg.json",
        _ => "geojson",
    }
}

/// The pairs as a question; those that only the door reads are left out.
fn read(pairs: &Pairs, view: &View) -> crate::error::Result<Query> {
    let rest = pairs.rest.iter().filter(|(name, _)| name != profile::PARAMETER);
    query::parse(rest.map(|(n, v)| (n.as_str(), v.as_str())), view.collection(), &["f", profile::PARAMETER])
}

async fn answer(ask: Ask, view: View, pairs: Pairs, form: &'static Form, mut links: Vec<Link>, query: Query) -> Answer {
    let profile = profile::chosen(&pairs, form)?;
    let by = basis(&ask, &view);
    let etag = present::quoted(&format!("W/\"{:032x}\"", present::hash(by.as_bytes())));
    if let Some(unchanged) = present::unchanged(&ask.headers, &etag) {
        return Ok(unchanged);
    }
    let coding = negotiate::coding(&ask.headers);
    // Packing takes longer than finding.
    let small = form != &HTML && coding == Coding::Identity && ask.atlas().is_small(&view, &query);
    links.extend(profile.map(profile::link));
    let page = Page { ask, view, pairs, form, profile, links, by, etag, coding };
    if small {
        return Ok(page.find(query));
    }
    let app = page.ask.app.clone();
    Ok(app.pool.run(move || page.find(query)).await?)
}

/// The answer that was given to the same before; what was answered was understood.
fn given_before(ask: &Ask, view: &View) -> Option<Response> {
    let finished = ask.app.kept.get(&basis(ask, view), negotiate::coding(&ask.headers))?;
    let unchanged = finished.etag().and_then(|etag| present::unchanged(&ask.headers, etag));
    Some(unchanged.unwrap_or_else(|| finished.response()))
}

pub async fn one(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    if let Some(response) = given_before(&ask, &view) {
        return Ok(response);
    }
    let pairs = ask.pairs()?;
    let form = ask.form(&ITEM_FORMS, &pairs)?;
    let allowed = ["crs", "properties", "exclude-properties", profile::PARAMETER];
    if pairs.rest.iter().any(|(name, _)| !allowed.contains(&name.as_str())) {
        ask.only(&allowed)?;
    }
    let query = read(&pairs, &view)?;
    let profile = profile::chosen(&pairs, form)?;
    let item = ask.atlas().item(&view, ask.segment("feature"))?.in_crs(query.crs);
    let mut links = links(&ask, &view, &ITEM_FORMS, form, &pairs);
    links.extend(profile.map(profile::link));
    let body = match profile {
        None => {
            let known = html::Known::new(ask.atlas().model(), ask.base());
            html::feature(&known, view.collection(), &item.feature(), query.properties.as_deref())
                .write(&ask.base(), &links)
                .into_bytes()
        }
        Some(Profile::Rfc7946) => {
            let mut body = Vec::with_capacity(2048);
            item.write(query.properties.as_deref(), &mut body);
            with_members(body, &json!({"links": link::array(&links)}))
        }
        Some(profile) => {
            let shown = item.shown(query.properties.as_deref());
            let mut body = Vec::with_capacity(2048);
            item.write_fg(&shown, profile, &mut body);
            let mut members = jsonfg::root(&shown, &schema_of(&ask, view.collection()));
            // What holds for collections alone.
            members.remove("geometryDimension");
            members.insert("links".into(), link::array(&links));
            with_members(body, &members.into())
        }
    };
    let etag = present::quoted(&tag_of_body(&state_tag(&item.feature()), &body));
    if let Some(unchanged) = present::unchanged(&ask.headers, &etag) {
        return Ok(unchanged);
    }
    let headers = head_of(form, etag, query.crs, &links);
    if form == &HTML {
        return Ok((headers, body).into_response());
    }
    let coding = negotiate::coding(&ask.headers);
    Ok(ask.app.kept.keep(&basis(&ask, &view), Finished::new(headers, body), coding).response())
}

/// The headers of every answer about features.
fn head_of(form: &Form, etag: HeaderValue, crs: Crs, links: &[Link]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media));
    headers.insert(header::CACHE_CONTROL, present::REVALIDATE);
    headers.insert(header::ETAG, etag);
    headers.insert(CONTENT_CRS, content_crs(crs));
    present::add_links(&mut headers, links);
    headers
}

/// The address of the schema that the features keep to.
fn schema_of(ask: &Ask, collection: &Collection) -> String {
    ask.base().api(&["collections", collection.id.as_str(), "schema"])
}

/// A question with all that its answer needs.
struct Page {
    ask: Ask,
    view: View,
    pairs: Pairs,
    form: &'static Form,
    /// In JSON.
    profile: Option<Profile>,
    links: Vec<Link>,
    /// What the answer depends on.
    by: String,
    etag: HeaderValue,
    coding: Coding,
}

impl Page {
    /// Asks the atlas and writes the answer: all of it when it is short, so that it is kept; else its beginning.
    fn find(mut self, query: Query) -> Response {
        let items = self.ask.atlas().items(&self.view, &query);
        if let Some(cursor) = items.next() {
            let next = self.next(&cursor.encode());
            self.links.push(next);
        }
        let mut headers = head_of(self.form, self.etag.clone(), query.crs, &self.links);
        headers.insert(MATCHED, items.matched().into());
        headers.insert(RETURNED, items.len().into());
        if self.form == &HTML {
            let known = html::Known::new(self.ask.atlas().model(), self.ask.base());
            let page = html::items(&known, &items, query.properties.as_deref(), &self.links);
            return (headers, page.write(&self.ask.base(), &self.links)).into_response();
        }
        let (writing, head) = self.writing(&items, query.properties);
        match Pieces::new(items, writing, head).whole(MAX_BYTES) {
            Ok(body) => self.ask.app.kept.keep(&self.by, Finished::new(headers, body), self.coding).response(),
            Err(pieces) => (headers, pieces.into_body()).into_response(),
        }
    }

    /// How the features are written, and what stands before the first.
    fn writing(&self, items: &Items, properties: Option<Vec<usize>>) -> (Writing, Vec<u8>) {
        let shown = items.shown(properties.as_deref());
        let mut head = Vec::new();
        let writing = match (self.form, self.profile) {
            (&FLATGEOBUF, _) => {
                let mut layer = Layer::new(shown);
                layer.head(items.len(), &mut head);
                Writing::FlatGeobuf(Box::new(layer))
            }
            (&CSV, _) => {
                let table = Table::new(shown);
                table.heading(&mut head);
                Writing::Table(table)
            }
            (_, Some(profile)) if profile.is_fg() => {
                let members = jsonfg::root(&shown, &schema_of(&self.ask, items.collection()));
                head = begin(items, &self.links, members);
                Writing::JsonFg(shown, profile)
            }
            _ => {
                head = begin(items, &self.links, Map::new());
                Writing::GeoJson(properties)
            }
        };
        (writing, head)
    }

    /// The same question from where this page ended.
    fn next(&self, cursor: &str) -> Link {
        let same = self.pairs.rest.iter().filter(|(n, _)| n != "cursor").map(|(n, v)| (n.as_str(), v.as_str()));
        let query = urls::query(same.chain([("cursor", cursor), ("f", self.form.names[0])]));
        let url = self.ask.base().api(&["collections", self.view.collection().id.as_str(), "items"]);
        Link::new("next", url + &query, self.form.media).titled("The next page")
    }
}

fn links(ask: &Ask, view: &View, forms: &[&Form], form: &Form, pairs: &Pairs) -> Vec<Link> {
    let mut links = ask.twins(forms, form, pairs);
    let collection = ask.base().api(&["collections", view.collection().id.as_str()]);
    links.push(Link::new("collection", collection, "application/json").titled(&view.collection().title));
    links
}

/// The FeatureCollection up to and with the `[` of its features.
fn begin(items: &Items, links: &[Link], members: Map<String, Json>) -> Vec<u8> {
    let now = Timestamp::now().round(Unit::Second).unwrap_or_default().to_string();
    let mut head = json!({"type": "FeatureCollection"});
    if let Some(head) = head.as_object_mut() {
        head.extend(members);
    }
    head["timeStamp"] = now.into();
    head["numberMatched"] = items.matched().into();
    head["numberReturned"] = items.len().into();
    head["links"] = link::array(links);
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"features\":[");
    text.into_bytes()
}

/// A feature object with these as its last members.
fn with_members(mut feature: Vec<u8>, members: &Json) -> Vec<u8> {
    if feature.pop() == Some(b'}') {
        feature.push(b',');
        feature.extend_from_slice(&members.to_string().as_bytes()[1..]);
    }
    feature
}

/// All that an answer depends on but its coding, so that an unchanged one is known without finding it, or reading what is asked.
fn basis(ask: &Ask, view: &View) -> String {
    let (born, revision) = view.state();
    let base = ask.base();
    let (sight, root, address) = (view.sight(), base.root(), ask.address());
    let mut basis = String::with_capacity(128 + sight.len() + root.len() + address.len());
    // Writing to a String does not fail.
    let _ = write!(basis, "{born:x} {revision} {sight} {root} {address}");
    for accepted in ask.headers.get_all(header::ACCEPT) {
        let _ = write!(basis, " {accepted:?}");
    }
    basis
}

fn content_crs(crs: Crs) -> HeaderValue {
    present::quoted(&format!("<{}>", crs.uri()))
}
