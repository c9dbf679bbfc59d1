//! A layer as it is written: the drawn features and clusters, and where their commands are. A requested layer that is
//! split by a field becomes several of these.

use super::cluster::PointCluster;
use super::mvt::MvtGeometryType;
use super::tile_layer::TileLayer;
use std::borrow::Cow;
use std::ops::Range;

/// One layer of the finished tile.
pub(super) struct OutputLayer<'a> {
    pub name: Cow<'a, str>,
    pub layer: &'a TileLayer<'a>,
    /// In the order of [`IndexSegment::layout_key`](crate::index::IndexSegment::layout_key).
    pub features: Vec<DrawnFeature>,
    /// Ordered by key, each with the range of its commands.
    pub clusters: Vec<(PointCluster, Range<usize>)>,
}

/// A feature that has a geometry in the tile.
pub(super) struct DrawnFeature {
    pub key: i64,
    pub tier: u32,
    pub slot: u32,
    pub shape: MvtGeometryType,
    /// The range of its commands.
    pub geometry: Range<usize>,
}

impl OutputLayer<'_> {
    /// Sorts the features by their position in the index. The order depends on the features alone, and their properties
    /// are then read from memory in sequence.
    pub fn sort_features(&mut self) {
        let tiers = self.layer.snapshot.tiers();
        if self.features.windows(2).all(|two| two[0].tier == two[1].tier) {
            self.features.sort_unstable_by_key(|f| f.slot);
        } else {
            self.features.sort_by_cached_key(|f| tiers[f.tier as usize].segment.layout_key(f.slot));
        }
    }
}
