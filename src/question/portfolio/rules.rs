//! The rules of a selection: dependencies and tests from the plan, and the demands in the inputs.

use super::candidates::{self, CandidateIntervention};
use super::problem::{PortfolioRule, RuleDemand};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use crate::question::drawn_area;
use crate::question::features::{self, AREAS, AREAS_FILTER, QuestionFeatures};
use crate::question::input::{InputKind, MAX_LIST_ITEMS, QuestionInput};
use crate::question::input_errors::{self, shorten_json};
use crate::question::request::QuestionRequest;
use serde_json::Value as Json;
use std::collections::{BTreeMap, HashMap};

pub const AT_LEAST_ONE: QuestionInput = QuestionInput::new(
    "at_least_one",
    "For each property, such as objectives or city, or for 'area': the values that need at least one intervention; an empty list means every value that a candidate has",
    InputKind::Object(
        r#"{"type": "object", "maxProperties": 10, "additionalProperties": {"type": "array", "items": {"type": "string"}}}"#,
    ),
);
pub const DEPENDS_ON: QuestionInput = QuestionInput::new(
    "depends_on",
    "Whether an intervention is selected only together with those it depends on, unless these are completed or under way",
    InputKind::Flag(true),
);
pub const EXCLUSIVE_TESTS: QuestionInput = QuestionInput::new(
    "exclusive_tests",
    "Whether an intervention and the action that tests it exclude each other",
    InputKind::Flag(true),
);
pub const EXCLUSIVE: QuestionInput = QuestionInput::new(
    "exclusive",
    "Groups of interventions of which at most one is selected, as lists of ids",
    InputKind::Object(r#"{"type": "array", "maxItems": 100, "items": {"type": "array", "items": {"type": "string"}}}"#),
);
pub const MUST: QuestionInput =
    QuestionInput::new("must", "Ids of interventions that are selected in any case", InputKind::Words);

/// The most rules of one question.
const MAX_RULES: usize = 500;

/// All rules, those from the inputs first.
pub fn read_rules(
    request: &QuestionRequest<'_>,
    layer: &QuestionFeatures,
    entries: &[CandidateIntervention],
) -> Result<Vec<PortfolioRule>> {
    let numbers: HashMap<&FeatureId, usize> = entries.iter().enumerate().map(|(n, e)| (&e.id, n)).collect();
    let reader = RuleReader { request, layer, entries, numbers };
    let mut rules = reader.at_least_one_rules()?;
    rules.extend(reader.must_rules()?);
    rules.extend(reader.exclusive_rules()?);
    if request.read_flag(&EXCLUSIVE_TESTS)? {
        rules.extend(reader.test_rules());
    }
    if request.read_flag(&DEPENDS_ON)? {
        rules.extend(reader.dependency_rules());
    }
    if rules.len() > MAX_RULES {
        return Err(Error::TooLarge(format!(
            "This request has {} rules; at most {MAX_RULES} rules are allowed. Send shorter lists in 'at_least_one', 'exclusive' and 'must'.",
            rules.len()
        )));
    }
    Ok(rules)
}

struct RuleReader<'a> {
    request: &'a QuestionRequest<'a>,
    layer: &'a QuestionFeatures,
    entries: &'a [CandidateIntervention],
    numbers: HashMap<&'a FeatureId, usize>,
}

impl RuleReader<'_> {
    fn at_least_one_rules(&self) -> Result<Vec<PortfolioRule>> {
        let Some(json) = self.request.raw_json(&AT_LEAST_ONE) else { return Ok(vec![]) };
        let wanted = json.as_object().ok_or_else(|| {
            let sentence = "Expected an object of properties and lists of values, such as {\"objectives\": []}; found";
            Error::invalid(AT_LEAST_ONE.name, format!("{sentence} {}.", shorten_json(json)))
        })?;
        let mut rules = Vec::new();
        for (property, values) in wanted {
            let values = read_word_list(&AT_LEAST_ONE, values)?;
            let having = if property == "area" { self.group_by_area(&values)? } else { self.group_by_value(property)? };
            let mut rule = |value: &str, of: &[usize]| {
                rules.push(PortfolioRule {
                    name: format!("{property}={value}"),
                    demand: RuleDemand::AtLeastOne(of.to_vec()),
                });
            };
            if values.is_empty() {
                having.iter().filter(|(_, of)| !of.is_empty()).for_each(|(value, of)| rule(value, of));
            } else {
                values.iter().for_each(|v| rule(v, having.get(*v).map_or(&[], Vec::as_slice)));
            }
        }
        Ok(rules)
    }

    /// The candidates that have each value of a property.
    fn group_by_value(&self, property: &str) -> Result<BTreeMap<String, Vec<usize>>> {
        let field = self.layer.field(property);
        let field = field
            .ok_or_else(|| input_errors::unknown_field_error(self.layer.collection(), property, AT_LEAST_ONE.name))?;
        let mut having: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (n, entry) in self.entries.iter().enumerate() {
            for value in features::value_words(&self.layer.value(&entry.feature, field)) {
                let of = having.entry(value).or_default();
                if of.last() != Some(&n) {
                    of.push(n);
                }
            }
        }
        Ok(having)
    }

    /// The candidates that intersect each area.
    fn group_by_area(&self, wanted: &[&str]) -> Result<BTreeMap<String, Vec<usize>>> {
        let areas = QuestionFeatures::from_inputs(self.request, &AREAS, &AREAS_FILTER)?;
        let mut having = BTreeMap::new();
        for feature in areas.select_all() {
            let id = areas.id(&feature).to_string();
            let Some(geometry) = areas.geometry(&feature) else { continue };
            if wanted.is_empty() || wanted.contains(&id.as_str()) {
                let area = drawn_area::prepare_area(&geometry, &format!("{}/{id}", AREAS.name), self.request.work)?;
                let intersects =
                    |e: &CandidateIntervention| self.layer.geometry(&e.feature).is_some_and(|g| area.intersects(&g));
                having.insert(id, (0..self.entries.len()).filter(|n| intersects(&self.entries[*n])).collect());
            }
        }
        match wanted.iter().find(|id| !having.contains_key(**id)) {
            Some(id) => {
                let sentence = format!("'{}' has no area '{id}' with a geometry.", areas.collection().id);
                Err(Error::invalid(AT_LEAST_ONE.name, sentence))
            }
            None => Ok(having),
        }
    }

    fn must_rules(&self) -> Result<Vec<PortfolioRule>> {
        let rule = |id: &str| {
            let n = self.find_candidate(id, &MUST)?;
            Ok(PortfolioRule { name: format!("must={id}"), demand: RuleDemand::AtLeastOne(vec![n]) })
        };
        self.request.read_words(&MUST)?.into_iter().map(rule).collect()
    }

    fn exclusive_rules(&self) -> Result<Vec<PortfolioRule>> {
        let Some(json) = self.request.raw_json(&EXCLUSIVE) else { return Ok(vec![]) };
        let groups = json.as_array().ok_or_else(|| {
            Error::invalid(EXCLUSIVE.name, format!("Expected a list of lists of ids, found {}.", shorten_json(json)))
        })?;
        let rule = |(nth, group): (usize, &Json)| {
            let ids = read_word_list(&EXCLUSIVE, group)?;
            let mut of = ids.iter().map(|id| self.find_candidate(id, &EXCLUSIVE)).collect::<Result<Vec<_>>>()?;
            of.sort_unstable();
            of.dedup();
            Ok(PortfolioRule { name: format!("exclusive={}", nth + 1), demand: RuleDemand::AtMostOne(of) })
        };
        groups.iter().enumerate().map(rule).collect()
    }

    fn test_rules(&self) -> Vec<PortfolioRule> {
        let rule = |(n, entry): (usize, &CandidateIntervention)| {
            let test = self.layer.field_words(&entry.feature, "tested_by").into_iter().next()?;
            let other = *self.numbers.get(&FeatureId::new(&test).ok()?)?;
            let name = format!("tested_by={}", entry.id);
            (other != n).then(|| PortfolioRule { name, demand: RuleDemand::AtMostOne(vec![n, other]) })
        };
        self.entries.iter().enumerate().filter_map(rule).collect()
    }

    fn dependency_rules(&self) -> Vec<PortfolioRule> {
        let mut rules = Vec::new();
        for (n, entry) in self.entries.iter().enumerate() {
            let (mut needs, mut missing) = (Vec::new(), false);
            for on in self.layer.field_words(&entry.feature, "depends_on") {
                let id = FeatureId::new(&on).ok();
                if let Some(other) = id.as_ref().and_then(|id| self.numbers.get(id)) {
                    needs.push(*other);
                } else {
                    let exists = id.and_then(|id| self.layer.find_by_id(&id));
                    missing |=
                        !exists.is_some_and(|feature| candidates::is_under_way_or_completed(self.layer, &feature));
                }
            }
            let demand = match (missing, needs.is_empty()) {
                (true, _) => RuleDemand::Excludes(n),
                (false, false) => RuleDemand::Requires(n, needs),
                (false, true) => continue,
            };
            rules.push(PortfolioRule { name: format!("depends_on={}", entry.id), demand });
        }
        rules
    }

    fn find_candidate(&self, id: &str, input: &QuestionInput) -> Result<usize> {
        let known = FeatureId::new(id).ok();
        if let Some(n) = known.as_ref().and_then(|id| self.numbers.get(id)) {
            return Ok(*n);
        }
        let exists = known.is_some_and(|id| self.layer.find_by_id(&id).is_some());
        let sentence = if exists {
            format!(
                "'{id}' is not a candidate: it states no cost or that of a whole programme, is already decided, or does not match the filter."
            )
        } else {
            format!("'{}' has no feature '{id}'.", self.layer.collection().id)
        };
        Err(Error::invalid(input.name, sentence))
    }
}

fn read_word_list<'j>(input: &QuestionInput, json: &'j Json) -> Result<Vec<&'j str>> {
    let list: Option<Vec<&str>> = json.as_array().and_then(|l| l.iter().map(Json::as_str).collect());
    let list = list.filter(|l| l.len() <= MAX_LIST_ITEMS);
    list.ok_or_else(|| {
        let sentence = format!("Expected a list of at most {} words, found {}.", MAX_LIST_ITEMS, shorten_json(json));
        Error::invalid(input.name, sentence)
    })
}
