//! A client that edits, over a plan of its own.

use crate::support::server::{Plan, Reply, by, demo, fresh, send};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use cityheart::access::{AccessRole, Viewer};
use cityheart::config::Config;
use serde_json::{Value as Json, json};

pub const GEOJSON: (&str, &str) = ("content-type", "application/geo+json");
pub const MERGE: (&str, &str) = ("content-type", "application/merge-patch+json");
pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const ITEMS: &str = "/api/collections/interventions/items";
/// A measure of the demo with a point, and the status "proposed" or another.
pub const ONE: &str = "/api/collections/interventions/items/celje-parking-teharska";

pub struct Client {
    pub router: Router,
    pub viewer: Viewer,
    pub plan: Plan,
}

impl Client {
    /// An editor of Celje over the demo's interventions and areas.
    pub fn new() -> Self {
        Self::of(Viewer::new("ana", "Ana", AccessRole::Editor, ["celje"]))
    }

    pub fn of(viewer: Viewer) -> Self {
        let mut content = demo();
        content.retain(|(id, _)| ["interventions", "areas", "cities", "facilities"].contains(&id.as_str()));
        let plan = fresh(&content);
        Self { router: cityheart::http::build_router(plan.atlas.clone(), Config::default()), viewer, plan }
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(path);
        request = request.header("host", "plan.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        send(&self.router, by(request.body(body.into()).unwrap(), &self.viewer)).await
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], Body::empty()).await
    }

    pub async fn json(&self, path: &str) -> Json {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.text());
        reply.json()
    }

    pub async fn post(&self, feature: &Json) -> Reply {
        self.send("POST", ITEMS, &[GEOJSON], feature.to_string()).await
    }

    pub async fn patch(&self, path: &str, patch: &Json) -> Reply {
        self.send("PATCH", path, &[MERGE], patch.to_string()).await
    }

    /// The tag of a feature as it is now.
    pub async fn tag(&self, path: &str) -> String {
        self.get(path).await.header("etag").to_owned()
    }
}

/// A new measure of Celje.
pub fn measure(id: Option<&str>) -> Json {
    let mut feature = json!({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [15.2651234, 46.2301234]},
        "properties": {
            "title": "Klop v senci", "city": "celje", "kind": "hard_investment", "status": "idea",
            "location_precision": "exact", "visibility": "public",
        },
    });
    if let Some(id) = id {
        feature["id"] = id.into();
    }
    feature
}

/// The places that a problem names.
pub fn places(problem: &Json) -> Vec<&str> {
    problem["errors"].as_array().map_or(vec![], |all| all.iter().filter_map(|e| e["pointer"].as_str()).collect())
}
