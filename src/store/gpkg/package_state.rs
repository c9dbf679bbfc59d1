//! The state of an open file, shared by the store and its watching thread: connections, layers, and what the caller
//! knows.

use super::connection::{self, FileAccess};
use super::gpkg_layer::GpkgLayers;
use super::layer_catalog;
use super::watched_state::{self, WatchedState};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// The state of an open file.
pub(super) struct GeoPackageState {
    pub(super) path: PathBuf,
    pub(super) access: FileAccess,
    /// Idle connections for reading. They are dropped before the writer: the last connection to close checkpoints the
    /// write-ahead log and removes it, which a connection for reading may not do.
    readers: Mutex<Vec<Connection>>,
    /// `None` when the file is open for reading only.
    writer: Option<Mutex<Connection>>,
    /// The layers, and the version of the database schema that they were read from.
    layers: RwLock<(i64, Arc<GpkgLayers>)>,
    /// The state of each collection that the caller knows: as it was when the file was opened, or as returned by an
    /// edit or an adoption since. Any other state is a change that the caller does not know yet.
    pub(super) reported: Mutex<HashMap<CollectionId, WatchedState>>,
}

impl GeoPackageState {
    pub(super) fn new(path: &Path, access: FileAccess, writer: Option<Connection>, layers: GpkgLayers) -> Result<Self> {
        let state = Self {
            path: path.to_owned(),
            access,
            readers: Mutex::default(),
            writer: writer.map(Mutex::new),
            // -1 is no version: the first reader reads the layers again.
            layers: RwLock::new((-1, Arc::new(layers))),
            reported: Mutex::new(HashMap::new()),
        };
        let reported = state.run_read(|conn, _| watched_state::read_states(conn))?;
        *lock_mutex(&state.reported) = reported;
        Ok(state)
    }

    /// Runs a query on one snapshot of the file.
    pub(super) fn run_read<T>(&self, query: impl FnOnce(&Connection, &GpkgLayers) -> Result<T>) -> Result<T> {
        let idle = lock_mutex(&self.readers).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connection::connect_reader(&self.path, self.access)?,
        };
        let answer = {
            let tx = conn.transaction()?;
            self.current_layers(&tx).and_then(|layers| query(&tx, &layers))
        };
        lock_mutex(&self.readers).push(conn);
        answer
    }

    /// Writes to one collection, durably or not at all.
    pub(super) fn run_write<T>(
        &self,
        id: &CollectionId,
        operation: impl FnOnce(&Transaction<'_>, &GpkgLayers) -> Result<T>,
    ) -> Result<T> {
        self.run_write_several(|tx, layers| Ok((operation(tx, layers)?, vec![id.clone()])))
    }

    /// Writes to the collections whose ids `operation` returns, durably or not at all. Without any id nothing is
    /// written.
    pub(super) fn run_write_several<T>(
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
        let state = |id| watched_state::read_state(&tx, &id).map(|state| state.map(|state| (id, state)));
        let states = ids.into_iter().map(state).collect::<Result<Vec<_>>>()?;
        // The watch waits for this lock until what we write is recorded as known to the caller.
        let mut reported = lock_mutex(&self.reported);
        tx.commit()?;
        reported.extend(states.into_iter().flatten());
        Ok(done)
    }

    /// Writes to the change log only: no collection changes.
    pub(super) fn run_write_log(&self, operation: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let mut conn = lock_mutex(self.writer()?);
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        operation(&tx)?;
        Ok(tx.commit()?)
    }

    /// # Errors
    /// [`Error::Refused`] when the file is open for reading only.
    pub(super) fn writer(&self) -> Result<&Mutex<Connection>> {
        self.writer.as_ref().ok_or_else(|| Error::Refused("The plan is open for reading only.".into()))
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.writer.is_none()
    }

    /// The layers as this connection sees them. Other programs may add layers or change their tables at any time.
    pub(super) fn current_layers(&self, conn: &Connection) -> Result<Arc<GpkgLayers>> {
        let version: i64 = conn.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0))?;
        {
            let known = self.layers.read().unwrap_or_else(PoisonError::into_inner);
            if known.0 == version {
                return Ok(known.1.clone());
            }
        }
        let layers = Arc::new(layer_catalog::read_layers(conn)?);
        *self.layers.write().unwrap_or_else(PoisonError::into_inner) = (version, layers.clone());
        Ok(layers)
    }
}

/// Locks a mutex, also after a panic elsewhere: a panic leaves nothing half done, as transactions roll back by
/// themselves.
pub(super) fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
