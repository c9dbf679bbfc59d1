//! Which feature a row is: the one with its id, or else the one with its code, in its city where the row names one.

use super::existing_features::{ExistingFeatures, PastState};
use crate::collection::Collection;
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use crate::import::draft::FeatureDraft;
use crate::intake::format_id;
use serde_json::Value as Json;

/// What a row is in the plan.
pub enum RowMatch {
    New,
    Existing(Box<Feature>),
    /// The feature was deleted after the row was written; this is what it was.
    Deleted(Box<Feature>),
    /// Several features have its code.
    Ambiguous(Vec<FeatureId>),
}

/// Finds the features of rows.
#[derive(Clone, Copy)]
pub struct RowMatcher<'a> {
    pub existing: &'a dyn ExistingFeatures,
    pub collection: &'a Collection,
    pub id_property: Option<&'a str>,
}

impl RowMatcher<'_> {
    /// # Errors
    /// When the plan cannot be read.
    pub fn find(&self, draft: &FeatureDraft) -> Result<RowMatch> {
        if let Some(id) = self.read_id(draft) {
            if let Some(feature) = self.existing.find_feature(&id)? {
                return Ok(RowMatch::Existing(feature.into()));
            }
            if let Some(revision) = draft.revision
                && let PastState::Known(feature) = self.existing.find_state(&id, revision)?
            {
                return Ok(RowMatch::Deleted(feature.into()));
            }
        }
        self.find_by_code(draft)
    }

    /// The id that a row has.
    fn read_id(&self, draft: &FeatureDraft) -> Option<FeatureId> {
        let id = match self.id_property {
            Some(name) => draft.properties.get(name),
            None => draft.id.as_ref().filter(|id| !id.is_null()).or_else(|| draft.properties.get("id")),
        };
        FeatureId::new(format_id(id?)?.trim()).ok()
    }

    fn find_by_code(&self, draft: &FeatureDraft) -> Result<RowMatch> {
        let code = draft.properties.get("code").and_then(format_id);
        let code = code.as_deref().map(str::trim).filter(|code| !code.is_empty());
        let Some(code) = code.filter(|_| self.collection.field_index("code").is_some()) else {
            return Ok(RowMatch::New);
        };
        let mut found = self.existing.find_by_code(code)?;
        if let Some((city, at)) = draft.properties.get("city").and_then(Json::as_str).zip(self.city_field()) {
            found.retain(|feature| feature.values.get(at).is_none_or(|own| own.to_json() == city));
        }
        Ok(match found.len() {
            0 => RowMatch::New,
            1 => found.pop().map_or(RowMatch::New, |feature| RowMatch::Existing(feature.into())),
            _ => RowMatch::Ambiguous(found.into_iter().map(|feature| feature.id).collect()),
        })
    }

    /// The field that says which city a feature belongs to.
    pub fn city_field(&self) -> Option<usize> {
        self.collection.field_index("city")
    }
}
