//! A knapsack problem with rules. Candidates are known by their position in the list. `search` finds the best
//! selection; `feasibility` tells whether the rules can hold, and at what cost.

use crate::error::{Error, Result};
use rust_decimal::Decimal;

/// The candidates, the budget and the rules.
#[derive(Debug, Clone)]
pub struct PortfolioProblem {
    pub candidates: Vec<PortfolioCandidate>,
    pub budget: Decimal,
    pub rules: Vec<PortfolioRule>,
}

/// An item that can be selected.
#[derive(Debug, Clone)]
pub struct PortfolioCandidate {
    /// The points that it adds to a selection.
    pub points: f64,
    pub cost: Decimal,
}

/// A rule with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRule {
    pub name: String,
    pub demand: RuleDemand,
}

/// What a rule demands of candidates, by their positions.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleDemand {
    /// At least one of these.
    AtLeastOne(Vec<usize>),
    /// At most one of these.
    AtMostOne(Vec<usize>),
    /// The first only together with all of these.
    Requires(usize, Vec<usize>),
    /// Never this candidate.
    Excludes(usize),
}

/// A selection, and what is proven about it.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioSolution {
    /// The positions of the selected candidates, ascending.
    pub chosen: Vec<usize>,
    pub points: f64,
    pub cost: Decimal,
    /// Whether it is proven that no selection is better.
    pub proven: bool,
    /// The upper bound on the points of any selection.
    pub at_most: f64,
}

/// The outcome of a search.
#[derive(Debug, Clone, PartialEq)]
pub enum SolveOutcome {
    Found(PortfolioSolution),
    /// No selection obeys all rules within the budget.
    Infeasible,
    /// Time ran out before a selection was found.
    TimedOut,
}

/// Points that differ by less are equal.
pub const POINTS_TOLERANCE: f64 = 1e-7;
impl PortfolioSolution {
    /// Whether it has more points, rounding aside.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.points > other.points + POINTS_TOLERANCE
    }
}

impl RuleDemand {
    /// Whether a selection obeys the rule.
    #[must_use]
    pub fn is_met_by(&self, chosen: &[usize]) -> bool {
        let has = |i: &usize| chosen.binary_search(i).is_ok();
        match self {
            Self::AtLeastOne(of) => of.iter().any(has),
            Self::AtMostOne(of) => of.iter().filter(|i| has(i)).count() <= 1,
            Self::Requires(one, all) => !has(one) || all.iter().all(has),
            Self::Excludes(one) => !has(one),
        }
    }

    /// The candidates that the rule names.
    #[must_use]
    pub fn candidates(&self) -> Vec<usize> {
        match self {
            Self::AtLeastOne(of) | Self::AtMostOne(of) => of.clone(),
            Self::Requires(one, all) => std::iter::once(*one).chain(all.iter().copied()).collect(),
            Self::Excludes(one) => vec![*one],
        }
    }
}

impl PortfolioProblem {
    /// The problem without one of its rules.
    #[must_use]
    pub fn without_rule(&self, rule: usize) -> Self {
        let mut other = self.clone();
        other.rules.remove(rule);
        other
    }

    /// A selection with its points and cost, nothing proven yet.
    #[must_use]
    pub fn build_solution(&self, chosen: Vec<usize>) -> PortfolioSolution {
        let points = chosen.iter().map(|i| self.candidates[*i].points).sum();
        let cost = chosen.iter().map(|i| self.candidates[*i].cost).sum();
        PortfolioSolution { chosen, points, cost, proven: false, at_most: f64::INFINITY }
    }

    /// Checks a found selection against the budget and every rule.
    ///
    /// # Errors
    /// [`Error::Internal`] when it breaks one of them, which is a defect of the search.
    pub fn verify_outcome(&self, outcome: SolveOutcome) -> Result<SolveOutcome> {
        if let SolveOutcome::Found(best) = &outcome {
            if let Some(broken) = self.rules.iter().find(|r| !r.demand.is_met_by(&best.chosen)) {
                return Err(Error::internal(format!("the portfolio breaks its rule {}", broken.name)));
            }
            if best.cost > self.budget {
                return Err(Error::internal("the portfolio costs more than its budget"));
            }
        }
        Ok(outcome)
    }
}
