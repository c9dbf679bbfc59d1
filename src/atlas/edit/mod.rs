//! Wishes of clients, held against the plan: what passes is a change set that the store can take. A wish that names a feature is
//! judged by the state that is published now, and goes to the store with that state's revision: whoever was first meanwhile makes it
//! stale, and it is judged anew.

mod feature_reader;
mod feature_state;

use super::{CollectionState, ReplyCallback, ViewerPlan};
use crate::access::{AccessRole, AccessScope, Policy};
use crate::change::{ChangeSet, CommittedChanges, FeatureChange, FeatureEdit, RevisionNumber};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, InvalidInput, Result};
use crate::feature::{Feature, FeatureId};
use crate::index::Snapshot;
use feature_reader::EditReader;
use serde_json::Value as Json;
use std::collections::HashMap;
use std::sync::Arc;

pub use crate::intake::FaultHandling;
pub use feature_state::state_tag;

/// The most edits that may happen together.
pub const MAX_EDITS: usize = 10_000;

/// What somebody wants changed in one collection, all of it or nothing.
pub struct EditBatch {
    pub requests: Vec<EditRequest>,
    /// What coordinates are in.
    pub crs: Crs,
    pub handling: FaultHandling,
}

/// One wish to change one feature.
pub struct EditRequest {
    /// Where it stands in what the client sent, as a JSON pointer; empty when it is all of it.
    pub at: String,
    /// Where below that its GeoJSON stands.
    pub within: &'static str,
    pub action: EditAction,
    /// What the feature must still be.
    pub precondition: Option<EditPrecondition>,
}

/// What shall become of a feature; ids and GeoJSON as they were sent.
pub enum EditAction {
    Create(Json),
    Replace {
        id: String,
        feature: Json,
    },
    /// A merge patch (RFC 7396) of its GeoJSON.
    Patch {
        id: String,
        patch: Json,
    },
    Delete {
        id: String,
    },
    /// As it was after this revision.
    Restore {
        id: String,
        revision: RevisionNumber,
    },
}

/// The states that a feature may be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditPrecondition {
    Any,
    /// State tags as [`state_tag`] makes them.
    States(Vec<String>),
}

/// Wishes that passed.
pub struct PreparedEdits {
    pub set: ChangeSet,
    /// JSON pointers to what was left out.
    pub left_out: Vec<String>,
}

/// What a wish came to.
#[derive(Debug, Clone, PartialEq)]
pub struct EditOutcome {
    pub id: FeatureId,
    /// The feature as it is now; `None` after its end.
    pub feature: Option<Feature>,
}

impl EditOutcome {
    /// One for each edit, in order.
    #[must_use]
    pub fn from_commit(done: CommittedChanges) -> Vec<Self> {
        let outcome = |change| match change {
            FeatureChange::Put(feature) => Self { id: feature.id.clone(), feature: Some(feature) },
            FeatureChange::Removed { id, .. } => Self { id, feature: None },
        };
        done.changes.into_iter().map(outcome).collect()
    }

    #[must_use]
    pub fn state_tag(&self) -> Option<String> {
        self.feature.as_ref().map(state_tag)
    }
}

impl ViewerPlan {
    /// Whether this viewer may add to a collection, or change this feature of it.
    #[must_use]
    pub fn may_change(&self, collection: &str, id: Option<&str>) -> bool {
        let Ok(state) = self.atlas.collection_state(collection) else { return false };
        let Some(id) = id else { return state.policy.may_add(&self.viewer) };
        let snapshot = state.index.snapshot();
        let Some(slot) = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id)) else { return false };
        let feature = snapshot.read_feature(slot);
        let is_own = || self.is_own(&snapshot.collection().id, &feature.id);
        state.policy.may_edit(&self.viewer, Some(&feature), Some(&feature), is_own).is_ok()
    }

    /// Refuses whoever changes nothing in this collection, before anything is read of what they sent.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] saying what it takes; [`Error::NotFound`].
    pub fn may_write(&self, collection: &str) -> Result<()> {
        let state = self.atlas.collection_state(collection)?;
        match self.viewer.role() {
            AccessRole::Visitor | AccessRole::Viewer => state.policy.may_edit(&self.viewer, None, None, || Ok(false)),
            _ => Ok(()),
        }
    }

    /// Whether this viewer made the feature.
    fn is_own(&self, collection: &CollectionId, id: &FeatureId) -> Result<bool> {
        let versions = self.atlas.plan_file.store().read_history(collection, id)?;
        Ok(versions.first().is_some_and(|v| v.before.is_none() && Some(v.author.as_str()) == self.viewer.login()))
    }

    /// Holds wishes against the plan as it is now.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] for whoever may not; [`Error::NotFound`] and [`Error::Stale`] for features that are not there, or not as they
    /// should be; [`Error::AlreadyExists`]; [`Error::InvalidInput`] for what cannot be understood and [`Error::RuleViolations`] for what breaks rules, with
    /// every place.
    pub fn prepare_edits(&self, collection: &str, batch: &EditBatch) -> Result<PreparedEdits> {
        self.may_write(collection)?;
        let state = self.atlas.collection_state(collection)?;
        if batch.requests.len() > MAX_EDITS {
            return Err(Error::TooLarge(format!(
                "{} edits are too many for one change; {MAX_EDITS} are allowed. Send them as several.",
                batch.requests.len()
            )));
        }
        let mut validator = EditValidator::new(self, &state, batch);
        let edits = batch.requests.iter().map(|request| validator.prepare_edit(request)).collect::<Result<Vec<_>>>()?;
        if !validator.broken.is_empty() {
            return Err(Error::RuleViolations(validator.broken));
        }
        let edits = edits.into_iter().flatten().collect();
        let author = self.viewer.login().unwrap_or("a visitor").to_owned();
        let collection = validator.snapshot.collection().id.clone();
        Ok(PreparedEdits { set: ChangeSet { collection, edits, author }, left_out: validator.left_out })
    }

    /// See [`Atlas::commit_then`](super::Atlas::commit_then); only for what was prepared.
    pub fn commit_then(&self, prepared: PreparedEdits, answer: ReplyCallback<CommittedChanges>) {
        self.atlas.commit_then(prepared.set, answer);
    }

    /// See [`Atlas::catch_up_then`](super::Atlas::catch_up_then).
    pub fn catch_up_then(&self, collection: &CollectionId, answer: ReplyCallback<usize>) {
        self.atlas.catch_up_then(collection, answer);
    }
}

/// Judges the wishes of one set, each after those before it.
struct EditValidator<'a> {
    plan: &'a ViewerPlan,
    batch: &'a EditBatch,
    snapshot: Arc<Snapshot>,
    policy: Arc<Policy>,
    scope: AccessScope,
    /// What features of this set are by now.
    by_now: HashMap<FeatureId, Option<Feature>>,
    broken: Vec<InvalidInput>,
    left_out: Vec<String>,
}

impl<'a> EditValidator<'a> {
    fn new(plan: &'a ViewerPlan, state: &CollectionState, batch: &'a EditBatch) -> Self {
        let (snapshot, policy) = (state.index.snapshot(), state.policy.clone());
        let scope = policy.access_scope(&plan.viewer);
        Self { plan, batch, snapshot, policy, scope, by_now: HashMap::new(), broken: vec![], left_out: vec![] }
    }

    fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// `None` when it breaks rules, which are noted.
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
        if let Some(feature) = &feature
            && self.current_feature(&feature.id).is_some()
        {
            return Err(Error::AlreadyExists(format!(
                "There is a feature '{}' in '{}' already. Choose another id, or change that feature.",
                feature.id,
                self.collection().id
            )));
        }
        self.record_faults(broken, left_out);
        let Some(feature) = feature else { return Ok(None) };
        self.check_permission(None, Some(&feature))?;
        self.by_now.insert(feature.id.clone(), Some(feature.clone()));
        Ok(Some(FeatureEdit::Create(feature)))
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
        self.by_now.insert(before.id.clone(), None);
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
        let versions = self.plan.atlas.plan_file.store().read_history(&self.collection().id, &id)?;
        let then = versions.into_iter().rfind(|v| v.revision <= revision).and_then(|v| v.after);
        let Some(then) = then else {
            return Err(Error::Refused(format!(
                "There was no feature '{id}' after revision {revision}. Choose a revision of its history at which it was there."
            )));
        };
        self.check_permission(self.current_feature(&id).as_ref(), Some(&then))?;
        self.by_now.insert(id.clone(), Some(then));
        Ok(Some(FeatureEdit::Restore { id, revision, base }))
    }

    /// Only what differs goes to the store, which may know a place more exactly than it is published.
    fn build_patch(&mut self, before: Feature, after: Feature, base: Option<RevisionNumber>) -> FeatureEdit {
        let moved = !feature_state::same_place(before.geometry.as_ref(), after.geometry.as_ref());
        let values = after.values.iter().enumerate().filter(|(i, v)| before.values.get(*i) != Some(v));
        let edit = FeatureEdit::Patch {
            id: before.id.clone(),
            base,
            geometry: moved.then(|| after.geometry.clone()),
            values: values.map(|(i, v)| (i, v.clone())).collect(),
        };
        self.by_now.insert(before.id, Some(after));
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

    /// The feature as it is now, and the revision to hold it to.
    fn existing_feature(&self, id: &str, request: &EditRequest) -> Result<(Feature, Option<RevisionNumber>)> {
        let found =
            FeatureId::new(id).ok().and_then(|id| self.current_feature(&id)).filter(|f| self.scope.admits_feature(f));
        let Some(feature) = found else {
            return Err(match &request.precondition {
                Some(_) => Error::Stale(format!("There is no feature '{id}' any more, so that it cannot match.")),
                None => self.not_found_error(id),
            });
        };
        match &request.precondition {
            Some(EditPrecondition::States(states)) if !states.contains(&state_tag(&feature)) => {
                return Err(Error::Stale(format!(
                    "The feature '{id}' is not as you last saw it: somebody changed it since. Read it again and repeat your change."
                )));
            }
            _ => {}
        }
        Ok((feature, Some(self.snapshot.revision())))
    }

    fn current_feature(&self, id: &FeatureId) -> Option<Feature> {
        match self.by_now.get(id) {
            Some(known) => known.clone(),
            None => self.snapshot.get(id).map(|slot| self.snapshot.read_feature(slot)),
        }
    }

    fn not_found_error(&self, id: &str) -> Error {
        Error::NotFound(format!("'{}' has no feature '{id}'.", self.collection().id))
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
