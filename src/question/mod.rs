//! The planning questions: pure functions over snapshots of the plan. Every answer has numbers, the features behind
//! them, the features that were left out and why, and the rules. No HTTP, no disk; nothing is written.

use crate::error::{Error, Result};

pub mod money; // amounts as decimals
pub mod answer; // the one shape of all answers
pub mod ellipsoid; // lengths and areas from degrees
pub mod metric_plane; // metres around a place
pub mod planar_shape; // distances between geometries
mod overlay; // unions, intersections and differences
pub mod measure; // sizes, shares, unions, buffers
pub mod period; // days, and what a date may mean
pub mod plan_snapshot; // the collections of the plan
pub mod input; // the inputs of a question
mod input_errors; // why one is refused
mod drawn_area; // areas from GeoJSON
pub mod request; // reading what was sent
pub mod features; // the features of a question
pub mod planning_question; // what a question is
pub mod calendar; // works as iCalendar
mod cost_scope; // what a cost covers
mod near_pairs; // which features are near which
mod overlap; // the length of lines, overlaps counted once
mod inside;
mod nearby;
mod summary;
mod conflicts;
mod population; // RCO074
mod footprint;
mod without;
mod gaps;
mod survey_choice; // which survey a rate is of
mod rate;
mod coverage;
mod similar;
mod portfolio;
mod reach;

pub use answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer};
pub use coverage::{FUNCTIONS, OBJECTIVES};
pub use input::QuestionInput;
pub use plan_snapshot::PlanSnapshot;
pub use planning_question::PlanningQuestion;
pub use request::QuestionRequest;

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

/// The question with this id.
///
/// # Errors
/// [`Error::NotFound`] that lists the ids.
pub fn find_question(id: &str) -> Result<&'static PlanningQuestion> {
    QUESTIONS.iter().find(|q| q.id == id).ok_or_else(|| {
        let known: Vec<_> = QUESTIONS.iter().map(|q| q.id).collect();
        Error::NotFound(format!("There is no question '{id}'. There are: {}.", known.join(", ")))
    })
}
