//! The planner's questions: pure functions over snapshots of the plan. Every answer says its numbers, the features behind them, what
//! was left out and why, and the rules. No HTTP, no disk, nothing is written.

use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::index::Snapshot;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub mod answer; // the one shape of all answers
pub mod metric_plane; // metres around a place
pub mod planar_shape; // how far apart
pub mod ellipsoid; // lengths and areas from degrees
pub mod measure; // how large, and which part
pub mod money; // amounts as decimals
pub mod period; // days, and what a date may mean
pub mod input; // what may be asked
pub mod features; // which features
pub mod calendar; // works as iCalendar
mod inside;
mod nearby;
mod cost_scope; // what a cost covers
mod summary;
mod near_pairs; // what is near what
mod conflicts;
mod overlap; // lengths, nothing twice
mod population; // RCO074
mod footprint;
mod without;
mod gaps;
mod rate;
mod coverage;
mod similar;
mod portfolio;
mod reach;

pub use answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer};
pub use coverage::{FUNCTIONS, OBJECTIVES};
pub use input::{QuestionInput, QuestionRequest};

/// The collections of a plan as they were at one moment.
#[derive(Default)]
pub struct PlanSnapshot(BTreeMap<CollectionId, Arc<Snapshot>>);

/// A question that can be asked.
pub struct PlanningQuestion {
    pub id: &'static str,
    pub title: &'static str,
    pub description: &'static str,
    pub inputs: &'static [QuestionInput],
    answer: fn(&QuestionRequest<'_>) -> Result<QuestionAnswer>,
}

/// All questions, in the order they are listed.
pub const QUESTIONS: &[PlanningQuestion] = &[
    inside::QUESTION,
    nearby::QUESTION,
    summary::QUESTION,
    conflicts::QUESTION,
    footprint::QUESTION,
    without::QUESTION,
    gaps::QUESTION,
    rate::QUESTION,
    coverage::QUESTION,
    similar::QUESTION,
    portfolio::QUESTION,
    reach::QUESTION,
];

/// The question of this name.
///
/// # Errors
/// [`Error::NotFound`] listing those there are.
pub fn find_question(id: &str) -> Result<&'static PlanningQuestion> {
    QUESTIONS.iter().find(|q| q.id == id).ok_or_else(|| {
        let known: Vec<_> = QUESTIONS.iter().map(|q| q.id).collect();
        Error::NotFound(format!("There is no question '{id}'. There are: {}.", known.join(", ")))
    })
}

impl PlanningQuestion {
    /// Answers it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] naming the input that cannot be understood.
    pub fn execute(&self, layers: &PlanSnapshot, inputs: &Map<String, Json>) -> Result<QuestionAnswer> {
        (self.answer)(&QuestionRequest::new(layers, inputs, self.inputs)?)
    }
}

impl PlanSnapshot {
    #[must_use]
    pub fn new(snapshots: impl IntoIterator<Item = Arc<Snapshot>>) -> Self {
        Self(snapshots.into_iter().map(|s| (s.collection().id.clone(), s)).collect())
    }

    /// # Errors
    /// [`Error::InvalidInput`] at the input that named the collection.
    pub fn get(&self, name: &str, at: &str) -> Result<&Arc<Snapshot>> {
        self.find(name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(CollectionId::as_str).collect();
            Error::invalid(at, format!("There is no collection '{name}' in this plan. It has: {}.", known.join(", ")))
        })
    }

    /// The same without an error.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Snapshot>> {
        CollectionId::new(name).ok().and_then(|id| self.0.get(&id))
    }
}
