//! The planning questions over the whole plan: each is answered from one snapshot of every collection.

use super::Atlas;
use super::collection_state::CollectionState;
use crate::error::Result;
use crate::index::Snapshot;
use crate::question::{PlanSnapshot, PlanningQuestion, QuestionAnswer};
use crate::work_budget::WorkBudget;
use serde_json::{Map, Value as Json};
use std::sync::{Arc, PoisonError};

impl Atlas {
    /// Answers a planning question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at the input that cannot be understood.
    pub fn answer_question(&self, question: &PlanningQuestion, inputs: &Map<String, Json>) -> Result<QuestionAnswer> {
        self.answer_question_over(question, inputs, &WorkBudget::unlimited(), |state| state.index.snapshot())
    }

    /// The same from the snapshots that `snapshot_of` returns.
    pub(super) fn answer_question_over(
        &self,
        question: &PlanningQuestion,
        inputs: &Map<String, Json>,
        work: &WorkBudget,
        snapshot_of: impl Fn(&CollectionState) -> Arc<Snapshot>,
    ) -> Result<QuestionAnswer> {
        let layers = {
            let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
            PlanSnapshot::new(states.values().map(|state| snapshot_of(state)))
        };
        question.execute_within(&layers, inputs, work)
    }
}
