//! Descriptions of the plan's collections (OGC API - Common - Part 2).

use super::fair_queue::JobKind;
use super::html::{self, HtmlPage};
use super::link::{self, WebLink};
use super::request_context::RequestContext;
use super::resource_document::{self, ResourceDocument};
use super::response::HttpResult;
use super::response_format::{self, CSV, FLATGEOBUF, GEOJSON, HTML, JSON, JSONFG, SCHEMA};
use super::urls::BaseUrl;
use crate::atlas::{CollectionView, PlanFinding};
use crate::crs::Crs;
use crate::error::{Error, count_noun};
use crate::feature::{BoundingBox, time::TimeSpan};
use crate::query::{self, CRS84_URI};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Parameters of the list.
const LIST_PARAMETERS: [&str; 3] = ["bbox", "datetime", "limit"];

pub async fn list_collections(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&LIST_PARAMETERS)?;
    let query = query::parse_overview(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))?;
    let mut views = context.plan().collections();
    let all = views.len();
    views.retain(|view| is_in_extent(view, &query));
    let matched = views.len();
    views.truncate(query.limit);
    resource_document::respond_document_with(&context, &JSON, &pairs, |alternates| {
        let base = context.base_url();
        let storage = context.plan().storage_crs();
        let collections: Vec<Json> =
            views.iter().map(|view| describe_collection(view, base, collection_links(view, base), storage)).collect();
        let json = json!({
            "links": link::links_to_json(alternates),
            "numberMatched": matched,
            "numberReturned": views.len(),
            "crs": list_crs_uris(),
            "collections": collections,
        });
        let page = HtmlPage::new(
            "Collections",
            &format!("{matched} of {} of the plan.", count_noun(all as u64, "collection")),
        );
        Ok(ResourceDocument {
            json,
            page: page.with_breadcrumb("API", base.api_url(&[])).with_main(html::render_collection_list(&views, base)),
        })
    })
}

pub async fn get_collection(context: RequestContext) -> HttpResult {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    let findings = find_not_shown(&context).await?;
    resource_document::respond_document(&context, &JSON, |alternates| {
        let base = context.base_url();
        let mut all = alternates.to_vec();
        all.extend(collection_links(&view, base).into_iter().filter(|l| l.rel != "self"));
        let collection = view.collection();
        let page = HtmlPage::new(&collection.title, &collection.description)
            .with_breadcrumb("API", base.api_url(&[]))
            .with_breadcrumb("Collections", base.api_url(&["collections"]));
        Ok(ResourceDocument {
            page: page.with_main(html::render_collection(&view, base, &all)),
            json: with_findings(describe_collection(&view, base, all, context.plan().storage_crs()), &findings),
        })
    })
}

/// What of the collection's table is not shown as it is, for those who may know: it may have to be read from the file.
async fn find_not_shown(context: &RequestContext) -> Result<Vec<PlanFinding>, Error> {
    let plan = context.plan().clone();
    if !plan.may_know_findings() {
        return Ok(vec![]);
    }
    let id = context.path_segment("collection").to_owned();
    context.app.pool.run(&context.job_owner(JobKind::Read), move |_| plan.collection_findings(&id)).await?
}

fn with_findings(mut json: Json, findings: &[PlanFinding]) -> Json {
    if !findings.is_empty() {
        let finding = |f: &PlanFinding| json!({"kind": f.kind, "id": f.id, "pointer": f.at, "count": f.count, "message": f.message});
        json["findings"] = findings.iter().map(finding).collect();
    }
    json
}

/// Whether a collection's extent intersects the box and the time of a query; a collection without an extent is not
/// ruled out.
fn is_in_extent(view: &CollectionView, query: &query::Query) -> bool {
    let place = match (query.bbox, view.extent()) {
        (Some(requested), Some(extent)) => bboxes_intersect(requested, extent),
        _ => true,
    };
    place && query.time.is_none_or(|requested| view.time_extent().is_none_or(|extent| requested.intersects(extent)))
}

/// Whether two boxes intersect; the first may cross the antimeridian.
fn bboxes_intersect(requested: BoundingBox, extent: BoundingBox) -> bool {
    let tall = requested.south <= extent.north && extent.south <= requested.north;
    let wide = if requested.west <= requested.east {
        requested.west <= extent.east && extent.west <= requested.east
    } else {
        extent.east >= requested.west || extent.west <= requested.east
    };
    tall && wide
}

/// Every coordinate reference system that features are served in, CRS84 first.
fn list_crs_uris() -> Vec<String> {
    Crs::all().map(Crs::uri).collect()
}

fn describe_collection(view: &CollectionView, base: &BaseUrl, links: Vec<WebLink>, storage: Crs) -> Json {
    let collection = view.collection();
    let mut extent = json!({});
    if let Some(bbox) = view.extent() {
        extent["spatial"] = json!({"bbox": [pad_bbox(bbox)], "crs": CRS84_URI});
    }
    if let Some(time) = view.time_extent() {
        extent["temporal"] =
            json!({"interval": [format_interval(time)], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"});
    }
    let mut links = links;
    if !links.iter().any(|l| l.rel == "self") {
        links.insert(0, WebLink::new("self", base.api_url(&["collections", collection.id.as_str()]), JSON.media));
    }
    let mut json = json!({
        "id": collection.id.as_str(),
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "itemCount": view.feature_count(),
        "extent": extent,
        "links": link::links_to_json(&links),
    });
    // A collection without geometry has no coordinate reference system.
    if !collection.geometry.is_none() {
        json["crs"] = list_crs_uris().into();
        json["storageCrs"] = storage.uri().into();
    }
    if let Some(reason) = collection.read_only() {
        json["readOnly"] = reason.into();
    }
    if !collection.attribution().is_empty() {
        json["attribution"] = collection.attribution().into();
    }
    json
}

/// The box, a metre or two larger on every side: clients that store its numbers in single precision, as OGC's own test
/// suite does, then lose no feature at its edges.
fn pad_bbox(bbox: BoundingBox) -> [f64; 4] {
    const STEPS: f64 = 1e5;
    let (down, up) = (|v: f64| (v * STEPS - 1.0).floor() / STEPS, |v: f64| (v * STEPS + 1.0).ceil() / STEPS);
    [down(bbox.west).max(-180.0), down(bbox.south).max(-90.0), up(bbox.east).min(180.0), up(bbox.north).min(90.0)]
}

/// Both ends in RFC 3339; `null` for an open end.
fn format_interval(time: TimeSpan) -> [Option<String>; 2] {
    let end = |ms: i64| Timestamp::from_millisecond(ms).ok().map(|t| t.to_string());
    [
        Some(time.start_ms).filter(|&ms| ms > i64::MIN).and_then(end),
        Some(time.end_ms).filter(|&ms| ms < i64::MAX).and_then(end),
    ]
}

/// Links to everything that a collection offers.
fn collection_links(view: &CollectionView, base: &BaseUrl) -> Vec<WebLink> {
    let collection = view.collection();
    let id = collection.id.as_str();
    let at = |rest: &str| base.api_url(&["collections", id]) + rest;
    let mut links = vec![
        WebLink::new("self", at("?f=json"), JSON.media).with_title(&collection.title),
        WebLink::new("alternate", at("?f=html"), HTML.media).with_title("This document as HTML"),
        WebLink::new("items", at("/items"), GEOJSON.media).with_title("The features as GeoJSON"),
        WebLink::new("items", at("/items?f=html"), HTML.media).with_title("The features as HTML"),
        WebLink::new("items", at("/items?f=jsonfg"), JSONFG.media).with_title("The features as JSON-FG"),
        WebLink::new("items", at("/items?f=flatgeobuf"), FLATGEOBUF.media).with_title("The features as FlatGeobuf"),
        WebLink::new("items", at("/items?f=csv"), CSV.media).with_title("The features as CSV"),
        WebLink::new(link::SCHEMA, at("/schema"), SCHEMA.media).with_title("The schema of the features"),
        WebLink::new("describedby", at("/schema/geojson"), SCHEMA.media)
            .with_title("The schema of a feature as GeoJSON"),
        WebLink::new(link::QUERYABLES, at("/queryables"), SCHEMA.media)
            .with_title("Queryables: the properties that filters may use"),
        WebLink::new(link::SORTABLES, at("/sortables"), SCHEMA.media)
            .with_title("Sortables: the properties that sortby may use"),
        WebLink::new("version-history", at("/changes"), JSON.media).with_title("The change log"),
    ];
    if collection.time.is_some() {
        links.push(
            WebLink::new("alternate", at("/calendar"), super::calendar::MEDIA)
                .with_title("The dated features as a calendar (iCalendar)"),
        );
    }
    for form in response_format::DOWNLOAD_FORMATS {
        let href = at(&format!("/download?f={}", form.names[0]));
        links.push(
            WebLink::new("enclosure", href, form.media)
                .with_title(format!("All features of {} as one file", collection.title)),
        );
    }
    if let Some((name, href)) = collection.license() {
        links.push(WebLink::new("license", href.to_owned(), HTML.media).with_title(name));
    }
    if !collection.geometry.is_none() {
        let tilejson = base.with_path(&format!("/tiles/{id}.json"));
        links.push(WebLink::new(link::TILESETS, at("/tiles"), JSON.media).with_title("The features as vector tiles"));
        links.push(WebLink::new("preview", tilejson, JSON.media).with_title("TileJSON for map libraries"));
    }
    links
}
