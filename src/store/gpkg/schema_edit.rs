//! The schema of a collection after its table has changed: fields are renamed, retyped, dropped and added; everything
//! else that the schema says stays.

use super::gpkg_layer::claim_free_name;
use super::table_shape::TableShape;
use crate::collection::{Collection, FieldType};
use crate::error::Result;
use crate::feature::GeometryTypeSet;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Changes to a schema, in the order of its fields.
pub(super) struct SchemaEdit<'c> {
    collection: &'c Collection,
    fields: Vec<EditedField<'c>>,
    used_names: Vec<String>,
    dropped: Vec<&'c str>,
    /// New names of fields and columns by their old ones.
    renamed: BTreeMap<String, String>,
}

/// A field that stays or is new.
struct EditedField<'c> {
    name: String,
    kind: FieldType,
    /// The property that it was.
    was: Option<&'c str>,
    /// The new length of its texts, if that has changed; `None` within is no limit.
    max_length: Option<Option<u32>>,
}

impl<'c> EditedField<'c> {
    fn new(name: String, kind: FieldType, was: Option<&'c str>) -> Self {
        Self { name, kind, was, max_length: None }
    }
}

impl<'c> SchemaEdit<'c> {
    pub(super) fn new(collection: &'c Collection) -> Self {
        let mut used_names = vec!["id".to_owned(), "geometry".to_owned()];
        used_names.extend(collection.fields.iter().map(|f| f.name.to_lowercase()));
        Self { collection, fields: vec![], used_names, dropped: vec![], renamed: BTreeMap::new() }
    }

    pub(super) fn drop_field(&mut self, name: &'c str) {
        self.used_names.retain(|used| *used != name.to_lowercase());
        self.dropped.push(name);
    }

    /// Keeps a field with this type. `column` is the old and the new name of its column if that was renamed.
    pub(super) fn keep_field(&mut self, name: &'c str, kind: FieldType, column: Option<(&str, &str)>) {
        let Some((old, new)) = column else {
            return self.fields.push(EditedField::new(name.to_owned(), kind, Some(name)));
        };
        self.used_names.retain(|used| *used != name.to_lowercase());
        let field = claim_free_name(new, &mut self.used_names);
        self.rename_column(old, new);
        if field != name {
            self.renamed.insert(name.to_owned(), field.clone());
        }
        self.fields.push(EditedField::new(field, kind, Some(name)));
    }

    /// Remembers the new name of a column, under which the cells of earlier versions are found.
    pub(super) fn rename_column(&mut self, old: &str, new: &str) {
        if old != new {
            self.renamed.insert(old.to_owned(), new.to_owned());
        }
    }

    pub(super) fn add_field(&mut self, column: &str, kind: FieldType) {
        let name = claim_free_name(column, &mut self.used_names);
        self.fields.push(EditedField::new(name, kind, None));
    }

    /// Limits the texts of the field that was kept or added last, or lifts the limit.
    pub(super) fn limit_text(&mut self, max_length: Option<u32>) {
        if let Some(field) = self.fields.last_mut() {
            field.max_length = Some(max_length.filter(|_| field.kind == FieldType::Text));
        }
    }

    /// The collection with the new schema, and the new names.
    pub(super) fn finish(self, shape: &TableShape, old_table: &str) -> Result<(Collection, BTreeMap<String, String>)> {
        let own = &*self.collection.schema;
        let mut schema = own.clone();
        schema["properties"] = self.properties(shape).into();
        self.follow_names(&mut schema);
        if own.get("title").and_then(Json::as_str) == Some(old_table) {
            schema["title"] = shape.table.as_str().into();
        }
        let same = schema == *own;
        let collection = if same {
            self.collection.clone()
        } else {
            let mut collection = Collection::from_schema(self.collection.id.clone(), schema)?;
            // Titles that are not in the schema stay.
            if collection.title == collection.id.as_str() {
                collection.title.clone_from(&self.collection.title);
            }
            collection
        };
        Ok((collection.with_read_only(shape.read_only.as_deref())?, self.renamed))
    }

    fn properties(&self, shape: &TableShape) -> Map<String, Json> {
        let own = self.collection.schema.get("properties").and_then(Json::as_object);
        let role = |p: &Json| p.get("x-ogc-role").and_then(Json::as_str).map(str::to_owned);
        let mut properties = Map::new();
        let mut has_geometry = false;
        for (name, property) in own.into_iter().flatten() {
            match role(property).as_deref() {
                Some("primary-geometry") => {
                    has_geometry = true;
                    properties.extend(self.geometry_property(shape, Some(property)).map(|p| (name.clone(), p)));
                }
                Some("id") => _ = properties.insert(name.clone(), property.clone()),
                // Other roles are those of fields.
                _ => {}
            }
        }
        if !has_geometry {
            properties.extend(self.geometry_property(shape, None).map(|p| ("geometry".to_owned(), p)));
        }
        for (at, field) in self.fields.iter().enumerate() {
            let old = field.was.and_then(|was| own?.get(was));
            let mut property = self.property(&field.name, field.kind, field.was.zip(old), at + 1);
            match (field.max_length, property.as_object_mut()) {
                (Some(Some(length)), _) => property["maxLength"] = length.into(),
                (Some(None), Some(members)) => _ = members.remove("maxLength"),
                _ => {}
            }
            properties.insert(field.name.clone(), property);
        }
        properties
    }

    /// The property of a field; what it was keeps all but its name and type.
    fn property(&self, name: &str, kind: FieldType, old: Option<(&str, &Json)>, place: usize) -> Json {
        let Some((was, old)) = old else {
            let mut property = kind.json_schema();
            property["title"] = name.into();
            property["x-ogc-propertySeq"] = place.into();
            return property;
        };
        let is_same = self.collection.field_index(was).is_some_and(|i| self.collection.fields[i].kind == kind);
        let mut property = if is_same { old.clone() } else { kind.json_schema() };
        let described = |key: &String| matches!(key.as_str(), "title" | "description") || key.starts_with("x-");
        for (key, value) in old.as_object().into_iter().flatten().filter(|(key, _)| described(key)) {
            property[key.as_str()] = value.clone();
        }
        if property.get("title").and_then(Json::as_str) == Some(was) {
            property["title"] = name.into();
        }
        property
    }

    /// The property of the geometry; `None` when the table has none.
    fn geometry_property(&self, shape: &TableShape, old: Option<&Json>) -> Option<Json> {
        let types = shape.geometry.as_ref()?.types;
        let before = self.collection.geometry;
        // A column of any type is what a collection with two types has, too.
        if let Some(old) = old
            && GeometryTypeSet::from_gpkg_name(before.gpkg_name()) == types
        {
            return Some(old.clone());
        }
        let mut property =
            old.cloned().unwrap_or_else(|| json!({"title": "Geometry", "x-ogc-role": "primary-geometry"}));
        property["format"] = types.schema_format()?.into();
        Some(property)
    }

    /// Where a schema names fields, it names them by their new names.
    fn follow_names(&self, schema: &mut Json) {
        let dropped = |name: &Json| name.as_str().is_some_and(|n| self.dropped.contains(&n));
        let follow = |name: &mut Json| {
            if let Some(new) = name.as_str().and_then(|n| self.renamed.get(n)) {
                *name = new.as_str().into();
            }
        };
        if let Some(required) = schema.get_mut("required").and_then(Json::as_array_mut) {
            required.retain(|name| !dropped(name));
            required.iter_mut().for_each(follow);
        }
        if let Some(visible) = schema.pointer_mut("/x-cityheart-visibility/property") {
            follow(visible);
        }
        for end in ["start", "end"] {
            if let Some(name) = schema.pointer_mut(&format!("/x-cityheart-temporal/{end}")) {
                if dropped(name) {
                    *name = Json::Null;
                }
                follow(name);
            }
        }
        let has_no_start = schema.pointer("/x-cityheart-temporal/start").is_some_and(Json::is_null);
        if let Some(members) = schema.as_object_mut().filter(|_| has_no_start) {
            members.remove("x-cityheart-temporal");
        }
        if schema.get("$id").is_none() && schema.get("x-cityheart-temporal").is_none() {
            let fields: Vec<_> = self.fields.iter().map(|f| (f.name.clone(), f.kind)).collect();
            if let Some(time) = Collection::infer_time(&fields) {
                schema["x-cityheart-temporal"] = time;
            }
        }
    }
}
