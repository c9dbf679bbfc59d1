//! What the schema of a collection asks for beyond the kinds of its fields, and which value may follow which. A feature
//! that broke a rule before may go on breaking it.

use super::feature_intake::FeatureIntake;
use super::finding::{FindingCollector, FindingKind, IntakeFinding};
use super::values::property_pointer;
use crate::collection::Collection;
use crate::error::InvalidInput;
use crate::feature::{Feature, FieldValue};
use serde_json::{Map, Value as Json};

impl FeatureIntake<'_> {
    /// Holds the properties of a feature, as they were read, against the schema.
    pub(super) fn check_schema(
        &self,
        before: Option<&Feature>,
        after: &mut [FieldValue],
        typed: &Map<String, Json>,
        collector: &mut FindingCollector,
    ) {
        let violations = self.model.validate_properties(&self.collection.id, typed);
        if violations.is_empty() {
            return;
        }
        let earlier = before
            .map(|b| self.model.validate_properties(&self.collection.id, &self.to_properties(&b.values)))
            .unwrap_or_default();
        let known: Vec<String> = collector.findings.iter().map(|f| f.at.clone()).collect();
        for violation in violations {
            let explained = known.contains(&violation.at) || is_misspelt(&violation, collector);
            if explained || earlier.contains(&violation) {
                continue;
            }
            let field = self.optional_field(&violation).filter(|_| collector.is_lenient());
            if let Some(field) = field {
                after[field] = before.map_or(FieldValue::Null, |b| b.values[field].clone());
                collector.leave_out(violation.at);
            } else {
                let message = format!("{} {}", violation.message, remedy(&violation.message));
                collector.add(IntakeFinding::violation(FindingKind::Schema, violation.at, message));
            }
        }
    }

    /// A feature without a place, in a collection whose schema requires one.
    pub(super) fn check_required_geometry(&self, collector: &mut FindingCollector) {
        if requires_geometry(self.collection) {
            let message = format!("A feature of '{}' needs a place. Draw it.", self.collection.id);
            collector.add(IntakeFinding::violation(FindingKind::Schema, "/geometry", message));
        }
    }

    /// A status that may not follow the one before it, and other values whose vocabulary names what may follow.
    pub(super) fn check_transitions(
        &self,
        before: &[FieldValue],
        after: &[FieldValue],
        collector: &mut FindingCollector,
    ) {
        for ((field, from), to) in self.collection.fields.iter().zip(before).zip(after) {
            if from == to {
                continue;
            }
            let at = property_pointer(&field.name);
            if collector.findings.iter().any(|finding| finding.at == at) {
                continue;
            }
            if let (FieldValue::Text(from), FieldValue::Text(to)) = (from, to)
                && let Some(message) = self.model.validate_transition(&self.collection.id, &field.name, from, to)
            {
                collector.add(IntakeFinding::violation(FindingKind::Transition, at, message));
            }
        }
    }

    /// The values of a feature as properties; nulls are left out.
    pub(super) fn to_properties(&self, values: &[FieldValue]) -> Map<String, Json> {
        let fields = self.collection.fields.iter().zip(values).filter(|(_, v)| !v.is_null());
        fields.map(|(f, v)| (f.name.clone(), v.to_json())).collect()
    }

    /// The values of a feature that only the service writes; the others are null.
    #[must_use]
    pub fn read_only_values(&self, feature: &Feature) -> Vec<FieldValue> {
        let fields = self.collection.fields.iter().zip(&feature.values);
        fields.map(|(f, v)| if self.is_read_only(&f.name) { v.clone() } else { FieldValue::Null }).collect()
    }

    pub(super) fn is_read_only(&self, name: &str) -> bool {
        let property = self.collection.schema.get("properties").and_then(|p| p.get(name));
        property.and_then(|p| p.get("readOnly")).and_then(Json::as_bool) == Some(true)
    }

    /// The field that a violation is about, if a feature may do without it.
    fn optional_field(&self, violation: &InvalidInput) -> Option<usize> {
        let name = violation.at.strip_prefix("/properties/")?.split('/').next()?;
        self.collection.field_index(name).filter(|at| !self.collection.fields[*at].required)
    }
}

/// Whether a required property is missing because it is misspelt, which has been told.
fn is_misspelt(violation: &InvalidInput, collector: &FindingCollector) -> bool {
    let Some(name) = violation.message.strip_suffix("\" is a required property.") else { return false };
    let meant = format!("Did you mean '{}'?", name.trim_start_matches('"'));
    collector.findings.iter().any(|f| f.kind == FindingKind::UnknownProperty && f.message.contains(&meant))
}

/// What to do about a violation, by the validator's sentence.
fn remedy(message: &str) -> &'static str {
    if message.ends_with("is a required property.") { "Fill it in." } else { "Correct the value." }
}

fn requires_geometry(collection: &Collection) -> bool {
    let is_place = |name: &str| {
        let property = collection.schema.get("properties").and_then(|p| p.get(name));
        property.and_then(|p| p.get("x-ogc-role")).and_then(Json::as_str) == Some("primary-geometry")
    };
    let required = collection.schema.get("required").and_then(Json::as_array);
    required.into_iter().flatten().filter_map(Json::as_str).any(is_place)
}
