//! One part of a feature, without the rest: what the planner's questions look at a hundred thousand times.

use super::column::Cell;
use super::{Slot, Snapshot};
use crate::feature::{FeatureId, Geometry};
use std::collections::BTreeSet;

impl Snapshot {
    pub fn id(&self, slot: Slot) -> FeatureId {
        let (segment, at) = self.locate(slot);
        FeatureId::new(segment.ids.text(at)).expect("the id was a FeatureId when it came in")
    }

    /// Degrees at seven decimals; `None` when the feature has no place.
    pub fn geometry(&self, slot: Slot) -> Option<Geometry> {
        let (segment, at) = self.locate(slot);
        segment.shapes.geometry(at)
    }

    /// The different values of a field, as text, in their order; nulls are none.
    pub fn values(&self, field: usize) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        for tier in &self.tiers {
            let Some(column) = tier.segment.columns.get(field) else { continue };
            for slot in tier.slots() {
                match column.cell(slot as usize) {
                    Cell::Null => {}
                    Cell::Text(text) if values.contains(text) => {}
                    Cell::Text(text) => _ = values.insert(text.to_owned()),
                    Cell::Bool(bool) => _ = values.insert(bool.to_string()),
                    Cell::Int(int) => _ = values.insert(int.to_string()),
                    Cell::Real(real) => _ = values.insert(real.to_string()),
                }
            }
        }
        values
    }

    /// Features without a place, in the order of keys.
    pub fn unplaced(&self) -> Vec<Slot> {
        let mut slots = Vec::new();
        for (at, tier) in self.tiers.iter().enumerate() {
            // They lie behind all that is drawn.
            let from = tier.segment.bands.last().map_or(0, |band| band.slots.end);
            let living = (from..tier.segment.len() as u32).filter(|&s| tier.lives(s));
            slots.extend(living.map(|s| Slot::new(at, s)));
        }
        slots.sort_by_key(|s| self.tiers[s.tier()].segment.keys[s.slot()]);
        slots
    }
}
