//! Notices and adopts what others did to the file: other programs, and other processes of this one.

use super::gpkg_layer::{GpkgLayer, GpkgLayers, find_layer};
use super::package_state::{GeoPackageState, lock_mutex, read_version};
use super::row_findings::RowFindings;
use super::watched_state::{WatchedState, read_state, read_states};
use super::{connection, contents, journal, scan};
use crate::change::{FeatureChange, RevisionNumber};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::store::StoreWatch;
use crate::store::finding::PlanFinding;
use rusqlite::{Connection, Transaction};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How often the watch polls for a change of the file, which takes microseconds.
const POLL_INTERVAL: Duration = Duration::from_millis(300);
/// The watch rests this many times as long as it looked.
const REST_FACTOR: u32 = 20;
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
            if let Some(state) = read_state(conn, layers, id)? {
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
            Some(known) if known.definition() != layer.definition => return Err(scan::changes_unknown_error(layer)),
            Some(WatchedState::Own { revision, .. }) => *revision as RevisionNumber,
            Some(WatchedState::Foreign { .. }) => return Err(scan::changes_unknown_error(layer)),
            None => 0,
        };
        let mut changes = Vec::new();
        let mut push = |change| {
            changes.push(change);
            Ok(())
        };
        scan::scan_changed(conn, layer, since, &mut push, &mut RowFindings::default())?;
        Ok(changes)
    }
}

/// Starts the thread that polls.
pub(super) fn start_watch(
    shared: &Arc<GeoPackageState>,
    changed: Box<dyn Fn(CollectionId) + Send>,
) -> Result<StoreWatch> {
    let conn = connection::connect_reader(&shared.path, shared.access)?;
    let mut watcher = FileWatcher {
        shared: Arc::downgrade(shared),
        logged: shared.current_catalog(&conn)?.findings,
        conn,
        registered: None,
        reported_version: None,
        notified: HashMap::new(),
        rest_until: None,
    };
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
    notified: HashMap<CollectionId, (Option<WatchedState>, Instant)>,
    /// The tables that are registered as layers.
    registered: Option<String>,
    /// What was logged of tables that are not shown as they are.
    logged: Arc<Vec<PlanFinding>>,
    /// No look at the file before: tables without triggers must be read as a whole to notice a change.
    rest_until: Option<Instant>,
}

impl FileWatcher {
    /// The collections to notify the caller of; `None` when the store is closed. Errors are logged; the next poll tries
    /// again.
    fn poll_changes(&mut self) -> Option<Vec<CollectionId>> {
        let shared = self.shared.upgrade()?;
        if shared.checkpointer.monitor.check_file().is_err() {
            shared.recover();
            return Some(Vec::new());
        }
        shared.empty_idle_log();
        let version = self.conn.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        if version.is_some() && self.reported_version == version {
            return Some(Vec::new());
        }
        let started = Instant::now();
        if self.rest_until.is_some_and(|until| started < until) {
            return Some(Vec::new());
        }
        self.notice_registrations(&shared);
        let unreported = match unreported_states(&shared, &self.conn) {
            Ok(unreported) => unreported,
            Err(e) => {
                tracing::debug!("could not check for changes by other programs: {e}");
                return Some(Vec::new());
            }
        };
        if let Ok(catalog) = shared.current_catalog(&self.conn) {
            log_new_findings(&mut self.logged, &catalog.findings);
        }
        let now = Instant::now();
        self.rest_until = Some(now + (now - started) * REST_FACTOR);
        if unreported.is_empty() {
            self.reported_version = version;
        }
        let is_new = |(id, state): &(CollectionId, Option<WatchedState>)| {
            self.notified.get(id).is_none_or(|(s, at)| s != state || now - *at > RETRY_INTERVAL)
        };
        let to_notify: Vec<_> = unreported.into_iter().filter(is_new).collect();
        let ids = to_notify.iter().map(|(id, _)| id.clone()).collect();
        for (id, state) in to_notify {
            // A collection that is gone is notified once only, as it cannot be adopted.
            if state.is_none() {
                lock_mutex(&shared.reported).remove(&id);
            }
            self.notified.insert(id, (state, now));
        }
        Some(ids)
    }
}

impl FileWatcher {
    /// A table may be registered as a layer after it was created, which does not change the version of the schema.
    fn notice_registrations(&mut self, shared: &GeoPackageState) {
        let sql = "SELECT (SELECT group_concat(table_name||' '||data_type) FROM gpkg_contents)||';'||
          (SELECT coalesce(group_concat(table_name||' '||column_name||' '||geometry_type_name||' '||srs_id), '') FROM gpkg_geometry_columns)";
        let registered = self.conn.query_row(sql, [], |row| row.get(0)).unwrap_or_default();
        if registered != self.registered {
            shared.forget_catalog();
            self.registered = registered;
        }
    }
}

/// Logs what is newly not shown.
fn log_new_findings(known: &mut Arc<Vec<PlanFinding>>, found: &Arc<Vec<PlanFinding>>) {
    found.iter().filter(|finding| !known.contains(finding)).for_each(PlanFinding::log);
    known.clone_from(found);
}

/// Adopts what happened to the schema, and reads the states under the lock, so that each commit has recorded what it
/// wrote. `None` for a collection that is gone.
fn unreported_states(shared: &GeoPackageState, conn: &Connection) -> Result<Vec<(CollectionId, Option<WatchedState>)>> {
    shared.adopt_schema_changes(read_version(conn)?)?;
    let mut states = {
        let tx = conn.unchecked_transaction()?;
        read_states(&tx, &shared.current_catalog(&tx)?.layers, |layer| layer.number == 0)?
    };
    let reported = lock_mutex(&shared.reported);
    let tx = conn.unchecked_transaction()?;
    states.extend(read_states(&tx, &shared.current_catalog(&tx)?.layers, |layer| layer.number > 0)?);
    let gone = reported.keys().filter(|id| !states.contains_key(id)).map(|id| (id.clone(), None));
    let gone: Vec<_> = gone.collect();
    let changed = states.into_iter().filter(|(id, state)| reported.get(id) != Some(state));
    Ok(gone.into_iter().chain(changed.map(|(id, state)| (id, Some(state)))).collect())
}
