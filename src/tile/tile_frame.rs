//! The square of a tile in world coordinates, and the transformation from world coordinates to tile units. All in
//! integers.

use super::mvt::EXTENT;
use super::tile_id::TileId;
use crate::index::WorldBox;

/// The buffer: tile units that are drawn beyond each side.
pub(crate) const BUFFER_UNITS: i32 = 64;

/// A position relative to the tile's north-west corner, in world units (2³² along the side of the world).
pub(crate) type WorldOffset = [i64; 2];
/// A position in tile units (4096 along a side, y south).
pub(crate) type TileCoord = [i32; 2];

#[derive(Debug, Clone, Copy)]
pub(crate) struct TileFrame {
    pub zoom: u8,
    /// The north-west corner in world units.
    corner: WorldOffset,
    /// A tile unit is 2^shift world units.
    shift: i32,
    /// The tile and its buffer on either axis, in world units: from here …
    pub low: i64,
    /// … to here, both included.
    pub high: i64,
}

impl TileFrame {
    pub fn new(tile: TileId) -> Self {
        let side = 32 - u32::from(tile.z());
        let shift = side as i32 - EXTENT.ilog2() as i32;
        let buffer = scale_units(BUFFER_UNITS.into(), shift);
        let corner = [i64::from(tile.x()) << side, i64::from(tile.y()) << side];
        Self { zoom: tile.z(), corner, shift, low: -buffer, high: (1 << side) + buffer }
    }

    /// The tile and its buffer in world coordinates, clamped to the world: nothing wraps round the antimeridian.
    pub fn drawn_area(&self) -> WorldBox {
        let clamp = |v: i64| v.clamp(0, u32::MAX.into()) as u32;
        let [x, y] = self.corner;
        WorldBox {
            x0: clamp(x + self.low),
            y0: clamp(y + self.low),
            x1: clamp(x + self.high),
            y1: clamp(y + self.high),
        }
    }

    pub fn offset_of(&self, world: [u32; 2]) -> WorldOffset {
        [i64::from(world[0]) - self.corner[0], i64::from(world[1]) - self.corner[1]]
    }

    /// The nearest position on the tile grid, which all tiles of a zoom share.
    pub fn tile_coord_of(&self, rel: WorldOffset) -> TileCoord {
        rel.map(
            |v| { if self.shift > 0 { (v + (1 << (self.shift - 1))) >> self.shift } else { v << -self.shift } } as i32
        )
    }

    /// The same from a world position within [`Self::drawn_area`]. Only from zoom 2 on, where 32 bits are enough.
    pub fn tile_coord_within(&self, world: [u32; 2]) -> TileCoord {
        let (down, up) = (self.shift.max(0), (-self.shift).max(0));
        let half = (1 << down) >> 1;
        let along = |axis: usize| ((world[axis].wrapping_sub(self.corner[axis] as u32) as i32 + half) >> down) << up;
        [along(0), along(1)]
    }

    /// Whether a position lies in the tile without its buffer. Every position in the world has one such tile at each
    /// zoom.
    pub fn owns_position(&self, [x, y]: WorldOffset) -> bool {
        let side = 0..1 << (32 - u32::from(self.zoom));
        side.contains(&x) && side.contains(&y)
    }

    /// Whether a position lies in the tile or its buffer.
    pub fn shows_position(&self, [x, y]: WorldOffset) -> bool {
        let shown = self.low..=self.high;
        shown.contains(&x) && shown.contains(&y)
    }
}

fn scale_units(units: i64, shift: i32) -> i64 {
    if shift >= 0 { units << shift } else { units >> -shift }
}
