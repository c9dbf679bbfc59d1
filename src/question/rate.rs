//! What part of these is that? Vacant of all commercial units, per street segment or area, and its change between two surveys.

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::drawn_area;
use super::features::{self, AREAS, AREAS_FILTER, COLLECTION, FILTER, FeatureHandle, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::input_errors;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::Result;
use crate::feature::FeatureId;
use crate::index::FeatureSlot;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashSet};

const PREMISES: QuestionInput = QuestionInput { kind: InputKind::Collection(Some("premises")), ..COLLECTION };
const NUMERATOR: QuestionInput = QuestionInput::required(
    "numerator",
    "Which of them are counted above the line: properties and values, {\"state\": \"vacant\"}, or CQL2",
    InputKind::Filter,
);
const DENOMINATOR: QuestionInput = QuestionInput::new(
    "denominator",
    "Which of them are counted below the line, as the numerator; without it, all",
    InputKind::Filter,
);
const GROUP_BY: QuestionInput = QuestionInput::new(
    "group_by",
    "A property to split by, such as 'segment', or 'area' for the areas they lie in",
    InputKind::Text,
);
const PLACES: QuestionInput = QuestionInput::new(
    "places",
    "The collection whose ids that property holds, to draw the answer: 'segments'",
    InputKind::Collection(None),
);
const BEFORE: QuestionInput =
    QuestionInput::new("before", "Which of them belong to the first survey", InputKind::Filter);
const AFTER: QuestionInput =
    QuestionInput::new("after", "Which of them belong to the second survey", InputKind::Filter);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "rate",
    title: "A rate and its change",
    description: "What part of these features is of that kind, in all and per segment or area, and how did it change between two surveys?",
    inputs: &[PREMISES, FILTER, NUMERATOR, DENOMINATOR, GROUP_BY, PLACES, AREAS, AREAS_FILTER, BEFORE, AFTER],
    answer: answer_rate,
};

const OUTSIDE_DENOMINATOR: &str = "outside_denominator";
const WITHOUT_GROUP: &str = "without_group";
const RULE: &str = "The rate is the number of features that pass both filters divided by the number that pass the denominator's. Features that do not pass the denominator's filter are listed as \
                    outside_denominator: a unit that became a dwelling leaves both sides.";
const CHANGE_RULE: &str =
    "The change is in percentage points, from the first survey to the second; each survey has its own denominator.";

/// Features above and below the line.
#[derive(Default, Clone)]
struct RateTally {
    numerator: Vec<FeatureId>,
    denominator: Vec<FeatureId>,
}

/// A survey: everything, or one of two.
struct RateSurvey {
    name: &'static str,
    members: SurveyMembers,
}

/// The features that pass a filter: an object of properties and values, or CQL2.
struct SurveyMembers(Option<HashSet<FeatureSlot>>);

impl SurveyMembers {
    /// Those of the choice that pass the filter of this input; all of them when it is not sent.
    fn read(request: &QuestionRequest<'_>, choice: &QuestionFeatures, input: &QuestionInput) -> Result<Self> {
        let passing = |json| {
            choice.clone().with_filter(json, input.name).map(|c| c.select_all().iter().map(|p| p.slot).collect())
        };
        Ok(Self(request.raw_json(input).map(passing).transpose()?))
    }

    fn contains(&self, pick: &FeatureHandle) -> bool {
        self.0.as_ref().is_none_or(|slots| slots.contains(&pick.slot))
    }
}

fn answer_rate(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let choice = QuestionFeatures::from_inputs(request, &PREMISES, &FILTER)?;
    let read = |input: &QuestionInput| SurveyMembers::read(request, &choice, input);
    let (numerator, denominator) = (read(&NUMERATOR)?, read(&DENOMINATOR)?);
    let compared = request.raw_json(&BEFORE).is_some() || request.raw_json(&AFTER).is_some();
    let surveys = if compared {
        vec![
            RateSurvey { name: "rate_before", members: read(&BEFORE)? },
            RateSurvey { name: "rate", members: read(&AFTER)? },
        ]
    } else {
        vec![RateSurvey { name: "rate", members: SurveyMembers(None) }]
    };
    let groups = RateGroups::read(request, &choice)?;
    let mut left_out = LeftOut::default();
    // One row for each group, the empty one for all; one tally for each survey.
    let mut rows: BTreeMap<String, Vec<RateTally>> = BTreeMap::new();
    rows.insert(String::new(), vec![RateTally::default(); surveys.len()]);
    for pick in choice.select_all() {
        for (nth, _) in surveys.iter().enumerate().filter(|(_, s)| s.members.contains(&pick)) {
            let id = choice.id(&pick);
            if !denominator.contains(&pick) {
                left_out.add(OUTSIDE_DENOMINATOR, id);
                continue;
            }
            let mut keys = groups.keys_of(&choice, &pick);
            if keys.is_empty() && groups.name.is_some() {
                left_out.add(WITHOUT_GROUP, id.clone());
            }
            keys.push(String::new());
            for key in keys {
                let tally = &mut rows.entry(key).or_insert_with(|| vec![RateTally::default(); surveys.len()])[nth];
                tally.denominator.push(id.clone());
                if numerator.contains(&pick) {
                    tally.numerator.push(id.clone());
                }
            }
        }
    }
    let mut numbers = Vec::new();
    let mut found = Vec::new();
    for (key, tallies) in &rows {
        let group = groups.name.as_ref().filter(|_| !key.is_empty()).map(|name| (name.clone(), key.clone()));
        let row = rate_numbers(&surveys, tallies, group.as_slice());
        if group.is_some() {
            found.extend(groups.group_feature(key, &row));
        }
        numbers.extend(row);
    }
    let mut rules = vec![RULE.to_owned()];
    rules.extend(compared.then(|| CHANGE_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

/// The rates of one group, and their difference when there are two.
fn rate_numbers(surveys: &[RateSurvey], tallies: &[RateTally], group: &[(String, String)]) -> Vec<AnswerNumber> {
    let share = |(survey, tally): (&RateSurvey, &RateTally)| {
        let (above, below) =
            (NumberValue::Count(tally.numerator.len() as u64), NumberValue::Count(tally.denominator.len() as u64));
        AnswerNumber::percentage(survey.name, above, below).with_group(group).with_ids(tally.numerator.clone())
    };
    let mut row: Vec<AnswerNumber> = surveys.iter().zip(tallies).map(share).collect();
    if let [before, after] = row.as_slice() {
        let change = match (before.value, after.value) {
            (NumberValue::Real(b), NumberValue::Real(a)) => NumberValue::Real(a - b),
            _ => NumberValue::Unknown,
        };
        row.push(AnswerNumber::new("change", change, "percentage points").with_group(group));
    }
    row
}

/// How features are put into groups, and where those are on the map.
struct RateGroups {
    name: Option<String>,
    field: Option<usize>,
    areas: Vec<(String, super::measure::PreparedArea)>,
    places: Option<QuestionFeatures>,
}

impl RateGroups {
    fn read(request: &QuestionRequest<'_>, choice: &QuestionFeatures) -> Result<Self> {
        let Some(name) = request.read_text(&GROUP_BY)? else {
            return Ok(Self { name: None, field: None, areas: vec![], places: None });
        };
        if name == "area" {
            let areas = QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)?;
            let mut outlines = Vec::new();
            for pick in areas.select_all() {
                let id = areas.id(&pick).to_string();
                if let Some(geometry) = areas.geometry(&pick) {
                    outlines.push((id, drawn_area::prepare_area(&geometry, AREAS.name)?));
                }
            }
            return Ok(Self { name: Some(name.to_owned()), field: None, areas: outlines, places: Some(areas) });
        }
        let field = choice
            .field(name)
            .ok_or_else(|| input_errors::unknown_field_error(choice.collection(), name, GROUP_BY.name))?;
        let places =
            request.raw_json(&PLACES).map(|_| QuestionFeatures::whole_collection(request, &PLACES)).transpose()?;
        Ok(Self { name: Some(name.to_owned()), field: Some(field), areas: vec![], places })
    }

    fn keys_of(&self, choice: &QuestionFeatures, pick: &FeatureHandle) -> Vec<String> {
        match self.field {
            Some(field) => features::value_words(&choice.value(pick, field)),
            None if self.areas.is_empty() => vec![],
            None => {
                let Some(geometry) = choice.geometry(pick) else { return vec![] };
                self.areas.iter().filter(|(_, area)| area.intersects(&geometry)).map(|(id, _)| id.clone()).collect()
            }
        }
    }

    /// The place of a group with its numbers.
    fn group_feature(&self, key: &str, row: &[AnswerNumber]) -> Option<AnswerFeature> {
        let places = self.places.as_ref()?;
        let slot = FeatureId::new(key).ok().and_then(|id| places.snapshot.get(&id))?;
        let mut result = Map::new();
        for number in row {
            let value = if let NumberValue::Real(r) = number.value { round_to_json(r, 6) } else { Json::Null };
            result.insert(number.name.to_owned(), value);
            if let Some((above, below)) = number.fraction {
                result.insert(format!("{}_of", number.name), json!([above.to_json(), below.to_json()]));
            }
        }
        Some(AnswerFeature::FromPlan { snapshot: places.snapshot.clone(), slot, result: result.into() })
    }
}
