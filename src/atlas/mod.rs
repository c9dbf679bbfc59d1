//! The program without HTTP: the one place where store, index and tile meet. Opens a plan, answers from memory, keeps tiles exact.

use crate::access::Policy;
use crate::change::{Change, ChangeSet, Done, Revision};
use crate::collection::{Collection, CollectionId};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::feature::{Bbox, FeatureId, Value, time::Span};
use crate::index::{Builder, Index, Snapshot};
use crate::plan::Model;
use crate::query::{MAX_LIMIT, Query};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

mod accounts;
mod ask;
mod desk;
mod dirt;
mod edit;
mod history;
mod items;
mod layers;
mod metrics;
mod nearness;
mod news;
mod seen;
mod shelf;
mod tiles;
mod world;

pub use crate::tile::TileId;
pub use accounts::{Accounts, SESSION_S};
pub use desk::Answer;
pub use edit::{Act, Handling, MAX_EDITS, Matching, Outcome, Prepared, Wish, Wishes, state_tag};
pub use history::Heard;
pub use items::{Axes, Item, Items};
pub use layers::{Layers, Named};
pub use metrics::Metrics;
pub use nearness::{Cities, Doubt};
pub use news::{News, Piece, Since, Turn};
pub use seen::Seen;
pub use shelf::Shelf;
pub use tiles::{Coding, Tile, pack};
pub use world::World;

use desk::Desk;
use dirt::Dirt;
use tiles::TileCache;

/// What can be set when a plan is opened.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The most that finished tiles may take in memory.
    pub tile_cache_bytes: u64,
    /// The most that one tile may have before it is packed; what matters least is left out of a larger one.
    pub tile_budget_bytes: usize,
    /// The plan beside which the accounts are; nobody can sign in without.
    pub accounts: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { tile_cache_bytes: 128 << 20, tile_budget_bytes: crate::tile::BUDGET_BYTES, accounts: None }
    }
}

/// An open plan: every collection in memory over its store.
pub struct Atlas {
    shelf: Shelf,
    model: Model,
    world: World,
    accounts: Option<Accounts>,
    leaves: RwLock<BTreeMap<CollectionId, Arc<Leaf>>>,
    tiles: TileCache,
    metrics: Metrics,
    desk: Desk,
    news: News,
    watch: Mutex<Option<crate::store::Watch>>,
}

/// One collection: its index, and where edits have fallen since tiles were drawn.
pub(crate) struct Leaf {
    /// Differs from that of every other reading of a collection, whose revisions may begin anew.
    born: u128,
    index: Index,
    dirt: Dirt,
    policy: Arc<Policy>,
    screens: seen::Screens,
}

/// One collection as it is now; holds its state for as long as it is held.
pub struct View {
    born: u128,
    snapshot: Arc<Snapshot>,
    /// The key of the sight that it is seen with.
    sight: Arc<str>,
}

impl Atlas {
    /// Brings the plan up to date with the model, reads every collection of it into memory, and follows what other programs write to it.
    pub fn open(shelf: Shelf, model: Model, world: World, settings: &Settings) -> Result<Arc<Self>> {
        shelf.grow(&model)?;
        let mut leaves = BTreeMap::new();
        for collection in shelf.collections()? {
            leaves.insert(collection.id.clone(), Arc::new(read(&shelf, &model, collection)?));
        }
        let (desk, opening) = Desk::new();
        let atlas = Arc::new(Self {
            shelf,
            model,
            world,
            accounts: settings.accounts.as_deref().map(Accounts::beside).transpose()?,
            leaves: RwLock::new(leaves),
            tiles: TileCache::new(settings),
            metrics: Metrics::default(),
            desk,
            news: News::new(),
            watch: Mutex::new(None),
        });
        opening.open(&atlas)?;
        atlas.follow()?;
        Ok(atlas)
    }

    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// What changes, as it happens.
    #[must_use]
    pub fn news(&self) -> &News {
        &self.news
    }

    /// Who may sign in; `None` when nobody can.
    #[must_use]
    pub fn accounts(&self) -> Option<&Accounts> {
        self.accounts.as_ref()
    }

    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Every collection, whole, in the order of ids.
    #[must_use]
    pub fn collections(&self) -> Vec<View> {
        let leaves = self.leaves.read().unwrap_or_else(PoisonError::into_inner);
        leaves.values().map(|leaf| View::whole(leaf)).collect()
    }

    /// A collection, whole.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the plan has no such collection.
    pub fn view(&self, id: &str) -> Result<View> {
        Ok(View::whole(&*self.leaf(id)?))
    }

    /// The reference system that the plan is drawn in: the national grid of its cities, when they all name the same one.
    #[must_use]
    pub fn storage_crs(&self) -> Crs {
        let Ok(view) = self.view("cities") else { return Crs::CRS84 };
        let Some(field) = view.collection().field("storage_crs") else { return Crs::CRS84 };
        let query = Query { limit: MAX_LIMIT, ..Query::default() };
        let named = |feature: crate::feature::Feature| match feature.values.get(field) {
            Some(Value::Text(text)) => Crs::parse(text).ok(),
            _ => None,
        };
        let mut all = self.items(&view, &query).features().map(named).collect::<Vec<_>>();
        all.dedup();
        match all[..] {
            [Some(crs)] => crs,
            _ => Crs::CRS84,
        }
    }

    #[must_use]
    pub fn items(&self, view: &View, query: &Query) -> Items {
        Items::select(view.snapshot.clone(), query)
    }

    /// # Errors
    /// [`Error::NotFound`] when the collection has no such feature.
    pub fn item(&self, view: &View, id: &str) -> Result<Item> {
        let missing = || Error::NotFound(format!("'{}' has no feature '{id}'.", view.collection().id));
        let slot = view.snapshot.get(&FeatureId::new(id).map_err(|_| missing())?).ok_or_else(missing)?;
        Ok(Item::new(view.snapshot.clone(), slot))
    }

    /// Makes edits durable, then visible: when this returns, they are on disk, in the next page and in the next tile.
    pub fn commit(&self, edits: &ChangeSet) -> Result<Done> {
        desk::wait(|answer| self.commit_then(edits.clone(), answer))
    }

    /// The same without waiting: `answer` is called when it is done, or refused.
    pub fn commit_then(&self, edits: ChangeSet, answer: Answer<Done>) {
        match self.leaf(edits.collection.as_str()) {
            Ok(_) => self.desk.commit(edits, answer),
            Err(e) => answer(Err(e)),
        }
    }

    /// Takes over at once what other programs wrote to a collection, and calls `answer` when it is published.
    pub fn catch_up_then(&self, collection: &CollectionId, answer: Answer<usize>) {
        self.desk.adopt(collection.clone(), answer);
    }

    pub(crate) fn leaf(&self, id: &str) -> Result<Arc<Leaf>> {
        let leaves = self.leaves.read().unwrap_or_else(PoisonError::into_inner);
        let leaf = CollectionId::new(id).ok().and_then(|id| leaves.get(&id).cloned());
        leaf.ok_or_else(|| {
            let known: Vec<_> = leaves.keys().map(CollectionId::as_str).collect();
            Error::NotFound(format!("There is no collection '{id}' in this plan. It has: {}.", known.join(", ")))
        })
    }

    /// Takes over what other programs write to the store while we run.
    fn follow(self: &Arc<Self>) -> Result<()> {
        let weak = Arc::downgrade(self);
        let watch = self.shelf.store().watch(Box::new(move |id| {
            let Some(atlas) = weak.upgrade() else { return };
            match desk::wait(|answer| atlas.desk.adopt(id.clone(), answer)) {
                Ok(count) => tracing::info!(collection = %id, count, "taken over from another program"),
                Err(e) => tracing::error!(collection = %id, error = %e, "could not take over a change"),
            }
        }))?;
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        Ok(())
    }
}

impl Leaf {
    /// The dirt is written down first: a tile drawn from the old snapshot is then known to be old as soon as the new one is out.
    fn publish(&self, changes: &[Change], revision: Revision) {
        if changes.is_empty() {
            return;
        }
        let before = self.index.snapshot();
        self.index.publish(changes, revision, |redrawn| self.dirt.mark(revision, changes, redrawn, &before));
    }
}

impl View {
    fn whole(leaf: &Leaf) -> Self {
        Self { born: leaf.born, snapshot: leaf.index.snapshot(), sight: "".into() }
    }

    /// The state that is seen: no other state of any collection has the same, in this or another run of the program.
    #[must_use]
    pub fn state(&self) -> (u128, Revision) {
        (self.born, self.snapshot.revision())
    }

    /// By what it differs from what others see of the same state; empty for the whole.
    #[must_use]
    pub fn sight(&self) -> &str {
        &self.sight
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// How many features there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.snapshot.len()
    }

    #[must_use]
    pub fn extent(&self) -> Option<Bbox> {
        self.snapshot.extent()
    }

    #[must_use]
    pub fn time(&self) -> Option<Span> {
        self.snapshot.time_extent()
    }

    #[must_use]
    pub fn revision(&self) -> Revision {
        self.snapshot.revision()
    }
}

/// Reads one collection from the store into an index.
fn read(shelf: &Shelf, model: &Model, collection: Collection) -> Result<Leaf> {
    let id = collection.id.clone();
    let collection = Arc::new(collection);
    let policy = Arc::new(Policy::of(&collection, model.collection(&id)));
    let mut builder = Builder::new(collection);
    let revision = shelf.store().scan(&id, None, &mut |change| {
        if let Change::Put(feature) = change {
            builder.push(&feature);
        }
        Ok(())
    })?;
    Ok(Leaf {
        born: uuid::Uuid::now_v7().as_u128(),
        index: builder.finish(revision),
        dirt: Dirt::new(revision),
        policy,
        screens: seen::Screens::default(),
    })
}
