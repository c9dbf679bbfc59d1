//! The best choice, exactly: bound it from above by the linear relaxation, settle every candidate that the bound settles, and try what is left. Each
//! round has more room than the one before, and starts from the best choice known.

use super::polish::polish;
use super::relax::{Relaxed, relax};
use super::rest::Rest;
use super::solve::{Best, Outcome, Problem};
use super::sweep::{Room, sweep};
use super::units::Units;
use crate::error::Result;
use std::time::Instant;

/// States of a pass, round by round.
const ROOMS: [usize; 4] = [500, 5_000, 50_000, 250_000];
/// The most words of bits that the states of a pass take together.
const MOST_WORDS: usize = 4_000_000;
/// How often settled candidates are followed by a new relaxation.
const TIGHTENED: usize = 4;

/// Searches until that time. `known` is a choice that obeys everything: nothing worse is found.
pub fn search(problem: &Problem, known: Option<&Best>, until: Instant) -> Result<Outcome> {
    let units = Units::of(problem);
    let mut found = known.cloned();
    let proven = |found: Option<Best>| match found {
        Some(best) => Outcome::Found(Best { proven: true, at_most: best.points, ..best }),
        None => Outcome::Nothing,
    };
    let Some(mut rest) = Rest::of(problem, &units) else { return Ok(proven(found)) };
    let mut at_most = f64::INFINITY;
    for states in ROOMS {
        let goal = found.as_ref().map(|best| units.sum(&best.chosen) + units.step);
        let Some(relaxed) = tighten(&units, &mut rest, goal, until) else { return Ok(proven(found)) };
        at_most = at_most.min(relaxed.at_most * units.unit);
        let width = rest.rows.len() / 64 + rest.open().count() / 64 + 2;
        let room = Room { states: states.min(MOST_WORDS / width), until };
        let swept = sweep(&units, &rest, &relaxed, goal.unwrap_or(i64::MIN / 2), &room);
        let polished = swept.chosen.iter().map(|chosen| polish(problem, &units, chosen, until));
        if let Some(chosen) = polished.max_by_key(|chosen| units.sum(chosen)) {
            found = Some(problem.choice(chosen));
        }
        let Some(let_go) = swept.let_go else { return Ok(proven(found)) };
        at_most = at_most.min(found.as_ref().map_or(f64::NEG_INFINITY, |b| b.points).max(let_go * units.unit));
        if found.is_none() {
            // Any choice that obeys is a start.
            match problem.cheapest(halfway(until))? {
                Outcome::Found(some) => found = Some(problem.choice(polish(problem, &units, &some.chosen, until))),
                Outcome::Nothing => return Ok(Outcome::Nothing),
                Outcome::Unknown => {}
            }
        }
        if Instant::now() > until {
            break;
        }
    }
    Ok(match found {
        Some(best) => Outcome::Found(Best { proven: false, at_most: at_most.max(best.points), ..best }),
        None => Outcome::Unknown,
    })
}

fn halfway(until: Instant) -> Instant {
    let now = Instant::now();
    now + until.saturating_duration_since(now) / 2
}

/// Settles what can be settled; `None` when no choice reaches the goal.
fn tighten(units: &Units, rest: &mut Rest, goal: Option<i64>, until: Instant) -> Option<Relaxed> {
    for _ in 0..TIGHTENED {
        let relaxed = relax(units, rest, goal, until)?;
        let Some(goal) = goal else { return Some(relaxed) };
        let goal = goal as f64 - units.step as f64 * 0.05;
        if relaxed.at_most < goal {
            return None;
        }
        if Instant::now() > until {
            return Some(relaxed);
        }
        let open: Vec<usize> = rest.open().collect();
        let mut settled = false;
        for n in open {
            let gain = relaxed.gain(units, n);
            // The other way round, the bound falls below the goal.
            if relaxed.at_most - gain.abs() < goal {
                rest.decided[n] = Some(gain > 0.0);
                settled = true;
            }
        }
        if !settled {
            return Some(relaxed);
        }
        if !rest.settle() {
            return None;
        }
    }
    relax(units, rest, goal, until)
}
