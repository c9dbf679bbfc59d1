//! A collection in memory: columns under an R-tree. Readers hold a snapshot and never wait for a writer. Never touches the disk.

use crate::change::{Change, Revision};
use crate::collection::Collection;
use crate::error::Result;
use crate::feature::{Bbox, Feature, FeatureId, time::Span};
use crate::query::{Cursor, Query};
use std::sync::Arc;

/// The live collection: whoever asks gets the newest [`Snapshot`].
pub struct Index {}

/// Collects features for the first snapshot. Features may come in any order of keys.
pub struct Builder {}

/// One state of a collection, for as long as somebody holds it.
pub struct Snapshot {}

/// A feature within one snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot(pub(crate) u64);

/// What a query found.
#[derive(Debug, Clone, PartialEq)]
pub struct Selection {
    /// All features that match, not only those of this page.
    pub matched: usize,
    /// The page, in order.
    pub slots: Vec<Slot>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<Cursor>,
}

impl Builder {
    pub fn new(_collection: Arc<Collection>) -> Self {
        unimplemented!()
    }
    pub fn push(&mut self, _feature: &Feature) {
        unimplemented!()
    }
    pub fn finish(self, _revision: Revision) -> Index {
        unimplemented!()
    }
}

impl Index {
    pub fn snapshot(&self) -> Arc<Snapshot> {
        unimplemented!()
    }
    /// Publishes a new snapshot with these changes. Writers are serialised by the caller.
    pub fn apply(&self, _changes: &[Change], _revision: Revision) {
        unimplemented!()
    }
}

impl Snapshot {
    pub fn collection(&self) -> &Arc<Collection> {
        unimplemented!()
    }
    pub fn revision(&self) -> Revision {
        unimplemented!()
    }
    pub fn len(&self) -> usize {
        unimplemented!()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// The box around all features; `None` when none has a place.
    pub fn extent(&self) -> Option<Bbox> {
        unimplemented!()
    }
    /// From the first start to the last end; `None` when nothing is dated. An open end is `i64::MIN` or `i64::MAX`.
    pub fn time_extent(&self) -> Option<Span> {
        unimplemented!()
    }
    pub fn get(&self, _id: &FeatureId) -> Option<Slot> {
        unimplemented!()
    }
    pub fn select(&self, _query: &Query) -> Selection {
        unimplemented!()
    }
    /// The feature with its coordinates at seven decimals.
    pub fn feature(&self, _slot: Slot) -> Feature {
        unimplemented!()
    }
    /// Appends the feature as one GeoJSON object: type, id, geometry, properties (these fields, or all), in that order. Nulls
    /// are written as null.
    pub fn write_geojson(&self, _slot: Slot, _properties: Option<&[usize]>, _out: &mut Vec<u8>) {
        unimplemented!()
    }
}

#[allow(unused)]
fn unused(_: Result<()>) {}
