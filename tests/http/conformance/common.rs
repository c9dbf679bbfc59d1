//! OGC API Common: the landing page, what is declared, the collections, the description of the API.

use super::{OAS30, every_page, follow};
use crate::support::server::{get, get_as, json, link, router};

pub const PROVEN: [(&str, &str); 6] = [
    ("ogcapi-common-1/1.0/conf/core", "common_core"),
    ("ogcapi-common-1/1.0/conf/landing-page", "common_landing_page"),
    ("ogcapi-common-1/1.0/conf/json", "common_json"),
    ("ogcapi-common-1/1.0/conf/html", "common_html"),
    ("ogcapi-common-1/1.0/conf/oas30", "common_oas30"),
    ("ogcapi-common-2/1.0/conf/collections", "common_collections"),
];

#[tokio::test]
async fn common_core() {
    let router = router();
    for path in ["/api", "/api/", "/api/conformance"] {
        assert_eq!(get_as(&router, path, &[("accept", "application/json")]).await.status, 200);
    }
}

#[tokio::test]
async fn common_landing_page() {
    let router = router();
    let landing = json(&router, "/api").await;
    assert!(landing["title"].is_string() && landing["description"].is_string());
    assert_eq!(follow(&router, &landing, "service-desc", OAS30).await.status, 200);
    assert_eq!(
        follow(&router, &landing, "service-doc", "text/html").await.header("content-type"),
        "text/html; charset=utf-8"
    );
    assert!(follow(&router, &landing, "conformance", "application/json").await.json()["conformsTo"].is_array());
    assert!(follow(&router, &landing, "data", "application/json").await.json()["collections"].is_array());
    assert_eq!(link(&landing, "data", ""), Some("http://plan.test/api/collections"));
}

#[tokio::test]
async fn common_json() {
    let router = router();
    for path in ["/api", "/api/conformance", "/api/collections", "/api/collections/areas"] {
        let reply = get(&router, path).await;
        assert_eq!(reply.header("content-type"), "application/json");
        let json = reply.json();
        for rel in ["self", "alternate"] {
            if path != "/api/conformance" || json["links"].is_array() {
                assert!(link(&json, rel, "").is_some(), "{path}: {rel}");
            }
        }
    }
}

#[tokio::test]
async fn common_html() {
    every_page(&["/api", "/api/conformance", "/api/collections", "/api/collections/areas", "/api/openapi"]).await;
}

#[tokio::test]
async fn common_oas30() {
    let router = router();
    let accept = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
    let reply = get_as(&router, "/api/openapi", &[("accept", accept)]).await;
    assert_eq!(reply.header("content-type"), OAS30);
    let api = reply.json();
    assert!(api["openapi"].as_str().unwrap().starts_with("3.0."));
    for path in ["/", "/conformance", "/collections"] {
        assert!(api["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn common_collections() {
    let router = router();
    let all = json(&router, "/api/collections").await;
    assert_eq!(all["numberMatched"], all["collections"].as_array().unwrap().len());
    for listed in all["collections"].as_array().unwrap() {
        let one = json(&router, &format!("/api/collections/{}", listed["id"].as_str().unwrap())).await;
        for key in ["id", "title", "description", "extent", "itemType", "crs", "storageCrs"] {
            assert_eq!(listed[key], one[key], "{key}");
        }
        assert!(link(&one, "self", "").is_some());
    }
    let none = json(&router, "/api/collections?bbox=100,-60,110,-50&limit=3").await;
    let found = none["collections"].as_array().unwrap();
    assert!(found.len() <= 3 && found.iter().all(|c| c["extent"]["spatial"].is_null()));
}
