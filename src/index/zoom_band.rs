//! Finds slots by box: an R-tree over short runs of consecutive slots, then the boxes of the slots themselves. One tree
//! for each first zoom, so that a search at a low zoom never visits features that are drawn later. Knows boxes only.

use super::world_box::WorldBox;
use rstar::{AABB, RTree, RTreeObject};
use std::ops::{ControlFlow, Range};

/// The slots with the same first zoom.
pub(crate) struct ZoomBand {
    pub zoom: u8,
    pub slots: Range<u32>,
    tree: RTree<SlotRun>,
}

/// Up to [`RUN_LENGTH`] consecutive slots, and the box around them.
struct SlotRun {
    around: WorldBox,
    start: u32,
    end: u32,
}

const RUN_LENGTH: u32 = 16;

impl RTreeObject for SlotRun {
    type Envelope = AABB<[f64; 2]>;
    fn envelope(&self) -> Self::Envelope {
        to_envelope(&self.around)
    }
}

fn to_envelope(b: &WorldBox) -> AABB<[f64; 2]> {
    AABB::from_corners([b.x0.into(), b.y0.into()], [b.x1.into(), b.y1.into()])
}

impl ZoomBand {
    pub fn new(zoom: u8, slots: Range<u32>, boxes: &[WorldBox]) -> Self {
        let run = |start: u32| {
            let end = slots.end.min(start + RUN_LENGTH);
            let around = boxes[start as usize..end as usize].iter().fold(WorldBox::EMPTY, |a, b| a.union(b));
            SlotRun { around, start, end }
        };
        let runs = slots.clone().step_by(RUN_LENGTH as usize).map(run).collect();
        Self { zoom, slots, tree: RTree::bulk_load(runs) }
    }

    /// Calls `visit` with the runs whose box intersects this area: whether the area contains that box, and the slots.
    pub fn visit_runs(&self, area: &WorldBox, mut visit: impl FnMut(bool, Range<u32>)) {
        let flow = self.tree.locate_in_envelope_intersecting_int(to_envelope(area), |run: &SlotRun| {
            visit(area.contains(&run.around), run.start..run.end);
            ControlFlow::<()>::Continue(())
        });
        debug_assert!(flow.is_continue());
    }

    /// An upper estimate of the number of slots in this area; stops counting soon after `most`.
    pub fn count_up_to(&self, area: &WorldBox, most: usize) -> usize {
        let mut count = 0;
        let flow = self.tree.locate_in_envelope_intersecting_int(to_envelope(area), |run: &SlotRun| {
            count += (run.end - run.start) as usize;
            if count > most { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        debug_assert!(flow.is_continue() || count > most);
        count
    }

    /// Whether `test` holds for any slot whose box intersects this area.
    pub fn any_slot(&self, area: &WorldBox, boxes: &[WorldBox], test: impl Fn(u32) -> bool) -> bool {
        let flow = self.tree.locate_in_envelope_intersecting_int(to_envelope(area), |run: &SlotRun| {
            let found = (run.start..run.end).any(|slot| boxes[slot as usize].intersects(area) && test(slot));
            if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        flow.is_break()
    }

    /// Calls `visit` with every slot whose box intersects this area.
    pub fn visit_slots(&self, area: &WorldBox, boxes: &[WorldBox], mut visit: impl FnMut(u32)) {
        self.visit_runs(area, |inside, slots| {
            for slot in slots {
                if inside || boxes[slot as usize].intersects(area) {
                    visit(slot);
                }
            }
        });
    }
}
