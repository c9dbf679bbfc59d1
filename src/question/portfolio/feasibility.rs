//! Whether rules can hold together within a budget, and at what cost: an integer program (good_lp, microlp).

use super::problem::{PortfolioProblem, PortfolioSolution, RuleDemand, SolveOutcome};
use crate::error::{Error, Result};
use good_lp::{Constraint, Expression, ProblemVariables, ResolutionError, Solution, SolverModel, WithTimeLimit};
use good_lp::{constraint, microlp, solvers::SolutionStatus, variable};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::time::Instant;

/// Rules that cannot hold together.
#[derive(Debug, PartialEq)]
pub struct RuleConflict {
    pub rules: Vec<usize>,
    /// Whether it is proven that they can hold together once any one of them is removed.
    pub is_minimal: bool,
}

/// With less time left than this, the solver is not started.
const MIN_SOLVER_SECONDS: f64 = 0.002;

/// The cost of the cheapest selection that obeys all rules, whatever the budget. `None` when there is none, or time ran
/// out before the proof.
pub fn find_least_budget(problem: &PortfolioProblem, until: Instant) -> Result<Option<Decimal>> {
    let all = problem.candidates.iter().map(|c| c.cost).sum();
    Ok(match find_cheapest(&PortfolioProblem { budget: all, ..problem.clone() }, until)? {
        SolveOutcome::Found(best) if best.proven => Some(best.cost),
        _ => None,
    })
}

/// Rules, by their positions, that cannot hold together within the budget. Empty when all rules can hold, or time ran
/// out before the proof.
pub fn find_conflict(problem: &PortfolioProblem, until: Instant) -> Result<RuleConflict> {
    let mut conflict = RuleConflict { rules: (0..problem.rules.len()).collect(), is_minimal: true };
    if check_feasible(problem, &conflict.rules, until)? != Some(false) {
        conflict.rules.clear();
    }
    for rule in conflict.rules.clone() {
        let fewer: Vec<usize> = conflict.rules.iter().copied().filter(|r| *r != rule).collect();
        match check_feasible(problem, &fewer, until)? {
            Some(false) => conflict.rules = fewer,
            Some(true) => {}
            None => conflict.is_minimal = false,
        }
    }
    Ok(conflict)
}

/// Whether some rules can hold together within the budget; `None` when time ran out.
fn check_feasible(problem: &PortfolioProblem, rules: &[usize], until: Instant) -> Result<Option<bool>> {
    let some = rules.iter().map(|r| problem.rules[*r].clone()).collect();
    Ok(match find_cheapest(&PortfolioProblem { rules: some, ..problem.clone() }, until)? {
        SolveOutcome::Found(_) => Some(true),
        SolveOutcome::Infeasible => Some(false),
        SolveOutcome::TimedOut => None,
    })
}

/// The cheapest selection that obeys all rules within the budget.
pub fn find_cheapest(problem: &PortfolioProblem, until: Instant) -> Result<SolveOutcome> {
    // The solver may exceed the budget by its tolerance: such a selection is excluded by a cut, and the search
    // continues.
    let mut cuts: Vec<Vec<usize>> = Vec::new();
    loop {
        let outcome = solve_cheapest(problem, &cuts, until)?;
        match outcome {
            SolveOutcome::Found(best) if best.cost > problem.budget => cuts.push(best.chosen),
            outcome => return problem.verify_outcome(outcome),
        }
    }
}

/// A cost as a share of the budget, so that the solver's numbers are near one.
fn budget_share(problem: &PortfolioProblem, cost: Decimal) -> f64 {
    let scale = problem.budget.max(Decimal::ONE);
    cost.checked_div(scale).and_then(|p| p.to_f64()).unwrap_or(f64::MAX)
}

/// Solves the integer program once; `cuts` are selections to exclude.
fn solve_cheapest(problem: &PortfolioProblem, cuts: &[Vec<usize>], until: Instant) -> Result<SolveOutcome> {
    let seconds = until.saturating_duration_since(Instant::now()).as_secs_f64();
    if seconds < MIN_SOLVER_SECONDS {
        return Ok(SolveOutcome::TimedOut);
    }
    let mut variables = ProblemVariables::new();
    let take: Vec<_> = problem
        .candidates
        .iter()
        .map(|c| {
            variables.add(if c.cost > problem.budget {
                variable().integer().min(0).max(0)
            } else {
                variable().binary()
            })
        })
        .collect();
    let sum = |of: &[usize]| of.iter().map(|i| Expression::from(take[*i])).sum::<Expression>();
    let spent: Expression =
        take.iter().zip(&problem.candidates).map(|(t, c)| budget_share(problem, c.cost).min(2.0) * *t).sum();
    let limit = budget_share(problem, problem.budget);
    let mut model = variables.minimise(spent.clone()).using(microlp).with_time_limit(seconds);
    model.add_constraint(constraint!(spent <= limit));
    for rule in &problem.rules {
        let constraints: Vec<Constraint> = match &rule.demand {
            // The solver ignores an empty sum.
            RuleDemand::AtLeastOne(of) if of.is_empty() => return Ok(SolveOutcome::Infeasible),
            RuleDemand::AtLeastOne(of) => vec![constraint!(sum(of) >= 1)],
            RuleDemand::AtMostOne(of) => vec![constraint!(sum(of) <= 1)],
            RuleDemand::Requires(one, all) => all.iter().map(|other| constraint!(take[*one] <= take[*other])).collect(),
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
            Ok(SolveOutcome::Found(PortfolioSolution { proven, ..problem.build_solution(chosen) }))
        }
        Err(ResolutionError::Infeasible) => Ok(SolveOutcome::Infeasible),
        // Time ran out before a selection was found.
        Err(ResolutionError::Other(_)) => Ok(SolveOutcome::TimedOut),
        Err(e) => Err(Error::internal(format!("the portfolio could not be solved: {e}"))),
    }
}
