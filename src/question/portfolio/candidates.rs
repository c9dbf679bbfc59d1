//! The interventions that may be chosen, and what each is worth by each criterion.

use crate::error::{Error, Result};
use crate::feature::FeatureId;
use crate::question::answer::LeftOut;
use crate::question::cost_scope::{CostScope, PROGRAMME_COST};
use crate::question::features::{COLLECTION, FeatureHandle, QuestionFeatures};
use crate::question::measure::{GeometrySize, measure_geometry};
use crate::question::money;
use crate::question::request::CriterionWeights;
use rust_decimal::Decimal;

pub const CRITERIA: [&str; 7] = ["interventions", "functions", "objectives", "pillars", "types", "eu_share", "ground"];
pub const DEFAULT_WEIGHTS: [f64; 7] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

const WITHOUT_COST: &str = "without_cost";
/// Statuses that leave nothing to decide.
const COMPLETED: &str = "completed";
const UNDER_WAY: &str = "in_progress";
const ABANDONED: &str = "abandoned";

/// An intervention that may be chosen.
pub struct CandidateIntervention {
    pub pick: FeatureHandle,
    pub id: FeatureId,
    pub cost: Decimal,
    pub eu: Option<Decimal>,
    /// By criterion: scaled and weighted.
    pub by_criterion: [f64; CRITERIA.len()],
}

impl CandidateIntervention {
    #[must_use]
    pub fn total_points(&self) -> f64 {
        self.by_criterion.iter().sum()
    }
}

/// Those that may be chosen, and those that may not.
pub fn select_candidates(
    choice: &QuestionFeatures,
    weights: &CriterionWeights,
) -> Result<(Vec<CandidateIntervention>, LeftOut)> {
    let Some(cost) = choice.field("cost") else {
        return Err(Error::invalid(
            COLLECTION.name,
            format!("The features of '{}' have no 'cost'. Ask about interventions.", choice.collection().id),
        ));
    };
    let mut left_out = LeftOut::default();
    let mut entries = Vec::new();
    for pick in choice.select_all() {
        let id = choice.id(&pick);
        if let Some(reason) = decided_status(choice, &pick) {
            left_out.add(reason, id);
            continue;
        }
        let Some(cost) = money::read_amount(&choice.value(&pick, cost)) else {
            left_out.add(WITHOUT_COST, id);
            continue;
        };
        if CostScope::of_feature(choice, &pick) == CostScope::Programme {
            left_out.add(PROGRAMME_COST, id);
            continue;
        }
        let eu = choice.field("eu_share").and_then(|f| money::read_amount(&choice.value(&pick, f)));
        let by_criterion =
            CRITERIA.map(|c| if weights.weight_of(c) > 0.0 { raw_score(choice, &pick, c, eu) } else { 0.0 });
        entries.push(CandidateIntervention { pick, id, cost, eu, by_criterion });
    }
    for (at, criterion) in CRITERIA.iter().enumerate() {
        let most = entries.iter().map(|e| e.by_criterion[at]).fold(0.0, f64::max);
        let scale = if most > 0.0 { weights.weight_of(criterion) / most } else { 0.0 };
        entries.iter_mut().for_each(|e| e.by_criterion[at] *= scale);
    }
    Ok((entries, left_out))
}

/// Whether an intervention is completed or under way: others may depend on it.
#[must_use]
pub fn is_under_way_or_completed(choice: &QuestionFeatures, pick: &FeatureHandle) -> bool {
    matches!(decided_status(choice, pick), Some(COMPLETED | UNDER_WAY))
}

fn decided_status(choice: &QuestionFeatures, pick: &FeatureHandle) -> Option<&'static str> {
    let status = choice.field_words(pick, "status").into_iter().next()?;
    [COMPLETED, UNDER_WAY, ABANDONED].into_iter().find(|s| *s == status)
}

fn raw_score(choice: &QuestionFeatures, pick: &FeatureHandle, criterion: &str, eu: Option<Decimal>) -> f64 {
    match criterion {
        "interventions" => 1.0,
        "eu_share" => eu.map_or(0.0, money::amount_to_f64),
        "ground" => match choice.geometry(pick).map(|g| measure_geometry(&g)) {
            Some(GeometrySize::AreaM2(m2)) => m2,
            _ => 0.0,
        },
        list => choice.field_words(pick, list).len() as f64,
    }
}
