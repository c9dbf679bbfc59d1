//! Features: pages of them, whole collections, and single features; as GeoJSON, JSON-FG, FlatGeobuf, CSV and HTML,
//! and in downloads as files of the trade.

use super::edit::format_body_etag;
use super::fair_queue::JobKind;
use super::feature_headers::{NUMBER_MATCHED, NUMBER_RETURNED, feature_headers};
use super::feature_request::FeatureRequest;
use super::feature_stream::{FeatureChunks, StreamEncoding};
use super::file_download::{self, WorkbookParameters};
use super::html;
use super::link::{self, WebLink};
use super::profile;
use super::request_context::{QueryPairs, RequestContext};
use super::response::{self, HttpResult};
use super::response_cache::MAX_CACHED_BYTES;
use super::response_format::{
    CSV, DOWNLOAD_FORMATS, FLATGEOBUF, HTML, ITEM_FORMATS, JSONFG, PAGE_FORMATS, ResponseFormat,
};
use super::urls;
use crate::atlas::{ContentCoding, FeatureItem, FeaturePage, state_tag};
use crate::digest::hash_content;
use crate::encoding::csv_writer::CsvWriter;
use crate::encoding::flatgeobuf::FlatGeobufWriter;
use crate::encoding::jsonfg::{self, JsonProfile};
use crate::error::Error;
use crate::feature_file::FileFormat;
use crate::query::{PageCursor, Query};
use crate::work_budget::WorkBudget;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use jiff::{Timestamp, Unit};
use serde_json::{Map, Value as Json, json};

/// The number of the last change that the page includes: a client that subscribes with `/api/events?since=` that number
/// misses no change and receives none twice.
const LAST_CHANGE: HeaderName = HeaderName::from_static("cityheart-news");
/// The value of the parameter `cursor` of the next page.
const NEXT_CURSOR: HeaderName = HeaderName::from_static("cityheart-next-cursor");
const MAX_CURSOR_BYTES: usize = 500;
/// The most rows of an HTML page.
const MAX_ROWS: usize = 500;

pub async fn list_items(context: RequestContext) -> HttpResult {
    // Read before the snapshot, which therefore includes this change.
    let last_change = context.plan().change_feed().last_number();
    let mut response = respond_page(context).await?;
    response.headers_mut().insert(LAST_CHANGE, HeaderValue::from(last_change));
    Ok(response)
}

async fn respond_page(context: RequestContext) -> HttpResult {
    let request = FeatureRequest::from_context(context)?;
    if let Some(response) = request.find_cached_response() {
        return Ok(response);
    }
    let pairs = request.context.parse_pairs()?;
    let form = request.context.negotiate_format(&PAGE_FORMATS, &pairs)?;
    let mut query = request.parse_query(&pairs)?;
    if form == &HTML {
        query.limit = query.limit.min(MAX_ROWS);
    }
    let links = request.links(&PAGE_FORMATS, form, &pairs);
    respond_items(request, pairs, form, links, query).await
}

/// A whole collection, or all features that a query selects, as one file.
pub async fn download_items(context: RequestContext) -> HttpResult {
    let mut pairs = context.parse_pairs()?;
    let request = FeatureRequest::from_context(context)?;
    pairs.reject(&["limit", "cursor"], "A download contains all features. Leave the parameter out.")?;
    let form = request.context.negotiate_format(&DOWNLOAD_FORMATS, &pairs)?;
    let format = file_download::file_format(form);
    let all_pairs = pairs.clone();
    let workbook = WorkbookParameters::take_from(&mut pairs, format)?;
    let query = Query { limit: usize::MAX, ..request.parse_query(&pairs)? };
    let name = format!("attachment; filename=\"{}.{}\"", request.view.collection().id, file_extension(form));
    let mut response = if let Some(format) = format {
        file_download::respond_file(request, &all_pairs, form, format, query, workbook).await?
    } else {
        let links = request.links(&DOWNLOAD_FORMATS, form, &pairs);
        respond_items(request, pairs, form, links, query).await?
    };
    response.headers_mut().insert(header::CONTENT_DISPOSITION, response::ascii_header_value(&name));
    Ok(response)
}

fn file_extension(form: &ResponseFormat) -> &'static str {
    match *form {
        FLATGEOBUF => "fgb",
        CSV => "csv",
        JSONFG => "fg.json",
        _ => file_download::file_format(form).map_or("geojson", FileFormat::file_ending),
    }
}

async fn respond_items(
    request: FeatureRequest,
    pairs: QueryPairs,
    form: &'static ResponseFormat,
    mut links: Vec<WebLink>,
    query: Query,
) -> HttpResult {
    let profile = profile::choose_profile(&pairs, form)?;
    let hash = hash_content(request.cache_key.as_bytes());
    let etag = response::ascii_header_value(&format!("W/\"{hash:032x}\""));
    let FeatureRequest { context, view, .. } = &request;
    if let Some(unchanged) = response::check_not_modified(&context.headers, &etag) {
        return Ok(unchanged);
    }
    // Compression takes longer than a small query.
    let plain = form != &HTML && request.coding == ContentCoding::Identity;
    let is_small = plain && context.plan().is_small_query(view, &query);
    links.extend(profile.map(profile::profile_link));
    let app = context.app.clone();
    let owner = context.job_owner(JobKind::of_query(&query));
    let page = PageRequest { request, pairs, form, profile, links, etag };
    if is_small {
        return Ok(page.respond(query, &WorkBudget::unlimited())?);
    }
    Ok(app.pool.run(&owner, move |work| page.respond(query, work)).await??)
}

pub async fn get_item(context: RequestContext) -> HttpResult {
    let request = FeatureRequest::from_context(context)?;
    if let Some(response) = request.find_cached_response() {
        return Ok(response);
    }
    let FeatureRequest { context, view, .. } = &request;
    let pairs = context.parse_pairs()?;
    let form = context.negotiate_format(&ITEM_FORMATS, &pairs)?;
    pairs.check_names(&["crs", "properties", "exclude-properties", profile::PARAMETER])?;
    let query = request.parse_query(&pairs)?;
    let profile = profile::choose_profile(&pairs, form)?;
    let item = context.plan().find_item(view, context.path_segment("feature"))?.with_crs(query.crs);
    let mut links = request.links(&ITEM_FORMATS, form, &pairs);
    links.extend(profile.map(profile::profile_link));
    let body = write_item(&request, &item, &query, profile, &links);
    let etag = response::ascii_header_value(&format_body_etag(&state_tag(&item.feature()), &body));
    if let Some(unchanged) = response::check_not_modified(&context.headers, &etag) {
        return Ok(unchanged);
    }
    let headers = feature_headers(form, etag, query.crs, &links);
    if form == &HTML {
        return Ok((headers, body).into_response());
    }
    Ok(request.respond_and_cache(headers, body))
}

/// One feature in a profile of JSON, or as a page.
fn write_item(
    request: &FeatureRequest,
    item: &FeatureItem,
    query: &Query,
    profile: Option<JsonProfile>,
    links: &[WebLink],
) -> Vec<u8> {
    let properties = query.properties.as_deref();
    let mut body = Vec::with_capacity(2048);
    match profile {
        None => {
            let (plan, base) = (request.context.plan(), request.context.base_url());
            let renderer = html::ValueRenderer::new(plan.model(), base);
            let page = html::render_feature(&renderer, request.view.collection(), &item.feature(), properties);
            page.render(base, links).into_bytes()
        }
        Some(JsonProfile::Rfc7946) => {
            item.write_geojson(properties, &mut body);
            append_members(body, &json!({"links": link::links_to_json(links)}))
        }
        Some(profile) => {
            let shown = item.shown_fields(properties);
            item.write_jsonfg(&shown, profile, &mut body);
            let mut members = jsonfg::root_members(&shown, &request.schema_url());
            // This member is defined for collections only.
            members.remove("geometryDimension");
            members.insert("links".into(), link::links_to_json(links));
            append_members(body, &members.into())
        }
    }
}

/// A request for a page of features, understood.
struct PageRequest {
    request: FeatureRequest,
    pairs: QueryPairs,
    form: &'static ResponseFormat,
    /// Of JSON formats.
    profile: Option<JsonProfile>,
    links: Vec<WebLink>,
    etag: HeaderValue,
}

impl PageRequest {
    /// Selects the features and writes the response: a short one at once, so that it can be cached; of a long one the
    /// beginning.
    fn respond(mut self, query: Query, work: &WorkBudget) -> Result<Response, Error> {
        let items = self.request.context.plan().select_items(&self.request.view, &query, work)?;
        let cursor = items.next_cursor().map(PageCursor::encode);
        self.links.extend(cursor.as_deref().map(|cursor| self.next_link(cursor)));
        let mut headers = feature_headers(self.form, self.etag.clone(), query.crs, &self.links);
        headers.insert(NUMBER_MATCHED, items.number_matched().into());
        headers.insert(NUMBER_RETURNED, items.len().into());
        // A table has no other place for its next page, whose address may be too long for the header.
        if let Some(cursor) = cursor.filter(|c| c.len() <= MAX_CURSOR_BYTES && matches!(*self.form, CSV | FLATGEOBUF)) {
            headers.insert(NEXT_CURSOR, response::ascii_header_value(&cursor));
        }
        if self.form == &HTML {
            let (plan, base) = (self.request.context.plan(), self.request.context.base_url());
            let renderer = html::ValueRenderer::new(plan.model(), base);
            let page = html::render_items(&renderer, &items, query.properties.as_deref(), &self.links);
            return Ok((headers, page.render(base, &self.links)).into_response());
        }
        let (encoding, head) = self.begin_stream(&items, query.properties);
        Ok(match FeatureChunks::new(items, encoding, head).collect_within(MAX_CACHED_BYTES) {
            Ok(body) => self.request.respond_and_cache(headers, body),
            Err(chunks) => (headers, chunks.into_body()).into_response(),
        })
    }

    /// The encoding of the features, and what is written before the first.
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
                let members = jsonfg::root_members(&shown, &self.request.schema_url());
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

    /// The same query from where this page ends.
    fn next_link(&self, cursor: &str) -> WebLink {
        let same = self.pairs.rest.iter().filter(|(n, _)| n != "cursor").map(|(n, v)| (n.as_str(), v.as_str()));
        let query = urls::format_query(same.chain([("cursor", cursor), ("f", self.form.names[0])]));
        let id = self.request.view.collection().id.as_str();
        let url = self.request.context.base_url().api_url(&["collections", id, "items"]);
        WebLink::new("next", url + &query, self.form.media).with_title("Next page")
    }
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
