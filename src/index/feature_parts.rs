//! One part of a feature, without the rest: what the planner's questions look at a hundred thousand times.

use super::column::CellValue;
use super::slot::FeatureSlot;
use super::snapshot::Snapshot;
use crate::feature::{FeatureId, Geometry};
use std::collections::BTreeSet;

impl Snapshot {
    pub fn feature_id(&self, slot: FeatureSlot) -> FeatureId {
        let (segment, at) = self.locate_slot(slot);
        FeatureId::new(segment.ids.text_at(at)).expect("the id was a FeatureId when it came in")
    }

    /// Degrees at seven decimals; `None` when the feature has no place.
    pub fn feature_geometry(&self, slot: FeatureSlot) -> Option<Geometry> {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.read_geometry(at)
    }

    /// The different values of a field, as text, in their order; nulls are none.
    pub fn distinct_values(&self, field: usize) -> BTreeSet<String> {
        let mut values = BTreeSet::new();
        for tier in &self.tiers {
            let Some(column) = tier.segment.columns.get(field) else { continue };
            for slot in tier.live_slots() {
                match column.cell_at(slot as usize) {
                    CellValue::Null => {}
                    CellValue::Text(text) if values.contains(text) => {}
                    CellValue::Text(text) => _ = values.insert(text.to_owned()),
                    CellValue::Bool(bool) => _ = values.insert(bool.to_string()),
                    CellValue::Int(int) => _ = values.insert(int.to_string()),
                    CellValue::Real(real) => _ = values.insert(real.to_string()),
                }
            }
        }
        values
    }

    /// Features without a place, in the order of keys.
    pub fn slots_without_geometry(&self) -> Vec<FeatureSlot> {
        let mut slots = Vec::new();
        for (at, tier) in self.tiers.iter().enumerate() {
            // They lie behind all that is drawn.
            let from = tier.segment.bands.last().map_or(0, |band| band.slots.end);
            let living = (from..tier.segment.len() as u32).filter(|&s| tier.is_live(s));
            slots.extend(living.map(|s| FeatureSlot::new(at, s)));
        }
        slots.sort_by_key(|s| self.tiers[s.tier_index()].segment.keys[s.slot_index()]);
        slots
    }
}
