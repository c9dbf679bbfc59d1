//! A layer as it is requested: which collection, which of its features, and whether as geometries or as labels.

use crate::index::Snapshot;
use crate::query::LayerQuery;

/// One requested layer of a tile.
pub struct TileLayer<'a> {
    /// The name of the layer in the tile.
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
    /// Filter, time, properties, split and clusters.
    pub show: &'a LayerQuery,
    pub content: LayerContent,
}

/// What a layer holds of its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerContent {
    /// Their geometries.
    Geometries,
    /// One label point each, in the only tile that contains it.
    Labels,
}
