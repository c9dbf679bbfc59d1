//! A good choice made better: what no rule speaks of is exchanged, two for two, as long as that gives more within the budget. No proof, but it fills
//! a budget to the cent where points follow costs, which is where the proof by states is hardest.

use super::integer_units::IntegerUnits;
use super::problem::PortfolioProblem;
use std::time::Instant;

/// One taken out, or nothing, for one put in, or nothing.
#[derive(Clone, Copy)]
struct CandidateExchange {
    out: Option<usize>,
    put: Option<usize>,
    cost: i64,
    points: i64,
}

impl CandidateExchange {
    fn is_disjoint(&self, other: &Self) -> bool {
        (self.out.is_none() || self.out != other.out) && (self.put.is_none() || self.put != other.put)
    }
}

/// How many of the cheaper exchanges are tried when the best one is not possible together with another.
const MAX_TRIED: usize = 4;

/// Never worth less than before, and no longer than until then; its candidates are in order.
pub fn improve_choice(
    problem: &PortfolioProblem,
    units: &IntegerUnits,
    chosen: &[usize],
    until: Instant,
) -> Vec<usize> {
    let mut free: Vec<bool> = units.costs.iter().map(|c| *c <= units.budget).collect();
    problem.rules.iter().flat_map(|r| r.demand.candidates()).for_each(|n| free[n] = false);
    // From the choice as it is, and from nothing but what the rules speak of.
    let bound = chosen.iter().copied().filter(|n| !free[*n]).collect();
    let starts = [chosen.to_vec(), bound];
    let ends = starts.map(|mut chosen: Vec<usize>| {
        fill_budget(units, &free, &mut chosen);
        while Instant::now() < until
            && let Some(better) = find_best_exchanges(units, &free, &chosen)
        {
            for exchange in better {
                chosen.retain(|n| Some(*n) != exchange.out);
                chosen.extend(exchange.put);
            }
            chosen.sort_unstable();
        }
        chosen
    });
    ends.into_iter().max_by_key(|chosen| units.sum_points(chosen)).unwrap_or_default()
}

/// Adds what fits, the most points for its money first.
fn fill_budget(units: &IntegerUnits, free: &[bool], chosen: &mut Vec<usize>) {
    let mut left = units.budget - chosen.iter().map(|n| units.costs[*n]).sum::<i64>();
    let mut more: Vec<usize> =
        (0..free.len()).filter(|n| free[*n] && units.points[*n] > 0 && !chosen.contains(n)).collect();
    let rate = |n: &usize| units.points[*n] as f64 / units.costs[*n].max(1) as f64;
    more.sort_by(|a, b| rate(b).total_cmp(&rate(a)));
    for n in more {
        if units.costs[n] <= left {
            left -= units.costs[n];
            chosen.push(n);
        }
    }
    chosen.sort_unstable();
}

/// The two exchanges that together give most, if they give anything.
fn find_best_exchanges(units: &IntegerUnits, free: &[bool], chosen: &[usize]) -> Option<[CandidateExchange; 2]> {
    let left = units.budget - chosen.iter().map(|n| units.costs[*n]).sum::<i64>();
    let (inside, outside): (Vec<_>, Vec<_>) =
        (0..free.len()).filter(|n| free[*n]).partition(|n| chosen.binary_search(n).is_ok());
    let or_none = |of: Vec<usize>| of.into_iter().map(Some).chain([None]).collect::<Vec<_>>();
    let (inside, outside) = (or_none(inside), or_none(outside));
    let of = |n: Option<usize>, values: &[i64]| n.map_or(0, |n| values[n]);
    let mut exchanges: Vec<CandidateExchange> = inside
        .iter()
        .flat_map(|out| outside.iter().map(|put| (*out, *put)))
        .map(|(out, put)| CandidateExchange {
            out,
            put,
            cost: of(put, &units.costs) - of(out, &units.costs),
            points: of(put, &units.points) - of(out, &units.points),
        })
        .collect();
    exchanges.sort_unstable_by_key(|e| (e.cost, e.points));
    // For each place in the list, which one up to there gives most.
    let mut most: Vec<usize> = Vec::with_capacity(exchanges.len());
    for (n, e) in exchanges.iter().enumerate() {
        let before = most.last().copied().filter(|b| exchanges[*b].points > e.points);
        most.push(before.unwrap_or(n));
    }
    let mut best: Option<(i64, [usize; 2])> = None;
    let mut end = exchanges.len();
    for (n, one) in exchanges.iter().enumerate() {
        while end > 0 && exchanges[end - 1].cost + one.cost > left {
            end -= 1;
        }
        let mut at = end;
        for _ in 0..MAX_TRIED {
            let Some(other) = at.checked_sub(1).map(|a| most[a]) else { break };
            let points = one.points + exchanges[other].points;
            if points <= best.map_or(0, |b| b.0) {
                break;
            }
            if one.is_disjoint(&exchanges[other]) {
                best = Some((points, [n, other]));
                break;
            }
            at = other;
        }
    }
    best.map(|(_, pair)| pair.map(|n| exchanges[n]))
}
