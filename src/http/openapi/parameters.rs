//! Parameters in OpenAPI 3.0.

use super::schemas;
use crate::collection::{Collection, FieldType};
use crate::crs::Crs;
use crate::encoding::jsonfg::JsonProfile;
use crate::feature_file::WORKBOOK_LANGUAGES;
use crate::http::response_format::{self, ResponseFormat};
use crate::query::{self, CRS84_URI, DEFAULT_LIMIT, MAX_LIMIT};
use serde_json::{Value as Json, json};

pub fn reference_parameter(name: &str) -> Json {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

pub fn path_parameter(name: &str, description: &str) -> Json {
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": {"type": "string"}})
}

/// The purpose of a schema.
pub fn schema_type_parameter() -> Json {
    query_parameter(
        "type",
        "The operation that a feature is sent for. By default the schema describes the features of responses.",
        &json!({"type": "string", "enum": ["create", "replace", "update"]}),
    )
}

fn query_parameter(name: &str, description: &str, schema: &Json) -> Json {
    json!({"name": name, "in": "query", "required": false, "description": description, "style": "form", "explode": false, "schema": schema})
}

/// Parameters that several operations share.
pub fn shared_parameters() -> Json {
    let known: Vec<String> = Crs::all().map(Crs::uri).collect();
    let crs = json!({"type": "string", "format": "uri", "enum": known, "default": CRS84_URI});
    json!({
        "f": query_parameter("f", "The format of the response. By default the Accept header decides.", &json!({"type": "string", "enum": ["json", "html"]})),
        "f-items": format_parameter(&response_format::PAGE_FORMATS),
        "f-item": format_parameter(&response_format::ITEM_FORMATS),
        "f-whole": format_parameter(&response_format::DOWNLOAD_FORMATS),
        "workbook-sheets": query_parameter("workbook-sheets", "Other collections that a workbook (f=xlsx, f=ods) has sheets of.", &json!({"type": "array", "items": {"type": "string"}})),
        "workbook-language": query_parameter("workbook-language", "The language of the headings and labels of a workbook.", &json!({"type": "string", "enum": WORKBOOK_LANGUAGES, "default": "en"})),
        "profile": query_parameter("profile", "The profile of JSON: plain GeoJSON (RFC 7946), or with the members of JSON-FG.",
            &json!({"type": "array", "items": {"type": "string", "enum": JsonProfile::ALL.map(JsonProfile::id)}})),
        "bbox": query_parameter("bbox", "Selects features that intersect this box: west, south, east, north in degrees, or with heights west, south, bottom, east, north, top. A box with west greater than east crosses the antimeridian.",
            &json!({"type": "array", "minItems": 4, "maxItems": 6, "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}], "items": {"type": "number"}})),
        "bbox-crs": query_parameter("bbox-crs", "The coordinate reference system of bbox.", &crs),
        "crs": query_parameter("crs", "The coordinate reference system of the response.", &crs),
        "datetime": query_parameter("datetime", "Selects features whose time intersects this one: a day, an instant, or an interval with .. for an open end.", &json!({"type": "string"})),
        "limit": query_parameter("limit", "The most entries on a page; a link next leads to more.",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT})),
        "filter": query_parameter("filter", "Selects features that match this CQL2 expression.", &json!({"type": "string"})),
        "filter-lang": query_parameter("filter-lang", "The language of filter.", &json!({"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"})),
        "filter-crs": query_parameter("filter-crs", "The coordinate reference system of the geometries in filter.", &crs),
        "cursor": query_parameter("cursor", "The position of a page in the result. Opaque: follow the link next.", &json!({"type": "string"})),
    })
}

/// `f` for a resource with formats of its own: each format under the name that links use, then under its other names.
fn format_parameter(forms: &[&ResponseFormat]) -> Json {
    let firsts = forms.iter().map(|form| form.names[0]);
    let names: Vec<&str> = firsts.chain(forms.iter().flat_map(|form| form.names[1..].iter().copied())).collect();
    let schema = json!({"type": "string", "enum": names});
    query_parameter("f", "The format of the response. By default the Accept header decides.", &schema)
}

/// A page of features.
pub fn items_parameters(collection: &Collection) -> Vec<Json> {
    [search_parameters(collection), ["limit", "cursor", "f-items"].map(reference_parameter).to_vec()].concat()
}

/// All features at once.
pub fn download_parameters(collection: &Collection) -> Vec<Json> {
    let own = ["f-whole", "workbook-sheets", "workbook-language"].map(reference_parameter).to_vec();
    [search_parameters(collection), own].concat()
}

/// Parameters that select features.
fn search_parameters(collection: &Collection) -> Vec<Json> {
    let mut all: Vec<Json> = ["bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs", "profile"]
        .map(reference_parameter)
        .to_vec();
    all.extend(property_selection_parameters(collection));
    let sortable: Vec<String> = (0..collection.fields.len())
        .filter(|&at| query::is_sortable(collection, at))
        .flat_map(|at| ["", "+", "-"].map(|sign| format!("{sign}{}", collection.fields[at].name)))
        .collect();
    if !sortable.is_empty() {
        let items = json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": sortable}});
        all.push(query_parameter(
            "sortby",
            "The properties to sort by; - before a name sorts in descending order.",
            &items,
        ));
    }
    all.extend((0..collection.fields.len()).filter_map(|at| equality_parameter(collection, at)));
    all
}

pub fn item_parameters(collection: &Collection) -> Vec<Json> {
    let mut all = vec![
        path_parameter("featureId", "The id of a feature."),
        reference_parameter("crs"),
        reference_parameter("profile"),
    ];
    all.extend(property_selection_parameters(collection));
    all.push(reference_parameter("f-item"));
    all
}

/// `properties` and `exclude-properties`.
fn property_selection_parameters(collection: &Collection) -> Vec<Json> {
    if collection.fields.is_empty() {
        return vec![];
    }
    let names: Vec<&str> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    let list = json!({"type": "array", "items": {"type": "string", "enum": names}});
    vec![
        query_parameter("properties", "The properties in the response.", &list),
        query_parameter(
            "exclude-properties",
            "The properties that the response leaves out. Cannot be combined with properties.",
            &list,
        ),
    ]
}

/// `?name=value` for a queryable property.
fn equality_parameter(collection: &Collection, at: usize) -> Option<Json> {
    let kind = query::queryable_type(collection, at)?;
    let field = &collection.fields[at];
    let mut schema = kind.json_schema();
    if let Some(list) = query::value_schema(collection, at).and_then(|s| s.get("enum")) {
        schema["enum"] = list.clone();
    }
    let has = if field.kind == FieldType::Json {
        "Selects features with this value among"
    } else {
        "Selects features with this"
    };
    Some(query_parameter(&field.name, &format!("{has}: {}.", field.title), &schemas::to_openapi_schema(&schema)))
}

/// The collections in the tiles of the whole plan.
pub fn collections_parameter(ids: &[&str]) -> Json {
    query_parameter(
        "collections",
        "The collections in the tiles.",
        &json!({"type": "array", "items": {"type": "string", "enum": ids}}),
    )
}

pub fn tile_parameters() -> Vec<Json> {
    ["tileMatrix", "tileRow", "tileCol"]
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": "Zoom level, row or column of the tile; row 0 is the northernmost.", "schema": {"type": "integer", "minimum": 0}}))
        .into_iter()
        .chain(tile_content_parameters())
        .chain([query_parameter("f", "The format of the tile.", &json!({"type": "string", "enum": ["mvt"]}))])
        .collect()
}

pub fn tile_set_parameters() -> Vec<Json> {
    tile_content_parameters().chain([reference_parameter("f")]).collect()
}

/// Parameters for the content of tiles.
fn tile_content_parameters() -> impl Iterator<Item = Json> {
    let list = json!({"type": "array", "items": {"type": "string"}});
    ["filter", "filter-lang", "filter-crs", "datetime"].map(reference_parameter).into_iter().chain([
        query_parameter("properties", "The properties in the tiles, besides the id.", &list),
        query_parameter("split", "Splits a collection into one layer for each value of this property, named collection:value.", &json!({"type": "string"})),
        query_parameter(
            "cluster",
            "Clusters the points in each cell of a grid into one, with their count and the sums of their costs; the value is the side of a cell in pixels of a tile of 512 pixels.",
            &json!({"type": "integer", "enum": query::CLUSTER_SIDES_PX}),
        ),
    ])
}
