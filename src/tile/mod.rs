//! Drawing vector tiles from snapshots: project, clip, snap, simplify, encode. No I/O, no waiting, no failing.

use crate::index::Snapshot;

/// The deepest zoom that tiles are drawn for.
pub const MAX_ZOOM: u8 = 22;

/// One tile of the WebMercatorQuad pyramid (x east, y south).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// `None` when there is no such tile.
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }
    #[must_use]
    pub fn z(self) -> u8 {
        self.z
    }
    #[must_use]
    pub fn x(self) -> u32 {
        self.x
    }
    #[must_use]
    pub fn y(self) -> u32 {
        self.y
    }
}

/// One layer of a tile: its name, and the collection it shows.
pub struct Layer<'a> {
    pub name: &'a str,
    pub snapshot: &'a Snapshot,
}

/// A finished tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Uncompressed MVT; empty when nothing is there.
    pub bytes: Vec<u8>,
    /// Features in it, over all layers.
    pub features: usize,
    /// Features that lie here but are too small, or come only at a later zoom.
    pub left_out: usize,
}

/// Draws these layers into one tile.
#[must_use]
pub fn draw(_layers: &[Layer<'_>], _tile: TileId) -> Drawn {
    unimplemented!()
}
