//! The answer about a selection: its numbers, the effect of each rule, and what a larger budget would add; or the rules
//! that conflict.

use super::candidates::{CRITERIA, CandidateIntervention};
use super::feasibility::{find_conflict, find_least_budget};
use super::problem::{PortfolioProblem, PortfolioRule, PortfolioSolution, RuleDemand, SolveOutcome};
use super::search::find_best;
use super::search_clock::SearchClock;
use crate::error::Result;
use crate::error::count_noun;
use crate::feature::FeatureId;
use crate::question::answer::{AnswerFeature, AnswerNumber, NumberValue, round_to_json};
use crate::question::features::QuestionFeatures;
use crate::question::money;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The most rules whose effect is calculated.
const MAX_EXPLAINED: usize = 40;
/// The larger budget gets one part in so many of the remaining time.
const NEXT_TIME_SHARE: usize = 4;
/// The larger budget as a multiple of the budget: 1.1.
const NEXT_BUDGET_FACTOR: Decimal = Decimal::from_parts(11, 0, 0, false, 1);

pub struct PortfolioReporter<'a> {
    pub layer: &'a QuestionFeatures,
    pub entries: &'a [CandidateIntervention],
    pub problem: &'a PortfolioProblem,
    /// When the answer must be ready, with what is proven by then.
    pub clock: SearchClock,
}

/// A part of an answer.
#[derive(Default)]
pub struct PortfolioReport {
    pub numbers: Vec<AnswerNumber>,
    pub found: Vec<AnswerFeature>,
    pub rules: Vec<String>,
}

/// The effect of one rule on the selection.
struct RuleEffect {
    rule: String,
    /// Candidates that are selected because of it.
    forced: Vec<usize>,
    /// Candidates that are not selected because of it.
    kept_out: Vec<usize>,
    /// The points that the best selection without it has more.
    price: f64,
}

impl PortfolioReporter<'_> {
    /// The answer with a selection, the effects of the rules, and what the larger budget would add.
    pub fn report_solution(&self, best: &PortfolioSolution) -> Result<PortfolioReport> {
        let mut report = PortfolioReport { rules: self.describe_rules(), ..PortfolioReport::default() };
        let next = self.solve_next_budget(best)?;
        let effects = self.rule_effects(best, &mut report.rules)?;
        report.numbers = self.solution_numbers(best, &effects, &next);
        for (solution, name) in [(best, "selection"), (&next, "selection with 10 % more budget")] {
            report.rules.extend((!solution.proven).then(|| unproven_sentence(solution, name)));
        }
        let mut forced_by: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for effect in &effects {
            effect.forced.iter().for_each(|n| forced_by.entry(*n).or_default().push(&effect.rule));
        }
        let chosen = best.chosen.iter().map(|n| (*n, true));
        let added = sorted_difference(&next.chosen, &best.chosen).into_iter().map(|n| (n, false));
        report.found =
            chosen.chain(added).map(|(n, chosen)| self.candidate_feature(n, chosen, forced_by.remove(&n))).collect();
        Ok(report)
    }

    /// The answer when rules cannot hold together: which ones, and the least budget with which they can.
    pub fn report_conflict(&self) -> Result<PortfolioReport> {
        let conflict = find_conflict(self.problem, &self.clock.share(2))?;
        let is_minimal = conflict.is_minimal;
        let conflict: Vec<&PortfolioRule> = conflict.rules.into_iter().map(|r| &self.problem.rules[r]).collect();
        let least = find_least_budget(self.problem, &self.clock)?;
        let mut numbers = vec![
            AnswerNumber::feature_count("chosen", vec![]),
            AnswerNumber::new("budget", NumberValue::Money(self.problem.budget), "EUR"),
            AnswerNumber::new("clashing_rules", NumberValue::Count(conflict.len() as u64), "rules"),
        ];
        numbers.extend(least.map(|cost| AnswerNumber::new("least_budget", NumberValue::Money(cost), "EUR")));
        for rule in &conflict {
            let named = AnswerNumber::feature_count("candidates", self.candidate_ids(&rule.demand.candidates()));
            numbers.push(named.with_group(&[("rule".to_owned(), rule.name.clone())]));
        }
        let names: Vec<&str> = conflict.iter().map(|r| r.name.as_str()).collect();
        let mut rules = self.describe_rules();
        rules.push(match least {
            Some(least) => format!(
                "No selection obeys these rules within the budget of {} euros: {}. Together with all other rules they need at least {least} euros.",
                self.problem.budget,
                names.join(", ")
            ),
            None => format!("No selection obeys these rules, whatever the budget: {}. Leave out one of them.", names.join(", ")),
        });
        rules.extend((!is_minimal).then(|| {
            "The search ended before it was proven that each of these rules takes part in the conflict. Send fewer rules.".to_owned()
        }));
        Ok(PortfolioReport { numbers, found: vec![], rules })
    }

    /// The answer when the search found neither a selection nor a proof that there is none.
    pub fn report_timeout(&self) -> PortfolioReport {
        let numbers = vec![
            AnswerNumber::feature_count("chosen", vec![]),
            AnswerNumber::new("budget", NumberValue::Money(self.problem.budget), "EUR"),
        ];
        let mut rules = self.describe_rules();
        rules.push(
            "The search ended before it found a selection that obeys every rule within the budget, and before it was proven that there is none. Send \
             fewer candidates or rules."
                .to_owned(),
        );
        PortfolioReport { numbers, found: vec![], rules }
    }

    fn solution_numbers(
        &self,
        best: &PortfolioSolution,
        effects: &[RuleEffect],
        next: &PortfolioSolution,
    ) -> Vec<AnswerNumber> {
        let chosen = self.candidate_ids(&best.chosen);
        let eu: Vec<&CandidateIntervention> =
            best.chosen.iter().map(|n| &self.entries[*n]).filter(|e| e.eu.is_some()).collect();
        let eu_ids = eu.iter().map(|e| e.id.clone()).collect();
        let eu_money = eu.iter().filter_map(|e| e.eu).sum();
        let budget = self.problem.budget;
        let mut numbers = vec![
            AnswerNumber::feature_count("chosen", chosen.clone()),
            AnswerNumber::feature_count("candidates", self.entries.iter().map(|e| e.id.clone()).collect()),
            AnswerNumber::new("points", NumberValue::Real(best.points), "points").with_ids(chosen.clone()),
            AnswerNumber::new("budget", NumberValue::Money(budget), "EUR"),
            AnswerNumber::new("cost", NumberValue::Money(best.cost), "EUR").with_ids(chosen),
            AnswerNumber::new("budget_left", NumberValue::Money(budget - best.cost), "EUR"),
            AnswerNumber::new("eu_money", NumberValue::Money(eu_money), "EUR").with_ids(eu_ids),
        ];
        for (at, criterion) in CRITERIA.iter().enumerate() {
            let points: f64 = best.chosen.iter().map(|n| self.entries[*n].by_criterion[at]).sum();
            let group = [("criterion".to_owned(), (*criterion).to_owned())];
            numbers.extend(
                (points > 0.0)
                    .then(|| AnswerNumber::new("points", NumberValue::Real(points), "points").with_group(&group)),
            );
        }
        for effect in effects {
            let group = [("rule".to_owned(), effect.rule.clone())];
            numbers.push(AnswerNumber::feature_count("forced", self.candidate_ids(&effect.forced)).with_group(&group));
            numbers
                .push(AnswerNumber::feature_count("kept_out", self.candidate_ids(&effect.kept_out)).with_group(&group));
            numbers.push(AnswerNumber::new("price", NumberValue::Real(effect.price), "points").with_group(&group));
        }
        numbers.extend([
            AnswerNumber::new("next_budget", NumberValue::Money(self.next_budget()), "EUR"),
            AnswerNumber::new("next_points", NumberValue::Real(next.points - best.points), "points"),
            AnswerNumber::new("next_cost", NumberValue::Money(next.cost), "EUR"),
            AnswerNumber::feature_count(
                "next_added",
                self.candidate_ids(&sorted_difference(&next.chosen, &best.chosen)),
            ),
            AnswerNumber::feature_count(
                "next_dropped",
                self.candidate_ids(&sorted_difference(&best.chosen, &next.chosen)),
            ),
        ]);
        numbers
    }

    /// The effect of each rule: the best selection without it, compared with the best selection with it.
    fn rule_effects(&self, best: &PortfolioSolution, sentences: &mut Vec<String>) -> Result<Vec<RuleEffect>> {
        let rules = &self.problem.rules;
        if rules.len() > MAX_EXPLAINED {
            sentences
                .push(format!("The answer has the effects of the first {MAX_EXPLAINED} of {} rules.", rules.len()));
        }
        let explained = rules.len().min(MAX_EXPLAINED);
        let (mut effects, mut open) = (Vec::new(), Vec::new());
        for (n, rule) in rules.iter().enumerate().take(explained) {
            if self.clock.is_over() {
                open.push(rule.name.as_str());
                continue;
            }
            let SolveOutcome::Found(free) =
                find_best(&self.problem.without_rule(n), Some(best), &self.clock.share(explained - n))?
            else {
                open.push(rule.name.as_str());
                continue;
            };
            if !free.proven {
                open.push(rule.name.as_str());
            }
            let named = rule.demand.candidates();
            if free.is_better_than(best) {
                let forces = |n: &usize| {
                    !matches!(rule.demand, RuleDemand::AtMostOne(_) | RuleDemand::Excludes(_)) && named.contains(n)
                };
                effects.push(RuleEffect {
                    rule: rule.name.clone(),
                    forced: sorted_difference(&best.chosen, &free.chosen).into_iter().filter(forces).collect(),
                    kept_out: sorted_difference(&free.chosen, &best.chosen),
                    price: free.points - best.points,
                });
            }
        }
        if !open.is_empty() {
            sentences.push(format!(
                "The search ended before the effects of these rules were proven; each may cost more points than stated: {}.",
                open.join(", ")
            ));
        }
        Ok(effects)
    }

    fn next_budget(&self) -> Decimal {
        (self.problem.budget * NEXT_BUDGET_FACTOR).round_dp(2)
    }

    /// The best selection with the larger budget; the same selection when that adds no points.
    fn solve_next_budget(&self, best: &PortfolioSolution) -> Result<PortfolioSolution> {
        let with_next_budget = PortfolioProblem { budget: self.next_budget(), ..self.problem.clone() };
        Ok(match find_best(&with_next_budget, Some(best), &self.clock.share(NEXT_TIME_SHARE))? {
            // No more points: report the same selection, not another one with equal points.
            SolveOutcome::Found(next) if !next.is_better_than(best) => {
                PortfolioSolution { proven: next.proven, at_most: next.at_most, ..best.clone() }
            }
            SolveOutcome::Found(next) => next,
            SolveOutcome::Infeasible | SolveOutcome::TimedOut => PortfolioSolution { proven: false, ..best.clone() },
        })
    }

    fn describe_rules(&self) -> Vec<String> {
        let rules = self.problem.rules.iter().map(|r| {
            let names: Vec<String> =
                self.candidate_ids(&r.demand.candidates()).iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            match &r.demand {
                RuleDemand::AtLeastOne(of) => {
                    format!("Rule {}: at least one of {}.", r.name, count_noun(of.len() as u64, "candidate"))
                }
                RuleDemand::AtMostOne(_) => format!("Rule {}: at most one of {names}.", r.name),
                RuleDemand::Requires(..) => {
                    format!("Rule {}: only together with what it depends on ({names}).", r.name)
                }
                RuleDemand::Excludes(_) => format!(
                    "Rule {}: not possible, because what it depends on is neither a candidate nor under way nor completed.",
                    r.name
                ),
            }
        });
        rules.collect()
    }

    fn candidate_feature(&self, n: usize, chosen: bool, forced_by: Option<Vec<&str>>) -> AnswerFeature {
        let entry = &self.entries[n];
        let criteria: Map<String, Json> = CRITERIA
            .iter()
            .zip(entry.by_criterion)
            .filter(|(_, points)| *points > 0.0)
            .map(|(c, points)| ((*c).to_owned(), round_to_json(points, 4)))
            .collect();
        let result = json!({
            "chosen": chosen, "next": !chosen,
            "points": round_to_json(entry.total_points(), 4), "criteria": criteria,
            "cost": money::amount_to_f64(entry.cost), "forced_by": forced_by.unwrap_or_default(),
        });
        self.layer.to_answer_feature(&entry.feature, result)
    }

    fn candidate_ids(&self, of: &[usize]) -> Vec<FeatureId> {
        of.iter().map(|n| self.entries[*n].id.clone()).collect()
    }
}

fn unproven_sentence(best: &PortfolioSolution, name: &str) -> String {
    let most = if best.at_most.is_finite() {
        format!("no selection has more than {:.6} points, and this one has {:.6}", best.at_most, best.points)
    } else {
        format!("this one has {:.6} points", best.points)
    };
    format!("The search ended before it was proven that there is no better {name}: {most}.")
}

/// The items of the first list that are not in the second; both are sorted.
fn sorted_difference(these: &[usize], others: &[usize]) -> Vec<usize> {
    these.iter().copied().filter(|n| others.binary_search(n).is_err()).collect()
}
