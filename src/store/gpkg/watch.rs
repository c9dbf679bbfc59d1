//! News of what others did to the file: other programs, and other processes of this one.

use super::gpkg_layer::GpkgLayer;
use super::{GeoPackageState, GpkgLayers, StoreWatch, contents, find_layer, journal, lock_mutex, open, scan, tables};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How often we look whether the file changed, which takes microseconds.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// When somebody who was called back but took nothing over is called again.
const RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// What tells whether a collection changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum WatchedState {
    /// Of a collection: its revision, the number of the newest note in the journal, and how many of our triggers its table has.
    Own { revision: i64, noted: i64, triggers: i64 },
    /// Of a table in a file that is no plan: when it changed last.
    Foreign { last_change: String },
}

const SELECT_STATES: &str = "SELECT id, revision, coalesce((SELECT max(seq) FROM cityheart_journal j WHERE j.collection=c.number), 0),
  (SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||c.number||'_*') FROM cityheart_collections c";

/// The states of all collections.
pub(super) fn read_states(conn: &Connection) -> Result<HashMap<CollectionId, WatchedState>> {
    if tables::table_exists(conn, "cityheart_journal")? {
        let mut ask = conn.prepare_cached(SELECT_STATES)?;
        let pairs = ask
            .query_map([], |row| Ok((row.get::<_, String>(0)?, state_from_row(row)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        return pairs.into_iter().map(|(id, state)| Ok((CollectionId::new(&id)?, state))).collect();
    }
    let mut ask = conn.prepare_cached("SELECT last_change FROM gpkg_contents WHERE lower(table_name)=lower(?1)")?;
    let mut states = HashMap::new();
    for (id, layer) in open::read_layers(conn)? {
        let last_change = ask.query_row([&layer.layout.table], |row| row.get(0)).optional()?.unwrap_or_default();
        states.insert(id, WatchedState::Foreign { last_change });
    }
    Ok(states)
}

/// The state of one collection of a plan.
pub(super) fn read_state(conn: &Connection, id: &CollectionId) -> Result<Option<WatchedState>> {
    Ok(conn
        .prepare_cached(&format!("{SELECT_STATES} WHERE id=?1"))?
        .query_row([id.as_str()], state_from_row)
        .optional()?)
}

fn state_from_row(row: &Row<'_>) -> rusqlite::Result<WatchedState> {
    Ok(WatchedState::Own { revision: row.get(1)?, noted: row.get(2)?, triggers: row.get(3)? })
}

impl GeoPackageState {
    pub(super) fn adopt_external_changes(&self, id: &CollectionId) -> Result<(RevisionNumber, Vec<FeatureChange>)> {
        if self.writer.is_some() {
            let all = |tx: &Transaction<'_>, layers: &GpkgLayers| {
                let layer = find_layer(layers, id)?;
                journal::adopt_journal(tx, layer)?;
                let changes = self.unreported_changes(tx, layer);
                Ok((contents::read_revision(tx, layer)?, changes))
            };
            // What is told counts as told also when all that can be said is "read it anew".
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

    /// What the caller was not told of yet.
    ///
    /// # Errors
    /// [`Error::Stale`] when the table was replaced as a whole, so that all of it must be read anew.
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

/// Starts the thread that looks.
pub(super) fn start_watch(
    shared: &Arc<GeoPackageState>,
    changed: Box<dyn Fn(CollectionId) + Send>,
) -> Result<StoreWatch> {
    let conn = open::connect_reader(&shared.path, shared.access)?;
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
    /// The version of the data when nothing was left to be told.
    reported_version: Option<i64>,
    /// The states that were called back for, and when: somebody who could not take them over is called again.
    notified: HashMap<CollectionId, (WatchedState, Instant)>,
}

impl FileWatcher {
    /// The collections to call back for; `None` when the store is closed. Trouble is logged, and looked at again.
    fn poll_changes(&mut self) -> Option<Vec<CollectionId>> {
        let shared = self.shared.upgrade()?;
        let version = self.conn.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        if version.is_some() && self.reported_version == version {
            return Some(Vec::new());
        }
        let unreported = match unreported_states(&shared, &self.conn) {
            Ok(unreported) => unreported,
            Err(e) => {
                tracing::debug!("whether other programs changed the file cannot be told just now: {e}");
                return Some(Vec::new());
            }
        };
        if unreported.is_empty() {
            self.reported_version = version;
        }
        let now = Instant::now();
        // What has no table any more can be said once only, as nobody can take it over.
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

/// The lock is held while the states are read: whoever commits tells what it wrote before it lets go.
fn unreported_states(shared: &GeoPackageState, conn: &Connection) -> Result<Vec<(CollectionId, WatchedState)>> {
    let reported = lock_mutex(&shared.reported);
    Ok(read_states(conn)?.into_iter().filter(|(id, state)| reported.get(id) != Some(state)).collect())
}
