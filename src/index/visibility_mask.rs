//! A snapshot with less in it: some features are dead and some fields do not exist. Whatever is asked of it (a page, a count, a tile, a
//! question) is answered as if the rest had never been. Knows nothing of who may see what; it is told.

use super::column::{CellValue, PropertyColumn};
use super::segment::IndexSegment;
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use crate::collection::Collection;
use std::sync::{Arc, Mutex, PoisonError};

/// What becomes of a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureVisibility {
    /// It is not there.
    Hidden,
    /// It is there without what is veiled.
    Redacted,
    Full,
}

/// What is left of a collection. Remembers the last snapshot that it was held against, so that the next costs what changed.
pub struct VisibilityMask {
    /// With the fields that are left.
    collection: Arc<Collection>,
    /// The fields of the whole that are left, and whether each is empty in a veiled feature.
    fields: Vec<(usize, bool)>,
    /// The fields of the whole whose text decides.
    deciding_fields: [Option<usize>; 2],
    test: VisibilityTest,
    last_masked: Mutex<Option<MaskedSnapshot>>,
}

type VisibilityTest = Box<dyn Fn([Option<&str>; 2]) -> FeatureVisibility + Send + Sync>;

struct MaskedSnapshot {
    source: Arc<Snapshot>,
    masked: Arc<Snapshot>,
}

impl VisibilityMask {
    /// `judge` is shown the text of the two `deciding` fields of a feature.
    pub fn new(
        collection: Arc<Collection>,
        fields: Vec<(usize, bool)>,
        deciding: [Option<usize>; 2],
        test: impl Fn([Option<&str>; 2]) -> FeatureVisibility + Send + Sync + 'static,
    ) -> Self {
        Self { collection, fields, deciding_fields: deciding, test: Box::new(test), last_masked: Mutex::new(None) }
    }

    /// What is left of this snapshot.
    pub fn mask_snapshot(&self, source: &Arc<Snapshot>) -> Arc<Snapshot> {
        let mut last = self.last_masked.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|l| Arc::ptr_eq(&l.source, source)) {
            return last.masked.clone();
        }
        let before = last.as_ref();
        let tiers = source.tiers.iter().map(|tier| self.mask_tier(tier, before)).collect();
        let masked = Arc::new(Snapshot::new(&self.collection, source.revision, tiers));
        *last = Some(MaskedSnapshot { source: source.clone(), masked: masked.clone() });
        masked
    }

    /// A tier of which no more has died since the last time is as it was; one of the same segment only has more dead.
    fn mask_tier(&self, tier: &SnapshotTier, last: Option<&MaskedSnapshot>) -> SnapshotTier {
        let same = |l: &MaskedSnapshot| {
            let at = l.source.tiers.iter().position(|t| Arc::ptr_eq(&t.segment, &tier.segment))?;
            Some((l.source.tiers[at].clone(), l.masked.tiers[at].clone()))
        };
        if let Some((then, mut masked)) = last.and_then(same)
            && then.dead_subset_of(tier)
        {
            let died: Vec<u32> = then.live_slots().filter(|&slot| !tier.is_live(slot)).collect();
            masked.mark_dead(&died);
            return masked;
        }
        let segment = &*tier.segment;
        let visibility: Vec<FeatureVisibility> =
            (0..segment.len()).map(|slot| self.slot_visibility(segment, slot)).collect();
        let is_full = |slot: usize| visibility[slot] == FeatureVisibility::Full;
        let column = |(field, redacted): &(usize, bool)| {
            let column = &segment.columns[*field];
            if *redacted { Arc::new(column.redact_values(segment.len(), is_full)) } else { column.clone() }
        };
        let mut masked = SnapshotTier::new(segment.with_columns(self.fields.iter().map(column).collect()));
        let hidden: Vec<u32> = (0..segment.len() as u32)
            .filter(|&s| !tier.is_live(s) || visibility[s as usize] == FeatureVisibility::Hidden)
            .collect();
        masked.mark_dead(&hidden);
        masked
    }

    fn slot_visibility(&self, segment: &IndexSegment, slot: usize) -> FeatureVisibility {
        let text = |field: Option<usize>| match field
            .and_then(|f| segment.columns.get(f))
            .map(|c: &Arc<PropertyColumn>| c.cell_at(slot))
        {
            Some(CellValue::Text(text)) => Some(text),
            _ => None,
        };
        (self.test)(self.deciding_fields.map(text))
    }
}
