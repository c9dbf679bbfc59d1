//! What is left to decide: candidates that are settled by the rules go, and so do the rules that they settle.

use super::solve::{Demand, Problem};
use super::units::Units;

/// A rule between candidates that are still open.
#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// At least one of these.
    Any(Vec<usize>),
    /// At most one of these.
    One(Vec<usize>),
    /// The first only with the second.
    With(usize, usize),
}

impl Row {
    /// As `sum of factor × candidate <= limit`.
    pub fn terms(&self) -> (Vec<(usize, f64)>, f64) {
        match self {
            Self::Any(of) => (of.iter().map(|n| (*n, -1.0)).collect(), -1.0),
            Self::One(of) => (of.iter().map(|n| (*n, 1.0)).collect(), 1.0),
            Self::With(one, other) => (vec![(*one, 1.0), (*other, -1.0)], 0.0),
        }
    }
}

/// Candidates decided and open, and the rules between those that are open.
#[derive(Debug, Clone)]
pub struct Rest {
    pub decided: Vec<Option<bool>>,
    pub rows: Vec<Row>,
}

impl Rest {
    /// `None` when the rules contradict each other, or a candidate that has to be taken costs more than the budget.
    pub fn of(problem: &Problem, units: &Units) -> Option<Self> {
        let mut rest = Self { decided: vec![None; problem.candidates.len()], rows: vec![] };
        for (n, cost) in units.costs.iter().enumerate() {
            rest.decided[n] = (*cost > units.budget).then_some(false);
        }
        for rule in &problem.rules {
            match &rule.demand {
                Demand::AnyOf(of) => rest.rows.push(Row::Any(of.clone())),
                Demand::OneOf(of) => rest.rows.push(Row::One(of.clone())),
                Demand::Needs(one, all) => {
                    rest.rows.extend(all.iter().filter(|o| *o != one).map(|o| Row::With(*one, *o)));
                }
                Demand::Never(one) => rest.decided[*one] = Some(false),
            }
        }
        rest.settle().then_some(rest)
    }

    pub fn open(&self) -> impl Iterator<Item = usize> + '_ {
        self.decided.iter().enumerate().filter(|(_, d)| d.is_none()).map(|(n, _)| n)
    }

    pub fn taken(&self) -> impl Iterator<Item = usize> + '_ {
        self.decided.iter().enumerate().filter(|(_, d)| **d == Some(true)).map(|(n, _)| n)
    }

    /// Follows every rule as far as it leads; false when they contradict each other.
    pub fn settle(&mut self) -> bool {
        loop {
            let mut forced = Vec::new();
            let mut rows = Vec::new();
            for row in std::mem::take(&mut self.rows) {
                match self.left(row, &mut forced) {
                    Ok(left) => rows.extend(left),
                    Err(Contradiction) => return false,
                }
            }
            self.rows = rows;
            for (n, taken) in &forced {
                if self.decided[*n].is_some_and(|d| d != *taken) {
                    return false;
                }
                self.decided[*n] = Some(*taken);
            }
            if forced.is_empty() {
                return true;
            }
        }
    }

    /// What is left of a rule, and what it forces.
    fn left(&self, row: Row, forced: &mut Vec<(usize, bool)>) -> Result<Option<Row>, Contradiction> {
        match row {
            Row::Any(mut of) => {
                if of.iter().any(|n| self.decided[*n] == Some(true)) {
                    return Ok(None);
                }
                of.retain(|n| self.decided[*n].is_none());
                match of.as_slice() {
                    [] => Err(Contradiction),
                    [only] => {
                        forced.push((*only, true));
                        Ok(None)
                    }
                    _ => Ok(Some(Row::Any(of))),
                }
            }
            Row::One(mut of) => {
                let taken = of.iter().filter(|n| self.decided[**n] == Some(true)).count();
                of.retain(|n| self.decided[*n].is_none());
                match taken {
                    0 => Ok((of.len() > 1).then_some(Row::One(of))),
                    1 => {
                        forced.extend(of.iter().map(|n| (*n, false)));
                        Ok(None)
                    }
                    _ => Err(Contradiction),
                }
            }
            Row::With(one, other) => match (self.decided[one], self.decided[other]) {
                (Some(true), Some(false)) => Err(Contradiction),
                (Some(false), _) | (_, Some(true)) => Ok(None),
                (Some(true), None) => {
                    forced.push((other, true));
                    Ok(None)
                }
                (None, Some(false)) => {
                    forced.push((one, false));
                    Ok(None)
                }
                (None, None) => Ok(Some(Row::With(one, other))),
            },
        }
    }
}

struct Contradiction;
