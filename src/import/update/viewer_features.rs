//! The features of an open plan as one viewer sees them, for the service.

use super::existing_features::{ExistingFeatures, PastState, changed_ids, past_state};
use crate::atlas::{CollectionView, ViewerPlan};
use crate::change::{HistoryOrder, HistoryQuery, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, FieldValue};
use crate::query::Query;
use crate::work_budget::WorkBudget;
use std::collections::{HashMap, HashSet};

/// Versions that are read at once.
const PAGE: usize = 1_000;

/// The features of one collection that a viewer sees.
pub struct ViewerFeatures<'a> {
    plan: &'a ViewerPlan,
    view: CollectionView,
    id: CollectionId,
    ids: Vec<FeatureId>,
    codes: HashMap<Box<str>, Vec<FeatureId>>,
}

impl<'a> ViewerFeatures<'a> {
    /// Reads the ids and codes of a collection as it is now.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the plan has no such collection; why the work had to stop.
    pub fn read(plan: &'a ViewerPlan, id: &CollectionId, work: &WorkBudget) -> Result<Self> {
        let view = plan.collection_view(id.as_str())?;
        let code = view.collection().field_index("code");
        let (mut ids, mut codes) = (vec![], HashMap::<Box<str>, Vec<FeatureId>>::new());
        let all = plan.select_items(&view, &Query { limit: u32::MAX as usize, ..Query::default() }, work)?;
        for feature in all.features() {
            if let Some(FieldValue::Text(text)) = code.and_then(|at| feature.values.get(at)) {
                codes.entry(text.trim().into()).or_default().push(feature.id.clone());
            }
            ids.push(feature.id);
        }
        Ok(Self { plan, view, id: id.clone(), ids, codes })
    }
}

impl ExistingFeatures for ViewerFeatures<'_> {
    fn revision(&self) -> RevisionNumber {
        self.view.revision()
    }

    fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>> {
        match self.plan.find_item(&self.view, id.as_str()) {
            Ok(item) => Ok(Some(item.feature())),
            Err(Error::NotFound(_)) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn find_by_code(&self, code: &str) -> Result<Vec<Feature>> {
        let ids = self.codes.get(code).into_iter().flatten();
        ids.filter_map(|id| self.find_feature(id).transpose()).collect()
    }

    fn list_ids(&self) -> Result<Vec<FeatureId>> {
        Ok(self.ids.clone())
    }

    fn changed_since(&self, revision: RevisionNumber) -> Result<Option<HashSet<FeatureId>>> {
        changed_ids(revision, |from, limit| Ok(self.plan.changes_since(self.id.as_str(), from, limit)?.1))
    }

    fn find_state(&self, id: &FeatureId, revision: RevisionNumber) -> Result<PastState> {
        let mut versions = vec![];
        let mut query = HistoryQuery { order: HistoryOrder::OldestFirst, after: None, limit: PAGE };
        loop {
            let page = match self.plan.feature_history(self.id.as_str(), id.as_str(), query) {
                Ok((_, page)) => page,
                Err(Error::NotFound(_)) => return Ok(PastState::Absent),
                Err(e) => return Err(e),
            };
            versions.extend(page.versions);
            if page.next.is_none() {
                return Ok(past_state(&versions, revision));
            }
            query.after = page.next;
        }
    }
}
