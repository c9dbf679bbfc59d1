//! How far an import is, shared with the thread that shows it and the signal that stops it.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far an import is.
#[derive(Debug, Default)]
pub struct ImportProgress {
    bytes: AtomicU64,
    features: AtomicU64,
    stopped: AtomicBool,
}

impl ImportProgress {
    /// Bytes read so far. Files that are read twice count twice.
    pub fn bytes_read(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Features read so far, without those of the first reading.
    pub fn features_read(&self) -> u64 {
        self.features.load(Ordering::Relaxed)
    }

    /// Asks the import to end; it then leaves nothing behind.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    pub(super) fn add_bytes(&self, count: u64) {
        self.bytes.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn set_features(&self, count: u64) {
        self.features.store(count, Ordering::Relaxed);
    }

    /// # Errors
    /// [`Error::Refused`] once the import was asked to end.
    pub(super) fn check_stopped(&self) -> Result<()> {
        if self.is_stopped() { Err(Error::Refused("Stopped. The plan is as it was.".into())) } else { Ok(()) }
    }
}
