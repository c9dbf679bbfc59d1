//! The GeoPackage store: one file that QGIS and GDAL read and write too. Never holds features in memory; keeps nothing but
//! connections and the layout of the tables.

use super::{LoadSummary, Store, StoreWatch};
use crate::change::{
    ChangeSet, FeatureChange, FeatureVersion, GroupCommitOutcome, LogPage, LogPosition, RevisionNumber,
};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use gpkg_layer::GpkgLayer;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

mod geometry_blob; // the geometry blob
mod change_log; // the change log: writing, history, what changed since
mod commit; // edits
mod contents; // extent and time of the last change
mod sqlite_error; // SQLite's errors in sentences
mod foreign_tables; // tables that others made
mod sql_functions; // ST_MinX …
mod add_fields; // more fields
mod journal; // what other programs did
mod gpkg_layer; // rows and features
mod bulk_load; // bulk
mod log_page; // the change log, page by page
mod migrate; // older files
mod open; // files that may be anything
mod row_warnings; // odd rows
mod rtree; // the spatial index
mod scan; // reading
mod tables; // CREATE TABLE …
mod watch; // news from other programs
mod wkb; // reading geometry

/// One GeoPackage file. Any number of readers, one writer at a time.
pub struct GeoPackage {
    shared: Arc<GeoPackageState>,
}

/// What the store and its watching thread have in common.
struct GeoPackageState {
    path: PathBuf,
    access: open::FileAccess,
    /// Idle connections for reading. They go before the writer: the last to go folds the log into the file and removes it,
    /// which a connection for reading may not.
    readers: Mutex<Vec<Connection>>,
    /// `None` when the file was opened for reading only.
    writer: Option<Mutex<Connection>>,
    /// The layers, and the version of the database schema they were read at.
    layers: RwLock<(i64, Arc<GpkgLayers>)>,
    /// The state of each collection that the caller was told of: what it found when opening, and what edits and takings-over
    /// returned. Whatever is beyond is news.
    reported: Mutex<HashMap<CollectionId, watch::WatchedState>>,
}

type GpkgLayers = BTreeMap<CollectionId, Arc<GpkgLayer>>;

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
    fn list_collections(&self) -> Result<Vec<Collection>> {
        self.shared.run_read(|_, layers| {
            let mut layers: Vec<_> = layers.values().collect();
            layers.sort_by_key(|l| l.number);
            Ok(layers.iter().map(|l| l.collection.clone()).collect())
        })
    }

    fn scan_collection(
        &self,
        id: &CollectionId,
        since: Option<RevisionNumber>,
        visit: &mut dyn FnMut(FeatureChange) -> Result<()>,
    ) -> Result<RevisionNumber> {
        self.shared.scan_collection(id, since, visit)
    }

    fn commit_all(&self, sets: &[ChangeSet]) -> Result<GroupCommitOutcome> {
        self.shared.commit_all(sets)
    }

    fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<LoadSummary> {
        self.shared.load_collection(collection, replace, features)
    }

    fn add_fields(&self, collection: &Collection) -> Result<()> {
        self.shared.add_fields(collection)
    }

    fn read_history(&self, id: &CollectionId, feature: &FeatureId) -> Result<Vec<FeatureVersion>> {
        self.shared.run_read(|conn, layers| change_log::read_history(conn, find_layer(layers, id)?, feature))
    }

    fn read_change_log(&self, id: &CollectionId, from: LogPosition, limit: usize) -> Result<LogPage> {
        self.shared.run_read(|conn, layers| log_page::read_page(conn, find_layer(layers, id)?, from, limit))
    }

    fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        self.shared.adopt_external_changes(id)
    }

    fn write_backup(&self, to: &Path) -> Result<()> {
        self.shared.write_backup(to)
    }

    fn watch_changes(&self, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<StoreWatch> {
        watch::start_watch(&self.shared, changed)
    }
}

impl GeoPackageState {
    /// Asks something of one state of the file.
    fn run_read<T>(&self, query: impl FnOnce(&Connection, &GpkgLayers) -> Result<T>) -> Result<T> {
        let idle = lock_mutex(&self.readers).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open::connect_reader(&self.path, self.access)?,
        };
        let answer = {
            let tx = conn.transaction()?;
            self.current_layers(&tx).and_then(|layers| query(&tx, &layers))
        };
        lock_mutex(&self.readers).push(conn);
        answer
    }

    /// Does something to one collection that is written durably, or not at all.
    fn run_write<T>(
        &self,
        id: &CollectionId,
        operation: impl FnOnce(&Transaction<'_>, &GpkgLayers) -> Result<T>,
    ) -> Result<T> {
        self.run_write_several(|tx, layers| Ok((operation(tx, layers)?, vec![id.clone()])))
    }

    /// Does something to the collections that `act` names in the end.
    fn run_write_several<T>(
        &self,
        operation: impl FnOnce(&Transaction<'_>, &GpkgLayers) -> Result<(T, Vec<CollectionId>)>,
    ) -> Result<T> {
        let mut conn = lock_mutex(self.writer()?);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let layers = self.current_layers(&tx)?;
        let (done, ids) = operation(&tx, &layers)?;
        if ids.is_empty() {
            return Ok(done);
        }
        let state = |id| watch::read_state(&tx, &id).map(|state| state.map(|state| (id, state)));
        let states = ids.into_iter().map(state).collect::<Result<Vec<_>>>()?;
        // The watch waits here until what we write is known as told.
        let mut reported = lock_mutex(&self.reported);
        tx.commit()?;
        reported.extend(states.into_iter().flatten());
        Ok(done)
    }

    fn writer(&self) -> Result<&Mutex<Connection>> {
        self.writer.as_ref().ok_or_else(|| {
            Error::Refused("The plan was opened for reading only, so that nothing can be changed.".into())
        })
    }

    /// The layers as this connection sees them. Other programs may add some or change their tables at any time.
    fn current_layers(&self, conn: &Connection) -> Result<Arc<GpkgLayers>> {
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

fn find_layer<'a>(layers: &'a GpkgLayers, id: &CollectionId) -> Result<&'a Arc<GpkgLayer>> {
    layers.get(id).ok_or_else(|| Error::NotFound(format!("There is no collection '{id}' in this plan.")))
}

/// A panic elsewhere leaves no half-done work behind a lock: transactions roll back by themselves.
fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
