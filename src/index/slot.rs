//! Where a feature is: in a snapshot, and in the sources that a new segment is assembled from.

/// A feature within one snapshot: its tier and its slot in the tier's segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FeatureSlot(pub(crate) u64);

/// A slot of one of the sources of a new segment, and the zoom from which it is drawn.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceSlot {
    pub source: u32,
    pub slot: u32,
    pub zoom: u8,
}

impl FeatureSlot {
    pub(crate) fn new(tier: usize, slot: u32) -> Self {
        Self((tier as u64) << 32 | u64::from(slot))
    }

    pub(crate) fn tier_index(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(crate) fn slot_index(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }
}
