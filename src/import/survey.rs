//! The first reading of a file for a new collection: its fields with their kinds, and its geometry types. A field gets
//! the narrowest kind that holds all its values as they are written; text holds values of several kinds, and numbers
//! that would be written in another way.

use super::draft::SurveyedFeature;
use super::surveyed_field::{ExactTextField, FieldOutcome, SurveyedField, UnreadTimes};
use super::value_kinds::{cell_kind, json_value_kind};
use crate::collection::{Collection, CollectionId, FieldType};
use crate::error::{Error, Result};
use crate::feature::GeometryTypeSet;
use crate::intake::format_id;
use serde_json::Value as Json;
use std::collections::HashMap;

/// The most fields that a collection may have.
pub const MAX_FIELDS: usize = 500;

/// The longest name of a field, in bytes.
const MAX_NAME_BYTES: usize = 63;

/// Names that mean something else in a GeoPackage or in GeoJSON.
const RESERVED_NAMES: [&str; 4] = ["fid", "geom", "id", "geometry"];

/// The fields and geometry types found so far.
#[derive(Default)]
pub struct FieldSurvey {
    fields: Vec<SurveyedField>,
    by_name: HashMap<String, usize>,
    geometry: GeometryTypeSet,
    pub features: u64,
    /// A feature had both an id and another property of that name.
    two_ids: bool,
}

/// A property of the file and the field it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenamedField {
    pub from: String,
    pub to: String,
}

/// The collection that a survey found.
pub struct SurveyResult {
    pub collection: Collection,
    pub renamed: Vec<RenamedField>,
    /// Fields that are text only because their values are of several kinds.
    pub mixed_fields: Vec<String>,
    pub unread_times: Vec<UnreadTimes>,
    /// Fields that are text only because their numbers would be written in another way.
    pub exact_text_fields: Vec<ExactTextField>,
}

impl FieldSurvey {
    pub fn add_feature(&mut self, feature: &SurveyedFeature, id_property: Option<&str>) {
        self.features += 1;
        if let Some(kind) = feature.geometry {
            self.geometry = self.geometry.union(kind);
        }
        if let Some(property) = feature.properties.get("id").filter(|p| !p.is_null()) {
            let own = feature.id.as_ref().and_then(format_id);
            self.two_ids |= match id_property {
                Some(name) => name != "id",
                None => own.is_some() && own != format_id(property),
            };
        }
        for (hint, (name, value)) in feature.properties.iter().enumerate() {
            let at = match self.fields.get(hint) {
                Some(field) if field.name == *name => Some(hint),
                _ => self.by_name.get(name).copied(),
            };
            let at = at.unwrap_or_else(|| self.add_field(name));
            let Some(field) = self.fields.get_mut(at) else { continue };
            let kind = match value {
                Json::String(cell) if feature.untyped => cell_kind(cell),
                value => json_value_kind(value),
            };
            field.note_time(kind.map(|k| k.kind), value);
            if let Some(kind) = kind {
                field.add_value(kind, value, feature.untyped && value.is_string());
            }
        }
    }

    /// Beyond the limit no field is added; [`FieldSurvey::finish`] refuses.
    fn add_field(&mut self, name: &str) -> usize {
        let at = self.by_name.len();
        if at <= MAX_FIELDS + 1 {
            self.by_name.insert(name.to_owned(), at);
            self.fields.push(SurveyedField::new(name));
        }
        at
    }

    /// The collection that can hold all features found.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when there are too many fields.
    pub fn finish(self, id: CollectionId) -> Result<SurveyResult> {
        if let Some(field) = self.fields.iter().find(|field| field.name.contains('\0')) {
            let shown = field.name.escape_debug();
            return Err(Error::Refused(format!("The name of the property '{shown}' has a NUL character. Rename it.")));
        }
        let mut fields: Vec<(String, FieldType)> = vec![];
        let (mut renamed, mut mixed_fields, mut exact_text_fields, mut bare) = (vec![], vec![], vec![], vec![]);
        let mut unread_times = vec![];
        for field in self.fields {
            if field.name == "id" && !self.two_ids {
                continue;
            }
            let name = unique_field_name(&field.name, &fields);
            let (kind, outcome) = field.decide_kind();
            match outcome {
                FieldOutcome::Plain => {}
                FieldOutcome::BareWholeNumbers => bare.push(name.clone()),
                FieldOutcome::MixedText => mixed_fields.push(name.clone()),
                FieldOutcome::ExactText { example } => {
                    exact_text_fields.push(ExactTextField { name: name.clone(), example });
                }
            }
            if name != field.name {
                renamed.push(RenamedField { from: field.name.clone(), to: name.clone() });
            }
            if let Some(example) = field.unread_time() {
                unread_times.push(UnreadTimes { field: name.clone(), example: example.to_owned() });
            }
            fields.push((name, kind));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Error::TooLarge(format!(
                "The features have more than {MAX_FIELDS} different properties. If property names contain values, put these into one property."
            )));
        }
        // Features without a place may get one later: in the map, or from another file.
        let geometry = if self.geometry.is_none() { GeometryTypeSet::ANY } else { self.geometry };
        let collection = Collection::from_inferred_fields(id.clone(), &title_from_id(&id), geometry, &fields)?;
        let source_names = renamed.iter().map(|r| (r.to.as_str(), r.from.as_str()));
        let collection = collection.with_source_forms(source_names, bare.iter().map(String::as_str))?;
        Ok(SurveyResult { collection, renamed, mixed_fields, unread_times, exact_text_fields })
    }
}

/// A name that a table can use beside the given fields: no control characters or quotes, not too long, not reserved,
/// and different from the others by more than case.
fn unique_field_name(name: &str, fields: &[(String, FieldType)]) -> String {
    let mut clean: String = name.chars().map(|c| if c.is_control() || c == '"' { '_' } else { c }).collect();
    let mut end = MAX_NAME_BYTES.min(clean.len());
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean.truncate(end);
    if clean.trim().is_empty() {
        clean = "unnamed".into();
    }
    let is_taken = |candidate: &str| {
        let lower = candidate.to_lowercase();
        RESERVED_NAMES.contains(&lower.as_str()) || fields.iter().any(|(f, _)| f.to_lowercase() == lower)
    };
    if !is_taken(&clean) {
        return clean;
    }
    let mut number = 1;
    loop {
        let candidate = if number == 1 { format!("{clean}_") } else { format!("{clean}_{number}") };
        if !is_taken(&candidate) {
            return candidate;
        }
        number += 1;
    }
}

fn title_from_id(id: &CollectionId) -> String {
    let words = id.as_str().replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
