//! What a file would change in the plan.

use super::row_change::{RowChange, RowChangeKind};
use crate::atlas::{EditAction, EditPrecondition, EditRequest, state_tag};
use crate::change::{FeatureEdit, RevisionNumber};
use crate::collection::Collection;
use crate::feature::Feature;
use serde_json::{Value as Json, json};

/// What becomes of a field that both the row and the plan changed since the row was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ConflictHandling {
    /// It is a fault of the row, told with all three values.
    #[default]
    Refuse,
    /// The plan's value stays.
    KeepPlan,
    /// The file's value is taken.
    TakeFile,
}

/// How a file updates the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UpdateOptions {
    pub on_conflict: ConflictHandling,
    /// Delete features that the file once had and no longer has.
    pub remove_missing: bool,
}

/// What a file would change. Rows with faults are in the report; a file with faults changes nothing unless the import
/// is lenient.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct UpdateOutcome {
    /// The revision of the collection that the rows were compared with.
    pub revision: RevisionNumber,
    /// New and changed features, in the order of the rows.
    pub changes: Vec<RowChange>,
    /// Rows with conflicts that nobody has decided: they are not written.
    pub held: Vec<RowChange>,
    /// Rows that say what the plan says.
    pub unchanged: u64,
    /// Rows that are left out for their faults, those with conflicts included.
    pub refused: u64,
    /// Rows with conflicts, decided or not.
    pub conflicts: u64,
    /// Features of the plan that the file does not name, and that it could have named: those of its cities and, of an
    /// exported workbook, those that were in it.
    pub missing: Vec<Feature>,
    /// Why `missing` is not known, as a sentence.
    pub missing_unknown: Option<String>,
    /// Missing features that were changed after the file was exported: they stay.
    pub missing_changed: u64,
    /// Rows of features that were deleted from the plan after the file was exported: they stay deleted.
    pub deleted_meanwhile: u64,
    /// Empty cells of a table that is no export: the plan's values stay.
    pub kept_empty: u64,
    /// Fields whose value of all rows (`--set`) some features have otherwise: their values stay.
    pub kept_constants: Vec<String>,
}

impl UpdateOutcome {
    #[must_use]
    pub fn count(&self, kind: RowChangeKind) -> u64 {
        self.changes.iter().filter(|change| change.kind() == kind).count() as u64
    }

    /// Whether there is nothing to write.
    #[must_use]
    pub fn is_empty(&self, remove_missing: bool) -> bool {
        self.changes.is_empty() && (!remove_missing || self.missing.is_empty())
    }

    /// All edits, as the store takes them in one change set: changes and new features in the order of the rows, then
    /// removals.
    #[must_use]
    pub fn to_edits(&self, remove_missing: bool) -> Vec<FeatureEdit> {
        let removed = self.missing.iter().filter(|_| remove_missing);
        let removals = removed.map(|f| FeatureEdit::Delete { id: f.id.clone(), base: Some(self.revision) });
        self.changes.iter().map(|change| change.to_edit(self.revision)).chain(removals).collect()
    }

    /// The same as requests to [`ViewerPlan::change`](crate::atlas::ViewerPlan::change), in one batch. The pointer of
    /// each is `/changes/N` or `/missing/N`.
    #[must_use]
    pub fn to_requests(&self, collection: &Collection, remove_missing: bool) -> Vec<EditRequest> {
        let changes = self.changes.iter().enumerate();
        let changes = changes.map(|(at, change)| change.to_request(collection, format!("/changes/{at}")));
        let removed = self.missing.iter().enumerate().filter(|_| remove_missing);
        let removals = removed.map(|(at, feature)| EditRequest {
            at: format!("/missing/{at}"),
            within: "",
            action: EditAction::Delete { id: feature.id.to_string() },
            precondition: Some(EditPrecondition::States(vec![state_tag(feature)])),
        });
        changes.chain(removals).collect()
    }

    /// For programs, with at most so many changes.
    #[must_use]
    pub fn to_json(&self, collection: &Collection, most: usize, remove_missing: bool) -> Json {
        let told = self.held.iter().chain(&self.changes);
        let changes: Vec<Json> = told.take(most).map(|change| change.to_json(collection)).collect();
        json!({
            "changed": self.count(RowChangeKind::Changed),
            "new": self.count(RowChangeKind::New),
            "unchanged": self.unchanged,
            "removed": if remove_missing { self.missing.len() } else { 0 },
            "refused": self.refused,
            "conflicts": self.conflicts,
            "missing": self.missing.len(),
            "missing_changed": self.missing_changed,
            "deleted_meanwhile": self.deleted_meanwhile,
            "kept_empty": self.kept_empty,
            "changes": changes,
        })
    }
}
