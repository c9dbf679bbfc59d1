//! Everything that a server says to somebody: every address that any answer leads to, and those that only a template
//! names.

use super::plan::{CELJE, CESENA};
use crate::support::server::{Reply, by, local, send};
use crate::support::tiles::Tile;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use cityheart::access::Viewer;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// What was asked, and all that was answered: headers and body as text.
pub struct Said {
    pub what: String,
    pub text: String,
}

pub async fn everything(router: &Router, viewer: &Viewer) -> Vec<Said> {
    let mut said = crawl(router, viewer).await;
    for path in drawn() {
        said.push(get(router, viewer, &path).await.0);
    }
    for (process, inputs) in questions() {
        said.push(ask(router, viewer, process, &inputs).await);
    }
    said
}

/// Every address below the server that an answer names, from these on.
async fn crawl(router: &Router, viewer: &Viewer) -> Vec<Said> {
    let mut waiting: Vec<String> = [
        "/api",
        "/api?f=html",
        "/health/ready",
        "/metrics",
        "/auth/me",
        "/tiles/interventions.json",
        "/tiles/interventions,contributions,areas.json",
        "/api/collections/interventions/items?limit=2",
        "/api/collections/interventions/calendar",
        "/api/collections/interventions/items?sortby=-cost&f=html",
        "/api/collections/interventions/items?crs=http://www.opengis.net/def/crs/EPSG/0/3857",
        "/api/collections?bbox=15.8,46,15.9,47",
        "/api/collections/interventions/changes",
        "/api/collections/interventions/changes?since=0",
        "/api/collections/interventions/items/published/history",
        "/api/collections/interventions/items/withdrawn/history",
        "/tiles/interventions,interventions_label.json?split=visibility",
        "/api/collections/interventions/changes?limit=1&f=html",
        "/api/collections/contributions/changes",
    ]
    .map(str::to_owned)
    .to_vec();
    for (collection, ids) in [
        (
            "interventions",
            ["celje", "cesena"].map(|c| ["public", "partners", "internal"].map(|v| format!("mark-{c}-{v}"))).concat(),
        ),
        (
            "contributions",
            vec!["said-celje-published".into(), "said-celje-pending".into(), "said-cesena-rejected".into()],
        ),
    ] {
        for id in ids {
            waiting.push(format!("/api/collections/{collection}/items/{id}"));
            waiting.push(format!("/api/collections/{collection}/items/{id}?f=html"));
            waiting.push(format!("/api/collections/{collection}/items/{id}/history"));
            waiting.push(format!("/api/collections/{collection}/items/{id}/history?f=html"));
        }
    }
    let mut seen: BTreeSet<String> = waiting.iter().cloned().collect();
    let mut said = vec![];
    while let Some(path) = waiting.pop() {
        let (page, reply) = get(router, viewer, &path).await;
        if reply.header("content-type").contains("json") {
            let mut links = vec![];
            addresses(&reply.json(), &mut links);
            for link in links {
                if !link.contains('{') && seen.insert(link.clone()) {
                    waiting.push(link);
                }
            }
        }
        said.push(page);
    }
    assert!(said.len() > 80, "only {} pages were found", said.len());
    said
}

fn addresses(json: &Json, found: &mut Vec<String>) {
    match json {
        Json::String(text) if text.starts_with("http://plan.test") => found.push(local(text).to_owned()),
        Json::Array(items) => items.iter().for_each(|i| addresses(i, found)),
        Json::Object(members) => members.values().for_each(|m| addresses(m, found)),
        _ => {}
    }
}

/// Tiles at every zoom where something lies, under every address that they have.
fn drawn() -> Vec<String> {
    let mut paths = vec![];
    for [lon, lat] in [CELJE, CESENA, [15.8123, CELJE[1]], [11.8765, CESENA[1]]] {
        for z in [0, 3, 6, 9, 12, 14, 16] {
            let n = f64::from(1 << z);
            let x = ((lon + 180.0) / 360.0 * n) as u32;
            let y = ((1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0 * n) as u32;
            for layers in ["interventions", "contributions", "areas,interventions,contributions,cities"] {
                paths.push(format!("/tiles/{layers}/{z}/{x}/{y}.mvt"));
                paths.push(format!("/tiles/{layers}/{z}/{x}/{y}.mvt?filter=1=1"));
            }
            for asked in
                ["split=visibility", "split=title", "cluster=40", "properties=title", "datetime=1980-01-01/2100-01-01"]
            {
                paths.push(format!("/tiles/interventions,interventions_label/{z}/{x}/{y}.mvt?{asked}"));
            }
            paths.push(format!("/api/collections/interventions/tiles/WebMercatorQuad/{z}/{y}/{x}"));
            paths.push(format!("/api/tiles/WebMercatorQuad/{z}/{y}/{x}"));
            paths.push(format!("/api/tiles/WebMercatorQuad/{z}/{y}/{x}?collections=interventions&filter=cost%3E0"));
        }
    }
    paths
}

/// Every question, asked so that it could tell everything.
fn questions() -> Vec<(&'static str, Json)> {
    let around = json!({"type": "Polygon", "coordinates": [[[11.5, 44.0], [13.0, 44.0], [13.0, 45.0], [11.5, 45.0], [11.5, 44.0]]]});
    let mut all = vec![
        ("summary", json!({"collection": "interventions", "group_by": ["status", "city", "year"]})),
        ("summary", json!({"collection": "contributions", "group_by": ["state"]})),
        ("conflicts", json!({"collection": "interventions", "distance_m": 5000})),
        ("coverage", json!({"collection": "interventions"})),
        ("gaps", json!({"collection": "interventions", "area": "celje-core", "distance_m": 100})),
        ("footprint", json!({"collection": "interventions"})),
        ("without", json!({"collection": "areas", "other": "interventions", "distance_m": 10})),
        ("without", json!({"collection": "interventions", "other": "contributions", "distance_m": 1})),
        ("rate", json!({"collection": "interventions", "numerator": {"status": "funded"}, "group_by": "visibility"})),
        ("inside", json!({"collection": "interventions", "area": around})),
        ("inside", json!({"collection": "interventions", "filter": "status <> 'idea'", "area": around})),
        ("similar", json!({"intervention": "mark-celje-public", "k": 100})),
        ("portfolio", json!({"budget": 1_000_000_000, "at_least_one": {"city": []}})),
    ];
    for place in [CELJE, CESENA] {
        for collection in ["interventions", "contributions"] {
            all.push(("nearby", json!({"collection": collection, "point": place, "k": 100})));
            all.push(("reach", json!({"collection": collection, "point": place, "distance_m": 5000})));
        }
    }
    for collection in ["interventions", "contributions"] {
        for area in ["celje-core", "cesena-core"] {
            all.push(("inside", json!({"collection": collection, "area": area})));
        }
    }
    all
}

pub async fn ask(router: &Router, viewer: &Viewer, process: &str, inputs: &Json) -> Said {
    let request = Request::post(format!("/api/processes/{process}/execution"))
        .header("host", "plan.test")
        .header("content-type", "application/json")
        .body(Body::from(json!({"inputs": inputs}).to_string()))
        .unwrap();
    let reply = send(router, by(request, viewer)).await;
    let what = format!("{process} {inputs}");
    assert!(reply.status == StatusCode::OK || reply.status.is_client_error(), "{what}: {}", reply.text());
    Said { text: spelled(&reply), what }
}

pub async fn get(router: &Router, viewer: &Viewer, path: &str) -> (Said, Reply) {
    let request = Request::get(path).header("host", "plan.test").body(Body::empty()).unwrap();
    let reply = send(router, by(request, viewer)).await;
    assert!(!reply.status.is_server_error(), "{path}: {}", reply.status);
    (Said { what: path.to_owned(), text: spelled(&reply) }, reply)
}

/// Headers and body as text that can be searched.
fn spelled(reply: &Reply) -> String {
    let mut text = format!("{:?}\n", reply.headers);
    if reply.header("content-type").contains("mapbox-vector-tile") {
        for layer in Tile::read(&reply.body).layers {
            text.push_str(&layer.name);
            for feature in layer.features {
                write!(text, "\n{} {:?}", feature.id, feature.properties).unwrap();
            }
        }
        return text;
    }
    text + &String::from_utf8_lossy(&reply.body)
}
