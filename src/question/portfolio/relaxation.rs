//! An upper bound on the points of any selection. Money and rules get prices from the dual of the linear relaxation
//! (microlp). By Lagrangian relaxation (A. Geoffrion, *Lagrangean relaxation for integer programming*, 1974) any prices
//! give a valid bound, so rounding in the solver can make the bound looser but never wrong.

use super::integer_units::IntegerUnits;
use super::reduced_problem::{ConstraintRow, ReducedProblem};
use super::search_clock::SearchClock;
use microlp::{ComparisonOp, Error, LinearExpr, OptimizationDirection, Problem};
use std::time::Duration;

/// The bound, and the value of each open candidate at the prices of the rules.
pub struct LinearRelaxation {
    /// The upper bound, in units of points.
    pub at_most: f64,
    /// The price of one unit of money, in units of points.
    pub price: f64,
    /// By candidate: its points less the prices of its rules; zero for decided candidates.
    pub worth: Vec<f64>,
    /// The bound without the open candidates and without the price of money.
    pub base: f64,
}

impl LinearRelaxation {
    /// What an open candidate adds to the bound if it is selected.
    pub fn candidate_gain(&self, units: &IntegerUnits, n: usize) -> f64 {
        self.worth[n] - self.price * units.costs[n] as f64
    }
}

/// The most open candidates that fit into the budget, and the fewest that reach the goal.
struct CardinalityLimits {
    most: usize,
    least: usize,
}

/// The least time for the relaxation: without it there is no bound.
const MIN_SOLVER_TIME: Duration = Duration::from_millis(200);

/// A linear constraint over open candidates: candidates with factors, and the limit.
type RowTerms = (Vec<(usize, f64)>, f64);

/// The bound; `None` when no selection has `goal` points or more.
pub fn solve_relaxation(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    goal: Option<i64>,
    clock: &SearchClock,
) -> Option<LinearRelaxation> {
    let open: Vec<usize> = reduced.open_candidates().collect();
    let limits = cardinality_limits(units, reduced, &open, goal)?;
    let mut rows: Vec<RowTerms> = reduced.rows.iter().map(ConstraintRow::linear_terms).collect();
    let all = |factor: f64| open.iter().map(|n| (*n, factor)).collect::<Vec<_>>();
    if limits.most < open.len() {
        rows.push((all(1.0), limits.most as f64));
    }
    if limits.least > 0 {
        rows.push((all(-1.0), -(limits.least as f64)));
    }
    let (price, prices) = match dual_prices(units, reduced, &open, &rows, clock) {
        Ok(Some(prices)) => prices,
        Err(Error::Unbounded) => return None,
        Ok(None) | Err(_) => (0.0, vec![0.0; rows.len()]),
    };
    Some(lagrange_bound(units, reduced, &open, &rows, price, &prices))
}

fn cardinality_limits(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    open: &[usize],
    goal: Option<i64>,
) -> Option<CardinalityLimits> {
    let mut costs: Vec<i64> = open.iter().map(|n| units.costs[*n]).collect();
    costs.sort_unstable();
    let mut left = units.budget - reduced.taken_candidates().map(|n| units.costs[n]).sum::<i64>();
    let mut most = (left >= 0).then_some(0);
    for (n, cost) in costs.iter().enumerate() {
        left -= cost;
        most = if left >= 0 { Some(n + 1) } else { most };
    }
    let mut least = 0;
    if let Some(goal) = goal {
        let mut points: Vec<i64> = open.iter().map(|n| units.points[*n]).collect();
        points.sort_unstable_by(|a, b| b.cmp(a));
        let mut missing = goal - reduced.taken_candidates().map(|n| units.points[n]).sum::<i64>();
        for p in points {
            if missing <= 0 {
                break;
            }
            missing -= p;
            least += 1;
        }
        if missing > 0 {
            return None;
        }
    }
    let most = most?;
    (least <= most).then_some(CardinalityLimits { most, least })
}

/// The prices of money and of each constraint: the dual of the linear relaxation. `None` when time ran out.
fn dual_prices(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    open: &[usize],
    rows: &[RowTerms],
    clock: &SearchClock,
) -> Result<Option<(f64, Vec<f64>)>, Error> {
    // Numbers near one for the solver: money as a share of the budget, points as a share of the largest points.
    let money = units.budget.max(1) as f64;
    let most = open.iter().map(|n| units.points[*n].abs()).max().unwrap_or(0).max(1) as f64;
    let left = units.budget - reduced.taken_candidates().map(|n| units.costs[n]).sum::<i64>();
    let mut dual = Problem::new(OptimizationDirection::Minimize);
    let positive = (0.0, f64::INFINITY);
    let price = dual.add_var(left as f64 / money, positive);
    let prices: Vec<_> = rows.iter().map(|(_, limit)| dual.add_var(*limit, positive)).collect();
    let mut sums: Vec<LinearExpr> = open
        .iter()
        .map(|n| {
            let mut sum = LinearExpr::empty();
            sum.add(price, units.costs[*n] as f64 / money);
            sum.add(dual.add_var(1.0, positive), 1.0);
            sum
        })
        .collect();
    let mut at = vec![usize::MAX; units.points.len()];
    open.iter().enumerate().for_each(|(i, n)| at[*n] = i);
    for ((terms, _), price) in rows.iter().zip(&prices) {
        terms.iter().for_each(|(n, factor)| sums[at[*n]].add(*price, *factor));
    }
    for (n, sum) in open.iter().zip(sums) {
        dual.add_constraint(sum, ComparisonOp::Ge, units.points[*n] as f64 / most);
    }
    let Some(solution) = clock.at_least(MIN_SOLVER_TIME).solve(&dual)? else { return Ok(None) };
    let value = |v| solution.var_value(v).max(0.0) * most;
    Ok(Some((value(price) / money, prices.into_iter().map(value).collect())))
}

/// The Lagrangian bound: every constraint may be violated at its price.
fn lagrange_bound(
    units: &IntegerUnits,
    reduced: &ReducedProblem,
    open: &[usize],
    rows: &[RowTerms],
    price: f64,
    prices: &[f64],
) -> LinearRelaxation {
    let mut worth = vec![0.0; units.points.len()];
    open.iter().for_each(|n| worth[*n] = units.points[*n] as f64);
    let mut base = reduced.taken_candidates().map(|n| units.points[n]).sum::<i64>() as f64;
    for ((terms, limit), price) in rows.iter().zip(prices) {
        terms.iter().for_each(|(n, factor)| worth[*n] -= factor * price);
        base += limit * price;
    }
    let left = units.budget - reduced.taken_candidates().map(|n| units.costs[n]).sum::<i64>();
    let mut relaxed = LinearRelaxation { at_most: 0.0, price, worth, base };
    let gains = open.iter().map(|n| relaxed.candidate_gain(units, *n).max(0.0)).sum::<f64>();
    relaxed.at_most = base + price * left as f64 + gains;
    relaxed
}
