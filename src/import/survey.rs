//! The first reading of a file for a new collection: its fields with their kinds, and its geometry types. A field gets
//! the narrowest kind that holds all its values; text holds values of several kinds.

use super::draft::SurveyedFeature;
use super::value_kinds::{cell_kind, is_unread_time, json_value_kind};
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

struct SurveyedField {
    name: String,
    kind: Option<FieldType>,
    /// Only text can hold values of all the kinds found.
    mixed: bool,
    /// The first value that is a day or an instant in a spelling that is not read.
    unread_time: Option<String>,
    /// There is a value that is neither a day nor an instant.
    timeless: bool,
}

/// A property that is stored as text though all its values are days or instants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadTimes {
    pub field: String,
    /// The first value in a spelling that is not read.
    pub example: String,
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
            let kind = if feature.untyped { value.as_str().and_then(cell_kind) } else { json_value_kind(value) };
            field.widen_kind(kind);
            field.note_time(kind, value);
        }
    }

    /// Beyond the limit no field is added; [`FieldSurvey::finish`] refuses.
    fn add_field(&mut self, name: &str) -> usize {
        let at = self.by_name.len();
        if at <= MAX_FIELDS + 1 {
            self.by_name.insert(name.to_owned(), at);
            self.fields.push(SurveyedField {
                name: name.to_owned(),
                kind: None,
                mixed: false,
                unread_time: None,
                timeless: false,
            });
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
        let (mut renamed, mut mixed, mut unread_times) = (vec![], vec![], vec![]);
        for field in &self.fields {
            if field.name == "id" && !self.two_ids {
                continue;
            }
            let name = unique_field_name(&field.name, &fields);
            if name != field.name {
                renamed.push(RenamedField { from: field.name.clone(), to: name.clone() });
            }
            if field.mixed {
                mixed.push(name.clone());
            }
            if let (Some(FieldType::Text), false, Some(example)) = (field.kind, field.timeless, &field.unread_time) {
                unread_times.push(UnreadTimes { field: name.clone(), example: example.clone() });
            }
            fields.push((name, field.kind.unwrap_or(FieldType::Text)));
        }
        if fields.len() > MAX_FIELDS {
            return Err(Error::TooLarge(format!(
                "The features have more than {MAX_FIELDS} different properties. If property names contain values, put these into one property."
            )));
        }
        let title = title_from_id(&id);
        Ok(SurveyResult {
            collection: Collection::from_inferred_fields(id, &title, self.geometry, &fields)?,
            renamed,
            mixed_fields: mixed,
            unread_times,
        })
    }
}

impl SurveyedField {
    fn widen_kind(&mut self, kind: Option<FieldType>) {
        let Some(new) = kind else { return };
        self.kind = Some(match self.kind {
            None => new,
            Some(old) if old == new => old,
            Some(old) => match (old, new) {
                (FieldType::Integer, FieldType::Real) | (FieldType::Real, FieldType::Integer) => FieldType::Real,
                _ => {
                    self.mixed |= !(is_textual(old) && is_textual(new));
                    FieldType::Text
                }
            },
        });
    }

    fn note_time(&mut self, kind: Option<FieldType>, value: &Json) {
        if self.timeless {
            return;
        }
        match (kind, value) {
            (None | Some(FieldType::Date | FieldType::DateTime), _) => {}
            (Some(FieldType::Text), Json::String(text)) if is_unread_time(text) => {
                self.unread_time.get_or_insert_with(|| text.clone());
            }
            _ => self.timeless = true,
        }
    }
}

fn is_textual(kind: FieldType) -> bool {
    matches!(kind, FieldType::Text | FieldType::Date | FieldType::DateTime)
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
