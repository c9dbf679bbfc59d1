//! Finds the best selection exactly: bounds it from above by the linear relaxation, decides every candidate that the
//! bound decides, and enumerates states of the others. Each round may hold more states than the one before, and starts
//! from the best selection known.

use super::feasibility::find_cheapest;
use super::integer_units::IntegerUnits;
use super::local_search::improve_selection;
use super::problem::{PortfolioProblem, PortfolioSolution, SolveOutcome};
use super::reduced_problem::ReducedProblem;
use super::relaxation::{LinearRelaxation, solve_relaxation};
use super::search_clock::SearchClock;
use super::state_pass::{PassLimits, run_pass};
use crate::error::Result;

/// The most states of a pass, by round.
const STATE_LIMITS: [usize; 4] = [500, 5_000, 50_000, 250_000];
/// The most 64-bit words that the states of a pass take together.
const MAX_STATE_WORDS: usize = 4_000_000;
/// The most relaxations of one round: each decides further candidates.
const MAX_TIGHTENINGS: usize = 4;

/// The best selection. `known` is a selection that obeys all rules; the result is at least as good.
pub fn find_best(
    problem: &PortfolioProblem,
    known: Option<&PortfolioSolution>,
    clock: &SearchClock,
) -> Result<SolveOutcome> {
    problem.verify_outcome(search_best(problem, known, clock)?)
}

fn search_best(
    problem: &PortfolioProblem,
    known: Option<&PortfolioSolution>,
    clock: &SearchClock,
) -> Result<SolveOutcome> {
    let units = IntegerUnits::from_problem(problem);
    let mut found = known.cloned();
    let proven = |found: Option<PortfolioSolution>| match found {
        Some(best) => SolveOutcome::Found(PortfolioSolution { proven: true, at_most: best.points, ..best }),
        None => SolveOutcome::Infeasible,
    };
    let Some(mut reduced) = ReducedProblem::from_problem(problem, &units) else { return Ok(proven(found)) };
    let mut at_most = f64::INFINITY;
    for states in STATE_LIMITS {
        let goal = found.as_ref().map(|best| units.sum_points(&best.chosen) + units.step);
        let Some(relaxed) = tighten_bound(&units, &mut reduced, goal, clock) else { return Ok(proven(found)) };
        at_most = at_most.min(relaxed.at_most * units.unit);
        let width = reduced.rows.len() / 64 + reduced.open_candidates().count() / 64 + 2;
        let limits = PassLimits { states: states.min(MAX_STATE_WORDS / width), clock };
        let pass = run_pass(&units, &reduced, &relaxed, goal.unwrap_or(i64::MIN / 2), &limits);
        let improved = pass.chosen.iter().map(|chosen| improve_selection(problem, &units, chosen, clock));
        if let Some(chosen) = improved.max_by_key(|chosen| units.sum_points(chosen)) {
            found = Some(problem.build_solution(chosen));
        }
        let Some(dropped_bound) = pass.dropped_bound else { return Ok(proven(found)) };
        at_most = at_most.min(found.as_ref().map_or(f64::NEG_INFINITY, |b| b.points).max(dropped_bound * units.unit));
        if found.is_none() {
            // Start from any selection that obeys the rules.
            match find_cheapest(problem, &clock.share(2))? {
                SolveOutcome::Found(some) => {
                    found = Some(problem.build_solution(improve_selection(problem, &units, &some.chosen, clock)));
                }
                SolveOutcome::Infeasible => return Ok(SolveOutcome::Infeasible),
                SolveOutcome::TimedOut => {}
            }
        }
        if clock.is_over() {
            break;
        }
    }
    Ok(match found {
        Some(best) => {
            SolveOutcome::Found(PortfolioSolution { proven: false, at_most: at_most.max(best.points), ..best })
        }
        None => SolveOutcome::TimedOut,
    })
}

/// Decides candidates by the bound (reduced-cost fixing); `None` when no selection reaches the goal.
fn tighten_bound(
    units: &IntegerUnits,
    reduced: &mut ReducedProblem,
    goal: Option<i64>,
    clock: &SearchClock,
) -> Option<LinearRelaxation> {
    for _ in 0..MAX_TIGHTENINGS {
        let relaxed = solve_relaxation(units, reduced, goal, clock)?;
        let Some(goal) = goal else { return Some(relaxed) };
        let goal = goal as f64 - units.step as f64 * 0.05;
        if relaxed.at_most < goal {
            return None;
        }
        if clock.is_over() {
            return Some(relaxed);
        }
        let open: Vec<usize> = reduced.open_candidates().collect();
        let mut decided = false;
        for n in open {
            let gain = relaxed.candidate_gain(units, n);
            // With the opposite decision the bound would fall below the goal.
            if relaxed.at_most - gain.abs() < goal {
                reduced.decided[n] = Some(gain > 0.0);
                decided = true;
            }
        }
        if !decided {
            return Some(relaxed);
        }
        if !reduced.propagate_rules() {
            return None;
        }
    }
    solve_relaxation(units, reduced, goal, clock)
}
