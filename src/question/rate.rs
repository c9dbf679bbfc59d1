//! The share of features that meet a condition, such as vacant premises of all premises, per street segment or area,
//! and its change between two surveys.

use super::answer::{AnswerFeature, AnswerNumber, LeftOut, NumberValue, QuestionAnswer, round_to_json};
use super::drawn_area;
use super::features::{self, AREAS, AREAS_FILTER, COLLECTION, FILTER, FeatureHandle, QuestionFeatures};
use super::input::{InputKind, QuestionInput};
use super::input_errors;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use super::survey_choice::{ChosenSurvey, SURVEY, SurveyChoice};
use crate::error::Result;
use crate::feature::FeatureId;
use crate::index::FeatureSlot;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashSet};

const PREMISES: QuestionInput = QuestionInput { kind: InputKind::Collection(Some("premises")), ..COLLECTION };
const NUMERATOR: QuestionInput = QuestionInput::required(
    "numerator",
    "Filter for the numerator: properties and values, such as {\"state\": \"vacant\"}, or CQL2",
    InputKind::Filter,
);
const DENOMINATOR: QuestionInput = QuestionInput::new(
    "denominator",
    "Filter for the denominator, like the numerator; without it, all features count",
    InputKind::Filter,
);
const GROUP_BY: QuestionInput = QuestionInput::new(
    "group_by",
    "Property to group by, such as 'segment'; 'area' groups by the areas that contain the features",
    InputKind::Text,
);
const PLACES: QuestionInput = QuestionInput::new(
    "places",
    "Collection whose ids the property holds, such as 'segments': its features show the rates on the map",
    InputKind::Collection(None),
);
const BEFORE: QuestionInput =
    QuestionInput::new("before", "Filter for the features of the first survey", InputKind::Filter);
const AFTER: QuestionInput =
    QuestionInput::new("after", "Filter for the features of the second survey", InputKind::Filter);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "rate",
    title: "Rate and its change",
    description: "Calculates the share of features that meet a condition, such as the vacancy rate of premises, in total and by street segment or area, and its change between two surveys.",
    inputs: &[PREMISES, FILTER, NUMERATOR, DENOMINATOR, GROUP_BY, PLACES, AREAS, AREAS_FILTER, BEFORE, AFTER],
    answer: answer_rate,
};

const OUTSIDE_DENOMINATOR: &str = "outside_denominator";
const WITHOUT_GROUP: &str = "without_group";
const OTHER_SURVEY: &str = "other_survey";
const SURVEY_RULE: &str = "A rate mixes no surveys: of each city, the newest survey counts that has at least 80 % as many features as the largest. Features of other surveys \
                           are listed as other_survey. Group by 'survey' to see the rate of each, or send filters for two of them.";
const RULE: &str = "The rate is the number of features that match both filters, divided by the number that match the filter of the denominator. Features that do not match the latter are listed as \
                    outside_denominator: premises that became a dwelling leave numerator and denominator.";
const CHANGE_RULE: &str =
    "The change from the first survey to the second is in percentage points; each survey has its own denominator.";

/// The features of numerator and denominator.
#[derive(Default, Clone)]
struct RateTally {
    numerator: Vec<FeatureId>,
    denominator: Vec<FeatureId>,
}

/// One of two surveys, or the newest of each city.
struct RateSurvey {
    name: &'static str,
    /// The name of the number of features that count.
    surveyed: &'static str,
    members: SurveyMembers,
    /// `None` when the features belong to no surveys.
    choice: Option<SurveyChoice>,
}

impl RateSurvey {
    fn new(
        (name, surveyed): (&'static str, &'static str),
        members: SurveyMembers,
        layer: &QuestionFeatures,
        all: &[FeatureHandle],
    ) -> Self {
        let own: Vec<FeatureHandle> = all.iter().filter(|f| members.contains(f)).copied().collect();
        Self { name, surveyed, members, choice: SurveyChoice::choose(layer, &own) }
    }

    /// Whether a feature of the survey counts.
    fn counts(&self, feature: &FeatureHandle) -> bool {
        self.choice.as_ref().is_none_or(|choice| choice.contains(feature))
    }

    /// How many features of each survey count.
    fn surveyed_numbers(&self) -> Vec<AnswerNumber> {
        let number = |chosen: &ChosenSurvey| {
            let city = Some(("city".to_owned(), chosen.city.clone())).filter(|(_, city)| !city.is_empty());
            let group: Vec<(String, String)> =
                city.into_iter().chain([(SURVEY.to_owned(), chosen.survey.clone())]).collect();
            AnswerNumber::feature_count(self.surveyed, chosen.ids.clone()).with_group(&group)
        };
        self.choice.iter().flat_map(|choice| &choice.surveys).map(number).collect()
    }
}

/// The features that match a filter; `None` for all.
struct SurveyMembers(Option<HashSet<FeatureSlot>>);

impl SurveyMembers {
    /// The features of the layer that match the filter in this input; all when it is not sent.
    fn read(request: &QuestionRequest<'_>, layer: &QuestionFeatures, input: &QuestionInput) -> Result<Self> {
        let passing =
            |json| layer.clone().with_filter(json, input.name).map(|c| c.select_all().iter().map(|p| p.slot).collect());
        Ok(Self(request.raw_json(input).map(passing).transpose()?))
    }

    fn contains(&self, feature: &FeatureHandle) -> bool {
        self.0.as_ref().is_none_or(|slots| slots.contains(&feature.slot))
    }
}

fn answer_rate(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let layer = QuestionFeatures::from_inputs(request, &PREMISES, &FILTER)?;
    let read = |input: &QuestionInput| SurveyMembers::read(request, &layer, input);
    let (numerator, denominator) = (read(&NUMERATOR)?, read(&DENOMINATOR)?);
    let compared = request.raw_json(&BEFORE).is_some() || request.raw_json(&AFTER).is_some();
    let all = layer.select_all();
    let names = [("rate_before", "surveyed_before"), ("rate", "surveyed")];
    let surveys = if compared {
        vec![
            RateSurvey::new(names[0], read(&BEFORE)?, &layer, &all),
            RateSurvey::new(names[1], read(&AFTER)?, &layer, &all),
        ]
    } else {
        vec![RateSurvey::new(names[1], SurveyMembers(None), &layer, &all)]
    };
    let groups = RateGroups::read(request, &layer)?;
    let mut left_out = LeftOut::default();
    // A row for each group, with an empty key for the total; in it a tally for each survey.
    let mut rows: BTreeMap<String, Vec<RateTally>> = BTreeMap::new();
    rows.insert(String::new(), vec![RateTally::default(); surveys.len()]);
    for feature in all {
        for (nth, _) in surveys.iter().enumerate().filter(|(_, s)| s.members.contains(&feature)) {
            let id = layer.id(&feature);
            let counts = surveys[nth].counts(&feature);
            if !counts && !groups.by_survey() {
                left_out.add(OTHER_SURVEY, id);
                continue;
            }
            if !denominator.contains(&feature) {
                left_out.add(OUTSIDE_DENOMINATOR, id);
                continue;
            }
            let mut keys = groups.keys_of(&layer, &feature);
            if keys.is_empty() && groups.name.is_some() {
                left_out.add(WITHOUT_GROUP, id.clone());
            }
            keys.extend(counts.then(String::new));
            for key in keys {
                let tally = &mut rows.entry(key).or_insert_with(|| vec![RateTally::default(); surveys.len()])[nth];
                tally.denominator.push(id.clone());
                if numerator.contains(&feature) {
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
    numbers.extend(surveys.iter().flat_map(RateSurvey::surveyed_numbers));
    let mut rules = vec![RULE.to_owned()];
    if surveys.iter().any(|survey| survey.choice.is_some()) {
        rules.push(SURVEY_RULE.to_owned());
        rules.extend(surveys.iter().filter_map(|s| s.choice.as_ref()).flat_map(SurveyChoice::to_rules));
    }
    rules.extend(compared.then(|| CHANGE_RULE.to_owned()));
    Ok(QuestionAnswer { numbers, features: found, left_out, rules })
}

/// The rates of one group, and their difference when two surveys are compared.
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

/// How features are grouped, and the features that show the groups on the map.
struct RateGroups {
    name: Option<String>,
    field: Option<usize>,
    areas: Vec<(String, super::measure::PreparedArea)>,
    places: Option<QuestionFeatures>,
}

impl RateGroups {
    fn read(request: &QuestionRequest<'_>, layer: &QuestionFeatures) -> Result<Self> {
        let Some(name) = request.read_text(&GROUP_BY)? else {
            return Ok(Self { name: None, field: None, areas: vec![], places: None });
        };
        if name == "area" {
            let areas = QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)?;
            let mut outlines = Vec::new();
            for feature in areas.select_all() {
                let id = areas.id(&feature).to_string();
                if let Some(geometry) = areas.geometry(&feature) {
                    outlines.push((id, drawn_area::prepare_area(&geometry, AREAS.name, request.work)?));
                }
            }
            return Ok(Self { name: Some(name.to_owned()), field: None, areas: outlines, places: Some(areas) });
        }
        let field = layer
            .field(name)
            .ok_or_else(|| input_errors::unknown_field_error(layer.collection(), name, GROUP_BY.name))?;
        let places =
            request.raw_json(&PLACES).map(|_| QuestionFeatures::whole_collection(request, &PLACES)).transpose()?;
        Ok(Self { name: Some(name.to_owned()), field: Some(field), areas: vec![], places })
    }

    /// Whether each survey is a group of its own.
    fn by_survey(&self) -> bool {
        self.name.as_deref() == Some(SURVEY)
    }

    fn keys_of(&self, layer: &QuestionFeatures, feature: &FeatureHandle) -> Vec<String> {
        match self.field {
            Some(field) => features::value_words(&layer.value(feature, field)),
            None if self.areas.is_empty() => vec![],
            None => {
                let Some(geometry) = layer.geometry(feature) else { return vec![] };
                self.areas.iter().filter(|(_, area)| area.intersects(&geometry)).map(|(id, _)| id.clone()).collect()
            }
        }
    }

    /// The feature that shows a group, with its numbers.
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
