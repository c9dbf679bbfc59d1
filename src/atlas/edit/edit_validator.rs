//! Validates edit requests against the plan; the result is a change set that the store can take. An edit to an existing
//! feature is validated against the published snapshot and carries its revision: when the feature changes before the
//! commit, the store refuses the set as stale.

use super::edit_request::{EditAction, EditBatch, EditPrecondition, EditRequest, MAX_EDITS};
use super::feature_reader::EditReader;
use super::feature_state::{same_geometry, state_tag};
use crate::access::{self, AccessRole, AccessScope, Policy};
use crate::atlas::ViewerPlan;
use crate::atlas::collection_state::CollectionState;
use crate::change::{ChangeSet, FeatureEdit, RevisionNumber, state_after};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, InvalidInput, Result, id_reused_error, version_removed_error};
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

/// Edits that passed validation.
pub(super) struct PreparedEdits {
    pub set: ChangeSet,
    /// The collection whose fields the set names.
    pub validated_against: Arc<Collection>,
    /// JSON pointers to what was left out.
    pub left_out: Vec<String>,
}

impl ViewerPlan {
    /// Whether this viewer may add to a collection, or change this feature of it.
    #[must_use]
    pub fn may_change(&self, collection: &str, id: Option<&str>) -> bool {
        let Ok(state) = self.atlas.collection_state(collection) else { return false };
        if state.policy.read_only().is_some() {
            return false;
        }
        let Some(id) = id else { return state.policy.may_add(&self.viewer) };
        let snapshot = state.index.snapshot();
        let Some(slot) = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id)) else { return false };
        let feature = snapshot.read_feature(slot);
        let is_own = || self.is_own(&snapshot.collection().id, &feature.id);
        state.policy.may_edit(&self.viewer, Some(&feature), Some(&feature), is_own).is_ok()
    }

    /// Refuses viewers who may change nothing in this collection, before their request is read.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying who may; [`Error::NotFound`].
    pub fn may_write(&self, collection: &str) -> Result<()> {
        let state = self.atlas.collection_state(collection)?;
        if let Some(reason) = state.policy.read_only().filter(|_| self.viewer.role() != AccessRole::Visitor) {
            return Err(Error::Refused(format!("'{collection}' cannot be edited. {reason}")));
        }
        state.policy.may_edit(&self.viewer, None, None, || Ok(false))
    }

    /// Refuses viewers who may not change this feature, whatever into, before their request is read.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying who may; [`Error::NotFound`] for a feature that is not there or that the
    /// viewer may not see, [`Error::Stale`] if it must be in a certain state.
    pub fn check_item_rights(&self, collection: &str, id: &str, required: Option<&EditPrecondition>) -> Result<()> {
        let state = self.atlas.collection_state(collection)?;
        let snapshot = state.index.snapshot();
        let slot = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id));
        let feature = slot.map(|slot| snapshot.read_feature(slot));
        let scope = state.policy.access_scope(&self.viewer);
        let Some(feature) = feature.filter(|feature| scope.admits_feature(feature)) else {
            return Err(missing_feature_error(&snapshot.collection().id, id, required));
        };
        let is_own = || self.is_own(&snapshot.collection().id, &feature.id);
        state.policy.may_edit(&self.viewer, Some(&feature), Some(&feature), is_own)
    }

    /// Refuses viewers who may not add this feature.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying who may; [`Error::NotFound`] for a collection that is not there.
    pub fn check_addition_rights(&self, collection: &str, feature: &Feature) -> Result<()> {
        self.atlas.collection_state(collection)?.policy.may_edit(&self.viewer, None, Some(feature), || Ok(false))
    }

    /// Validates a batch as [`ViewerPlan::change`] does, and changes nothing.
    ///
    /// # Errors
    /// As there.
    pub fn check_change(&self, batch: &EditBatch) -> Result<()> {
        self.prepare_edits(batch).map(drop)
    }

    /// Whether this viewer created the feature.
    fn is_own(&self, collection: &CollectionId, id: &FeatureId) -> Result<bool> {
        let creator = self.atlas.plan_file.store().find_creator(collection, id)?;
        Ok(creator.is_some_and(|creator| access::is_creator(&self.viewer, &creator)))
    }

    /// Validates a batch against the published state of the plan. See [`ViewerPlan::change`] for the errors.
    pub(super) fn prepare_edits(&self, batch: &EditBatch) -> Result<PreparedEdits> {
        self.may_write(&batch.collection)?;
        let state = self.atlas.collection_state(&batch.collection)?;
        if batch.requests.len() > MAX_EDITS {
            return Err(Error::TooLarge(format!(
                "{} edits are too many for one request; {MAX_EDITS} are allowed. Split them into several requests.",
                batch.requests.len()
            )));
        }
        let mut validator = EditValidator::new(self, &state, batch);
        let edits = batch.requests.iter().map(|request| validator.prepare_edit(request)).collect::<Result<Vec<_>>>()?;
        // What was found after the budget had stopped is not known to be so.
        batch.work.check()?;
        if !validator.broken.is_empty() {
            return Err(Error::RuleViolations(validator.broken));
        }
        let edits = edits.into_iter().flatten().collect();
        let author = self.viewer.as_author();
        let validated_against = validator.snapshot.collection().clone();
        let set = ChangeSet { collection: validated_against.id.clone(), edits, author };
        Ok(PreparedEdits { set, validated_against, left_out: validator.left_out })
    }
}

/// Validates the requests of one batch, each after those before it.
struct EditValidator<'a> {
    plan: &'a ViewerPlan,
    batch: &'a EditBatch,
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
    scope: AccessScope,
    /// The features that this batch has changed so far; `None` for a deleted one.
    changed: HashMap<FeatureId, Option<Feature>>,
    broken: Vec<InvalidInput>,
    left_out: Vec<String>,
}

impl<'a> EditValidator<'a> {
    fn new(plan: &'a ViewerPlan, state: &CollectionState, batch: &'a EditBatch) -> Self {
        let (snapshot, policy) = (state.index.snapshot(), state.policy.clone());
        let scope = policy.access_scope(&plan.viewer);
        Self { plan, batch, snapshot, policy, scope, changed: HashMap::new(), broken: vec![], left_out: vec![] }
    }

    fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// `None` when the request breaks rules, which are recorded.
    fn prepare_edit(&mut self, request: &EditRequest) -> Result<Option<FeatureEdit>> {
        let edit = match &request.action {
            EditAction::Create(json) => self.prepare_create(json, request),
            EditAction::Replace { id, feature } => self.prepare_replace(id, feature, request),
            EditAction::Patch { id, patch } => self.prepare_patch(id, patch, request),
            EditAction::Delete { id } => self.prepare_delete(id, request),
            EditAction::Restore { id, revision } => self.prepare_restore(id, *revision, request),
        };
        edit.map_err(|e| match e {
            e @ (Error::Invalid(_) | Error::RuleViolations(_)) => {
                e.at_pointer(&format!("{}{}", request.at, request.within))
            }
            e => e.at_pointer(&request.at),
        })
    }

    fn prepare_create(&mut self, json: &Json, request: &EditRequest) -> Result<Option<FeatureEdit>> {
        let mut reader = self.feature_reader(request);
        let feature = reader.read_feature(json)?;
        let (broken, left_out) = reader.finish();
        self.record_faults(broken, left_out);
        let Some(feature) = feature else { return Ok(None) };
        self.check_permission(None, Some(&feature))?;
        self.check_free_id(&feature.id)?;
        self.changed.insert(feature.id.clone(), Some(feature.clone()));
        Ok(Some(FeatureEdit::Create(feature)))
    }

    /// An id that is taken by a hidden feature is refused like one that was: no viewer learns of what they may not see.
    fn check_free_id(&self, id: &FeatureId) -> Result<()> {
        match self.current_feature(id) {
            None => Ok(()),
            Some(feature) if self.scope.admits_feature(&feature) => Err(Error::AlreadyExists(format!(
                "The collection '{}' already has a feature '{id}'. Choose another id, or change that feature.",
                self.collection().id
            ))),
            Some(_) => Err(id_reused_error(id)),
        }
    }

    fn prepare_replace(&mut self, id: &str, json: &Json, request: &EditRequest) -> Result<Option<FeatureEdit>> {
        let (before, base) = self.existing_feature(id, request)?;
        let mut reader = self.feature_reader(request);
        let after = reader.read_replacement(&before, json)?;
        let (broken, left_out) = reader.finish();
        self.record_faults(broken, left_out);
        let Some(after) = after else { return Ok(None) };
        self.check_permission(Some(&before), Some(&after))?;
        Ok(Some(self.build_patch(before, after, base)))
    }

    fn prepare_patch(&mut self, id: &str, patch: &Json, request: &EditRequest) -> Result<Option<FeatureEdit>> {
        let (before, base) = self.existing_feature(id, request)?;
        let mut reader = self.feature_reader(request);
        let after = reader.read_patched(&before, patch)?;
        let (broken, left_out) = reader.finish();
        self.record_faults(broken, left_out);
        let Some(after) = after else { return Ok(None) };
        self.check_permission(Some(&before), Some(&after))?;
        Ok(Some(self.build_patch(before, after, base)))
    }

    fn prepare_delete(&mut self, id: &str, request: &EditRequest) -> Result<Option<FeatureEdit>> {
        let (before, base) = self.existing_feature(id, request)?;
        self.check_permission(Some(&before), None)?;
        self.changed.insert(before.id.clone(), None);
        Ok(Some(FeatureEdit::Delete { id: before.id, base }))
    }

    fn prepare_restore(
        &mut self,
        id: &str,
        revision: RevisionNumber,
        request: &EditRequest,
    ) -> Result<Option<FeatureEdit>> {
        let id = FeatureId::new(id).map_err(|_| self.not_found_error(id))?;
        let base = match (self.current_feature(&id), &request.precondition) {
            (None, None) => None,
            _ => self.existing_feature(id.as_str(), request)?.1,
        };
        let then = self.find_version(&id, revision)?;
        let Some(then) = then else {
            return Err(Error::Refused(format!(
                "The feature '{id}' did not exist after revision {revision}. Choose a revision of its history at which it existed."
            )));
        };
        self.check_permission(self.current_feature(&id).as_ref(), Some(&then))?;
        self.changed.insert(id.clone(), Some(then));
        Ok(Some(FeatureEdit::Restore { id, revision, base }))
    }

    /// The feature after a revision, if the viewer may see it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an id that never was, and equally for one of which the viewer may see no version.
    fn find_version(&self, id: &FeatureId, revision: RevisionNumber) -> Result<Option<Feature>> {
        let versions = match self.plan.atlas.plan_file.store().read_history(&self.collection().id, id) {
            Err(Error::NotFound(_)) => vec![],
            versions => versions?,
        };
        let admits = |feature: &Option<Feature>| feature.as_ref().is_some_and(|f| self.scope.admits_feature(f));
        if !versions.iter().any(|v| admits(&v.before) || admits(&v.after)) {
            return Err(self.not_found_error(id.as_str()));
        }
        let then = state_after(&versions, revision).map_err(|known| version_removed_error(id, revision, known))?;
        Ok(then.filter(|feature| self.scope.admits_feature(feature)).cloned())
    }

    /// Sends only differences to the store, whose coordinates may have more decimals than the published ones.
    fn build_patch(&mut self, before: Feature, after: Feature, base: Option<RevisionNumber>) -> FeatureEdit {
        let moved = !same_geometry(before.geometry.as_ref(), after.geometry.as_ref());
        let values = after.values.iter().enumerate().filter(|(i, v)| before.values.get(*i) != Some(v));
        let edit = FeatureEdit::Patch {
            id: before.id.clone(),
            base,
            geometry: moved.then(|| after.geometry.clone()),
            values: values.map(|(i, v)| (i, v.clone())).collect(),
        };
        self.changed.insert(before.id, Some(after));
        edit
    }

    fn check_permission(&self, before: Option<&Feature>, after: Option<&Feature>) -> Result<()> {
        let id = before.or(after).map(|f| &f.id);
        let is_own = || match id {
            Some(id) => self.plan.is_own(&self.collection().id, id),
            None => Ok(false),
        };
        self.policy.may_edit(&self.plan.viewer, before, after, is_own)
    }

    /// The feature as it is now, and the revision that it must still have at the commit.
    fn existing_feature(&self, id: &str, request: &EditRequest) -> Result<(Feature, Option<RevisionNumber>)> {
        let found =
            FeatureId::new(id).ok().and_then(|id| self.current_feature(&id)).filter(|f| self.scope.admits_feature(f));
        let Some(feature) = found else {
            return Err(missing_feature_error(&self.collection().id, id, request.precondition.as_ref()));
        };
        match &request.precondition {
            Some(EditPrecondition::States(states)) if !states.contains(&state_tag(&feature)) => {
                return Err(Error::Stale(format!(
                    "The feature '{id}' has changed since you read it. Read it again and repeat your change."
                )));
            }
            _ => {}
        }
        Ok((feature, Some(self.snapshot.revision())))
    }

    fn current_feature(&self, id: &FeatureId) -> Option<Feature> {
        match self.changed.get(id) {
            Some(known) => known.clone(),
            None => self.snapshot.get(id).map(|slot| self.snapshot.read_feature(slot)),
        }
    }

    fn not_found_error(&self, id: &str) -> Error {
        missing_feature_error(&self.collection().id, id, None)
    }

    fn feature_reader(&self, request: &EditRequest) -> EditReader<'a> {
        let at = format!("{}{}", request.at, request.within);
        EditReader::new(&self.plan.atlas, self.snapshot.collection().clone(), self.batch, at)
    }

    fn record_faults(&mut self, broken: Vec<InvalidInput>, left_out: Vec<String>) {
        self.broken.extend(broken);
        self.left_out.extend(left_out);
    }
}

/// The refusal to change a feature that is not there, or that the viewer may not see.
fn missing_feature_error(collection: &CollectionId, id: &str, required: Option<&EditPrecondition>) -> Error {
    match required {
        Some(_) => Error::Stale(format!("The feature '{id}' does not exist, so no state of it can match.")),
        None => Error::NotFound(format!("'{collection}' has no feature '{id}'.")),
    }
}
