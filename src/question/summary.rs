//! Count, cost and EU share: of all, of an area or of every area, and by status, objective, city, year or any property.

use super::answer::{Answer, Figure, LeftOut, Number};
use super::choose::{self, AREA, AREAS, AREAS_FILTER, AT, COLLECTION, Choice, FILTER, FROM, Pick, TO};
use super::input::{self, Input, Kind};
use super::measure::Area;
use super::money;
use super::scope::{PROGRAMME_COST, Scope};
use super::{Asked, Question};
use crate::error::{Error, Result};
use crate::feature::FeatureId;
use rust_decimal::Decimal;
use serde_json::json;
use std::collections::BTreeMap;

const GROUP_BY: Input = Input::new(
    "group_by",
    "Properties to split the numbers by, each on its own: status, objectives, city … or 'year' (of the start) or 'area'",
    Kind::Words,
);
pub(super) const RULE_OF: Input = Input::new(
    "rule",
    "How features that lie partly in an area count: whole, or by the share inside",
    Kind::OneOf { words: &["whole", "share"], default: Some("whole") },
);

pub(super) const QUESTION: Question = Question {
    id: "summary",
    title: "Count, cost and EU share",
    description: "How many features, at what cost, and how much of it from the EU? Over everything, one area, or every area of a collection.",
    inputs: &[COLLECTION, FILTER, AREA, AREAS, AREAS_FILTER, GROUP_BY, RULE_OF, AT, FROM, TO],
    answer,
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
struct Counted {
    pick: Pick,
    id: FeatureId,
    share: f64,
    cost: Option<Decimal>,
    eu: Option<Decimal>,
    scope: Scope,
}

/// Sums over some features.
#[derive(Default)]
struct Sum {
    ids: Vec<FeatureId>,
    shares: f64,
    cost: Decimal,
    costed: Vec<FeatureId>,
    eu: Decimal,
    eu_ids: Vec<FeatureId>,
    /// Of those that state both: EU money, cost.
    both: (Decimal, Decimal),
    both_ids: Vec<FeatureId>,
    programmes: Decimal,
    programme_ids: Vec<FeatureId>,
}

/// A place to count in: everywhere, or an area.
struct Place {
    group: Vec<(String, String)>,
    area: Option<Area>,
    feature: Option<Pick>,
}

fn answer(asked: &Asked<'_>) -> Result<Answer> {
    let choice = Choice::of(asked, &COLLECTION, &FILTER)?.during(asked.days(&AT, &FROM, &TO)?)?;
    let groups = groups(asked, &choice)?;
    let by_share = asked.word(&RULE_OF)? == Some("share");
    let by_area = asked.words(&GROUP_BY)?.contains(&"area");
    let areas = by_area.then(|| Choice::of(asked, &AREAS, &AREAS_FILTER)).transpose()?;
    let places = places(asked, areas.as_ref())?;
    let mut left_out = LeftOut::default();
    let (mut numbers, mut found) = (Vec::new(), Vec::new());
    let placed = places.iter().any(|p| p.area.is_some());
    for place in &places {
        let counted = count(&choice, place, by_share, &mut left_out);
        let sum = counted.iter().collect::<Sum>();
        if let (Some(pick), Some(areas)) = (&place.feature, &areas) {
            found.push(areas.found(pick, sum.result()));
        }
        sum.numbers(&place.group, by_share, &mut numbers);
        for group in &groups {
            for (value, sum) in group.split(&choice, &counted) {
                let mut key = place.group.clone();
                key.push((group.name.clone(), value));
                sum.numbers(&key, by_share, &mut numbers);
            }
        }
    }
    if placed {
        choice.leave_out_unplaced(&mut left_out);
    }
    left_out.once();
    Ok(Answer { numbers, found, left_out, rules: rules(&choice, placed, by_share, !groups.is_empty()) })
}

fn rules(choice: &Choice, placed: bool, by_share: bool, grouped: bool) -> Vec<String> {
    let mut rules = vec![MONEY_RULE];
    rules.extend(choice.field("cost_scope").map(|_| SCOPE_RULE));
    rules.extend(placed.then_some(if by_share { SHARE_RULE } else { WHOLE_RULE }));
    rules.extend(placed.then_some(choose::PLACE_RULE));
    rules.extend(grouped.then_some(GROUP_RULE));
    rules.extend(choice.is_timed().then_some(choose::TIME_RULE));
    rules.into_iter().map(str::to_owned).collect()
}

fn places(asked: &Asked<'_>, areas: Option<&Choice>) -> Result<Vec<Place>> {
    let Some(areas) = areas else {
        return Ok(vec![Place { group: vec![], area: asked.area(&AREA, &AREAS)?, feature: None }]);
    };
    if asked.json(&AREA).is_some() {
        return Err(Error::invalid(AREA.name, "Ask for one area, or group by 'area' for all of them, not both."));
    }
    let mut places = Vec::new();
    for pick in areas.all() {
        let id = areas.id(&pick).to_string();
        let Some(geometry) = areas.geometry(&pick) else { continue };
        let area = input::area_of(&geometry, &format!("{}/{id}", AREAS.name))?;
        places.push(Place { group: vec![("area".to_owned(), id)], area: Some(area), feature: Some(pick) });
    }
    Ok(places)
}

/// The features of a place with the share that counts.
fn count(choice: &Choice, place: &Place, by_share: bool, left_out: &mut LeftOut) -> Vec<Counted> {
    let (cost, eu) = (choice.field("cost"), choice.field("eu_share"));
    let picks = place.area.as_ref().map_or_else(|| choice.all(), |a| choice.near(a.bbox));
    let mut counted = Vec::new();
    for pick in picks {
        let share = match &place.area {
            None => Some(1.0),
            Some(area) => choice
                .geometry(&pick)
                .and_then(|g| if by_share { area.share(&g) } else { area.meets(&g).then_some(1.0) }),
        };
        let Some(share) = share else { continue };
        if !choice.counts(&pick, left_out) {
            continue;
        }
        let amount = |field: Option<usize>| {
            let whole = field.and_then(|f| money::amount(&choice.value(&pick, f)))?;
            Some(if share < 1.0 { money::part(whole, share) } else { whole })
        };
        let id = choice.id(&pick);
        let (cost, eu, scope) = (amount(cost), amount(eu), Scope::of(choice, &pick));
        match cost {
            None => left_out.put(WITHOUT_COST, id.clone()),
            Some(_) if scope == Scope::Programme => left_out.put(PROGRAMME_COST, id.clone()),
            Some(_) => {}
        }
        counted.push(Counted { pick, id, share, cost, eu, scope });
    }
    counted
}

/// One way of splitting: a property, or the year of the start.
struct Group {
    name: String,
    field: Option<usize>,
}

fn groups(asked: &Asked<'_>, choice: &Choice) -> Result<Vec<Group>> {
    let mut groups = Vec::new();
    for name in asked.words(&GROUP_BY)? {
        let field = match name {
            "area" => continue,
            "year" if choice.clock.is_none() => {
                return Err(Error::invalid(
                    GROUP_BY.name,
                    format!("The features of '{}' have no dates to take a year from.", choice.collection().id),
                ));
            }
            "year" => None,
            name => Some(
                choice.field(name).ok_or_else(|| choose::unknown_field(choice.collection(), name, GROUP_BY.name))?,
            ),
        };
        groups.push(Group { name: name.to_owned(), field });
    }
    Ok(groups)
}

impl Group {
    /// Sums by value, in the order of values; features without a value are under the empty one.
    fn split(&self, choice: &Choice, counted: &[Counted]) -> BTreeMap<String, Sum> {
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for one in counted {
            let mut values = match self.field {
                Some(field) => choose::words(&choice.value(&one.pick, field)),
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
                sums.entry(value).or_default().add(one);
            }
        }
        sums
    }
}

impl<'a> FromIterator<&'a Counted> for Sum {
    fn from_iter<I: IntoIterator<Item = &'a Counted>>(counted: I) -> Self {
        let mut sum = Self::default();
        counted.into_iter().for_each(|c| sum.add(c));
        sum
    }
}

impl Sum {
    fn add(&mut self, one: &Counted) {
        self.ids.push(one.id.clone());
        self.shares += one.share;
        if one.scope == Scope::Programme {
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
        if let (Some(cost), Some(eu), Scope::Whole) = (one.cost, one.eu, one.scope) {
            self.both = (self.both.0 + eu, self.both.1 + cost);
            self.both_ids.push(one.id.clone());
        }
    }

    fn result(&self) -> serde_json::Value {
        json!({"features": self.ids.len(), "cost": money::near(self.cost), "with_cost": self.costed.len(), "eu_money": money::near(self.eu)})
    }

    fn numbers(self, group: &[(String, String)], by_share: bool, out: &mut Vec<Number>) {
        if by_share {
            out.push(Number::new("shares", Figure::Real(self.shares), "features").grouped(group));
        }
        out.push(Number::count("features", self.ids).grouped(group));
        out.push(Number::new("cost", Figure::Money(self.cost), "EUR").grouped(group).behind(self.costed));
        out.push(Number::new("eu_money", Figure::Money(self.eu), "EUR").grouped(group).behind(self.eu_ids));
        let (eu, base) = (Figure::Money(self.both.0), Figure::Money(self.both.1));
        out.push(Number::share("eu_share", eu, base).grouped(group).behind(self.both_ids));
        if !self.programme_ids.is_empty() {
            let programmes = Number::new("programme_cost", Figure::Money(self.programmes), "EUR");
            out.push(programmes.grouped(group).behind(self.programme_ids));
        }
    }
}
