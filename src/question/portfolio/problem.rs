//! Which of these under this budget, exactly: a knapsack with rules. Knows candidates by their numbers only. The best choice comes from `search`;
//! whether rules can hold at all, and at what cost, is an integer programme.

use super::search::search_best;
use crate::error::{Error, Result};
use good_lp::{Constraint, Expression, ProblemVariables, ResolutionError, Solution, SolverModel, WithTimeLimit};
use good_lp::{constraint, microlp, solvers::SolutionStatus, variable};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::time::Instant;

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

/// Rules that cannot hold together.
#[derive(Debug, PartialEq)]
pub struct RuleConflict {
    pub rules: Vec<usize>,
    /// Whether it is proven that without any one of them a choice is possible.
    pub is_minimal: bool,
}

/// Points nearer than this are equal.
pub const POINTS_TOLERANCE: f64 = 1e-7;
/// With less time than this, the solver is not asked.
const MIN_SOLVER_SECONDS: f64 = 0.002;

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
    /// A choice worth most. `known` is a choice that obeys everything: nothing worse is found.
    pub fn find_best(&self, known: Option<&PortfolioSolution>, until: Instant) -> Result<SolveOutcome> {
        self.verify_outcome(search_best(self, known, until)?)
    }

    /// What the cheapest choice costs that obeys all rules, whatever the budget; `None` when there is none, or it was not proven in time.
    pub fn find_least_budget(&self, until: Instant) -> Result<Option<Decimal>> {
        let all = self.candidates.iter().map(|c| c.cost).sum();
        Ok(match (Self { budget: all, ..self.clone() }).find_cheapest(until)? {
            SolveOutcome::Found(best) if best.proven => Some(best.cost),
            _ => None,
        })
    }

    /// The same without one rule.
    #[must_use]
    pub fn without_rule(&self, rule: usize) -> Self {
        let mut other = self.clone();
        other.rules.remove(rule);
        other
    }

    /// Rules (by number) that cannot hold together within the budget; none when all can hold, or it was not proven in time that they cannot.
    pub fn find_conflict(&self, until: Instant) -> Result<RuleConflict> {
        let mut clash = RuleConflict { rules: (0..self.rules.len()).collect(), is_minimal: true };
        if self.check_feasible(&clash.rules, until)? != Some(false) {
            clash.rules.clear();
        }
        for rule in clash.rules.clone() {
            let fewer: Vec<usize> = clash.rules.iter().copied().filter(|r| *r != rule).collect();
            match self.check_feasible(&fewer, until)? {
                Some(false) => clash.rules = fewer,
                Some(true) => {}
                None => clash.is_minimal = false,
            }
        }
        Ok(clash)
    }

    /// Whether some rules can hold together within the budget; `None` when time was up.
    fn check_feasible(&self, rules: &[usize], until: Instant) -> Result<Option<bool>> {
        let some = rules.iter().map(|r| self.rules[*r].clone()).collect();
        Ok(match (Self { rules: some, ..self.clone() }).find_cheapest(until)? {
            SolveOutcome::Found(_) => Some(true),
            SolveOutcome::Infeasible => Some(false),
            SolveOutcome::TimedOut => None,
        })
    }

    /// A choice with its numbers.
    #[must_use]
    pub fn build_solution(&self, chosen: Vec<usize>) -> PortfolioSolution {
        let points = chosen.iter().map(|i| self.candidates[*i].points).sum();
        let cost = chosen.iter().map(|i| self.candidates[*i].cost).sum();
        PortfolioSolution { chosen, points, cost, proven: false, at_most: f64::INFINITY }
    }

    /// Holds a choice against the budget and every rule before it is believed.
    fn verify_outcome(&self, outcome: SolveOutcome) -> Result<SolveOutcome> {
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

    /// The cheapest choice that obeys.
    pub fn find_cheapest(&self, until: Instant) -> Result<SolveOutcome> {
        // A sum over the budget by less than the solver's tolerance is cut off, and the search goes on.
        let mut cuts: Vec<Vec<usize>> = Vec::new();
        loop {
            let outcome = self.solve_cheapest(&cuts, until)?;
            match outcome {
                SolveOutcome::Found(best) if best.cost > self.budget => cuts.push(best.chosen),
                outcome => return self.verify_outcome(outcome),
            }
        }
    }

    /// A cost as a part of the budget, so that the solver's numbers are near one.
    fn budget_share(&self, cost: Decimal) -> f64 {
        let scale = self.budget.max(Decimal::ONE);
        cost.checked_div(scale).and_then(|p| p.to_f64()).unwrap_or(f64::MAX)
    }

    /// The cheapest choice as an integer programme.
    fn solve_cheapest(&self, cuts: &[Vec<usize>], until: Instant) -> Result<SolveOutcome> {
        let seconds = until.saturating_duration_since(Instant::now()).as_secs_f64();
        if seconds < MIN_SOLVER_SECONDS {
            return Ok(SolveOutcome::TimedOut);
        }
        let mut variables = ProblemVariables::new();
        let take: Vec<_> = self
            .candidates
            .iter()
            .map(|c| {
                variables.add(if c.cost > self.budget {
                    variable().integer().min(0).max(0)
                } else {
                    variable().binary()
                })
            })
            .collect();
        let sum = |of: &[usize]| of.iter().map(|i| Expression::from(take[*i])).sum::<Expression>();
        let spent: Expression =
            take.iter().zip(&self.candidates).map(|(t, c)| self.budget_share(c.cost).min(2.0) * *t).sum();
        let limit = self.budget_share(self.budget);
        let mut model = variables.minimise(spent.clone()).using(microlp).with_time_limit(seconds);
        model.add_constraint(constraint!(spent <= limit));
        for rule in &self.rules {
            let constraints: Vec<Constraint> = match &rule.demand {
                // A sum over nothing is no constraint to the solver.
                RuleDemand::AtLeastOne(of) if of.is_empty() => return Ok(SolveOutcome::Infeasible),
                RuleDemand::AtLeastOne(of) => vec![constraint!(sum(of) >= 1)],
                RuleDemand::AtMostOne(of) => vec![constraint!(sum(of) <= 1)],
                RuleDemand::Requires(one, all) => {
                    all.iter().map(|other| constraint!(take[*one] <= take[*other])).collect()
                }
                RuleDemand::Excludes(one) => vec![constraint!(take[*one] <= 0)],
            };
            for c in constraints {
                model.add_constraint(c);
            }
        }
        for cut in cuts {
            model.add_constraint(constraint!(sum(cut) <= (cut.len() - 1) as f64));
        }
        match model.solve() {
            Ok(solution) => {
                let chosen = (0..take.len()).filter(|i| solution.value(take[*i]) > 0.5).collect();
                let proven = matches!(solution.status(), SolutionStatus::Optimal);
                Ok(SolveOutcome::Found(PortfolioSolution { proven, ..self.build_solution(chosen) }))
            }
            Err(ResolutionError::Infeasible) => Ok(SolveOutcome::Infeasible),
            // Time was up before there was any choice.
            Err(ResolutionError::Other(_)) => Ok(SolveOutcome::TimedOut),
            Err(e) => Err(Error::internal(format!("the portfolio could not be solved: {e}"))),
        }
    }
}
