//! Holds what a file says against a collection: ids, types, the plan's rules, the place on the globe. What passes is a feature
//! that can be stored as it is.

use super::cells;
use super::coordinates::CoordinateConverter;
use super::draft::{FeatureDraft, format_id};
use super::finding::{FindingKind, ImportFinding};
use super::ids::IdRegistry;
use super::survey::RenamedField;
use crate::atlas::LocationDoubt;
use crate::collection::{self, Collection};
use crate::feature::geojson::{ParsedGeometry, describe_json};
use crate::feature::{Feature, FeatureFault, FeatureId, FieldValue, Geometry, check_geometry};
use crate::plan::PlanModel;
use crate::suggestion::append_suggestion;
use jsonschema::Validator;
use serde_json::{Map, Value as Json};
use std::collections::HashMap;

/// How the collection came to be, which says how strictly it is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionOrigin {
    /// Part of the plan's model: its schema is law.
    Model,
    /// In the plan already, from an earlier import.
    Plan,
    /// Inferred from these files.
    Files,
}

/// What was put right, by number of features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairCounts {
    /// Rings turned to RFC 7946 winding.
    pub rewound: u64,
    /// Repeated positions removed.
    pub repeated: u64,
    /// Heights dropped.
    pub flattened: u64,
    /// New ids given.
    pub fresh_ids: u64,
}

pub struct FeatureValidator<'a> {
    collection: &'a Collection,
    origin: CollectionOrigin,
    model: &'a PlanModel,
    id_property: Option<&'a str>,
    id_rule: Option<Validator>,
    /// Property of the file → position of its field.
    names: HashMap<String, usize>,
    ids: IdRegistry,
    converter: CoordinateConverter,
    pub repairs: RepairCounts,
}

impl<'a> FeatureValidator<'a> {
    pub fn new(
        collection: &'a Collection,
        origin: CollectionOrigin,
        model: &'a PlanModel,
        id_property: Option<&'a str>,
        renamed: &[RenamedField],
        ids: IdRegistry,
        grid: CoordinateConverter,
    ) -> Self {
        let mut names: HashMap<String, usize> =
            collection.fields.iter().enumerate().map(|(i, f)| (f.name.clone(), i)).collect();
        for rename in renamed {
            names.insert(rename.from.clone(), collection.field_index(&rename.to).unwrap_or_default());
        }
        Self {
            collection,
            origin,
            model,
            id_property,
            id_rule: compile_id_rule(collection),
            names,
            ids,
            converter: grid,
            repairs: RepairCounts::default(),
        }
    }

    /// The feature, or nothing when there are errors among the findings. Warnings do not keep a feature out.
    pub fn validate(&mut self, mut draft: FeatureDraft) -> (Option<Feature>, Vec<ImportFinding>) {
        let id = self.resolve_id(&mut draft);
        let mut findings = draft.take_findings();
        if let Err(finding) = &id {
            findings.push(finding.clone());
        }
        let id = id.ok().flatten();
        draft.place.id.clone_from(&id);
        for finding in &mut findings {
            finding.place.id = draft.place.id.clone().or(finding.place.id.take());
        }
        let geometry = draft.shape.take().and_then(|shape| self.validate_geometry(shape, &draft, &mut findings));
        let values = self.read_values(&draft, &mut findings);
        if findings.iter().any(|f| !f.warning) {
            return (None, findings);
        }
        let id = if let Some(Ok(id)) = id.as_deref().map(FeatureId::new) {
            id
        } else {
            self.repairs.fresh_ids += 1;
            FeatureId::generate()
        };
        (Some(Feature { key: 0, id, geometry, values }), findings)
    }

    /// The id as the file has it; `None` when it has none.
    #[allow(clippy::result_large_err, reason = "a fault is rare, and ends the reading of its feature")]
    fn resolve_id(&mut self, draft: &mut FeatureDraft) -> Result<Option<String>, ImportFinding> {
        let (id, pointer) = match self.id_property {
            Some(name) => (draft.properties.get(name), format!("/properties/{name}")),
            None if draft.id.as_ref().is_some_and(|id| !id.is_null()) => (draft.id.as_ref(), "/id".into()),
            None => (draft.properties.get("id"), "/properties/id".into()),
        };
        let id = match id.filter(|id| !id.is_null()) {
            None if self.id_property.is_some() => {
                return Err(draft.new_finding(
                    FindingKind::BadId,
                    pointer,
                    "The feature lacks the property that --id names. Fill it in.".into(),
                ));
            }
            None => return Ok(None),
            Some(id) => id,
        };
        let Some(text) = format_id(id) else {
            let message = format!(
                "An id is text or a number, not {}. Correct it, or name another property with --id.",
                describe_json(id)
            );
            return Err(draft.new_finding(FindingKind::BadId, pointer, message));
        };
        if let Err(e) = FeatureId::new(&text) {
            return Err(draft.new_finding(FindingKind::BadId, pointer, format!("{} Correct it.", error_message(&e))));
        }
        if self.id_rule.as_ref().is_some_and(|rule| !rule.is_valid(&Json::from(text.as_str()))) {
            let message = format!(
                "The id '{text}' does not fit '{}': use lower-case letters, digits and hyphens, such as celje-main-square.",
                self.collection.id
            );
            return Err(draft.new_finding(FindingKind::BadId, pointer, message));
        }
        let number = draft.place.feature.unwrap_or_default();
        match self.ids.claim(&text, number) {
            Ok(()) => Ok(Some(text)),
            Err(clash) => {
                Err(draft.new_finding(clash.finding_kind(), pointer, clash.message(&text, &self.collection.id)))
            }
        }
    }

    fn validate_geometry(
        &mut self,
        shape: ParsedGeometry,
        draft: &FeatureDraft,
        findings: &mut Vec<ImportFinding>,
    ) -> Option<Geometry> {
        let root = draft.geometry_pointer;
        let (geometry, repair) = match self.converter.to_degrees(shape.geometry).and_then(check_geometry) {
            Ok(checked) => checked,
            Err(fault) => {
                let at = if draft.untyped { String::new() } else { format!("{root}{}", fault.at) };
                findings.push(draft.new_finding(FindingKind::from_fault(&fault), at, fault.message));
                return None;
            }
        };
        if !self.collection.geometry.accepts(&geometry) {
            let message = format!(
                "'{}' holds {}, this is a {}. Leave it out, or import it into another collection.",
                self.collection.id,
                self.collection.geometry.type_names(),
                crate::feature::GeometryTypeSet::from_geometry(&geometry).type_names()
            );
            findings.push(draft.new_finding(FindingKind::GeometryType, root.into(), message));
            return None;
        }
        self.repairs.rewound += u64::from(repair.rewound);
        self.repairs.repeated += u64::from(repair.deduplicated);
        self.repairs.flattened += u64::from(shape.flattened);
        findings.extend(self.check_location(&geometry, draft));
        Some(geometry)
    }

    /// What belongs to a city must not be swapped; other layers may reach further than the plan.
    fn check_location(&self, geometry: &Geometry, draft: &FeatureDraft) -> Option<ImportFinding> {
        let doubt = self.converter.cities.check_location(geometry)?;
        let belongs = self.origin == CollectionOrigin::Model && self.collection.field_index("city").is_some();
        let (kind, warning) = match doubt {
            LocationDoubt::Swapped => (FindingKind::ProbablySwapped, !belongs),
            LocationDoubt::Far { .. } if belongs => (FindingKind::FarAway, true),
            LocationDoubt::Far { .. } => return None,
        };
        Some(ImportFinding { warning, ..draft.new_finding(kind, draft.geometry_pointer.into(), doubt.message()) })
    }

    fn read_values(&mut self, draft: &FeatureDraft, findings: &mut Vec<ImportFinding>) -> Vec<FieldValue> {
        let fields = &self.collection.fields;
        let mut values = vec![FieldValue::Null; fields.len()];
        let mut typed = (self.origin == CollectionOrigin::Model).then(Map::new);
        let before = findings.len();
        for (hint, (name, json)) in draft.properties.iter().enumerate() {
            let at = if fields.get(hint).is_some_and(|f| f.name == *name) {
                Some(hint)
            } else {
                self.names.get(name).copied()
            };
            let Some(at) = at else {
                findings.extend(self.check_unknown_property(draft, name, json));
                continue;
            };
            let field = &fields[at];
            let json = if draft.untyped { read_untyped(field.kind, json) } else { std::borrow::Cow::Borrowed(json) };
            let read = if field.kind == collection::FieldType::Text && self.origin != CollectionOrigin::Model {
                Ok(cells::to_text_value(&json))
            } else {
                field.kind.read_value(&json)
            };
            match read {
                Ok(value) => values[at] = value,
                Err(message) => findings.push(draft.new_finding(
                    value_finding_kind(field.kind, &json),
                    format!("/properties/{name}"),
                    format!("{message}{}", value_hint(field.kind, &json)),
                )),
            }
            if let Some(typed) = &mut typed {
                typed.insert(name.clone(), json.into_owned());
            }
        }
        if let Some(typed) = typed {
            let known: Vec<String> = findings[before..].iter().map(|f| f.place.pointer.clone()).collect();
            let broken = self.model.validate_properties(&self.collection.id, &typed);
            findings.extend(
                broken
                    .into_iter()
                    .filter(|b| !known.contains(&b.at))
                    .map(|b| draft.new_finding(FindingKind::Schema, b.at, b.message)),
            );
        }
        values
    }

    fn check_unknown_property(&self, draft: &FeatureDraft, name: &str, json: &Json) -> Option<ImportFinding> {
        if name == "id" {
            let same = format_id(json) == draft.place.id || json.is_null() || self.id_property == Some("id");
            let message = "The property id differs from the id of the feature. Remove one, or say --id id.";
            return (!same).then(|| draft.new_finding(FindingKind::BadId, "/properties/id".into(), message.into()));
        }
        let known = self.collection.fields.iter().map(|f| f.name.as_str());
        let fault = format!("'{}' has no property '{name}'.", self.collection.id);
        let message = append_suggestion(fault, name, known) + " Rename it or leave it out.";
        Some(draft.new_finding(FindingKind::UnknownProperty, format!("/properties/{name}"), message))
    }
}

fn read_untyped(kind: collection::FieldType, json: &Json) -> std::borrow::Cow<'_, Json> {
    match json.as_str() {
        Some(cell) => std::borrow::Cow::Owned(cells::parse_cell(kind, cell)),
        None => std::borrow::Cow::Borrowed(json),
    }
}

fn value_finding_kind(kind: collection::FieldType, json: &Json) -> FindingKind {
    use collection::FieldType as K;
    match (kind, json) {
        (K::Date | K::DateTime, Json::String(_)) => FindingKind::BadDate,
        (K::Integer | K::Real | K::Decimal, Json::Number(_)) => FindingKind::BadNumber,
        _ => FindingKind::WrongType,
    }
}

/// What to do about a value of the wrong kind, where the reading's own sentence does not say it.
fn value_hint(kind: collection::FieldType, json: &Json) -> String {
    use collection::FieldType as K;
    let Json::String(text) = json else { return String::new() };
    let numeric = matches!(kind, K::Integer | K::Real | K::Decimal);
    let dotted = text.replace(',', ".");
    if numeric && text.contains(',') && dotted.parse::<f64>().is_ok() {
        return format!(" Write a decimal point: {dotted}.");
    }
    if numeric && text.parse::<f64>().is_ok() {
        return format!(" Remove the quotes: {text}.");
    }
    if kind == K::Date
        && let Some(date) = iso_from_day_first(text)
    {
        return format!(" Write {date}.");
    }
    if text.is_empty() { " Write null if it is not known.".into() } else { String::new() }
}

/// `31.12.2025`, `31/12/2025` or `31-12-2025` in ISO 8601 form.
fn iso_from_day_first(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(['.', '/', '-']).map(str::trim).collect();
    let [day, month, year] = parts[..] else { return None };
    let (day, month, year): (u8, u8, u16) = (day.parse().ok()?, month.parse().ok()?, year.parse().ok()?);
    ((1..=31).contains(&day) && (1..=12).contains(&month) && year > 1000)
        .then(|| format!("{year:04}-{month:02}-{day:02}"))
}

/// The rule for ids that a schema states.
fn compile_id_rule(collection: &Collection) -> Option<Validator> {
    let properties = collection.schema.get("properties")?.as_object()?;
    let rule = properties.values().find(|p| p.get("x-ogc-role").and_then(Json::as_str) == Some("id"))?;
    jsonschema::validator_for(rule).ok()
}

fn error_message(e: &crate::error::Error) -> String {
    match e {
        crate::error::Error::Invalid(invalid) => invalid.message.clone(),
        other => other.to_string(),
    }
}

impl From<FeatureFault> for (FindingKind, FeatureFault) {
    fn from(fault: FeatureFault) -> Self {
        (FindingKind::from_fault(&fault), fault)
    }
}
