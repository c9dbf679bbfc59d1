//! One state of a collection: a list of tiers, oldest first. Never changes; readers hold it for as long as they need
//! it.

use super::segment::IndexSegment;
use super::slot::FeatureSlot;
use super::snapshot_tier::{SnapshotTier, union_extents, union_spans};
use super::text_array::write_json_string;
use crate::change::RevisionNumber;
use crate::collection::Collection;
use crate::crs;
use crate::feature::{BoundingBox, FeatureId, time::TimeSpan};
use std::sync::Arc;

/// One state of a collection.
pub struct Snapshot {
    pub(super) collection: Arc<Collection>,
    /// The names of the fields as GeoJSON has them: quoted, with a colon.
    pub(super) field_names: Arc<[Box<[u8]>]>,
    pub(super) revision: RevisionNumber,
    pub(super) tiers: Vec<SnapshotTier>,
    extent: Option<BoundingBox>,
    time_extent: Option<TimeSpan>,
}

impl Snapshot {
    pub fn collection(&self) -> &Arc<Collection> {
        &self.collection
    }

    pub fn revision(&self) -> RevisionNumber {
        self.revision
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        self.tiers.iter().map(|t| t.live_count).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The box around all features (degrees); `None` when none has a geometry.
    pub fn extent(&self) -> Option<BoundingBox> {
        self.extent
    }

    /// From the first start to the last end; `None` when no feature is dated.
    pub fn time_extent(&self) -> Option<TimeSpan> {
        self.time_extent
    }

    /// The slot of the feature with this id.
    pub fn get(&self, id: &FeatureId) -> Option<FeatureSlot> {
        let found = |(at, tier): (usize, &SnapshotTier)| {
            tier.segment
                .find_slot(id.as_str())
                .filter(|&slot| tier.is_live(slot))
                .map(|slot| FeatureSlot::new(at, slot))
        };
        self.tiers.iter().enumerate().rev().find_map(found)
    }

    pub(crate) fn tiers(&self) -> &[SnapshotTier] {
        &self.tiers
    }

    /// The segment of a slot, and the slot in it.
    pub(super) fn locate_slot(&self, slot: FeatureSlot) -> (&IndexSegment, usize) {
        (&self.tiers[slot.tier_index()].segment, slot.slot_index())
    }

    pub(super) fn new(collection: &Arc<Collection>, revision: RevisionNumber, tiers: Vec<SnapshotTier>) -> Self {
        let field_names = quote_field_names(collection.fields.iter().map(|f| f.name.as_str())).into();
        let empty = Self {
            collection: collection.clone(),
            field_names,
            revision,
            tiers: vec![],
            extent: None,
            time_extent: None,
        };
        empty.with_tiers(revision, tiers)
    }

    /// A snapshot of the same collection with other tiers.
    pub(super) fn with_tiers(&self, revision: RevisionNumber, tiers: Vec<SnapshotTier>) -> Self {
        let extent = tiers.iter().filter_map(|t| t.extent).reduce(union_extents).map(bbox_from_steps);
        let time_extent = tiers.iter().filter_map(|t| t.time_extent).reduce(union_spans);
        Self {
            collection: self.collection.clone(),
            field_names: self.field_names.clone(),
            revision,
            tiers,
            extent,
            time_extent,
        }
    }

    /// The highest key of all slots, dead ones included; `None` without any slot.
    pub(super) fn last_key(&self) -> Option<i64> {
        let last = |t: &SnapshotTier| t.segment.by_key.last().map(|&slot| t.segment.keys[slot as usize]);
        self.tiers.iter().filter_map(last).max()
    }

    /// Whether a feature is drawn as points only.
    pub(super) fn is_point_only(&self, slot: FeatureSlot) -> bool {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.is_point_only(at)
    }

    /// The bounding box of a feature (degrees); `None` without a geometry.
    pub(crate) fn feature_bounds(&self, slot: FeatureSlot) -> Option<BoundingBox> {
        let (segment, at) = self.locate_slot(slot);
        segment.shapes.bounds(at).map(bbox_from_steps)
    }
}

/// Names as GeoJSON has them: quoted, with a colon.
fn quote_field_names<'a>(fields: impl Iterator<Item = &'a str>) -> Vec<Box<[u8]>> {
    let quoted = |name| {
        let mut out = vec![];
        write_json_string(name, &mut out);
        out.push(b':');
        out.into()
    };
    fields.map(quoted).collect()
}

fn bbox_from_steps([west, south, east, north]: [i32; 4]) -> BoundingBox {
    let [west, south, east, north] = [west, south, east, north].map(crs::dequantise_degrees);
    BoundingBox { west, south, east, north }
}
