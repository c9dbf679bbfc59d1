//! The program without HTTP: the one module where store, index and tile meet. Opens a plan, answers from memory, and
//! keeps every cached tile exact.

use crate::change::{ChangeSet, CommittedChanges, HistoryRetention};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, FieldValue};
use crate::plan::PlanModel;
use crate::query::{MAX_LIMIT, Query};
use crate::work_budget::WorkBudget;
use city_cache::CityCache;
use collection_state::CollectionState;
use commit_queue::CommitQueue;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tile_cache::TileCache;

// Parts that know no `Atlas`.
mod accounts; // sign-in, sessions, tokens
mod base_map; // land, countries and places beneath the plan
mod change_feed; // numbered changes for listeners
mod city_cache; // where the plan's cities were when they last changed
mod collection_state; // one collection in memory
mod commit_queue; // change sets that wait for the store
mod content_coding; // gzip and brotli
mod dirty_regions; // where edits fell
mod items; // pages of features, single features
mod mask_cache; // what viewers of one access scope see
mod metrics; // counters for operators
mod plan_file; // a plan file without an index
mod tile_cache; // finished tiles
mod tile_layers; // the layers of a tile

// What an `Atlas` does with them.
mod commit_threads; // writes and publishes change sets
mod edit; // requests to edit, from validation to outcome
mod history; // versions, the change log, the change feed
mod city_locations; // where the plan's cities are
mod open; // opening a plan
mod questions; // the planning questions
mod tiles; // resolving layers, drawing tiles
mod viewer_plan; // the plan as one viewer sees it

pub use crate::store::{PackageLayer, PackageReader, PackageRow, PackageShape, PackageSrs, PlanFinding, decode_wkb};
pub use crate::tile::TileId;
pub use accounts::{AccountService, SESSION_S};
pub use base_map::BaseMap;
pub use change_feed::{ChangeFeed, EntriesSince, FeatureTransition, FeedEntry};
pub use collection_state::CollectionView;
pub use commit_queue::ReplyCallback;
pub use content_coding::{ContentCoding, compress_bytes};
pub use edit::{
    ChangeOutcome, EditAction, EditBatch, EditOutcome, EditPrecondition, EditRequest, FaultHandling, MAX_EDITS,
    state_tag,
};
pub use history::VisibleChange;
pub use items::{AxisOrder, FeatureItem, FeaturePage};
pub use metrics::AtlasMetrics;
pub use plan_file::PlanFile;
pub use tile_cache::EncodedTile;
pub use tile_layers::{NamedTileLayer, TileLayerSet};
pub use viewer_plan::ViewerPlan;

/// The settings of an open plan.
#[derive(Debug, Clone)]
pub struct AtlasSettings {
    /// The most memory that finished tiles may take.
    pub tile_cache_bytes: u64,
    /// The most bytes that one tile may have before compression. A larger tile leaves out its least important features.
    pub tile_budget_bytes: usize,
    /// The plan file beside which the accounts are stored; without it nobody can sign in.
    pub accounts: Option<PathBuf>,
}

impl Default for AtlasSettings {
    fn default() -> Self {
        Self { tile_cache_bytes: 128 << 20, tile_budget_bytes: crate::tile::BUDGET_BYTES, accounts: None }
    }
}

/// An open plan: every collection in memory, over its store.
pub struct Atlas {
    /// Ends before the plan file is closed, which the last connection to it does.
    watch: Mutex<Option<crate::store::StoreWatch>>,
    plan_file: PlanFile,
    model: PlanModel,
    base_map: BaseMap,
    accounts: Option<AccountService>,
    states: RwLock<BTreeMap<CollectionId, Arc<CollectionState>>>,
    city_cache: CityCache,
    tiles: TileCache,
    metrics: AtlasMetrics,
    commit_queue: CommitQueue,
    change_feed: ChangeFeed,
}

impl Atlas {
    #[must_use]
    pub fn model(&self) -> &PlanModel {
        &self.model
    }

    /// Published changes, numbered.
    #[must_use]
    pub fn change_feed(&self) -> &ChangeFeed {
        &self.change_feed
    }

    /// The accounts; `None` when the plan was opened without.
    #[must_use]
    pub fn accounts(&self) -> Option<&AccountService> {
        self.accounts.as_ref()
    }

    #[must_use]
    pub fn metrics(&self) -> &AtlasMetrics {
        &self.metrics
    }

    /// The number of versions in the history of all collections; at most a minute old.
    pub fn history_versions(&self) -> Result<u64> {
        self.metrics.history_versions(|| self.plan_file.store().count_versions())
    }

    /// Why edits would be refused whatever they say, if so.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the plan's file is no longer what was opened.
    pub fn check_file(&self) -> Result<()> {
        self.plan_file.store().check_file()
    }

    /// The bytes of the write-ahead log. Blocking.
    pub fn wal_bytes(&self) -> u64 {
        self.plan_file.store().wal_bytes()
    }

    /// Removes versions that need not be kept, and returns how many.
    pub fn compact_history(&self, keep: HistoryRetention) -> Result<u64> {
        self.plan_file.store().compact_history(keep)
    }

    /// Every collection, unmasked, in the order of ids.
    #[must_use]
    pub fn collections(&self) -> Vec<CollectionView> {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        states.values().map(|state| state.unmasked_view()).collect()
    }

    /// One collection, unmasked.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the plan has no such collection.
    pub fn collection_view(&self, id: &str) -> Result<CollectionView> {
        Ok(self.collection_state(id)?.unmasked_view())
    }

    /// The storage CRS of the plan: the national grid of its cities, when all of them name the same one.
    #[must_use]
    pub fn storage_crs(&self) -> Crs {
        let Ok(view) = self.collection_view("cities") else { return Crs::CRS84 };
        let Some(field) = view.collection().field_index("storage_crs") else { return Crs::CRS84 };
        let query = Query { limit: MAX_LIMIT, ..Query::default() };
        let city_crs = |city: Feature| match city.values.get(field) {
            Some(FieldValue::Text(text)) => Crs::parse(text).ok(),
            _ => None,
        };
        let mut all = self.select_items(&view, &query).features().map(city_crs).collect::<Vec<_>>();
        all.dedup();
        match all[..] {
            [Some(crs)] => crs,
            _ => Crs::CRS84,
        }
    }

    #[must_use]
    pub fn select_items(&self, view: &CollectionView, query: &Query) -> FeaturePage {
        FeaturePage::select(view.snapshot.clone(), query, &WorkBudget::unlimited())
    }

    /// # Errors
    /// [`Error::NotFound`] when the collection has no such feature.
    pub fn find_item(&self, view: &CollectionView, id: &str) -> Result<FeatureItem> {
        let missing = || Error::NotFound(format!("'{}' has no feature '{id}'.", view.collection().id));
        let slot = view.snapshot.get(&FeatureId::new(id).map_err(|_| missing())?).ok_or_else(missing)?;
        Ok(FeatureItem::new(view.snapshot.clone(), slot))
    }

    /// Commits a change set. When this returns, the edits are on disk, in the next page and in the next tile.
    pub fn commit(&self, edits: &ChangeSet) -> Result<CommittedChanges> {
        commit_queue::wait_for_reply(|answer| self.commit_then(edits.clone(), None, answer))
    }

    /// Commits without waiting: `answer` is called when the change set is published, or refused. It is refused as stale
    /// when the collection is no longer the one that it was validated against.
    fn commit_then(
        &self,
        edits: ChangeSet,
        validated_against: Option<Arc<Collection>>,
        answer: ReplyCallback<CommittedChanges>,
    ) {
        match self.collection_state(edits.collection.as_str()) {
            Ok(_) => self.commit_queue.push_commit(edits, validated_against, answer),
            Err(e) => answer(Err(e)),
        }
    }

    fn collection_state(&self, id: &str) -> Result<Arc<CollectionState>> {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        let state = CollectionId::new(id).ok().and_then(|id| states.get(&id).cloned());
        state.ok_or_else(|| {
            let known: Vec<_> = states.keys().map(CollectionId::as_str).collect();
            Error::NotFound(format!("There is no collection '{id}' in this plan. It has: {}.", known.join(", ")))
        })
    }
}
