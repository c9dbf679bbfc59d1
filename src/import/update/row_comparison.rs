//! The rows of a file, one after the other, held against the features of the plan.

use super::existing_features::PastState;
use super::field_comparison::{ComparedStates, RowDifferences};
use super::missing_features::{MissingSearch, RowRecord};
use super::row_change::{FieldChange, FieldConflict, RowChange, show_value};
use super::row_matcher::{RowMatch, RowMatcher};
use super::update_outcome::{ConflictHandling, UpdateOptions, UpdateOutcome};
use crate::change::RevisionNumber;
use crate::collection::Collection;
use crate::error::{Error, Result, shorten_text};
use crate::feature::{Feature, FeatureId, FieldValue};
use crate::import::draft::FeatureDraft;
use crate::import::feature_validator::FeatureValidator;
use crate::import::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use crate::import::source_reader::RowTaker;
use crate::intake::escape_pointer;
use serde_json::Value as Json;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Holds the rows of one import against the plan.
pub struct RowComparison<'a> {
    matcher: RowMatcher<'a>,
    options: UpdateOptions,
    /// The features that rows have named so far, and where.
    named: HashMap<FeatureId, FindingPlace>,
    /// What changed since the revisions that rows were written at.
    changed: HashMap<RevisionNumber, Option<HashSet<FeatureId>>>,
    missing: MissingSearch,
    kept_constants: BTreeSet<String>,
    outcome: UpdateOutcome,
    /// Why nothing is to be written.
    error: Option<Error>,
}

impl RowTaker for RowComparison<'_> {
    fn take(
        &mut self,
        validator: &mut FeatureValidator<'_>,
        draft: FeatureDraft,
        _keeps: bool,
    ) -> Result<(bool, Vec<ImportFinding>)> {
        let row = self.take_row(validator, draft)?;
        Ok((row.is_taken, row.findings))
    }

    fn is_disconnected(&self) -> bool {
        false
    }

    fn expects_places(&self) -> bool {
        false
    }

    fn finish(&mut self, error: Option<Error>) {
        self.error = error;
    }
}

/// What became of a row.
struct ComparedRow {
    /// It changes the plan, or need not.
    is_taken: bool,
    findings: Vec<ImportFinding>,
}

impl ComparedRow {
    fn refused(findings: Vec<ImportFinding>) -> Self {
        Self { is_taken: false, findings }
    }
}

impl<'a> RowComparison<'a> {
    pub fn new(matcher: RowMatcher<'a>, options: UpdateOptions) -> Self {
        let outcome = UpdateOutcome { revision: matcher.existing.revision(), ..UpdateOutcome::default() };
        Self {
            matcher,
            options,
            named: HashMap::new(),
            changed: HashMap::new(),
            missing: MissingSearch::default(),
            kept_constants: BTreeSet::new(),
            outcome,
            error: None,
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn take_row(&mut self, validator: &mut FeatureValidator<'_>, draft: FeatureDraft) -> Result<ComparedRow> {
        let row = match self.matcher.find(&draft)? {
            RowMatch::New => self.take_new(validator, draft),
            RowMatch::Existing(feature) => self.take_existing(validator, draft, &feature)?,
            RowMatch::Deleted(feature) => self.take_deleted(validator, draft, &feature),
            RowMatch::Ambiguous(ids) => {
                self.missing.add_possible(&ids);
                let ids: Vec<String> = ids.iter().take(5).map(|id| format!("'{id}'")).collect();
                let message = format!(
                    "Several features have this code: {}. Give the table a column id, or name the city of the row.",
                    ids.join(", ")
                );
                let at = "/properties/code".to_owned();
                ComparedRow::refused(vec![draft.new_finding(ImportFindingKind::AmbiguousCode, at, message)])
            }
        };
        self.outcome.refused += u64::from(!row.is_taken);
        Ok(row)
    }

    fn take_new(&mut self, validator: &mut FeatureValidator<'_>, draft: FeatureDraft) -> ComparedRow {
        let (place, revision) = (draft.place.clone(), draft.revision);
        let (feature, findings) = validator.validate(draft);
        let Some(after) = feature else { return ComparedRow::refused(findings) };
        self.missing.add(&self.matcher, RowRecord { revision, city_of: &after });
        let fields = changed_fields(validator.collection(), None, &after);
        let geometry_changed = after.geometry.is_some();
        self.outcome.changes.push(RowChange {
            place,
            before: None,
            after,
            fields,
            geometry_changed,
            conflicts: vec![],
        });
        ComparedRow { is_taken: true, findings }
    }

    fn take_existing(
        &mut self,
        validator: &mut FeatureValidator<'_>,
        mut draft: FeatureDraft,
        plan: &Feature,
    ) -> Result<ComparedRow> {
        self.missing.add(&self.matcher, RowRecord { revision: draft.revision, city_of: plan });
        if let Some(earlier) = self.named.insert(plan.id.clone(), draft.place.clone()) {
            return Ok(ComparedRow::refused(vec![named_twice(&draft, plan, &earlier)]));
        }
        // A name is a rougher place than the one that the feature has.
        if plan.geometry.is_some() {
            draft.drop_named_place();
        }
        validator.read_cells(&mut draft);
        let base = self.find_base(&draft, plan)?;
        let states = ComparedStates { plan, base: base.as_ref(), on_conflict: self.options.on_conflict };
        let mut found = states.compare(validator, &mut draft);
        self.outcome.kept_empty += found.kept_empty;
        self.kept_constants.append(&mut found.kept_constants.drain(..).collect());
        let geometry = states.compare_place(&mut draft);
        let (place, reported) =
            (draft.place.clone(), draft.new_finding(ImportFindingKind::EditConflict, String::new(), String::new()));
        let (after, mut findings) = validator.validate_change(draft, plan, (geometry, &found.properties));
        let Some(mut after) = after else { return Ok(ComparedRow::refused(findings)) };
        found.conflicts.extend(states.settle_place(&mut after.geometry));
        let is_held = !found.conflicts.is_empty() && self.options.on_conflict == ConflictHandling::Refuse;
        findings.extend(found.conflicts.iter().filter(|_| is_held).map(|c| conflict_finding(&reported, c)));
        self.add_change(validator.collection(), place, (plan, after), found, is_held);
        Ok(ComparedRow { is_taken: !is_held, findings })
    }

    fn add_change(
        &mut self,
        collection: &Collection,
        place: FindingPlace,
        (before, after): (&Feature, Feature),
        found: RowDifferences,
        is_held: bool,
    ) {
        let fields = changed_fields(collection, Some(before), &after);
        let geometry_changed = before.geometry != after.geometry;
        let conflicts = found.conflicts;
        self.outcome.conflicts += u64::from(!conflicts.is_empty());
        let change = RowChange { place, before: Some(before.clone()), fields, geometry_changed, conflicts, after };
        if is_held {
            self.outcome.held.push(change);
        } else if change.fields.is_empty() && !geometry_changed {
            self.outcome.unchanged += 1;
        } else {
            self.outcome.changes.push(change);
        }
    }

    /// A row of a feature that was deleted meanwhile: nothing is lost when the row is as it was written.
    fn take_deleted(
        &mut self,
        validator: &FeatureValidator<'_>,
        mut draft: FeatureDraft,
        base: &Feature,
    ) -> ComparedRow {
        validator.read_cells(&mut draft);
        let states = ComparedStates { plan: base, base: Some(base), on_conflict: self.options.on_conflict };
        let found = states.compare(validator, &mut draft);
        if found.properties.is_empty() || self.options.on_conflict == ConflictHandling::KeepPlan {
            self.outcome.deleted_meanwhile += 1;
            return ComparedRow { is_taken: true, findings: vec![] };
        }
        self.outcome.conflicts += 1;
        let fields: Vec<&str> = found.properties.keys().map(String::as_str).collect();
        let message = format!(
            "'{}' was deleted from the plan after this row was written, and the row changes {}. Remove the row, or restore the feature first.",
            base.id,
            fields.join(", ")
        );
        ComparedRow::refused(vec![draft.new_finding(ImportFindingKind::EditConflict, String::new(), message)])
    }

    /// The feature as it was when the row was written; `None` when the row does not say, or the plan does not know.
    fn find_base(&mut self, draft: &FeatureDraft, plan: &Feature) -> Result<Option<Feature>> {
        let existing = self.matcher.existing;
        let Some(revision) = draft.revision else { return Ok(None) };
        if revision == existing.revision() {
            return Ok(Some(plan.clone()));
        }
        let changed = match self.changed.entry(revision) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(existing.changed_since(revision)?),
        };
        match changed {
            Some(ids) if !ids.contains(&plan.id) => Ok(Some(plan.clone())),
            _ => Ok(match existing.find_state(&plan.id, revision)? {
                PastState::Known(base) => Some(base),
                PastState::Absent | PastState::Unknown => None,
            }),
        }
    }

    /// What all rows would change, and why nothing is to be written; `exported` is how many features the file had when
    /// it was exported.
    ///
    /// # Errors
    /// When the plan cannot be read.
    pub fn into_outcome(mut self, exported: Option<u64>) -> Result<(UpdateOutcome, Option<Error>)> {
        self.missing.finish(&self.matcher, &self.named, exported, &mut self.outcome)?;
        self.outcome.kept_constants = self.kept_constants.into_iter().collect();
        Ok((self.outcome, self.error))
    }
}

fn named_twice(draft: &FeatureDraft, plan: &Feature, earlier: &FindingPlace) -> ImportFinding {
    let earlier = FindingPlace { file: None, ..earlier.clone() };
    let message = format!(
        "'{}' is also the feature of {earlier}. Keep one of both; for a new feature, empty the cells of the id and the code in this row.",
        plan.id
    );
    draft.new_finding(ImportFindingKind::DuplicateId, String::new(), message)
}

fn conflict_finding(reported: &ImportFinding, conflict: &FieldConflict) -> ImportFinding {
    let show = |value: &Json| match value {
        Json::Null => "empty".to_owned(),
        Json::String(text) => format!("'{}'", shorten_text(text)),
        other => shorten_text(&other.to_string()),
    };
    let message = format!(
        "'{}' was {} when the row was written, is {} in the plan now and {} in the file. Say --on-conflict ours to keep the plan's value, or theirs to take the file's.",
        conflict.field,
        show(&conflict.base),
        show(&conflict.plan),
        show(&conflict.file)
    );
    let pointer = format!("/properties/{}", escape_pointer(&conflict.field));
    let place = FindingPlace { pointer, ..reported.place.clone() };
    ImportFinding { place, message, ..reported.clone() }
}

/// The fields that differ; of a new feature, those that have a value.
fn changed_fields(collection: &Collection, before: Option<&Feature>, after: &Feature) -> Vec<FieldChange> {
    const NULL: FieldValue = FieldValue::Null;
    let from = |at: usize| before.and_then(|b| b.values.get(at)).unwrap_or(&NULL);
    let fields = collection.fields.iter().zip(&after.values).enumerate();
    let changed = fields.filter(|(at, (_, to))| from(*at) != *to);
    changed
        .map(|(at, (field, to))| FieldChange {
            field: field.name.clone(),
            from: show_value(from(at)),
            to: show_value(to),
        })
        .collect()
}
