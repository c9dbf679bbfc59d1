//! A collection: one layer of the plan, with its fields and schema.

mod data_licence;
mod field_type;

use crate::crs::{dequantise_degrees, quantise_degrees};
use crate::error::{Error, Result};
use crate::feature::{Feature, FieldValue, GeometryTypeSet, time};
use geo::MapCoords;
use geo_types::Coord;
use serde_json::{Map, Value as Json, json};
use std::fmt;
use std::sync::Arc;

pub use data_licence::DataLicence;
pub use field_type::FieldType;

/// In the schema of a field of reals: its whole numbers are written without a decimal point.
const BARE_WHOLE_NUMBERS: &str = "x-cityheart-bare-whole-numbers";
/// In the schema of a field: the name that it has in the files that it is imported from.
const SOURCE_NAME: &str = "x-cityheart-source-name";

/// The name of a collection: `[a-z][a-z0-9_]{0,62}`, valid as a table name, as a layer name and in a URL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CollectionId(Arc<str>);

impl CollectionId {
    /// # Errors
    /// [`Error::Invalid`] at `collection` when the name is malformed or reserved.
    pub fn new(id: &str) -> Result<Self> {
        let mut chars = id.chars();
        let first = chars.next().is_some_and(|c| c.is_ascii_lowercase());
        let rest = chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !first || !rest || id.len() > 63 {
            return Err(Error::invalid(
                "collection",
                format!(
                    "'{id}' is not a valid collection name. Use at most 63 lower-case letters, digits and underscores, beginning with a letter."
                ),
            ));
        }
        let reserved = ["gpkg_", "rtree_", "sqlite_", "cityheart_"].iter().any(|p| id.starts_with(p)) || id == "world";
        if reserved {
            return Err(Error::invalid("collection", format!("The name '{id}' is reserved. Choose another one.")));
        }
        Ok(Self(id.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CollectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A property of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDefinition {
    pub name: String,
    pub kind: FieldType,
    /// For display, in English; other languages are in the schema.
    pub title: String,
    pub required: bool,
    /// Whole numbers of this field are written without a decimal point, though others have one.
    pub bare_whole: bool,
    /// The most characters that a text may have.
    pub max_length: Option<u32>,
}

/// The fields (by position) that give a feature its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeFields {
    pub start: usize,
    /// `None` when the start field alone gives the time.
    pub end: Option<usize>,
}

/// The fixed description of a layer. Count, extent and revision belong to its snapshot.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    pub id: CollectionId,
    pub title: String,
    pub description: String,
    pub geometry: GeometryTypeSet,
    pub fields: Vec<FieldDefinition>,
    pub time: Option<TimeFields>,
    /// The JSON Schema (2020-12) from which all other members are read.
    pub schema: Arc<Json>,
}

impl Collection {
    /// Reads a collection from its JSON Schema, structured as in OGC API Features Part 5.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the JSON pointer of the keyword that cannot be understood.
    pub fn from_schema(id: CollectionId, schema: Json) -> Result<Self> {
        let text = |key: &str| schema.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
        let properties = schema
            .get("properties")
            .and_then(Json::as_object)
            .ok_or_else(|| Error::invalid("/properties", "A schema must list its properties."))?;
        let required: Vec<&str> =
            schema.get("required").and_then(Json::as_array).into_iter().flatten().filter_map(Json::as_str).collect();
        let mut fields = Vec::new();
        let mut geometry = GeometryTypeSet::NONE;
        for (name, property) in properties {
            match property.get("x-ogc-role").and_then(Json::as_str) {
                Some("id") => {}
                Some("primary-geometry") => {
                    let format = property.get("format").and_then(Json::as_str).unwrap_or("geometry-any");
                    geometry = GeometryTypeSet::from_schema_format(format).ok_or_else(|| {
                        Error::invalid(
                            format!("/properties/{name}/format"),
                            format!("'{format}' is not a geometry format."),
                        )
                    })?;
                }
                _ => fields.push(FieldDefinition {
                    name: name.clone(),
                    kind: FieldType::from_schema(property).ok_or_else(|| {
                        Error::invalid(
                            format!("/properties/{name}"),
                            "A property needs a type: string, integer, number, boolean, array or object.",
                        )
                    })?,
                    title: property.get("title").and_then(Json::as_str).unwrap_or(name).to_owned(),
                    required: required.contains(&name.as_str()),
                    bare_whole: writes_bare_whole(property),
                    max_length: property.get("maxLength").and_then(Json::as_u64).and_then(|n| u32::try_from(n).ok()),
                }),
            }
        }
        let position = |key: &str| {
            let name = schema.get("x-cityheart-temporal")?.get(key)?.as_str()?;
            fields.iter().position(|f| f.name == name)
        };
        let time = position("start").map(|start| TimeFields { start, end: position("end") });
        let title = Some(text("title")).filter(|t| !t.is_empty()).unwrap_or_else(|| id.to_string());
        Ok(Self { title, description: text("description"), geometry, fields, time, schema: Arc::new(schema), id })
    }

    /// A collection whose fields were inferred from a file.
    ///
    /// # Errors
    /// As [`Collection::from_schema`].
    pub fn from_inferred_fields(
        id: CollectionId,
        title: &str,
        geometry: GeometryTypeSet,
        fields: &[(String, FieldType)],
    ) -> Result<Self> {
        let mut properties = Map::new();
        properties.insert("id".into(), json!({"type": "string", "title": "Id", "x-ogc-role": "id"}));
        if let Some(format) = geometry.schema_format() {
            properties.insert(
                "geometry".into(),
                json!({"title": "Geometry", "format": format, "x-ogc-role": "primary-geometry"}),
            );
        }
        for (i, (name, kind)) in fields.iter().enumerate() {
            let mut property = kind.json_schema();
            property["title"] = name.as_str().into();
            property["x-ogc-propertySeq"] = (i + 1).into();
            properties.insert(name.clone(), property);
        }
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": title,
            "type": "object",
            "properties": properties,
            "additionalProperties": false,
        });
        if let Some(time) = Self::infer_time(fields) {
            schema["x-cityheart-temporal"] = time;
        }
        Self::from_schema(id, schema)
    }

    /// The fields that give the features of an inferred schema their time, as the schema names them.
    #[must_use]
    pub fn infer_time(fields: &[(String, FieldType)]) -> Option<Json> {
        let is_temporal = |kind: &FieldType| matches!(kind, FieldType::Date | FieldType::DateTime);
        let dated = |name: &str| fields.iter().any(|(n, k)| n == name && is_temporal(k));
        if dated("start") {
            return Some(json!({"start": "start", "end": if dated("end") { json!("end") } else { Json::Null }}));
        }
        // A single temporal property is the primary instant (OGC API Features Part 5,
        // /req/advanced-property-roles/role-primary-instant).
        let mut all = fields.iter().filter(|(_, k)| is_temporal(k));
        match (all.next(), all.next()) {
            (Some((only, _)), None) => Some(json!({"start": only, "end": Json::Null})),
            _ => None,
        }
    }

    /// The same collection, whose features can or cannot only be read, with the reason as a sentence.
    ///
    /// # Errors
    /// As [`Collection::from_schema`].
    pub fn with_read_only(self, reason: Option<&str>) -> Result<Self> {
        if self.read_only() == reason {
            return Ok(self);
        }
        let mut schema = (*self.schema).clone();
        if let Some(members) = schema.as_object_mut() {
            members.remove("x-cityheart-read-only");
            members.extend(reason.map(|r| ("x-cityheart-read-only".to_owned(), r.into())));
        }
        Ok(Self { schema: Arc::new(schema), ..self })
    }

    /// Why the features can only be read; `None` when they can be edited.
    #[must_use]
    pub fn read_only(&self) -> Option<&str> {
        self.schema.get("x-cityheart-read-only")?.as_str()
    }

    /// The same collection, with what its files say of these fields: which have another name there, and which reals
    /// write whole numbers without a decimal point.
    ///
    /// # Errors
    /// As [`Collection::from_schema`].
    pub fn with_source_forms<'n>(
        &self,
        source_names: impl IntoIterator<Item = (&'n str, &'n str)>,
        bare_whole: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self> {
        let mut schema = (*self.schema).clone();
        for (field, source) in source_names {
            schema["properties"][field][SOURCE_NAME] = source.into();
        }
        for field in bare_whole {
            schema["properties"][field][BARE_WHOLE_NUMBERS] = true.into();
        }
        Self::from_schema(self.id.clone(), schema)
    }

    /// The same collection, whose text fields have these lengths at most.
    ///
    /// # Errors
    /// As [`Collection::from_schema`].
    pub fn with_max_lengths<'n>(self, lengths: impl IntoIterator<Item = (&'n str, u32)>) -> Result<Self> {
        let mut schema = (*self.schema).clone();
        for (field, length) in lengths {
            schema["properties"][field]["maxLength"] = length.into();
        }
        if schema == *self.schema { Ok(self) } else { Self::from_schema(self.id, schema) }
    }

    /// The fields that have another name in the files that they are imported from: that name, and the field's.
    pub fn source_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let properties = self.schema.get("properties").and_then(Json::as_object);
        properties.into_iter().flatten().filter_map(|(name, p)| Some((p.get(SOURCE_NAME)?.as_str()?, name.as_str())))
    }

    /// The same collection with a newer version of its schema: new properties are added, and existing ones get their
    /// newer descriptions. No property is removed and no type changes. `None` when nothing is new, or when the schemas
    /// have different `$id`s.
    ///
    /// # Errors
    /// As [`Collection::from_schema`].
    pub fn with_newer_schema(&self, newer: &Self) -> Result<Option<Self>> {
        let (own, new) = (&*self.schema, &*newer.schema);
        let of = |schema: &Json| schema.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
        let (own_properties, new_properties) = (of(own), of(new));
        if own.get("$id").is_none() || own.get("$id") != new.get("$id") {
            return Ok(None);
        }
        let mut properties = Map::new();
        for (name, property) in own_properties {
            let is_field = property.get("x-ogc-role").is_none();
            let same = |p: &&Json| is_field && FieldType::from_schema(p) == FieldType::from_schema(&property);
            let updated = new_properties.get(&name).filter(same).cloned();
            properties.insert(name, updated.unwrap_or(property));
        }
        for (name, property) in new_properties {
            properties.entry(name).or_insert(property);
        }
        let mut schema = new.clone();
        schema["properties"] = properties.into();
        Ok(if schema == *own { None } else { Some(Self::from_schema(self.id.clone(), schema)?) })
    }

    /// The attribution that must be shown with the data; empty when there is none.
    #[must_use]
    pub fn attribution(&self) -> &str {
        self.schema.get("x-cityheart-attribution").and_then(Json::as_str).unwrap_or_default()
    }

    /// The licence of the data: its SPDX id and the URL of its text.
    #[must_use]
    pub fn license(&self) -> Option<(&str, &str)> {
        let license = self.schema.get("x-cityheart-license")?;
        Some((license.get("id")?.as_str()?, license.get("href")?.as_str()?))
    }

    /// Whether the collection has fields that the other has not.
    #[must_use]
    pub fn has_fields_beyond(&self, other: &Self) -> bool {
        self.fields.iter().any(|f| other.field_index(&f.name).is_none())
    }

    /// The position of the field with this name.
    #[must_use]
    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// The time span of a feature with these values; `None` when it is undated. An end without a value is open.
    #[must_use]
    pub fn time_span(&self, values: &[FieldValue]) -> Option<time::TimeSpan> {
        let fields = self.time?;
        let read = |at: usize| match values.get(at) {
            Some(FieldValue::Text(t)) => time::parse_time_span(t),
            _ => None,
        };
        match (read(fields.start), fields.end.map(read)) {
            (None, None | Some(None)) => None,
            (Some(start), None) => Some(start),
            (start, Some(end)) => Some(time::TimeSpan {
                start_ms: start.map_or(i64::MIN, |s| s.start_ms),
                end_ms: end.map_or(i64::MAX, |e| e.end_ms),
            }),
        }
    }

    /// Reads GeoJSON properties into values in the order of the fields; null for missing ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `/properties/NAME` for an unknown name or a wrong type.
    pub fn read_values(&self, properties: &Map<String, Json>) -> Result<Vec<FieldValue>> {
        let mut values = vec![FieldValue::Null; self.fields.len()];
        let mut hint = 0;
        for (name, json) in properties {
            // Features of a file list their properties in the same order: usually the next field has this name.
            let at = if self.fields.get(hint).is_some_and(|f| f.name == *name) {
                Some(hint)
            } else {
                self.field_index(name)
            };
            let Some(at) = at else {
                if name == "id" || name == "geometry" {
                    continue;
                }
                return Err(Error::invalid(
                    format!("/properties/{name}"),
                    format!("The collection '{}' has no property '{name}'. Rename it or leave it out.", self.id),
                ));
            };
            hint = at + 1;
            values[at] =
                self.fields[at].kind.read_value(json).map_err(|m| Error::invalid(format!("/properties/{name}"), m))?;
        }
        Ok(values)
    }

    /// A feature as published GeoJSON, with coordinates rounded to seven decimals.
    #[must_use]
    pub fn feature_to_geojson(&self, feature: &Feature) -> Json {
        let round = |c: Coord<f64>| Coord {
            x: dequantise_degrees(quantise_degrees(c.x)),
            y: dequantise_degrees(quantise_degrees(c.y)),
        };
        let geometry = feature.geometry.as_ref().map(|g| geojson::Geometry::from(&g.map_coords(round)));
        let plain = |value: &FieldValue| match value {
            // Whole numbers are written without a decimal point.
            FieldValue::Real(r) if r.fract() == 0.0 && r.abs() < 9e15 => (*r as i64).into(),
            other => other.to_json(),
        };
        let properties: Map<String, Json> =
            self.fields.iter().zip(&feature.values).map(|(f, v)| (f.name.clone(), plain(v))).collect();
        json!({"type": "Feature", "id": feature.id.as_str(), "geometry": geometry, "properties": properties})
    }
}

/// Whether a field of reals writes whole numbers without a decimal point: money does, and what its files write so.
fn writes_bare_whole(property: &Json) -> bool {
    let has = |name: &str, value: &Json| property.get(name) == Some(value);
    has("type", &"number".into()) && (has("format", &"decimal".into()) || has(BARE_WHOLE_NUMBERS, &true.into()))
}
