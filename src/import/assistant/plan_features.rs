//! The features of a plan that rows are compared with, as one viewer sees them, at one moment.

use crate::atlas::{CollectionView, ViewerPlan};
use crate::change::{HistoryOrder, HistoryQuery, LogPosition, RevisionNumber, state_after};
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, FieldValue};
use crate::import::update::{ExistingFeatures, PastState};
use crate::query::{MAX_LIMIT, Query};
use crate::work_budget::WorkBudget;
use std::collections::{HashMap, HashSet};

/// The features of one collection.
pub struct PlanFeatures<'a> {
    plan: &'a ViewerPlan,
    view: CollectionView,
    ids: Vec<FeatureId>,
    codes: HashMap<String, Vec<FeatureId>>,
}

/// Versions of a feature on one page of its history.
const PAGE_VERSIONS: usize = 1_000;

impl<'a> PlanFeatures<'a> {
    /// Reads the ids and codes of a collection.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the plan has no such collection; and why the work had to stop.
    pub fn read(plan: &'a ViewerPlan, collection: &str, work: &WorkBudget) -> Result<Self> {
        let view = plan.collection_view(collection)?;
        let code = view.collection().field_index("code");
        let mut own = Self { plan, view, ids: vec![], codes: HashMap::new() };
        let mut query = Query { limit: MAX_LIMIT, ..Query::default() };
        loop {
            let page = plan.select_items(&own.view, &query, work)?;
            for feature in page.features() {
                if let Some(FieldValue::Text(code)) = code.and_then(|at| feature.values.get(at)) {
                    own.codes.entry(code.trim().to_owned()).or_default().push(feature.id.clone());
                }
                own.ids.push(feature.id);
            }
            let Some(next) = page.next_cursor() else { return Ok(own) };
            query.after = Some(next.clone());
        }
    }

    /// The collection as the viewer sees it.
    pub fn collection(&self) -> &Collection {
        self.view.collection()
    }

    fn find(&self, id: &FeatureId) -> Option<Feature> {
        self.plan.find_item(&self.view, id.as_str()).ok().map(|item| item.feature())
    }
}

impl ExistingFeatures for PlanFeatures<'_> {
    fn revision(&self) -> RevisionNumber {
        self.view.revision()
    }

    fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>> {
        Ok(self.find(id))
    }

    fn find_by_code(&self, code: &str) -> Result<Vec<Feature>> {
        Ok(self.codes.get(code.trim()).into_iter().flatten().filter_map(|id| self.find(id)).collect())
    }

    fn list_ids(&self) -> Result<Vec<FeatureId>> {
        Ok(self.ids.clone())
    }

    fn changed_since(&self, revision: RevisionNumber) -> Result<Option<HashSet<FeatureId>>> {
        let mut ids = HashSet::new();
        let mut from = LogPosition { revision, line: i64::MAX, key: i64::MAX };
        loop {
            let page = match self.plan.changes_since(self.collection().id.as_str(), from, PAGE_VERSIONS) {
                Ok((_, page)) => page,
                Err(Error::Gone(_)) => return Ok(None),
                Err(e) => return Err(e),
            };
            ids.extend(page.versions.into_iter().filter_map(|v| v.after.or(v.before)).map(|feature| feature.id));
            match page.next {
                Some(next) => from = next,
                None => return Ok(Some(ids)),
            }
        }
    }

    fn find_state(&self, id: &FeatureId, revision: RevisionNumber) -> Result<PastState> {
        let mut query = HistoryQuery { order: HistoryOrder::OldestFirst, after: None, limit: PAGE_VERSIONS };
        let mut versions = vec![];
        loop {
            let page = match self.plan.feature_history(self.collection().id.as_str(), id.as_str(), query) {
                Ok((_, page)) => page,
                Err(Error::NotFound(_)) => return Ok(PastState::Absent),
                Err(e) => return Err(e),
            };
            versions.extend(page.versions);
            match page.next {
                Some(next) => query.after = Some(next),
                None => break,
            }
        }
        Ok(match state_after(&versions, revision) {
            Ok(Some(feature)) => PastState::Known(feature.clone()),
            Ok(None) => PastState::Absent,
            Err(_) => PastState::Unknown,
        })
    }
}
