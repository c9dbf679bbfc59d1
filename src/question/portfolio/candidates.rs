//! The interventions that can be selected, and the points of each by criterion.

use crate::error::Result;
use crate::feature::FeatureId;
use crate::question::answer::LeftOut;
use crate::question::cost_scope::{CostScope, PROGRAMME_COST};
use crate::question::features::{COLLECTION, FeatureHandle, QuestionFeatures};
use crate::question::input_errors::not_interventions_error;
use crate::question::measure::{GeometrySize, measure_geometry};
use crate::question::money;
use crate::question::request::CriterionWeights;
use rust_decimal::Decimal;

pub const CRITERIA: [&str; 7] = ["interventions", "functions", "objectives", "pillars", "types", "eu_share", "ground"];
pub const DEFAULT_WEIGHTS: [f64; 7] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

const WITHOUT_COST: &str = "without_cost";
/// The statuses of interventions that are already decided.
const COMPLETED: &str = "completed";
const UNDER_WAY: &str = "in_progress";
const ABANDONED: &str = "abandoned";

/// An intervention that can be selected.
pub struct CandidateIntervention {
    pub feature: FeatureHandle,
    pub id: FeatureId,
    pub cost: Decimal,
    pub eu: Option<Decimal>,
    /// Its points by criterion, scaled and weighted.
    pub by_criterion: [f64; CRITERIA.len()],
}

impl CandidateIntervention {
    #[must_use]
    pub fn total_points(&self) -> f64 {
        self.by_criterion.iter().sum()
    }
}

/// The candidates, and the features that are left out.
pub fn select_candidates(
    layer: &QuestionFeatures,
    weights: &CriterionWeights,
) -> Result<(Vec<CandidateIntervention>, LeftOut)> {
    let Some(cost) = layer.field("cost") else {
        return Err(not_interventions_error(layer.collection(), "cost", COLLECTION.name));
    };
    let mut left_out = LeftOut::default();
    let mut entries = Vec::new();
    for feature in layer.select_all() {
        let id = layer.id(&feature);
        if let Some(reason) = decided_status(layer, &feature) {
            left_out.add(reason, id);
            continue;
        }
        let Some(cost) = money::read_amount(&layer.value(&feature, cost)) else {
            left_out.add(WITHOUT_COST, id);
            continue;
        };
        if CostScope::of_feature(layer, &feature) == CostScope::Programme {
            left_out.add(PROGRAMME_COST, id);
            continue;
        }
        let eu = layer.field("eu_share").and_then(|f| money::read_amount(&layer.value(&feature, f)));
        let by_criterion =
            CRITERIA.map(|c| if weights.weight_of(c) > 0.0 { raw_score(layer, &feature, c, eu) } else { 0.0 });
        entries.push(CandidateIntervention { feature, id, cost, eu, by_criterion });
    }
    for (at, criterion) in CRITERIA.iter().enumerate() {
        let most = entries.iter().map(|e| e.by_criterion[at]).fold(0.0, f64::max);
        let scale = if most > 0.0 { weights.weight_of(criterion) / most } else { 0.0 };
        entries.iter_mut().for_each(|e| e.by_criterion[at] *= scale);
    }
    Ok((entries, left_out))
}

/// Whether an intervention is completed or under way, so that others may depend on it.
#[must_use]
pub fn is_under_way_or_completed(layer: &QuestionFeatures, feature: &FeatureHandle) -> bool {
    matches!(decided_status(layer, feature), Some(COMPLETED | UNDER_WAY))
}

/// The status of an intervention that is already decided.
fn decided_status(layer: &QuestionFeatures, feature: &FeatureHandle) -> Option<&'static str> {
    let status = layer.field_words(feature, "status").into_iter().next()?;
    [COMPLETED, UNDER_WAY, ABANDONED].into_iter().find(|s| *s == status)
}

/// The value of a criterion before it is scaled.
fn raw_score(layer: &QuestionFeatures, feature: &FeatureHandle, criterion: &str, eu: Option<Decimal>) -> f64 {
    match criterion {
        "interventions" => 1.0,
        "eu_share" => eu.map_or(0.0, money::amount_to_f64),
        "ground" => match layer.geometry(feature).map(|g| measure_geometry(&g, layer.work())) {
            Some(GeometrySize::AreaM2(m2)) => m2,
            _ => 0.0,
        },
        list => layer.field_words(feature, list).len() as f64,
    }
}
