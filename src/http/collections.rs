//! The collections of the plan, described.

use super::ask::Ask;
use super::html::{self, Page};
use super::items;
use super::link::{self, Link};
use super::negotiate::{CSV, FLATGEOBUF, GEOJSON, HTML, JSON, JSONFG, SCHEMA};
use super::present::{self, Answer, Document};
use super::urls::Base;
use crate::atlas::View;
use crate::crs::Crs;
use crate::feature::{Bbox, time::Span};
use crate::query::{self, CRS84};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// Parameters of the list, from OGC API Common Part 2.
const LIST_PARAMETERS: [&str; 3] = ["bbox", "datetime", "limit"];

pub async fn list(ask: Ask) -> Answer {
    let pairs = ask.only(&LIST_PARAMETERS)?;
    let wanted = query::overview(pairs.rest.iter().map(|(n, v)| (n.as_str(), v.as_str())))?;
    let mut views = ask.atlas().collections();
    let all = views.len();
    views.retain(|view| is_wanted(view, &wanted));
    let matched = views.len();
    views.truncate(wanted.limit);
    present::document_with(&ask, &JSON, &pairs, |twins| {
        let base = ask.base();
        let storage = ask.atlas().storage_crs();
        let collections: Vec<Json> =
            views.iter().map(|view| describe(view, &base, links(view, &base), storage)).collect();
        let json = json!({
            "links": link::array(twins),
            "numberMatched": matched,
            "numberReturned": views.len(),
            "crs": known_crs(),
            "collections": collections,
        });
        let page = Page::new("Collections", &format!("{matched} of {all} collections of this plan."));
        Ok(Document { json, page: page.crumb("The API", base.api(&[])).main(html::collections(&views, &base)) })
    })
}

pub async fn one(ask: Ask) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    present::document(&ask, &JSON, |twins| {
        let base = ask.base();
        let mut all = twins.to_vec();
        all.extend(links(&view, &base).into_iter().filter(|l| l.rel != "self"));
        let collection = view.collection();
        let page = Page::new(&collection.title, &collection.description)
            .crumb("The API", base.api(&[]))
            .crumb("Collections", base.api(&["collections"]));
        Ok(Document {
            page: page.main(html::collection(&view, &base, &all)),
            json: describe(&view, &base, all, ask.atlas().storage_crs()),
        })
    })
}

/// Whether a collection has a part in this box and this time; what has no extent is not ruled out by it.
fn is_wanted(view: &View, wanted: &query::Query) -> bool {
    let place = match (wanted.bbox, view.extent()) {
        (Some(asked), Some(mine)) => meet(asked, mine),
        _ => true,
    };
    place && wanted.time.is_none_or(|asked| view.time().is_none_or(|mine| asked.meets(mine)))
}

/// Whether two boxes share a place; the first may cross the antimeridian.
fn meet(asked: Bbox, mine: Bbox) -> bool {
    let tall = asked.south <= mine.north && mine.south <= asked.north;
    let wide = if asked.west <= asked.east {
        asked.west <= mine.east && mine.west <= asked.east
    } else {
        mine.east >= asked.west || mine.west <= asked.east
    };
    tall && wide
}

/// Every reference system that answers can be had in, CRS84 first.
fn known_crs() -> Vec<String> {
    Crs::all().map(Crs::uri).collect()
}

fn describe(view: &View, base: &Base, links: Vec<Link>, storage: Crs) -> Json {
    let collection = view.collection();
    let mut extent = json!({});
    if let Some(bbox) = view.extent() {
        extent["spatial"] = json!({"bbox": [roomy(bbox)], "crs": CRS84});
    }
    if let Some(time) = view.time() {
        extent["temporal"] =
            json!({"interval": [interval(time)], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"});
    }
    let mut links = links;
    if !links.iter().any(|l| l.rel == "self") {
        links.insert(0, Link::new("self", base.api(&["collections", collection.id.as_str()]), JSON.media));
    }
    let mut json = json!({
        "id": collection.id.as_str(),
        "title": collection.title,
        "description": collection.description,
        "itemType": "feature",
        "itemCount": view.count(),
        "extent": extent,
        "links": link::array(&links),
    });
    // What has no place is in no reference system.
    if !collection.geometry.is_none() {
        json["crs"] = known_crs().into();
        json["storageCrs"] = storage.uri().into();
    }
    if !collection.attribution().is_empty() {
        json["attribution"] = collection.attribution().into();
    }
    json
}

/// The box with a metre or two around it, so that clients that keep its numbers in single precision, as OGC's own test suite does, lose
/// nothing at its edges.
fn roomy(bbox: Bbox) -> [f64; 4] {
    const STEPS: f64 = 1e5;
    let (down, up) = (|v: f64| (v * STEPS - 1.0).floor() / STEPS, |v: f64| (v * STEPS + 1.0).ceil() / STEPS);
    [down(bbox.west).max(-180.0), down(bbox.south).max(-90.0), up(bbox.east).min(180.0), up(bbox.north).min(90.0)]
}

/// Both ends in RFC 3339; `null` is open.
fn interval(time: Span) -> [Option<String>; 2] {
    let end = |ms: i64| Timestamp::from_millisecond(ms).ok().map(|t| t.to_string());
    [
        Some(time.start_ms).filter(|&ms| ms > i64::MIN).and_then(end),
        Some(time.end_ms).filter(|&ms| ms < i64::MAX).and_then(end),
    ]
}

/// Everything that belongs to a collection.
fn links(view: &View, base: &Base) -> Vec<Link> {
    let collection = view.collection();
    let id = collection.id.as_str();
    let at = |rest: &str| base.api(&["collections", id]) + rest;
    let mut links = vec![
        Link::new("self", at("?f=json"), JSON.media).titled(&collection.title),
        Link::new("alternate", at("?f=html"), HTML.media).titled("This as a page"),
        Link::new("items", at("/items"), GEOJSON.media).titled("The features as GeoJSON"),
        Link::new("items", at("/items?f=html"), HTML.media).titled("The features as a page"),
        Link::new("items", at("/items?f=jsonfg"), JSONFG.media).titled("The features as JSON-FG"),
        Link::new("items", at("/items?f=flatgeobuf"), FLATGEOBUF.media).titled("The features as FlatGeobuf"),
        Link::new("items", at("/items?f=csv"), CSV.media).titled("The features as a table (CSV)"),
        Link::new(link::SCHEMA, at("/schema"), SCHEMA.media).titled("The schema of the features"),
        Link::new("describedby", at("/schema/geojson"), SCHEMA.media).titled("The schema of a feature as GeoJSON"),
        Link::new(link::QUERYABLES, at("/queryables"), SCHEMA.media).titled("What can be asked for"),
        Link::new(link::SORTABLES, at("/sortables"), SCHEMA.media).titled("What can be sorted by"),
        Link::new("version-history", at("/changes"), JSON.media).titled("What changed, and when"),
    ];
    for form in items::WHOLE_FORMS {
        let href = at(&format!("/download?f={}", form.names[0]));
        links.push(Link::new("enclosure", href, form.media).titled(format!("All of {} as one file", collection.title)));
    }
    if let Some((name, href)) = collection.license() {
        links.push(Link::new("license", href.to_owned(), HTML.media).titled(name));
    }
    if !collection.geometry.is_none() {
        let tilejson = base.url(&format!("/tiles/{id}.json"));
        links.push(Link::new(link::TILESETS, at("/tiles"), JSON.media).titled("The features as vector tiles"));
        links.push(Link::new("preview", tilejson, JSON.media).titled("The vector tiles for map libraries (TileJSON)"));
    }
    links
}
