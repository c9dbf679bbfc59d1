//! The ids that the files and the collection use, in a few bytes each.

use super::finding::ImportFindingKind;
use crate::collection::CollectionId;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// Ids by two independent 64-bit hashes: with 2^128 values a false alarm is as good as impossible, and a million ids
/// take 50 MB less than their texts would.
#[derive(Default)]
pub struct IdRegistry {
    hashers: (RandomState, RandomState),
    /// The number of the feature that has the id; 0 for a feature of the collection.
    owners: HashMap<(u64, u64), u32>,
}

/// Who has an id already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdConflict {
    /// This feature of the files.
    File(u32),
    /// A feature of the collection.
    Collection,
}

impl IdRegistry {
    /// Adds an id of the collection.
    pub fn add_existing(&mut self, id: &str) {
        let hash = self.hash_id(id);
        self.owners.insert(hash, 0);
    }

    /// Whether no id is in use.
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
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
                "Feature {by} has the id '{id}' too. Give each feature its own id, or name another property with --id."
            ),
            Self::Collection => format!(
                "'{collection}' already has a feature '{id}'. Leave it out, change the feature with --update, or replace all features with --replace."
            ),
        }
    }
}
