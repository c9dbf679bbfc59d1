//! What a planning question is: its name, its inputs, and the function that answers it.

use super::answer::QuestionAnswer;
use super::input::QuestionInput;
use super::plan_snapshot::PlanSnapshot;
use super::request::QuestionRequest;
use crate::error::Result;
use serde_json::{Map, Value as Json};

/// A question to the plan; over HTTP a process of OGC API Processes.
pub struct PlanningQuestion {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub inputs: &'static [QuestionInput],
    pub(super) answer: fn(&QuestionRequest<'_>) -> Result<QuestionAnswer>,
}

impl PlanningQuestion {
    /// Answers the question for the inputs of one request.
    ///
    /// # Errors
    /// [`Error::InvalidInput`](crate::error::Error::InvalidInput) that names the input at fault.
    pub fn execute(&self, plan: &PlanSnapshot, inputs: &Map<String, Json>) -> Result<QuestionAnswer> {
        (self.answer)(&QuestionRequest::new(plan, inputs, self.inputs)?)
    }
}
