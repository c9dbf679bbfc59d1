//! What a stated cost covers: the whole intervention, a part of it, or a programme of several interventions that the
//! plan also has.

use super::features::{FeatureHandle, QuestionFeatures};

/// What the cost of a feature covers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CostScope {
    /// The whole intervention, also when the feature does not say.
    Whole,
    /// A grant or a design only: no EU share can be derived from it.
    Part,
    /// Several interventions: never added to their own costs.
    Programme,
}

/// The reason to leave out the cost of a programme.
pub const PROGRAMME_COST: &str = "programme_cost";

impl CostScope {
    pub fn of_feature(layer: &QuestionFeatures, feature: &FeatureHandle) -> Self {
        match layer.field_words(feature, "cost_scope").first().map(String::as_str) {
            Some("programme") => Self::Programme,
            None | Some("total" | "unknown") => Self::Whole,
            Some(_) => Self::Part,
        }
    }
}
