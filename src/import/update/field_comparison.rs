//! The cells of one row held against its feature: which differ from what the row was written with, and which of those
//! the plan has changed, too.

use super::row_change::{FieldConflict, GEOMETRY, show_value};
use super::update_outcome::ConflictHandling;
use super::value_equality::{is_written_as, same_place, same_value};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{Feature, FieldValue, Geometry};
use crate::import::draft::{FeatureDraft, ImpliedValue};
use crate::import::feature_validator::FeatureValidator;
use crate::intake::{CandidateGeometry, escape_pointer};
use serde_json::{Map, Value as Json};

/// What a row is held against.
#[derive(Clone, Copy)]
pub struct ComparedStates<'f> {
    /// The feature as it is in the plan.
    pub plan: &'f Feature,
    /// The feature as it was when the row was written; `None` when that is not known.
    pub base: Option<&'f Feature>,
    pub on_conflict: ConflictHandling,
}

/// What a row says that its feature is not.
#[derive(Default)]
pub struct RowDifferences {
    pub properties: Map<String, Json>,
    pub conflicts: Vec<FieldConflict>,
    /// Empty cells that leave a value as it is.
    pub kept_empty: u64,
    /// Values of all rows that this feature has otherwise.
    pub kept_constants: Vec<String>,
}

impl<'f> ComparedStates<'f> {
    /// What the row was written with, as far as that is known.
    fn reference(&self) -> &'f Feature {
        self.base.unwrap_or(self.plan)
    }

    /// The cells that differ. Faults of cells that are as the plan has them are taken from the draft.
    pub fn compare(&self, validator: &FeatureValidator<'_>, draft: &mut FeatureDraft) -> RowDifferences {
        self.forgive_unread(validator, draft);
        let mut found = RowDifferences::default();
        for (name, json) in &draft.properties {
            let implied = draft.implied.iter().find(|(implied, _)| implied == name).map(|(_, why)| *why);
            match (validator.find_field(name), implied) {
                // The row was found by its id, or by its code in spite of it.
                (None, _) if name == "id" => {}
                (None, _) => {
                    found.properties.insert(name.clone(), json.clone());
                }
                (Some(_), Some(ImpliedValue::Precision)) => {}
                (Some(at), Some(ImpliedValue::Constant)) => self.compare_constant(at, (name, json), &mut found),
                (Some(at), None | Some(ImpliedValue::NamedPlace)) => {
                    self.compare_cell(validator, at, (name, json), &mut found);
                }
            }
        }
        add_precision(validator, draft, &mut found);
        found
    }

    fn compare_cell(
        &self,
        validator: &FeatureValidator<'_>,
        at: usize,
        (name, json): (&String, &Json),
        found: &mut RowDifferences,
    ) {
        const NULL: FieldValue = FieldValue::Null;
        let kind = validator.collection().fields[at].kind;
        let value = |feature: &'f Feature| feature.values.get(at).unwrap_or(&NULL);
        let (plan, reference) = (value(self.plan), value(self.reference()));
        if json.is_null() && self.base.is_none() {
            found.kept_empty += u64::from(!same_value(kind, &NULL, plan));
            return;
        }
        let row = match kind.read_value(json) {
            Ok(row) => row,
            // What cannot be read is no change when the plan has it so.
            Err(_) if json.as_str().is_some_and(|text| is_written_as(text, reference)) => return,
            Err(_) => {
                found.properties.insert(name.clone(), json.clone());
                return;
            }
        };
        if same_value(kind, &row, reference) || same_value(kind, &row, plan) {
            return;
        }
        if !same_value(kind, plan, reference) {
            let (base, plan, file) = (show_value(reference), show_value(plan), show_value(&row));
            found.conflicts.push(FieldConflict { field: name.clone(), base, plan, file });
            if self.on_conflict != ConflictHandling::TakeFile {
                return;
            }
        }
        found.properties.insert(name.clone(), json.clone());
    }

    /// A value of all rows fills what a feature lacks, and replaces nothing.
    fn compare_constant(&self, at: usize, (name, json): (&String, &Json), found: &mut RowDifferences) {
        match self.plan.values.get(at) {
            None | Some(FieldValue::Null) => {
                found.properties.insert(name.clone(), json.clone());
            }
            Some(value) if value.to_json() != *json => found.kept_constants.push(name.clone()),
            Some(_) => {}
        }
    }

    /// Takes the faults of cells that are written as the plan has their value: another program may have stored what an
    /// import could not.
    fn forgive_unread(&self, validator: &FeatureValidator<'_>, draft: &mut FeatureDraft) {
        let reference = self.reference();
        let is_as_before = |(name, cell): &&(String, String)| {
            let value = validator.find_field(name).and_then(|at| reference.values.get(at));
            value.is_some_and(|value| is_written_as(cell, value))
        };
        for (name, _) in draft.unread_cells.iter().filter(is_as_before) {
            let at = format!("/properties/{}", escape_pointer(name));
            draft.faults.retain(|(_, fault)| fault.at != at);
        }
    }

    /// The place that a row says, unless it is the one that the row was written with. A row without a place says
    /// nothing of it, but one of an exported table whose cells for it are empty.
    pub fn compare_place(&self, draft: &mut FeatureDraft) -> CandidateGeometry {
        let reference = self.reference().geometry.as_ref();
        match draft.shape.take() {
            Some(shape) if same_place(Some(&shape.geometry), reference) => CandidateGeometry::Unchanged,
            Some(ParsedGeometry { geometry, flattened }) => {
                CandidateGeometry::Parsed(Some(ParsedGeometry { geometry, flattened }))
            }
            None if self.base.is_some()
                && draft.has_place_columns
                && !draft.place_is_cut
                && reference.is_some()
                && draft.faults.is_empty() =>
            {
                CandidateGeometry::Parsed(None)
            }
            None => CandidateGeometry::Unchanged,
        }
    }

    /// The geometry that a feature gets, once the row's is in degrees. Returns the conflict of it.
    pub fn settle_place(&self, after: &mut Option<Geometry>) -> Option<FieldConflict> {
        let (plan, reference) = (self.plan.geometry.as_ref(), self.reference().geometry.as_ref());
        if same_place(after.as_ref(), plan) || same_place(after.as_ref(), reference) {
            *after = plan.cloned();
            return None;
        }
        if same_place(plan, reference) {
            return None;
        }
        let (base, file) = (geometry_json(reference), geometry_json(after.as_ref()));
        if self.on_conflict != ConflictHandling::TakeFile {
            *after = plan.cloned();
        }
        Some(FieldConflict { field: GEOMETRY.to_owned(), base, plan: geometry_json(plan), file })
    }
}

fn geometry_json(geometry: Option<&Geometry>) -> Json {
    geometry.and_then(|g| serde_json::to_value(geojson::Geometry::from(g)).ok()).unwrap_or_default()
}

/// The precision of a period is another only where its days are.
fn add_precision(validator: &FeatureValidator<'_>, draft: &FeatureDraft, found: &mut RowDifferences) {
    let Some(time) = validator.collection().time else { return };
    let days = [Some(time.start), time.end].into_iter().flatten();
    let is_moved = days.into_iter().any(|at| {
        let name = &validator.collection().fields[at].name;
        found.properties.contains_key(name)
    });
    for (name, _) in draft.implied.iter().filter(|(_, why)| is_moved && *why == ImpliedValue::Precision) {
        if let Some(json) = draft.properties.get(name) {
            found.properties.insert(name.clone(), json.clone());
        }
    }
}
