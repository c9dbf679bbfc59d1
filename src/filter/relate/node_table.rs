//! The nodes of two shapes: all ends of their segments, their points, and where segments cross or touch.

use super::grid_point::{GridNode, GridPoint, GridSegment, SegmentMeeting};
use super::grid_shape::{GridShape, SegmentOwner};
use crate::feature::BoxTree;
use crate::work_budget::WorkBudget;
use geo_types::Coord;
use hashbrown::HashMap;

/// The most work units of one relation.
const MAX_UNITS: u64 = 50_000_000;
/// The most meetings of segments for one relation.
const MAX_INCIDENCES: usize = 1_000_000;

/// One segment of either shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct ShapeSegment {
    pub segment: GridSegment,
    /// 0 or 1.
    pub shape: usize,
    pub owner: SegmentOwner,
}

/// All nodes, and the segments at each.
pub(super) struct NodeTable {
    pub segments: Vec<ShapeSegment>,
    pub nodes: Vec<GridNode>,
    /// Pairs of node and segment, in the order of the nodes, each once.
    pub incidences: Vec<(u32, u32)>,
}

impl NodeTable {
    /// `None` when the segments meet too often to be related in reasonable time.
    pub fn from_shapes(shapes: [&GridShape; 2], work: &WorkBudget) -> Option<Self> {
        let of_shape = |shape: usize| {
            let segments = shapes[shape].segments.iter();
            segments.map(move |(segment, owner)| ShapeSegment { segment: *segment, shape, owner: *owner })
        };
        let mut builder = TableBuilder {
            segments: of_shape(0).chain(of_shape(1)).collect(),
            points: shapes.iter().flat_map(|s| s.points.iter().copied()).collect(),
            numbers: HashMap::new(),
            nodes: vec![],
            incidences: vec![],
        };
        builder.add_ends();
        if !builder.add_meetings(work) {
            return None;
        }
        builder.incidences.sort_unstable();
        builder.incidences.dedup();
        Some(Self { segments: builder.segments, nodes: builder.nodes, incidences: builder.incidences })
    }
}

struct TableBuilder {
    segments: Vec<ShapeSegment>,
    points: Vec<GridPoint>,
    numbers: HashMap<GridNode, u32>,
    nodes: Vec<GridNode>,
    incidences: Vec<(u32, u32)>,
}

impl TableBuilder {
    fn add_ends(&mut self) {
        for at in 0..self.segments.len() {
            let GridSegment { a, b } = self.segments[at].segment;
            self.add_incidence(a, at);
            self.add_incidence(b, at);
        }
        for at in 0..self.points.len() {
            self.number_of(self.points[at].into());
        }
    }

    /// Returns `false` when there are too many.
    fn add_meetings(&mut self, work: &WorkBudget) -> bool {
        let coord = |p: GridPoint| Coord { x: p.x as f64, y: p.y as f64 };
        let segments = self.segments.iter().map(|s| (coord(s.segment.a), coord(s.segment.b)));
        // Points follow the segments.
        let tree = BoxTree::new(segments.chain(self.points.iter().map(|p| (coord(*p), coord(*p)))));
        let is_done = tree.visit_near_pairs(&mut work.meter_up_to(MAX_UNITS), &mut |i, j| {
            self.add_meeting(i, j);
            self.incidences.len() <= MAX_INCIDENCES
        });
        is_done && self.incidences.len() <= MAX_INCIDENCES
    }

    fn add_meeting(&mut self, i: usize, j: usize) {
        let (i, j) = (i.min(j), i.max(j));
        let Some(ShapeSegment { segment: s, .. }) = self.segments.get(i).copied() else { return };
        let Some(ShapeSegment { segment: t, .. }) = self.segments.get(j).copied() else {
            let point = self.points[j - self.segments.len()];
            if s.contains(point) {
                self.add_incidence(point, i);
            }
            return;
        };
        match s.meet(t) {
            SegmentMeeting::Apart => {}
            SegmentMeeting::AtEnds => {
                for (end, other, at) in [(s.a, t, j), (s.b, t, j), (t.a, s, i), (t.b, s, i)] {
                    if end != other.a && end != other.b && other.contains(end) {
                        self.add_incidence(end, at);
                    }
                }
            }
            SegmentMeeting::Crossing(node) => {
                let number = self.number_of(node);
                self.incidences.extend([(number, i as u32), (number, j as u32)]);
            }
        }
    }

    fn add_incidence(&mut self, node: GridPoint, segment: usize) {
        let number = self.number_of(node.into());
        self.incidences.push((number, segment as u32));
    }

    fn number_of(&mut self, node: GridNode) -> u32 {
        *self.numbers.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            (self.nodes.len() - 1) as u32
        })
    }
}
