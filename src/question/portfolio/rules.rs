//! What a choice has to obey: dependencies and tests as the plan has them, and what the inputs demand.

use super::entry::{self, Entry};
use super::solve::{Demand, Rule};
use super::{AREAS, AREAS_FILTER, AT_LEAST_ONE, DEPENDS_ON, EXCLUSIVE, EXCLUSIVE_TESTS, MUST};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use crate::question::Asked;
use crate::question::choose::{self, Choice};
use crate::question::input::{self, Input, short};
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

/// The most rules of one question.
const MAX_RULES: usize = 500;

/// All rules, those of the inputs first.
pub fn read(asked: &Asked<'_>, choice: &Choice, entries: &[Entry]) -> Result<Vec<Rule>> {
    let numbers: HashMap<&FeatureId, usize> = entries.iter().enumerate().map(|(n, e)| (&e.id, n)).collect();
    let reader = Reader { asked, choice, entries, numbers };
    let mut rules = reader.at_least_one()?;
    rules.extend(reader.must()?);
    rules.extend(reader.exclusive()?);
    if asked.flag(&EXCLUSIVE_TESTS)? {
        rules.extend(reader.tests());
    }
    if asked.flag(&DEPENDS_ON)? {
        rules.extend(reader.dependencies());
    }
    if rules.len() > MAX_RULES {
        return Err(Error::TooLarge(format!("{} rules are too many: {MAX_RULES} are allowed.", rules.len())));
    }
    Ok(rules)
}

struct Reader<'a> {
    asked: &'a Asked<'a>,
    choice: &'a Choice,
    entries: &'a [Entry],
    numbers: HashMap<&'a FeatureId, usize>,
}

impl Reader<'_> {
    fn at_least_one(&self) -> Result<Vec<Rule>> {
        let Some(json) = self.asked.json(&AT_LEAST_ONE) else { return Ok(vec![]) };
        let wanted = json.as_object().ok_or_else(|| {
            let sentence = "Expected an object of properties and lists of values, such as {\"objectives\": []}; found";
            Error::invalid(AT_LEAST_ONE.name, format!("{sentence} {}.", short(json)))
        })?;
        let mut rules = Vec::new();
        for (property, values) in wanted {
            let values = words(&AT_LEAST_ONE, values)?;
            let having = if property == "area" { self.by_area(&values)? } else { self.by_value(property)? };
            let mut rule = |value: &str, of: &[usize]| {
                rules.push(Rule { name: format!("{property}={value}"), demand: Demand::AnyOf(of.to_vec()) });
            };
            if values.is_empty() {
                having.iter().filter(|(_, of)| !of.is_empty()).for_each(|(value, of)| rule(value, of));
            } else {
                values.iter().for_each(|v| rule(v, having.get(*v).map_or(&[], Vec::as_slice)));
            }
        }
        Ok(rules)
    }

    /// Value → who has it.
    fn by_value(&self, property: &str) -> Result<BTreeMap<String, Vec<usize>>> {
        let field = self.choice.field(property);
        let field =
            field.ok_or_else(|| choose::unknown_field(self.choice.collection(), property, AT_LEAST_ONE.name))?;
        let mut having: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (n, entry) in self.entries.iter().enumerate() {
            for value in choose::words(&self.choice.value(&entry.pick, field)) {
                let of = having.entry(value).or_default();
                if of.last() != Some(&n) {
                    of.push(n);
                }
            }
        }
        Ok(having)
    }

    /// Area → who meets it.
    fn by_area(&self, wanted: &[&str]) -> Result<BTreeMap<String, Vec<usize>>> {
        let areas = Choice::of(self.asked, &AREAS, &AREAS_FILTER)?;
        let mut having = BTreeMap::new();
        for pick in areas.all() {
            let id = areas.id(&pick).to_string();
            let Some(geometry) = areas.geometry(&pick) else { continue };
            if wanted.is_empty() || wanted.contains(&id.as_str()) {
                let area = input::area_of(&geometry, &format!("{}/{id}", AREAS.name))?;
                let meets = |e: &Entry| self.choice.geometry(&e.pick).is_some_and(|g| area.meets(&g));
                having.insert(id, (0..self.entries.len()).filter(|n| meets(&self.entries[*n])).collect());
            }
        }
        match wanted.iter().find(|id| !having.contains_key(**id)) {
            Some(id) => {
                let sentence = format!("'{}' has no area '{id}' with an outline.", areas.collection().id);
                Err(Error::invalid(AT_LEAST_ONE.name, sentence))
            }
            None => Ok(having),
        }
    }

    fn must(&self) -> Result<Vec<Rule>> {
        let rule = |id: &str| {
            let n = self.candidate(id, &MUST)?;
            Ok(Rule { name: format!("must={id}"), demand: Demand::AnyOf(vec![n]) })
        };
        self.asked.words(&MUST)?.into_iter().map(rule).collect()
    }

    fn exclusive(&self) -> Result<Vec<Rule>> {
        let Some(json) = self.asked.json(&EXCLUSIVE) else { return Ok(vec![]) };
        let groups = json.as_array().ok_or_else(|| {
            Error::invalid(EXCLUSIVE.name, format!("Expected a list of lists of ids, found {}.", short(json)))
        })?;
        let rule = |(nth, group): (usize, &Json)| {
            let ids = words(&EXCLUSIVE, group)?;
            let mut of = ids.iter().map(|id| self.candidate(id, &EXCLUSIVE)).collect::<Result<Vec<_>>>()?;
            of.sort_unstable();
            of.dedup();
            Ok(Rule { name: format!("exclusive={}", nth + 1), demand: Demand::OneOf(of) })
        };
        groups.iter().enumerate().map(rule).collect()
    }

    fn tests(&self) -> Vec<Rule> {
        let rule = |(n, entry): (usize, &Entry)| {
            let test = self.choice.words(&entry.pick, "tested_by").into_iter().next()?;
            let other = *self.numbers.get(&FeatureId::new(&test).ok()?)?;
            let name = format!("tested_by={}", entry.id);
            (other != n).then(|| Rule { name, demand: Demand::OneOf(vec![n, other]) })
        };
        self.entries.iter().enumerate().filter_map(rule).collect()
    }

    fn dependencies(&self) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (n, entry) in self.entries.iter().enumerate() {
            let (mut needs, mut missing) = (Vec::new(), false);
            for on in self.choice.words(&entry.pick, "depends_on") {
                let id = FeatureId::new(&on).ok();
                if let Some(other) = id.as_ref().and_then(|id| self.numbers.get(id)) {
                    needs.push(*other);
                } else {
                    let there = id.and_then(|id| self.choice.find(&id));
                    missing |= !there.is_some_and(|pick| entry::stands(self.choice, &pick));
                }
            }
            let demand = match (missing, needs.is_empty()) {
                (true, _) => Demand::Never(n),
                (false, false) => Demand::Needs(n, needs),
                (false, true) => continue,
            };
            rules.push(Rule { name: format!("depends_on={}", entry.id), demand });
        }
        rules
    }

    fn candidate(&self, id: &str, input: &Input) -> Result<usize> {
        let known = FeatureId::new(id).ok();
        if let Some(n) = known.as_ref().and_then(|id| self.numbers.get(id)) {
            return Ok(*n);
        }
        let there = known.is_some_and(|id| self.choice.find(&id).is_some());
        let sentence = if there {
            format!(
                "'{id}' is no candidate: it states no cost, or that of a whole programme, is decided already, or does not pass the filter."
            )
        } else {
            format!("'{}' has no feature '{id}'.", self.choice.collection().id)
        };
        Err(Error::invalid(input.name, sentence))
    }
}

fn words<'j>(input: &Input, json: &'j Json) -> Result<Vec<&'j str>> {
    let list: Option<Vec<&str>> = json.as_array().and_then(|l| l.iter().map(Json::as_str).collect());
    let list = list.filter(|l| l.len() <= input::MAX_LIST);
    list.ok_or_else(|| {
        let sentence = format!("Expected a list of at most {} words, found {}.", input::MAX_LIST, short(json));
        Error::invalid(input.name, sentence)
    })
}
