//! Asking the plan's questions over HTTP.

use crate::support::server::{Reply, router, send};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value as Json, json};

pub async fn post(process: &str, body: String) -> Reply {
    let request = Request::post(format!("/api/processes/{process}/execution"))
        .header("host", "plan.test")
        .header("content-type", "application/json")
        .body(Body::from(body));
    send(&router(), request.unwrap()).await
}

pub async fn ask(process: &str, inputs: Json) -> Json {
    let reply = post(process, json!({"inputs": inputs}).to_string()).await;
    assert_eq!(reply.status, StatusCode::OK, "{process}: {}", reply.text());
    reply.json()
}

pub fn found(answer: &Json) -> Vec<&str> {
    answer["features"]["features"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap()).collect()
}

/// The number of this name and group.
pub fn number<'a>(answer: &'a Json, name: &str, group: &[(&str, &str)]) -> &'a Json {
    let group: serde_json::Map<String, Json> = group.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect();
    let same = |n: &&Json| {
        n["name"] == name && n.get("group").and_then(Json::as_object).map_or(group.is_empty(), |g| *g == group)
    };
    answer["numbers"].as_array().unwrap().iter().find(same).unwrap_or_else(|| panic!("no {name} of {group:?}"))
}

pub fn value(answer: &Json, name: &str, group: &[(&str, &str)]) -> f64 {
    number(answer, name, group)["value"].as_f64().unwrap()
}
