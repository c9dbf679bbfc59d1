//! The result of drawing a tile.

/// A finished tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DrawnTile {
    /// Uncompressed MVT; empty when the tile has no features.
    pub bytes: Vec<u8>,
    /// Features in the tile, over all layers; a cluster counts as one.
    pub features: usize,
    /// Features that were left out because they are too small, or are only drawn from a later zoom on.
    pub left_out: usize,
    /// Features that were dropped because the tile would have exceeded its byte budget.
    pub dropped: usize,
}
