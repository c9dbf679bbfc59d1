//! News of what others did to the file: other programs, and other processes of this one.

use super::layer::Layer;
use super::{Layers, Shared, Watch, contents, find, journal, lock, open, scan, tables};
use crate::change::{Change, Revision};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How often we look whether the file changed, which takes microseconds.
const EVERY: Duration = Duration::from_millis(300);
/// When somebody who was called back but took nothing over is called again.
const AGAIN: Duration = Duration::from_secs(5);

/// What tells whether a collection changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// Of a collection: its revision, the number of the newest note in the journal, and how many of our triggers its table has.
    Own { revision: i64, noted: i64, triggers: i64 },
    /// Of a table in a file that is no plan: when it changed last.
    Foreign { last_change: String },
}

const ASK: &str = "SELECT id, revision, coalesce((SELECT max(seq) FROM cityheart_journal j WHERE j.collection=c.number), 0),
  (SELECT count(*) FROM sqlite_master WHERE type='trigger' AND name GLOB 'cityheart_'||c.number||'_*') FROM cityheart_collections c";

/// The states of all collections.
pub(super) fn states(conn: &Connection) -> Result<HashMap<CollectionId, State>> {
    if tables::exists(conn, "cityheart_journal")? {
        let mut ask = conn.prepare_cached(ASK)?;
        let pairs = ask
            .query_map([], |row| Ok((row.get::<_, String>(0)?, state_of(row)?)))?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        return pairs.into_iter().map(|(id, state)| Ok((CollectionId::new(&id)?, state))).collect();
    }
    let mut ask = conn.prepare_cached("SELECT last_change FROM gpkg_contents WHERE lower(table_name)=lower(?1)")?;
    let mut states = HashMap::new();
    for (id, layer) in open::read_layers(conn)? {
        let last_change = ask.query_row([&layer.layout.table], |row| row.get(0)).optional()?.unwrap_or_default();
        states.insert(id, State::Foreign { last_change });
    }
    Ok(states)
}

/// The state of one collection of a plan.
pub(super) fn state(conn: &Connection, id: &CollectionId) -> Result<Option<State>> {
    Ok(conn.prepare_cached(&format!("{ASK} WHERE id=?1"))?.query_row([id.as_str()], state_of).optional()?)
}

fn state_of(row: &Row<'_>) -> rusqlite::Result<State> {
    Ok(State::Own { revision: row.get(1)?, noted: row.get(2)?, triggers: row.get(3)? })
}

impl Shared {
    pub(super) fn adopt(&self, id: &CollectionId) -> Result<(Revision, Vec<Change>)> {
        if self.writer.is_some() {
            let all = |tx: &Transaction<'_>, layers: &Layers| {
                let layer = find(layers, id)?;
                journal::take_over(tx, layer)?;
                let changes = self.untold(tx, layer);
                Ok((contents::revision(tx, layer)?, changes))
            };
            // What is told counts as told also when all that can be said is "read it anew".
            let (revision, changes) = self.write(id, all)?;
            return Ok((revision, changes?));
        }
        self.read(|conn, layers| {
            let layer = find(layers, id)?;
            let changes = self.untold(conn, layer);
            if let Some(state) = states(conn)?.remove(id) {
                lock(&self.told).insert(id.clone(), state);
            }
            Ok((contents::revision(conn, layer)?, changes?))
        })
    }

    /// What the caller was not told of yet.
    ///
    /// # Errors
    /// [`Error::Stale`] when the table was replaced as a whole, so that all of it must be read anew.
    pub(super) fn untold(&self, conn: &Connection, layer: &Layer) -> Result<Vec<Change>> {
        let since = match lock(&self.told).get(&layer.collection.id) {
            Some(State::Own { revision, .. }) => *revision as Revision,
            Some(State::Foreign { .. }) => return Err(scan::unknown(layer)),
            None => 0,
        };
        let mut changes = Vec::new();
        scan::changed(conn, layer, since, &mut |change| {
            changes.push(change);
            Ok(())
        })?;
        Ok(changes)
    }
}

/// Starts the thread that looks.
pub(super) fn start(shared: &Arc<Shared>, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<Watch> {
    let conn = open::connect_reader(&shared.path, shared.access)?;
    let mut watcher = Watcher { shared: Arc::downgrade(shared), conn, seen: None, called: HashMap::new() };
    let (stop, stopped) = mpsc::channel();
    let look = move || {
        while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            let Some(news) = watcher.look() else {
                return;
            };
            news.into_iter().for_each(&changed);
        }
    };
    let thread = std::thread::Builder::new().name("store-watch".into()).spawn(look).map_err(Error::internal)?;
    Ok(Watch { stop, thread: Some(thread) })
}

struct Watcher {
    shared: Weak<Shared>,
    conn: Connection,
    /// The version of the data when nothing was left to be told.
    seen: Option<i64>,
    /// The states that were called back for, and when: somebody who could not take them over is called again.
    called: HashMap<CollectionId, (State, Instant)>,
}

impl Watcher {
    /// The collections to call back for; `None` when the store is closed. Trouble is logged, and looked at again.
    fn look(&mut self) -> Option<Vec<CollectionId>> {
        let shared = self.shared.upgrade()?;
        let version = self.conn.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
        if version.is_some() && self.seen == version {
            return Some(Vec::new());
        }
        let untold = match untold_states(&shared, &self.conn) {
            Ok(untold) => untold,
            Err(e) => {
                tracing::debug!("whether other programs changed the file cannot be told just now: {e}");
                return Some(Vec::new());
            }
        };
        if untold.is_empty() {
            self.seen = version;
        }
        let now = Instant::now();
        // What has no table any more can be said once only, as nobody can take it over.
        let layers = shared.layers(&self.conn).ok();
        let again =
            |id: &CollectionId, at: Instant| now - at > AGAIN && layers.as_ref().is_some_and(|l| l.contains_key(id));
        let is_new = |(id, state): &(CollectionId, State)| {
            self.called.get(id).is_none_or(|(s, at)| s != state || again(id, *at))
        };
        let news: Vec<_> = untold.into_iter().filter(is_new).collect();
        let ids = news.iter().map(|(id, _)| id.clone()).collect();
        self.called.extend(news.into_iter().map(|(id, state)| (id, (state, now))));
        Some(ids)
    }
}

/// The lock is held while the states are read: whoever commits tells what it wrote before it lets go.
fn untold_states(shared: &Shared, conn: &Connection) -> Result<Vec<(CollectionId, State)>> {
    let told = lock(&shared.told);
    Ok(states(conn)?.into_iter().filter(|(id, state)| told.get(id) != Some(state)).collect())
}
