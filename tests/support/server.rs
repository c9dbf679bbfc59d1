//! The real router over the demo plan in a temporary GeoPackage, and a client that checks what every answer must keep:
//! every tile that comes is decoded and held against the tile specification.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use cityheart::access::Viewer;
use cityheart::atlas::{Atlas, AtlasSettings, BaseMap, PlanFile};
use cityheart::config::Config;
use cityheart::feature::{Feature, FeatureId};
use cityheart::plan::PlanModel;
use serde_json::{Map, Value as Json};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tower::ServiceExt;

/// A plan that lives as long as the tests of one file.
pub struct Plan {
    pub atlas: Arc<Atlas>,
    pub folder: TempDir,
}

/// The demo plan, opened once.
pub fn plan() -> &'static Plan {
    static PLAN: OnceLock<Plan> = OnceLock::new();
    PLAN.get_or_init(|| fresh(&demo()))
}

/// The demo's features by collection, as its files have them.
pub fn demo() -> Vec<(String, Vec<Json>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("geodata/demo");
    let model = PlanModel::load().unwrap();
    let read = |id: &str| {
        let text = std::fs::read_to_string(folder.join(format!("{id}.geojson"))).ok()?;
        let json: Json = serde_json::from_str(&text).unwrap();
        Some((id.to_owned(), json["features"].as_array().unwrap().clone()))
    };
    model.collections().filter_map(|c| read(c.id.as_str())).collect()
}

/// The demo's features that anybody may see: contributions only when they are published.
pub fn public() -> Vec<(String, Vec<Json>)> {
    let mut all = demo();
    for (_, features) in &mut all {
        features.retain(|f| !matches!(f["properties"]["state"].as_str(), Some("pending" | "rejected")));
        features.retain(|f| !matches!(f["properties"]["visibility"].as_str(), Some("partners" | "internal")));
    }
    all
}

/// A new plan with these features.
pub fn fresh(content: &[(String, Vec<Json>)]) -> Plan {
    fresh_in(tempfile::tempdir().unwrap(), content)
}

/// A plan in this folder, new unless it is there, with these features.
pub fn fresh_in(folder: TempDir, content: &[(String, Vec<Json>)]) -> Plan {
    let plan_file = PlanFile::open_or_create(&folder.path().join("plan.gpkg")).unwrap();
    let model = PlanModel::load().unwrap();
    for (id, features) in content {
        let collection = model.collections().find(|c| c.id.as_str() == id).unwrap();
        let mut all = features.iter().map(|json| {
            let geometry: Option<geojson::Geometry> = serde_json::from_value(json["geometry"].clone()).unwrap();
            Ok(Feature {
                key: 0,
                id: FeatureId::new(json["id"].as_str().unwrap())?,
                geometry: geometry.map(|g| geo_types::Geometry::try_from(g).unwrap()),
                values: collection.read_values(json["properties"].as_object().unwrap_or(&Map::new()))?,
            })
        });
        plan_file.load_collection(collection, false, &mut all).unwrap();
    }
    let settings = AtlasSettings { accounts: Some(folder.path().join("plan.gpkg")), ..AtlasSettings::default() };
    let atlas = Atlas::open(plan_file, model, BaseMap::default(), &settings).unwrap();
    Plan { atlas, folder }
}

/// The router over the demo plan.
pub fn router() -> Router {
    router_with(Config::default())
}

pub fn router_with(config: Config) -> Router {
    cityheart::http::build_router(plan().atlas.clone(), config)
}

const MVT: &str = "application/vnd.mapbox-vector-tile";

pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("no JSON ({e}): {}", self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }

    /// The links of the header, each as it is written.
    pub fn links(&self) -> Vec<&str> {
        let lines = self.headers.get_all("link").iter().map(|v| v.to_str().unwrap());
        lines.flat_map(|line| line.split(", ").filter(|l| !l.is_empty())).collect()
    }
}

/// Sends a request and checks what holds for every answer: scripts may read it, no content is guessed, and errors are
/// problems.
pub async fn send(router: &Router, request: Request<Body>) -> Reply {
    let what = format!("{} {}", request.method(), request.uri());
    let head = request.method() == Method::HEAD;
    let html = request.headers().get_all("accept").iter().any(|a| a.to_str().is_ok_and(|a| a.contains("html")));
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 64 << 20).await.unwrap().to_vec();
    let reply = Reply { status: parts.status, headers: parts.headers, body };
    assert_eq!(reply.header("access-control-allow-origin"), "*", "{what}");
    assert_eq!(reply.header("x-content-type-options"), "nosniff", "{what}");
    assert!(reply.headers.contains_key("vary"), "{what}");
    if reply.status == StatusCode::OK
        && !head
        && reply.header("content-type") == MVT
        && reply.header("content-encoding").is_empty()
    {
        super::tiles::Tile::read(&reply.body);
    }
    if head || reply.status == StatusCode::NO_CONTENT || reply.status == StatusCode::NOT_MODIFIED {
        assert!(reply.body.is_empty(), "{what} has a body");
    }
    let bad = reply.status.is_client_error() || reply.status.is_server_error();
    if bad && !html && !head {
        assert_eq!(reply.header("content-type"), "application/problem+json", "{what}");
        let problem = reply.json();
        assert_eq!(problem["status"], reply.status.as_u16(), "{what}");
        assert!(problem["detail"].as_str().is_some_and(|d| d.len() > 10), "{what}: {problem}");
    }
    reply
}

pub async fn get(router: &Router, path: &str) -> Reply {
    get_as(router, path, &[]).await
}

/// A request of somebody, as if they had signed in.
pub fn by<B>(mut request: Request<B>, viewer: &Viewer) -> Request<B> {
    request.extensions_mut().insert(viewer.clone());
    request
}

/// GET with these headers.
pub async fn get_as(router: &Router, path: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = Request::get(path).header("host", "plan.test");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(router, request.body(Body::empty()).unwrap()).await
}

/// The JSON behind an address that must be there.
pub async fn json(router: &Router, path: &str) -> Json {
    let reply = get(router, path).await;
    assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
    reply.json()
}

/// The path and query of one of our absolute addresses.
pub fn local(url: &str) -> &str {
    url.strip_prefix("http://plan.test").unwrap_or_else(|| panic!("'{url}' is not absolute"))
}

/// The address behind the first link with this relation and, when one is given, this type.
pub fn link<'a>(json: &'a Json, rel: &str, media: &str) -> Option<&'a str> {
    let links = json["links"].as_array()?;
    links.iter().find(|l| l["rel"] == rel && (media.is_empty() || l["type"] == media))?["href"].as_str()
}
