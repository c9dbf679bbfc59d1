//! The planner's questions over the whole plan: each is asked of one moment of every collection.

use super::{Atlas, Leaf};
use crate::error::Result;
use crate::index::Snapshot;
use crate::question::{Answer, Layers, Question};
use serde_json::{Map, Value as Json};
use std::sync::{Arc, PoisonError};

impl Atlas {
    /// Answers a question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at the input that cannot be understood.
    pub fn ask(&self, question: &Question, inputs: &Map<String, Json>) -> Result<Answer> {
        self.ask_of(question, inputs, |leaf| leaf.index.snapshot())
    }

    /// The same of what `look` shows of each collection.
    pub(super) fn ask_of(
        &self,
        question: &Question,
        inputs: &Map<String, Json>,
        look: impl Fn(&Leaf) -> Arc<Snapshot>,
    ) -> Result<Answer> {
        let layers = {
            let leaves = self.leaves.read().unwrap_or_else(PoisonError::into_inner);
            Layers::new(leaves.values().map(|leaf| look(leaf)))
        };
        question.ask(&layers, inputs)
    }
}
