//! Dynamic programming over the open candidates with dominance and bounds: one pass decides one candidate after the
//! other and holds all states that may still lead to a better selection, each with its cost, its points and the rules
//! that are pending. A state is removed when another with the same pending rules costs no more and has no fewer points,
//! and when its bound is below the goal (after G. Nemhauser and Z. Ullmann, *Discrete dynamic programming and capital
//! allocation*, 1969).

use super::integer_units::IntegerUnits;
use super::reduced_problem::{ConstraintRow, ReducedProblem};
use super::relaxation::LinearRelaxation;
use super::search_clock::SearchClock;
use std::cmp::Ordering;

/// The result of a pass.
pub struct PassResult {
    /// The best selections that reach the goal, each sorted.
    pub chosen: Vec<Vec<usize>>,
    /// The highest bound of a state that was dropped for lack of space; `None` when no state was dropped, and the pass
    /// is a proof.
    pub dropped_bound: Option<f64>,
}

/// The most states of a pass, and when it must end.
pub struct PassLimits<'c> {
    pub states: usize,
    pub clock: &'c SearchClock,
}

/// When time runs out, a pass is completed with this many states.
const LATE_STATES: usize = 300;
/// The most selections that a pass returns.
const MAX_SOLUTIONS: usize = 5;
/// Among states with nearly the same bound, those nearer to the budget are retained: this share of the price of the
/// difference counts.
const BUDGET_DISTANCE_WEIGHT: f64 = 1.0 / 16.0;

/// An open candidate, and the effect of a decision on the rules.
struct PassItem {
    candidate: usize,
    cost: i64,
    points: i64,
    worth: f64,
    /// Whether it is selected at the prices of the relaxation.
    taken_by_default: bool,
    mark_updates: Vec<MarkUpdate>,
}

/// The effect of a decision on a mark: each pending rule has one bit in the marks of a state.
#[derive(Clone, Copy)]
enum MarkUpdate {
    /// A member of an "at least one" rule; the last one must fulfil it.
    AtLeastOne { mark: usize, last: bool },
    /// A member of an "at most one" rule.
    AtMostOne { mark: usize, last: bool },
    /// The candidate of a "requires" rule that is decided first: sets the mark when decided as `when`.
    Open { mark: usize, when: bool },
    /// The candidate that is decided second: refused when the mark is set and it is decided as `refused`.
    Close { mark: usize, refused: bool },
}

/// The prices of money between which the decision on every later candidate stays the same.
#[derive(Clone, Copy)]
struct PriceInterval {
    low: f64,
    high: f64,
}

/// States as columns. Undecided candidates count as decided by default.
#[derive(Default)]
struct PassStates {
    cost: Vec<i64>,
    points: Vec<i64>,
    worth: Vec<f64>,
    /// For each state its marks, then one bit for each selected item.
    bits: Vec<u64>,
}

/// What all steps of a pass share.
struct StatePass {
    budget: i64,
    price: f64,
    goal: f64,
    marks: usize,
    width: usize,
}

/// One pass. Drops states whose bound is below `goal` (in units of points).
pub fn run_pass(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    relaxed: &LinearRelaxation,
    goal: i64,
    limits: &PassLimits<'_>,
) -> PassResult {
    let items = pass_items(units, reduced, relaxed);
    let between = price_intervals(&items, relaxed.price);
    let marks = reduced.rows.len().div_ceil(64);
    let pass = StatePass {
        budget: units.budget,
        price: relaxed.price,
        // Slightly below, for the rounding of the bounds.
        goal: goal as f64 - units.step as f64 * 0.05,
        marks,
        width: marks + items.len().div_ceil(64),
    };
    let mut states = PassStates::initial(units, reduced, relaxed, &items, pass.width);
    let mut dropped_bound: Option<f64> = None;
    let mut max_states = limits.states;
    for (n, item) in items.iter().enumerate() {
        if limits.clock.is_over() {
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

/// The open candidates; those whose decision changes with a small change of the price of money come first.
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

/// For each position in the list, the prices at which all items from there on are decided by default.
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
    /// The bound of a state: its worth, and its remaining budget (or its deficit) at the price that makes the bound
    /// smallest.
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
    /// The one state in which nothing is decided.
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
    /// Every state with the item and without it, except those below the goal and those that break a rule.
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

    /// The states that no other dominates, and at most `max_states` of them.
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
    /// Updates the mark; false when the decision breaks the rule.
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
