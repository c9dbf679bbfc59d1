//! Notices and adopts what others did to the file: other programs, and other processes of this one.

use super::gpkg_layer::{GpkgLayer, GpkgLayers, find_layer};
use super::package_state::{GeoPackageState, lock_mutex};
use super::watched_state::{WatchedState, read_states};
use super::{connection, contents, journal, scan};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::store::StoreWatch;
use rusqlite::{Connection, Transaction};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How often the watch polls for a change of the file, which takes microseconds.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// When the caller is notified again of a change that it did not adopt.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

impl GeoPackageState {
    pub(super) fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        if !self.is_read_only() {
            let all = |tx: &Transaction<'_>, layers: &GpkgLayers| {
                let layer = find_layer(layers, id)?;
                journal::adopt_journal(tx, layer)?;
                let changes = self.unreported_changes(tx, layer);
                Ok((contents::read_revision(tx, layer)?, changes))
            };
            // The state is recorded as known to the caller even if all it learns is that it must read the table again.
            let (revision, changes) = self.run_write(id, all)?;
            return Ok((revision, changes?));
        }
        self.run_read(|conn, layers| {
            let layer = find_layer(layers, id)?;
            let changes = self.unreported_changes(conn, layer);
            if let Some(state) = read_states(conn)?.remove(id) {
                lock_mutex(&self.reported).insert(id.clone(), state);
            }
            Ok((contents::read_revision(conn, layer)?, changes?))
        })
    }

    /// The changes that the caller does not know yet.
    ///
    /// # Errors
    /// [`Error::Stale`] when the table was replaced as a whole, so that all of it must be read again.
    pub(super) fn unreported_changes(&self, conn: &Connection, layer: &GpkgLayer) -> Result<Vec<FeatureChange>> {
        let since = match lock_mutex(&self.reported).get(&layer.collection.id) {
            Some(WatchedState::Own { revision, .. }) => *revision as RevisionNumber,
            Some(WatchedState::Foreign { .. }) => return Err(scan::changes_unknown_error(layer)),
            None => 0,
        };
        let mut changes = Vec::new();
        scan::scan_changed(conn, layer, since, &mut |change| {
            changes.push(change);
            Ok(())
        })?;
        Ok(changes)
    }
}

/// Starts the thread that polls.
pub(super) fn start_watch(
    shared: &Arc<GeoPackageState>,
    changed: Box<dyn Fn(CollectionId) + Send>,
) -> Result<StoreWatch> {
    let conn = connection::connect_reader(&shared.path, shared.access)?;
    let mut watcher =
        FileWatcher { shared: Arc::downgrade(shared), conn, reported_version: None, notified: HashMap::new() };
    let (stop, stopped) = mpsc::channel();
    let poll = move || {
        while stopped.recv_timeout(POLL_INTERVAL) == Err(RecvTimeoutError::Timeout) {
            let Some(ids) = watcher.poll_changes() else {
                return;
            };
            ids.into_iter().for_each(&changed);
        }
    };
    let thread = std::thread::Builder::new().name("store-watch".into()).spawn(poll).map_err(Error::internal)?;
    Ok(StoreWatch { stop, thread: Some(thread) })
}

struct FileWatcher {
    shared: Weak<GeoPackageState>,
    conn: Connection,
    /// The version of the data at which the caller knew everything.
    reported_version: Option<i64>,
    /// The states that the caller was notified of, and when: a caller that could not adopt one is notified again.
    notified: HashMap<CollectionId, (WatchedState, Instant)>,
}

impl FileWatcher {
    /// The collections to notify the caller of; `None` when the store is closed. Errors are logged; the next poll tries
    /// again.
    fn poll_changes(&mut self) -> Option<Vec<CollectionId>> {
        let shared = self.shared.upgrade()?;
        let version = self.conn.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        if version.is_some() && self.reported_version == version {
            return Some(Vec::new());
        }
        let unreported = match unreported_states(&shared, &self.conn) {
            Ok(unreported) => unreported,
            Err(e) => {
                tracing::debug!("could not check for changes by other programs: {e}");
                return Some(Vec::new());
            }
        };
        if unreported.is_empty() {
            self.reported_version = version;
        }
        let now = Instant::now();
        // A collection whose table is gone is notified once only, as it cannot be adopted.
        let layers = shared.current_layers(&self.conn).ok();
        let again = |id: &CollectionId, at: Instant| {
            now - at > RETRY_INTERVAL && layers.as_ref().is_some_and(|l| l.contains_key(id))
        };
        let is_new = |(id, state): &(CollectionId, WatchedState)| {
            self.notified.get(id).is_none_or(|(s, at)| s != state || again(id, *at))
        };
        let to_notify: Vec<_> = unreported.into_iter().filter(is_new).collect();
        let ids = to_notify.iter().map(|(id, _)| id.clone()).collect();
        self.notified.extend(to_notify.into_iter().map(|(id, state)| (id, (state, now))));
        Some(ids)
    }
}

/// Reads the states under the lock, so that each commit has recorded what it wrote.
fn unreported_states(shared: &GeoPackageState, conn: &Connection) -> Result<Vec<(CollectionId, WatchedState)>> {
    let reported = lock_mutex(&shared.reported);
    Ok(read_states(conn)?.into_iter().filter(|(id, state)| reported.get(id) != Some(state)).collect())
}
