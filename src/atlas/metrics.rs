//! Counters for operators.

use crate::error::Result;
use crate::tile::DrawnTile;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Counters since the start of the program; each only grows.
#[derive(Debug, Default)]
pub struct AtlasMetrics {
    tiles_drawn: AtomicU64,
    tiles_cached: AtomicU64,
    tile_features: AtomicU64,
    tile_left_out: AtomicU64,
    tile_dropped: AtomicU64,
    commits: [AtomicU64; COMMIT_BOUNDS_US.len() + 1],
    commit_us: AtomicU64,
    history_versions: Mutex<Option<(Instant, u64)>>,
}

/// Upper bounds in microseconds of the times of [`CommitTimes`]; the last bucket has none.
const COMMIT_BOUNDS_US: [u64; 8] = [500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// How long transactions took to reach the disk, each with the edits that were waiting.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitTimes {
    /// Upper bound in seconds and number of the transactions in each bucket; the last bound is infinite.
    pub buckets: Vec<(f64, u64)>,
    pub total_s: f64,
}

/// How long a number that is counted in the file stays in use.
const COUNT_AGE: Duration = Duration::from_mins(1);

impl AtlasMetrics {
    /// The number of versions in the history, counted again when it is a minute old.
    pub(super) fn history_versions(&self, count: impl FnOnce() -> Result<u64>) -> Result<u64> {
        let mut known = self.history_versions.lock().unwrap_or_else(PoisonError::into_inner);
        match *known {
            Some((at, versions)) if at.elapsed() < COUNT_AGE => Ok(versions),
            _ => {
                let versions = count()?;
                *known = Some((Instant::now(), versions));
                Ok(versions)
            }
        }
    }

    pub(super) fn count_drawn(&self, drawn: &DrawnTile) {
        self.tiles_drawn.fetch_add(1, Relaxed);
        self.tile_features.fetch_add(drawn.features as u64, Relaxed);
        self.tile_left_out.fetch_add(drawn.left_out as u64, Relaxed);
        self.tile_dropped.fetch_add(drawn.dropped as u64, Relaxed);
    }

    pub(super) fn count_cached(&self) {
        self.tiles_cached.fetch_add(1, Relaxed);
    }

    pub(super) fn count_commit(&self, time: Duration) {
        let us = time.as_micros() as u64;
        self.commits[COMMIT_BOUNDS_US.partition_point(|&bound| bound < us)].fetch_add(1, Relaxed);
        self.commit_us.fetch_add(us, Relaxed);
    }

    #[must_use]
    pub fn commit_times(&self) -> CommitTimes {
        let bounds = COMMIT_BOUNDS_US.iter().map(|&us| us as f64 / 1e6).chain([f64::INFINITY]);
        CommitTimes {
            buckets: bounds.zip(self.commits.iter().map(|count| count.load(Relaxed))).collect(),
            total_s: self.commit_us.load(Relaxed) as f64 / 1e6,
        }
    }

    /// Name, help text and value of each counter, in a fixed order.
    #[must_use]
    pub fn counters(&self) -> [(&'static str, &'static str, u64); 5] {
        [
            ("tiles_drawn", "Tiles drawn from the index", self.tiles_drawn.load(Relaxed)),
            ("tiles_cached", "Tiles answered from the cache", self.tiles_cached.load(Relaxed)),
            ("tile_features", "Features drawn into tiles", self.tile_features.load(Relaxed)),
            (
                "tile_features_left_out",
                "Features that lay in a tile and were too small to draw",
                self.tile_left_out.load(Relaxed),
            ),
            (
                "tile_features_dropped",
                "Features that were left out because a tile would have been too large",
                self.tile_dropped.load(Relaxed),
            ),
        ]
    }
}
