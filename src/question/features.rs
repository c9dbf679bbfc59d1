//! The features that a question is about: those of one collection that match a filter and a time. Never tests
//! geometries.

use super::answer::{AnswerFeature, LeftOut};
use super::input::{InputKind, MAX_LIST_ITEMS, QuestionInput};
use super::input_errors::{missing_input_error, shorten_json, unknown_field_error};
use super::period::{DayRange, FeaturePeriod, PeriodReader};
use super::request::QuestionRequest;
use crate::collection::{Collection, FieldType};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::time::compare_instants;
use crate::feature::{BoundingBox, FeatureId, FieldValue, Geometry};
use crate::filter::{Filter as Cql2, FilterLanguage};
use crate::index::{FeatureSlot, Snapshot};
use crate::query::Query;
use crate::work_budget::WorkBudget;
use geo::CoordsIter;
use serde_json::Value as Json;
use std::collections::HashSet;
use std::sync::Arc;

/// The inputs that most questions share.
pub const COLLECTION: QuestionInput =
    QuestionInput::new("collection", "Collection of the features", InputKind::Collection(Some("interventions")));
pub const FILTER: QuestionInput = QuestionInput::new(
    "filter",
    "Filter on the features: an object of properties and values (a list of values matches any of them), or CQL2 as text or JSON",
    InputKind::Filter,
);
pub const AREA: QuestionInput =
    QuestionInput::new("area", "Area: the id of an area of the plan, or a GeoJSON polygon", InputKind::Area);
pub const AREAS: QuestionInput =
    QuestionInput::new("areas", "Collection of the areas", InputKind::Collection(Some("areas")));
pub const AREAS_FILTER: QuestionInput =
    QuestionInput::new("areas_filter", "Filter on the areas: properties and values, or CQL2", InputKind::Filter);
pub const AT: QuestionInput =
    QuestionInput::new("at", "Date: only features that take place on this day", InputKind::Date);
pub const FROM: QuestionInput = QuestionInput::new("from", "First day of a period", InputKind::Date);
pub const TO: QuestionInput = QuestionInput::new("to", "Last day of a period", InputKind::Date);

/// The work units of testing one feature, and of reading one position.
const SLOT_UNITS: u64 = 20;
const POSITION_UNITS: u64 = 2;

/// The reasons to leave a feature out that most questions share.
pub const WITHOUT_PLACE: &str = "without_place";
pub const UNDATED: &str = "undated";

/// The rule for requests with a date or a period.
pub const TIME_RULE: &str = "A feature counts when the days that it may take, by the precision of its dates, include a requested day; a feature without an end \
                             continues. Features without a date are left out and listed as undated.";
pub const PLACE_RULE: &str = "Features without a geometry are left out and listed as without_place.";

/// Conditions on properties, all of which must hold: a field, its type, and the values that match.
#[derive(Debug, Clone, Default)]
struct PropertyFilter(Vec<(usize, FieldType, Vec<Json>)>);

/// The features of one collection that a question is about.
#[derive(Clone)]
pub struct QuestionFeatures {
    pub snapshot: Arc<Snapshot>,
    pub period_reader: Option<PeriodReader>,
    filter: PropertyFilter,
    /// A CQL2 filter, which the index evaluates.
    cql2: Option<Arc<Cql2>>,
    days: Option<DayRange>,
    work: WorkBudget,
}

/// A selected feature, still in the columns of the index. [`QuestionFeatures::id`], [`QuestionFeatures::geometry`] and
/// [`QuestionFeatures::value`] read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeatureHandle {
    pub slot: FeatureSlot,
    /// The request has a date or a period, and the feature has no date.
    undated: bool,
}

impl QuestionFeatures {
    /// Reads `collection` and `filter`.
    pub fn from_inputs(
        request: &QuestionRequest<'_>,
        collection: &QuestionInput,
        filter: &QuestionInput,
    ) -> Result<Self> {
        let all = Self::whole_collection(request, collection)?;
        match request.raw_json(filter) {
            Some(json) => all.with_filter(json, filter.name),
            None => Ok(all),
        }
    }

    /// Reads `collection`: all features.
    pub fn whole_collection(request: &QuestionRequest<'_>, collection: &QuestionInput) -> Result<Self> {
        let default = if let InputKind::Collection(default) = collection.kind { default } else { None };
        let name = request.read_text(collection)?.or(default);
        let name = name.ok_or_else(|| missing_input_error(collection))?;
        let snapshot = request.plan.get(name, collection.name)?.clone();
        Ok(Self {
            period_reader: PeriodReader::for_collection(snapshot.collection()),
            snapshot,
            filter: PropertyFilter::default(),
            cql2: None,
            days: None,
            work: request.work.clone(),
        })
    }

    /// Only the features of these days.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] when days are given and the collection has no dates.
    pub fn within_days(mut self, days: Option<DayRange>) -> Result<Self> {
        if days.is_some() && self.period_reader.is_none() {
            let name = &self.snapshot.collection().id;
            return Err(Error::invalid(
                AT.name,
                format!("The features of '{name}' have no dates. Leave out 'at', 'from' and 'to'."),
            ));
        }
        self.days = days;
        Ok(self)
    }

    /// Only the features of these days if the collection has dates, otherwise all.
    pub fn within_days_if_timed(self, days: Option<DayRange>) -> Result<Self> {
        if self.period_reader.is_some() { self.within_days(days) } else { Ok(self) }
    }

    /// Only the features that match another filter as well.
    pub fn with_filter(mut self, filter: &Json, at: &str) -> Result<Self> {
        if let Some(more) = parse_cql2(filter, self.collection(), at)? {
            let both = self.cql2.map(|own| own.and(&more, self.snapshot.collection()));
            self.cql2 = Some(Arc::new(both.unwrap_or(more)));
            return Ok(self);
        }
        let more = PropertyFilter::parse(filter, self.snapshot.collection(), at)?;
        self.filter.0.extend(more.0);
        Ok(self)
    }

    #[must_use]
    pub fn collection(&self) -> &Collection {
        self.snapshot.collection()
    }

    /// What the question may use.
    #[must_use]
    pub fn work(&self) -> &WorkBudget {
        &self.work
    }

    #[must_use]
    pub fn is_timed(&self) -> bool {
        self.days.is_some()
    }

    /// The position of a field, if the collection has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<usize> {
        self.collection().field_index(name)
    }

    /// The features whose bounding box intersects a box, ordered by key; undated ones included, see
    /// [`QuestionFeatures::check_dated`].
    #[must_use]
    pub fn select_near(&self, bbox: BoundingBox) -> Vec<FeatureHandle> {
        self.select(Some(bbox))
    }

    /// All features, with and without a geometry; undated ones included, see [`QuestionFeatures::check_dated`].
    #[must_use]
    pub fn select_all(&self) -> Vec<FeatureHandle> {
        self.select(None)
    }

    /// Adds the features without a geometry to those left out.
    pub fn leave_out_unplaced(&self, left_out: &mut LeftOut) {
        left_out.add_all(WITHOUT_PLACE, self.select_unplaced().iter().map(|p| self.id(p)));
    }

    /// The feature with this id, whatever the filter and the days.
    #[must_use]
    pub fn find_by_id(&self, id: &FeatureId) -> Option<FeatureHandle> {
        self.snapshot.get(id).map(|slot| FeatureHandle { slot, undated: false })
    }

    /// The features without a geometry, ordered by key; undated ones included.
    #[must_use]
    pub fn select_unplaced(&self) -> Vec<FeatureHandle> {
        let mut slots = self.snapshot.slots_without_geometry();
        if self.cql2.is_some() {
            let passing: HashSet<FeatureSlot> = self.matching_slots(None).into_iter().collect();
            slots.retain(|slot| passing.contains(slot));
        }
        self.filter_slots(slots)
    }

    /// Whether the feature counts. An undated feature does not when days are given; it is added to those left out.
    pub fn check_dated(&self, feature: &FeatureHandle, left_out: &mut LeftOut) -> bool {
        if feature.undated {
            left_out.add(UNDATED, self.id(feature));
        }
        !feature.undated
    }

    #[must_use]
    pub fn id(&self, feature: &FeatureHandle) -> FeatureId {
        self.snapshot.feature_id(feature.slot)
    }

    #[must_use]
    pub fn ids<'p>(&self, handles: impl IntoIterator<Item = &'p FeatureHandle>) -> Vec<FeatureId> {
        handles.into_iter().map(|p| self.id(p)).collect()
    }

    #[must_use]
    pub fn geometry(&self, feature: &FeatureHandle) -> Option<Geometry> {
        if self.work.is_stopped() {
            return None;
        }
        let geometry = self.snapshot.feature_geometry(feature.slot)?;
        let _ = self.work.spend(geometry.coords_count() as u64 * POSITION_UNITS);
        Some(geometry)
    }

    #[must_use]
    pub fn value(&self, feature: &FeatureHandle, field: usize) -> FieldValue {
        self.snapshot.property_value(feature.slot, field)
    }

    /// The words of a property; empty when the collection does not have it.
    #[must_use]
    pub fn field_words(&self, feature: &FeatureHandle, field: &str) -> Vec<String> {
        self.field(field).map(|f| value_words(&self.value(feature, f))).unwrap_or_default()
    }

    /// The time of the feature; `None` when it is undated.
    #[must_use]
    pub fn period(&self, feature: &FeatureHandle) -> Option<FeaturePeriod> {
        self.period_reader?.read_period(|field| self.value(feature, field))
    }

    /// The feature as part of an answer; `result` is what the question found out about it.
    #[must_use]
    pub fn to_answer_feature(&self, feature: &FeatureHandle, result: Json) -> AnswerFeature {
        AnswerFeature::FromPlan { snapshot: self.snapshot.clone(), slot: feature.slot, result }
    }

    fn select(&self, bbox: Option<BoundingBox>) -> Vec<FeatureHandle> {
        self.filter_slots(self.matching_slots(bbox))
    }

    /// The slots that match the CQL2 filter and the box.
    fn matching_slots(&self, bbox: Option<BoundingBox>) -> Vec<FeatureSlot> {
        let query = Query { bbox, filter: self.cql2.clone(), limit: self.snapshot.len().max(1), ..Query::default() };
        self.snapshot.select_within(&query, &self.work).slots
    }

    fn filter_slots(&self, slots: Vec<FeatureSlot>) -> Vec<FeatureHandle> {
        let mut meter = self.work.meter();
        let fit = |slot: FeatureSlot| {
            if !meter.spend(SLOT_UNITS) {
                return None;
            }
            if !self.filter.matches(|field| self.snapshot.property_value(slot, field)) {
                return None;
            }
            // `None` for an undated feature when days are given.
            let in_time = match (self.days, self.period_reader) {
                (Some(days), Some(reader)) => {
                    reader.read_period(|f| self.snapshot.property_value(slot, f)).map(|p| p.open_range().overlaps(days))
                }
                _ => Some(true),
            };
            (in_time != Some(false)).then_some(FeatureHandle { slot, undated: in_time.is_none() })
        };
        slots.into_iter().filter_map(fit).collect()
    }
}

/// Parses a CQL2 filter: text, or an object with an operator; `None` for any other JSON.
fn parse_cql2(json: &Json, collection: &Collection, at: &str) -> Result<Option<Cql2>> {
    let (text, lang) = match json {
        Json::String(text) => (text.clone(), FilterLanguage::Text),
        Json::Object(o) if o.contains_key("op") && collection.field_index("op").is_none() => {
            (json.to_string(), FilterLanguage::Json)
        }
        _ => return Ok(None),
    };
    let located = |e: Error| match e {
        Error::Invalid(invalid) => Error::invalid(at, invalid.message),
        other => other,
    };
    Cql2::parse(&text, lang, Crs::CRS84, collection).map(Some).map_err(located)
}

impl PropertyFilter {
    /// Parses an object of properties and values against the fields of a collection.
    fn parse(json: &Json, collection: &Collection, at: &str) -> Result<Self> {
        let object = json.as_object().ok_or_else(|| {
            Error::invalid(
                at,
                format!(
                    "A filter is an object of properties and values, such as {{\"status\": \"approved\"}}, or CQL2 as text or JSON; found {}.",
                    shorten_json(json)
                ),
            )
        })?;
        let mut conditions = Vec::new();
        for (name, wanted) in object {
            let field = collection.field_index(name).ok_or_else(|| unknown_field_error(collection, name, at))?;
            let wanted = match wanted {
                Json::Array(list) if list.len() > MAX_LIST_ITEMS => {
                    return Err(Error::invalid(
                        at,
                        format!("'{name}' lists {} values; at most {MAX_LIST_ITEMS} values are allowed.", list.len()),
                    ));
                }
                Json::Array(list) => list.clone(),
                one => vec![one.clone()],
            };
            if let Some(nested) = wanted.iter().find(|v| v.is_object() || v.is_array()) {
                return Err(Error::invalid(
                    at,
                    format!("'{name}' cannot be {}. Send a text, a number, true or false.", shorten_json(nested)),
                ));
            }
            conditions.push((field, collection.fields[field].kind, wanted));
        }
        Ok(Self(conditions))
    }

    fn matches(&self, value: impl Fn(usize) -> FieldValue) -> bool {
        self.0.iter().all(|(field, kind, wanted)| {
            let value = value(*field);
            wanted.iter().any(|w| match (kind, &value, w) {
                (FieldType::DateTime, FieldValue::Text(t), Json::String(w)) => compare_instants(t, w).is_eq(),
                _ => value_equals(&value, w),
            })
        })
    }
}

/// Whether a value equals the wanted one; a list does when one of its items does.
fn value_equals(value: &FieldValue, wanted: &Json) -> bool {
    match (value, wanted) {
        (FieldValue::Null, Json::Null) => true,
        (FieldValue::Bool(b), Json::Bool(w)) => b == w,
        (FieldValue::Int(i), Json::Number(n)) => n.as_i64() == Some(*i) || n.as_f64() == Some(*i as f64),
        (FieldValue::Real(r), Json::Number(n)) => n.as_f64() == Some(*r),
        (FieldValue::Text(t), Json::String(w)) => **t == **w,
        (FieldValue::Json(j), w) => j.as_array().is_some_and(|items| items.contains(w)),
        _ => false,
    }
}

/// A value as words: itself, or the items of a list; empty for null.
#[must_use]
pub fn value_words(value: &FieldValue) -> Vec<String> {
    match value {
        FieldValue::Null => vec![],
        FieldValue::Text(t) => vec![t.to_string()],
        FieldValue::Json(j) => {
            j.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        }
        FieldValue::Bool(b) => vec![b.to_string()],
        FieldValue::Int(i) => vec![i.to_string()],
        FieldValue::Real(r) => vec![r.to_string()],
    }
}
