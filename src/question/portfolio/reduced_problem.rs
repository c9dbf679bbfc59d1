//! What is left to decide: the problem without the candidates that the rules decide, and without the rules that are
//! then met.

use super::integer_units::IntegerUnits;
use super::problem::{PortfolioProblem, RuleDemand};

/// A rule between undecided candidates.
#[derive(Debug, Clone, PartialEq)]
pub enum ConstraintRow {
    /// At least one of these.
    AtLeastOne(Vec<usize>),
    /// At most one of these.
    AtMostOne(Vec<usize>),
    /// The first only together with the second.
    Requires(usize, usize),
}

impl ConstraintRow {
    /// The rule as a sum of factor × candidate that is at most a limit: candidates with factors, and the limit.
    pub fn linear_terms(&self) -> (Vec<(usize, f64)>, f64) {
        match self {
            Self::AtLeastOne(of) => (of.iter().map(|n| (*n, -1.0)).collect(), -1.0),
            Self::AtMostOne(of) => (of.iter().map(|n| (*n, 1.0)).collect(), 1.0),
            Self::Requires(one, other) => (vec![(*one, 1.0), (*other, -1.0)], 0.0),
        }
    }
}

/// The decisions on candidates, `None` where open, and the rules between open candidates.
#[derive(Debug, Clone)]
pub struct ReducedProblem {
    pub decided: Vec<Option<bool>>,
    pub rows: Vec<ConstraintRow>,
}

impl ReducedProblem {
    /// `None` when the rules contradict each other, or require a candidate that costs more than the budget.
    pub fn from_problem(problem: &PortfolioProblem, units: &IntegerUnits) -> Option<Self> {
        let mut reduced = Self { decided: vec![None; problem.candidates.len()], rows: vec![] };
        for (n, cost) in units.costs.iter().enumerate() {
            reduced.decided[n] = (*cost > units.budget).then_some(false);
        }
        for rule in &problem.rules {
            match &rule.demand {
                RuleDemand::AtLeastOne(of) => reduced.rows.push(ConstraintRow::AtLeastOne(of.clone())),
                RuleDemand::AtMostOne(of) => reduced.rows.push(ConstraintRow::AtMostOne(of.clone())),
                RuleDemand::Requires(one, all) => {
                    reduced.rows.extend(all.iter().filter(|o| *o != one).map(|o| ConstraintRow::Requires(*one, *o)));
                }
                RuleDemand::Excludes(one) => reduced.decided[*one] = Some(false),
            }
        }
        reduced.propagate_rules().then_some(reduced)
    }

    pub fn open_candidates(&self) -> impl Iterator<Item = usize> + '_ {
        self.decided.iter().enumerate().filter(|(_, d)| d.is_none()).map(|(n, _)| n)
    }

    pub fn taken_candidates(&self) -> impl Iterator<Item = usize> + '_ {
        self.decided.iter().enumerate().filter(|(_, d)| **d == Some(true)).map(|(n, _)| n)
    }

    /// Applies the rules to the decisions until nothing changes; false when they contradict each other.
    pub fn propagate_rules(&mut self) -> bool {
        loop {
            let mut forced = Vec::new();
            let mut rows = Vec::new();
            for row in std::mem::take(&mut self.rows) {
                match self.reduce_row(row, &mut forced) {
                    Ok(left) => rows.extend(left),
                    Err(RuleContradiction) => return false,
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

    /// The rest of a rule; adds the decisions that it forces.
    fn reduce_row(
        &self,
        row: ConstraintRow,
        forced: &mut Vec<(usize, bool)>,
    ) -> Result<Option<ConstraintRow>, RuleContradiction> {
        match row {
            ConstraintRow::AtLeastOne(mut of) => {
                if of.iter().any(|n| self.decided[*n] == Some(true)) {
                    return Ok(None);
                }
                of.retain(|n| self.decided[*n].is_none());
                match of.as_slice() {
                    [] => Err(RuleContradiction),
                    [only] => {
                        forced.push((*only, true));
                        Ok(None)
                    }
                    _ => Ok(Some(ConstraintRow::AtLeastOne(of))),
                }
            }
            ConstraintRow::AtMostOne(mut of) => {
                let taken = of.iter().filter(|n| self.decided[**n] == Some(true)).count();
                of.retain(|n| self.decided[*n].is_none());
                match taken {
                    0 => Ok((of.len() > 1).then_some(ConstraintRow::AtMostOne(of))),
                    1 => {
                        forced.extend(of.iter().map(|n| (*n, false)));
                        Ok(None)
                    }
                    _ => Err(RuleContradiction),
                }
            }
            ConstraintRow::Requires(one, other) => match (self.decided[one], self.decided[other]) {
                (Some(true), Some(false)) => Err(RuleContradiction),
                (Some(false), _) | (_, Some(true)) => Ok(None),
                (Some(true), None) => {
                    forced.push((other, true));
                    Ok(None)
                }
                (None, Some(false)) => {
                    forced.push((one, false));
                    Ok(None)
                }
                (None, None) => Ok(Some(ConstraintRow::Requires(one, other))),
            },
        }
    }
}

/// Decisions break a rule.
struct RuleContradiction;
