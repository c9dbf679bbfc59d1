//! What was odd about rows that others wrote: counted while they are read, said once, never a reason to stop.

use crate::collection::CollectionId;
use crate::feature::FeatureId;

#[derive(Debug, Default)]
pub(super) struct RowWarnings {
    flattened: u64,
    missing_id: Option<(u64, i64)>,
    geometry: Option<(u64, FeatureId, &'static str)>,
    value: Option<(u64, FeatureId, String)>,
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

    /// One sentence for each kind of oddity.
    pub(super) fn to_messages(&self, collection: &CollectionId) -> Vec<String> {
        let mut messages = Vec::new();
        if self.flattened > 0 {
            messages.push(format!(
                "{collection}: {} geometries have heights or measures; the map does not use them.",
                self.flattened
            ));
        }
        if let Some((n, key)) = self.missing_id {
            messages.push(format!("{collection}: {n} rows have no usable id and are left out (the first is row {key}). Give them one of 1 to 200 characters."));
        }
        if let Some((n, id, fault)) = &self.geometry {
            messages.push(format!("{collection}: {n} geometries cannot be drawn (the first: that of '{id}' {fault}). They are kept as they are."));
        }
        if let Some((n, id, field)) = &self.value {
            messages.push(format!("{collection}: {n} values do not fit their column and are shown as empty (the first: {field} of '{id}')."));
        }
        messages
    }
}
