//! The set of interventions with the most points within a budget and under rules; what a larger budget would add, and
//! which interventions only a rule brings in.

use super::answer::QuestionAnswer;
use super::features::{AREAS, AREAS_FILTER, COLLECTION, FILTER, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::planning_question::PlanningQuestion;
use super::request::{CriterionWeights, QuestionRequest};
use crate::error::{Error, Result};

mod search_clock; // until when
mod problem; // candidates, budget, rules
mod feasibility; // whether the rules can hold, and at what cost
mod integer_units; // points and money as whole numbers
mod reduced_problem; // what the rules leave undecided
mod relaxation; // an upper bound
mod state_pass; // all states that may still be best
mod local_search; // exchanges that improve a selection
mod search; // the best selection
mod candidates; // what can be selected, and its points
mod rules; // the rules of the plan and the inputs
mod report; // the answer
#[cfg(test)]
mod tests;

use candidates::{CRITERIA, DEFAULT_WEIGHTS};
use problem::{PortfolioCandidate, PortfolioProblem, SolveOutcome};
use rules::{AT_LEAST_ONE, DEPENDS_ON, EXCLUSIVE, EXCLUSIVE_TESTS, MUST};
use search_clock::SearchClock;
use std::time::{Duration, Instant};

const BUDGET: QuestionInput = QuestionInput::required("budget", "Budget in euros", InputKind::Money);
const WEIGHTS: QuestionInput = QuestionInput::new(
    "weights",
    "Weights of the criteria; each criterion is scaled so that the best candidate has one point",
    InputKind::Weights { criteria: &CRITERIA, default: &DEFAULT_WEIGHTS },
);
pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "portfolio",
    title: "Portfolio within a budget",
    description: "Selects the set of interventions with the most points within a budget and under rules. Shows what 10 % more budget would add, and which interventions a rule forces. Programmes, which cover several interventions, are not selected.",
    inputs: &[
        COLLECTION,
        FILTER,
        BUDGET,
        WEIGHTS,
        AT_LEAST_ONE,
        DEPENDS_ON,
        EXCLUSIVE_TESTS,
        EXCLUSIVE,
        MUST,
        AREAS,
        AREAS_FILTER,
    ],
    answer: answer_portfolio,
};

/// The time limit of an answer, well below the deadline of a request. The answer says what is not proven by then.
const TIME_LIMIT: Duration = Duration::from_millis(4500);
/// The part of it for the selection; the rest is for the effects of rules and the larger budget.
const SELECTION_TIME_LIMIT: Duration = Duration::from_millis(2500);
/// The most candidates: more cannot be compared exactly within the time limit.
const MAX_CANDIDATES: usize = 1000;

fn answer_portfolio(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let start = Instant::now();
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    let budget = request.read_amount(&BUDGET)?.unwrap_or_default();
    let weights = request.read_weights(&WEIGHTS)?;
    let (entries, left_out) = candidates::select_candidates(&layer, &weights)?;
    if entries.len() > MAX_CANDIDATES {
        return Err(Error::TooLarge(format!(
            "This request has {} candidates; at most {MAX_CANDIDATES} candidates are allowed. Send a filter.",
            entries.len()
        )));
    }
    let rules = rules::read_rules(request, &layer, &entries)?;
    let candidates = entries.iter().map(|e| PortfolioCandidate { points: e.total_points(), cost: e.cost }).collect();
    let problem = PortfolioProblem { candidates, budget, rules };
    let reporter = report::PortfolioReporter {
        layer: &layer,
        entries: &entries,
        problem: &problem,
        clock: SearchClock::new(start + TIME_LIMIT, request.work),
    };
    let selection = SearchClock::new(start + SELECTION_TIME_LIMIT, request.work);
    let report = match search::find_best(&problem, None, &selection)? {
        SolveOutcome::Found(best) => reporter.report_solution(&best)?,
        SolveOutcome::Infeasible => reporter.report_conflict()?,
        SolveOutcome::TimedOut => reporter.report_timeout(),
    };
    let mut rules = common_rules(&weights);
    rules.extend(report.rules);
    Ok(QuestionAnswer { numbers: report.numbers, features: report.found, left_out, rules })
}

/// The rules of every answer.
fn common_rules(weights: &CriterionWeights) -> Vec<String> {
    let counted = CRITERIA.iter().filter(|c| weights.weight_of(c) > 0.0);
    let counted: Vec<String> = counted.map(|c| format!("{c} × {}", weights.weight_of(c))).collect();
    vec![
        format!(
            "The points of an intervention are the sum over its criteria: {}. Each criterion is scaled so that the best candidate has one point.",
            counted.join(", ")
        ),
        "interventions: 1 for each intervention. functions, objectives, pillars, types: the number of values it has. eu_share: the EU money in its cost. \
         ground: its area in square metres."
            .to_owned(),
        "Of all sets whose total cost is within the budget and that obey every rule, the one with the most points is selected. The search is exact; if it ends before the result is proven, the rules say so. \
         Interventions without a cost, and interventions that are completed, under way or abandoned, are not candidates and are listed."
            .to_owned(),
        "The cost of a whole programme covers several interventions that the plan also has, so it would be spent twice: programmes are not candidates and are \
         listed as programme_cost."
            .to_owned(),
    ]
}
