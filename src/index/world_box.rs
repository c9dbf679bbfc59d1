//! Boxes in world coordinates, and the space-filling curves that order features so that neighbours on the map are
//! neighbours in memory.

use crate::crs::{self, WorldPoint};

/// A box in world coordinates (2^-32 of the Web Mercator square), both ends included. Nothing intersects an empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WorldBox {
    pub x0: u32,
    pub y0: u32,
    pub x1: u32,
    pub y1: u32,
}

impl WorldBox {
    /// The box of a feature without a geometry.
    pub const EMPTY: Self = Self { x0: u32::MAX, y0: u32::MAX, x1: 0, y1: 0 };

    /// The box around west, south, east, north in 1e-7 degrees.
    pub fn from_lonlat_bounds([west, south, east, north]: [i32; 4]) -> Self {
        let (a, b) = (project_to_world([west, north]), project_to_world([east, south]));
        Self { x0: a.x, y0: a.y, x1: b.x, y1: b.y }
    }

    /// Whether the boxes share a position.
    pub fn intersects(&self, o: &Self) -> bool {
        // Simple comparisons, which compile to code without branches.
        (self.x0 <= o.x1) && (o.x0 <= self.x1) && (self.y0 <= o.y1) && (o.y0 <= self.y1)
    }

    pub fn contains(&self, o: &Self) -> bool {
        (self.x0 <= o.x0) && (o.x1 <= self.x1) && (self.y0 <= o.y0) && (o.y1 <= self.y1)
    }

    pub fn union(&self, o: &Self) -> Self {
        Self { x0: self.x0.min(o.x0), y0: self.y0.min(o.y0), x1: self.x1.max(o.x1), y1: self.y1.max(o.y1) }
    }

    /// The box with a margin of so many world steps on each side.
    pub fn expanded_by(&self, by: u32) -> Self {
        Self {
            x0: self.x0.saturating_sub(by),
            y0: self.y0.saturating_sub(by),
            x1: self.x1.saturating_add(by),
            y1: self.y1.saturating_add(by),
        }
    }

    /// The longer side in world steps.
    pub fn longer_side(&self) -> u32 {
        self.x1.saturating_sub(self.x0).max(self.y1.saturating_sub(self.y0))
    }

    pub fn centre(&self) -> WorldPoint {
        WorldPoint {
            x: self.x0 + self.x1.saturating_sub(self.x0) / 2,
            y: self.y0 + self.y1.saturating_sub(self.y0) / 2,
        }
    }
}

/// Projects longitude and latitude in 1e-7 degrees to world coordinates.
pub(crate) fn project_to_world(p: [i32; 2]) -> WorldPoint {
    crs::lonlat_to_world(crs::dequantise_degrees(p[0]), crs::dequantise_degrees(p[1]))
}

/// The Z-order code of a position: the bits of both coordinates interleaved. Of all positions, one next to it in this
/// order shares the smallest square of the quadtree with it.
pub(crate) fn morton_code(p: WorldPoint) -> u64 {
    let spread = |n: u32| {
        let mut n = u64::from(n);
        n = (n | n << 16) & 0x0000_ffff_0000_ffff;
        n = (n | n << 8) & 0x00ff_00ff_00ff_00ff;
        n = (n | n << 4) & 0x0f0f_0f0f_0f0f_0f0f;
        n = (n | n << 2) & 0x3333_3333_3333_3333;
        (n | n << 1) & 0x5555_5555_5555_5555
    };
    spread(p.x) | spread(p.y) << 1
}

/// The distance of a position along the Hilbert curve of order 24.
pub(crate) fn hilbert_distance(at: WorldPoint) -> u64 {
    let (mut x, mut y) = (at.x >> 8, at.y >> 8);
    let mut distance = 0_u64;
    let mut side = 1_u32 << 23;
    while side > 0 {
        let (rx, ry) = (u32::from(x & side != 0), u32::from(y & side != 0));
        distance = distance << 2 | u64::from((3 * rx) ^ ry);
        if ry == 0 {
            if rx == 1 {
                x = !x;
                y = !y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        side >>= 1;
    }
    distance
}
