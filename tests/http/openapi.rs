//! The OpenAPI document: valid by the official schema, complete, and true.

use crate::support::python;
use crate::support::server::{get, json, plan, router};
use serde_json::Value as Json;

#[tokio::test]
async fn the_official_schema_of_openapi_3_0_finds_nothing_wrong() {
    let api = get(&router(), "/api/openapi").await;
    let script = "import json, sys\nfrom openapi_spec_validator import OpenAPIV30SpecValidator\n\
        errors = list(OpenAPIV30SpecValidator(json.load(sys.stdin)).iter_errors())\n\
        print('\\n'.join(f'{list(e.absolute_path)}: {e.message[:300]}' for e in errors))";
    assert_eq!(python::run(script, api.text()).trim(), "");
}

#[tokio::test]
async fn every_collection_has_its_paths_with_every_queryable_as_a_parameter() {
    let router = router();
    let api = json(&router, "/api/openapi").await;
    for view in plan().atlas.collections() {
        let id = view.collection().id.to_string();
        let items = &api["paths"][format!("/collections/{id}/items")]["get"];
        let names = parameter_names(&api, items);
        let queryables = json(&router, &format!("/api/collections/{id}/queryables")).await;
        for (name, schema) in queryables["properties"].as_object().unwrap() {
            if schema["x-ogc-role"] != "primary-geometry" {
                assert!(names.contains(name), "{id}: {name} is no parameter");
            }
        }
        for name in ["bbox", "datetime", "limit", "f", "crs", "bbox-crs", "properties", "cursor"] {
            assert!(names.contains(&name.to_owned()), "{id}: {name} is no parameter");
        }
    }
}

#[tokio::test]
async fn limit_is_described_as_the_executable_tests_want_it() {
    let api = json(&router(), "/api/openapi").await;
    let limit = &api["components"]["parameters"]["limit"];
    assert_eq!(
        (&limit["in"], &limit["required"], &limit["style"], &limit["explode"]),
        (&"query".into(), &false.into(), &"form".into(), &false.into())
    );
    let schema = &limit["schema"];
    assert_eq!(schema["type"], "integer");
    assert_eq!((&schema["minimum"], &schema["maximum"], &schema["default"]), (&1.into(), &10_000.into(), &100.into()));
}

#[tokio::test]
async fn operations_of_tiles_have_the_names_that_the_standard_gives() {
    let api = json(&router(), "/api/openapi").await;
    let ids: Vec<&str> =
        api["paths"].as_object().unwrap().values().filter_map(|p| p["get"]["operationId"].as_str()).collect();
    for suffix in [
        "areas.collection.vector.getTile",
        "areas.collection.vector.getTileSet",
        "areas.collection.vector.getTileSetsList",
        "dataset.vector.getTile",
        "dataset.vector.getTileSet",
        "dataset.vector.getTileSetsList",
    ] {
        assert!(ids.contains(&suffix), "{suffix} is not among {ids:?}");
    }
    let mut unique = ids.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), ids.len());
}

#[tokio::test]
async fn every_path_without_a_parameter_answers_as_described() {
    let router = router();
    let api = json(&router, "/api/openapi").await;
    let server = api["servers"][0]["url"].as_str().unwrap().strip_prefix("http://plan.test").unwrap().to_owned();
    for (path, item) in api["paths"].as_object().unwrap() {
        let path = ["{tileMatrix}", "{tileRow}", "{tileCol}"].iter().fold(path.clone(), |p, name| p.replace(name, "0"));
        let path = path.replace("{vocabulary}", "status");
        if path.contains("{featureId}") || path.contains("{importId}") {
            continue;
        }
        let reply = get(&router, &format!("{server}{path}")).await;
        let answer = &item["get"]["responses"][reply.status.as_str()];
        assert!(answer.is_object(), "{path}: {} is not described", reply.status);
        if reply.status == 200 {
            let media = reply.header("content-type");
            assert!(answer["content"].get(media).is_some(), "{path}: {media} is not described");
        }
    }
}

fn parameter_names(api: &Json, operation: &Json) -> Vec<String> {
    let parameters = operation["parameters"].as_array().unwrap().iter();
    parameters
        .map(|p| match p["$ref"].as_str() {
            Some(reference) => api.pointer(&reference[1..]).unwrap()["name"].as_str().unwrap().to_owned(),
            None => p["name"].as_str().unwrap().to_owned(),
        })
        .collect()
}
