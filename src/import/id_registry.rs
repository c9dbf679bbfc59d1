//! The ids that the files and the collection use, in a few bytes each.

use super::finding::ImportFindingKind;
use crate::collection::CollectionId;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, RandomState};

/// Tables that grow one after the other, so that only a small part is there twice while it grows.
const SHARDS: usize = 64;

/// Ids by two independent hashes of together 80 bits: a false alarm among five million ids is less likely than one in a
/// hundred thousand million, and an id takes 14 bytes, however long it is.
pub struct IdRegistry {
    hashers: (RandomState, RandomState),
    shards: Vec<HashTable<ClaimedId>>,
}

#[repr(Rust, packed(2))]
struct ClaimedId {
    hash: u64,
    /// The number of the feature that has the id; 0 for a feature of the collection.
    owner: u32,
    check: u16,
}

impl Default for IdRegistry {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| HashTable::new()).collect();
        Self { hashers: (RandomState::new(), RandomState::new()), shards }
    }
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
        match self.entry(id) {
            (Entry::Vacant(entry), id) => drop(entry.insert(id)),
            (Entry::Occupied(mut entry), _) => entry.get_mut().owner = 0,
        }
    }

    /// Whether no id is in use.
    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(HashTable::is_empty)
    }

    /// Claims an id for a feature (by its number, from 1).
    pub fn claim(&mut self, id: &str, number: u64) -> Result<(), IdConflict> {
        match self.entry(id) {
            (Entry::Vacant(entry), id) => {
                entry.insert(ClaimedId { owner: u32::try_from(number).unwrap_or(u32::MAX), ..id });
                Ok(())
            }
            (Entry::Occupied(entry), _) => Err(match entry.get().owner {
                0 => IdConflict::Collection,
                by => IdConflict::File(by),
            }),
        }
    }

    /// The place of an id, and what is to be put there: an id of the collection.
    fn entry(&mut self, id: &str) -> (Entry<'_, ClaimedId>, ClaimedId) {
        let (hash, check) = (self.hashers.0.hash_one(id), self.hashers.1.hash_one(id));
        let claimed = ClaimedId { hash, check: check as u16, owner: 0 };
        // Of the second hash, the half that is not kept.
        let shard = &mut self.shards[(check >> 32) as usize % SHARDS];
        let is_same = |other: &ClaimedId| other.hash == hash && other.check == claimed.check;
        (shard.entry(hash, is_same, |other| other.hash), claimed)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_claimed_once_in_fourteen_bytes() {
        assert_eq!(size_of::<ClaimedId>(), 14);
        let mut ids = IdRegistry::default();
        (0..1000).for_each(|n| ids.add_existing(&format!("old-{n}")));
        for n in 1..=10_000 {
            assert_eq!(ids.claim(&format!("new-{n}"), n), Ok(()));
        }
        assert_eq!(ids.claim("new-77", 10_001), Err(IdConflict::File(77)));
        assert_eq!(ids.claim("old-77", 10_001), Err(IdConflict::Collection));
        ids.add_existing("new-77");
        assert_eq!(ids.claim("new-77", 10_001), Err(IdConflict::Collection));
    }
}
