//! What candidates for one collection are judged by, and what a candidate is.

use super::finding::IntakeFinding;
use super::location_check::CityLocations;
use super::policy::IntakePolicy;
use super::source_crs::SourceCrs;
use crate::collection::Collection;
use crate::feature::geojson::ParsedGeometry;
use crate::plan::PlanModel;
use crate::work_budget::WorkBudget;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// What a source says a feature is.
pub struct FeatureCandidate<'c> {
    /// The id member, or the value of the property that [`super::CandidateSource::File`] names; of any type.
    pub id: Option<&'c Json>,
    pub geometry: CandidateGeometry,
    pub properties: &'c Map<String, Json>,
    /// What its source has found wrong with it.
    pub faults: Vec<IntakeFinding>,
}

/// The geometry of a candidate.
pub enum CandidateGeometry {
    /// In the reference system of the source; `None` is no place.
    Parsed(Option<ParsedGeometry>),
    /// Its source has found a fault in it.
    Unreadable,
    /// That of the feature which is changed.
    Unchanged,
}

/// What candidates for one collection are judged by.
pub struct FeatureIntake<'a> {
    pub(super) model: &'a PlanModel,
    pub(super) collection: &'a Collection,
    pub(super) policy: IntakePolicy<'a>,
    pub(super) source_crs: &'a SourceCrs,
    pub(super) cities: &'a CityLocations,
    /// The collection is part of the plan's model: its schema is law.
    pub(super) is_model: bool,
    /// What checking geometries may use.
    pub(super) work: WorkBudget,
    /// Property of the source → position of its field, where many candidates make a table worth while.
    by_name: Option<HashMap<&'a str, usize>>,
}

impl<'a> FeatureIntake<'a> {
    #[must_use]
    pub fn new(
        model: &'a PlanModel,
        collection: &'a Collection,
        policy: IntakePolicy<'a>,
        source_crs: &'a SourceCrs,
        cities: &'a CityLocations,
    ) -> Self {
        let is_model = model.collection(&collection.id).is_some();
        Self { model, collection, policy, source_crs, cities, is_model, work: WorkBudget::unlimited(), by_name: None }
    }

    /// Ends the checks of geometries when this budget stops; what they found then is not to be used.
    #[must_use]
    pub fn within_budget(self, work: WorkBudget) -> Self {
        Self { work, ..self }
    }

    /// Reads candidates in this reference system from now on.
    pub fn read_in(&mut self, source_crs: &'a SourceCrs) {
        self.source_crs = source_crs;
    }

    /// Reads properties by these other names (of the source, of the field), too.
    #[must_use]
    pub fn with_renamed_fields(mut self, renamed: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut by_name: HashMap<&str, usize> =
            self.collection.fields.iter().enumerate().map(|(i, f)| (f.name.as_str(), i)).collect();
        for (from, to) in renamed {
            by_name.extend(self.collection.field_index(to).map(|at| (from, at)));
        }
        self.by_name = Some(by_name);
        self
    }

    /// The field that a property fills; `hint` is the one that is tried first.
    #[must_use]
    pub fn find_field(&self, hint: usize, name: &str) -> Option<usize> {
        if self.collection.fields.get(hint).is_some_and(|f| f.name == name) {
            return Some(hint);
        }
        match &self.by_name {
            Some(by_name) => by_name.get(name).copied(),
            None => self.collection.field_index(name),
        }
    }
}
