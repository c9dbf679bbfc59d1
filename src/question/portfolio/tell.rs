//! What is said about a choice: its numbers, what each rule costs, what more money would add; or which rules clash.

use super::entry::{CRITERIA, Entry};
use super::solve::{Best, Demand, Outcome, Problem, Rule};
use crate::error::Result;
use crate::feature::FeatureId;
use crate::question::answer::{Figure, Found, Number, rounded};
use crate::question::choose::Choice;
use crate::question::money;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// The most rules whose effect is worked out one by one.
const MAX_EXPLAINED: usize = 40;
/// What part of the time that is left the next tenth of budget gets: one of so many.
const NEXT_SHARE: usize = 4;
/// The next tenth of the budget.
const NEXT: Decimal = Decimal::from_parts(11, 0, 0, false, 1);

pub struct Teller<'a> {
    pub choice: &'a Choice,
    pub entries: &'a [Entry],
    pub problem: &'a Problem,
    /// When the answer is given, with what was proven by then.
    pub until: Instant,
}

/// A part of an answer.
#[derive(Default)]
pub struct Told {
    pub numbers: Vec<Number>,
    pub found: Vec<Found>,
    pub rules: Vec<String>,
}

/// What one rule does to the choice.
struct Effect {
    rule: String,
    /// Chosen because of it.
    forced: Vec<usize>,
    /// Not chosen because of it.
    kept_out: Vec<usize>,
    /// How many points more there would be without it.
    price: f64,
}

impl Teller<'_> {
    /// The choice, what forced it, and what is next.
    pub fn best(&self, best: &Best) -> Result<Told> {
        let mut told = Told { rules: self.listed(), ..Told::default() };
        let next = self.next(best)?;
        let effects = self.effects(best, &mut told.rules)?;
        told.numbers = self.numbers(best, &effects, &next);
        for (choice, name) in [(best, "choice"), (&next, "choice with the next 10 % of budget")] {
            told.rules.extend((!choice.proven).then(|| unproven(choice, name)));
        }
        let mut forced_by: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for effect in &effects {
            effect.forced.iter().for_each(|n| forced_by.entry(*n).or_default().push(&effect.rule));
        }
        let chosen = best.chosen.iter().map(|n| (*n, true));
        let added = fresh(&next.chosen, &best.chosen).into_iter().map(|n| (n, false));
        told.found = chosen.chain(added).map(|(n, chosen)| self.found(n, chosen, forced_by.remove(&n))).collect();
        Ok(told)
    }

    /// The rules that cannot hold together, and the least budget with which they can.
    pub fn clash(&self) -> Result<Told> {
        let clash = self.problem.clash(self.share(2))?;
        let smallest = clash.smallest;
        let clash: Vec<&Rule> = clash.rules.into_iter().map(|r| &self.problem.rules[r]).collect();
        let least = self.problem.least_budget(self.until)?;
        let mut numbers = vec![
            Number::count("chosen", vec![]),
            Number::new("budget", Figure::Money(self.problem.budget), "EUR"),
            Number::new("clashing_rules", Figure::Count(clash.len() as u64), "rules"),
        ];
        numbers.extend(least.map(|cost| Number::new("least_budget", Figure::Money(cost), "EUR")));
        for rule in &clash {
            let named = Number::count("candidates", self.ids(&rule.demand.named()));
            numbers.push(named.grouped(&[("rule".to_owned(), rule.name.clone())]));
        }
        let names: Vec<&str> = clash.iter().map(|r| r.name.as_str()).collect();
        let mut rules = self.listed();
        rules.push(match least {
            Some(least) => format!(
                "No choice obeys these rules within the budget of {} euros: {}. Together with all others they need at least {least} euros.",
                self.problem.budget,
                names.join(", ")
            ),
            None => format!("No choice obeys these rules, whatever the budget: {}. Leave out one of them.", names.join(", ")),
        });
        rules.extend((!smallest).then(|| {
            "The search was ended before it was proven that each of these rules has a part in it. Ask with fewer rules.".to_owned()
        }));
        Ok(Told { numbers, found: vec![], rules })
    }

    /// Neither a choice nor a proof that there is none.
    pub fn unknown(&self) -> Told {
        let numbers =
            vec![Number::count("chosen", vec![]), Number::new("budget", Figure::Money(self.problem.budget), "EUR")];
        let mut rules = self.listed();
        rules.push(
            "The search was ended before a choice was found that obeys every rule within the budget, and before it was proven that there is none. Ask \
             with fewer candidates or rules."
                .to_owned(),
        );
        Told { numbers, found: vec![], rules }
    }

    /// The time that one of so many searches gets.
    fn share(&self, searches: usize) -> Instant {
        let now = Instant::now();
        now + self.until.saturating_duration_since(now) / u32::try_from(searches).unwrap_or(u32::MAX).max(1)
    }

    fn numbers(&self, best: &Best, effects: &[Effect], next: &Best) -> Vec<Number> {
        let chosen = self.ids(&best.chosen);
        let eu: Vec<&Entry> = best.chosen.iter().map(|n| &self.entries[*n]).filter(|e| e.eu.is_some()).collect();
        let eu_ids = eu.iter().map(|e| e.id.clone()).collect();
        let eu_money = eu.iter().filter_map(|e| e.eu).sum();
        let budget = self.problem.budget;
        let mut numbers = vec![
            Number::count("chosen", chosen.clone()),
            Number::count("candidates", self.entries.iter().map(|e| e.id.clone()).collect()),
            Number::new("points", Figure::Real(best.points), "points").behind(chosen.clone()),
            Number::new("budget", Figure::Money(budget), "EUR"),
            Number::new("cost", Figure::Money(best.cost), "EUR").behind(chosen),
            Number::new("budget_left", Figure::Money(budget - best.cost), "EUR"),
            Number::new("eu_money", Figure::Money(eu_money), "EUR").behind(eu_ids),
        ];
        for (at, criterion) in CRITERIA.iter().enumerate() {
            let points: f64 = best.chosen.iter().map(|n| self.entries[*n].by_criterion[at]).sum();
            let group = [("criterion".to_owned(), (*criterion).to_owned())];
            numbers
                .extend((points > 0.0).then(|| Number::new("points", Figure::Real(points), "points").grouped(&group)));
        }
        for effect in effects {
            let group = [("rule".to_owned(), effect.rule.clone())];
            numbers.push(Number::count("forced", self.ids(&effect.forced)).grouped(&group));
            numbers.push(Number::count("kept_out", self.ids(&effect.kept_out)).grouped(&group));
            numbers.push(Number::new("price", Figure::Real(effect.price), "points").grouped(&group));
        }
        numbers.extend([
            Number::new("next_budget", Figure::Money(self.next_budget()), "EUR"),
            Number::new("next_points", Figure::Real(next.points - best.points), "points"),
            Number::new("next_cost", Figure::Money(next.cost), "EUR"),
            Number::count("next_added", self.ids(&fresh(&next.chosen, &best.chosen))),
            Number::count("next_dropped", self.ids(&fresh(&best.chosen, &next.chosen))),
        ]);
        numbers
    }

    /// What each rule does: the best choice without it, held against the best with it.
    fn effects(&self, best: &Best, said: &mut Vec<String>) -> Result<Vec<Effect>> {
        let rules = &self.problem.rules;
        if rules.len() > MAX_EXPLAINED {
            said.push(format!("The effects of the first {MAX_EXPLAINED} of {} rules were worked out.", rules.len()));
        }
        let explained = rules.len().min(MAX_EXPLAINED);
        let (mut effects, mut open) = (Vec::new(), Vec::new());
        for (n, rule) in rules.iter().enumerate().take(explained) {
            if Instant::now() > self.until {
                open.push(rule.name.as_str());
                continue;
            }
            let Outcome::Found(free) = self.problem.without(n).best(Some(best), self.share(explained - n))? else {
                open.push(rule.name.as_str());
                continue;
            };
            if !free.proven {
                open.push(rule.name.as_str());
            }
            let named = rule.demand.named();
            if free.beats(best) {
                let forces =
                    |n: &usize| !matches!(rule.demand, Demand::OneOf(_) | Demand::Never(_)) && named.contains(n);
                effects.push(Effect {
                    rule: rule.name.clone(),
                    forced: fresh(&best.chosen, &free.chosen).into_iter().filter(forces).collect(),
                    kept_out: fresh(&free.chosen, &best.chosen),
                    price: free.points - best.points,
                });
            }
        }
        if !open.is_empty() {
            said.push(format!(
                "The search was ended before the effects of these rules were proven; each may cost more points than is said: {}.",
                open.join(", ")
            ));
        }
        Ok(effects)
    }

    fn next_budget(&self) -> Decimal {
        (self.problem.budget * NEXT).round_dp(2)
    }

    /// The best choice with a tenth more; the same when that gives nothing.
    fn next(&self, best: &Best) -> Result<Best> {
        let richer = Problem { budget: self.next_budget(), ..self.problem.clone() };
        Ok(match richer.best(Some(best), self.share(NEXT_SHARE))? {
            // Nothing more: the same, whatever else there is for its points.
            Outcome::Found(next) if !next.beats(best) => {
                Best { proven: next.proven, at_most: next.at_most, ..best.clone() }
            }
            Outcome::Found(next) => next,
            Outcome::Nothing | Outcome::Unknown => Best { proven: false, ..best.clone() },
        })
    }

    fn listed(&self) -> Vec<String> {
        let rules = self.problem.rules.iter().map(|r| {
            let names: Vec<String> = self.ids(&r.demand.named()).iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            match &r.demand {
                Demand::AnyOf(of) => format!("Rule {}: at least one of {} candidates.", r.name, of.len()),
                Demand::OneOf(_) => format!("Rule {}: at most one of {names}.", r.name),
                Demand::Needs(..) => format!("Rule {}: only together with what it depends on ({names}).", r.name),
                Demand::Never(_) => format!(
                    "Rule {}: not possible, as what it depends on is neither a candidate nor under way nor completed.",
                    r.name
                ),
            }
        });
        rules.collect()
    }

    fn found(&self, n: usize, chosen: bool, forced_by: Option<Vec<&str>>) -> Found {
        let entry = &self.entries[n];
        let criteria: Map<String, Json> = CRITERIA
            .iter()
            .zip(entry.by_criterion)
            .filter(|(_, points)| *points > 0.0)
            .map(|(c, points)| ((*c).to_owned(), rounded(points, 4)))
            .collect();
        let result = json!({
            "chosen": chosen, "next": !chosen,
            "points": rounded(entry.points(), 4), "criteria": criteria,
            "cost": money::near(entry.cost), "forced_by": forced_by.unwrap_or_default(),
        });
        self.choice.found(&entry.pick, result)
    }

    fn ids(&self, of: &[usize]) -> Vec<FeatureId> {
        of.iter().map(|n| self.entries[*n].id.clone()).collect()
    }
}

fn unproven(best: &Best, name: &str) -> String {
    let most = if best.at_most.is_finite() {
        format!("none is worth more than {:.6} points, and this one is worth {:.6}", best.at_most, best.points)
    } else {
        format!("this one is worth {:.6} points", best.points)
    };
    format!("The search was ended before it was proven that there is no better {name}: {most}.")
}

/// Those of the first list that are not in the second; both are in order.
fn fresh(these: &[usize], others: &[usize]) -> Vec<usize> {
    these.iter().copied().filter(|n| others.binary_search(n).is_err()).collect()
}
