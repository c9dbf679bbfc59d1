//! Connections: how many are open, and how many were accepted and refused since the server started.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

#[derive(Default)]
pub struct ConnectionCounts {
    accepted: AtomicU64,
    closed: AtomicU64,
    refused: AtomicU64,
}

/// Counts a connection as open until this is dropped.
pub struct OpenConnection(Arc<ConnectionCounts>);

impl ConnectionCounts {
    pub fn open(self: &Arc<Self>) -> OpenConnection {
        self.accepted.fetch_add(1, Relaxed);
        OpenConnection(self.clone())
    }

    pub fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub fn open_count(&self) -> u64 {
        let closed = self.closed.load(Relaxed);
        self.accepted.load(Relaxed).saturating_sub(closed)
    }

    pub fn accepted_count(&self) -> u64 {
        self.accepted.load(Relaxed)
    }

    pub fn refused_count(&self) -> u64 {
        self.refused.load(Relaxed)
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.0.closed.fetch_add(1, Relaxed);
    }
}
