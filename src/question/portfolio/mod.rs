//! Which set of interventions gives most under this budget and these rules? And what would a little more money add, and which choice is
//! there only because a rule wants it?

use super::answer::Answer;
use super::choose::{AREAS, AREAS_FILTER, COLLECTION, Choice, FILTER};
use super::input::{Input, Kind, Weights};
use super::{Asked, Question, money};
use crate::error::{Error, Result};

mod entry; // what may be chosen, and what it is worth
mod rules; // what the plan and the inputs demand
mod solve; // the best choice, and whether there is one
mod search; // bounds, and rounds
mod units; // points and money as whole numbers
mod rest; // what the rules leave open
mod relax; // how much there can be at most
mod sweep; // all states that may still be best
mod polish; // exchanges that make a choice better
mod tell; // the numbers
#[cfg(test)]
mod tests;

use entry::{CRITERIA, DEFAULT};
use solve::{Candidate, Outcome, Problem};
use std::time::{Duration, Instant};

const BUDGET: Input = Input::required("budget", "How much may be spent, in euros", Kind::Money);
const WEIGHTS: Input = Input::new(
    "weights",
    "How much each criterion counts; each is scaled so that the best candidate has one point",
    Kind::Weights { criteria: &CRITERIA, default: &DEFAULT },
);
const AT_LEAST_ONE: Input = Input::new(
    "at_least_one",
    "For each property (objectives, functions, city …) or 'area': the values that need at least one intervention; an empty list stands for every value that a candidate has",
    Kind::Object(
        r#"{"type": "object", "maxProperties": 10, "additionalProperties": {"type": "array", "items": {"type": "string"}}}"#,
    ),
);
const DEPENDS_ON: Input = Input::new(
    "depends_on",
    "Whether an intervention is chosen only with those it depends on, unless these are completed or under way",
    Kind::Flag(true),
);
const EXCLUSIVE_TESTS: Input = Input::new(
    "exclusive_tests",
    "Whether an intervention and the action that tests it are kept from being chosen together",
    Kind::Flag(true),
);
const EXCLUSIVE: Input = Input::new(
    "exclusive",
    "Groups of interventions of which at most one is chosen, as lists of ids",
    Kind::Object(r#"{"type": "array", "maxItems": 100, "items": {"type": "array", "items": {"type": "string"}}}"#),
);
const MUST: Input = Input::new("must", "Interventions that are chosen in any case, by their ids", Kind::Words);

pub(super) const QUESTION: Question = Question {
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
    answer,
};

/// An answer takes no longer, well below the deadline of a request: what is not proven by then is said.
const TIME: Duration = Duration::from_millis(4500);
/// How much of it the choice itself gets; the rest is for the rules and the next 10 %.
const FOR_THE_CHOICE: Duration = Duration::from_millis(2500);
/// The most candidates: more cannot be weighed exactly while somebody waits.
const MAX_CANDIDATES: usize = 1000;

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let start = Instant::now();
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?;
    let budget = asked.money(&BUDGET)?.unwrap_or_default();
    let weights = asked.weights(&WEIGHTS)?;
    let (entries, left_out) = entry::entries(&choice, &weights)?;
    if entries.len() > MAX_CANDIDATES {
        return Err(Error::TooLarge(format!(
            "{} interventions are too many to weigh against each other: {MAX_CANDIDATES} are allowed. Ask for fewer with a filter.",
            entries.len()
        )));
    }
    let rules = rules::read(asked, &choice, &entries)?;
    let candidates = entries.iter().map(|e| Candidate { points: e.points(), cost: e.cost }).collect();
    let problem = Problem { candidates, budget, rules };
    let teller = tell::Teller { choice: &choice, entries: &entries, problem: &problem, until: start + TIME };
    let told = match problem.best(None, start + FOR_THE_CHOICE)? {
        Outcome::Found(best) => teller.best(&best)?,
        Outcome::Nothing => teller.clash()?,
        Outcome::Unknown => teller.unknown(),
    };
    let mut rules = said(&weights);
    rules.extend(told.rules);
    Ok(Answer { numbers: told.numbers, found: told.found, left_out, rules })
}

/// What holds for every answer.
fn said(weights: &Weights) -> Vec<String> {
    let counted = CRITERIA.iter().filter(|c| weights.of(c) > 0.0);
    let counted: Vec<String> = counted.map(|c| format!("{c} × {}", weights.of(c))).collect();
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
