//! Improves a selection: exchanges candidates that no rule names, two for two, as long as that adds points within the
//! budget. It proves nothing, but fills a budget to the cent where points are proportional to costs, which is where the
//! exact search is slowest.

use super::integer_units::IntegerUnits;
use super::problem::PortfolioProblem;
use super::search_clock::SearchClock;

/// The exchange of one selected candidate, or none, for another, or none.
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

/// How many cheaper exchanges are tried when the best one cannot be combined with another.
const MAX_TRIED: usize = 4;

/// A selection with at least as many points, sorted, when the time is over at the latest.
pub fn improve_selection(
    problem: &PortfolioProblem,
    units: &IntegerUnits,
    chosen: &[usize],
    clock: &SearchClock,
) -> Vec<usize> {
    let mut free: Vec<bool> = units.costs.iter().map(|c| *c <= units.budget).collect();
    problem.rules.iter().flat_map(|r| r.demand.candidates()).for_each(|n| free[n] = false);
    // Start from the selection, and from those of its candidates that rules name.
    let bound = chosen.iter().copied().filter(|n| !free[*n]).collect();
    let starts = [chosen.to_vec(), bound];
    let ends = starts.map(|mut chosen: Vec<usize>| {
        fill_budget(units, &free, &mut chosen);
        while !clock.is_over()
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

/// Adds candidates that fit into the budget, the most points per cost first.
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

/// The two exchanges that together add the most points, if any do.
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
    // For each position in the list, which exchange up to there adds the most points.
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
