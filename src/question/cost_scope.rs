//! What a cost covers: the whole action, a part of it, or a programme of several actions that are in the plan themselves.

use super::features::{FeatureHandle, QuestionFeatures};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CostScope {
    /// The whole action, or nothing else is known.
    Whole,
    /// A grant or a design: of these a share says nothing.
    Part,
    /// Several actions: never added to theirs.
    Programme,
}

/// Why the cost of a programme is left out.
pub const PROGRAMME_COST: &str = "programme_cost";

impl CostScope {
    pub fn of_feature(choice: &QuestionFeatures, pick: &FeatureHandle) -> Self {
        match choice.field_words(pick, "cost_scope").first().map(String::as_str) {
            Some("programme") => Self::Programme,
            None | Some("total" | "unknown") => Self::Whole,
            Some(_) => Self::Part,
        }
    }
}
