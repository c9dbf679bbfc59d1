//! Where a tile lies: its square in world coordinates, and the way from there to tile units. All in integers.

use super::TileId;
use super::mvt::EXTENT;
use crate::index::WorldBox;

/// Units drawn beyond each side.
pub(crate) const BUFFER_UNITS: i32 = 64;

/// A position relative to the tile's north-west corner, in world steps.
pub(crate) type WorldOffset = [i64; 2];
/// A position in tile units (4096 along a side, y south).
pub(crate) type TileCoord = [i32; 2];

#[derive(Debug, Clone, Copy)]
pub(crate) struct TileFrame {
    pub zoom: u8,
    /// The north-west corner in world steps.
    corner: WorldOffset,
    /// A unit is 2^shift world steps.
    shift: i32,
    /// What is drawn, on both axes: from here …
    pub low: i64,
    /// … to there, both included.
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

    /// What is drawn, in world coordinates. The world ends at its edges: tiles there do not show the other side.
    pub fn drawn_area(&self) -> WorldBox {
        let hold = |v: i64| v.clamp(0, u32::MAX.into()) as u32;
        let [x, y] = self.corner;
        WorldBox { x0: hold(x + self.low), y0: hold(y + self.low), x1: hold(x + self.high), y1: hold(y + self.high) }
    }

    pub fn to_offset(&self, world: [u32; 2]) -> WorldOffset {
        [i64::from(world[0]) - self.corner[0], i64::from(world[1]) - self.corner[1]]
    }

    /// The nearest position on the tile's grid, which is the same grid for all tiles of a zoom.
    pub fn to_tile_coord(&self, rel: WorldOffset) -> TileCoord {
        rel.map(
            |v| { if self.shift > 0 { (v + (1 << (self.shift - 1))) >> self.shift } else { v << -self.shift } } as i32
        )
    }

    /// The same straight from world coordinates that lie in [`Self::area`], from zoom 2 on, where 32 bits are enough.
    pub fn to_tile_coord_within(&self, world: [u32; 2]) -> TileCoord {
        let (down, up) = (self.shift.max(0), (-self.shift).max(0));
        let half = (1 << down) >> 1;
        let along = |axis: usize| ((world[axis].wrapping_sub(self.corner[axis] as u32) as i32 + half) >> down) << up;
        [along(0), along(1)]
    }

    /// Whether a position lies in the tile itself; every position in the world does in one tile of a zoom.
    pub fn owns_position(&self, [x, y]: WorldOffset) -> bool {
        let side = 0..1 << (32 - u32::from(self.zoom));
        side.contains(&x) && side.contains(&y)
    }

    pub fn shows_position(&self, [x, y]: WorldOffset) -> bool {
        let shown = self.low..=self.high;
        shown.contains(&x) && shown.contains(&y)
    }
}

fn scale_units(units: i64, shift: i32) -> i64 {
    if shift >= 0 { units << shift } else { units >> -shift }
}
