//! Which of these under this budget, exactly: a knapsack with rules. Knows candidates by their numbers only. The best choice comes from `search`;
//! whether rules can hold at all, and at what cost, is an integer programme.

use crate::error::{Error, Result};
use rust_decimal::Decimal;

/// What may be chosen, and under what.
#[derive(Debug, Clone)]
pub struct PortfolioProblem {
    pub candidates: Vec<PortfolioCandidate>,
    pub budget: Decimal,
    pub rules: Vec<PortfolioRule>,
}

/// One that may be chosen.
#[derive(Debug, Clone)]
pub struct PortfolioCandidate {
    /// What choosing it is worth, in points.
    pub points: f64,
    pub cost: Decimal,
}

/// A rule with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioRule {
    pub name: String,
    pub demand: RuleDemand,
}

/// What a rule demands, of candidates by their numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleDemand {
    /// At least one of these.
    AtLeastOne(Vec<usize>),
    /// At most one of these.
    AtMostOne(Vec<usize>),
    /// The first only with all of these.
    Requires(usize, Vec<usize>),
    /// Never this one.
    Excludes(usize),
}

/// The best choice.
#[derive(Debug, Clone, PartialEq)]
pub struct PortfolioSolution {
    /// In the order of candidates.
    pub chosen: Vec<usize>,
    pub points: f64,
    pub cost: Decimal,
    /// Whether it is proven that there is no better one.
    pub proven: bool,
    /// No choice is worth more points.
    pub at_most: f64,
}

/// What came of a search.
#[derive(Debug, Clone, PartialEq)]
pub enum SolveOutcome {
    Found(PortfolioSolution),
    /// No choice obeys all rules within the budget.
    Infeasible,
    /// Time was up before any choice was found.
    TimedOut,
}

/// Points nearer than this are equal.
pub const POINTS_TOLERANCE: f64 = 1e-7;
impl PortfolioSolution {
    /// Whether it is worth more, beyond rounding.
    #[must_use]
    pub fn is_better_than(&self, other: &Self) -> bool {
        self.points > other.points + POINTS_TOLERANCE
    }
}

impl RuleDemand {
    /// Whether a choice obeys.
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

    /// The candidates that it speaks of.
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
    /// The same without one rule.
    #[must_use]
    pub fn without_rule(&self, rule: usize) -> Self {
        let mut other = self.clone();
        other.rules.remove(rule);
        other
    }

    /// A choice with its numbers.
    #[must_use]
    pub fn build_solution(&self, chosen: Vec<usize>) -> PortfolioSolution {
        let points = chosen.iter().map(|i| self.candidates[*i].points).sum();
        let cost = chosen.iter().map(|i| self.candidates[*i].cost).sum();
        PortfolioSolution { chosen, points, cost, proven: false, at_most: f64::INFINITY }
    }

    /// Holds a choice against the budget and every rule before it is believed.
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
