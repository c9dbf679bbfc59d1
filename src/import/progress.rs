//! How far an import is, shared with the thread that shows it and the signal that stops it.

use crate::error::{Error, Result, count_noun};
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How far an import is.
#[derive(Debug, Default)]
pub struct ImportProgress {
    bytes: AtomicU64,
    features: AtomicU64,
    stopped: AtomicBool,
    /// Pages and features that were fetched from another server, and how many features there are.
    fetched: [AtomicU64; 3],
}

/// How much of a layer of another server was fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FetchProgress {
    pub pages: u64,
    pub features: u64,
    /// How many features there are, as the server says.
    pub matched: Option<u64>,
}

/// For people who wait.
impl fmt::Display for FetchProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let matched = self.matched.map(|all| format!(" of {all}")).unwrap_or_default();
        write!(f, "fetched {}, {}{matched} features", count_noun(self.pages, "page"), self.features)
    }
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

    /// How much of a layer of another server was fetched.
    pub fn fetched(&self) -> FetchProgress {
        let [pages, features, matched] = [0, 1, 2].map(|at: usize| self.fetched[at].load(Ordering::Relaxed));
        FetchProgress { pages, features, matched: (matched > 0).then_some(matched) }
    }

    pub(super) fn set_fetched(&self, pages: u64, features: u64, matched: Option<u64>) {
        let values = [pages, features, matched.unwrap_or(0)];
        self.fetched.iter().zip(values).for_each(|(to, value)| to.store(value, Ordering::Relaxed));
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

/// Counts the bytes that are read.
pub struct ProgressReader<R> {
    input: R,
    progress: Arc<ImportProgress>,
}

impl<R> ProgressReader<R> {
    pub fn new(input: R, progress: Arc<ImportProgress>) -> Self {
        Self { input, progress }
    }
}

impl<R: Read> Read for ProgressReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.input.read(buffer)?;
        self.progress.add_bytes(n as u64);
        Ok(n)
    }
}
