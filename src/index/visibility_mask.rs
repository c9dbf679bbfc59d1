//! Masks a snapshot: hidden features are dead in it, and hidden fields do not exist. Every query, tile and planning
//! question on a masked snapshot gives the result that it would give if the rest had never existed. Knows no users or
//! roles; the caller supplies the rules.

use super::column::{CellValue, PropertyColumn};
use super::segment::IndexSegment;
use super::snapshot::Snapshot;
use super::snapshot_tier::SnapshotTier;
use crate::collection::Collection;
use std::sync::{Arc, Mutex, PoisonError};

/// How much of a feature is visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FeatureVisibility {
    /// The feature does not exist in the masked snapshot.
    Hidden,
    /// The feature exists; its redacted fields are null.
    Redacted,
    /// The feature exists with all visible fields.
    Full,
}

/// A mask for the snapshots of one collection. Caches the last masked snapshot, so that the next one costs only what
/// changed.
pub struct VisibilityMask {
    /// The collection with its visible fields only.
    collection: Arc<Collection>,
    /// The visible fields (positions in the unmasked collection), and whether each is null in a redacted feature.
    fields: Vec<(usize, bool)>,
    /// The fields (positions in the unmasked collection) that decide on the visibility of a feature.
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
    /// `test` decides on the visibility of a feature by the text of its two `deciding` fields.
    pub fn new(
        collection: Arc<Collection>,
        fields: Vec<(usize, bool)>,
        deciding: [Option<usize>; 2],
        test: impl Fn([Option<&str>; 2]) -> FeatureVisibility + Send + Sync + 'static,
    ) -> Self {
        Self { collection, fields, deciding_fields: deciding, test: Box::new(test), last_masked: Mutex::new(None) }
    }

    /// The masked snapshot of `source`.
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

    /// Masks a tier. When the last masked snapshot has the same segment, only slots that have died since are marked.
    fn mask_tier(&self, tier: &SnapshotTier, last: Option<&MaskedSnapshot>) -> SnapshotTier {
        let same = |l: &MaskedSnapshot| {
            let at = l.source.tiers.iter().position(|t| Arc::ptr_eq(&t.segment, &tier.segment))?;
            Some((l.source.tiers[at].clone(), l.masked.tiers[at].clone()))
        };
        if let Some((previous, mut masked)) = last.and_then(same)
            && previous.dead_subset_of(tier)
        {
            let died: Vec<u32> = previous.live_slots().filter(|&slot| !tier.is_live(slot)).collect();
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
