//! The search against every subset, and for problems with too many subsets against a table over all budgets.

use super::feasibility::find_conflict;
use super::problem::{
    POINTS_TOLERANCE, PortfolioCandidate, PortfolioProblem, PortfolioRule, PortfolioSolution, RuleDemand, SolveOutcome,
};
use super::search::find_best;
use super::search_clock::SearchClock;
use crate::work_budget::WorkBudget;
use rust_decimal::Decimal;
use std::time::{Duration, Instant};

fn clock_of(time: Duration) -> SearchClock {
    SearchClock::new(Instant::now() + time, &WorkBudget::unlimited())
}

fn one_minute_later() -> SearchClock {
    clock_of(Duration::from_mins(1))
}

struct RandomSource(u64);

impl RandomSource {
    fn next_below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn next_subset(&mut self, count: usize, most: u64) -> Vec<usize> {
        let mut list: Vec<usize> =
            (0..=self.next_below(most)).map(|_| self.next_below(count as u64) as usize).collect();
        list.sort_unstable();
        list.dedup();
        list
    }

    fn next_demand(&mut self, count: usize) -> RuleDemand {
        let of = self.next_subset(count, 4);
        match self.next_below(5) {
            0 | 1 => RuleDemand::AtLeastOne(of),
            2 => RuleDemand::AtMostOne(of),
            3 => RuleDemand::Requires(self.next_below(count as u64) as usize, of),
            _ => RuleDemand::Excludes(of[0]),
        }
    }
}

/// Points and costs as plans have them, and hard cases: equal points, halves and thirds, points proportional to costs,
/// costs of zero.
fn random_candidate(random: &mut RandomSource, kind: u64) -> PortfolioCandidate {
    let cents = (random.next_below(9_000_000) + 1) as i64;
    let by_cost = cents as f64 / 9e6;
    let points = match kind {
        0 => 3.0,
        1 => 1.0 + random.next_below(4) as f64 / 3.0 + random.next_below(3) as f64 / 2.0,
        2 => (1 + random.next_below(200)) as f64 / 64.0,
        3 => 1.0 + 0.8 * by_cost,
        4 => by_cost,
        _ => random.next_below(1_000_003) as f64 / 77_777.7,
    };
    let cost = match kind {
        1 => Decimal::from(random.next_below(5) * 1000),
        5 => Decimal::new(cents * 1_000_003, 9),
        _ => Decimal::new(cents, 2),
    };
    PortfolioCandidate { points, cost }
}

fn random_problem(random: &mut RandomSource, count: usize, rules: usize) -> PortfolioProblem {
    let kind = random.next_below(6);
    let candidates: Vec<PortfolioCandidate> = (0..count).map(|_| random_candidate(random, kind)).collect();
    let budget = candidates.iter().map(|c| c.cost).sum::<Decimal>() / Decimal::from(2 + random.next_below(3));
    let budget = budget.round_dp(2);
    let rules =
        (0..rules).map(|n| PortfolioRule { name: format!("r{n}"), demand: random.next_demand(count) }).collect();
    PortfolioProblem { candidates, budget, rules }
}

/// The most points of all subsets.
fn brute_force_points(p: &PortfolioProblem) -> Option<f64> {
    let mut best: Option<f64> = None;
    for mask in 0..1_u32 << p.candidates.len() {
        let chosen: Vec<usize> = (0..p.candidates.len()).filter(|i| mask >> i & 1 == 1).collect();
        let points: f64 = chosen.iter().map(|i| p.candidates[*i].points).sum();
        let cost = || chosen.iter().map(|i| p.candidates[*i].cost).sum::<Decimal>();
        if best.is_none_or(|most| points > most)
            && p.rules.iter().all(|r| r.demand.is_met_by(&chosen))
            && cost() <= p.budget
        {
            best = Some(points);
        }
    }
    best
}

fn find_proven_best(p: &PortfolioProblem, known: Option<&PortfolioSolution>) -> Option<PortfolioSolution> {
    match find_best(p, known, &one_minute_later()).unwrap() {
        SolveOutcome::Found(best) => {
            assert!(best.proven && best.cost <= p.budget, "{best:?} of {p:?}");
            assert!(p.rules.iter().all(|r| r.demand.is_met_by(&best.chosen)), "{best:?} of {p:?}");
            Some(best)
        }
        SolveOutcome::Infeasible => None,
        SolveOutcome::TimedOut => panic!("unknown: {p:?}"),
    }
}

#[test]
fn the_best_selection_is_the_best_of_all_subsets_and_conflicting_rules_are_a_minimal_set() {
    let mut random = RandomSource(7);
    let mut conflicts = 0;
    for _ in 0..400 {
        let (count, rules) = (1 + random.next_below(11) as usize, random.next_below(6) as usize);
        let p = random_problem(&mut random, count, rules);
        match (brute_force_points(&p), find_proven_best(&p, None)) {
            (None, None) => {
                conflicts += 1;
                let conflict = find_conflict(&p, &one_minute_later()).unwrap();
                assert!(conflict.is_minimal && !conflict.rules.is_empty());
                for left in std::iter::once(None).chain(conflict.rules.iter().map(Some)) {
                    let rules =
                        conflict.rules.iter().filter(|r| Some(*r) != left).map(|r| p.rules[*r].clone()).collect();
                    assert_eq!(brute_force_points(&PortfolioProblem { rules, ..p.clone() }).is_some(), left.is_some());
                }
            }
            (Some(points), Some(got)) => {
                assert!((got.points - points).abs() < POINTS_TOLERANCE, "{} against {points} of {p:?}", got.points);
                assert_eq!(find_conflict(&p, &one_minute_later()).unwrap().rules, Vec::<usize>::new());
                // A known selection is a start and never makes the result worse.
                for rule in 0..p.rules.len() {
                    let free = p.without_rule(rule);
                    let (want, got) =
                        (brute_force_points(&free).unwrap(), find_proven_best(&free, Some(&got)).unwrap());
                    assert!((got.points - want).abs() < POINTS_TOLERANCE, "{} against {want} of {free:?}", got.points);
                }
            }
            (want, got) => panic!("{got:?} where {want:?} was found in {p:?}"),
        }
    }
    assert!(conflicts > 10, "only {conflicts} problems had no solution");
}

/// The most points by a table over all budgets, for rules over disjoint groups.
fn table_points(p: &PortfolioProblem, groups: &[Vec<usize>], budget: usize) -> Option<f64> {
    let cost = |n: usize| usize::try_from(p.candidates[n].cost.mantissa()).unwrap();
    let mut best = vec![Some(0.0); budget + 1];
    for (rule, group) in p.rules.iter().zip(groups) {
        let mut next = vec![None::<f64>; budget + 1];
        for mask in 0..1_usize << group.len() {
            let of: Vec<usize> =
                group.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, n)| *n).collect();
            if !rule.demand.is_met_by(&of) {
                continue;
            }
            let (spent, points) =
                (of.iter().map(|n| cost(*n)).sum::<usize>(), of.iter().map(|n| p.candidates[*n].points).sum::<f64>());
            for b in spent..=budget {
                if let Some(before) = best[b - spent] {
                    next[b] = Some(next[b].unwrap_or(f64::NEG_INFINITY).max(before + points));
                }
            }
        }
        best = next;
    }
    best[budget]
}

#[test]
fn the_best_of_two_hundred_is_the_best_of_a_table_over_all_budgets() {
    let mut random = RandomSource(11);
    for seed in 0..6 {
        let candidates = (0..200)
            .map(|_| {
                let cost = 5 + random.next_below(60);
                let points =
                    if seed % 2 == 0 { 1.0 + cost as f64 / 13.0 } else { (1 + random.next_below(900)) as f64 / 70.0 };
                PortfolioCandidate { points, cost: Decimal::from(cost) }
            })
            .collect();
        let groups: Vec<Vec<usize>> = (0..40).map(|g| (g * 5..g * 5 + 5).collect()).collect();
        let rules = groups
            .iter()
            .enumerate()
            .map(|(n, group)| {
                let demand = match n % 4 {
                    0 => RuleDemand::AtLeastOne(group.clone()),
                    1 => RuleDemand::AtMostOne(group.clone()),
                    2 => RuleDemand::Requires(group[0], group[1..3].to_vec()),
                    _ => RuleDemand::Excludes(group[0]),
                };
                PortfolioRule { name: format!("r{n}"), demand }
            })
            .collect();
        let budget = [400, 1500, 2500][seed / 2];
        let p = PortfolioProblem { candidates, budget: Decimal::from(budget), rules };
        let want = table_points(&p, &groups, budget).unwrap();
        if seed % 2 == 1 {
            let got = find_proven_best(&p, None).unwrap().points;
            assert!((got - want).abs() < POINTS_TOLERANCE, "seed {seed}: {got} against {want}");
        } else if let SolveOutcome::Found(best) = find_best(&p, None, &clock_of(Duration::from_secs(1))).unwrap() {
            // Points proportional to costs may be too hard for a second: then the true best lies within the stated
            // bound.
            assert!(
                best.points <= want + POINTS_TOLERANCE && want <= best.at_most + POINTS_TOLERANCE,
                "seed {seed}: {want} and {best:?}"
            );
            assert!(!best.proven || want <= best.points + POINTS_TOLERANCE, "seed {seed}: {want} and {best:?}");
        } else {
            panic!("seed {seed}: no selection");
        }
    }
}

#[test]
fn without_time_for_a_proof_the_selection_obeys_all_rules_and_has_an_upper_bound() {
    let mut random = RandomSource(13);
    let mut unproven = 0;
    for _ in 0..10 {
        let candidates: Vec<PortfolioCandidate> = (0..200).map(|_| random_candidate(&mut random, 3)).collect();
        let budget = (candidates.iter().map(|c| c.cost).sum::<Decimal>() / Decimal::from(3)).round_dp(2);
        let rules = (0..10)
            .map(|n| {
                let of = random.next_subset(200, 6);
                let demand = if n % 2 == 0 { RuleDemand::AtLeastOne(of) } else { RuleDemand::AtMostOne(of) };
                PortfolioRule { name: format!("r{n}"), demand }
            })
            .collect();
        let p = PortfolioProblem { candidates, budget, rules };
        if let SolveOutcome::Found(best) = find_best(&p, None, &clock_of(Duration::ZERO)).unwrap() {
            assert!(best.cost <= p.budget && best.at_most >= best.points, "{best:?}");
            assert!(p.rules.iter().all(|r| r.demand.is_met_by(&best.chosen)), "{best:?}");
            unproven += usize::from(!best.proven);
        }
    }
    assert!(unproven > 0, "every search was proven at once");
}
