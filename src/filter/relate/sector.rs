//! The surroundings of one node: the segments that leave it, by direction, and whether the sectors between them belong
//! to the area of a shape.

use super::grid_point::{GridNode, GridPoint, GridSegment};
use super::grid_shape::{GridShape, SegmentOwner};
use super::node_table::ShapeSegment;
use std::cmp::Ordering;

/// One segment as it leaves a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct HalfSegment {
    dx: i64,
    dy: i64,
    shape: usize,
    owner: SegmentOwner,
}

/// What leaves a node in one direction.
#[derive(Debug, Default)]
pub(super) struct NodeRay {
    /// Whether a line of the shape leaves in this direction.
    pub has_line: [bool; 2],
    /// Whether the sector after this direction, counter-clockwise, belongs to the area of the shape.
    pub is_area_after: [bool; 2],
}

/// The rays of one node, counter-clockwise; empty where no segment is.
pub(super) struct NodeSurroundings {
    pub rays: Vec<NodeRay>,
    /// Whether the node without rays is within the area of the shape.
    pub is_inside: [bool; 2],
}

impl HalfSegment {
    /// The halves of a segment as they leave one of its nodes: one at an end, two between.
    pub fn from_node(s: &ShapeSegment, node: GridNode) -> impl Iterator<Item = Self> {
        let GridSegment { a, b } = s.segment;
        let is_at = |p: GridPoint| GridNode::from(p) == node;
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let half = |dx, dy| Self { dx, dy, shape: s.shape, owner: s.owner };
        [(!is_at(b)).then(|| half(dx, dy)), (!is_at(a)).then(|| half(-dx, -dy))].into_iter().flatten()
    }

    /// By angle, from east counter-clockwise.
    fn compare_angle(&self, other: &Self) -> Ordering {
        let is_lower = |h: &Self| h.dy < 0 || (h.dy == 0 && h.dx < 0);
        let cross = i128::from(self.dx) * i128::from(other.dy) - i128::from(self.dy) * i128::from(other.dx);
        is_lower(self).cmp(&is_lower(other)).then(0.cmp(&cross))
    }
}

impl NodeSurroundings {
    /// `halves` is a buffer for the segments that leave the node; it is sorted.
    pub fn from_halves(node: GridNode, halves: &mut [HalfSegment], shapes: [&GridShape; 2]) -> Self {
        halves.sort_unstable_by(HalfSegment::compare_angle);
        // The polygons around the sector that begins at east.
        let mut around = shapes.map(|s| s.polygons_beside(node));
        let is_inside = [!around[0].is_empty(), !around[1].is_empty()];
        let starts_at_east = |h: &HalfSegment| h.dy == 0 && h.dx > 0;
        let mut rays = vec![];
        for run in halves.chunk_by(|a, b| a.compare_angle(b).is_eq()) {
            let mut ray = NodeRay::default();
            for half in run {
                match half.owner {
                    SegmentOwner::Line => ray.has_line[half.shape] = true,
                    // The sector after east is the one that the polygons are known of.
                    SegmentOwner::Polygon(_) if starts_at_east(half) => {}
                    SegmentOwner::Polygon(polygon) => toggle(&mut around[half.shape], polygon),
                }
            }
            ray.is_area_after = [!around[0].is_empty(), !around[1].is_empty()];
            rays.push(ray);
        }
        Self { rays, is_inside }
    }

    /// Whether the sectors before and after a ray belong to the area of a shape.
    pub fn sides(&self, ray: usize, shape: usize) -> (bool, bool) {
        let before = if ray == 0 { self.rays.len() - 1 } else { ray - 1 };
        (self.rays[before].is_area_after[shape], self.rays[ray].is_area_after[shape])
    }
}

fn toggle(list: &mut Vec<u32>, item: u32) {
    match list.iter().position(|i| *i == item) {
        Some(found) => drop(list.swap_remove(found)),
        None => list.push(item),
    }
}
