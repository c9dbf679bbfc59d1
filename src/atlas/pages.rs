//! Finished answers about features, kept for whoever asks the same again. What an answer depends on is part of what it is kept by: above
//! all the revision of its collection, so that no answer outlives an edit.

use super::tiles::pack;
use super::{Coding, Seen};
use bytes::Bytes;
use moka::sync::Cache;

/// A finished answer in one coding.
#[derive(Debug, Clone)]
pub struct Finished {
    /// What was said beside the body: names and values.
    pub notes: std::sync::Arc<[(Box<str>, Box<str>)]>,
    pub body: Bytes,
}

/// The most bytes of one answer that is kept.
pub const MAX_BYTES: usize = 1 << 20;

/// The most bytes of all of them.
const ALL_BYTES: u64 = 64 << 20;

pub(super) struct Pages {
    cache: Cache<(Box<str>, Coding), Finished>,
}

impl Pages {
    pub fn new() -> Self {
        let weight = |(key, _): &(Box<str>, Coding), page: &Finished| {
            let notes: usize = page.notes.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
            (key.len() + notes + page.body.len() + 200).try_into().unwrap_or(u32::MAX)
        };
        Self { cache: Cache::builder().max_capacity(ALL_BYTES).weigher(weight).build() }
    }

    /// For when a collection was replaced as a whole: its revisions may begin anew.
    pub fn clear(&self) {
        self.cache.invalidate_all();
    }
}

impl Seen {
    /// The answer that is kept by this text, which has all that it depends on.
    #[must_use]
    pub fn finished(&self, by: &str, coding: Coding) -> Option<Finished> {
        self.atlas.pages.cache.get(&(Box::from(by), coding))
    }

    /// Keeps an answer in this coding, which it is given in; larger ones than [`MAX_BYTES`] are only packed.
    #[must_use]
    pub fn keep(&self, by: &str, plain: Finished, coding: Coding) -> Finished {
        let finished = match pack(&plain.body, coding) {
            Some(body) => Finished { body, ..plain },
            None => plain,
        };
        if finished.body.len() <= MAX_BYTES {
            self.atlas.pages.cache.insert((by.into(), coding), finished.clone());
        }
        finished
    }
}
