//! What an import from another server may take: pages, features, bytes and time. A server that never ends, trickles or
//! tells nonsense ends by one of them.

use crate::error::{Error, Result, count_noun};
use std::time::{Duration, Instant};

/// What an import from another server may take.
#[derive(Debug, Clone)]
pub struct FetchLimits {
    pub pages: u64,
    pub features: u64,
    /// Of all answers together, unpacked.
    pub bytes: u64,
    pub time: Duration,
    /// How long a server may be silent, or slower than [`LEAST_BYTES_PER_SECOND`].
    pub patience: Duration,
    /// How long to wait before each further attempt, after a fault that may pass.
    pub retries: Vec<Duration>,
}

impl Default for FetchLimits {
    fn default() -> Self {
        Self {
            pages: 10_000,
            features: 1_000_000,
            bytes: 2_000_000_000,
            time: Duration::from_hours(1),
            patience: Duration::from_secs(20),
            retries: vec![Duration::from_secs(1), Duration::from_secs(5)],
        }
    }
}

/// Slower is a line that will not end in a person's time.
pub const LEAST_BYTES_PER_SECOND: u64 = 500;

/// What was taken so far.
#[derive(Debug)]
pub struct FetchBudget {
    pub limits: FetchLimits,
    started: Instant,
    bytes: u64,
    features: u64,
}

impl FetchBudget {
    pub fn new(limits: FetchLimits) -> Self {
        Self { limits, started: Instant::now(), bytes: 0, features: 0 }
    }

    /// The time that is left.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when there is none.
    pub fn time_left(&self) -> Result<Duration> {
        let left = self.limits.time.saturating_sub(self.started.elapsed());
        if left.is_zero() { Err(self.time_error()) } else { Ok(left) }
    }

    pub fn time_error(&self) -> Error {
        Error::TooLarge(format!(
            "The server did not give everything within {} s. Run the command again to go on from the last page, or allow more with --max-seconds.",
            self.limits.time.as_secs()
        ))
    }

    /// # Errors
    /// [`Error::TooLarge`] when there are now more than allowed.
    pub fn add_bytes(&mut self, bytes: u64) -> Result<()> {
        self.bytes = self.bytes.saturating_add(bytes);
        self.check_bytes(self.bytes)
    }

    /// Refuses an answer of this size before it is read.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when it would be more than allowed.
    pub fn check_announced(&self, bytes: u64) -> Result<()> {
        self.check_bytes(self.bytes.saturating_add(bytes))
    }

    fn check_bytes(&self, bytes: u64) -> Result<()> {
        if bytes <= self.limits.bytes {
            return Ok(());
        }
        Err(Error::TooLarge(format!(
            "The server sends more than {} million bytes. Allow more with --max-bytes, or ask for less (bbox=…).",
            self.limits.bytes / 1_000_000
        )))
    }

    /// # Errors
    /// [`Error::TooLarge`] when there are now more than allowed.
    pub fn add_features(&mut self, features: u64) -> Result<()> {
        self.features += features;
        self.check_matched(self.features)
    }

    /// Refuses a layer of so many features before it is read.
    ///
    /// # Errors
    /// [`Error::TooLarge`] when it has more than allowed.
    pub fn check_matched(&self, features: u64) -> Result<()> {
        if features <= self.limits.features {
            return Ok(());
        }
        Err(Error::TooLarge(format!(
            "The layer has more than {}. Allow more with --max-features, or ask for less (bbox=…).",
            count_noun(self.limits.features, "feature")
        )))
    }

    /// # Errors
    /// [`Error::TooLarge`] when so many pages are more than allowed.
    pub fn check_pages(&self, pages: u64) -> Result<()> {
        if pages <= self.limits.pages {
            return Ok(());
        }
        Err(Error::TooLarge(format!(
            "The layer has more than {}. Allow more with --max-pages, or ask for larger ones (limit=…).",
            count_noun(self.limits.pages, "page")
        )))
    }
}
