//! Which ids are taken, by the files so far and by the collection, in a few bytes for each.

use super::finding::ImportFindingKind;
use crate::collection::CollectionId;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Ids by two independent 64-bit hashes: 2^128 of them make a false alarm as good as impossible, and a million take 50 MB less
/// than the ids themselves would.
#[derive(Default)]
pub struct IdRegistry {
    hashers: (RandomState, RandomState),
    /// The number of the feature that has it; 0 when it is in the collection already.
    owners: HashMap<(u64, u64), u32>,
}

/// An id that is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdConflict {
    /// By this feature of the files.
    File(u32),
    /// By a feature of the collection.
    Collection,
}

impl IdRegistry {
    /// Notes an id that the collection has.
    pub fn add_existing(&mut self, id: &str) {
        let hash = self.hash_id(id);
        self.owners.insert(hash, 0);
    }

    /// Claims an id for a feature (by its number, from 1).
    pub fn claim(&mut self, id: &str, number: u64) -> Result<(), IdConflict> {
        let hash = self.hash_id(id);
        match self.owners.entry(hash) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(u32::try_from(number).unwrap_or(u32::MAX));
                Ok(())
            }
            std::collections::hash_map::Entry::Occupied(owner) => Err(match *owner.get() {
                0 => IdConflict::Collection,
                by => IdConflict::File(by),
            }),
        }
    }

    fn hash_id(&self, id: &str) -> (u64, u64) {
        (self.hashers.0.hash_one(id), self.hashers.1.hash_one(id))
    }
}

impl IdConflict {
    pub fn finding_kind(self) -> ImportFindingKind {
        match self {
            Self::File(_) => ImportFindingKind::DuplicateId,
            Self::Collection => ImportFindingKind::ExistingId,
        }
    }

    pub fn message(self, id: &str, collection: &CollectionId) -> String {
        match self {
            Self::File(by) => format!(
                "The id '{id}' is already that of feature {by}. Give each feature its own id, or name another property with --id."
            ),
            Self::Collection => format!(
                "'{collection}' already has a feature '{id}'. Leave it out, or replace the whole collection with --replace."
            ),
        }
    }
}
