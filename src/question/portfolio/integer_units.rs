//! The problem in integers, so that selections are compared without rounding.

use super::problem::{POINTS_TOLERANCE, PortfolioProblem};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// Points and money as integer multiples of a unit each.
pub struct IntegerUnits {
    pub points: Vec<i64>,
    /// In the smallest fraction of a euro that a cost states, usually a cent.
    pub costs: Vec<i64>,
    pub budget: i64,
    /// The least difference in points, in units, between a selection and a better one.
    pub step: i64,
    /// The points of one unit.
    pub unit: f64,
}

/// The unit of points that have no common divisor.
const FALLBACK_UNIT: f64 = 1e-10;
/// The smallest common divisor that is searched for, in points.
const MIN_DIVISOR: f64 = 1e-4;
/// Sums of up to so many units are exact as doubles.
const MAX_UNITS: f64 = (1_u64 << 50) as f64;
/// The limit of sums of money, in units.
const MAX_MONEY: i64 = 1 << 61;

impl IntegerUnits {
    /// Candidates that cost more than the budget have a cost above it here too.
    pub fn from_problem(problem: &PortfolioProblem) -> Self {
        let points: Vec<f64> = problem.candidates.iter().map(|c| c.points).collect();
        let total: f64 = points.iter().map(|p| p.abs()).sum();
        let (unit, step) = match common_divisor(&points) {
            Some(part) if total / part < MAX_UNITS => (part, 1),
            _ => {
                let unit = FALLBACK_UNIT.max(total / MAX_UNITS);
                (unit, ((POINTS_TOLERANCE / unit / 2.0) as i64).max(1))
            }
        };
        let (costs, budget) = integer_costs(problem);
        Self { points: points.iter().map(|p| (p / unit).round() as i64).collect(), costs, budget, step, unit }
    }

    /// The points of a selection, in units.
    pub fn sum_points(&self, chosen: &[usize]) -> i64 {
        chosen.iter().map(|n| self.points[*n]).sum()
    }
}

/// The largest number of which all points are integer multiples (Euclid's algorithm), such as 1/30 for sixths and
/// fifths; `None` when it is smaller than [`MIN_DIVISOR`].
fn common_divisor(points: &[f64]) -> Option<f64> {
    let near = |a: f64| a < MIN_DIVISOR / 100.0;
    let mut part = 0.0_f64;
    for p in points {
        let (mut a, mut b) = (p.abs(), part);
        while !near(b) {
            (a, b) = (b, a - (a / b).floor() * b);
            // A remainder that nearly equals the divisor is rounding.
            b = if near(a - b) { 0.0 } else { b };
        }
        part = a;
        if part > 0.0 && part < MIN_DIVISOR {
            return None;
        }
    }
    let whole = |p: &f64| ((p / part).round() * part - p).abs() < POINTS_TOLERANCE / 1e4;
    (part > 0.0 && points.iter().all(whole)).then_some(part)
}

/// Costs and budget in the largest decimal unit that divides them all; where that would overflow, costs are rounded up.
fn integer_costs(problem: &PortfolioProblem) -> (Vec<i64>, i64) {
    let affordable = || problem.candidates.iter().map(|c| c.cost).filter(|c| *c <= problem.budget);
    let scale = affordable().map(|c| c.normalize().scale()).max().unwrap_or(0).max(problem.budget.normalize().scale());
    let total: Decimal = affordable().map(|c| c.abs()).sum::<Decimal>() + problem.budget;
    let mut factor = Decimal::ONE;
    for _ in 0..scale {
        let fits = |f: Decimal| total.checked_mul(f).is_some_and(|t| t < Decimal::from(MAX_MONEY));
        factor = Some(factor * Decimal::TEN).filter(|f| fits(*f)).unwrap_or(factor);
    }
    let whole = |m: Decimal| m.checked_mul(factor).and_then(|m| m.ceil().to_i64()).unwrap_or(MAX_MONEY);
    let budget = (problem.budget * factor).floor().to_i64().unwrap_or(MAX_MONEY);
    let costs = problem.candidates.iter().map(|c| if c.cost > problem.budget { MAX_MONEY } else { whole(c.cost) });
    (costs.collect(), budget)
}
