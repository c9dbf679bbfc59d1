//! Count, cost and EU share: of all, of an area or of every area, and by status, objective, city, year or any property.

use super::answer::{AnswerNumber, LeftOut, NumberValue, QuestionAnswer};
use super::cost_scope::{CostScope, PROGRAMME_COST};
use super::drawn_area;
use super::features::{
    self, AREA, AREAS, AREAS_FILTER, AT, COLLECTION, FILTER, FROM, FeatureHandle, QuestionFeatures, TO,
};
use super::input::{InputKind, QuestionInput};
use super::input_errors;
use super::measure::PreparedArea;
use super::money;
use super::planning_question::PlanningQuestion;
use super::request::QuestionRequest;
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;

const GROUP_BY: QuestionInput = QuestionInput::new(
    "group_by",
    "Properties to split the numbers by, each on its own: status, objectives, city … or 'year' (of the start) or 'area'",
    InputKind::Words,
);
const RULE_OF: QuestionInput = QuestionInput::new(
    "rule",
    "How features that lie partly in an area count: whole, or by the share inside",
    InputKind::OneOf { words: &["whole", "share"], default: Some("whole") },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "summary",
    title: "Count, cost and EU share",
    description: "How many features, at what cost, and how much of it from the EU? Over everything, one area, or every area of a collection.",
    inputs: &[COLLECTION, FILTER, AREA, AREAS, AREAS_FILTER, GROUP_BY, RULE_OF, AT, FROM, TO],
    answer: answer_summary,
};

const WITHOUT_COST: &str = "without_cost";
const NO_VALUE: &str = "";
const MONEY_RULE: &str = "Costs are sums in euros of the features that state a cost; the others are listed as without_cost. The EU share is the sum of EU money \
                          divided by the cost of those features that state both.";
const SCOPE_RULE: &str = "The sum of a whole programme stands for several actions and is not added to theirs, nor is its EU money: it is told apart as \
                          programme_cost and listed. A cost of a grant or of a design only is in the cost, but not in the EU share.";
const WHOLE_RULE: &str = "A feature that meets an area counts whole.";
const SHARE_RULE: &str = "A feature counts by its share inside the area: of its area, its length or its points. Money is split by the same share and rounded to the \
                          cent.";
const GROUP_RULE: &str =
    "A feature with several values of a property counts in each of their groups, and once in the total.";

/// One feature as it counts here.
struct CountedFeature {
    pick: FeatureHandle,
    id: FeatureId,
    share: f64,
    cost: Option<Decimal>,
    eu: Option<Decimal>,
    scope: CostScope,
}

/// Sums over some features.
#[derive(Default)]
struct FeatureTotals {
    ids: Vec<FeatureId>,
    shares: f64,
    cost: Decimal,
    costed: Vec<FeatureId>,
    eu: Decimal,
    eu_ids: Vec<FeatureId>,
    /// Of those that state both: EU money, cost.
    eu_and_cost: (Decimal, Decimal),
    eu_and_cost_ids: Vec<FeatureId>,
    programmes: Decimal,
    programme_ids: Vec<FeatureId>,
}

/// A place to count in: everywhere, or an area.
struct CountingPlace {
    group: Vec<(String, String)>,
    area: Option<PreparedArea>,
    feature: Option<FeatureHandle>,
}

fn answer_summary(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let choice = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let groups = read_groups(request, &choice)?;
    let by_share = request.read_word(&RULE_OF)? == Some("share");
    let by_area = request.read_words(&GROUP_BY)?.contains(&"area");
    let areas = by_area.then(|| QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)).transpose()?;
    let places = counting_places(request, areas.as_ref())?;
    let mut left_out = LeftOut::default();
    let (mut numbers, mut found) = (Vec::new(), Vec::new());
    let placed = places.iter().any(|p| p.area.is_some());
    for place in &places {
        let counted = count_features(&choice, place, by_share, &mut left_out);
        let sum = counted.iter().collect::<FeatureTotals>();
        if let (Some(pick), Some(areas)) = (&place.feature, &areas) {
            found.push(areas.to_answer_feature(pick, sum.to_json()));
        }
        sum.write_numbers(&place.group, by_share, &mut numbers);
        for group in &groups {
            for (value, sum) in group.split_totals(&choice, &counted) {
                let mut key = place.group.clone();
                key.push((group.name.clone(), value));
                sum.write_numbers(&key, by_share, &mut numbers);
            }
        }
    }
    if placed {
        choice.leave_out_unplaced(&mut left_out);
    }
    left_out.dedup_ids();
    Ok(QuestionAnswer {
        numbers,
        features: found,
        left_out,
        rules: summary_rules(&choice, placed, by_share, !groups.is_empty()),
    })
}

fn summary_rules(choice: &QuestionFeatures, placed: bool, by_share: bool, grouped: bool) -> Vec<String> {
    let mut rules = vec![MONEY_RULE];
    rules.extend(choice.field("cost_scope").map(|_| SCOPE_RULE));
    rules.extend(placed.then_some(if by_share { SHARE_RULE } else { WHOLE_RULE }));
    rules.extend(placed.then_some(features::PLACE_RULE));
    rules.extend(grouped.then_some(GROUP_RULE));
    rules.extend(choice.is_timed().then_some(features::TIME_RULE));
    rules.into_iter().map(str::to_owned).collect()
}

fn counting_places(request: &QuestionRequest<'_>, areas: Option<&QuestionFeatures>) -> Result<Vec<CountingPlace>> {
    let Some(areas) = areas else {
        return Ok(vec![CountingPlace { group: vec![], area: request.read_area(&AREA, &AREAS)?, feature: None }]);
    };
    if request.raw_json(&AREA).is_some() {
        return Err(Error::invalid(AREA.name, "Ask for one area, or group by 'area' for all of them, not both."));
    }
    let mut places = Vec::new();
    for pick in areas.select_all() {
        let id = areas.id(&pick).to_string();
        let Some(geometry) = areas.geometry(&pick) else { continue };
        let area = drawn_area::prepare_area(&geometry, &format!("{}/{id}", AREAS.name))?;
        places.push(CountingPlace { group: vec![("area".to_owned(), id)], area: Some(area), feature: Some(pick) });
    }
    Ok(places)
}

/// The features of a place with the share that counts.
fn count_features(
    choice: &QuestionFeatures,
    place: &CountingPlace,
    by_share: bool,
    left_out: &mut LeftOut,
) -> Vec<CountedFeature> {
    let (cost, eu) = (choice.field("cost"), choice.field("eu_share"));
    let picks = place.area.as_ref().map_or_else(|| choice.select_all(), |a| choice.select_near(a.bbox));
    let mut counted = Vec::new();
    for pick in picks {
        let share = match &place.area {
            None => Some(1.0),
            Some(area) => choice
                .geometry(&pick)
                .and_then(|g| if by_share { area.share_inside(&g) } else { area.intersects(&g).then_some(1.0) }),
        };
        let Some(share) = share else { continue };
        if !choice.check_dated(&pick, left_out) {
            continue;
        }
        let amount = |field: Option<usize>| {
            let whole = field.and_then(|f| money::read_amount(&choice.value(&pick, f)))?;
            Some(if share < 1.0 { money::share_of_amount(whole, share) } else { whole })
        };
        let id = choice.id(&pick);
        let (cost, eu, scope) = (amount(cost), amount(eu), CostScope::of_feature(choice, &pick));
        match cost {
            None => left_out.add(WITHOUT_COST, id.clone()),
            Some(_) if scope == CostScope::Programme => left_out.add(PROGRAMME_COST, id.clone()),
            Some(_) => {}
        }
        counted.push(CountedFeature { pick, id, share, cost, eu, scope });
    }
    counted
}

/// One way of splitting: a property, or the year of the start.
struct GroupProperty {
    name: String,
    field: Option<usize>,
}

fn read_groups(request: &QuestionRequest<'_>, choice: &QuestionFeatures) -> Result<Vec<GroupProperty>> {
    let mut groups = Vec::new();
    for name in request.read_words(&GROUP_BY)? {
        let field = match name {
            "area" => continue,
            "year" if choice.period_reader.is_none() => {
                return Err(Error::invalid(
                    GROUP_BY.name,
                    format!("The features of '{}' have no dates to take a year from.", choice.collection().id),
                ));
            }
            "year" => None,
            name => Some(
                choice
                    .field(name)
                    .ok_or_else(|| input_errors::unknown_field_error(choice.collection(), name, GROUP_BY.name))?,
            ),
        };
        groups.push(GroupProperty { name: name.to_owned(), field });
    }
    Ok(groups)
}

impl GroupProperty {
    /// Sums by value, in the order of values; features without a value are under the empty one.
    fn split_totals(&self, choice: &QuestionFeatures, counted: &[CountedFeature]) -> BTreeMap<String, FeatureTotals> {
        let mut sums: BTreeMap<String, FeatureTotals> = BTreeMap::new();
        for one in counted {
            let mut values = match self.field {
                Some(field) => features::value_words(&choice.value(&one.pick, field)),
                None => choice
                    .period(&one.pick)
                    .and_then(|p| p.begins)
                    .map(|d| vec![d.first.year().to_string()])
                    .unwrap_or_default(),
            };
            values.sort();
            values.dedup();
            if values.is_empty() {
                values.push(NO_VALUE.to_owned());
            }
            for value in values {
                sums.entry(value).or_default().add_feature(one);
            }
        }
        sums
    }
}

impl<'a> FromIterator<&'a CountedFeature> for FeatureTotals {
    fn from_iter<I: IntoIterator<Item = &'a CountedFeature>>(counted: I) -> Self {
        let mut sum = Self::default();
        counted.into_iter().for_each(|c| sum.add_feature(c));
        sum
    }
}

impl FeatureTotals {
    fn add_feature(&mut self, one: &CountedFeature) {
        self.ids.push(one.id.clone());
        self.shares += one.share;
        if one.scope == CostScope::Programme {
            if let Some(cost) = one.cost {
                self.programmes += cost;
                self.programme_ids.push(one.id.clone());
            }
            return;
        }
        if let Some(cost) = one.cost {
            self.cost += cost;
            self.costed.push(one.id.clone());
        }
        if let Some(eu) = one.eu {
            self.eu += eu;
            self.eu_ids.push(one.id.clone());
        }
        if let (Some(cost), Some(eu), CostScope::Whole) = (one.cost, one.eu, one.scope) {
            self.eu_and_cost = (self.eu_and_cost.0 + eu, self.eu_and_cost.1 + cost);
            self.eu_and_cost_ids.push(one.id.clone());
        }
    }

    fn to_json(&self) -> serde_json::Value {
        json!({"features": self.ids.len(), "cost": money::amount_to_f64(self.cost), "with_cost": self.costed.len(), "eu_money": money::amount_to_f64(self.eu)})
    }

    fn write_numbers(self, group: &[(String, String)], by_share: bool, out: &mut Vec<AnswerNumber>) {
        if by_share {
            out.push(AnswerNumber::new("shares", NumberValue::Real(self.shares), "features").with_group(group));
        }
        out.push(AnswerNumber::feature_count("features", self.ids).with_group(group));
        out.push(
            AnswerNumber::new("cost", NumberValue::Money(self.cost), "EUR").with_group(group).with_ids(self.costed),
        );
        out.push(
            AnswerNumber::new("eu_money", NumberValue::Money(self.eu), "EUR").with_group(group).with_ids(self.eu_ids),
        );
        let (eu, base) = (NumberValue::Money(self.eu_and_cost.0), NumberValue::Money(self.eu_and_cost.1));
        out.push(AnswerNumber::percentage("eu_share", eu, base).with_group(group).with_ids(self.eu_and_cost_ids));
        if !self.programme_ids.is_empty() {
            let programmes = AnswerNumber::new("programme_cost", NumberValue::Money(self.programmes), "EUR");
            out.push(programmes.with_group(group).with_ids(self.programme_ids));
        }
    }
}
