//! What was odd about rows that others wrote: counted while they are read, said once, never a reason to stop.

use crate::collection::CollectionId;
use crate::feature::FeatureId;

#[derive(Debug, Default)]
pub(super) struct Remarks {
    flattened: u64,
    nameless: Option<(u64, i64)>,
    geometry: Option<(u64, FeatureId, &'static str)>,
    value: Option<(u64, FeatureId, String)>,
}

impl Remarks {
    pub(super) fn flattened(&mut self, flattened: bool) {
        self.flattened += u64::from(flattened);
    }

    pub(super) fn nameless(&mut self, key: i64) {
        self.nameless.get_or_insert((0, key)).0 += 1;
    }

    pub(super) fn geometry(&mut self, id: &FeatureId, fault: &'static str) {
        self.geometry.get_or_insert_with(|| (0, id.clone(), fault)).0 += 1;
    }

    pub(super) fn value(&mut self, id: &FeatureId, field: &str) {
        self.value.get_or_insert_with(|| (0, id.clone(), field.to_owned())).0 += 1;
    }

    /// One sentence for each kind of oddity.
    pub(super) fn sentences(&self, collection: &CollectionId) -> Vec<String> {
        let mut said = Vec::new();
        if self.flattened > 0 {
            said.push(format!(
                "{collection}: {} geometries have heights or measures; the map does not use them.",
                self.flattened
            ));
        }
        if let Some((n, key)) = self.nameless {
            said.push(format!("{collection}: {n} rows have no usable id and are left out (the first is row {key}). Give them one of 1 to 200 characters."));
        }
        if let Some((n, id, fault)) = &self.geometry {
            said.push(format!("{collection}: {n} geometries cannot be drawn (the first: that of '{id}' {fault}). They are kept as they are."));
        }
        if let Some((n, id, field)) = &self.value {
            said.push(format!("{collection}: {n} values do not fit their column and are shown as empty (the first: {field} of '{id}')."));
        }
        said
    }
}
