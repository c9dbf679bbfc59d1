//! What one row changes in the plan, as a value: which fields, from what to what, and the edit that does it.

use crate::atlas::{EditAction, EditPrecondition, EditRequest, state_tag};
use crate::change::{FeatureEdit, RevisionNumber};
use crate::collection::Collection;
use crate::feature::{Feature, FieldValue};
use crate::import::finding::FindingPlace;
use serde_json::{Map, Value as Json, json};

/// The name by which a geometry stands among fields.
pub const GEOMETRY: &str = "geometry";

/// What one row changes.
#[derive(Debug, Clone, PartialEq)]
pub struct RowChange {
    /// File, sheet and row or line.
    pub place: FindingPlace,
    /// The feature as it is in the plan; `None` for a new one.
    pub before: Option<Feature>,
    /// The feature as it will be.
    pub after: Feature,
    /// The fields that change, in the order of the collection; of a new feature, those that have a value.
    pub fields: Vec<FieldChange>,
    pub geometry_changed: bool,
    /// Fields that both the row and the plan changed since the row was written, to different values.
    pub conflicts: Vec<FieldConflict>,
}

/// Whether a row is in the plan already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowChangeKind {
    New,
    Changed,
}

/// What becomes of one field. Null is no value.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldChange {
    pub field: String,
    pub from: Json,
    pub to: Json,
}

/// One field that the row and the plan changed differently. For [`GEOMETRY`], the values are GeoJSON.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldConflict {
    pub field: String,
    /// When the row was written.
    pub base: Json,
    /// In the plan now.
    pub plan: Json,
    /// In the row now.
    pub file: Json,
}

impl RowChange {
    #[must_use]
    pub fn kind(&self) -> RowChangeKind {
        if self.before.is_some() { RowChangeKind::Changed } else { RowChangeKind::New }
    }

    /// The edit, as the store takes it; `base` is the revision that the row was compared with.
    #[must_use]
    pub fn to_edit(&self, base: RevisionNumber) -> FeatureEdit {
        let Some(before) = &self.before else { return FeatureEdit::Create(self.after.clone()) };
        let values = self.after.values.iter().enumerate().filter(|(at, value)| before.values.get(*at) != Some(value));
        FeatureEdit::Patch {
            id: before.id.clone(),
            base: Some(base),
            geometry: self.geometry_changed.then(|| self.after.geometry.clone()),
            values: values.map(|(at, value)| (at, value.clone())).collect(),
        }
    }

    /// The edit as a request to [`ViewerPlan::change`](crate::atlas::ViewerPlan::change), which checks permissions and
    /// refuses it as stale when the feature is no longer as it was compared. `at` is where a fault is told.
    #[must_use]
    pub fn to_request(&self, collection: &Collection, at: String) -> EditRequest {
        let feature = collection.feature_to_geojson(&self.after);
        let Some(before) = &self.before else {
            return EditRequest { at, within: "", action: EditAction::Create(feature), precondition: None };
        };
        let changed = collection.fields.iter().zip(&self.after.values).zip(&before.values);
        let changed = changed.filter(|((_, after), before)| after != before);
        let properties: Map<String, Json> = changed
            .map(|((field, after), before)| (field.name.clone(), merge_patch(&before.to_json(), after.to_json())))
            .collect();
        let mut patch = json!({"properties": properties});
        if self.geometry_changed {
            patch[GEOMETRY] = feature[GEOMETRY].clone();
        }
        let precondition = Some(EditPrecondition::States(vec![state_tag(before)]));
        EditRequest { at, within: "", action: EditAction::Patch { id: before.id.to_string(), patch }, precondition }
    }

    /// For programs; `row` is the row of the sheet, or the line of the text.
    #[must_use]
    pub fn to_json(&self, collection: &Collection) -> Json {
        let value = |name: &str| {
            let value = collection.field_index(name).and_then(|at| self.after.values.get(at));
            value.map(FieldValue::to_json)
        };
        json!({
            "kind": self.kind().name(),
            "feature": self.after.id.as_str(),
            "title": value("name").or_else(|| value("title")),
            "code": value("code"),
            "file": self.place.file,
            "sheet": self.place.sheet,
            "row": self.row(),
            "fields": self.fields.iter().map(FieldChange::to_json).collect::<Vec<_>>(),
            "geometry_changed": self.geometry_changed,
            "conflicts": self.conflicts.iter().map(|conflict| conflict.field.as_str()).collect::<Vec<_>>(),
        })
    }

    /// The row of the sheet, or the line of the text; for other files the number of the feature.
    #[must_use]
    pub fn row(&self) -> Option<u64> {
        let of_cell = |cell: &String| cell.trim_start_matches(|c: char| c.is_ascii_alphabetic()).parse().ok();
        self.place.cell.as_ref().and_then(of_cell).or(self.place.line).or(self.place.feature)
    }
}

impl RowChangeKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
        }
    }
}

/// A value as it is told: whole numbers without a decimal point.
pub fn show_value(value: &FieldValue) -> Json {
    match value {
        FieldValue::Real(real) if real.fract() == 0.0 && real.abs() < 9e15 => (*real as i64).into(),
        other => other.to_json(),
    }
}

/// The merge patch (RFC 7396) that makes one value of another.
fn merge_patch(from: &Json, to: Json) -> Json {
    let (Json::Object(from), Json::Object(to)) = (from, &to) else { return to };
    let mut patch = Map::new();
    for name in from.keys().filter(|name| !to.contains_key(*name)) {
        patch.insert(name.clone(), Json::Null);
    }
    for (name, value) in to.iter().filter(|(name, value)| from.get(*name) != Some(value)) {
        patch.insert(name.clone(), merge_patch(from.get(name).unwrap_or(&Json::Null), value.clone()));
    }
    patch.into()
}

impl FieldChange {
    fn to_json(&self) -> Json {
        json!({"field": self.field, "from": self.from, "to": self.to})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_patch_takes_members_away_and_replaces_lists() {
        for (from, to, patch) in [
            (
                json!({"a": 1, "b": {"c": 2, "d": 3}}),
                json!({"b": {"c": 5}}),
                json!({"a": null, "b": {"c": 5, "d": null}}),
            ),
            (json!([1, 2]), json!([1]), json!([1])),
            (json!("x"), json!({"a": 1}), json!({"a": 1})),
            (Json::Null, json!(7), json!(7)),
        ] {
            assert_eq!(merge_patch(&from, to), patch, "{from}");
        }
    }
}
