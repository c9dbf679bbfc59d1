//! Whether rules can hold together within a budget, and at what cost: an integer program (microlp).

use super::problem::{PortfolioProblem, PortfolioSolution, RuleDemand, SolveOutcome};
use super::search_clock::SearchClock;
use crate::error::{Error, Result};
use microlp::{ComparisonOp, LinearExpr, OptimizationDirection, Problem, SolutionStatus, Variable};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::time::Duration;

/// Rules that cannot hold together.
#[derive(Debug, PartialEq)]
pub struct RuleConflict {
    pub rules: Vec<usize>,
    /// Whether it is proven that they can hold together once any one of them is removed.
    pub is_minimal: bool,
}

/// With less time left than this, the solver is not started.
const MIN_SOLVER_TIME: Duration = Duration::from_millis(2);

/// The cost of the cheapest selection that obeys all rules, whatever the budget. `None` when there is none, or time ran
/// out before the proof.
pub fn find_least_budget(problem: &PortfolioProblem, clock: &SearchClock) -> Result<Option<Decimal>> {
    let all = problem.candidates.iter().map(|c| c.cost).sum();
    Ok(match find_cheapest(&PortfolioProblem { budget: all, ..problem.clone() }, clock)? {
        SolveOutcome::Found(best) if best.proven => Some(best.cost),
        _ => None,
    })
}

/// Rules, by their positions, that cannot hold together within the budget. Empty when all rules can hold, or time ran
/// out before the proof.
pub fn find_conflict(problem: &PortfolioProblem, clock: &SearchClock) -> Result<RuleConflict> {
    let mut conflict = RuleConflict { rules: (0..problem.rules.len()).collect(), is_minimal: true };
    if check_feasible(problem, &conflict.rules, clock)? != Some(false) {
        conflict.rules.clear();
    }
    for rule in conflict.rules.clone() {
        let fewer: Vec<usize> = conflict.rules.iter().copied().filter(|r| *r != rule).collect();
        match check_feasible(problem, &fewer, clock)? {
            Some(false) => conflict.rules = fewer,
            Some(true) => {}
            None => conflict.is_minimal = false,
        }
    }
    Ok(conflict)
}

/// Whether some rules can hold together within the budget; `None` when time ran out.
fn check_feasible(problem: &PortfolioProblem, rules: &[usize], clock: &SearchClock) -> Result<Option<bool>> {
    let some = rules.iter().map(|r| problem.rules[*r].clone()).collect();
    Ok(match find_cheapest(&PortfolioProblem { rules: some, ..problem.clone() }, clock)? {
        SolveOutcome::Found(_) => Some(true),
        SolveOutcome::Infeasible => Some(false),
        SolveOutcome::TimedOut => None,
    })
}

/// The cheapest selection that obeys all rules within the budget.
pub fn find_cheapest(problem: &PortfolioProblem, clock: &SearchClock) -> Result<SolveOutcome> {
    // The solver may exceed the budget by its tolerance: such a selection is excluded by a cut, and the search
    // continues.
    let mut cuts: Vec<Vec<usize>> = Vec::new();
    loop {
        let outcome = solve_cheapest(problem, &cuts, clock)?;
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
fn solve_cheapest(problem: &PortfolioProblem, cuts: &[Vec<usize>], clock: &SearchClock) -> Result<SolveOutcome> {
    if clock.time_left() < MIN_SOLVER_TIME {
        return Ok(SolveOutcome::TimedOut);
    }
    let mut program = Problem::new(OptimizationDirection::Minimize);
    let shares: Vec<f64> = problem.candidates.iter().map(|c| budget_share(problem, c.cost).min(2.0)).collect();
    let take: Vec<Variable> = problem
        .candidates
        .iter()
        .zip(&shares)
        .map(|(c, share)| program.add_integer_var(*share, (0, i32::from(c.cost <= problem.budget))))
        .collect();
    let sum = |of: &[usize]| of.iter().map(|i| (take[*i], 1.0)).collect::<LinearExpr>();
    let spent: LinearExpr = take.iter().copied().zip(shares).collect();
    program.add_constraint(spent, ComparisonOp::Le, budget_share(problem, problem.budget));
    for rule in &problem.rules {
        match &rule.demand {
            // The solver ignores an empty sum.
            RuleDemand::AtLeastOne(of) if of.is_empty() => return Ok(SolveOutcome::Infeasible),
            RuleDemand::AtLeastOne(of) => program.add_constraint(sum(of), ComparisonOp::Ge, 1.0),
            RuleDemand::AtMostOne(of) => program.add_constraint(sum(of), ComparisonOp::Le, 1.0),
            RuleDemand::Requires(one, all) => {
                for other in all.iter().filter(|other| *other != one) {
                    program.add_constraint([(take[*one], 1.0), (take[*other], -1.0)], ComparisonOp::Le, 0.0);
                }
            }
            RuleDemand::Excludes(one) => program.add_constraint(sum(&[*one]), ComparisonOp::Le, 0.0),
        }
    }
    for cut in cuts {
        program.add_constraint(sum(cut), ComparisonOp::Le, (cut.len() - 1) as f64);
    }
    match clock.solve(&program) {
        Ok(Some(solution)) => {
            let chosen = (0..take.len()).filter(|i| solution.var_value(take[*i]) > 0.5).collect();
            let proven = solution.status() == SolutionStatus::Optimal;
            Ok(SolveOutcome::Found(PortfolioSolution { proven, ..problem.build_solution(chosen) }))
        }
        Err(microlp::Error::Infeasible) => Ok(SolveOutcome::Infeasible),
        // Time ran out before a selection was found.
        Ok(None) => Ok(SolveOutcome::TimedOut),
        Err(e) => Err(Error::internal(format!("the portfolio could not be solved: {e}"))),
    }
}
