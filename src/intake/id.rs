//! The id of a candidate, and the rule that a collection has for ids.

use super::feature_intake::FeatureIntake;
use super::finding::{FindingKind, IntakeFinding, escape_pointer};
use super::policy::CandidateSource;
use crate::error::Error;
use crate::feature::FeatureId;
use crate::feature::geojson::describe_json;
use serde_json::{Map, Value as Json};

/// The text of an id: text as it is, a number as it is written.
#[must_use]
pub fn format_id(id: &Json) -> Option<String> {
    match id {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl FeatureIntake<'_> {
    /// The id that the candidate brings; `None` when it has none.
    pub(super) fn read_id(
        &self,
        member: Option<&Json>,
        properties: &Map<String, Json>,
    ) -> Result<Option<FeatureId>, IntakeFinding> {
        let id_property = self.id_property();
        let member = member.filter(|id| !id.is_null());
        let at = || match (id_property, member) {
            (Some(name), _) => format!("/properties/{}", escape_pointer(name)),
            (None, Some(_)) => "/id".to_owned(),
            (None, None) => "/properties/id".to_owned(),
        };
        let id = if id_property.is_some() { member } else { member.or_else(|| properties.get("id")) };
        let Some(id) = id.filter(|id| !id.is_null()) else {
            if id_property.is_none() {
                return Ok(None);
            }
            let message = "The feature lacks the property that --id names. Fill it in.";
            return Err(IntakeFinding::violation(FindingKind::BadId, at(), message));
        };
        let Some(text) = format_id(id) else {
            let remedy = match self.policy.source {
                CandidateSource::File { .. } => "Correct it, or name another property with --id.",
                CandidateSource::Request | CandidateSource::Plan => "Correct it, or leave it out for a new one.",
            };
            let message = format!("An id is text or a number, not {}. {remedy}", describe_json(id));
            return Err(IntakeFinding::malformed(FindingKind::BadId, at(), message));
        };
        let id = match FeatureId::new(&text) {
            Ok(id) => id,
            Err(e) => {
                let message = match e {
                    Error::Invalid(invalid) => invalid.message,
                    other => other.to_string(),
                };
                return Err(IntakeFinding::malformed(FindingKind::BadId, at(), format!("{message} Correct it.")));
            }
        };
        if matches!(id.as_str(), "." | "..") {
            let message = format!(
                "An address cannot end in '{id}', so that no client could read the feature. Choose another id."
            );
            return Err(IntakeFinding::violation(FindingKind::BadId, at(), message));
        }
        match self.model.validate_id(&self.collection.id, &id) {
            Some(message) => Err(IntakeFinding::violation(FindingKind::BadId, at(), message)),
            None => Ok(Some(id)),
        }
    }

    /// What is wrong when a property named id, which no field takes, differs from the id of the feature.
    pub(super) fn check_id_property(&self, value: &Json, id: Option<&FeatureId>) -> Option<IntakeFinding> {
        let differs = match (id, format_id(value)) {
            (Some(id), Some(text)) => id.as_str() != text,
            (Some(_), None) => !value.is_null(),
            (None, _) => false,
        };
        if !differs || self.id_property() == Some("id") {
            return None;
        }
        let remedy = match self.policy.source {
            CandidateSource::File { .. } => "Remove one, or say --id id.",
            CandidateSource::Request | CandidateSource::Plan => "Leave it out.",
        };
        let message = format!("The property id differs from the id of the feature. {remedy}");
        Some(IntakeFinding::violation(FindingKind::BadId, "/properties/id", message))
    }

    fn id_property(&self) -> Option<&str> {
        match self.policy.source {
            CandidateSource::File { id_property } => id_property,
            CandidateSource::Request | CandidateSource::Plan => None,
        }
    }
}
