//! Visibility masks of one collection, built once for all viewers with the same access scope.

use crate::access::{AccessLevel, AccessScope, Policy, Viewer};
use crate::index::{FeatureVisibility, Snapshot, VisibilityMask};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The masks of one collection, by scope key.
#[derive(Default)]
pub(super) struct MaskCache(Mutex<HashMap<Arc<str>, Arc<VisibilityMask>>>);

/// A collection as viewers of one access scope see it.
#[derive(Clone)]
pub(super) struct MaskKey {
    /// The scope key; empty for viewers who see everything.
    pub key: Arc<str>,
    mask: Option<Arc<VisibilityMask>>,
}

/// Masks kept at a time. A mask that was dropped is built again when it is needed.
const MAX_MASKS: usize = 64;

impl MaskCache {
    pub(super) fn mask_for_viewer(&self, policy: &Arc<Policy>, viewer: &Viewer) -> MaskKey {
        let key = policy.scope_key(viewer);
        if key.is_empty() {
            return MaskKey::unmasked();
        }
        let mut masks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !masks.contains_key(&key) && masks.len() >= MAX_MASKS {
            masks.clear();
        }
        let mask =
            masks.entry(key.clone()).or_insert_with(|| Arc::new(build_mask(policy.access_scope(viewer)))).clone();
        MaskKey { key, mask: Some(mask) }
    }
}

impl MaskKey {
    pub(super) fn unmasked() -> Self {
        Self { key: "".into(), mask: None }
    }

    /// A snapshot of the whole collection, reduced to what these viewers see.
    pub(super) fn mask_snapshot(&self, whole: Arc<Snapshot>) -> Arc<Snapshot> {
        match &self.mask {
            Some(mask) => mask.mask_snapshot(&whole),
            None => whole,
        }
    }
}

fn build_mask(scope: AccessScope) -> VisibilityMask {
    // A field above the base level is visible only at features of the viewer's own cities.
    let base_level = scope.level_at_city(None);
    let fields = scope.visible_fields().iter().map(|&field| (field, !scope.shows_field(base_level, field))).collect();
    let (visibility, city) = scope.deciding_fields();
    VisibilityMask::new(scope.collection().clone(), fields, [visibility, city], move |[visibility, city]| {
        let viewer_level = scope.level_at_city(city);
        match scope.admits_visibility(viewer_level, visibility) {
            false => FeatureVisibility::Hidden,
            true if viewer_level == AccessLevel::Internal => FeatureVisibility::Full,
            true => FeatureVisibility::Redacted,
        }
    })
}
