//! The plan as one viewer sees it. Every snapshot that leaves this module is masked by the policy: what the viewer may
//! not see is absent from all that is made of it, be it pages, counts, extents, tiles or answers to questions.

use super::collection_state::CollectionState;
use super::tile_layers::MAX_LAYERS;
use super::{
    Atlas, CollectionView, ContentCoding, EncodedTile, FeatureItem, FeaturePage, PlanFinding, TileId, TileLayerSet,
};
use crate::access::{AccessRole, AccessScope, Policy, Viewer};
use crate::crs::Crs;
use crate::error::Result;
use crate::intake::CityLocations;
use crate::plan::PlanModel;
use crate::query::Query;
use crate::question::{PlanningQuestion, QuestionAnswer};
use crate::work_budget::WorkBudget;
use serde_json::{Map, Value as Json};
use std::sync::{Arc, PoisonError};

/// The plan for one viewer: what `http` and other callers read and edit it through.
#[derive(Clone)]
pub struct ViewerPlan {
    pub(super) atlas: Arc<Atlas>,
    pub(super) viewer: Viewer,
}

impl Atlas {
    /// The plan as this viewer sees it.
    #[must_use]
    pub fn plan_for_viewer(self: &Arc<Self>, viewer: &Viewer) -> ViewerPlan {
        ViewerPlan { atlas: self.clone(), viewer: viewer.clone() }
    }
}

impl ViewerPlan {
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    #[must_use]
    pub fn model(&self) -> &PlanModel {
        self.atlas.model()
    }

    /// Every collection, in the order of ids.
    #[must_use]
    pub fn collections(&self) -> Vec<CollectionView> {
        let states = self.atlas.states.read().unwrap_or_else(PoisonError::into_inner);
        states.values().map(|state| state.viewer_view(&self.viewer)).collect()
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn collection_view(&self, id: &str) -> Result<CollectionView> {
        Ok(self.atlas.collection_state(id)?.viewer_view(&self.viewer))
    }

    /// What this viewer sees of a collection, for features that do not come from a snapshot: the history, the change
    /// feed.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn access_scope(&self, id: &str) -> Result<AccessScope> {
        Ok(self.atlas.collection_state(id)?.policy.access_scope(&self.viewer))
    }

    /// The access policy of a collection.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn policy(&self, id: &str) -> Result<Arc<Policy>> {
        Ok(self.atlas.collection_state(id)?.policy.clone())
    }

    /// See [`Atlas::storage_crs`].
    #[must_use]
    pub fn storage_crs(&self) -> Crs {
        self.atlas.storage_crs()
    }

    /// Where the plan's cities are.
    #[must_use]
    pub fn city_locations(&self) -> Arc<CityLocations> {
        self.atlas.city_locations()
    }

    /// The features that a query selects.
    ///
    /// # Errors
    /// Why the work had to stop.
    pub fn select_items(&self, view: &CollectionView, query: &Query, work: &WorkBudget) -> Result<FeaturePage> {
        let page = FeaturePage::select(view.snapshot.clone(), query, work);
        work.check().map(|()| page)
    }

    /// Whether a query takes a fraction of a millisecond, so that it may run on the caller's thread.
    #[must_use]
    pub fn is_small_query(&self, view: &CollectionView, query: &Query) -> bool {
        view.snapshot.is_small(query)
    }

    /// Whether this viewer may know what is not shown: editors and admins, who can do something about it.
    #[must_use]
    pub fn may_know_findings(&self) -> bool {
        matches!(self.viewer.role(), AccessRole::Editor | AccessRole::Admin)
    }

    /// What of a collection's table is not shown as it is; nothing for viewers who may not know.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn collection_findings(&self, id: &str) -> Result<Vec<PlanFinding>> {
        if !self.may_know_findings() {
            return Ok(vec![]);
        }
        let state = self.atlas.collection_state(id)?;
        let mut findings = self.atlas.plan_file.findings()?;
        findings.retain(|finding| finding.collection == id);
        findings.extend(state.current_findings(&self.atlas.plan_file)?);
        Ok(findings)
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the collection has no such feature.
    pub fn find_item(&self, view: &CollectionView, id: &str) -> Result<FeatureItem> {
        self.atlas.find_item(view, id)
    }

    /// The ids of the spatial collections, as many as a tile may have layers: the layers of the dataset tiles.
    #[must_use]
    pub fn spatial_collections(&self) -> Vec<String> {
        let spatial = self.collections().into_iter().map(|v| v.collection().clone()).filter(|c| !c.geometry.is_none());
        spatial.map(|c| c.id.to_string()).take(MAX_LAYERS).collect()
    }

    /// See [`Atlas::resolve_layers`].
    ///
    /// # Errors
    /// As there.
    pub fn resolve_layers(&self, list: &str) -> Result<TileLayerSet> {
        self.atlas.resolve_layers_for(list, |state| state.mask_key(&self.viewer))
    }

    /// See [`Atlas::find_cached_tile`].
    #[must_use]
    pub fn find_cached_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> Option<EncodedTile> {
        self.atlas.find_cached_tile(layers, tile, coding)
    }

    /// See [`Atlas::find_or_draw_within`].
    ///
    /// # Errors
    /// As there.
    pub fn find_or_draw_tile(
        &self,
        layers: &TileLayerSet,
        tile: TileId,
        coding: ContentCoding,
        work: &WorkBudget,
    ) -> Result<EncodedTile> {
        self.atlas.find_or_draw_within(layers, tile, coding, work)
    }

    /// Answers a planning question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::Invalid`] at the input that cannot be understood; and why the work had to stop.
    pub fn answer_question(
        &self,
        question: &PlanningQuestion,
        inputs: &Map<String, Json>,
        work: &WorkBudget,
    ) -> Result<QuestionAnswer> {
        let snapshot_of = |state: &CollectionState| state.masked_snapshot(&state.mask_key(&self.viewer));
        self.atlas.answer_question_over(question, inputs, work, snapshot_of)
    }
}
