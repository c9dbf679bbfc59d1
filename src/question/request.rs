//! Reads the inputs that a client sent. Every error names the input and says what to send instead.

use super::drawn_area::{prepare_area, read_drawn_area};
use super::input::{InputKind, MAX_LIST_ITEMS, MAX_WEIGHT, QuestionInput};
use super::input_errors::{missing_input_error, shorten_json, wrong_type_error};
use super::measure::PreparedArea;
use super::period::{self, DayRange};
use super::plan_snapshot::PlanSnapshot;
use crate::error::{Error, Result};
use crate::feature::{FeatureId, FieldValue, Geometry, check_geometry};
use crate::index::{FeatureSlot, Snapshot};
use crate::work_budget::WorkBudget;
use geo_types::Coord;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value as Json};

/// Positions nearer to a pole are refused.
const MAX_LATITUDE: f64 = 85.0;

/// The inputs of one execution, and the plan that it is about.
#[derive(Clone, Copy)]
pub struct QuestionRequest<'a> {
    pub plan: &'a PlanSnapshot,
    /// What answering may use.
    pub work: &'a WorkBudget,
    inputs: &'a Map<String, Json>,
}

/// The weight of each criterion: the defaults if no weights are sent, otherwise those that are sent and 0 for the
/// others.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionWeights(Vec<(&'static str, f64)>);

impl CriterionWeights {
    /// 0 for a criterion that does not count.
    #[must_use]
    pub fn weight_of(&self, criterion: &str) -> f64 {
        self.0.iter().find(|(name, _)| *name == criterion).map_or(0.0, |(_, weight)| *weight)
    }
}

impl<'a> QuestionRequest<'a> {
    /// # Errors
    /// [`Error::InvalidInput`] for an unknown input, and for a required input that is missing.
    pub fn new(
        plan: &'a PlanSnapshot,
        inputs: &'a Map<String, Json>,
        known: &[QuestionInput],
        work: &'a WorkBudget,
    ) -> Result<Self> {
        let names = || known.iter().map(|i| i.name).collect::<Vec<_>>().join(", ");
        if let Some(name) = inputs.keys().find(|name| known.iter().all(|i| i.name != *name)) {
            return Err(Error::invalid(name, format!("This question has no input '{name}'. It has: {}.", names())));
        }
        if let Some(missing) = known.iter().find(|i| i.required && inputs.get(i.name).is_none_or(Json::is_null)) {
            return Err(missing_input_error(missing));
        }
        Ok(Self { plan, work, inputs })
    }

    /// The JSON that was sent for an input; `None` for null.
    #[must_use]
    pub fn raw_json(&self, input: &QuestionInput) -> Option<&'a Json> {
        self.inputs.get(input.name).filter(|v| !v.is_null())
    }

    pub fn read_text(&self, input: &QuestionInput) -> Result<Option<&'a str>> {
        let read = |v: &'a Json| v.as_str().ok_or_else(|| wrong_type_error(input, "text", v));
        self.raw_json(input).map(read).transpose()
    }

    /// A word of the input's list, or the default.
    pub fn read_word(&self, input: &QuestionInput) -> Result<Option<&'a str>> {
        let InputKind::OneOf { words, default } = input.kind else {
            return Err(Error::internal("not a list of words"));
        };
        match self.read_text(input)? {
            Some(word) if words.contains(&word) => Ok(Some(word)),
            Some(word) => Err(Error::invalid(input.name, format!("'{word}' is not one of: {}.", words.join(", ")))),
            None => Ok(default),
        }
    }

    pub fn read_words(&self, input: &QuestionInput) -> Result<Vec<&'a str>> {
        let Some(json) = self.raw_json(input) else { return Ok(vec![]) };
        let list = json.as_array().ok_or_else(|| wrong_type_error(input, "a list of words", json))?;
        if list.len() > MAX_LIST_ITEMS {
            return Err(Error::invalid(
                input.name,
                format!("This list has {} items; at most {MAX_LIST_ITEMS} items are allowed.", list.len()),
            ));
        }
        list.iter().map(|v| v.as_str().ok_or_else(|| wrong_type_error(input, "a list of words", v))).collect()
    }

    /// A number within its limits, or the default.
    pub fn read_number(&self, input: &QuestionInput) -> Result<Option<f64>> {
        let InputKind::Number { min, max, default, whole } = input.kind else {
            return Err(Error::internal("not a number"));
        };
        let Some(json) = self.raw_json(input) else { return Ok(default) };
        let number = json.as_f64().ok_or_else(|| wrong_type_error(input, "a number", json))?;
        if !(min..=max).contains(&number) {
            return Err(Error::invalid(
                input.name,
                format!("{number} is out of range. Send a number from {min} to {max}."),
            ));
        }
        if whole && number.fract() != 0.0 {
            return Err(Error::invalid(input.name, format!("Expected a whole number, found {number}.")));
        }
        Ok(Some(number))
    }

    /// A number that is required or has a default.
    pub fn required_number(&self, input: &QuestionInput) -> Result<f64> {
        self.read_number(input)?.ok_or_else(|| missing_input_error(input))
    }

    /// True or false, or the default.
    pub fn read_flag(&self, input: &QuestionInput) -> Result<bool> {
        let InputKind::Flag(default) = input.kind else { return Err(Error::internal("not a flag")) };
        self.raw_json(input)
            .map_or(Ok(default), |v| v.as_bool().ok_or_else(|| wrong_type_error(input, "true or false", v)))
    }

    /// Weights within their limits; the defaults when none are sent.
    pub fn read_weights(&self, input: &QuestionInput) -> Result<CriterionWeights> {
        let InputKind::Weights { criteria, default } = input.kind else { return Err(Error::internal("not weights")) };
        let Some(json) = self.raw_json(input) else {
            return Ok(CriterionWeights(criteria.iter().copied().zip(default.iter().copied()).collect()));
        };
        let sent =
            json.as_object().ok_or_else(|| wrong_type_error(input, "an object of criteria and weights", json))?;
        let mut weights = Vec::new();
        for (name, weight) in sent {
            let known = criteria.iter().find(|c| **c == *name).ok_or_else(|| {
                Error::invalid(
                    input.name,
                    format!("There is no criterion '{name}'. The criteria are: {}.", criteria.join(", ")),
                )
            })?;
            let number = weight.as_f64().filter(|w| (0.0..=MAX_WEIGHT).contains(w));
            let sentence = || {
                let weight = shorten_json(weight);
                format!("'{name}' cannot have the weight {weight}. Send a number from 0 to {MAX_WEIGHT}.")
            };
            weights.push((*known, number.ok_or_else(|| Error::invalid(input.name, sentence()))?));
        }
        if weights.iter().all(|(_, w)| *w == 0.0) {
            return Err(Error::invalid(input.name, "At least one criterion must have a weight of more than 0."));
        }
        Ok(CriterionWeights(weights))
    }

    pub fn read_amount(&self, input: &QuestionInput) -> Result<Option<Decimal>> {
        let Some(json) = self.raw_json(input) else { return Ok(None) };
        parse_amount(json).map(Some).map_err(|sentence| Error::invalid(input.name, sentence))
    }

    pub fn read_date(&self, input: &QuestionInput) -> Result<Option<Date>> {
        let Some(text) = self.read_text(input)? else { return Ok(None) };
        let day = Some(text).filter(|t| t.len() == 10).and_then(period::parse_day);
        let sentence = || format!("'{text}' is not a date. Write it as year-month-day, such as 2026-03-01.");
        day.map(Some).ok_or_else(|| Error::invalid(input.name, sentence()))
    }

    /// The day `at`, or the days from `from` to `to`; `None` when none of them is sent.
    pub fn read_days(&self, at: &QuestionInput, from: &QuestionInput, to: &QuestionInput) -> Result<Option<DayRange>> {
        match (self.read_date(at)?, self.read_day_range(from, to)?) {
            (Some(_), Some(_)) => {
                Err(Error::invalid(at.name, "Send one day with 'at' or a period with 'from' and 'to', not both."))
            }
            (Some(day), None) => Ok(Some(DayRange { first: day, last: day })),
            (None, days) => Ok(days),
        }
    }

    /// The days from `from` to `to`, one of which may be left out; `None` when neither is sent.
    pub fn read_day_range(&self, from: &QuestionInput, to: &QuestionInput) -> Result<Option<DayRange>> {
        let (first, last) = (self.read_date(from)?, self.read_date(to)?);
        if first.is_none() && last.is_none() {
            return Ok(None);
        }
        let days = DayRange { first: first.unwrap_or(Date::MIN), last: last.unwrap_or(Date::MAX) };
        if days.first > days.last {
            return Err(Error::invalid(
                to.name,
                format!("The period ends on {}, before it begins on {}.", days.last, days.first),
            ));
        }
        Ok(Some(days))
    }

    /// A position in degrees.
    pub fn read_point(&self, input: &QuestionInput) -> Result<Option<Coord<f64>>> {
        let Some(json) = self.raw_json(input) else { return Ok(None) };
        let numbers: Option<Vec<f64>> = json.as_array().and_then(|a| a.iter().map(Json::as_f64).collect());
        let Some([x, y]) = numbers.as_deref().and_then(|n| <[f64; 2]>::try_from(n).ok()) else {
            return Err(wrong_type_error(input, "a position as [longitude, latitude]", json));
        };
        check_geometry(Geometry::Point((x, y).into())).map_err(|fault| Error::invalid(input.name, fault.message))?;
        if y.abs() > MAX_LATITUDE {
            let range = format!("from -{MAX_LATITUDE} to {MAX_LATITUDE}");
            return Err(Error::invalid(input.name, format!("{y} is too near a pole. Send a latitude {range}.")));
        }
        Ok(Some(Coord { x, y }))
    }

    /// An area: a feature of the collection `areas` by its id, or a polygon.
    pub fn read_area(&self, input: &QuestionInput, areas: &QuestionInput) -> Result<Option<PreparedArea>> {
        let Some(json) = self.raw_json(input) else { return Ok(None) };
        let geometry = match json {
            Json::String(id) => {
                let (snapshot, slot) = self.find_plan_area(id, input, areas)?;
                let outline = snapshot.feature_geometry(slot);
                outline
                    .ok_or_else(|| Error::invalid(input.name, format!("The area '{id}' has no geometry. Draw one.")))?
            }
            Json::Object(_) => read_drawn_area(json, input.name, self.work)?,
            _ => return Err(wrong_type_error(input, "the id of an area or a GeoJSON polygon", json)),
        };
        prepare_area(&geometry, input.name, self.work).map(Some)
    }

    /// The population of an area that is named by its id; `None` when the area does not state it, or is drawn.
    pub fn read_population(&self, input: &QuestionInput, areas: &QuestionInput) -> Result<Option<u64>> {
        let Some(Json::String(id)) = self.raw_json(input) else { return Ok(None) };
        let (snapshot, slot) = self.find_plan_area(id, input, areas)?;
        let value = snapshot.collection().field_index("population").map(|f| snapshot.property_value(slot, f));
        Ok(if let Some(FieldValue::Int(n)) = value { u64::try_from(n).ok() } else { None })
    }

    fn find_plan_area(
        &self,
        id: &str,
        input: &QuestionInput,
        areas: &QuestionInput,
    ) -> Result<(&'a Snapshot, FeatureSlot)> {
        let snapshot = self.plan.get(self.read_text(areas)?.unwrap_or("areas"), areas.name)?;
        let slot = FeatureId::new(id).ok().and_then(|id| snapshot.get(&id));
        let slot = slot.ok_or_else(|| {
            Error::invalid(
                input.name,
                format!("'{}' has no feature '{id}'. Send the id of an area, or a polygon.", snapshot.collection().id),
            )
        })?;
        Ok((snapshot, slot))
    }
}

/// Reads an amount in euros.
fn parse_amount(json: &Json) -> Result<Decimal, String> {
    let text = match json {
        Json::Number(n) => n.to_string(),
        Json::String(s) => s.clone(),
        _ => String::new(),
    };
    let amount = text
        .parse::<Decimal>()
        .ok()
        .filter(|a| a.scale() <= 2 && !a.is_sign_negative() && *a < Decimal::from(10_000_000_000_000_i64));
    amount.ok_or_else(|| {
        format!(
            "{} is not an amount. Send euros with at most two decimals, such as 250000 or 1999.99.",
            shorten_json(json)
        )
    })
}
