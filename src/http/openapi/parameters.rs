//! Parameters, as OpenAPI 3.0 describes them.

use super::schemas;
use crate::collection::{Collection, Kind};
use crate::crs::Crs;
use crate::encoding::jsonfg::Profile;
use crate::http::items;
use crate::http::negotiate::Form;
use crate::query::{self, CRS84, DEFAULT_LIMIT, MAX_LIMIT};
use serde_json::{Value as Json, json};

pub fn reference(name: &str) -> Json {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

pub fn path(name: &str, description: &str) -> Json {
    json!({"name": name, "in": "path", "required": true, "description": description, "schema": {"type": "string"}})
}

/// What a schema is for.
pub fn schema_type() -> Json {
    in_query(
        "type",
        "What the feature is sent for; left out, the schema is of the features that are there.",
        &json!({"type": "string", "enum": ["create", "replace", "update"]}),
    )
}

fn in_query(name: &str, description: &str, schema: &Json) -> Json {
    json!({"name": name, "in": "query", "required": false, "description": description, "style": "form", "explode": false, "schema": schema})
}

/// Those that several operations have.
pub fn shared() -> Json {
    let known: Vec<String> = Crs::all().map(Crs::uri).collect();
    let crs = json!({"type": "string", "format": "uri", "enum": known, "default": CRS84});
    json!({
        "f": in_query("f", "The form of the answer; without it, the Accept header counts.", &json!({"type": "string", "enum": ["json", "html"]})),
        "f-items": form_of(&items::PAGE_FORMS),
        "f-item": form_of(&items::ITEM_FORMS),
        "f-whole": form_of(&items::WHOLE_FORMS),
        "profile": in_query("profile", "How far JSON goes beyond GeoJSON: not at all, or with the members of JSON-FG.",
            &json!({"type": "array", "items": {"type": "string", "enum": Profile::ALL.map(Profile::id)}})),
        "bbox": in_query("bbox", "Only what meets this box: west, south, east, north in degrees, or the same with heights. West of more than east crosses the antimeridian.",
            &json!({"type": "array", "minItems": 4, "maxItems": 6, "oneOf": [{"minItems": 4, "maxItems": 4}, {"minItems": 6, "maxItems": 6}], "items": {"type": "number"}})),
        "bbox-crs": in_query("bbox-crs", "The coordinate reference system of bbox.", &crs),
        "crs": in_query("crs", "The coordinate reference system of the answer.", &crs),
        "datetime": in_query("datetime", "Only what meets this time: a day, an instant, or an interval with .. for an open end.", &json!({"type": "string"})),
        "limit": in_query("limit", "The most that one page has; more are behind its next link.",
            &json!({"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT})),
        "filter": in_query("filter", "Only what this CQL2 expression lets through.", &json!({"type": "string"})),
        "filter-lang": in_query("filter-lang", "The language of filter.", &json!({"type": "string", "enum": ["cql2-text", "cql2-json"], "default": "cql2-text"})),
        "filter-crs": in_query("filter-crs", "The coordinate reference system of the geometries in filter.", &crs),
        "cursor": in_query("cursor", "Where a next link starts. Opaque: take it from there.", &json!({"type": "string"})),
    })
}

/// `f` for a resource with forms of its own. Each form under the name that links use, then under its others.
fn form_of(forms: &[&Form]) -> Json {
    let firsts = forms.iter().map(|form| form.names[0]);
    let names: Vec<&str> = firsts.chain(forms.iter().flat_map(|form| form.names[1..].iter().copied())).collect();
    let schema = json!({"type": "string", "enum": names});
    in_query("f", "The form of the answer; without it, the Accept header counts.", &schema)
}

/// A page of features.
pub fn of_items(collection: &Collection) -> Vec<Json> {
    [of_question(collection), ["limit", "cursor", "f-items"].map(reference).to_vec()].concat()
}

/// All features at once.
pub fn of_whole(collection: &Collection) -> Vec<Json> {
    [of_question(collection), vec![reference("f-whole")]].concat()
}

/// What features may be asked for by.
fn of_question(collection: &Collection) -> Vec<Json> {
    let mut all: Vec<Json> = ["bbox", "bbox-crs", "crs", "datetime", "filter", "filter-lang", "filter-crs", "profile"]
        .map(reference)
        .to_vec();
    all.extend(choice(collection));
    let sortable: Vec<String> = (0..collection.fields.len())
        .filter(|&at| query::sortable(collection, at))
        .flat_map(|at| ["", "+", "-"].map(|sign| format!("{sign}{}", collection.fields[at].name)))
        .collect();
    if !sortable.is_empty() {
        let items = json!({"type": "array", "minItems": 1, "items": {"type": "string", "enum": sortable}});
        all.push(in_query("sortby", "Properties to sort by, with - for descending.", &items));
    }
    all.extend((0..collection.fields.len()).filter_map(|at| equality(collection, at)));
    all
}

pub fn of_item(collection: &Collection) -> Vec<Json> {
    let mut all = vec![path("featureId", "The id of a feature."), reference("crs"), reference("profile")];
    all.extend(choice(collection));
    all.push(reference("f-item"));
    all
}

/// `properties` and its opposite.
fn choice(collection: &Collection) -> Vec<Json> {
    if collection.fields.is_empty() {
        return vec![];
    }
    let names: Vec<&str> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    let list = json!({"type": "array", "items": {"type": "string", "enum": names}});
    vec![
        in_query("properties", "Only these properties.", &list),
        in_query("exclude-properties", "All but these properties. Not together with properties.", &list),
    ]
}

/// `?name=value` for a queryable property.
fn equality(collection: &Collection, at: usize) -> Option<Json> {
    let kind = query::queryable(collection, at)?;
    let field = &collection.fields[at];
    let mut schema = kind.schema();
    if let Some(list) = query::asked(collection, at).and_then(|s| s.get("enum")) {
        schema["enum"] = list.clone();
    }
    let has = if field.kind == Kind::Json { "Only features that have this among" } else { "Only features with this" };
    Some(in_query(&field.name, &format!("{has}: {}.", field.title), &schemas::plain(&schema)))
}

/// The layers of the whole plan's tiles.
pub fn collections(ids: &[&str]) -> Json {
    in_query(
        "collections",
        "Only these collections.",
        &json!({"type": "array", "items": {"type": "string", "enum": ids}}),
    )
}

pub fn of_tile() -> Vec<Json> {
    ["tileMatrix", "tileRow", "tileCol"]
        .map(|name| json!({"name": name, "in": "path", "required": true, "description": "Part of the tile's place; row 0 is the northernmost.", "schema": {"type": "integer", "minimum": 0}}))
        .into_iter()
        .chain(shown_in_tiles())
        .chain([in_query("f", "The form of the answer.", &json!({"type": "string", "enum": ["mvt"]}))])
        .collect()
}

pub fn of_tile_set() -> Vec<Json> {
    shown_in_tiles().chain([reference("f")]).collect()
}

/// What tiles can be asked to show.
fn shown_in_tiles() -> impl Iterator<Item = Json> {
    let list = json!({"type": "array", "items": {"type": "string"}});
    ["filter", "filter-lang", "filter-crs", "datetime"].map(reference).into_iter().chain([
        in_query("properties", "Only these properties; the id is always there.", &list),
        in_query("split", "A layer of its own for each value of this property, named collection:value.", &json!({"type": "string"})),
        in_query(
            "cluster",
            "Points in one cell of a grid are drawn as one, with their number and the sums of their costs; the side of a cell in pixels of a tile that is shown at 512.",
            &json!({"type": "integer", "enum": query::CLUSTER_PX}),
        ),
    ])
}
