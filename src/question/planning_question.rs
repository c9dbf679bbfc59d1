//! What a planning question is: its name, its inputs, and the function that answers it.

use super::answer::QuestionAnswer;
use super::input::QuestionInput;
use super::plan_snapshot::PlanSnapshot;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::work_budget::WorkBudget;
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
        self.execute_within(plan, inputs, &WorkBudget::unlimited())
    }

    /// The same within a budget.
    ///
    /// # Errors
    /// As [`PlanningQuestion::execute`]; and why the work had to stop.
    pub fn execute_within(
        &self,
        plan: &PlanSnapshot,
        inputs: &Map<String, Json>,
        work: &WorkBudget,
    ) -> Result<QuestionAnswer> {
        let answer = (self.answer)(&QuestionRequest::new(plan, inputs, self.inputs, work)?);
        // What was found after the budget had stopped, an error included, is not known to be so.
        work.check().and(answer)
    }
}
