//! The interventions that may be chosen, and what each is worth by each criterion.

use super::money;
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use crate::question::answer::LeftOut;
use crate::question::choose::{COLLECTION, Choice, Pick};
use crate::question::input::Weights;
use crate::question::measure::{Measure, measure};
use crate::question::scope::{PROGRAMME_COST, Scope};
use rust_decimal::Decimal;

pub const CRITERIA: [&str; 7] = ["interventions", "functions", "objectives", "pillars", "types", "eu_share", "ground"];
pub const DEFAULT: [f64; 7] = [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0];

const WITHOUT_COST: &str = "without_cost";
/// Statuses that leave nothing to decide.
const COMPLETED: &str = "completed";
const UNDER_WAY: &str = "in_progress";
const ABANDONED: &str = "abandoned";

/// An intervention that may be chosen.
pub struct Entry {
    pub pick: Pick,
    pub id: FeatureId,
    pub cost: Decimal,
    pub eu: Option<Decimal>,
    /// By criterion: scaled and weighted.
    pub by_criterion: [f64; CRITERIA.len()],
}

impl Entry {
    #[must_use]
    pub fn points(&self) -> f64 {
        self.by_criterion.iter().sum()
    }
}

/// Those that may be chosen, and those that may not.
pub fn entries(choice: &Choice, weights: &Weights) -> Result<(Vec<Entry>, LeftOut)> {
    let Some(cost) = choice.field("cost") else {
        return Err(Error::invalid(
            COLLECTION.name,
            format!("The features of '{}' have no 'cost'. Ask about interventions.", choice.collection().id),
        ));
    };
    let mut left_out = LeftOut::default();
    let mut entries = Vec::new();
    for pick in choice.all() {
        let id = choice.id(&pick);
        if let Some(reason) = decided(choice, &pick) {
            left_out.put(reason, id);
            continue;
        }
        let Some(cost) = money::amount(&choice.value(&pick, cost)) else {
            left_out.put(WITHOUT_COST, id);
            continue;
        };
        if Scope::of(choice, &pick) == Scope::Programme {
            left_out.put(PROGRAMME_COST, id);
            continue;
        }
        let eu = choice.field("eu_share").and_then(|f| money::amount(&choice.value(&pick, f)));
        let by_criterion = CRITERIA.map(|c| if weights.of(c) > 0.0 { raw(choice, &pick, c, eu) } else { 0.0 });
        entries.push(Entry { pick, id, cost, eu, by_criterion });
    }
    for (at, criterion) in CRITERIA.iter().enumerate() {
        let most = entries.iter().map(|e| e.by_criterion[at]).fold(0.0, f64::max);
        let scale = if most > 0.0 { weights.of(criterion) / most } else { 0.0 };
        entries.iter_mut().for_each(|e| e.by_criterion[at] *= scale);
    }
    Ok((entries, left_out))
}

/// Whether an intervention is completed or under way: others may depend on it.
#[must_use]
pub fn stands(choice: &Choice, pick: &Pick) -> bool {
    matches!(decided(choice, pick), Some(COMPLETED | UNDER_WAY))
}

fn decided(choice: &Choice, pick: &Pick) -> Option<&'static str> {
    let status = choice.words(pick, "status").into_iter().next()?;
    [COMPLETED, UNDER_WAY, ABANDONED].into_iter().find(|s| *s == status)
}

fn raw(choice: &Choice, pick: &Pick, criterion: &str, eu: Option<Decimal>) -> f64 {
    match criterion {
        "interventions" => 1.0,
        "eu_share" => eu.map_or(0.0, money::near),
        "ground" => match choice.geometry(pick).map(|g| measure(&g)) {
            Some(Measure::AreaM2(m2)) => m2,
            _ => 0.0,
        },
        list => choice.words(pick, list).len() as f64,
    }
}
