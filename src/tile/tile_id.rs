//! The address of a tile in the WebMercatorQuad tile matrix set (OGC Two Dimensional Tile Matrix Set 2.0, annex D).

/// The deepest zoom that tiles are drawn for.
pub const MAX_ZOOM: u8 = 22;

/// A tile of WebMercatorQuad: zoom, column (east) and row (south). It always names a tile that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// `None` when the tile matrix has no such tile, or the zoom is deeper than [`MAX_ZOOM`].
    #[must_use]
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Self { z, x, y })
    }

    /// The four tiles of the next zoom that cover this one; none at [`MAX_ZOOM`].
    pub fn children(self) -> impl Iterator<Item = Self> {
        let at = |dx, dy| Self::new(self.z + 1, 2 * self.x + dx, 2 * self.y + dy);
        [at(0, 0), at(1, 0), at(0, 1), at(1, 1)].into_iter().flatten()
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
