//! Which of these under this budget, exactly: a knapsack with rules, as an integer programme. Knows candidates by their numbers only.

use crate::error::{Error, Result};
use good_lp::{Constraint, Expression, ProblemVariables, ResolutionError, Solution, SolverModel, WithTimeLimit};
use good_lp::{constraint, microlp, solvers::SolutionStatus, variable};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// What may be chosen, and under what.
#[derive(Debug, Clone)]
pub struct Problem {
    pub candidates: Vec<Candidate>,
    pub budget: Decimal,
    pub rules: Vec<Rule>,
}

/// One that may be chosen.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// What choosing it is worth, in points.
    pub points: f64,
    pub cost: Decimal,
}

/// A rule with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub name: String,
    pub demand: Demand,
}

/// What a rule demands, of candidates by their numbers.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// At least one of these.
    AnyOf(Vec<usize>),
    /// At most one of these.
    OneOf(Vec<usize>),
    /// The first only with all of these.
    Needs(usize, Vec<usize>),
    /// Never this one.
    Never(usize),
}

/// The best choice.
#[derive(Debug, Clone, PartialEq)]
pub struct Best {
    /// In the order of candidates.
    pub chosen: Vec<usize>,
    pub points: f64,
    pub cost: Decimal,
    /// Whether it is proven that there is no better one.
    pub proven: bool,
}

/// How long one search may take; the answer then says that it is not proven.
const MAX_SECONDS: f64 = 10.0;
/// Points nearer than this are equal.
const EQUAL: f64 = 1e-7;

impl Best {
    /// Whether it is worth more, beyond rounding.
    #[must_use]
    pub fn beats(&self, other: &Self) -> bool {
        self.points > other.points + EQUAL
    }
}

impl Demand {
    /// Whether a choice obeys.
    #[must_use]
    pub fn holds(&self, chosen: &[usize]) -> bool {
        let has = |i: &usize| chosen.binary_search(i).is_ok();
        match self {
            Self::AnyOf(of) => of.iter().any(has),
            Self::OneOf(of) => of.iter().filter(|i| has(i)).count() <= 1,
            Self::Needs(one, all) => !has(one) || all.iter().all(has),
            Self::Never(one) => !has(one),
        }
    }

    /// The candidates that it speaks of.
    #[must_use]
    pub fn named(&self) -> Vec<usize> {
        match self {
            Self::AnyOf(of) | Self::OneOf(of) => of.clone(),
            Self::Needs(one, all) => std::iter::once(*one).chain(all.iter().copied()).collect(),
            Self::Never(one) => vec![*one],
        }
    }
}

impl Problem {
    /// A choice worth most. `None` when no choice obeys all rules within the budget.
    pub fn best(&self) -> Result<Option<Best>> {
        let points: Vec<f64> = self.candidates.iter().map(|c| c.points).collect();
        self.search(&points)
    }

    /// What the cheapest choice costs that obeys all rules, whatever the budget; `None` when there is none.
    pub fn least_budget(&self) -> Result<Option<Decimal>> {
        let all = self.candidates.iter().map(|c| c.cost).sum();
        Ok(Self { budget: all, ..self.clone() }.cheapest()?.map(|b| b.cost))
    }

    /// The same without one rule.
    #[must_use]
    pub fn without(&self, rule: usize) -> Self {
        let mut other = self.clone();
        other.rules.remove(rule);
        other
    }

    /// A smallest set of rules (by number) that cannot hold together within the budget: without any one of them, a choice is possible.
    /// Empty when all can hold.
    pub fn clash(&self) -> Result<Vec<usize>> {
        if self.feasible(&(0..self.rules.len()).collect::<Vec<_>>())? {
            return Ok(vec![]);
        }
        let mut kept: Vec<usize> = (0..self.rules.len()).collect();
        for rule in 0..self.rules.len() {
            let fewer: Vec<usize> = kept.iter().copied().filter(|r| *r != rule).collect();
            if !self.feasible(&fewer)? {
                kept = fewer;
            }
        }
        Ok(kept)
    }

    /// Whether some rules can hold together within the budget.
    fn feasible(&self, rules: &[usize]) -> Result<bool> {
        let some = rules.iter().map(|r| self.rules[*r].clone()).collect();
        Ok(Self { rules: some, ..self.clone() }.cheapest()?.is_some())
    }

    fn cheapest(&self) -> Result<Option<Best>> {
        let saved: Vec<f64> = self.candidates.iter().map(|c| -self.part(c.cost)).collect();
        self.search(&saved)
    }

    fn search(&self, worth: &[f64]) -> Result<Option<Best>> {
        // A sum over the budget by less than the solver's tolerance is cut off, and the search goes on.
        let mut cuts: Vec<Vec<usize>> = Vec::new();
        loop {
            let Some((chosen, proven)) = self.solve(worth, &cuts)? else { return Ok(None) };
            let cost = chosen.iter().map(|i| self.candidates[*i].cost).sum::<Decimal>();
            if cost > self.budget {
                cuts.push(chosen);
                continue;
            }
            if let Some(broken) = self.rules.iter().find(|r| !r.demand.holds(&chosen)) {
                return Err(Error::internal(format!("the portfolio breaks its rule {}", broken.name)));
            }
            let points = chosen.iter().map(|i| self.candidates[*i].points).sum();
            return Ok(Some(Best { chosen, points, cost, proven }));
        }
    }

    /// A cost as a part of the budget, so that the solver's numbers are near one.
    fn part(&self, cost: Decimal) -> f64 {
        let scale = self.budget.max(Decimal::ONE);
        cost.checked_div(scale).and_then(|p| p.to_f64()).unwrap_or(f64::MAX)
    }

    fn solve(&self, worth: &[f64], cuts: &[Vec<usize>]) -> Result<Option<(Vec<usize>, bool)>> {
        let mut variables = ProblemVariables::new();
        let take: Vec<_> = self
            .candidates
            .iter()
            .map(|c| {
                variables.add(if c.cost > self.budget {
                    variable().integer().min(0).max(0)
                } else {
                    variable().binary()
                })
            })
            .collect();
        let sum = |of: &[usize]| of.iter().map(|i| Expression::from(take[*i])).sum::<Expression>();
        let goal: Expression = take.iter().zip(worth).map(|(t, w)| *w * *t).sum();
        let spent: Expression = take.iter().zip(&self.candidates).map(|(t, c)| self.part(c.cost).min(2.0) * *t).sum();
        let limit = self.part(self.budget);
        let mut model = variables.maximise(goal).using(microlp).with_time_limit(MAX_SECONDS);
        model.add_constraint(constraint!(spent <= limit));
        for rule in &self.rules {
            let constraints: Vec<Constraint> = match &rule.demand {
                // A sum over nothing is no constraint to the solver.
                Demand::AnyOf(of) if of.is_empty() => return Ok(None),
                Demand::AnyOf(of) => vec![constraint!(sum(of) >= 1)],
                Demand::OneOf(of) => vec![constraint!(sum(of) <= 1)],
                Demand::Needs(one, all) => all.iter().map(|other| constraint!(take[*one] <= take[*other])).collect(),
                Demand::Never(one) => vec![constraint!(take[*one] <= 0)],
            };
            for c in constraints {
                model.add_constraint(c);
            }
        }
        for cut in cuts {
            model.add_constraint(constraint!(sum(cut) <= (cut.len() - 1) as f64));
        }
        match model.solve() {
            Ok(solution) => {
                let chosen = (0..take.len()).filter(|i| solution.value(take[*i]) > 0.5).collect();
                Ok(Some((chosen, matches!(solution.status(), SolutionStatus::Optimal))))
            }
            Err(ResolutionError::Infeasible) => Ok(None),
            Err(e) => Err(Error::internal(format!("the portfolio could not be solved: {e}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Dice(u64);

    impl Dice {
        fn below(&mut self, n: u64) -> u64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % n
        }
    }

    fn problem(dice: &mut Dice, count: usize, rules: usize) -> Problem {
        let candidates: Vec<Candidate> = (0..count)
            .map(|_| Candidate {
                points: (1 + dice.below(200)) as f64 / 64.0,
                cost: Decimal::new((dice.below(9_000_000) + 1) as i64, 2),
            })
            .collect();
        let budget = candidates.iter().map(|c| c.cost).sum::<Decimal>() / Decimal::from(2 + dice.below(3));
        let budget = budget.round_dp(2);
        let some = |dice: &mut Dice, most: u64| -> Vec<usize> {
            let mut list: Vec<usize> = (0..=dice.below(most)).map(|_| dice.below(count as u64) as usize).collect();
            list.sort_unstable();
            list.dedup();
            list
        };
        let rules = (0..rules)
            .map(|n| {
                let of = some(dice, 4);
                let demand = match dice.below(5) {
                    0 | 1 => Demand::AnyOf(of),
                    2 => Demand::OneOf(of),
                    3 => Demand::Needs(dice.below(count as u64) as usize, of),
                    _ => Demand::Never(of[0]),
                };
                Rule { name: format!("r{n}"), demand }
            })
            .collect();
        Problem { candidates, budget, rules }
    }

    /// Every subset there is.
    fn brute(p: &Problem) -> Option<(f64, Decimal)> {
        let mut best: Option<(f64, Decimal)> = None;
        for mask in 0..1_u32 << p.candidates.len() {
            let chosen: Vec<usize> = (0..p.candidates.len()).filter(|i| mask >> i & 1 == 1).collect();
            let cost: Decimal = chosen.iter().map(|i| p.candidates[*i].cost).sum();
            if cost <= p.budget && p.rules.iter().all(|r| r.demand.holds(&chosen)) {
                let points: f64 = chosen.iter().map(|i| p.candidates[*i].points).sum();
                if best.is_none_or(|(most, _)| points > most) {
                    best = Some((points, cost));
                }
            }
        }
        best
    }

    #[test]
    fn the_best_choice_is_the_best_of_all_subsets_and_clashing_rules_are_a_smallest_set() {
        let mut dice = Dice(7);
        let mut clashes = 0;
        for _ in 0..150 {
            let (count, rules) = (1 + dice.below(11) as usize, dice.below(6) as usize);
            let p = problem(&mut dice, count, rules);
            let got = p.best().unwrap();
            match (brute(&p), got) {
                (None, None) => {
                    clashes += 1;
                    let clash = p.clash().unwrap();
                    assert!(!clash.is_empty());
                    for left in std::iter::once(None).chain(clash.iter().map(Some)) {
                        let rules: Vec<Rule> =
                            clash.iter().filter(|r| Some(*r) != left).map(|r| p.rules[*r].clone()).collect();
                        assert_eq!(brute(&Problem { rules, ..p.clone() }).is_some(), left.is_some());
                    }
                }
                (Some((points, _)), Some(got)) => {
                    assert!((got.points - points).abs() < EQUAL, "{} against {points} of {p:?}", got.points);
                    assert!(got.proven && got.cost <= p.budget);
                    assert!(p.rules.iter().all(|r| r.demand.holds(&got.chosen)));
                    assert_eq!(p.clash().unwrap(), Vec::<usize>::new());
                }
                (want, got) => panic!("{got:?} where {want:?} was found in {p:?}"),
            }
        }
        assert!(clashes > 5, "only {clashes} problems had no solution");
    }
}
