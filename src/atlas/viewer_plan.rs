//! The plan as one viewer sees it. Every snapshot handed out here went through the policy first, so that what somebody may not see is
//! absent from whatever is then made of it: pages, counts, extents, tiles, questions.

use super::tile_layers::MAX_LAYERS;
use super::{
    Atlas, CollectionState, CollectionView, ContentCoding, EncodedTile, FeatureItem, FeaturePage, TileId, TileLayerSet,
};
use crate::access::{AccessLevel, AccessScope, Policy, Viewer};
use crate::crs::Crs;
use crate::error::Result;
use crate::index::{FeatureVisibility, Snapshot, VisibilityMask};
use crate::plan::PlanModel;
use crate::query::Query;
use crate::question::{PlanningQuestion, QuestionAnswer};
use serde_json::{Map, Value as Json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What the doors reach the plan through.
#[derive(Clone)]
pub struct ViewerPlan {
    pub(super) atlas: Arc<Atlas>,
    pub(super) viewer: Viewer,
}

/// A collection as somebody sees it.
#[derive(Clone)]
pub(super) struct MaskKey {
    /// By what eyes differ; empty for the one that sees everything.
    pub key: Arc<str>,
    mask: Option<Arc<VisibilityMask>>,
}

/// The screens of one collection, by the key of the sight.
#[derive(Default)]
pub(super) struct MaskCache(Mutex<HashMap<Arc<str>, Arc<VisibilityMask>>>);

/// People of so many different sets of cities are remembered; a screen that is forgotten is made again.
const MAX_MASKS: usize = 64;

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
        states.values().map(|state| state.masked_view(&state.mask_key(&self.viewer))).collect()
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn collection_view(&self, id: &str) -> Result<CollectionView> {
        let state = self.atlas.collection_state(id)?;
        Ok(state.masked_view(&state.mask_key(&self.viewer)))
    }

    /// What this viewer sees of a collection, for features that come from elsewhere than a snapshot: the history, news.
    ///
    /// # Errors
    /// [`crate::error::Error::NotFound`] when the plan has no such collection.
    pub fn access_scope(&self, id: &str) -> Result<AccessScope> {
        Ok(self.atlas.collection_state(id)?.policy.access_scope(&self.viewer))
    }

    /// The rules of a collection.
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

    #[must_use]
    pub fn select_items(&self, view: &CollectionView, query: &Query) -> FeaturePage {
        self.atlas.select_items(view, query)
    }

    /// Whether a question is answered within a fraction of a millisecond, so that it need not wait its turn.
    #[must_use]
    pub fn is_small_query(&self, view: &CollectionView, query: &Query) -> bool {
        view.snapshot.is_small(query)
    }

    /// # Errors
    /// [`crate::error::Error::NotFound`] when the collection has no such feature.
    pub fn find_item(&self, view: &CollectionView, id: &str) -> Result<FeatureItem> {
        self.atlas.find_item(view, id)
    }

    /// The ids of the collections whose features have places: the layers of the whole plan's tiles, as many as a tile may have.
    #[must_use]
    pub fn spatial_collections(&self) -> Vec<String> {
        let placed = self.collections().into_iter().map(|v| v.collection().clone()).filter(|c| !c.geometry.is_none());
        placed.map(|c| c.id.to_string()).take(MAX_LAYERS).collect()
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

    /// See [`Atlas::find_or_draw_tile`].
    #[must_use]
    pub fn find_or_draw_tile(&self, layers: &TileLayerSet, tile: TileId, coding: ContentCoding) -> EncodedTile {
        self.atlas.find_or_draw_tile(layers, tile, coding)
    }

    /// Answers a question from the collections as they are now.
    ///
    /// # Errors
    /// [`crate::error::Error::InvalidInput`] at the input that cannot be understood.
    pub fn answer_question(&self, question: &PlanningQuestion, inputs: &Map<String, Json>) -> Result<QuestionAnswer> {
        self.atlas.answer_question_over(question, inputs, |state| state.mask_key(&self.viewer).masked_snapshot(state))
    }
}

impl CollectionState {
    pub(super) fn mask_key(&self, viewer: &Viewer) -> MaskKey {
        let key = self.policy.scope_key(viewer);
        if key.is_empty() {
            return MaskKey::unmasked();
        }
        let mut masks = self.masks.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !masks.contains_key(&key) && masks.len() >= MAX_MASKS {
            masks.clear();
        }
        let mask =
            masks.entry(key.clone()).or_insert_with(|| Arc::new(build_mask(self.policy.access_scope(viewer)))).clone();
        MaskKey { key, mask: Some(mask) }
    }

    fn masked_view(&self, mask_key: &MaskKey) -> CollectionView {
        CollectionView {
            load_id: self.load_id,
            snapshot: mask_key.masked_snapshot(self),
            mask_key: mask_key.key.clone(),
        }
    }
}

impl MaskKey {
    pub(super) fn unmasked() -> Self {
        Self { key: "".into(), mask: None }
    }

    /// The newest snapshot of a leaf, as this eye sees it.
    pub(super) fn masked_snapshot(&self, state: &CollectionState) -> Arc<Snapshot> {
        let whole = state.index.snapshot();
        self.mask.as_ref().map_or_else(|| whole.clone(), |mask| mask.mask_snapshot(&whole))
    }
}

fn build_mask(scope: AccessScope) -> VisibilityMask {
    // Whoever does not reach a field wherever they look reaches it at the features of their own cities alone.
    let anywhere = scope.level_at_city(None);
    let fields = scope.visible_fields().iter().map(|&field| (field, !scope.shows_field(anywhere, field))).collect();
    let (visibility, city) = scope.deciding_fields();
    VisibilityMask::new(scope.collection().clone(), fields, [visibility, city], move |[visibility, city]| {
        let reached = scope.level_at_city(city);
        match scope.admits_visibility(reached, visibility) {
            false => FeatureVisibility::Hidden,
            true if reached == AccessLevel::Internal => FeatureVisibility::Full,
            true => FeatureVisibility::Redacted,
        }
    })
}
