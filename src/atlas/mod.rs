//! The program without HTTP: the one place where store, index and tile meet. Opens a plan, answers from memory, keeps tiles exact.

use crate::access::Policy;
use crate::change::{ChangeSet, CommittedChanges, FeatureChange, RevisionNumber};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::{BoundingBox, FeatureId, FieldValue, time::TimeSpan};
use crate::index::{CollectionIndex, IndexBuilder, Snapshot};
use crate::plan::PlanModel;
use crate::query::{MAX_LIMIT, Query};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

mod accounts;
mod questions;
mod commit_queue;
mod dirty_regions;
mod edit;
mod history;
mod items;
mod tile_layers;
mod metrics;
mod city_cache;
mod change_feed;
mod viewer_plan;
mod plan_file;
mod tile_cache;
mod base_map;

pub use crate::tile::TileId;
pub use accounts::{AccountService, SESSION_S};
pub use base_map::BaseMap;
pub use change_feed::{ChangeFeed, EntriesSince, FeatureTransition, FeedEntry};
pub use commit_queue::ReplyCallback;
pub use edit::{
    EditAction, EditBatch, EditOutcome, EditPrecondition, EditRequest, FaultHandling, MAX_EDITS, PreparedEdits,
    state_tag,
};
pub use history::VisibleChange;
pub use items::{AxisOrder, FeatureItem, FeaturePage};
pub use metrics::AtlasMetrics;
pub use plan_file::PlanFile;
pub use tile_cache::{ContentCoding, EncodedTile, compress_bytes};
pub use tile_layers::{NamedTileLayer, TileLayerSet};
pub use viewer_plan::ViewerPlan;

use city_cache::CityCache;
use commit_queue::CommitQueue;
use dirty_regions::DirtyRegions;
use tile_cache::TileCache;

/// What can be set when a plan is opened.
#[derive(Debug, Clone)]
pub struct AtlasSettings {
    /// The most that finished tiles may take in memory.
    pub tile_cache_bytes: u64,
    /// The most that one tile may have before it is packed; what matters least is left out of a larger one.
    pub tile_budget_bytes: usize,
    /// The plan beside which the accounts are; nobody can sign in without.
    pub accounts: Option<PathBuf>,
}

impl Default for AtlasSettings {
    fn default() -> Self {
        Self { tile_cache_bytes: 128 << 20, tile_budget_bytes: crate::tile::BUDGET_BYTES, accounts: None }
    }
}

/// An open plan: every collection in memory over its store.
pub struct Atlas {
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
    watch: Mutex<Option<crate::store::StoreWatch>>,
}

/// One collection: its index, and where edits have fallen since tiles were drawn.
pub(crate) struct CollectionState {
    /// Differs from that of every other reading of a collection, whose revisions may begin anew.
    load_id: u128,
    index: CollectionIndex,
    dirty_regions: DirtyRegions,
    policy: Arc<Policy>,
    masks: viewer_plan::MaskCache,
}

/// One collection as it is now; holds its state for as long as it is held.
pub struct CollectionView {
    load_id: u128,
    snapshot: Arc<Snapshot>,
    /// The key of the sight that it is seen with.
    mask_key: Arc<str>,
}

impl Atlas {
    /// Brings the plan up to date with the model, reads every collection of it into memory, and follows what other programs write to it.
    pub fn open(plan_file: PlanFile, model: PlanModel, world: BaseMap, settings: &AtlasSettings) -> Result<Arc<Self>> {
        plan_file.add_model_fields(&model)?;
        let mut states = BTreeMap::new();
        for collection in plan_file.collections()? {
            states.insert(collection.id.clone(), Arc::new(read_collection(&plan_file, &model, collection)?));
        }
        let (commit_queue, receiver) = CommitQueue::new();
        let atlas = Arc::new(Self {
            plan_file,
            model,
            base_map: world,
            accounts: settings.accounts.as_deref().map(AccountService::beside_plan).transpose()?,
            states: RwLock::new(states),
            city_cache: CityCache::default(),
            tiles: TileCache::new(settings),
            metrics: AtlasMetrics::default(),
            commit_queue,
            change_feed: ChangeFeed::new(),
            watch: Mutex::new(None),
        });
        receiver.start_threads(&atlas)?;
        atlas.follow_store()?;
        Ok(atlas)
    }

    #[must_use]
    pub fn model(&self) -> &PlanModel {
        &self.model
    }

    /// What changes, as it happens.
    #[must_use]
    pub fn change_feed(&self) -> &ChangeFeed {
        &self.change_feed
    }

    /// Who may sign in; `None` when nobody can.
    #[must_use]
    pub fn accounts(&self) -> Option<&AccountService> {
        self.accounts.as_ref()
    }

    #[must_use]
    pub fn metrics(&self) -> &AtlasMetrics {
        &self.metrics
    }

    /// Every collection, whole, in the order of ids.
    #[must_use]
    pub fn collections(&self) -> Vec<CollectionView> {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        states.values().map(|state| CollectionView::unmasked(state)).collect()
    }

    /// A collection, whole.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the plan has no such collection.
    pub fn collection_view(&self, id: &str) -> Result<CollectionView> {
        Ok(CollectionView::unmasked(&*self.collection_state(id)?))
    }

    /// The reference system that the plan is drawn in: the national grid of its cities, when they all name the same one.
    #[must_use]
    pub fn storage_crs(&self) -> Crs {
        let Ok(view) = self.collection_view("cities") else { return Crs::CRS84 };
        let Some(field) = view.collection().field_index("storage_crs") else { return Crs::CRS84 };
        let query = Query { limit: MAX_LIMIT, ..Query::default() };
        let named = |feature: crate::feature::Feature| match feature.values.get(field) {
            Some(FieldValue::Text(text)) => Crs::parse(text).ok(),
            _ => None,
        };
        let mut all = self.select_items(&view, &query).features().map(named).collect::<Vec<_>>();
        all.dedup();
        match all[..] {
            [Some(crs)] => crs,
            _ => Crs::CRS84,
        }
    }

    #[must_use]
    pub fn select_items(&self, view: &CollectionView, query: &Query) -> FeaturePage {
        FeaturePage::select(view.snapshot.clone(), query)
    }

    /// # Errors
    /// [`Error::NotFound`] when the collection has no such feature.
    pub fn find_item(&self, view: &CollectionView, id: &str) -> Result<FeatureItem> {
        let missing = || Error::NotFound(format!("'{}' has no feature '{id}'.", view.collection().id));
        let slot = view.snapshot.get(&FeatureId::new(id).map_err(|_| missing())?).ok_or_else(missing)?;
        Ok(FeatureItem::new(view.snapshot.clone(), slot))
    }

    /// Makes edits durable, then visible: when this returns, they are on disk, in the next page and in the next tile.
    pub fn commit(&self, edits: &ChangeSet) -> Result<CommittedChanges> {
        commit_queue::wait_for_reply(|answer| self.commit_then(edits.clone(), answer))
    }

    /// The same without waiting: `answer` is called when it is done, or refused.
    pub fn commit_then(&self, edits: ChangeSet, answer: ReplyCallback<CommittedChanges>) {
        match self.collection_state(edits.collection.as_str()) {
            Ok(_) => self.commit_queue.push_commit(edits, answer),
            Err(e) => answer(Err(e)),
        }
    }

    /// Takes over at once what other programs wrote to a collection, and calls `answer` when it is published.
    pub fn catch_up_then(&self, collection: &CollectionId, answer: ReplyCallback<usize>) {
        self.commit_queue.push_adopt(collection.clone(), answer);
    }

    pub(crate) fn collection_state(&self, id: &str) -> Result<Arc<CollectionState>> {
        let states = self.states.read().unwrap_or_else(PoisonError::into_inner);
        let state = CollectionId::new(id).ok().and_then(|id| states.get(&id).cloned());
        state.ok_or_else(|| {
            let known: Vec<_> = states.keys().map(CollectionId::as_str).collect();
            Error::NotFound(format!("There is no collection '{id}' in this plan. It has: {}.", known.join(", ")))
        })
    }

    /// Takes over what other programs write to the store while we run.
    fn follow_store(self: &Arc<Self>) -> Result<()> {
        let weak = Arc::downgrade(self);
        let watch = self.plan_file.store().watch_changes(Box::new(move |id| {
            let Some(atlas) = weak.upgrade() else { return };
            match commit_queue::wait_for_reply(|answer| atlas.commit_queue.push_adopt(id.clone(), answer)) {
                Ok(count) => tracing::info!(collection = %id, count, "taken over from another program"),
                Err(e) => tracing::error!(collection = %id, error = %e, "could not take over a change"),
            }
        }))?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }
}

impl CollectionState {
    /// The dirt is written down first: a tile drawn from the old snapshot is then known to be old as soon as the new one is out.
    fn publish_changes(&self, changes: &[FeatureChange], revision: RevisionNumber) {
        if changes.is_empty() {
            return;
        }
        let before = self.index.snapshot();
        self.index.publish_changes(changes, revision, |redrawn| {
            self.dirty_regions.mark_changes(revision, changes, redrawn, &before)
        });
    }
}

impl CollectionView {
    fn unmasked(state: &CollectionState) -> Self {
        Self { load_id: state.load_id, snapshot: state.index.snapshot(), mask_key: "".into() }
    }

    /// The state that is seen: no other state of any collection has the same, in this or another run of the program.
    #[must_use]
    pub fn state_id(&self) -> (u128, RevisionNumber) {
        (self.load_id, self.snapshot.revision())
    }

    /// By what it differs from what others see of the same state; empty for the whole.
    #[must_use]
    pub fn mask_key(&self) -> &str {
        &self.mask_key
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// How many features there are.
    #[must_use]
    pub fn feature_count(&self) -> usize {
        self.snapshot.len()
    }

    #[must_use]
    pub fn extent(&self) -> Option<BoundingBox> {
        self.snapshot.extent()
    }

    #[must_use]
    pub fn time_extent(&self) -> Option<TimeSpan> {
        self.snapshot.time_extent()
    }

    #[must_use]
    pub fn revision(&self) -> RevisionNumber {
        self.snapshot.revision()
    }
}

/// Reads one collection from the store into an index.
fn read_collection(plan_file: &PlanFile, model: &PlanModel, collection: Collection) -> Result<CollectionState> {
    let id = collection.id.clone();
    let collection = Arc::new(collection);
    let policy = Arc::new(Policy::from_collection(&collection, model.collection(&id)));
    let mut builder = IndexBuilder::new(collection);
    let revision = plan_file.store().scan_collection(&id, None, &mut |change| {
        if let FeatureChange::Put(feature) = change {
            builder.push(&feature);
        }
        Ok(())
    })?;
    Ok(CollectionState {
        load_id: uuid::Uuid::now_v7().as_u128(),
        index: builder.finish(revision),
        dirty_regions: DirtyRegions::new(revision),
        policy,
        masks: viewer_plan::MaskCache::default(),
    })
}
