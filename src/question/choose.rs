//! Which features a question is about: those of one collection that pass a filter and fall into a time. Never decides where.

use super::answer::{Found, LeftOut};
use super::input::{Asked, Input, Kind, MAX_LIST, short};
use super::when::{Clock, Days, Period};
use crate::collection::Collection;
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::{Bbox, FeatureId, Geometry, Value};
use crate::filter::{Filter as Cql2, Lang};
use crate::index::{Slot, Snapshot};
use crate::query::Query;
use serde_json::Value as Json;
use std::collections::HashSet;
use std::sync::Arc;

/// The inputs that most questions share.
pub const COLLECTION: Input =
    Input::new("collection", "The features asked about", Kind::Collection(Some("interventions")));
pub const FILTER: Input = Input::new(
    "filter",
    "Which of them: an object of properties and values (a list of values: any of them will do), or CQL2 as text or JSON",
    Kind::Filter,
);
pub const AREA: Input = Input::new("area", "Where: the id of an area, or a drawn polygon", Kind::Area);
pub const AREAS: Input =
    Input::new("areas", "The collection that areas are taken from", Kind::Collection(Some("areas")));
pub const AREAS_FILTER: Input = Input::new("areas_filter", "Which areas: properties and values, or CQL2", Kind::Filter);
pub const AT: Input = Input::new("at", "When: one day", Kind::Date);
pub const FROM: Input = Input::new("from", "When: the first day of a period", Kind::Date);
pub const TO: Input = Input::new("to", "When: the last day of a period", Kind::Date);

/// The reasons for leaving a feature out that most questions share.
pub const WITHOUT_PLACE: &str = "without_place";
pub const UNDATED: &str = "undated";

/// A rule for the answer, when a time is asked for.
pub const TIME_RULE: &str = "In time: a feature counts when the days it may take, by the precision of its dates, meet the days asked for; without an end it \
                             goes on. Undated features are left out and listed.";
pub const PLACE_RULE: &str =
    "Features without a place cannot be inside or near anything: they are left out and listed.";

/// Property equality, all together.
#[derive(Debug, Clone, Default)]
struct Filter(Vec<(usize, Vec<Json>)>);

/// The features of one collection that a question is about.
#[derive(Clone)]
pub struct Choice {
    pub snapshot: Arc<Snapshot>,
    pub clock: Option<Clock>,
    filter: Filter,
    /// A filter in CQL2, which the index answers.
    cql2: Option<Arc<Cql2>>,
    days: Option<Days>,
}

/// A chosen feature, still in its columns: see [`Choice::id`], [`Choice::geometry`], [`Choice::value`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    pub slot: Slot,
    /// It has no date although a time is asked for.
    undated: bool,
}

impl Choice {
    /// Reads `collection` and `filter`.
    pub fn of(asked: &Asked<'_>, collection: &Input, filter: &Input) -> Result<Self> {
        let all = Self::whole(asked, collection)?;
        match asked.json(filter) {
            Some(json) => all.also(json, filter.name),
            None => Ok(all),
        }
    }

    /// Reads `collection`: all of it.
    pub fn whole(asked: &Asked<'_>, collection: &Input) -> Result<Self> {
        let default = if let Kind::Collection(default) = collection.kind { default } else { None };
        let name = asked.text(collection)?.or(default);
        let name = name.ok_or_else(|| Error::invalid(collection.name, "Name a collection."))?;
        let snapshot = asked.layers.get(name, collection.name)?.clone();
        Ok(Self {
            clock: Clock::of(snapshot.collection()),
            snapshot,
            filter: Filter::default(),
            cql2: None,
            days: None,
        })
    }

    /// The same, in the days asked for.
    ///
    /// # Errors
    /// [`Error::Invalid`] when days are asked for and the collection has no time.
    pub fn during(mut self, days: Option<Days>) -> Result<Self> {
        if days.is_some() && self.clock.is_none() {
            let name = &self.snapshot.collection().id;
            return Err(Error::invalid(
                AT.name,
                format!("The features of '{name}' have no dates. Leave out 'at', 'from' and 'to'."),
            ));
        }
        self.days = days;
        Ok(self)
    }

    /// The same, if it has dates; a collection without time is asked about as it is.
    pub fn during_if_timed(self, days: Option<Days>) -> Result<Self> {
        if self.clock.is_some() { self.during(days) } else { Ok(self) }
    }

    /// Fewer: those that pass another filter too.
    pub fn also(mut self, filter: &Json, at: &str) -> Result<Self> {
        if let Some(more) = cql2(filter, self.collection(), at)? {
            let both = self.cql2.map(|own| own.and(&more, self.snapshot.collection()));
            self.cql2 = Some(Arc::new(both.unwrap_or(more)));
            return Ok(self);
        }
        let more = Filter::read(filter, self.snapshot.collection(), at)?;
        self.filter.0.extend(more.0);
        Ok(self)
    }

    #[must_use]
    pub fn collection(&self) -> &Collection {
        self.snapshot.collection()
    }

    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.days.is_some()
    }

    /// The position of a field, when the collection has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<usize> {
        self.collection().field(name)
    }

    /// Those whose geometry may meet a box, in the order of keys; among them undated ones, see [`Choice::counts`].
    #[must_use]
    pub fn near(&self, bbox: Bbox) -> Vec<Pick> {
        self.select(Some(bbox))
    }

    /// All of them, with and without a place; among them undated ones, see [`Choice::counts`].
    #[must_use]
    pub fn all(&self) -> Vec<Pick> {
        self.select(None)
    }

    /// Leaves out those without a place.
    pub fn leave_out_unplaced(&self, left_out: &mut LeftOut) {
        left_out.put_all(WITHOUT_PLACE, self.unplaced().iter().map(|p| self.id(p)));
    }

    /// The feature of this id, whatever the filter and the time asked for.
    #[must_use]
    pub fn find(&self, id: &FeatureId) -> Option<Pick> {
        self.snapshot.get(id).map(|slot| Pick { slot, undated: false })
    }

    /// Those without a place, in the order of keys; among them undated ones.
    #[must_use]
    pub fn unplaced(&self) -> Vec<Pick> {
        let mut slots = self.snapshot.unplaced();
        if self.cql2.is_some() {
            let passing: HashSet<Slot> = self.slots(None).into_iter().collect();
            slots.retain(|slot| passing.contains(slot));
        }
        self.fitting(slots)
    }

    /// Whether it counts; an undated one does not when a time is asked for, and is put with those left out.
    pub fn counts(&self, pick: &Pick, left_out: &mut LeftOut) -> bool {
        if pick.undated {
            left_out.put(UNDATED, self.id(pick));
        }
        !pick.undated
    }

    #[must_use]
    pub fn id(&self, pick: &Pick) -> FeatureId {
        self.snapshot.id(pick.slot)
    }

    #[must_use]
    pub fn ids<'p>(&self, picks: impl IntoIterator<Item = &'p Pick>) -> Vec<FeatureId> {
        picks.into_iter().map(|p| self.id(p)).collect()
    }

    #[must_use]
    pub fn geometry(&self, pick: &Pick) -> Option<Geometry> {
        self.snapshot.geometry(pick.slot)
    }

    #[must_use]
    pub fn value(&self, pick: &Pick, field: usize) -> Value {
        self.snapshot.value(pick.slot, field)
    }

    /// What a property holds as words; empty when the collection does not have it.
    #[must_use]
    pub fn words(&self, pick: &Pick, field: &str) -> Vec<String> {
        self.field(field).map(|f| words(&self.value(pick, f))).unwrap_or_default()
    }

    /// When it is; `None` when it is undated.
    #[must_use]
    pub fn period(&self, pick: &Pick) -> Option<Period> {
        self.clock?.read(|field| self.value(pick, field))
    }

    /// The feature as part of an answer.
    #[must_use]
    pub fn found(&self, pick: &Pick, result: Json) -> Found {
        Found::Kept { snapshot: self.snapshot.clone(), slot: pick.slot, result }
    }

    fn select(&self, bbox: Option<Bbox>) -> Vec<Pick> {
        self.fitting(self.slots(bbox))
    }

    /// Those that pass the filter in CQL2.
    fn slots(&self, bbox: Option<Bbox>) -> Vec<Slot> {
        let query = Query { bbox, filter: self.cql2.clone(), limit: self.snapshot.len().max(1), ..Query::default() };
        self.snapshot.select(&query).slots
    }

    fn fitting(&self, slots: Vec<Slot>) -> Vec<Pick> {
        let fit = |slot: Slot| {
            if !self.filter.passes(|field| self.snapshot.value(slot, field)) {
                return None;
            }
            // `None` for an undated feature when a time is asked for.
            let in_time = match (self.days, self.clock) {
                (Some(days), Some(clock)) => clock.read(|f| self.snapshot.value(slot, f)).map(|p| p.open().meets(days)),
                _ => Some(true),
            };
            (in_time != Some(false)).then_some(Pick { slot, undated: in_time.is_none() })
        };
        slots.into_iter().filter_map(fit).collect()
    }
}

/// Reads a filter in CQL2: text, or an object with an operator; `None` when it is neither.
fn cql2(json: &Json, collection: &Collection, at: &str) -> Result<Option<Cql2>> {
    let (text, lang) = match json {
        Json::String(text) => (text.clone(), Lang::Text),
        Json::Object(o) if o.contains_key("op") && collection.field("op").is_none() => (json.to_string(), Lang::Json),
        _ => return Ok(None),
    };
    let placed = |e: Error| match e {
        Error::Invalid(invalid) => Error::invalid(at, invalid.message),
        other => other,
    };
    Cql2::parse(&text, lang, Crs::CRS84, collection).map(Some).map_err(placed)
}

impl Filter {
    /// Reads a filter against the fields of a collection.
    fn read(json: &Json, collection: &Collection, at: &str) -> Result<Self> {
        let object = json.as_object().ok_or_else(|| {
            Error::invalid(
                at,
                format!(
                    "A filter is an object of properties and values, such as {{\"status\": \"approved\"}}, or CQL2 as text or JSON; found {}.",
                    short(json)
                ),
            )
        })?;
        let mut conditions = Vec::new();
        for (name, wanted) in object {
            let field = collection.field(name).ok_or_else(|| unknown_field(collection, name, at))?;
            let wanted = match wanted {
                Json::Array(list) if list.len() > MAX_LIST => {
                    return Err(Error::invalid(
                        at,
                        format!("'{name}' lists {} values; {MAX_LIST} are allowed.", list.len()),
                    ));
                }
                Json::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            if let Some(odd) = wanted.iter().find(|v| v.is_object() || v.is_array()) {
                return Err(Error::invalid(
                    at,
                    format!("'{name}' cannot be {}: send a word, a number, true or false.", short(odd)),
                ));
            }
            conditions.push((field, wanted));
        }
        Ok(Self(conditions))
    }

    fn passes(&self, value: impl Fn(usize) -> Value) -> bool {
        self.0.iter().all(|(field, wanted)| {
            let value = value(*field);
            wanted.iter().any(|w| equal(&value, w))
        })
    }
}

/// A sentence that names the fields there are.
pub fn unknown_field(collection: &Collection, name: &str, at: &str) -> Error {
    let names: Vec<&str> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    Error::invalid(at, format!("'{}' has no property '{name}'. It has: {}.", collection.id, names.join(", ")))
}

/// Whether a value is the wanted one; a list when one of its items is.
fn equal(value: &Value, wanted: &Json) -> bool {
    match (value, wanted) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(b), Json::Bool(w)) => b == w,
        (Value::Int(i), Json::Number(n)) => n.as_i64() == Some(*i) || n.as_f64() == Some(*i as f64),
        (Value::Real(r), Json::Number(n)) => n.as_f64() == Some(*r),
        (Value::Text(t), Json::String(w)) => **t == **w,
        (Value::Json(j), w) => j.as_array().is_some_and(|items| items.contains(w)),
        _ => false,
    }
}

/// The words a property holds: itself, or the items of a list; empty when it is not set.
#[must_use]
pub fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Null => vec![],
        Value::Text(t) => vec![t.to_string()],
        Value::Json(j) => j.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
        Value::Bool(b) => vec![b.to_string()],
        Value::Int(i) => vec![i.to_string()],
        Value::Real(r) => vec![r.to_string()],
    }
}
