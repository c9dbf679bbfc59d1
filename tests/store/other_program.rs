//! Another program that writes to the file of a plan, and the watch that hears of it.

use crate::store::Plan;
use cityheart::store::{Store, StoreWatch};
use rusqlite::Connection;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

/// Another program, which has no functions for the triggers of the R-tree: they go first where rows are written.
pub fn other(plan: &Plan) -> Connection {
    let conn = Connection::open(plan.path()).unwrap();
    for name in ["insert", "update1", "update2", "update3", "update4", "delete"] {
        conn.execute_batch(&format!("DROP TRIGGER IF EXISTS rtree_things_geom_{name}")).unwrap();
    }
    conn
}

pub fn watch(store: &dyn Store) -> (StoreWatch, Receiver<String>) {
    let (news, heard) = mpsc::channel();
    (store.watch_changes(Box::new(move |id| drop(news.send(id.to_string())))).unwrap(), heard)
}

/// The next collection that there is news of.
pub fn hear(heard: &Receiver<String>) -> String {
    heard.recv_timeout(Duration::from_secs(30)).expect("news within half a minute")
}
