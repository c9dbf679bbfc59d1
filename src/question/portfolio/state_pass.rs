//! One pass over the open candidates, one after the other, with all states that may still lead to a better choice: what was spent, what it is
//! worth, and which rules are waiting. Of two states with the same rules waiting, the one that costs no less and is worth no more goes; so does each
//! whose bound is below the goal.

use super::integer_units::IntegerUnits;
use super::reduced_problem::{ConstraintRow, ReducedProblem};
use super::relaxation::LinearRelaxation;
use std::cmp::Ordering;
use std::time::Instant;

/// What a pass found.
pub struct PassResult {
    /// The best choices with at least the goal, each with its candidates in order.
    pub chosen: Vec<Vec<usize>>,
    /// The highest bound of a state that was let go for want of room; `None` when none was, and the pass is a proof.
    pub dropped_bound: Option<f64>,
}

/// How wide a pass may get, and how long it may take.
pub struct PassLimits {
    pub states: usize,
    pub until: Instant,
}

/// When time is up, a pass ends with this many states.
const LATE_STATES: usize = 300;
/// So many choices are handed on.
const MAX_SOLUTIONS: usize = 5;
/// Of states with nearly the same bound, those that are nearer to the budget are kept: so much of the price of the difference counts.
const BUDGET_DISTANCE_WEIGHT: f64 = 1.0 / 16.0;

/// An open candidate, and what taking it does to the rules.
struct PassItem {
    candidate: usize,
    cost: i64,
    points: i64,
    worth: f64,
    /// Whether it is taken at the prices of the relaxation.
    taken_by_default: bool,
    mark_updates: Vec<MarkUpdate>,
}

/// What a decision does to a mark: marks tell the states of waiting rules apart.
#[derive(Clone, Copy)]
enum MarkUpdate {
    /// A member of "at least one"; the last one has to see to it.
    AtLeastOne { mark: usize, last: bool },
    /// A member of "at most one".
    AtMostOne { mark: usize, last: bool },
    /// The first end of "only with": marked when decided so.
    Open { mark: usize, when: bool },
    /// The other end: refused when marked and decided so.
    Close { mark: usize, refused: bool },
}

/// Prices of money between which no candidate from here on changes its mind.
#[derive(Clone, Copy)]
struct PriceInterval {
    low: f64,
    high: f64,
}

/// States side by side. Candidates still to come count as usual.
#[derive(Default)]
struct PassStates {
    cost: Vec<i64>,
    points: Vec<i64>,
    worth: Vec<f64>,
    /// For each state: its marks, then which items are taken.
    bits: Vec<u64>,
}

/// Shared by all steps of a pass.
struct StatePass {
    budget: i64,
    price: f64,
    goal: f64,
    marks: usize,
    width: usize,
}

/// One pass. States below `goal` (units of points) are not followed.
pub fn run_pass(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    relaxed: &LinearRelaxation,
    goal: i64,
    limits: &PassLimits,
) -> PassResult {
    let items = pass_items(units, reduced, relaxed);
    let between = price_intervals(&items, relaxed.price);
    let marks = reduced.rows.len().div_ceil(64);
    let pass = StatePass {
        budget: units.budget,
        price: relaxed.price,
        // A hair below, for the rounding of the bounds.
        goal: goal as f64 - units.step as f64 * 0.05,
        marks,
        width: marks + items.len().div_ceil(64),
    };
    let mut states = PassStates::initial(units, reduced, relaxed, &items, pass.width);
    let mut dropped_bound: Option<f64> = None;
    let mut max_states = limits.states;
    for (n, item) in items.iter().enumerate() {
        if Instant::now() > limits.until {
            max_states = max_states.min(LATE_STATES);
        }
        let next = pass.branch_states(&states, n, item, between[n + 1]);
        states = pass.prune_states(&next, max_states, between[n + 1], &mut dropped_bound);
    }
    let mut ends: Vec<usize> =
        (0..states.len()).filter(|s| states.cost[*s] <= pass.budget && states.points[*s] >= goal).collect();
    ends.sort_unstable_by_key(|s| (-states.points[*s], states.cost[*s]));
    ends.truncate(MAX_SOLUTIONS);
    let choice = |s: usize| {
        let bits = &states.bits[s * pass.width + pass.marks..(s + 1) * pass.width];
        let taken = items.iter().enumerate().filter(|(n, _)| bits[n / 64] >> (n % 64) & 1 == 1);
        let mut chosen: Vec<usize> = reduced.taken_candidates().chain(taken.map(|(_, i)| i.candidate)).collect();
        chosen.sort_unstable();
        chosen
    };
    let chosen = ends.into_iter().map(choice).collect();
    PassResult { chosen, dropped_bound }
}

/// The open candidates, those first that a small change of the price of money decides otherwise.
fn pass_items(units: &IntegerUnits, reduced: &ReducedProblem, relaxed: &LinearRelaxation) -> Vec<PassItem> {
    let mut items: Vec<PassItem> = reduced
        .open_candidates()
        .map(|n| PassItem {
            candidate: n,
            cost: units.costs[n],
            points: units.points[n],
            worth: relaxed.worth[n],
            taken_by_default: relaxed.candidate_gain(units, n) > 0.0,
            mark_updates: vec![],
        })
        .collect();
    let far = |i: &PassItem| {
        if i.cost == 0 { f64::INFINITY } else { (i.worth / i.cost as f64 - relaxed.price).abs() }
    };
    items.sort_by(|a, b| far(a).total_cmp(&far(b)).then(a.candidate.cmp(&b.candidate)));
    let mut at = vec![usize::MAX; units.points.len()];
    items.iter().enumerate().for_each(|(i, item)| at[item.candidate] = i);
    for (mark, row) in reduced.rows.iter().enumerate() {
        match row {
            ConstraintRow::AtLeastOne(of) | ConstraintRow::AtMostOne(of) => {
                let last = of.iter().map(|n| at[*n]).max();
                for i in of.iter().map(|n| at[*n]) {
                    let last = last == Some(i);
                    let any = matches!(row, ConstraintRow::AtLeastOne(_));
                    items[i].mark_updates.push(if any {
                        MarkUpdate::AtLeastOne { mark, last }
                    } else {
                        MarkUpdate::AtMostOne { mark, last }
                    });
                }
            }
            ConstraintRow::Requires(one, other) => {
                let (one, other) = (at[*one], at[*other]);
                if one < other {
                    items[one].mark_updates.push(MarkUpdate::Open { mark, when: true });
                    items[other].mark_updates.push(MarkUpdate::Close { mark, refused: false });
                } else {
                    items[other].mark_updates.push(MarkUpdate::Open { mark, when: false });
                    items[one].mark_updates.push(MarkUpdate::Close { mark, refused: true });
                }
            }
        }
    }
    items
}

/// For each place in the list, the prices at which all from there on are decided as usual.
fn price_intervals(items: &[PassItem], price: f64) -> Vec<PriceInterval> {
    let mut at = PriceInterval { low: 0.0, high: f64::INFINITY };
    let mut list = vec![at];
    for item in items.iter().rev() {
        let turn = item.worth / item.cost as f64;
        if item.cost != 0 && (item.cost > 0) == item.taken_by_default {
            at.high = at.high.min(turn.max(price));
        } else if item.cost != 0 {
            at.low = at.low.max(turn.min(price));
        }
        list.push(at);
    }
    list.reverse();
    list
}

impl PriceInterval {
    /// The bound of a state: its worth, and its money or debt at the price that is worst for it.
    fn upper_bound(self, worth: f64, left: i64) -> f64 {
        match left.cmp(&0) {
            Ordering::Equal => worth,
            Ordering::Greater => worth + self.low * left as f64,
            Ordering::Less if self.high == f64::INFINITY => f64::NEG_INFINITY,
            Ordering::Less => worth + self.high * left as f64,
        }
    }
}

impl PassStates {
    /// Nothing decided yet.
    fn initial(
        units: &IntegerUnits,
        reduced: &ReducedProblem,
        relaxed: &LinearRelaxation,
        items: &[PassItem],
        width: usize,
    ) -> Self {
        let default_items = || items.iter().filter(|i| i.taken_by_default);
        Self {
            cost: vec![reduced.taken_candidates().map(|n| units.costs[n]).chain(default_items().map(|i| i.cost)).sum()],
            points: vec![
                reduced.taken_candidates().map(|n| units.points[n]).chain(default_items().map(|i| i.points)).sum(),
            ],
            worth: vec![relaxed.base + default_items().map(|i| i.worth).sum::<f64>()],
            bits: vec![0; width],
        }
    }

    fn len(&self) -> usize {
        self.cost.len()
    }
}

impl StatePass {
    /// Every state with the item and without it.
    fn branch_states(&self, states: &PassStates, n: usize, item: &PassItem, between: PriceInterval) -> PassStates {
        let mut next = PassStates::default();
        for s in 0..states.len() {
            for taken in [item.taken_by_default, !item.taken_by_default] {
                let (mut cost, mut points, mut worth) = (states.cost[s], states.points[s], states.worth[s]);
                if taken != item.taken_by_default {
                    let sign = if taken { 1 } else { -1 };
                    cost += sign * item.cost;
                    points += sign * item.points;
                    worth += sign as f64 * item.worth;
                }
                if between.upper_bound(worth, self.budget - cost) < self.goal {
                    continue;
                }
                let start = next.bits.len();
                next.bits.extend_from_slice(&states.bits[s * self.width..(s + 1) * self.width]);
                let bits = &mut next.bits[start..];
                if !item.mark_updates.iter().all(|m| m.apply(bits, taken)) {
                    next.bits.truncate(start);
                    continue;
                }
                if taken {
                    bits[self.marks + n / 64] |= 1 << (n % 64);
                }
                next.cost.push(cost);
                next.points.push(points);
                next.worth.push(worth);
            }
        }
        next
    }

    /// Without those that another makes useless, and at most so many.
    fn prune_states(
        &self,
        states: &PassStates,
        max_states: usize,
        between: PriceInterval,
        dropped_bound: &mut Option<f64>,
    ) -> PassStates {
        let marks = |s: usize| &states.bits[s * self.width..s * self.width + self.marks];
        let mut order: Vec<usize> = (0..states.len()).collect();
        order.sort_unstable_by(|a, b| {
            let by_marks = marks(*a).cmp(marks(*b));
            by_marks.then(states.cost[*a].cmp(&states.cost[*b])).then(states.points[*b].cmp(&states.points[*a]))
        });
        let mut last: Option<usize> = None;
        order.retain(|s| {
            let useful = last.is_none_or(|l| marks(l) != marks(*s) || states.points[*s] > states.points[l]);
            last = if useful { Some(*s) } else { last };
            useful
        });
        if order.len() > max_states {
            let bound = |s: usize| between.upper_bound(states.worth[s], self.budget - states.cost[s]);
            let score = |s: usize| {
                let off = (self.budget - states.cost[s]).unsigned_abs() as f64;
                bound(s) - off * self.price * BUDGET_DISTANCE_WEIGHT
            };
            order.select_nth_unstable_by(max_states, |a, b| score(*b).total_cmp(&score(*a)));
            let best = order[max_states..].iter().map(|s| bound(*s)).fold(f64::NEG_INFINITY, f64::max);
            *dropped_bound = Some(dropped_bound.map_or(best, |l| l.max(best)));
            order.truncate(max_states);
        }
        let mut pruned = PassStates::default();
        for s in order {
            pruned.cost.push(states.cost[s]);
            pruned.points.push(states.points[s]);
            pruned.worth.push(states.worth[s]);
            pruned.bits.extend_from_slice(&states.bits[s * self.width..(s + 1) * self.width]);
        }
        pruned
    }
}

impl MarkUpdate {
    /// Makes the mark; false when the decision is refused.
    fn apply(self, bits: &mut [u64], taken: bool) -> bool {
        let (Self::AtLeastOne { mark, .. }
        | Self::AtMostOne { mark, .. }
        | Self::Open { mark, .. }
        | Self::Close { mark, .. }) = self;
        let (word, bit) = (mark / 64, 1_u64 << (mark % 64));
        let marked = bits[word] & bit != 0;
        let (holds, marks) = match self {
            Self::AtLeastOne { last, .. } => (!last || marked || taken, !last && (marked || taken)),
            Self::AtMostOne { last, .. } => (!(marked && taken), !last && (marked || taken)),
            Self::Open { when, .. } => (true, taken == when),
            Self::Close { refused, .. } => (!(marked && taken == refused), false),
        };
        bits[word] = if marks { bits[word] | bit } else { bits[word] & !bit };
        holds
    }
}
