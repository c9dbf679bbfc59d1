//! What part of these is that? Vacant of all commercial units, per street segment or area, and its change between two surveys.

use super::answer::{Answer, Figure, Found, LeftOut, Number, rounded};
use super::choose::{self, AREAS, AREAS_FILTER, COLLECTION, Choice, FILTER, Pick};
use super::input::{self, Input, Kind};
use super::{Asked, Question};
use crate::error::Result;
use crate::feature::FeatureId;
use crate::index::Slot;
use serde_json::{Map, Value as Json, json};
use std::collections::{BTreeMap, HashSet};

const PREMISES: Input = Input { kind: Kind::Collection(Some("premises")), ..COLLECTION };
const NUMERATOR: Input = Input::required(
    "numerator",
    "Which of them are counted above the line: properties and values, {\"state\": \"vacant\"}, or CQL2",
    Kind::Filter,
);
const DENOMINATOR: Input = Input::new(
    "denominator",
    "Which of them are counted below the line, as the numerator; without it, all",
    Kind::Filter,
);
const GROUP_BY: Input = Input::new(
    "group_by",
    "A property to split by, such as 'segment', or 'area' for the areas they lie in",
    Kind::Text,
);
const PLACES: Input = Input::new(
    "places",
    "The collection whose ids that property holds, to draw the answer: 'segments'",
    Kind::Collection(None),
);
const BEFORE: Input = Input::new("before", "Which of them belong to the first survey", Kind::Filter);
const AFTER: Input = Input::new("after", "Which of them belong to the second survey", Kind::Filter);

pub(super) const QUESTION: Question = Question {
    id: "rate",
    title: "A rate and its change",
    description: "What part of these features is of that kind, in all and per segment or area, and how did it change between two surveys?",
    inputs: &[PREMISES, FILTER, NUMERATOR, DENOMINATOR, GROUP_BY, PLACES, AREAS, AREAS_FILTER, BEFORE, AFTER],
    answer,
};

const OUTSIDE: &str = "outside_denominator";
const UNGROUPED: &str = "without_group";
const RULE: &str = "The rate is the number of features that pass both filters divided by the number that pass the denominator's. Features that do not pass the denominator's filter are listed as \
                    outside_denominator: a unit that became a dwelling leaves both sides.";
const CHANGE_RULE: &str =
    "The change is in percentage points, from the first survey to the second; each survey has its own denominator.";

/// Features above and below the line.
#[derive(Default, Clone)]
struct Tally {
    above: Vec<FeatureId>,
    below: Vec<FeatureId>,
}

/// A survey: everything, or one of two.
struct Survey {
    name: &'static str,
    members: Members,
}

/// The features that pass a filter: an object of properties and values, or CQL2.
struct Members(Option<HashSet<Slot>>);

impl Members {
    /// Those of the choice that pass the filter of this input; all of them when it is not sent.
    fn read(asked: &Asked<'_>, choice: &Choice, input: &Input) -> Result<Self> {
        let passing = |json| choice.clone().also(json, input.name).map(|c| c.all().iter().map(|p| p.slot).collect());
        Ok(Self(asked.json(input).map(passing).transpose()?))
    }

    fn has(&self, pick: &Pick) -> bool {
        self.0.as_ref().is_none_or(|slots| slots.contains(&pick.slot))
    }
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let choice = Choice::of(asked, &PREMISES, &FILTER)?;
    let read = |input: &Input| Members::read(asked, &choice, input);
    let (numerator, denominator) = (read(&NUMERATOR)?, read(&DENOMINATOR)?);
    let compared = asked.json(&BEFORE).is_some() || asked.json(&AFTER).is_some();
    let surveys = if compared {
        vec![Survey { name: "rate_before", members: read(&BEFORE)? }, Survey { name: "rate", members: read(&AFTER)? }]
    } else {
        vec![Survey { name: "rate", members: Members(None) }]
    };
    let groups = Groups::read(asked, &choice)?;
    let mut left_out = LeftOut::default();
    // One row for each group, the empty one for all; one tally for each survey.
    let mut rows: BTreeMap<String, Vec<Tally>> = BTreeMap::new();
    rows.insert(String::new(), vec![Tally::default(); surveys.len()]);
    for pick in choice.all() {
        for (nth, _) in surveys.iter().enumerate().filter(|(_, s)| s.members.has(&pick)) {
            let id = choice.id(&pick);
            if !denominator.has(&pick) {
                left_out.put(OUTSIDE, id);
                continue;
            }
            let mut keys = groups.of(&choice, &pick);
            if keys.is_empty() && groups.name.is_some() {
                left_out.put(UNGROUPED, id.clone());
            }
            keys.push(String::new());
            for key in keys {
                let tally = &mut rows.entry(key).or_insert_with(|| vec![Tally::default(); surveys.len()])[nth];
                tally.below.push(id.clone());
                if numerator.has(&pick) {
                    tally.above.push(id.clone());
                }
            }
        }
    }
    let mut numbers = Vec::new();
    let mut found = Vec::new();
    for (key, tallies) in &rows {
        let group = groups.name.as_ref().filter(|_| !key.is_empty()).map(|name| (name.clone(), key.clone()));
        let row = row(&surveys, tallies, group.as_slice());
        if group.is_some() {
            found.extend(groups.place(key, &row));
        }
        numbers.extend(row);
    }
    let mut rules = vec![RULE.to_owned()];
    rules.extend(compared.then(|| CHANGE_RULE.to_owned()));
    Ok(Answer { numbers, found, left_out, rules })
}

/// The rates of one group, and their difference when there are two.
fn row(surveys: &[Survey], tallies: &[Tally], group: &[(String, String)]) -> Vec<Number> {
    let share = |(survey, tally): (&Survey, &Tally)| {
        let (above, below) = (Figure::Count(tally.above.len() as u64), Figure::Count(tally.below.len() as u64));
        Number::share(survey.name, above, below).grouped(group).behind(tally.above.clone())
    };
    let mut row: Vec<Number> = surveys.iter().zip(tallies).map(share).collect();
    if let [before, after] = row.as_slice() {
        let change = match (before.value, after.value) {
            (Figure::Real(b), Figure::Real(a)) => Figure::Real(a - b),
            _ => Figure::Unknown,
        };
        row.push(Number::new("change", change, "percentage points").grouped(group));
    }
    row
}

/// How features are put into groups, and where those are on the map.
struct Groups {
    name: Option<String>,
    field: Option<usize>,
    areas: Vec<(String, super::measure::Area)>,
    places: Option<Choice>,
}

impl Groups {
    fn read(asked: &Asked<'_>, choice: &Choice) -> Result<Self> {
        let Some(name) = asked.text(&GROUP_BY)? else {
            return Ok(Self { name: None, field: None, areas: vec![], places: None });
        };
        if name == "area" {
            let areas = Choice::of(asked, &AREAS, &AREAS_FILTER)?;
            let mut outlines = Vec::new();
            for pick in areas.all() {
                let id = areas.id(&pick).to_string();
                if let Some(geometry) = areas.geometry(&pick) {
                    outlines.push((id, input::area_of(&geometry, AREAS.name)?));
                }
            }
            return Ok(Self { name: Some(name.to_owned()), field: None, areas: outlines, places: Some(areas) });
        }
        let field =
            choice.field(name).ok_or_else(|| choose::unknown_field(choice.collection(), name, GROUP_BY.name))?;
        let places = asked.json(&PLACES).map(|_| Choice::whole(asked, &PLACES)).transpose()?;
        Ok(Self { name: Some(name.to_owned()), field: Some(field), areas: vec![], places })
    }

    fn of(&self, choice: &Choice, pick: &Pick) -> Vec<String> {
        match self.field {
            Some(field) => choose::words(&choice.value(pick, field)),
            None if self.areas.is_empty() => vec![],
            None => {
                let Some(geometry) = choice.geometry(pick) else { return vec![] };
                self.areas.iter().filter(|(_, area)| area.meets(&geometry)).map(|(id, _)| id.clone()).collect()
            }
        }
    }

    /// The place of a group with its numbers.
    fn place(&self, key: &str, row: &[Number]) -> Option<Found> {
        let places = self.places.as_ref()?;
        let slot = FeatureId::new(key).ok().and_then(|id| places.snapshot.get(&id))?;
        let mut result = Map::new();
        for number in row {
            let value = if let Figure::Real(r) = number.value { rounded(r, 6) } else { Json::Null };
            result.insert(number.name.to_owned(), value);
            if let Some((above, below)) = number.of {
                result.insert(format!("{}_of", number.name), json!([above.to_json(), below.to_json()]));
            }
        }
        Some(Found::Kept { snapshot: places.snapshot.clone(), slot, result: result.into() })
    }
}
