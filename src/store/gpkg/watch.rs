//! News of what others did to the file: other programs, and other processes of this one.

use super::{GeoPackage, Shared, Watch, lock, open, tables};
use crate::collection::CollectionId;
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::HashMap;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How often we look whether the file changed, which takes microseconds.
const EVERY: Duration = Duration::from_millis(300);

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

/// Starts the thread that looks.
pub(super) fn start(shared: &Arc<Shared>, changed: Box<dyn Fn(CollectionId) + Send>) -> Result<Watch> {
    let conn = open::connect_reader(&shared.path, shared.access)?;
    let shared = Arc::downgrade(shared);
    let (stop, stopped) = mpsc::channel();
    let look = move || {
        let mut seen = None;
        while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
            let Some(news) = look(&shared, &conn, &mut seen) else {
                return;
            };
            news.into_iter().for_each(&changed);
        }
    };
    let thread = std::thread::Builder::new().name("store-watch".into()).spawn(look).map_err(Error::internal)?;
    Ok(Watch { stop, thread: Some(thread) })
}

/// What others changed since the last look; `None` when the store is closed. Trouble is logged, and looked at again.
fn look(shared: &Weak<Shared>, conn: &Connection, seen: &mut Option<i64>) -> Option<Vec<CollectionId>> {
    let shared = shared.upgrade()?;
    let version = conn.query_row("PRAGMA data_version", [], |row| row.get(0)).ok();
    if version.is_some() && *seen == version {
        return Some(Vec::new());
    }
    match news(&shared, conn) {
        Ok(news) => {
            *seen = version;
            Some(news)
        }
        Err(Error::Busy(_)) => Some(Vec::new()),
        Err(e) => {
            tracing::warn!("Whether other programs changed the plan's file cannot be told just now: {e}");
            Some(Vec::new())
        }
    }
}

fn news(shared: &Arc<Shared>, conn: &Connection) -> Result<Vec<CollectionId>> {
    let different = {
        let told = lock(&shared.told);
        states(conn)?.into_iter().filter(|(id, state)| told.get(id) != Some(state)).collect::<Vec<_>>()
    };
    let store = GeoPackage { shared: shared.clone() };
    let mut news = Vec::new();
    for (id, state) in different {
        // Taking over tells the state from then on; where it cannot be (the table is gone), this state is told.
        let told = if store.is_read_only() {
            false
        } else {
            store
                .adopt(&id)
                .map(|_| true)
                .or_else(|e| if matches!(e, Error::NotFound(_)) { Ok(false) } else { Err(e) })?
        };
        if !told {
            lock(&shared.told).insert(id.clone(), state);
        }
        news.push(id);
    }
    Ok(news)
}
