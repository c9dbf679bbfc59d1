//! One pass over the open candidates, one after the other, with all states that may still lead to a better choice: what was spent, what it is
//! worth, and which rules are waiting. Of two states with the same rules waiting, the one that costs no less and is worth no more goes; so does each
//! whose bound is below the goal.

use super::relax::Relaxed;
use super::rest::{Rest, Row};
use super::units::Units;
use std::cmp::Ordering;
use std::time::Instant;

/// What a pass found.
pub struct Swept {
    /// The best choices with at least the goal, each with its candidates in order.
    pub chosen: Vec<Vec<usize>>,
    /// The highest bound of a state that was let go for want of room; `None` when none was, and the pass is a proof.
    pub let_go: Option<f64>,
}

/// How wide a pass may get, and how long it may take.
pub struct Room {
    pub states: usize,
    pub until: Instant,
}

/// When time is up, a pass ends with this many states.
const HURRIED: usize = 300;
/// So many choices are handed on.
const ENDS: usize = 5;
/// Of states with nearly the same bound, those that are nearer to the budget are kept: so much of the price of the difference counts.
const NEARNESS: f64 = 1.0 / 16.0;

/// An open candidate, and what taking it does to the rules.
struct Item {
    candidate: usize,
    cost: i64,
    points: i64,
    worth: f64,
    /// Whether it is taken at the prices of the relaxation.
    usual: bool,
    moves: Vec<Move>,
}

/// What a decision does to a mark: marks tell the states of waiting rules apart.
#[derive(Clone, Copy)]
enum Move {
    /// A member of "at least one"; the last one has to see to it.
    Any { mark: usize, last: bool },
    /// A member of "at most one".
    One { mark: usize, last: bool },
    /// The first end of "only with": marked when decided so.
    Open { mark: usize, when: bool },
    /// The other end: refused when marked and decided so.
    Close { mark: usize, refused: bool },
}

/// Prices of money between which no candidate from here on changes its mind.
#[derive(Clone, Copy)]
struct Between {
    low: f64,
    high: f64,
}

/// States side by side. Candidates still to come count as usual.
#[derive(Default)]
struct States {
    cost: Vec<i64>,
    points: Vec<i64>,
    worth: Vec<f64>,
    /// For each state: its marks, then which items are taken.
    bits: Vec<u64>,
}

/// Shared by all steps of a pass.
struct Pass {
    budget: i64,
    price: f64,
    goal: f64,
    marks: usize,
    width: usize,
}

/// One pass. States below `goal` (units of points) are not followed.
pub fn sweep(units: &Units, rest: &Rest, relaxed: &Relaxed, goal: i64, room: &Room) -> Swept {
    let items = items(units, rest, relaxed);
    let between = between(&items, relaxed.price);
    let marks = rest.rows.len().div_ceil(64);
    let pass = Pass {
        budget: units.budget,
        price: relaxed.price,
        // A hair below, for the rounding of the bounds.
        goal: goal as f64 - units.step as f64 * 0.05,
        marks,
        width: marks + items.len().div_ceil(64),
    };
    let mut states = States::first(units, rest, relaxed, &items, pass.width);
    let mut let_go: Option<f64> = None;
    let mut wide = room.states;
    for (n, item) in items.iter().enumerate() {
        if Instant::now() > room.until {
            wide = wide.min(HURRIED);
        }
        let next = pass.decide(&states, n, item, between[n + 1]);
        states = pass.thin(&next, wide, between[n + 1], &mut let_go);
    }
    let mut ends: Vec<usize> =
        (0..states.len()).filter(|s| states.cost[*s] <= pass.budget && states.points[*s] >= goal).collect();
    ends.sort_unstable_by_key(|s| (-states.points[*s], states.cost[*s]));
    ends.truncate(ENDS);
    let choice = |s: usize| {
        let bits = &states.bits[s * pass.width + pass.marks..(s + 1) * pass.width];
        let taken = items.iter().enumerate().filter(|(n, _)| bits[n / 64] >> (n % 64) & 1 == 1);
        let mut chosen: Vec<usize> = rest.taken().chain(taken.map(|(_, i)| i.candidate)).collect();
        chosen.sort_unstable();
        chosen
    };
    let chosen = ends.into_iter().map(choice).collect();
    Swept { chosen, let_go }
}

/// The open candidates, those first that a small change of the price of money decides otherwise.
fn items(units: &Units, rest: &Rest, relaxed: &Relaxed) -> Vec<Item> {
    let mut items: Vec<Item> = rest
        .open()
        .map(|n| Item {
            candidate: n,
            cost: units.costs[n],
            points: units.points[n],
            worth: relaxed.worth[n],
            usual: relaxed.gain(units, n) > 0.0,
            moves: vec![],
        })
        .collect();
    let far = |i: &Item| {
        if i.cost == 0 { f64::INFINITY } else { (i.worth / i.cost as f64 - relaxed.price).abs() }
    };
    items.sort_by(|a, b| far(a).total_cmp(&far(b)).then(a.candidate.cmp(&b.candidate)));
    let mut at = vec![usize::MAX; units.points.len()];
    items.iter().enumerate().for_each(|(i, item)| at[item.candidate] = i);
    for (mark, row) in rest.rows.iter().enumerate() {
        match row {
            Row::Any(of) | Row::One(of) => {
                let last = of.iter().map(|n| at[*n]).max();
                for i in of.iter().map(|n| at[*n]) {
                    let last = last == Some(i);
                    let any = matches!(row, Row::Any(_));
                    items[i].moves.push(if any { Move::Any { mark, last } } else { Move::One { mark, last } });
                }
            }
            Row::With(one, other) => {
                let (one, other) = (at[*one], at[*other]);
                if one < other {
                    items[one].moves.push(Move::Open { mark, when: true });
                    items[other].moves.push(Move::Close { mark, refused: false });
                } else {
                    items[other].moves.push(Move::Open { mark, when: false });
                    items[one].moves.push(Move::Close { mark, refused: true });
                }
            }
        }
    }
    items
}

/// For each place in the list, the prices at which all from there on are decided as usual.
fn between(items: &[Item], price: f64) -> Vec<Between> {
    let mut at = Between { low: 0.0, high: f64::INFINITY };
    let mut list = vec![at];
    for item in items.iter().rev() {
        let turn = item.worth / item.cost as f64;
        if item.cost != 0 && (item.cost > 0) == item.usual {
            at.high = at.high.min(turn.max(price));
        } else if item.cost != 0 {
            at.low = at.low.max(turn.min(price));
        }
        list.push(at);
    }
    list.reverse();
    list
}

impl Between {
    /// The bound of a state: its worth, and its money or debt at the price that is worst for it.
    fn bound(self, worth: f64, left: i64) -> f64 {
        match left.cmp(&0) {
            Ordering::Equal => worth,
            Ordering::Greater => worth + self.low * left as f64,
            Ordering::Less if self.high == f64::INFINITY => f64::NEG_INFINITY,
            Ordering::Less => worth + self.high * left as f64,
        }
    }
}

impl States {
    /// Nothing decided yet.
    fn first(units: &Units, rest: &Rest, relaxed: &Relaxed, items: &[Item], width: usize) -> Self {
        let usual = || items.iter().filter(|i| i.usual);
        Self {
            cost: vec![rest.taken().map(|n| units.costs[n]).chain(usual().map(|i| i.cost)).sum()],
            points: vec![rest.taken().map(|n| units.points[n]).chain(usual().map(|i| i.points)).sum()],
            worth: vec![relaxed.base + usual().map(|i| i.worth).sum::<f64>()],
            bits: vec![0; width],
        }
    }

    fn len(&self) -> usize {
        self.cost.len()
    }
}

impl Pass {
    /// Every state with the item and without it.
    fn decide(&self, states: &States, n: usize, item: &Item, between: Between) -> States {
        let mut next = States::default();
        for s in 0..states.len() {
            for taken in [item.usual, !item.usual] {
                let (mut cost, mut points, mut worth) = (states.cost[s], states.points[s], states.worth[s]);
                if taken != item.usual {
                    let sign = if taken { 1 } else { -1 };
                    cost += sign * item.cost;
                    points += sign * item.points;
                    worth += sign as f64 * item.worth;
                }
                if between.bound(worth, self.budget - cost) < self.goal {
                    continue;
                }
                let start = next.bits.len();
                next.bits.extend_from_slice(&states.bits[s * self.width..(s + 1) * self.width]);
                let bits = &mut next.bits[start..];
                if !item.moves.iter().all(|m| m.make(bits, taken)) {
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
    fn thin(&self, states: &States, wide: usize, between: Between, let_go: &mut Option<f64>) -> States {
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
        if order.len() > wide {
            let bound = |s: usize| between.bound(states.worth[s], self.budget - states.cost[s]);
            let score = |s: usize| {
                let off = (self.budget - states.cost[s]).unsigned_abs() as f64;
                bound(s) - off * self.price * NEARNESS
            };
            order.select_nth_unstable_by(wide, |a, b| score(*b).total_cmp(&score(*a)));
            let best = order[wide..].iter().map(|s| bound(*s)).fold(f64::NEG_INFINITY, f64::max);
            *let_go = Some(let_go.map_or(best, |l| l.max(best)));
            order.truncate(wide);
        }
        let mut kept = States::default();
        for s in order {
            kept.cost.push(states.cost[s]);
            kept.points.push(states.points[s]);
            kept.worth.push(states.worth[s]);
            kept.bits.extend_from_slice(&states.bits[s * self.width..(s + 1) * self.width]);
        }
        kept
    }
}

impl Move {
    /// Makes the mark; false when the decision is refused.
    fn make(self, bits: &mut [u64], taken: bool) -> bool {
        let (Self::Any { mark, .. } | Self::One { mark, .. } | Self::Open { mark, .. } | Self::Close { mark, .. }) =
            self;
        let (word, bit) = (mark / 64, 1_u64 << (mark % 64));
        let marked = bits[word] & bit != 0;
        let (holds, marks) = match self {
            Self::Any { last, .. } => (!last || marked || taken, !last && (marked || taken)),
            Self::One { last, .. } => (!(marked && taken), !last && (marked || taken)),
            Self::Open { when, .. } => (true, taken == when),
            Self::Close { refused, .. } => (!(marked && taken == refused), false),
        };
        bits[word] = if marks { bits[word] | bit } else { bits[word] & !bit };
        holds
    }
}
