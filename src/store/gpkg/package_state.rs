//! The state of an open file, shared by the store and its watching thread: connections, layers, and what the caller
//! knows.

use super::adopt_schema::{AdoptionTime, adopt_schema};
use super::checkpoint::{self, WalCheckpointer};
use super::connection::{self, FileAccess};
use super::gpkg_layer::GpkgLayers;
use super::layer_catalog::read_catalog;
use super::watched_state::{self, WatchedState};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::store::finding::PlanFinding;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
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
    pub(super) checkpointer: WalCheckpointer,
    /// The layers, and the version of the database schema that they were read from.
    catalog: RwLock<KnownCatalog>,
    /// The version of the database schema up to which we adopted what other programs did to it.
    adopted_version: AtomicI64,
    /// The state of each collection that the caller knows: as it was when the file was opened, or as returned by an
    /// edit or an adoption since. Any other state is a change that the caller does not know yet.
    pub(super) reported: Mutex<HashMap<CollectionId, WatchedState>>,
}

/// The layers of one version of the database schema, and what of it is no layer.
#[derive(Clone)]
pub(super) struct KnownCatalog {
    version: i64,
    pub layers: Arc<GpkgLayers>,
    pub findings: Arc<Vec<PlanFinding>>,
}

/// What a transaction wrote.
pub(super) enum WrittenScope {
    /// Nothing: it is rolled back.
    Nothing,
    /// These collections, which the caller then knows.
    Collections(Vec<CollectionId>),
    /// What other programs did, which the caller does not know yet.
    Adoption,
}

impl GeoPackageState {
    pub(super) fn new(path: &Path, access: FileAccess, writer: Option<Connection>, layers: GpkgLayers) -> Result<Self> {
        let state = Self {
            path: path.to_owned(),
            access,
            readers: Mutex::default(),
            checkpointer: WalCheckpointer::new(path, writer.is_some())?,
            writer: writer.map(Mutex::new),
            // -1 is no version: the first reader reads the layers again.
            catalog: RwLock::new(KnownCatalog { version: -1, layers: Arc::new(layers), findings: Arc::default() }),
            adopted_version: AtomicI64::new(-1),
            reported: Mutex::new(HashMap::new()),
        };
        let reported = state.run_read(|conn, layers| watched_state::read_states(conn, layers, |_| true))?;
        *lock_mutex(&state.reported) = reported;
        Ok(state)
    }

    /// Runs a query on one snapshot of the file.
    pub(super) fn run_read<T>(&self, query: impl FnOnce(&Connection, &GpkgLayers) -> Result<T>) -> Result<T> {
        self.checkpointer.monitor.check_known_fault()?;
        let idle = lock_mutex(&self.readers).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => connection::connect_reader(&self.path, self.access)?,
        };
        let answer = {
            let tx = conn.transaction()?;
            self.current_catalog(&tx).and_then(|catalog| query(&tx, &catalog.layers))
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
        self.run_write_several(|tx, layers| Ok((operation(tx, layers)?, WrittenScope::Collections(vec![id.clone()]))))
    }

    /// Writes, durably or not at all. What other programs did to the schema is adopted first.
    pub(super) fn run_write_several<T>(
        &self,
        operation: impl FnOnce(&Transaction<'_>, &GpkgLayers) -> Result<(T, WrittenScope)>,
    ) -> Result<T> {
        let mut conn = lock_mutex(self.writer()?);
        self.checkpointer.monitor.check_known_fault()?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = read_version(&tx)?;
        let mut layers = if self.adopted_version.load(Ordering::Acquire) == version {
            self.current_catalog(&tx)?.layers
        } else {
            adopt_schema(&tx, AdoptionTime::Open)?;
            Arc::new(read_catalog(&tx)?.layers())
        };
        let adopted = read_version(&tx)?;
        let (done, written) = operation(&tx, &layers)?;
        let ids = match written {
            WrittenScope::Nothing => return Ok(done),
            WrittenScope::Adoption => vec![],
            WrittenScope::Collections(ids) => ids,
        };
        let version = read_version(&tx)?;
        if version != adopted {
            layers = Arc::new(read_catalog(&tx)?.layers());
        }
        let state = |id| watched_state::read_state(&tx, &layers, &id).map(|state| state.map(|state| (id, state)));
        let states = ids.into_iter().map(state).collect::<Result<Vec<_>>>()?;
        // The watch waits for this lock until what we write is recorded as known to the caller.
        let mut reported = lock_mutex(&self.reported);
        self.checkpointer.commit_verified(tx)?;
        self.adopted_version.store(version, Ordering::Release);
        reported.extend(states.into_iter().flatten());
        drop(reported);
        self.checkpointer.bound_log(&conn);
        Ok(done)
    }

    /// Writes to the change log only: no collection changes.
    pub(super) fn run_write_log(&self, operation: impl FnOnce(&Transaction<'_>) -> Result<()>) -> Result<()> {
        let mut conn = lock_mutex(self.writer()?);
        self.checkpointer.monitor.check_known_fault()?;
        let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        operation(&tx)?;
        self.checkpointer.commit_verified(tx)?;
        self.checkpointer.bound_log(&conn);
        Ok(())
    }

    /// Moves the log into the file when nobody writes.
    pub(super) fn empty_idle_log(&self) {
        if let Some(writer) = self.writer.as_ref().filter(|_| self.checkpointer.is_idle())
            && let Ok(conn) = writer.try_lock()
        {
            self.checkpointer.empty_log(&conn);
        }
    }

    /// When the file is no longer what was opened: keeps what can be kept, once.
    pub(super) fn recover(&self) {
        if let Some(writer) = self.writer.as_ref().filter(|_| self.checkpointer.monitor.fault().is_some()) {
            self.checkpointer.recover(&lock_mutex(writer));
        }
    }

    /// Reads the catalog again when it is needed next.
    pub(super) fn forget_catalog(&self) {
        self.catalog.write().unwrap_or_else(PoisonError::into_inner).version = -1;
        self.adopted_version.store(-1, Ordering::Release);
    }

    /// Adopts what other programs did to the schema, unless that was done already.
    pub(super) fn adopt_schema_changes(&self, version: i64) -> Result<()> {
        if self.is_read_only() || self.adopted_version.load(Ordering::Acquire) == version {
            return Ok(());
        }
        self.run_write_several(|_, _| Ok(((), WrittenScope::Adoption)))
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
    pub(super) fn current_catalog(&self, conn: &Connection) -> Result<KnownCatalog> {
        let version = read_version(conn)?;
        {
            let known = self.catalog.read().unwrap_or_else(PoisonError::into_inner);
            if known.version == version {
                return Ok(known.clone());
            }
        }
        let catalog = read_catalog(conn)?;
        let findings = Arc::new(catalog.findings());
        let known = KnownCatalog { version, layers: Arc::new(catalog.layers()), findings };
        *self.catalog.write().unwrap_or_else(PoisonError::into_inner) = known.clone();
        Ok(known)
    }
}

impl Drop for GeoPackageState {
    fn drop(&mut self) {
        lock_mutex(&self.readers).clear();
        if let Some(writer) = self.writer.take() {
            checkpoint::close_writer(writer.into_inner().unwrap_or_else(PoisonError::into_inner), &self.checkpointer);
        }
    }
}

/// The version of the database schema, which every change of it increases.
pub(super) fn read_version(conn: &Connection) -> Result<i64> {
    Ok(conn.prepare_cached("PRAGMA schema_version")?.query_row([], |row| row.get(0))?)
}

/// Locks a mutex, also after a panic elsewhere: a panic leaves nothing half done, as transactions roll back by
/// themselves.
pub(super) fn lock_mutex<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
