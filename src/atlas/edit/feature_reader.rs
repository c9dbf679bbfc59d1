//! GeoJSON as clients send it, read into features: each fault with its place, all of them at once. What may be passed over is left
//! out, refused or fixed as the client prefers.

use super::{EditBatch, FaultHandling};
use crate::atlas::Atlas;
use crate::collection::{Collection, FieldType};
use crate::crs::{Crs, Projection};
use crate::error::{Error, InvalidInput, Result};
use crate::feature::geojson::{self, describe_json};
use crate::feature::{Feature, FeatureId, FieldValue, Geometry, check_geometry};
use crate::plan::PlanModel;
use crate::suggestion::append_suggestion;
use geo::{CoordsIter, MapCoords};
use geo_types::Coord;
use serde_json::{Map, Value as Json};
use std::sync::Arc;

pub(super) struct EditReader<'a> {
    atlas: &'a Atlas,
    model: &'a PlanModel,
    collection: Arc<Collection>,
    crs: Crs,
    handling: FaultHandling,
    /// Where the feature stands in what was sent.
    at: String,
    broken: Vec<InvalidInput>,
    left_out: Vec<String>,
}

impl<'a> EditReader<'a> {
    pub(super) fn new(atlas: &'a Atlas, collection: Arc<Collection>, batch: &EditBatch, at: String) -> Self {
        let (crs, handling) = (batch.crs, batch.handling);
        let model = atlas.model();
        Self { atlas, model, collection, crs, handling, at, broken: vec![], left_out: vec![] }
    }

    /// What was found: rules that are broken, and places of what was left out, as pointers.
    pub(super) fn finish(self) -> (Vec<InvalidInput>, Vec<String>) {
        (self.broken, self.left_out)
    }

    /// A new feature; `None` when it breaks rules.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when it is no GeoJSON feature.
    pub(super) fn read_feature(&mut self, json: &Json) -> Result<Option<Feature>> {
        let members = feature_members(json, true)?;
        let id = self.read_id(members)?;
        let mut feature =
            Feature { key: 0, id, geometry: None, values: vec![FieldValue::Null; self.collection.fields.len()] };
        if let Some(geometry) = members.get("geometry") {
            feature.geometry = self.read_geometry(geometry);
        }
        self.check_foreign_members(members);
        self.read_properties(members, &mut feature)?;
        self.check_rules(None, &mut feature);
        Ok(self.broken.is_empty().then_some(feature))
    }

    /// The feature that takes the place of another.
    ///
    /// # Errors
    /// As [`Self::feature`].
    pub(super) fn read_replacement(&mut self, before: &Feature, json: &Json) -> Result<Option<Feature>> {
        let members = feature_members(json, true)?;
        let mut after =
            Feature { geometry: None, values: vec![FieldValue::Null; before.values.len()], ..before.clone() };
        for (at, field) in self.collection.fields.iter().enumerate() {
            if self.is_read_only(&field.name) {
                after.values[at].clone_from(&before.values[at]);
            }
        }
        if let Some(geometry) = members.get("geometry") {
            after.geometry = self.read_geometry(geometry);
        }
        self.check_foreign_members(members);
        self.read_properties(members, &mut after)?;
        self.check_rules(Some(before), &mut after);
        Ok(self.broken.is_empty().then_some(after))
    }

    /// The feature after a merge patch (RFC 7396).
    ///
    /// # Errors
    /// As [`Self::feature`]; [`Error::InvalidInput`] for another id.
    pub(super) fn read_patched(&mut self, before: &Feature, patch: &Json) -> Result<Option<Feature>> {
        let members = feature_members(patch, false)?;
        if let Some(id) = members.get("id")
            && id_text(id).as_deref() != Some(before.id.as_str())
        {
            return Err(Error::invalid("/id", "The id of a feature stays as it is. Leave it out."));
        }
        let mut after = before.clone();
        if let Some(geometry) = members.get("geometry") {
            after.geometry = self.read_geometry(&complete_geometry(geometry, before));
        }
        self.check_foreign_members(members);
        match members.get("properties") {
            None => {}
            Some(Json::Null) => {
                let fields = self.collection.fields.clone();
                for (value, field) in after.values.iter_mut().zip(&fields) {
                    if !self.is_read_only(&field.name) {
                        *value = FieldValue::Null;
                    }
                }
            }
            Some(Json::Object(given)) => {
                let merge = |(name, patch): (&String, &Json)| {
                    let present = self.collection.field_index(name).and_then(|at| before.values.get(at));
                    (name.clone(), merge_patch(present.map_or(Json::Null, FieldValue::to_json), patch))
                };
                let merged: Map<String, Json> = given.iter().map(merge).collect();
                self.read_values(&merged, &mut after);
            }
            Some(other) => return Err(properties_error(other)),
        }
        self.check_rules(Some(before), &mut after);
        Ok(self.broken.is_empty().then_some(after))
    }

    fn read_id(&self, members: &Map<String, Json>) -> Result<FeatureId> {
        let given = members.get("id").or_else(|| members.get("properties")?.get("id")).filter(|id| !id.is_null());
        let Some(given) = given else { return Ok(FeatureId::generate()) };
        let text = id_text(given).ok_or_else(|| {
            Error::invalid(
                "/id",
                format!("An id is text or a number, not {}. Leave it out for a new one.", describe_json(given)),
            )
        })?;
        let id = FeatureId::new(&text).map_err(|e| e.at_pointer("/id"))?;
        match self.model.validate_id(&self.collection.id, &id) {
            Some(flaw) => Err(Error::RuleViolations(vec![InvalidInput { at: "/id".into(), message: flaw }])),
            None => Ok(id),
        }
    }

    fn read_geometry(&mut self, json: &Json) -> Option<Geometry> {
        let shape = match geojson::read_geometry(json) {
            Ok(shape) => shape?,
            Err(fault) => {
                self.add_fault(&format!("/geometry{}", fault.at), fault.message);
                return None;
            }
        };
        if shape.flattened {
            self.add_tolerable_fault(
                "/geometry",
                "Positions have a height, which is not kept. Leave it out.",
                FaultHandling::Strict,
            );
        }
        let checked = self.to_lonlat(shape.geometry).and_then(|g| Ok(check_geometry(g)?));
        match checked {
            Ok((geometry, _)) if self.collection.geometry.accepts(&geometry) => Some(geometry),
            Ok(_) => {
                let names = self.collection.geometry.type_names();
                self.add_fault(
                    "/geometry",
                    format!("'{}' holds {names}; this is another geometry.", self.collection.id),
                );
                None
            }
            Err(Error::Invalid(invalid)) => {
                self.add_fault(&format!("/geometry{}", invalid.at), invalid.message);
                None
            }
            Err(e) => {
                self.add_fault("/geometry", e.to_string());
                None
            }
        }
    }

    /// The geometry in degrees.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for a position that cannot be in the reference system that was named, saying which one it fits.
    fn to_lonlat(&self, given: Geometry) -> Result<Geometry> {
        let off_globe = |c: Coord<f64>| c.x.abs() > 180.0 || c.y.abs() > 90.0;
        if self.crs == Crs::CRS84 {
            let off = given.coords_iter().find(|c| off_globe(*c));
            return match off {
                Some(c) => {
                    Err(self.misplaced_error(&given, format!("The position {}, {} is not on the globe.", c.x, c.y)))
                }
                None => Ok(given),
            };
        }
        let projection = Projection::new(self.crs)?;
        let misfit = |c: Coord<f64>| {
            let (crs, name) = (self.crs, self.crs.name());
            self.misplaced_error(&given, format!("The position {}, {} cannot be in {crs} ({name}).", c.x, c.y))
        };
        let place = |c: Coord<f64>| {
            projection.to_lonlat(c).filter(|d| self.crs.is_near_area_of_use(*d)).ok_or_else(|| misfit(c))
        };
        given.try_map_coords(place)
    }

    /// What is said of a position that is not where it should be, and what to do.
    fn misplaced_error(&self, given: &Geometry, what: String) -> Error {
        let (_, likely) = self.atlas.city_locations().likely_crs(given);
        let advice = match &likely[..] {
            [] => "It fits no reference system that is known here. Convert it to longitude and latitude.".to_owned(),
            [first, ..] if first.is_degrees() => "It fits longitude and latitude: leave Content-Crs out.".to_owned(),
            [first, ..] => {
                let names: Vec<String> = likely.iter().map(|crs| format!("{crs} ({})", crs.name())).collect();
                format!("It fits {}. Send Content-Crs: <{}> if it is that.", names.join(", or "), first.uri())
            }
        };
        Error::invalid("", format!("{what} {advice}"))
    }

    /// Members that GeoJSON does not know.
    fn check_foreign_members(&mut self, members: &Map<String, Json>) {
        const KNOWN: [&str; 6] = ["type", "id", "geometry", "properties", "bbox", "links"];
        for name in members.keys().filter(|name| !KNOWN.contains(&name.as_str())) {
            self.add_tolerable_fault(
                &format!("/{}", escape_pointer(name)),
                "This member is not kept. Leave it out.",
                FaultHandling::Strict,
            );
        }
    }

    fn read_properties(&mut self, members: &Map<String, Json>, feature: &mut Feature) -> Result<()> {
        match members.get("properties") {
            None | Some(Json::Null) => Ok(()),
            Some(Json::Object(given)) => {
                self.read_values(given, feature);
                Ok(())
            }
            Some(other) => Err(properties_error(other)),
        }
    }

    fn read_values(&mut self, given: &Map<String, Json>, feature: &mut Feature) {
        let collection = self.collection.clone();
        for (name, json) in given {
            let at = format!("/properties/{}", escape_pointer(name));
            let Some(field) = collection.field_index(name) else {
                if name != "id" {
                    let names = collection.fields.iter().map(|f| f.name.as_str());
                    let fault = format!("'{}' has no property '{name}'.", collection.id);
                    let message = append_suggestion(fault, name, names) + " Rename it or leave it out.";
                    self.add_tolerable_fault(&at, message, FaultHandling::Usual);
                }
                continue;
            };
            let kind = collection.fields[field].kind;
            let read = kind.read_value(json);
            if self.is_read_only(name) {
                if read.ok().as_ref() != feature.values.get(field) {
                    self.add_tolerable_fault(
                        &at,
                        "Only the service writes this property. Leave it out.",
                        FaultHandling::Strict,
                    );
                }
                continue;
            }
            match read {
                Ok(value) => feature.values[field] = value,
                Err(message) => match coerce_value(kind, json).filter(|_| self.handling == FaultHandling::Lenient) {
                    Some(value) => feature.values[field] = value,
                    None => self.add_tolerable_fault(&at, message, FaultHandling::Usual),
                },
            }
        }
    }

    /// The rules of the plan: what the schema says of all properties together, and which status may follow which. A feature that broke a
    /// rule before may go on doing so.
    fn check_rules(&mut self, before: Option<&Feature>, after: &mut Feature) {
        if !self.broken.is_empty() {
            return;
        }
        let id = self.collection.id.clone();
        let known = before.map(|b| self.model.validate_properties(&id, &self.to_properties(b))).unwrap_or_default();
        for finding in self.model.validate_properties(&id, &self.to_properties(after)) {
            if known.contains(&finding) {
                continue;
            }
            let name = finding.at.strip_prefix("/properties/").and_then(|rest| rest.split('/').next());
            let field =
                name.and_then(|n| self.collection.field_index(n)).filter(|at| !self.collection.fields[*at].required);
            match field.filter(|_| self.handling == FaultHandling::Lenient) {
                Some(field) => {
                    after.values[field] = before.map_or(FieldValue::Null, |b| b.values[field].clone());
                    self.left_out.push(format!("{}{}", self.at, finding.at));
                }
                None => self.add_fault(&finding.at, finding.message),
            }
        }
        if after.geometry.is_none()
            && before.is_none_or(|b| b.geometry.is_some())
            && requires_geometry(&self.collection)
        {
            self.add_fault("/geometry", format!("A feature of '{id}' needs a place."));
        }
        let Some(before) = before else { return };
        for (at, field) in self.collection.clone().fields.iter().enumerate() {
            if let (Some(FieldValue::Text(from)), Some(FieldValue::Text(to))) =
                (before.values.get(at), after.values.get(at))
                && from != to
                && let Some(message) = self.model.validate_transition(&id, &field.name, from, to)
            {
                self.add_fault(&format!("/properties/{}", escape_pointer(&field.name)), message);
            }
        }
    }

    fn to_properties(&self, feature: &Feature) -> Map<String, Json> {
        let fields = self.collection.fields.iter().zip(&feature.values).filter(|(_, v)| !v.is_null());
        fields.map(|(f, v)| (f.name.clone(), v.to_json())).collect()
    }

    fn is_read_only(&self, name: &str) -> bool {
        let property = self.collection.schema.get("properties").and_then(|p| p.get(name));
        property.and_then(|p| p.get("readOnly")).and_then(Json::as_bool) == Some(true)
    }

    fn add_fault(&mut self, at: &str, message: impl Into<String>) {
        self.broken.push(InvalidInput { at: format!("{}{at}", self.at), message: message.into() });
    }

    /// A fault that can be passed over; `refused` is the mildest handling that refuses it.
    fn add_tolerable_fault(&mut self, at: &str, message: impl Into<String>, refused: FaultHandling) {
        let refuses = self.handling == FaultHandling::Strict
            || (refused == FaultHandling::Usual && self.handling == FaultHandling::Usual);
        if refuses {
            self.add_fault(at, message);
        } else {
            self.left_out.push(format!("{}{at}", self.at));
        }
    }
}

/// The members of a feature, or of a patch of one.
fn feature_members(json: &Json, whole: bool) -> Result<&Map<String, Json>> {
    let Json::Object(members) = json else {
        return Err(Error::invalid("", format!("Expected one GeoJSON Feature, found {}.", describe_json(json))));
    };
    match members.get("type") {
        Some(Json::String(kind)) if kind == "Feature" => Ok(members),
        Some(Json::String(kind)) if kind == "FeatureCollection" => Err(Error::invalid(
            "/type",
            "This takes one Feature. Send several as {\"edits\": [{\"create\": …}, …]} to 'changes' of the collection.",
        )),
        None if !whole => Ok(members),
        _ => Err(Error::invalid("/type", "The type of a GeoJSON feature is \"Feature\".")),
    }
}

fn properties_error(found: &Json) -> Error {
    let message =
        format!("Properties are an object or null, not {}. Write them as {{\"name\": value}}.", describe_json(found));
    Error::invalid("/properties", message)
}

fn id_text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn requires_geometry(collection: &Collection) -> bool {
    let is_place = |name: &str| {
        let property = collection.schema.get("properties").and_then(|p| p.get(name));
        property.and_then(|p| p.get("x-ogc-role")).and_then(Json::as_str) == Some("primary-geometry")
    };
    let required = collection.schema.get("required").and_then(Json::as_array);
    required.into_iter().flatten().filter_map(Json::as_str).any(is_place)
}

/// The geometry of a patch; a member that it leaves out is as it was.
fn complete_geometry(patch: &Json, before: &Feature) -> Json {
    let (Json::Object(members), Some(geometry)) = (patch, &before.geometry) else { return patch.clone() };
    let mut members = members.clone();
    if !members.contains_key("type")
        && let Ok(Json::Object(present)) = serde_json::to_value(::geojson::Geometry::from(geometry))
        && let Some(kind) = present.get("type")
    {
        members.insert("type".into(), kind.clone());
    }
    members.into()
}

/// RFC 7396.
fn merge_patch(target: Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Json::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let present = target.remove(name).unwrap_or_default();
            target.insert(name.clone(), merge_patch(present, value));
        }
    }
    target.into()
}

/// A value that was meant, where only its form is wrong.
fn coerce_value(kind: FieldType, json: &Json) -> Option<FieldValue> {
    let value: Json = match (kind, json) {
        (FieldType::Integer, Json::Number(n)) => {
            n.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 9e15)?.to_string().parse::<i64>().ok()?.into()
        }
        (FieldType::Integer | FieldType::Real | FieldType::Decimal | FieldType::Boolean, Json::String(text)) => {
            serde_json::from_str(text.trim()).ok()?
        }
        (FieldType::Text, Json::Number(n)) => n.to_string().into(),
        (FieldType::Text, Json::Bool(b)) => b.to_string().into(),
        (FieldType::Date, Json::String(text)) => text.get(..10)?.into(),
        _ => return None,
    };
    kind.read_value(&value).ok()
}

/// A name within a JSON pointer (RFC 6901).
fn escape_pointer(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
