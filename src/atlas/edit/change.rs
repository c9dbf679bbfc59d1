//! A change from request to outcome: validate, commit, and, when another edit was faster, catch up and start again.

use super::edit_request::EditBatch;
use super::edit_validator::PreparedEdits;
use super::feature_state::state_tag;
use crate::atlas::commit_queue::wait_for_reply;
use crate::atlas::{ReplyCallback, ViewerPlan};
use crate::change::{CommittedChanges, FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use std::sync::{Arc, Weak};

/// How often a batch is validated and committed before the client is told to try later.
const MAX_ATTEMPTS: usize = 50;

/// A batch that is durable and published.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeOutcome {
    pub collection: CollectionId,
    pub revision: RevisionNumber,
    /// One for each edit, in order.
    pub edits: Vec<EditOutcome>,
    /// JSON pointers to what was left out.
    pub left_out: Vec<String>,
}

/// The result of one edit.
#[derive(Debug, Clone, PartialEq)]
pub struct EditOutcome {
    pub id: FeatureId,
    /// The feature as it is now; `None` when it was deleted.
    pub feature: Option<Feature>,
}

impl ChangeOutcome {
    fn new(collection: CollectionId, done: CommittedChanges, left_out: Vec<String>) -> Self {
        let outcome = |change| match change {
            FeatureChange::Put(feature) => EditOutcome { id: feature.id.clone(), feature: Some(feature) },
            FeatureChange::Removed { id, .. } => EditOutcome { id, feature: None },
        };
        Self { collection, revision: done.revision, edits: done.changes.into_iter().map(outcome).collect(), left_out }
    }
}

impl EditOutcome {
    #[must_use]
    pub fn state_tag(&self) -> Option<String> {
        self.feature.as_ref().map(state_tag)
    }
}

impl ViewerPlan {
    /// Makes a change and waits for it. When this returns, it is on disk, in the next page and in the next tile.
    ///
    /// # Errors
    /// [`Error::PermissionDenied`] when the viewer may not; [`Error::NotFound`] and [`Error::Stale`] for features that
    /// do not exist or are not in the required state; [`Error::AlreadyExists`]; [`Error::Invalid`] for what cannot be
    /// understood and [`Error::RuleViolations`] for what breaks rules, with every place; [`Error::Busy`] when other
    /// edits were faster every time.
    pub fn change(&self, batch: EditBatch) -> Result<ChangeOutcome> {
        let caller = Arc::new(());
        wait_for_reply(|answer| self.change_then(batch, Arc::downgrade(&caller), answer))
    }

    /// The same without waiting for the disk: validates on this thread, and calls `answer` from here or from a thread
    /// of the atlas. A change that is not committed yet is given up, without an answer, when `caller` is dropped.
    pub fn change_then(&self, batch: EditBatch, caller: Weak<()>, answer: ReplyCallback<ChangeOutcome>) {
        PendingChange { plan: self.clone(), batch, caller, attempts_left: MAX_ATTEMPTS, answer }.attempt();
    }
}

/// A change that is neither published nor refused yet.
struct PendingChange {
    plan: ViewerPlan,
    batch: EditBatch,
    caller: Weak<()>,
    attempts_left: usize,
    answer: ReplyCallback<ChangeOutcome>,
}

impl PendingChange {
    fn attempt(self) {
        match self.plan.prepare_edits(&self.batch) {
            Ok(_) if self.caller.strong_count() == 0 => {}
            Ok(prepared) => self.commit(prepared),
            Err(e) => (self.answer)(Err(e)),
        }
    }

    fn commit(mut self, prepared: PreparedEdits) {
        self.attempts_left -= 1;
        let PreparedEdits { set, validated_against, left_out } = prepared;
        let (atlas, collection) = (self.plan.atlas.clone(), set.collection.clone());
        atlas.commit_then(
            set,
            Some(validated_against),
            Box::new(move |result| match result {
                Ok(done) => (self.answer)(Ok(ChangeOutcome::new(collection, done, left_out))),
                Err(Error::Stale(_)) => self.catch_up(&collection),
                Err(e) => (self.answer)(Err(e)),
            }),
        );
    }

    /// Starts again from the newest state of the collection.
    fn catch_up(self, collection: &CollectionId) {
        if self.attempts_left == 0 {
            return (self.answer)(Err(Error::Busy(
                "Other edits keep changing the same features. Try again in a moment.".into(),
            )));
        }
        let atlas = self.plan.atlas.clone();
        let retry = |adopted| match adopted {
            Ok(_) => {
                let atlas = self.plan.atlas.clone();
                atlas.commit_queue.push_retry(Box::new(|| self.attempt()));
            }
            Err(e) => (self.answer)(Err(e)),
        };
        atlas.commit_queue.push_adopt(collection.clone(), Box::new(retry));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{AccessRole, Viewer};
    use crate::atlas::{Atlas, AtlasSettings, BaseMap, EditAction, EditRequest, FaultHandling, PlanFile};
    use crate::change::{ChangeSet, FeatureEdit};
    use crate::collection::{Collection, FieldType};
    use crate::crs::Crs;
    use crate::feature::{FieldValue, GeometryTypeSet};
    use crate::plan::PlanModel;
    use crate::work_budget::WorkBudget;
    use serde_json::json;
    use std::path::Path;
    use std::sync::mpsc::{Receiver, channel};
    use std::time::Duration;

    /// A plan with one tree, `a`.
    fn open_plan(dir: &Path) -> Arc<Atlas> {
        let fields = [("name".to_owned(), FieldType::Text), ("height".to_owned(), FieldType::Integer)];
        let id = CollectionId::new("trees").unwrap();
        let trees = Collection::from_inferred_fields(id, "Trees", GeometryTypeSet::ANY, &fields).unwrap();
        let tree = Feature {
            key: 0,
            id: FeatureId::new("a").unwrap(),
            geometry: None,
            values: vec![FieldValue::text("oak"), FieldValue::Int(7)],
        };
        let plan_file = PlanFile::open_or_create(&dir.join("plan.gpkg")).unwrap();
        plan_file.load_collection(&trees, false, &mut [tree].into_iter().map(Ok)).unwrap();
        Atlas::open(plan_file, PlanModel::load().unwrap(), BaseMap::default(), &AtlasSettings::default()).unwrap()
    }

    fn rename_tree() -> EditBatch {
        let action = EditAction::Patch { id: "a".into(), patch: json!({"properties": {"name": "elm"}}) };
        let request = EditRequest { at: String::new(), within: "", action, precondition: None };
        EditBatch {
            collection: "trees".into(),
            requests: vec![request],
            crs: Crs::CRS84,
            handling: FaultHandling::Usual,
            work: WorkBudget::unlimited(),
        }
    }

    fn start_change(
        atlas: &Arc<Atlas>,
        caller: &Arc<()>,
        attempts_left: usize,
    ) -> (PendingChange, Receiver<Result<ChangeOutcome>>) {
        let (sender, receiver) = channel();
        let change = PendingChange {
            plan: atlas.plan_for_viewer(&Viewer::new("ana", "Ana", AccessRole::Admin, [])),
            batch: rename_tree(),
            caller: Arc::downgrade(caller),
            attempts_left,
            answer: Box::new(move |outcome| drop(sender.send(outcome))),
        };
        (change, receiver)
    }

    #[test]
    fn a_change_that_another_edit_overtakes_is_tried_again_and_given_up_after_the_last_attempt() {
        let dir = tempfile::tempdir().unwrap();
        let atlas = open_plan(dir.path());
        let caller = Arc::new(());
        let overtaken = |attempts_left: usize, height: i64| {
            let (change, receiver) = start_change(&atlas, &caller, attempts_left);
            let prepared = change.plan.prepare_edits(&change.batch).unwrap();
            let id = FeatureId::new("a").unwrap();
            let grow =
                FeatureEdit::Patch { id, base: None, geometry: None, values: vec![(1, FieldValue::Int(height))] };
            let collection = CollectionId::new("trees").unwrap();
            atlas.commit(&ChangeSet { collection, edits: vec![grow], author: "rival".into() }).unwrap();
            change.commit(prepared);
            receiver.recv_timeout(Duration::from_secs(30)).expect("an answer")
        };
        assert!(matches!(overtaken(1, 8), Err(Error::Busy(_))));
        let outcome = overtaken(2, 9).unwrap();
        let tree = outcome.edits[0].feature.as_ref().unwrap();
        assert_eq!(tree.values, [FieldValue::text("elm"), FieldValue::Int(9)], "both edits are there");
        assert_eq!(outcome.revision, 4, "loaded, overtaken twice, changed");
    }

    #[test]
    fn a_change_whose_caller_is_gone_is_not_committed() {
        let dir = tempfile::tempdir().unwrap();
        let atlas = open_plan(dir.path());
        let caller = Arc::new(());
        let (change, receiver) = start_change(&atlas, &caller, MAX_ATTEMPTS);
        drop(caller);
        change.attempt();
        assert!(receiver.recv().is_err(), "nobody is answered");
        assert_eq!(atlas.collection_view("trees").unwrap().revision(), 1);
    }
}
