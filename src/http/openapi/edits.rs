//! Editing operations and the change log in OpenAPI 3.0, added to the paths of the reading operations.

use super::parameters;
use super::schemas::reference_schema;
use crate::atlas::CollectionView;
use serde_json::{Map, Value as Json, json};

const GEOJSON: &str = "application/geo+json";
const MERGE_PATCH: &str = "application/merge-patch+json";
const JSON: &str = "application/json";

/// Adds the operations of one collection.
pub fn add_edit_operations(paths: &mut Map<String, Json>, view: &CollectionView) {
    let collection = view.collection();
    let (id, title) = (collection.id.as_str(), &collection.title);
    let root = format!("/collections/{id}");
    let feature = || json!({"schema": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": ["Feature"]}}}});
    let item = vec![parameters::path_parameter("featureId", "The id of a feature.")];
    let mut add = |path: String, method: &str, operation: Json| {
        if let Some(resource) = paths.entry(path).or_insert_with(|| json!({})).as_object_mut() {
            resource.insert(method.to_owned(), operation);
        }
    };
    let items = format!("{root}/items");
    let one = format!("{items}/{{featureId}}");
    add(
        items,
        "post",
        describe_operation(
            &format!("{id}.createFeature"),
            &format!("{title}: add a feature"),
            vec![header_parameter("Content-Crs"), header_parameter("Prefer")],
            Some((GEOJSON, feature())),
            &[(
                "201",
                "The feature is created; Location has its address.",
                Some((GEOJSON, reference_schema(&format!("{id}Feature")))),
            )],
        ),
    );
    let locked = |more: &[&str]| {
        let headers = ["If-Match"].iter().chain(more).map(|name| header_parameter(name));
        [item.clone(), headers.collect()].concat()
    };
    let changed = || {
        let feature = Some((GEOJSON, reference_schema(&format!("{id}Feature"))));
        [
            ("200", "The edit is committed; the body is the feature as it is now.", feature),
            ("204", "The edit is committed.", None),
        ]
    };
    add(
        one.clone(),
        "put",
        describe_operation(
            &format!("{id}.replaceFeature"),
            &format!("{title}: replace a feature"),
            locked(&["Content-Crs", "Prefer"]),
            Some((GEOJSON, feature())),
            &changed(),
        ),
    );
    add(
        one.clone(),
        "patch",
        describe_operation(
            &format!("{id}.updateFeature"),
            &format!("{title}: update a feature"),
            locked(&["Content-Crs", "Prefer"]),
            Some((MERGE_PATCH, json!({"schema": {"type": "object"}}))),
            &changed(),
        ),
    );
    add(
        one.clone(),
        "delete",
        describe_operation(
            &format!("{id}.deleteFeature"),
            &format!("{title}: delete a feature"),
            locked(&[]),
            None,
            &[("204", "The feature is deleted.", None)],
        ),
    );
    let whole = |name: &str, description: &str| json!({"name": name, "in": "query", "required": false, "description": description, "style": "form", "explode": false, "schema": {"type": "integer", "minimum": 0}});
    let history = format!("{one}/history");
    let mut versions = item.clone();
    versions.push(json!({"name": "limit", "in": "query", "required": false, "description": "The most versions on a page.", "style": "form", "explode": false,
        "schema": {"type": "integer", "minimum": 1, "default": 100}}));
    versions.push(json!({"name": "order", "in": "query", "required": false, "description": "Which versions come first.", "style": "form", "explode": false,
        "schema": {"type": "string", "enum": ["oldest", "newest"], "default": "oldest"}}));
    versions.push(whole("cursor", "The position of a page in the history. Follow the link next."));
    add(
        history.clone(),
        "get",
        describe_read(&format!("{id}.getHistory"), &format!("{title}: history of a feature"), versions),
    );
    add(
        history,
        "post",
        describe_operation(
            &format!("{id}.restoreFeature"),
            &format!("{title}: restore a version of a feature"),
            locked(&["Prefer"]),
            Some((
                JSON,
                json!({"schema": {"type": "object", "required": ["restore"], "properties": {"restore": {"type": "integer", "minimum": 0}}, "additionalProperties": false}}),
            )),
            &changed(),
        ),
    );
    let changes = format!("{root}/changes");
    let mut pages = vec![
        whole("since", "The revision that the client has: only later changes are listed."),
        whole("limit", "The most changes on a page."),
    ];
    pages.push(json!({"name": "cursor", "in": "query", "required": false, "description": "The cursor in the link to the next page. Opaque.", "schema": {"type": "string"}}));
    add(changes.clone(), "get", describe_read(&format!("{id}.getChanges"), &format!("{title}: change log"), pages));
    add(
        changes,
        "post",
        describe_operation(
            &format!("{id}.makeChanges"),
            &format!("{title}: apply several edits in one transaction"),
            vec![header_parameter("Content-Crs"), header_parameter("Prefer")],
            Some((JSON, json!({"schema": edits_schema()}))),
            &[("200", "The edit is committed.", Some((JSON, reference_schema("anything"))))],
        ),
    );
}

fn edits_schema() -> Json {
    let feature = json!({"type": "object"});
    json!({
        "type": "object",
        "required": ["edits"],
        "properties": {"edits": {"type": "array", "minItems": 1, "items": {
            "type": "object",
            "properties": {
                "create": feature, "replace": feature, "patch": feature,
                "delete": {"type": "string"}, "restore": {"type": "string"},
                "revision": {"type": "integer", "minimum": 0},
                "if_match": {"type": "string"},
            },
            "additionalProperties": false,
        }}},
        "additionalProperties": true,
    })
}

fn header_parameter(name: &str) -> Json {
    let description = match name {
        "If-Match" => "Apply the edit only if the feature still has this ETag.",
        "Prefer" => "Preferences: handling=strict or handling=lenient, return=representation or return=minimal.",
        _ => "The URI of the coordinate reference system of the body. The default is CRS84.",
    };
    json!({"name": name, "in": "header", "required": false, "description": description, "schema": {"type": "string"}})
}

type SuccessResponse<'a> = (&'a str, &'a str, Option<(&'a str, Json)>);

fn describe_operation(
    id: &str,
    summary: &str,
    parameters: Vec<Json>,
    body: Option<(&str, Json)>,
    successes: &[SuccessResponse<'_>],
) -> Json {
    let mut responses = Map::new();
    for (status, description, content) in successes {
        let mut response = json!({"description": description});
        if let Some((media, schema)) = content {
            response["content"] = json!({*media: {"schema": schema}});
        }
        responses.insert((*status).to_owned(), response);
    }
    for status in ["400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "500", "503"] {
        let known = ["400", "404", "413", "422", "500", "503"].contains(&status);
        let response = if known {
            json!({"$ref": format!("#/components/responses/{status}")})
        } else {
            json!({"description": "The request is refused; the body has the reason.", "content": {"application/problem+json": {"schema": reference_schema("problem")}}})
        };
        responses.insert(status.to_owned(), response);
    }
    let mut operation = json!({"summary": summary, "operationId": id, "tags": ["Features"], "parameters": parameters, "responses": responses});
    if let Some((media, content)) = body {
        operation["requestBody"] = json!({"required": true, "content": {media: content}});
    }
    operation
}

fn describe_read(id: &str, summary: &str, mut parameters: Vec<Json>) -> Json {
    parameters.push(super::parameters::reference_parameter("f"));
    let mut responses = Map::new();
    responses.insert("200".into(), json!({"description": "The resource.", "content": {JSON: {"schema": reference_schema("anything")}, "text/html": {"schema": {"type": "string"}}}}));
    responses
        .insert("304".into(), json!({"description": "The resource has not changed since the client received it."}));
    responses.insert("410".into(), json!({"description": "The change log does not reach back to this revision.", "content": {"application/problem+json": {"schema": reference_schema("problem")}}}));
    for status in ["400", "404", "406", "413", "414", "422", "500", "503"] {
        responses.insert(status.to_owned(), json!({"$ref": format!("#/components/responses/{status}")}));
    }
    json!({"summary": summary, "operationId": id, "tags": ["Features"], "parameters": parameters, "responses": responses})
}
