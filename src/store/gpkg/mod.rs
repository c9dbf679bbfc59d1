//! The GeoPackage store: one file that QGIS and GDAL read and write too. Never holds features in memory; keeps nothing but
//! connections and the layout of the tables.

use super::{Loaded, Store, Watch};
use crate::change::{Change, ChangeSet, Group, LogPage, LogPlace, Revision, Version};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use layer::Layer;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

mod blob; // the geometry blob
mod changes; // the change log: writing, history, what changed since
mod commit; // edits
mod contents; // extent and time of the last change
mod failure; // SQLite's errors in sentences
mod foreign; // tables that others made
mod functions; // ST_MinX …
mod grow; // more fields
mod journal; // what other programs did
mod layer; // rows and features
mod load; // bulk
mod log; // the change log, page by page
mod migrate; // older files
mod open; // files that may be anything
mod remarks; // odd rows
mod rtree; // the spatial index
mod scan; // reading
mod tables; // CREATE TABLE …
mod watch; // news from other programs
mod wkb; // reading geometry

/// One GeoPackage file. Any number of readers, one writer at a time.
pub struct GeoPackage {
    shared: Arc<Shared>,
}

/// What the store and its watching thread have in common.
struct Shared {
    path: PathBuf,
    access: open::Access,
    /// Idle connections for reading. They go before the writer: the last to go folds the log into the file and removes it,
    /// which a connection for reading may not.
    readers: Mutex<Vec<Connection>>,
    /// `None` when the file was opened for reading only.
    writer: Option<Mutex<Connection>>,
    /// The layers, and the version of the database schema they were read at.
    layers: RwLock<(i64, Arc<Layers>)>,
    /// The state of each collection that the caller was told of: what it found when opening, and what edits and takings-over
    /// returned. Whatever is beyond is news.
    told: Mutex<HashMap<CollectionId, watch::State>>,
}

type Layers = BTreeMap<CollectionId, Arc<Layer>>;

impl GeoPackage {
    /// Where the file is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.shared.path
    }

    /// Whether it was opened for reading only.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.writer.is_none()
    }
}

impl Store for GeoPackage {
    fn collections(&self) -> Result<Vec<Collection>> {
        self.shared.read(|_, layers| {
            let mut layers: Vec<_> = layers.values().collect();
            layers.sort_by_key(|l| l.number);
            Ok(layers.iter().map(|l| l.collection.clone()).collect())
        })
    }

    fn scan(
        &self,
        id: &CollectionId,
        since: Option<Revision>,
        visit: &mut dyn FnMut(Change) -> Result<()>,
    ) -> Result<Revision> {
        self.shared.scan(id, since, visit)
    }

    fn commit_all(&self, sets: &[ChangeSet]) -> Result<Group> {
        self.shared.commit_all(sets)
    }

    fn load(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<Loaded> {
        self.shared.load(collection, replace, features)
    }

    fn grow(&self, collection: &Collection) -> Result<()> {
        self.shared.grow(collection)
    }

    fn history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<Version>> {
        self.shared.read(|conn, layers| changes::history(conn, find(layers, id)?, feature))
    }

    fn log(&self, id: &CollectionId, from: LogPlace, limit: usize) -> Result<LogPage> {
        self.shared.read(|conn, layers| log::page(conn, find(layers, id)?, from, limit))
    }

    fn adopt(&self, id: &CollectionId) -> Result<(Revision, Vec<Change>)> {
        self.shared.adopt(id)
    }

    fn backup(&self, to: &Path) -> Result<()> {
        self.shared.backup(to)
    }

    fn watch(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<Watch> {
        watch::start(&self.shared, changed)
    }
}

impl Shared {
    /// Asks something of one state of the file.
    fn read<T>(&self, ask: impl FnOnce(&Connection, &Layers) -> Result<T>) -> Result<T> {
        let idle = lock(&self.readers).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open::connect_reader(&self.path, self.access)?,
        };
        let answer = {
            let tx = conn.transaction()?;
            self.layers(&tx).and_then(|layers| ask(&tx, &layers))
        };
        lock(&self.readers).push(conn);
        answer
    }

    /// Does something to one collection that is written durably, or not at all.
    fn write<T>(&self, id: &CollectionId, act: impl FnOnce(&Transaction<'_>, &Layers) -> Result<T>) -> Result<T> {
        self.write_several(|tx, layers| Ok((act(tx, layers)?, vec![id.clone()])))
    }

    /// Does something to the collections that `act` names in the end.
    fn write_several<T>(
        &self,
        act: impl FnOnce(&Transaction<'_>, &Layers) -> Result<(T, Vec<CollectionId>)>,
    ) -> Result<T> {
        let mut conn = lock(self.writer()?);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let layers = self.layers(&tx)?;
        let (done, ids) = act(&tx, &layers)?;
        if ids.is_empty() {
            return Ok(done);
        }
        let state = |id| watch::state(&tx, &id).map(|state| state.map(|state| (id, state)));
        let states = ids.into_iter().map(state).collect::<Result<Vec<_>>>()?;
        // The watch waits here until what we write is known as told.
        let mut told = lock(&self.told);
        tx.commit()?;
        told.extend(states.into_iter().flatten());
        Ok(done)
    }

    fn writer(&self) -> Result<&Mutex<Connection>> {
        self.writer.as_ref().ok_or_else(|| {
            Error::Refused("The plan was opened for reading only, so that nothing can be changed.".into())
        })
    }

    /// The layers as this connection sees them. Other programs may add some or change their tables at any time.
    fn layers(&self, conn: &Connection) -> Result<Arc<Layers>> {
        let version: i64 = conn.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0))?;
        {
            let known = self.layers.read().unwrap_or_else(PoisonError::into_inner);
            if known.0 == version {
                return Ok(known.1.clone());
            }
        }
        let layers = Arc::new(open::read_layers(conn)?);
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) = (version, layers.clone());
        Ok(layers)
    }
}

fn find<'a>(layers: &'a Layers, id: &CollectionId) -> Result<&'a Arc<Layer>> {
    layers.get(id).ok_or_else(|| Error::NotFound(format!("There is no collection '{id}' in this plan.")))
}

/// A panic elsewhere leaves no half-done work behind a lock: transactions roll back by themselves.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
