//! A placemark of KML as the draft of a feature. What it says in untyped text stays text.

use super::kml_geometry::{KmlGeometry, read_geometry};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault};
use crate::import::draft::FeatureDraft;
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::xml::XmlElement;
use crate::intake::FindingKind;
use crate::number_literal::NumberLiteral;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// The types of the fields that a document declares, by the schema's id and the field's name.
pub type KmlSchemas = HashMap<String, HashMap<String, KmlType>>;

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KmlType {
    Text,
    Number,
    Boolean,
    /// Lists and objects, as our export writes them.
    Json,
}

/// What is told of all placemarks together.
#[derive(Debug, Default)]
pub struct KmlCounts {
    pub with_address_only: u64,
    pub without_place: u64,
    pub html: u64,
    pub models: u64,
    pub track_values: u64,
}

/// Simple elements that become fields, by name.
const FIELDS: [(&str, &str); 6] = [
    ("name", "name"),
    ("description", "description"),
    ("address", "address"),
    ("phoneNumber", "phone"),
    ("Snippet", "snippet"),
    ("snippet", "snippet"),
];

impl KmlType {
    /// The type of a `SimpleField`.
    pub fn from_name(name: &str) -> Self {
        match name {
            "int" | "uint" | "short" | "ushort" | "float" | "double" | "long" => Self::Number,
            "bool" | "boolean" => Self::Boolean,
            "json" => Self::Json,
            _ => Self::Text,
        }
    }
}

/// Reads one placemark.
pub fn read_placemark(
    element: &XmlElement,
    place: FindingPlace,
    folder: &str,
    schemas: &KmlSchemas,
    counts: &mut KmlCounts,
) -> FeatureDraft {
    let is_typed = element.child("ExtendedData").is_some_and(|data| data.child("SchemaData").is_some());
    let mut draft = FeatureDraft { place, untyped: !is_typed, ..FeatureDraft::default() };
    let mut put = |name: &str, value: Json| insert_beside(&mut draft.properties, name, value);
    for (tag, field) in FIELDS {
        if let Some(text) = element.child_text(tag) {
            put(field, text.into());
        }
    }
    if !folder.is_empty() {
        put("folder", folder.into());
    }
    if let Some(stamp) = element.child("TimeStamp") {
        put("timestamp", stamp.child_text("when").into());
    }
    if let Some(span) = element.child("TimeSpan") {
        put("begin", span.child_text("begin").into());
        put("end", span.child_text("end").into());
    }
    counts.html +=
        u64::from(element.child_text("description").is_some_and(|text| text.contains("</") || text.contains("/>")));
    if let Some(data) = element.child("ExtendedData") {
        read_data(data, schemas, &mut put);
    }
    let mut shape = KmlGeometry::default();
    match read_geometry(element, &mut shape) {
        Ok(geometry) => draft.shape = geometry.map(|geometry| ParsedGeometry { geometry, flattened: shape.has_height }),
        Err(message) => {
            let fault = FeatureFault::new(FaultKind::WrongType, "", message);
            draft.faults.push((ImportFindingKind::Feature(FindingKind::BadNumber), fault));
        }
    }
    counts.models += u64::from(shape.has_model);
    counts.track_values += u64::from(shape.has_track_values);
    if draft.shape.is_none() && draft.faults.is_empty() {
        let has_address = element.child_text("address").is_some();
        *(if has_address { &mut counts.with_address_only } else { &mut counts.without_place }) += 1;
    }
    draft
}

fn read_data(data: &XmlElement, schemas: &KmlSchemas, put: &mut impl FnMut(&str, Json)) {
    for entry in &data.children {
        match entry.name.as_str() {
            "Data" => {
                let value = entry.child_text("value").or_else(|| Some(entry.text.trim()).filter(|t| !t.is_empty()));
                put(entry.attribute("name").unwrap_or("unnamed"), value.into());
            }
            "SchemaData" => {
                let id = entry.attribute("schemaUrl").map_or("", |url| url.rsplit('#').next().unwrap_or(url));
                let types = schemas.get(id);
                for field in entry.children_named("SimpleData") {
                    let name = field.attribute("name").unwrap_or("unnamed");
                    let kind = types.and_then(|t| t.get(name)).copied().unwrap_or(KmlType::Text);
                    put(name, typed_value(kind, field.text.trim()));
                }
            }
            // Elements of other namespaces are allowed here, too.
            other if !entry.text.trim().is_empty() => put(other, entry.text.trim().into()),
            _ => {}
        }
    }
}

fn typed_value(kind: KmlType, text: &str) -> Json {
    match (kind, text) {
        (_, "") => Json::Null,
        (KmlType::Boolean, "1" | "true") => true.into(),
        (KmlType::Boolean, "0" | "false") => false.into(),
        (KmlType::Json, _) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        (KmlType::Number, _) => match NumberLiteral::parse(text) {
            Some(NumberLiteral::Exact(number)) => number.into(),
            _ => text.into(),
        },
        _ => text.into(),
    }
}

/// Adds a value; where the name is taken, it gets a number.
fn insert_beside(properties: &mut Map<String, Json>, name: &str, value: Json) {
    let mut free = name.to_owned();
    for number in 2.. {
        if !properties.contains_key(&free) {
            break;
        }
        free = format!("{name}_{number}");
    }
    properties.insert(free, value);
}
