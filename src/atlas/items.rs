//! Answers about features: a page of them, or one. Each holds the snapshot it was found in.

use crate::collection::Collection;
use crate::feature::Feature;
use crate::index::{Selection, Slot, Snapshot};
use crate::query::{Cursor, Query};
use std::sync::Arc;

/// A page of features, not yet written.
pub struct Items {
    snapshot: Arc<Snapshot>,
    found: Selection,
}

impl Items {
    pub(super) fn select(snapshot: Arc<Snapshot>, query: &Query) -> Self {
        Self { found: snapshot.select(query), snapshot }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// All features that match, not only those of this page.
    #[must_use]
    pub fn matched(&self) -> usize {
        self.found.matched
    }

    /// How many features this page has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.found.slots.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.slots.is_empty()
    }

    /// Where the next page starts; `None` on the last.
    #[must_use]
    pub fn next(&self) -> Option<&Cursor> {
        self.found.next.as_ref()
    }

    /// Appends feature `i` of the page as GeoJSON, with these fields or all. Out of range writes nothing.
    pub fn write(&self, i: usize, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        if let Some(&slot) = self.found.slots.get(i) {
            self.snapshot.write_geojson(slot, properties, out);
        }
    }

    /// The features of the page, as values.
    pub fn features(&self) -> impl Iterator<Item = Feature> {
        self.found.slots.iter().map(|&slot| self.snapshot.feature(slot))
    }
}

/// One feature.
pub struct Item {
    snapshot: Arc<Snapshot>,
    slot: Slot,
}

impl Item {
    pub(super) fn new(snapshot: Arc<Snapshot>, slot: Slot) -> Self {
        Self { snapshot, slot }
    }

    #[must_use]
    pub fn collection(&self) -> &Arc<Collection> {
        self.snapshot.collection()
    }

    /// Appends the feature as GeoJSON.
    pub fn write(&self, properties: Option<&[usize]>, out: &mut Vec<u8>) {
        self.snapshot.write_geojson(self.slot, properties, out);
    }

    #[must_use]
    pub fn feature(&self) -> Feature {
        self.snapshot.feature(self.slot)
    }
}
