//! Count, cost and EU share of all features, of an area or of every area, grouped by status, objective, city, year or
//! any property.

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
    "Properties to group by, each on its own, such as status or city; also 'year' (of the start) and 'area'",
    InputKind::Words,
);
const COUNTING_RULE: QuestionInput = QuestionInput::new(
    "rule",
    "How features that lie partly inside an area count: whole, or by the share inside",
    InputKind::OneOf { words: &["whole", "share"], default: Some("whole") },
);

pub(super) const QUESTION: PlanningQuestion = PlanningQuestion {
    id: "summary",
    title: "Count, cost and EU share",
    description: "Adds up the number of features, their cost and their EU money, for the whole plan, for one area, or for every area of a collection.",
    inputs: &[COLLECTION, FILTER, AREA, AREAS, AREAS_FILTER, GROUP_BY, COUNTING_RULE, AT, FROM, TO],
    answer: answer_summary,
};

const WITHOUT_COST: &str = "without_cost";
const NO_VALUE: &str = "";
const MONEY_RULE: &str = "The cost is the sum in euros over the features that state a cost; it is unknown when none does, and without_cost counts and lists those that do not. \
                          The EU share is the EU money divided by the cost, over the features that state both. Of the cost, unknown_money is the part whose EU \
                          money is not stated; other_money is the rest without the EU money.";
const YEAR_RULE: &str = "The year is that of the first day on which a feature may start; features without a start have a group of their own.";
const SCOPE_RULE: &str = "The cost of a whole programme covers several interventions and is not added to their costs, nor is its EU money: it is given separately \
                          and listed as programme_cost. A cost that covers only a grant or a design is part of the cost, but not of the EU share.";
const WHOLE_RULE: &str = "A feature that intersects an area counts whole.";
const SHARE_RULE: &str = "A feature counts by the share of its area, length or points inside the area. Money is divided by the same share and rounded to the \
                          cent.";
const GROUP_RULE: &str =
    "A feature with several values of a property counts in the group of each value, and once in the total.";

/// A feature with the share and the money that count.
struct CountedFeature {
    feature: FeatureHandle,
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
    /// EU money and cost of the features that state both.
    eu_and_cost: (Decimal, Decimal),
    eu_and_cost_ids: Vec<FeatureId>,
    uncosted: Vec<FeatureId>,
    /// The features whose cost counts and whose EU money is not known.
    eu_unknown_ids: Vec<FeatureId>,
    programmes: Decimal,
    programme_ids: Vec<FeatureId>,
}

/// An area to count in, or the whole plan.
struct CountingPlace {
    group: Vec<(String, String)>,
    area: Option<PreparedArea>,
    feature: Option<FeatureHandle>,
}

fn answer_summary(request: &QuestionRequest<'_>) -> Result<QuestionAnswer> {
    let layer = QuestionFeatures::from_inputs(request, &COLLECTION, &FILTER)?
        .within_days(request.read_days(&AT, &FROM, &TO)?)?;
    let groups = read_groups(request, &layer)?;
    let by_share = request.read_word(&COUNTING_RULE)? == Some("share");
    let by_area = request.read_words(&GROUP_BY)?.contains(&"area");
    let areas = by_area.then(|| QuestionFeatures::from_inputs(request, &AREAS, &AREAS_FILTER)).transpose()?;
    let places = counting_places(request, areas.as_ref())?;
    let mut left_out = LeftOut::default();
    let (mut numbers, mut found) = (Vec::new(), Vec::new());
    let has_area = places.iter().any(|p| p.area.is_some());
    for place in &places {
        let counted = count_features(&layer, place, by_share, &mut left_out);
        let sum = counted.iter().collect::<FeatureTotals>();
        if let (Some(feature), Some(areas)) = (&place.feature, &areas) {
            found.push(areas.to_answer_feature(feature, sum.to_json()));
        }
        sum.write_numbers(&place.group, by_share, &mut numbers);
        for group in &groups {
            for (value, sum) in group.in_schema_order(&layer, group.split_totals(&layer, &counted)) {
                let mut key = place.group.clone();
                key.push((group.name.clone(), value));
                sum.write_numbers(&key, by_share, &mut numbers);
            }
        }
    }
    if has_area {
        layer.leave_out_unplaced(&mut left_out);
    }
    left_out.dedup_ids();
    Ok(QuestionAnswer { numbers, features: found, left_out, rules: summary_rules(&layer, has_area, by_share, &groups) })
}

fn summary_rules(layer: &QuestionFeatures, has_area: bool, by_share: bool, groups: &[GroupProperty]) -> Vec<String> {
    let mut rules = vec![MONEY_RULE];
    rules.extend(layer.field("cost_scope").map(|_| SCOPE_RULE));
    rules.extend(has_area.then_some(if by_share { SHARE_RULE } else { WHOLE_RULE }));
    rules.extend(has_area.then_some(features::PLACE_RULE));
    rules.extend((!groups.is_empty()).then_some(GROUP_RULE));
    rules.extend(groups.iter().any(|g| g.field.is_none()).then_some(YEAR_RULE));
    rules.extend(layer.is_timed().then_some(features::TIME_RULE));
    rules.into_iter().map(str::to_owned).collect()
}

fn counting_places(request: &QuestionRequest<'_>, areas: Option<&QuestionFeatures>) -> Result<Vec<CountingPlace>> {
    let Some(areas) = areas else {
        return Ok(vec![CountingPlace { group: vec![], area: request.read_area(&AREA, &AREAS)?, feature: None }]);
    };
    if request.raw_json(&AREA).is_some() {
        return Err(Error::invalid(AREA.name, "Send one area, or group by 'area' for all of them, not both."));
    }
    let mut places = Vec::new();
    for feature in areas.select_all() {
        let id = areas.id(&feature).to_string();
        let Some(geometry) = areas.geometry(&feature) else { continue };
        let area = drawn_area::prepare_area(&geometry, &format!("{}/{id}", AREAS.name), request.work)?;
        places.push(CountingPlace { group: vec![("area".to_owned(), id)], area: Some(area), feature: Some(feature) });
    }
    Ok(places)
}

/// The features of an area, or all, with the share that counts.
fn count_features(
    layer: &QuestionFeatures,
    place: &CountingPlace,
    by_share: bool,
    left_out: &mut LeftOut,
) -> Vec<CountedFeature> {
    let (cost, eu) = (layer.field("cost"), layer.field("eu_share"));
    let handles = place.area.as_ref().map_or_else(|| layer.select_all(), |a| layer.select_near(a.bbox));
    let mut counted = Vec::new();
    for feature in handles {
        let share = match &place.area {
            None => Some(1.0),
            Some(area) => layer
                .geometry(&feature)
                .and_then(|g| if by_share { area.share_inside(&g) } else { area.intersects(&g).then_some(1.0) }),
        };
        let Some(share) = share else { continue };
        if !layer.check_dated(&feature, left_out) {
            continue;
        }
        let amount = |field: Option<usize>| {
            let whole = field.and_then(|f| money::read_amount(&layer.value(&feature, f)))?;
            Some(if share < 1.0 { money::share_of_amount(whole, share) } else { whole })
        };
        let id = layer.id(&feature);
        let (cost, eu, scope) = (amount(cost), amount(eu), CostScope::of_feature(layer, &feature));
        match cost {
            None => left_out.add(WITHOUT_COST, id.clone()),
            Some(_) if scope == CostScope::Programme => left_out.add(PROGRAMME_COST, id.clone()),
            Some(_) => {}
        }
        counted.push(CountedFeature { feature, id, share, cost, eu, scope });
    }
    counted
}

/// A property to group by; `field` is `None` for the year of the start.
struct GroupProperty {
    name: String,
    field: Option<usize>,
}

fn read_groups(request: &QuestionRequest<'_>, layer: &QuestionFeatures) -> Result<Vec<GroupProperty>> {
    let mut groups = Vec::new();
    for name in request.read_words(&GROUP_BY)? {
        let field = match name {
            "area" => continue,
            "year" if layer.period_reader.is_none() => {
                return Err(Error::invalid(
                    GROUP_BY.name,
                    format!("The features of '{}' have no dates. Leave out 'year'.", layer.collection().id),
                ));
            }
            "year" => None,
            name => Some(
                layer
                    .field(name)
                    .ok_or_else(|| input_errors::unknown_field_error(layer.collection(), name, GROUP_BY.name))?,
            ),
        };
        groups.push(GroupProperty { name: name.to_owned(), field });
    }
    Ok(groups)
}

impl GroupProperty {
    /// Groups in the order in which the schema lists the values, such as that of the statuses; others by value.
    fn in_schema_order(
        &self,
        layer: &QuestionFeatures,
        sums: BTreeMap<String, FeatureTotals>,
    ) -> Vec<(String, FeatureTotals)> {
        let property = layer.collection().schema.get("properties").and_then(|p| p.get(&self.name));
        let values = property.and_then(|p| p.get("enum").or_else(|| p.pointer("/items/enum")));
        let values = values.and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut sums: Vec<(String, FeatureTotals)> = sums.into_iter().collect();
        // Stable: values that the schema does not list stay in their order, behind.
        sums.sort_by_key(|(value, _)| values.iter().position(|v| v == value.as_str()).unwrap_or(usize::MAX));
        sums
    }

    /// Totals by value, ordered by value; features without a value have an empty one.
    fn split_totals(&self, layer: &QuestionFeatures, counted: &[CountedFeature]) -> BTreeMap<String, FeatureTotals> {
        let mut sums: BTreeMap<String, FeatureTotals> = BTreeMap::new();
        for one in counted {
            let mut values = match self.field {
                Some(field) => features::value_words(&layer.value(&one.feature, field)),
                None => layer
                    .period(&one.feature)
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
        } else {
            self.uncosted.push(one.id.clone());
        }
        if let Some(eu) = one.eu {
            self.eu += eu;
            self.eu_ids.push(one.id.clone());
        }
        if let (Some(cost), Some(eu), CostScope::Whole) = (one.cost, one.eu, one.scope) {
            self.eu_and_cost = (self.eu_and_cost.0 + eu, self.eu_and_cost.1 + cost);
            self.eu_and_cost_ids.push(one.id.clone());
        } else if one.cost.is_some() {
            self.eu_unknown_ids.push(one.id.clone());
        }
    }

    /// A sum over the features that state an amount; unknown when there are features and none does.
    fn known_sum(&self, sum: Decimal, stating: &[FeatureId]) -> NumberValue {
        if stating.is_empty() && !self.ids.is_empty() { NumberValue::Unknown } else { NumberValue::Money(sum) }
    }

    fn to_json(&self) -> serde_json::Value {
        json!({
            "features": self.ids.len(),
            "cost": self.known_sum(self.cost, &self.costed).to_json(), "with_cost": self.costed.len(),
            "without_cost": self.uncosted.len(),
            "eu_money": self.known_sum(self.eu, &self.eu_ids).to_json(),
        })
    }

    fn write_numbers(self, group: &[(String, String)], by_share: bool, out: &mut Vec<AnswerNumber>) {
        if by_share {
            out.push(AnswerNumber::new("shares", NumberValue::Real(self.shares), "features").with_group(group));
        }
        let (cost, eu_money) = (self.known_sum(self.cost, &self.costed), self.known_sum(self.eu, &self.eu_ids));
        let (eu, base) = self.eu_and_cost;
        let money = |name, value, ids| AnswerNumber::new(name, value, "EUR").with_group(group).with_ids(ids);
        let other = self.known_sum(base - eu, &self.eu_and_cost_ids);
        let unknown = self.known_sum(self.cost - base, &self.costed);
        out.push(AnswerNumber::feature_count("features", self.ids).with_group(group));
        out.push(money("cost", cost, self.costed));
        out.push(AnswerNumber::feature_count("without_cost", self.uncosted).with_group(group));
        out.push(money("eu_money", eu_money, self.eu_ids));
        out.push(money("other_money", other, self.eu_and_cost_ids.clone()));
        out.push(money("unknown_money", unknown, self.eu_unknown_ids));
        let share = AnswerNumber::percentage("eu_share", NumberValue::Money(eu), NumberValue::Money(base));
        out.push(share.with_group(group).with_ids(self.eu_and_cost_ids));
        if !self.programme_ids.is_empty() {
            let programmes = AnswerNumber::new("programme_cost", NumberValue::Money(self.programmes), "EUR");
            out.push(programmes.with_group(group).with_ids(self.programme_ids));
        }
    }
}
