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
    /// [`Error::PermissionDenied`] when the viewer may not; [`Error::NotFound`] and [`Error::Stale`] for features that do not exist or
    /// are not in the required state; [`Error::AlreadyExists`]; [`Error::Invalid`] for what cannot be understood and
    /// [`Error::RuleViolations`] for what breaks rules, with every place; [`Error::Busy`] when other edits were faster every time.
    pub fn change(&self, batch: EditBatch) -> Result<ChangeOutcome> {
        let caller = Arc::new(());
        wait_for_reply(|answer| self.change_then(batch, Arc::downgrade(&caller), answer))
    }

    /// The same without waiting for the disk: validates on this thread, and calls `answer` from here or from a thread of the atlas. A
    /// change that is not committed yet is given up, without an answer, when `caller` is dropped.
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
        let PreparedEdits { set, left_out } = prepared;
        let (atlas, collection) = (self.plan.atlas.clone(), set.collection.clone());
        atlas.commit_then(
            set,
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
                "Others keep changing the same features. Try again in a moment.".into(),
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
