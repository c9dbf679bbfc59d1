//! The grid of clusters at one zoom, and which features take part. All tiles of a zoom share the grid, so neighbouring
//! tiles agree.

use crate::index::{IndexSegment, WorldBox};

/// The side of a tile on the screen, in pixels, as most clients show it.
const TILE_PX: u32 = 512;

/// The grid of one zoom.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClusterGrid {
    pub zoom: u8,
    /// A cell is 2^shift world units wide.
    shift: u32,
}

impl ClusterGrid {
    pub fn new(zoom: u8, side_px: u16) -> Self {
        Self { zoom, shift: 32 - u32::from(zoom) - (TILE_PX / u32::from(side_px)).ilog2() }
    }

    /// The cell that contains a world position.
    pub fn cell_at(self, at: [u32; 2]) -> [u32; 2] {
        at.map(|v| v >> self.shift)
    }

    /// The area, extended to whole cells.
    pub fn expand_to_cells(self, area: &WorldBox) -> WorldBox {
        let low = |v: u32| v >> self.shift << self.shift;
        let high = |v: u32| low(v) + ((1 << self.shift) - 1);
        WorldBox { x0: low(area.x0), y0: low(area.y0), x1: high(area.x1), y1: high(area.y1) }
    }
}

/// The world position of a feature that is a single point; `None` for every other geometry.
pub(crate) fn single_position(segment: &IndexSegment, slot: u32) -> Option<[u32; 2]> {
    segment.shapes.single_point_index(slot as usize).map(|at| segment.world[at])
}
