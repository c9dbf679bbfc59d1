//! The planner's questions over the whole plan: each is asked of one moment of every collection.

use super::Atlas;
use crate::error::Result;
use crate::question::{Answer, Layers, Question};
use serde_json::{Map, Value as Json};
use std::sync::PoisonError;

impl Atlas {
    /// Answers a question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at the input that cannot be understood.
    pub fn ask(&self, question: &Question, inputs: &Map<String, Json>) -> Result<Answer> {
        let layers = {
            let leaves = self.leaves.read().unwrap_or_else(PoisonError::into_inner);
            Layers::new(leaves.values().map(|leaf| leaf.index.snapshot()))
        };
        question.ask(&layers, inputs)
    }
}
