//! Single parts of features, for planning questions that read them from hundreds of thousands of features.

use super::column::CellValue;
use super::slot::FeatureSlot;
use super::snapshot::Snapshot;
use crate::feature::{FeatureId, Geometry};
use std::collections::BTreeSet;

impl Snapshot {
    pub fn feature_id(&self, slot: FeatureSlot) -> FeatureId {
        let (segment, at) = self.locate_slot(slot);
        FeatureId::new(segment.ids.text_at(at)).expect("only valid ids are pushed")
    }

    /// The geometry in degrees at seven decimals; `None` when the feature has none.
    pub fn feature_geometry(&self, slot: FeatureSlot) -> Option<Geometry> {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.read_geometry(at)
    }

    /// The distinct values of a field as text, in order; without null.
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

    /// The features without a geometry, ordered by key.
    pub fn slots_without_geometry(&self) -> Vec<FeatureSlot> {
        let mut slots = Vec::new();
        for (at, tier) in self.tiers.iter().enumerate() {
            // Their slots come after all that are drawn.
            let from = tier.segment.bands.last().map_or(0, |band| band.slots.end);
            let live = (from..tier.segment.len() as u32).filter(|&s| tier.is_live(s));
            slots.extend(live.map(|s| FeatureSlot::new(at, s)));
        }
        slots.sort_by_key(|s| self.tiers[s.tier_index()].segment.keys[s.slot_index()]);
        slots
    }
}
