//! Faults of rows that other programs wrote. They are counted during a scan and logged once; none ends the scan.

use crate::collection::CollectionId;
use crate::error::{count_noun, count_noun_be};
use crate::feature::FeatureId;

#[derive(Debug, Default)]
pub(super) struct RowWarnings {
    flattened: u64,
    missing_id: Option<(u64, i64)>,
    geometry: Option<(u64, FeatureId, &'static str)>,
    value: Option<(u64, FeatureId, String)>,
    nul: Option<(u64, FeatureId, String)>,
    off_globe: Option<(u64, FeatureId)>,
}

impl RowWarnings {
    pub(super) fn count_flattened(&mut self, flattened: bool) {
        self.flattened += u64::from(flattened);
    }

    pub(super) fn count_missing_id(&mut self, key: i64) {
        self.missing_id.get_or_insert((0, key)).0 += 1;
    }

    pub(super) fn count_invalid_geometry(&mut self, id: &FeatureId, fault: &'static str) {
        self.geometry.get_or_insert_with(|| (0, id.clone(), fault)).0 += 1;
    }

    pub(super) fn count_invalid_value(&mut self, id: &FeatureId, field: &str) {
        self.value.get_or_insert_with(|| (0, id.clone(), field.to_owned())).0 += 1;
    }

    pub(super) fn count_off_globe(&mut self, id: &FeatureId) {
        self.off_globe.get_or_insert_with(|| (0, id.clone())).0 += 1;
    }

    pub(super) fn count_nul(&mut self, id: &FeatureId, field: &str) {
        self.nul.get_or_insert_with(|| (0, id.clone(), field.to_owned())).0 += 1;
    }

    /// One sentence for each kind of fault.
    pub(super) fn to_messages(&self, collection: &CollectionId) -> Vec<String> {
        let mut messages = Vec::new();
        if self.flattened > 0 {
            messages.push(format!(
                "{collection}: Z or M values of {} are ignored.",
                count_noun(self.flattened, "geometry")
            ));
        }
        if let Some((n, key)) = self.missing_id {
            messages.push(format!(
                "{collection}: {} skipped: no valid id (the first is row {key}). Give them ids of 1 to 200 characters.",
                count_noun_be(n, "row")
            ));
        }
        if let Some((n, id, fault)) = &self.geometry {
            messages.push(format!(
                "{collection}: {} unreadable (the first: that of '{id}' {fault}). They stay in the file as they are.",
                count_noun_be(*n, "geometry")
            ));
        }
        if let Some((n, id, field)) = &self.value {
            messages.push(format!(
                "{collection}: {} read as null: the type of the column differs (the first: {field} of '{id}').",
                count_noun_be(*n, "value")
            ));
        }
        if let Some((n, id)) = &self.off_globe {
            messages.push(format!(
                "{collection}: {} not shown: a position is beyond ±180° or ±90° (the first: that of '{id}'). Correct it, or convert it to longitude and latitude.",
                count_noun_be(*n, "geometry")
            ));
        }
        if let Some((n, id, field)) = &self.nul {
            messages.push(format!(
                "{collection}: {} with a NUL character, at which many programs end a text (the first: {field} of '{id}'). Remove it.",
                count_noun(*n, "value")
            ));
        }
        messages
    }
}
