//! Features: pages of them, and single ones, as GeoJSON and as pages for people.

use super::ask::{Ask, Pairs};
use super::edit::tag_of_body;
use super::html;
use super::kept;
use super::link::{self, Link};
use super::negotiate::{self, Form, GEOJSON, HTML};
use super::present::{self, Answer};
use super::stream::Pieces;
use super::urls;
use crate::atlas::{Coding, Finished, Items, MAX_KEPT_BYTES, View, state_tag};
use crate::crs::Crs;
use crate::query::{self, Query};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, Unit};
use serde_json::json;

const FORMS: [&Form; 2] = [&GEOJSON, &HTML];
const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
const MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
const RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");
/// Rows of a page for people; more are a `next` away.
const MAX_ROWS: usize = 500;

pub async fn list(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    let pairs = ask.pairs()?;
    let form = ask.form(&FORMS, &pairs)?;
    let by = basis(&ask, &view, form);
    let etag = present::quoted(&format!("W/\"{:032x}\"", present::hash(by.as_bytes())));
    let coding = negotiate::coding(&ask.headers);
    // What was answered before was understood before.
    if let Some(finished) = ask.atlas().finished(&by, coding) {
        return Ok(present::unchanged(&ask.headers, &etag).unwrap_or_else(|| kept::response(&finished, coding)));
    }
    let mut query = query::parse(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())), view.collection(), &["f"])?;
    if let Some(unchanged) = present::unchanged(&ask.headers, &etag) {
        return Ok(unchanged);
    }
    if form == &HTML {
        query.limit = query.limit.min(MAX_ROWS);
    }
    // Packing takes longer than finding.
    let small = form != &HTML && coding == Coding::Identity && ask.atlas().is_small(&view, &query);
    let page = Page { links: links(&ask, &view, form, &pairs), ask, view, pairs, form, by, etag, coding };
    if small {
        return Ok(page.find(query));
    }
    let app = page.ask.app.clone();
    Ok(app.pool.run(move || page.find(query)).await?)
}

pub async fn one(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    let pairs = ask.pairs()?;
    let form = ask.form(&FORMS, &pairs)?;
    let by = basis(&ask, &view, form);
    let coding = negotiate::coding(&ask.headers);
    if let Some(finished) = ask.atlas().finished(&by, coding) {
        let response = kept::response(&finished, coding);
        let unchanged = response.headers().get(header::ETAG).and_then(|etag| present::unchanged(&ask.headers, etag));
        return Ok(unchanged.unwrap_or(response));
    }
    let allowed = |name: &str| matches!(name, "crs" | "properties" | "exclude-properties");
    if pairs.rest.iter().any(|(name, _)| !allowed(name)) {
        ask.only(&["crs", "properties", "exclude-properties"])?;
    }
    let query = query::parse(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())), view.collection(), &["f"])?;
    let item = ask.atlas().item(&view, ask.segment("feature"))?.in_crs(query.crs);
    let mut links = ask.twins(&FORMS, form, &pairs);
    let collection = ask.base().api(&["collections", view.collection().id.as_str()]);
    links.push(Link::new("collection", collection, "application/json").titled(&view.collection().title));
    let body = if form == &HTML {
        let known = html::Known::new(ask.atlas().model(), ask.base());
        html::feature(&known, view.collection(), &item.feature(), query.properties.as_deref())
            .write(&ask.base(), &links)
            .into_bytes()
    } else {
        let mut body = Vec::with_capacity(2048);
        item.write(query.properties.as_deref(), &mut body);
        with_links(body, &links)
    };
    let etag = present::quoted(&tag_of_body(&state_tag(&item.feature()), &body));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media));
    headers.insert(header::CACHE_CONTROL, present::REVALIDATE);
    headers.insert(header::ETAG, etag.clone());
    headers.insert(CONTENT_CRS, content_crs(query.crs));
    present::add_links(&mut headers, &links);
    if let Some(unchanged) = present::unchanged(&ask.headers, &etag) {
        return Ok(unchanged);
    }
    if form == &HTML {
        return Ok((headers, body).into_response());
    }
    let finished = ask.atlas().keep(&by, Finished { notes: kept::notes(&headers), body: body.into() }, coding);
    Ok(kept::response(&finished, coding))
}

/// A question with all that its answer needs.
struct Page {
    ask: Ask,
    view: View,
    pairs: Pairs,
    form: &'static Form,
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
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.form.media));
        headers.insert(header::CACHE_CONTROL, present::REVALIDATE);
        headers.insert(header::ETAG, self.etag.clone());
        headers.insert(MATCHED, items.matched().into());
        headers.insert(RETURNED, items.len().into());
        headers.insert(CONTENT_CRS, content_crs(query.crs));
        present::add_links(&mut headers, &self.links);
        if self.form == &HTML {
            let known = html::Known::new(self.ask.atlas().model(), self.ask.base());
            let page = html::items(&known, &items, query.properties.as_deref(), &self.links);
            return (headers, page.write(&self.ask.base(), &self.links)).into_response();
        }
        let head = head(&items, &self.links);
        match Pieces::new(items, query.properties, head).whole(MAX_KEPT_BYTES) {
            Ok(body) => {
                let plain = Finished { notes: kept::notes(&headers), body };
                kept::response(&self.ask.atlas().keep(&self.by, plain, self.coding), self.coding)
            }
            Err(pieces) => (headers, pieces.into_body()).into_response(),
        }
    }

    /// The same question from where this page ended.
    fn next(&self, cursor: &str) -> Link {
        let same = self.pairs.rest.iter().filter(|(n, _)| n != "cursor").map(|(n, v)| (n.as_str(), v.as_str()));
        let query = urls::query(same.chain([("cursor", cursor), ("f", self.form.names[0])]));
        let url = self.ask.base().api(&["collections", self.view.collection().id.as_str(), "items"]);
        Link::new("next", url + &query, self.form.media).titled("The next page")
    }
}

fn links(ask: &Ask, view: &View, form: &Form, pairs: &Pairs) -> Vec<Link> {
    let mut links = ask.twins(&FORMS, form, pairs);
    let collection = ask.base().api(&["collections", view.collection().id.as_str()]);
    links.push(Link::new("collection", collection, "application/json").titled(&view.collection().title));
    links
}

/// The FeatureCollection up to and with the `[` of its features.
fn head(items: &Items, links: &[Link]) -> Vec<u8> {
    let now = Timestamp::now().round(Unit::Second).unwrap_or_default().to_string();
    let head = json!({
        "type": "FeatureCollection",
        "timeStamp": now,
        "numberMatched": items.matched(),
        "numberReturned": items.len(),
        "links": link::array(links),
    });
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"features\":[");
    text.into_bytes()
}

/// A feature object with its links as last member.
fn with_links(mut feature: Vec<u8>, links: &[Link]) -> Vec<u8> {
    if feature.pop() == Some(b'}') {
        feature.extend_from_slice(b",\"links\":");
        feature.extend_from_slice(link::array(links).to_string().as_bytes());
        feature.push(b'}');
    }
    feature
}

/// All that an answer depends on, so that an unchanged one is known without finding it.
fn basis(ask: &Ask, view: &View, form: &Form) -> String {
    format!(
        "{:x} {} {} {} {} {} {}",
        ask.app.birth,
        view.collection().id,
        view.revision(),
        view.sight(),
        form.media,
        ask.base().url(""),
        ask.address()
    )
}

fn content_crs(crs: Crs) -> HeaderValue {
    present::quoted(&format!("<{}>", crs.uri()))
}
