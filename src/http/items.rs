//! Features: pages of them, whole collections, and single ones; as GeoJSON, JSON-FG, FlatGeobuf, tables, and as pages for people.

use super::edit::format_body_etag;
use super::feature_stream::{FeatureChunks, StreamEncoding};
use super::html;
use super::link::{self, WebLink};
use super::negotiate;
use super::profile;
use super::request_context::{QueryPairs, RequestContext};
use super::response::{self, HttpResult};
use super::response_cache::{CachedResponse, MAX_CACHED_BYTES};
use super::response_format::{
    CSV, DOWNLOAD_FORMATS, FLATGEOBUF, HTML, ITEM_FORMATS, JSONFG, PAGE_FORMATS, ResponseFormat,
};
use super::urls;
use crate::atlas::{CollectionView, ContentCoding, FeaturePage, state_tag};
use crate::collection::Collection;
use crate::crs::Crs;
use crate::encoding::csv_writer::CsvWriter;
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::jsonfg::{self, JsonProfile};
use crate::query::{self, Query};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, Unit};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

const CONTENT_CRS: HeaderName = HeaderName::from_static("content-crs");
const NUMBER_MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
const NUMBER_RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");
/// The last news that this answer holds: who listens to `/api/events?since=` it misses nothing and hears nothing twice.
const LAST_CHANGE: HeaderName = HeaderName::from_static("cityheart-news");
/// Rows of a page for people; more are a `next` away.
const MAX_ROWS: usize = 500;

pub async fn list_items(context: RequestContext) -> HttpResult {
    let last_change = context.plan().change_feed().last_number(); // read before the snapshot, which so holds all of it
    let mut response = respond_page(context).await?;
    response.headers_mut().insert(LAST_CHANGE, HeaderValue::from(last_change));
    Ok(response)
}

async fn respond_page(context: RequestContext) -> HttpResult {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    if let Some(response) = find_cached_response(&context, &view) {
        return Ok(response);
    }
    let pairs = context.parse_pairs()?;
    let form = context.negotiate_format(&PAGE_FORMATS, &pairs)?;
    let mut query = parse_items_query(&pairs, &view)?;
    if form == &HTML {
        query.limit = query.limit.min(MAX_ROWS);
    }
    let links = item_links(&context, &view, &PAGE_FORMATS, form, &pairs);
    respond_items(context, view, pairs, form, links, query).await
}

/// A whole collection, or all of it that a question lets through, as one file.
pub async fn download_items(context: RequestContext) -> HttpResult {
    let pairs = context.parse_pairs()?;
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    context.reject_pairs(&["limit", "cursor"])?;
    let query = Query { limit: usize::MAX, ..parse_items_query(&pairs, &view)? };
    let form = context.negotiate_format(&DOWNLOAD_FORMATS, &pairs)?;
    let links = item_links(&context, &view, &DOWNLOAD_FORMATS, form, &pairs);
    let name = format!("attachment; filename=\"{}.{}\"", view.collection().id, file_extension(form));
    let mut response = respond_items(context, view, pairs, form, links, query).await?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, response::ascii_header_value(&name));
    Ok(response)
}

fn file_extension(form: &ResponseFormat) -> &'static str {
    match *form {
        FLATGEOBUF => "fgb",
        CSV => "csv",
        JSONFG => "fg.json",
        _ => "geojson",
    }
}

/// The pairs as a question; those that only the door reads are left out.
fn parse_items_query(pairs: &QueryPairs, view: &CollectionView) -> crate::error::Result<Query> {
    let rest = pairs.rest.iter().filter(|(name, _)| name != profile::PARAMETER);
    query::parse_query(rest.map(|(n, v)| (n.as_str(), v.as_str())), view.collection(), &["f", profile::PARAMETER])
}

async fn respond_items(
    context: RequestContext,
    view: CollectionView,
    pairs: QueryPairs,
    form: &'static ResponseFormat,
    mut links: Vec<WebLink>,
    query: Query,
) -> HttpResult {
    let profile = profile::choose_profile(&pairs, form)?;
    let cache_key = build_cache_key(&context, &view);
    let etag = response::ascii_header_value(&format!("W/\"{:032x}\"", response::hash_bytes(cache_key.as_bytes())));
    if let Some(unchanged) = response::check_not_modified(&context.headers, &etag) {
        return Ok(unchanged);
    }
    let coding = negotiate::choose_coding(&context.headers);
    // Packing takes longer than finding.
    let is_small = form != &HTML && coding == ContentCoding::Identity && context.plan().is_small_query(&view, &query);
    links.extend(profile.map(profile::profile_link));
    let request = ItemsRequest { context, view, pairs, form, profile, links, cache_key, etag, coding };
    if is_small {
        return Ok(request.respond(query));
    }
    let app = request.context.app.clone();
    Ok(app.pool.run(move || request.respond(query)).await?)
}

/// The answer that was given to the same before; what was answered was understood.
fn find_cached_response(context: &RequestContext, view: &CollectionView) -> Option<Response> {
    let cached =
        context.app.response_cache.get(&build_cache_key(context, view), negotiate::choose_coding(&context.headers))?;
    let unchanged = cached.etag().and_then(|etag| response::check_not_modified(&context.headers, etag));
    Some(unchanged.unwrap_or_else(|| cached.to_response()))
}

pub async fn get_item(context: RequestContext) -> HttpResult {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    if let Some(response) = find_cached_response(&context, &view) {
        return Ok(response);
    }
    let pairs = context.parse_pairs()?;
    let form = context.negotiate_format(&ITEM_FORMATS, &pairs)?;
    let allowed = ["crs", "properties", "exclude-properties", profile::PARAMETER];
    if pairs.rest.iter().any(|(name, _)| !allowed.contains(&name.as_str())) {
        context.parse_known_pairs(&allowed)?;
    }
    let query = parse_items_query(&pairs, &view)?;
    let profile = profile::choose_profile(&pairs, form)?;
    let item = context.plan().find_item(&view, context.path_segment("feature"))?.with_crs(query.crs);
    let mut links = item_links(&context, &view, &ITEM_FORMATS, form, &pairs);
    links.extend(profile.map(profile::profile_link));
    let body = match profile {
        None => {
            let renderer = html::ValueRenderer::new(context.plan().model(), context.base_url());
            html::render_feature(&renderer, view.collection(), &item.feature(), query.properties.as_deref())
                .render(&context.base_url(), &links)
                .into_bytes()
        }
        Some(JsonProfile::Rfc7946) => {
            let mut body = Vec::with_capacity(2048);
            item.write_geojson(query.properties.as_deref(), &mut body);
            append_members(body, &json!({"links": link::links_to_json(&links)}))
        }
        Some(profile) => {
            let shown = item.shown_fields(query.properties.as_deref());
            let mut body = Vec::with_capacity(2048);
            item.write_jsonfg(&shown, profile, &mut body);
            let mut members = jsonfg::root_members(&shown, &schema_url(&context, view.collection()));
            // What holds for collections alone.
            members.remove("geometryDimension");
            members.insert("links".into(), link::links_to_json(&links));
            append_members(body, &members.into())
        }
    };
    let etag = response::ascii_header_value(&format_body_etag(&state_tag(&item.feature()), &body));
    if let Some(unchanged) = response::check_not_modified(&context.headers, &etag) {
        return Ok(unchanged);
    }
    let headers = feature_headers(form, etag, query.crs, &links);
    if form == &HTML {
        return Ok((headers, body).into_response());
    }
    let coding = negotiate::choose_coding(&context.headers);
    Ok(context
        .app
        .response_cache
        .pack_and_insert(&build_cache_key(&context, &view), CachedResponse::new(headers, body), coding)
        .to_response())
}

/// The headers of every answer about features.
fn feature_headers(form: &ResponseFormat, etag: HeaderValue, crs: Crs, links: &[WebLink]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(form.media));
    headers.insert(header::CACHE_CONTROL, response::REVALIDATE);
    headers.insert(header::ETAG, etag);
    headers.insert(CONTENT_CRS, format_content_crs(crs));
    response::add_link_header(&mut headers, links);
    headers
}

/// The address of the schema that the features keep to.
fn schema_url(context: &RequestContext, collection: &Collection) -> String {
    context.base_url().api_url(&["collections", collection.id.as_str(), "schema"])
}

/// A question with all that its answer needs.
struct ItemsRequest {
    context: RequestContext,
    view: CollectionView,
    pairs: QueryPairs,
    form: &'static ResponseFormat,
    /// In JSON.
    profile: Option<JsonProfile>,
    links: Vec<WebLink>,
    /// What the answer depends on.
    cache_key: String,
    etag: HeaderValue,
    coding: ContentCoding,
}

impl ItemsRequest {
    /// Asks the atlas and writes the answer: all of it when it is short, so that it is kept; else its beginning.
    fn respond(mut self, query: Query) -> Response {
        let items = self.context.plan().select_items(&self.view, &query);
        if let Some(cursor) = items.next_cursor() {
            let next = self.next_link(&cursor.encode());
            self.links.push(next);
        }
        let mut headers = feature_headers(self.form, self.etag.clone(), query.crs, &self.links);
        headers.insert(NUMBER_MATCHED, items.number_matched().into());
        headers.insert(NUMBER_RETURNED, items.len().into());
        if self.form == &HTML {
            let renderer = html::ValueRenderer::new(self.context.plan().model(), self.context.base_url());
            let page = html::render_items(&renderer, &items, query.properties.as_deref(), &self.links);
            return (headers, page.render(&self.context.base_url(), &self.links)).into_response();
        }
        let (encoding, head) = self.begin_stream(&items, query.properties);
        match FeatureChunks::new(items, encoding, head).collect_within(MAX_CACHED_BYTES) {
            Ok(body) => self
                .context
                .app
                .response_cache
                .pack_and_insert(&self.cache_key, CachedResponse::new(headers, body), self.coding)
                .to_response(),
            Err(pieces) => (headers, pieces.into_body()).into_response(),
        }
    }

    /// How the features are written, and what stands before the first.
    fn begin_stream(&self, items: &FeaturePage, properties: Option<Vec<usize>>) -> (StreamEncoding, Vec<u8>) {
        let shown = items.shown_fields(properties.as_deref());
        let mut head = Vec::new();
        let encoding = match (self.form, self.profile) {
            (&FLATGEOBUF, _) => {
                let mut layer = FlatGeobufWriter::new(shown);
                layer.write_header(items.len(), &mut head);
                StreamEncoding::FlatGeobuf(Box::new(layer))
            }
            (&CSV, _) => {
                let table = CsvWriter::new(shown);
                table.write_header(&mut head);
                StreamEncoding::Table(table)
            }
            (_, Some(profile)) if profile.is_json_fg() => {
                let members = jsonfg::root_members(&shown, &schema_url(&self.context, items.collection()));
                head = begin_feature_collection(items, &self.links, members);
                StreamEncoding::JsonFg(shown, profile)
            }
            _ => {
                head = begin_feature_collection(items, &self.links, Map::new());
                StreamEncoding::GeoJson(properties)
            }
        };
        (encoding, head)
    }

    /// The same question from where this page ended.
    fn next_link(&self, cursor: &str) -> WebLink {
        let same = self.pairs.rest.iter().filter(|(n, _)| n != "cursor").map(|(n, v)| (n.as_str(), v.as_str()));
        let query = urls::format_query(same.chain([("cursor", cursor), ("f", self.form.names[0])]));
        let url = self.context.base_url().api_url(&["collections", self.view.collection().id.as_str(), "items"]);
        WebLink::new("next", url + &query, self.form.media).with_title("The next page")
    }
}

fn item_links(
    context: &RequestContext,
    view: &CollectionView,
    forms: &[&ResponseFormat],
    form: &ResponseFormat,
    pairs: &QueryPairs,
) -> Vec<WebLink> {
    let mut links = context.alternates(forms, form, pairs);
    let collection = context.base_url().api_url(&["collections", view.collection().id.as_str()]);
    links.push(WebLink::new("collection", collection, "application/json").with_title(&view.collection().title));
    links
}

/// The FeatureCollection up to and with the `[` of its features.
fn begin_feature_collection(items: &FeaturePage, links: &[WebLink], members: Map<String, Json>) -> Vec<u8> {
    let now = Timestamp::now().round(Unit::Second).unwrap_or_default().to_string();
    let mut head = json!({"type": "FeatureCollection"});
    if let Some(head) = head.as_object_mut() {
        head.extend(members);
    }
    head["timeStamp"] = now.into();
    head["numberMatched"] = items.number_matched().into();
    head["numberReturned"] = items.len().into();
    head["links"] = link::links_to_json(links);
    let mut text = head.to_string();
    text.pop();
    text.push_str(",\"features\":[");
    text.into_bytes()
}

/// A feature object with these as its last members.
fn append_members(mut feature: Vec<u8>, members: &Json) -> Vec<u8> {
    if feature.pop() == Some(b'}') {
        feature.push(b',');
        feature.extend_from_slice(&members.to_string().as_bytes()[1..]);
    }
    feature
}

/// All that an answer depends on but its coding, so that an unchanged one is known without finding it, or reading what is asked.
fn build_cache_key(context: &RequestContext, view: &CollectionView) -> String {
    let (load_id, revision) = view.state_id();
    let base = context.base_url();
    let (mask_key, root, address) = (view.mask_key(), base.as_str(), context.path_and_query());
    let mut key = String::with_capacity(128 + mask_key.len() + root.len() + address.len());
    // Writing to a String does not fail.
    let _ = write!(key, "{load_id:x} {revision} {mask_key} {root} {address}");
    for accepted in context.headers.get_all(header::ACCEPT) {
        let _ = write!(key, " {accepted:?}");
    }
    key
}

fn format_content_crs(crs: Crs) -> HeaderValue {
    response::ascii_header_value(&format!("<{}>", crs.uri()))
}
