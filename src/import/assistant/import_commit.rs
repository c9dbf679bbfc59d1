//! What was reviewed becomes edits of the plan as it is now. An edit that somebody else made meanwhile stays: where it
//! touches the same values, nothing is written, and all such values are told.

use super::import_review::ImportReview;
use super::review_outcome::plain_number;
use crate::atlas::{EditAction, EditPrecondition, EditRequest, state_tag};
use crate::collection::Collection;
use crate::error::Result;
use crate::feature::{Feature, FieldValue};
use crate::import::update::{ExistingFeatures, FieldChange, RowChange, RowChangeKind, ViewerFeatures};
use serde_json::{Map, Value as Json, json};

/// The edits that save a review.
#[derive(Default)]
pub struct ImportCommit {
    pub requests: Vec<EditRequest>,
    /// The feature that each request finds; `None` for a new one.
    pub before: Vec<Option<Feature>>,
    pub changed: usize,
    pub new: usize,
    pub removed: usize,
}

/// A value that was changed in the plan after the file was reviewed.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitConflict {
    /// `/changes/3/fields/cost`, in the outcome that was reviewed.
    pub at: String,
    pub message: String,
}

impl ImportCommit {
    /// Builds the edits, or lists what stands against them.
    ///
    /// # Errors
    /// When the plan cannot be read.
    pub fn build(
        review: &ImportReview,
        now: &ViewerFeatures<'_>,
        remove_missing: bool,
    ) -> Result<Result<Self, Vec<CommitConflict>>> {
        let (mut own, mut conflicts) = (Self::default(), vec![]);
        let Some(outcome) = &review.outcome else { return Ok(Ok(own)) };
        for (number, change) in outcome.changes.iter().enumerate() {
            let at = format!("/changes/{number}");
            match change.kind() {
                RowChangeKind::New => own.add_new(change, &review.collection, now, at, &mut conflicts)?,
                RowChangeKind::Changed => own.add_changed(change, &review.collection, now, at, &mut conflicts)?,
            }
        }
        for (number, feature) in outcome.missing.iter().enumerate().filter(|_| remove_missing) {
            own.add_removal(feature, now, format!("/missing/{number}"), &mut conflicts)?;
        }
        Ok(if conflicts.is_empty() { Ok(own) } else { Err(conflicts) })
    }

    fn add_new(
        &mut self,
        change: &RowChange,
        collection: &Collection,
        now: &ViewerFeatures<'_>,
        at: String,
        conflicts: &mut Vec<CommitConflict>,
    ) -> Result<()> {
        let id = &change.after.id;
        let code = collection.field_index("code").and_then(|at| change.after.values.get(at));
        let has_code = match code {
            Some(FieldValue::Text(code)) => {
                let same = |f: &Feature| change.fields.iter().any(|c| c.field == "code") && f.id != *id;
                now.find_by_code(code.trim())?.iter().any(same)
            }
            _ => false,
        };
        if now.find_feature(id)?.is_some() || has_code {
            let message =
                format!("'{id}', or another feature with its code, was added meanwhile. Bring the file in again.");
            conflicts.push(CommitConflict { at, message });
            return Ok(());
        }
        self.requests.push(change.to_request(collection, at));
        self.before.push(None);
        self.new += 1;
        Ok(())
    }

    fn add_changed(
        &mut self,
        change: &RowChange,
        collection: &Collection,
        now: &ViewerFeatures<'_>,
        at: String,
        conflicts: &mut Vec<CommitConflict>,
    ) -> Result<()> {
        let id = &change.after.id;
        let Some(current) = now.find_feature(id)? else {
            let message = format!("'{id}' was deleted meanwhile. Bring the file in again.");
            conflicts.push(CommitConflict { at, message });
            return Ok(());
        };
        let known = conflicts.len();
        let patch = build_patch(change, collection, &current, &at, conflicts);
        let is_there_already =
            patch["properties"].as_object().is_none_or(Map::is_empty) && patch.get("geometry").is_none();
        if conflicts.len() > known || is_there_already {
            return Ok(());
        }
        let precondition = Some(EditPrecondition::States(vec![state_tag(&current)]));
        let action = EditAction::Patch { id: id.to_string(), patch };
        self.requests.push(EditRequest { at, within: "", action, precondition });
        self.before.push(Some(current));
        self.changed += 1;
        Ok(())
    }

    fn add_removal(
        &mut self,
        seen: &Feature,
        now: &ViewerFeatures<'_>,
        at: String,
        conflicts: &mut Vec<CommitConflict>,
    ) -> Result<()> {
        let Some(current) = now.find_feature(&seen.id)? else { return Ok(()) };
        if state_tag(&current) != state_tag(seen) {
            let message =
                format!("'{}' is not in the file, and was changed meanwhile. Bring the file in again.", seen.id);
            conflicts.push(CommitConflict { at, message });
            return Ok(());
        }
        let precondition = Some(EditPrecondition::States(vec![state_tag(&current)]));
        let action = EditAction::Delete { id: seen.id.to_string() };
        self.requests.push(EditRequest { at, within: "", action, precondition });
        self.before.push(Some(current));
        self.removed += 1;
        Ok(())
    }
}

/// What is left to change in a feature as it is now; adds what somebody else has changed to another value meanwhile.
fn build_patch(
    change: &RowChange,
    collection: &Collection,
    current: &Feature,
    at: &str,
    conflicts: &mut Vec<CommitConflict>,
) -> Json {
    let id = &current.id;
    let mut properties = Map::new();
    for FieldChange { field, from, to } in &change.fields {
        let value = collection.field_index(field).and_then(|at| current.values.get(at));
        let value = value.map_or(Json::Null, FieldValue::to_json);
        let [seen, current_value, wanted] = [from, &value, to].map(plain_number);
        if current_value == seen {
            properties.insert(field.clone(), to.clone());
        } else if current_value != wanted {
            let message = format!(
                "'{field}' of '{id}' was {seen} when the file was read, somebody has made it {current_value} meanwhile, and the file says {wanted}. Bring the file in again."
            );
            conflicts.push(CommitConflict { at: format!("{at}/fields/{field}"), message });
        }
    }
    let mut patch = json!({"properties": properties});
    if change.geometry_changed && current.geometry != change.after.geometry {
        let seen = change.before.as_ref().and_then(|before| before.geometry.as_ref());
        if current.geometry.as_ref() == seen {
            patch["geometry"] = collection.feature_to_geojson(&change.after)["geometry"].take();
        } else {
            let message = format!("Somebody has moved '{id}' meanwhile. Bring the file in again.");
            conflicts.push(CommitConflict { at: format!("{at}/geometry"), message });
        }
    }
    patch
}
