//! The fields of a collection: schema, queryables and sortables (OGC API - Features - Parts 3, 5 and 8).

use super::html::{self, HtmlPage};
use super::link::WebLink;
use super::request_context::{QueryPairs, RequestContext};
use super::resource_document::{self, ResourceDocument};
use super::response::{self, HttpResult};
use super::response_format::{HTML, JSON, SCHEMA};
use super::urls::BaseUrl;
use crate::collection::{Collection, FieldType};
use crate::error::Error;
use crate::query;
use serde_json::{Map, Value as Json, json};

/// The address of the vocabulary that a property's codes come from.
const CODELIST: &str = "x-ogc-codelistUri";
/// The profile in which a schema refers to codelists (OGC API - Features - Part 5).
const CODELIST_REF: &str = "http://www.opengis.net/def/profile/OGC/0/codelist-ref";

pub async fn get_schema(context: RequestContext) -> HttpResult {
    let pairs = context.parse_known_pairs(&["type"])?;
    let purpose = pairs.rest.first().map(|(_, value)| value.clone());
    if let Some(other) = purpose.as_deref().filter(|p| !["create", "replace", "update"].contains(p)) {
        return Err(Error::invalid(
            "type",
            format!("There is no schema of the type '{other}'. Choose one of: create, replace, update."),
        )
        .into());
    }
    let name = purpose.as_ref().map_or_else(|| "schema".to_owned(), |p| format!("schema?type={p}"));
    respond_schema_with(&context, &name, "Schema", &pairs, |_, collection| {
        let mut schema = (*collection.schema).clone();
        mark_read_only(&mut schema);
        mark_time_roles(&mut schema, collection);
        if let Some(purpose) = purpose {
            keep_receivables(&mut schema, &purpose);
        }
        schema
    })
}

/// The schema of one GeoJSON feature. GDAL reads the field types from this one: it expects them below `properties`,
/// each with a single type, and stores every `integer` in 32 bits, so that only bounded integers are given that type.
pub async fn get_geojson_schema(context: RequestContext) -> HttpResult {
    respond_schema(&context, "schema/geojson", "GeoJSON schema", |_, collection| {
        let mut properties = Map::new();
        for field in &collection.fields {
            let schema = collection.schema.get("properties").and_then(|p| p.get(&field.name));
            let mut schema = schema.cloned().unwrap_or_else(|| field.kind.json_schema());
            if field.kind == FieldType::Integer && schema.get("maximum").is_none() {
                schema["type"] = "number".into();
                schema["multipleOf"] = 1.into();
            }
            properties.insert(field.name.clone(), schema);
        }
        json!({
            "$schema": null,
            "$id": null,
            "title": collection.title,
            "description": "A GeoJSON feature. A property that is null means the same as one that is absent.",
            "type": "object",
            "required": ["type", "id", "geometry", "properties"],
            "properties": {
                "type": {"type": "string", "const": "Feature"},
                "id": {"type": "string"},
                "geometry": {"oneOf": [{"type": "null"}, {"$ref": "https://geojson.org/schema/Geometry.json"}]},
                "properties": {"type": "object", "properties": properties},
            },
        })
    })
}

pub async fn get_queryables(context: RequestContext) -> HttpResult {
    respond_schema(&context, "queryables", "Queryables", |_, collection| {
        filter_properties(
            collection,
            |at| query::queryable_type(collection, at).is_some(),
            !collection.geometry.is_none(),
        )
    })
}

pub async fn get_sortables(context: RequestContext) -> HttpResult {
    respond_schema(&context, "sortables", "Sortables", |_, collection| {
        filter_properties(collection, |at| query::is_sortable(collection, at), false)
    })
}

/// The functions that filters may use (OGC API - Features - Part 3).
pub async fn get_functions(context: RequestContext) -> HttpResult {
    resource_document::respond_document(&context, &JSON, |_| {
        let json = crate::filter::list_functions();
        let page = HtmlPage::new(
            "Functions",
            "The functions that CQL2 filters may use, besides the operators = < > LIKE BETWEEN IN and IS NULL.",
        );
        Ok(ResourceDocument {
            page: page.with_breadcrumb("API", context.base_url().api_url(&[])).with_main(html::render_document(&json)),
            json,
        })
    })
}

fn respond_schema(
    context: &RequestContext,
    name: &str,
    title: &str,
    build: impl FnOnce(&BaseUrl, &Collection) -> Json,
) -> HttpResult {
    respond_schema_with(context, name, title, &context.parse_known_pairs(&[])?, build)
}

fn respond_schema_with(
    context: &RequestContext,
    name: &str,
    title: &str,
    pairs: &QueryPairs,
    build: impl FnOnce(&BaseUrl, &Collection) -> Json,
) -> HttpResult {
    let view = context.plan().collection_view(context.path_segment("collection"))?;
    let collection = view.collection();
    let mut has_codelist = false;
    let mut response = resource_document::respond_document_with(context, &SCHEMA, pairs, |_| {
        let base = context.base_url();
        let mut json = build(base, collection);
        resolve_codelists(&mut json, base);
        has_codelist = json.to_string().contains(CODELIST);
        json["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        json["$id"] = format!("{}/{name}", base.api_url(&["collections", collection.id.as_str()])).into();
        let page = HtmlPage::new(&format!("{title}: {}", collection.title), &collection.description)
            .with_breadcrumb("API", base.api_url(&[]))
            .with_breadcrumb("Collections", base.api_url(&["collections"]))
            .with_breadcrumb(&collection.title, base.api_url(&["collections", collection.id.as_str()]));
        Ok(ResourceDocument { page: page.with_main(html::render_schema_fields(&json)), json })
    })?;
    if has_codelist {
        let profile = WebLink::new("profile", CODELIST_REF.into(), HTML.media);
        response::add_link_header(response.headers_mut(), &[profile]);
    }
    Ok(response)
}

/// A schema of some of the fields, each optional.
fn filter_properties(collection: &Collection, keep: impl Fn(usize) -> bool, geometry: bool) -> Json {
    let mut properties = Map::new();
    if let Some(all) = collection.schema.get("properties").and_then(Json::as_object) {
        for (name, property) in all {
            let selected = match collection.field_index(name) {
                Some(at) => keep(at),
                None => geometry && property.get("x-ogc-role").and_then(Json::as_str) == Some("primary-geometry"),
            };
            if selected {
                properties.insert(name.clone(), property.clone());
            }
        }
    }
    json!({
        "$schema": null,
        "$id": null,
        "title": collection.title,
        "description": collection.description,
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    })
}

/// The client chooses the id when it creates a feature and cannot change it; the server sets the times of creation and
/// change.
fn mark_read_only(schema: &mut Json) {
    for name in ["created", "updated"] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{name}")).and_then(Json::as_object_mut) {
            property.insert("readOnly".into(), true.into());
        }
    }
}

/// Marks the properties that hold a feature's time (OGC API - Features - Part 5, advanced property roles).
fn mark_time_roles(schema: &mut Json, collection: &Collection) {
    let Some(time) = collection.time else { return };
    let kind = |at: usize| collection.fields.get(at).map(|f| f.kind);
    let roles = match time.end {
        // The standard requires both ends to have the same type.
        Some(end) if kind(end) != kind(time.start) => return,
        Some(end) => vec![(time.start, "primary-interval-start"), (end, "primary-interval-end")],
        None => vec![(time.start, "primary-instant")],
    };
    for (at, role) in roles {
        let name = collection.fields.get(at).map(|f| f.name.as_str()).unwrap_or_default();
        if let Some(property) = schema.get_mut("properties").and_then(|p| p.get_mut(name)) {
            property["x-ogc-role"] = role.into();
        }
    }
}

/// Keeps what a client may send: no read-only property, no required ones for an update, and an id only for a new
/// feature.
fn keep_receivables(schema: &mut Json, purpose: &str) {
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties.retain(|_, p| {
            let is_id = p.get("x-ogc-role").and_then(Json::as_str) == Some("id");
            p.get("readOnly").and_then(Json::as_bool) != Some(true) && (purpose == "create" || !is_id)
        });
    }
    if purpose == "update"
        && let Some(members) = schema.as_object_mut()
    {
        members.remove("required");
    }
}

/// Replaces the vocabularies' file names, as the plan model has them, by their addresses.
pub fn resolve_codelists(json: &mut Json, base: &BaseUrl) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str().and_then(|v| v.strip_prefix("vocabularies/"))) {
                    (CODELIST, Some(vocabulary)) => *value = base.api_url(&["vocabularies", vocabulary]).into(),
                    _ => resolve_codelists(value, base),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| resolve_codelists(item, base)),
        _ => {}
    }
}
