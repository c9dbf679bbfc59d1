//! Which set of interventions gives most under this budget and these rules? And what would a little more money add, and which choice is
//! there only because a rule wants it?

use super::answer::QuestionAnswer;
use super::features::{AREAS, AREAS_FILTER, COLLECTION, FILTER, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::planning_question::PlanningQuestion;
use super::request::{CriterionWeights, QuestionRequest};
use crate::error::{Error, Result};

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
use std::time::{Duration, Instant};

const BUDGET: QuestionInput = QuestionInput::required("budget", "How much may be spent, in euros", InputKind::Money);
const WEIGHTS: QuestionInput = QuestionInput::new(
    "weights",
    "How much each criterion counts; each is scaled so that the best candidate has one point",
    InputKind::Weights { criteria: &CRITERIA, default: &DEFAULT_WEIGHTS },
);
pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "portfolio",
    title: "The best choice under a budget",
    description: "Which set of interventions (programmes, which stand for several, aside) gives most under this budget and these rules, what would the next 10 % of budget add, and which choice is forced by which rule?",
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

/// An answer takes no longer, well below the deadline of a request: what is not proven by then is said.
const TIME_LIMIT: Duration = Duration::from_millis(4500);
/// How much of it the choice itself gets; the rest is for the rules and the next 10 %.
const SELECTION_TIME_LIMIT: Duration = Duration::from_millis(2500);
/// The most candidates: more cannot be weighed exactly while somebody waits.
const MAX_CANDIDATES: usize = 1000;

fn answer_portfolio(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let start = Instant::now();
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?;
    let budget = request.read_amount(&BUDGET)?.unwrap_or_default();
    let weights = request.read_weights(&WEIGHTS)?;
    let (entries, left_out) = candidates::select_candidates(&choice, &weights)?;
    if entries.len() > MAX_CANDIDATES {
        return Err(Error::TooLarge(format!(
            "{} interventions are too many to weigh against each other: {MAX_CANDIDATES} are allowed. Ask for fewer with a filter.",
            entries.len()
        )));
    }
    let rules = rules::read_rules(request, &choice, &entries)?;
    let candidates = entries.iter().map(|e| PortfolioCandidate { points: e.total_points(), cost: e.cost }).collect();
    let problem = PortfolioProblem { candidates, budget, rules };
    let reporter =
        report::PortfolioReporter { choice: &choice, entries: &entries, problem: &problem, until: start + TIME_LIMIT };
    let report = match search::find_best(&problem, None, start + SELECTION_TIME_LIMIT)? {
        SolveOutcome::Found(best) => reporter.report_solution(&best)?,
        SolveOutcome::Infeasible => reporter.report_conflict()?,
        SolveOutcome::TimedOut => reporter.report_timeout(),
    };
    let mut rules = common_rules(&weights);
    rules.extend(report.rules);
    Ok(QuestionAnswer { numbers: report.numbers, features: report.found, left_out, rules })
}

/// What holds for every answer.
fn common_rules(weights: &CriterionWeights) -> Vec<String> {
    let counted = CRITERIA.iter().filter(|c| weights.weight_of(c) > 0.0);
    let counted: Vec<String> = counted.map(|c| format!("{c} × {}", weights.weight_of(c))).collect();
    vec![
        format!(
            "An intervention is worth the sum of its criteria: {}. Each is scaled so that the candidate with most of it has one point.",
            counted.join(", ")
        ),
        "interventions: one for each. functions, objectives, pillars, types: how many it serves. eu_share: the EU money in its cost. ground: square \
         metres of its place."
            .to_owned(),
        "Of all sets whose costs together stay within the budget and that obey every rule, the one with most points is chosen; the search is exact, and where its time was too short for the proof, that is said. \
         Interventions that state no cost, and those completed, under way or abandoned, are no candidates and are listed."
            .to_owned(),
        "The sum of a whole programme stands for several actions that are in the plan themselves, and would be spent twice beside them: programmes are no candidates and are \
         listed as programme_cost."
            .to_owned(),
    ]
}
