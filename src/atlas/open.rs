//! Opening a plan, and following what other programs write to it.

use super::city_cache::CityCache;
use super::collection_state::CollectionState;
use super::commit_queue::{CommitQueue, wait_for_reply};
use super::tile_cache::TileCache;
use super::{AccountService, Atlas, AtlasMetrics, AtlasSettings, BaseMap, ChangeFeed, PlanFile, commit_threads};
use crate::error::Result;
use crate::plan::PlanModel;
use crate::store::PlanFinding;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

impl Atlas {
    /// Updates the plan to the model, reads every collection into memory, and follows what other programs write to the
    /// store.
    pub fn open(
        plan_file: PlanFile,
        model: PlanModel,
        base_map: BaseMap,
        settings: &AtlasSettings,
    ) -> Result<Arc<Self>> {
        plan_file.add_model_fields(&model)?;
        let mut states = BTreeMap::new();
        for collection in plan_file.collections()? {
            let id = collection.id.clone();
            let state = CollectionState::load(&plan_file, &model, collection)?;
            state.log_findings();
            states.insert(id, Arc::new(state));
        }
        plan_file.findings()?.iter().for_each(PlanFinding::log);
        let (commit_queue, jobs) = CommitQueue::new();
        let atlas = Arc::new(Self {
            plan_file,
            model,
            base_map,
            accounts: settings.accounts.as_deref().map(AccountService::beside_plan).transpose()?,
            states: RwLock::new(states),
            city_cache: CityCache::default(),
            tiles: TileCache::new(settings.tile_cache_bytes, settings.tile_budget_bytes),
            metrics: AtlasMetrics::default(),
            commit_queue,
            change_feed: ChangeFeed::new(),
            watch: Mutex::new(None),
        });
        commit_threads::start_threads(&atlas, jobs)?;
        atlas.follow_store()?;
        Ok(atlas)
    }

    /// Adopts what other programs write to the store while the plan is open.
    fn follow_store(self: &Arc<Self>) -> Result<()> {
        let weak = Arc::downgrade(self);
        let watch = self.plan_file.store().watch_changes(Box::new(move |id| {
            let Some(atlas) = weak.upgrade() else { return };
            match wait_for_reply(|answer| atlas.commit_queue.push_adopt(id.clone(), answer)) {
                Ok(count) => tracing::info!(collection = %id, count, "adopted changes of another program"),
                Err(e) => {
                    tracing::error!(collection = %id, error = %e, "could not adopt the changes of another program");
                }
            }
        }))?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }
}
