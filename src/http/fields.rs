//! The fields of a collection: its schema, what can be asked for, and what can be sorted by (OGC API Features Parts 3 and 5).

use super::ask::{Ask, Pairs};
use super::html::{self, Page};
use super::link::Link;
use super::negotiate::{HTML, JSON, SCHEMA};
use super::present::{self, Answer, Document};
use super::urls::Base;
use crate::collection::{Collection, Kind};
use crate::error::Error;
use crate::query;
use serde_json::{Map, Value as Json, json};

/// Where the codes of a property have their labels.
const CODELIST: &str = "x-ogc-codelistUri";
/// How codes are described (OGC API Features Part 5, profiles for codelists).
const CODELIST_REF: &str = "http://www.opengis.net/def/profile/OGC/0/codelist-ref";

pub async fn schema(ask: Ask) -> Answer {
    let pairs = ask.only(&["type"])?;
    let purpose = pairs.rest.first().map(|(_, value)| value.clone());
    if let Some(other) = purpose.as_deref().filter(|p| !["create", "replace", "update"].contains(p)) {
        return Err(Error::invalid(
            "type",
            format!("There is no schema for '{other}'. There are: create, replace, update."),
        )
        .into());
    }
    let name = purpose.as_ref().map_or_else(|| "schema".to_owned(), |p| format!("schema?type={p}"));
    answer_with(&ask, &name, "Schema", &pairs, |_, collection| {
        let mut schema = (*collection.schema).clone();
        sort_out_receivables(&mut schema);
        name_times(&mut schema, collection);
        if let Some(purpose) = purpose {
            keep_receivables(&mut schema, &purpose);
        }
        schema
    })
}

/// The schema of one feature as it is sent. GDAL learns the types of fields from this one: it wants them below `properties`, with
/// a single type each, and holds every `integer` in 32 bits, so that only bounded ones are called so.
pub async fn geojson(ask: Ask) -> Answer {
    answer(&ask, "schema/geojson", "GeoJSON schema", |_, collection| {
        let mut properties = Map::new();
        for field in &collection.fields {
            let schema = collection.schema.get("properties").and_then(|p| p.get(&field.name));
            let mut schema = schema.cloned().unwrap_or_else(|| field.kind.schema());
            if field.kind == Kind::Integer && schema.get("maximum").is_none() {
                schema["type"] = "number".into();
                schema["multipleOf"] = 1.into();
            }
            properties.insert(field.name.clone(), schema);
        }
        json!({
            "$schema": null,
            "$id": null,
            "title": collection.title,
            "description": "A feature as GeoJSON. A property that is null is as good as absent.",
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

pub async fn queryables(ask: Ask) -> Answer {
    answer(&ask, "queryables", "Queryables", |_, collection| {
        only(collection, |at| query::queryable(collection, at).is_some(), !collection.geometry.is_none())
    })
}

pub async fn sortables(ask: Ask) -> Answer {
    answer(&ask, "sortables", "Sortables", |_, collection| {
        only(collection, |at| query::sortable(collection, at), false)
    })
}

/// The functions that filters may use (OGC API Features Part 3).
pub async fn functions(ask: Ask) -> Answer {
    present::document(&ask, &JSON, |_| {
        let json = crate::filter::functions();
        let page =
            Page::new("Functions", "What filters may compute and compare, beside = < > LIKE BETWEEN IN and IS NULL.");
        Ok(Document { page: page.crumb("The API", ask.base().api(&[])).main(html::data(&json)), json })
    })
}

fn answer(ask: &Ask, name: &str, title: &str, make: impl FnOnce(&Base, &Collection) -> Json) -> Answer {
    answer_with(ask, name, title, &ask.only(&[])?, make)
}

fn answer_with(
    ask: &Ask,
    name: &str,
    title: &str,
    pairs: &Pairs,
    make: impl FnOnce(&Base, &Collection) -> Json,
) -> Answer {
    let view = ask.atlas().view(ask.segment("collection"))?;
    let collection = view.collection();
    let mut coded = false;
    let mut response = present::document_with(ask, &SCHEMA, pairs, |_| {
        let base = ask.base();
        let mut json = make(&base, collection);
        absolute_references(&mut json, &base);
        coded = json.to_string().contains(CODELIST);
        json["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        json["$id"] = format!("{}/{name}", base.api(&["collections", collection.id.as_str()])).into();
        let page = Page::new(&format!("{title}: {}", collection.title), &collection.description)
            .crumb("The API", base.api(&[]))
            .crumb("Collections", base.api(&["collections"]))
            .crumb(&collection.title, base.api(&["collections", collection.id.as_str()]));
        Ok(Document { page: page.main(html::fields(&json)), json })
    })?;
    if coded {
        let profile = Link::new("profile", CODELIST_REF.into(), HTML.media);
        present::add_links(response.headers_mut(), &[profile]);
    }
    Ok(response)
}

/// A schema of some of the fields, each optional.
fn only(collection: &Collection, keep: impl Fn(usize) -> bool, geometry: bool) -> Json {
    let mut properties = Map::new();
    if let Some(all) = collection.schema.get("properties").and_then(Json::as_object) {
        for (name, property) in all {
            let wanted = match collection.field(name) {
                Some(at) => keep(at),
                None => geometry && property.get("x-ogc-role").and_then(Json::as_str) == Some("primary-geometry"),
            };
            if wanted {
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

/// The id is chosen by whoever creates a feature and cannot be changed; dates of creation and change are ours alone.
fn sort_out_receivables(schema: &mut Json) {
    for name in ["created", "updated"] {
        if let Some(property) = schema.pointer_mut(&format!("/properties/{name}")).and_then(Json::as_object_mut) {
            property.insert("readOnly".into(), true.into());
        }
    }
}

/// Says which properties place a feature in time (OGC API Features Part 5, advanced property roles).
fn name_times(schema: &mut Json, collection: &Collection) {
    let Some(time) = collection.time else { return };
    let kind = |at: usize| collection.fields.get(at).map(|f| f.kind);
    let roles = match time.end {
        // The standard wants both ends of one kind.
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

/// What a feature must be like that is sent: without what only we write and, for a part of one, without what must be there. An id is
/// taken only for what is new.
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

/// Vocabularies are named relative to the model's files; on the web they have addresses.
pub fn absolute_references(json: &mut Json, base: &Base) {
    match json {
        Json::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value.as_str().and_then(|v| v.strip_prefix("vocabularies/"))) {
                    (CODELIST, Some(vocabulary)) => *value = base.api(&["vocabularies", vocabulary]).into(),
                    _ => absolute_references(value, base),
                }
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|item| absolute_references(item, base)),
        _ => {}
    }
}

/// The word that GeoJSON tools and TileJSON use for a field's values.
pub fn simple_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Date | Kind::DateTime | Kind::Json => "String",
        Kind::Integer | Kind::Real | Kind::Decimal => "Number",
        Kind::Boolean => "Boolean",
    }
}
