//! Schemas and error responses in OpenAPI 3.0.

use crate::atlas::CollectionView;
use crate::collection::Collection;
use serde_json::{Map, Value as Json, json};

/// The keywords that OpenAPI 3.0 shares with JSON Schema.
const KEYWORDS: [&str; 17] = [
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "uniqueItems",
    "readOnly",
];

pub fn reference_schema(name: &str) -> Json {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The error responses by status code.
pub fn problem_responses() -> Json {
    let all = [
        ("400", "A parameter is unknown or has an invalid value; the body names it."),
        ("404", "The resource does not exist."),
        ("406", "None of the available formats matches the Accept header."),
        ("413", "The request is too large."),
        ("414", "The URL is too long."),
        ("422", "The request breaks rules, or is too much work; the body has the reason."),
        ("500", "The server failed to answer."),
        ("503", "The server is busy; try again."),
    ];
    all.into_iter().map(|(status, description)| {
        let content = json!({"application/problem+json": {"schema": reference_schema("problem")}, "text/html": {"schema": {"type": "string"}}});
        (status.to_owned(), json!({"description": description, "content": content}))
    }).collect::<Map<_, _>>().into()
}

pub fn shared_schemas(views: &[CollectionView]) -> Json {
    let mut all = fixed_schemas();
    for view in views {
        let collection = view.collection();
        let id = &collection.id;
        all[format!("{id}Feature")] = feature_schema(collection);
        all[format!("{id}FeatureCollection")] = json!({
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": {"type": "string", "enum": ["FeatureCollection"]},
                "timeStamp": {"type": "string", "format": "date-time"},
                "numberMatched": {"type": "integer", "minimum": 0},
                "numberReturned": {"type": "integer", "minimum": 0},
                "links": {"type": "array", "items": reference_schema("link")},
                "features": {"type": "array", "items": reference_schema(&format!("{id}Feature"))},
            },
        });
    }
    all
}

fn fixed_schemas() -> Json {
    let links = json!({"type": "array", "items": reference_schema("link")});
    let text = json!({"type": "string"});
    json!({
        "link": {
            "type": "object", "required": ["href", "rel"],
            "properties": {"href": text, "rel": text, "type": text, "title": text, "hreflang": text, "templated": {"type": "boolean"}},
        },
        "problem": {
            "type": "object", "required": ["title", "status", "detail"],
            "properties": {
                "type": text, "title": text, "status": {"type": "integer"}, "detail": text, "request_id": text,
                "errors": {"type": "array", "items": {"type": "object", "properties": {"parameter": text, "pointer": text, "detail": text}}},
            },
        },
        "landingPage": {"type": "object", "required": ["links"], "properties": {"title": text, "description": text, "links": links}},
        "confClasses": {"type": "object", "required": ["conformsTo"], "properties": {"links": links, "conformsTo": {"type": "array", "items": text}}},
        "vocabularies": {"type": "object", "additionalProperties": {"type": "object"}},
        "collections": {
            "type": "object", "required": ["links", "collections"],
            "properties": {
                "links": links, "numberMatched": {"type": "integer"}, "numberReturned": {"type": "integer"},
                "crs": {"type": "array", "items": text},
                "collections": {"type": "array", "items": reference_schema("collection")},
            },
        },
        "collection": {
            "type": "object", "required": ["id", "links"],
            "properties": {
                "id": text, "title": text, "description": text, "links": links, "extent": {"type": "object"},
                "itemType": {"type": "string", "default": "feature"}, "itemCount": {"type": "integer", "minimum": 0},
                "crs": {"type": "array", "items": text}, "storageCrs": text,
            },
        },
        "tileSets": {
            "type": "object", "required": ["tilesets"],
            "properties": {"links": links, "tilesets": {"type": "array", "items": reference_schema("tileSet")}},
        },
        "tileSet": {
            "type": "object", "required": ["dataType", "crs", "links"],
            "properties": {"title": text, "dataType": {"type": "string", "enum": ["vector"]}, "crs": text, "tileMatrixSetURI": text, "links": links},
        },
        "geometry": {
            "type": "object", "nullable": true, "required": ["type"],
            "properties": {
                "type": {"type": "string", "enum": ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]},
                "coordinates": {"type": "array", "items": {}},
                "geometries": {"type": "array", "items": {"type": "object"}},
            },
        },
        "anything": {"type": "object"},
    })
}

/// A GeoJSON feature of a collection. Every property may be null, or absent if the request selects others.
fn feature_schema(collection: &Collection) -> Json {
    let mut properties = Map::new();
    for field in &collection.fields {
        if let Some(schema) = collection.schema.get("properties").and_then(|p| p.get(&field.name)) {
            properties.insert(field.name.clone(), make_nullable(to_openapi_schema(schema)));
        }
    }
    json!({
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"type": "string", "enum": ["Feature"]},
            "id": {"type": "string"},
            "geometry": reference_schema("geometry"),
            "properties": {"type": "object", "properties": properties},
            "links": {"type": "array", "items": reference_schema("link")},
        },
    })
}

fn make_nullable(mut schema: Json) -> Json {
    schema["nullable"] = true.into();
    if let Some(list) = schema.get_mut("enum").and_then(Json::as_array_mut) {
        list.push(Json::Null);
    }
    schema
}

/// A JSON Schema, reduced to the keywords of OpenAPI 3.0.
pub fn to_openapi_schema(schema: &Json) -> Json {
    let Some(members) = schema.as_object() else { return schema.clone() };
    let shared = members.iter().filter(|(key, _)| KEYWORDS.contains(&key.as_str()));
    shared
        .map(|(key, value)| {
            let value = match key.as_str() {
                "items" => to_openapi_schema(value),
                "properties" => value
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, p)| (name.clone(), to_openapi_schema(p)))
                    .collect::<Map<_, _>>()
                    .into(),
                _ => value.clone(),
            };
            (key.clone(), value)
        })
        .collect::<Map<_, _>>()
        .into()
}
