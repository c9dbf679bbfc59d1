//! A draft of a file, judged by the intake: findings get their place in the file, ids are claimed, repairs are counted.

use super::draft::FeatureDraft;
use super::finding::{ImportFinding, ImportFindingKind};
use super::id_registry::IdRegistry;
use super::value_kinds::parse_cell;
use crate::collection::{Collection, FieldType};
use crate::feature::geojson::{NumberSpelling, describe_json};
use crate::feature::time_spelling::read_instant;
use crate::feature::{FaultKind, Feature, FeatureFault, FieldValue};
use crate::intake::{
    CandidateGeometry, CandidateSource, CityLocations, FaultHandling, FeatureCandidate, FeatureIntake, FindingKind,
    IntakeFinding, IntakePolicy, IntakeVerdict, SourceCrs, escape_pointer, format_id,
};
use crate::plan::PlanModel;
use serde_json::{Map, Value as Json};

/// How the collection came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollectionOrigin {
    /// Part of the plan's model: its schema is law.
    Model,
    /// In the plan already, from an earlier import.
    Plan,
    /// Inferred from these files.
    Files,
}

/// What was repaired, by number of features.
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
    /// Instants converted to UTC, or to the spelling of RFC 3339.
    pub converted_times: u64,
    /// Instants without a zone, read as UTC.
    pub unzoned_times: u64,
    /// Days written as year, month and day.
    pub respelled_days: u64,
}

/// Judges the drafts of one import.
pub struct FeatureValidator<'a> {
    collection: &'a Collection,
    /// The collection is part of the plan's model: its fields of text hold no numbers.
    is_model: bool,
    id_property: Option<&'a str>,
    intake: FeatureIntake<'a>,
    ids: IdRegistry,
    /// The collection has days or instants.
    has_times: bool,
    pub repairs: RepairCounts,
}

impl<'a> FeatureValidator<'a> {
    pub fn new(
        model: &'a PlanModel,
        collection: &'a Collection,
        id_property: Option<&'a str>,
        ids: IdRegistry,
        (source_crs, cities): (&'a SourceCrs, &'a CityLocations),
    ) -> Self {
        let policy = IntakePolicy { handling: FaultHandling::Usual, source: CandidateSource::File { id_property } };
        let intake = FeatureIntake::new(model, collection, policy, source_crs, cities)
            .with_renamed_fields(collection.source_names());
        let is_model = model.collection(&collection.id).is_some();
        let has_times = collection.fields.iter().any(|f| matches!(f.kind, FieldType::Date | FieldType::DateTime));
        Self { collection, is_model, id_property, intake, ids, has_times, repairs: RepairCounts::default() }
    }

    /// Reads what follows in this reference system.
    pub fn read_in(&mut self, source_crs: &'a SourceCrs) {
        self.intake.read_in(source_crs);
    }

    /// The feature, or nothing when there are errors among the findings. Warnings do not keep a feature out.
    pub fn validate(&mut self, mut draft: FeatureDraft) -> (Option<Feature>, Vec<ImportFinding>) {
        let id_cell = self.read_cells(&mut draft);
        if self.id_property.is_some() {
            draft.warnings.extend(draft.id.as_ref().and_then(ignored_id_warning));
        }
        let verdict = self.intake.judge_new(FeatureCandidate {
            id: match self.id_property {
                Some(name) => id_cell.as_ref().or_else(|| draft.properties.get(name)),
                None => draft.id.as_ref(),
            },
            geometry: match draft.shape.take() {
                None if !draft.faults.is_empty() => CandidateGeometry::Unreadable,
                shape => CandidateGeometry::Parsed(shape),
            },
            properties: &draft.properties,
            faults: vec![],
        });
        if let Some(id) = &verdict.id {
            draft.place.id = Some(id.to_string());
        }
        let mut findings = draft.take_findings();
        findings.extend(self.claim_id(&draft, &verdict));
        let accepted = findings.is_empty();
        findings.extend(draft.take_warnings());
        findings.extend(verdict.findings.into_iter().map(|finding| place_finding(&draft, finding)));
        let feature = verdict.feature.filter(|_| accepted);
        if let Some(feature) = &feature {
            self.repairs.fresh_ids += u64::from(verdict.id.is_none());
            if self.has_times {
                self.count_times(&draft.properties, feature);
            }
        }
        self.repairs.rewound += u64::from(verdict.repair.rewound);
        self.repairs.repeated += u64::from(verdict.repair.deduplicated);
        self.repairs.flattened += u64::from(verdict.flattened);
        (feature, findings)
    }

    /// Turns cells and spellings of numbers into values of the kinds of their fields, and returns the id that `--id`
    /// names where it is not to be read from them. The cell of an id is text, whatever the kind of its column, and a
    /// number keeps its digits.
    pub fn read_cells(&self, draft: &mut FeatureDraft) -> Option<Json> {
        let id_cell = self.id_property.filter(|_| draft.untyped).and_then(|name| draft.properties.get(name).cloned());
        if draft.untyped {
            self.parse_cells(draft);
        } else if !draft.spellings.is_empty() {
            return self.apply_spellings(draft);
        }
        id_cell
    }

    /// What becomes of a feature with these properties and this geometry; nothing when there are errors among the
    /// findings.
    pub fn validate_change(
        &mut self,
        mut draft: FeatureDraft,
        before: &Feature,
        (geometry, properties): (CandidateGeometry, &Map<String, Json>),
    ) -> (Option<Feature>, Vec<ImportFinding>) {
        let geometry = if draft.faults.is_empty() { geometry } else { CandidateGeometry::Unchanged };
        let candidate = FeatureCandidate { id: None, geometry, properties, faults: vec![] };
        let verdict = self.intake.judge_change(before, before.values.clone(), candidate);
        draft.place.id = Some(before.id.to_string());
        let mut findings = draft.take_findings();
        let accepted = findings.is_empty();
        findings.extend(draft.take_warnings());
        findings.extend(verdict.findings.into_iter().map(|finding| place_finding(&draft, finding)));
        (verdict.feature.filter(|_| accepted), findings)
    }

    /// The field that a property fills.
    pub fn find_field(&self, name: &str) -> Option<usize> {
        self.intake.find_field(0, name)
    }

    pub fn collection(&self) -> &'a Collection {
        self.collection
    }

    /// Whether features of the collection can have a place.
    pub fn takes_places(&self) -> bool {
        !self.collection.geometry.is_none()
    }

    fn claim_id(&mut self, draft: &FeatureDraft, verdict: &IntakeVerdict) -> Option<ImportFinding> {
        let id = verdict.id.as_ref()?;
        let conflict = self.ids.claim(id.as_str(), draft.place.feature.unwrap_or_default()).err()?;
        let pointer = match (self.id_property, &draft.id) {
            (Some(name), _) => format!("/properties/{}", escape_pointer(name)),
            (None, Some(id)) if !id.is_null() => "/id".into(),
            (None, _) => "/properties/id".into(),
        };
        let message = conflict.message(id.as_str(), &self.collection.id);
        Some(draft.new_finding(conflict.finding_kind(), pointer, message))
    }

    /// Counts the days and instants that the plan spells in another way than the file.
    fn count_times(&mut self, properties: &Map<String, Json>, feature: &Feature) {
        let (mut converted, mut unzoned, mut respelled) = (false, false, false);
        let mut hint = 0;
        for (name, value) in properties {
            let Some(at) = self.intake.find_field(hint, name) else { continue };
            hint = at + 1;
            if let (Json::String(given), Some(FieldValue::Text(kept))) = (value, feature.values.get(at))
                && **kept != **given
            {
                match self.collection.fields[at].kind {
                    FieldType::DateTime if read_instant(given).is_some_and(|read| !read.zoned) => unzoned = true,
                    FieldType::DateTime => converted = true,
                    FieldType::Date => respelled = true,
                    _ => {}
                }
            }
        }
        self.repairs.converted_times += u64::from(converted);
        self.repairs.unzoned_times += u64::from(unzoned);
        self.repairs.respelled_days += u64::from(respelled);
    }

    /// Turns the cells of a table into values of the kinds of their fields.
    fn parse_cells(&self, draft: &mut FeatureDraft) {
        let mut hint = 0;
        for (name, value) in &mut draft.properties {
            let Some(at) = self.intake.find_field(hint, name) else { continue };
            hint = at + 1;
            let kind = self.collection.fields[at].kind;
            if let Json::String(cell) = value
                && !matches!(kind, FieldType::Text | FieldType::Date | FieldType::DateTime)
            {
                let (parsed, is_rounded) = parse_cell(kind, cell);
                if is_rounded {
                    draft.warnings.push(rounding_warning(name, cell, &parsed));
                }
                *value = parsed;
            }
        }
    }

    /// Numbers that become ids or text keep their spelling, and fractions with too many digits are told. Returns the id
    /// that `--id` names, if it is such a number.
    fn apply_spellings(&self, draft: &mut FeatureDraft) -> Option<Json> {
        let mut id = None;
        for NumberSpelling { name, literal, is_rounded } in std::mem::take(&mut draft.spellings) {
            let field = self.intake.find_field(0, &name).map(|at| self.collection.fields[at].kind);
            let Some(value) = draft.properties.get_mut(&name) else { continue };
            let is_text = !self.is_model && field == Some(FieldType::Text);
            if self.id_property == Some(name.as_str()) {
                id = Some(literal.as_str().into());
            }
            if is_text || (field.is_none() && name == "id") {
                *value = literal.into();
            } else if is_rounded {
                draft.warnings.push(rounding_warning(&name, &literal, value));
            }
        }
        id
    }
}

/// A member `id` that is neither text nor a number, and is not read because `--id` names a property.
fn ignored_id_warning(id: &Json) -> Option<(ImportFindingKind, FeatureFault)> {
    if id.is_null() || format_id(id).is_some() {
        return None;
    }
    let what = describe_json(id);
    let message =
        format!("The id of a Feature is text or a number (RFC 7946, section 3.2), not {what}. It was left out.");
    let fault = FeatureFault::new(FaultKind::WrongType, "/id", message);
    Some((ImportFindingKind::Feature(FindingKind::BadId), fault))
}

fn rounding_warning(name: &str, literal: &str, kept: &Json) -> (ImportFindingKind, FeatureFault) {
    let message = format!("{literal} has more digits than a number keeps. It is stored as {kept}.");
    let at = format!("/properties/{}", escape_pointer(name));
    (ImportFindingKind::Feature(FindingKind::RoundedNumber), FeatureFault::new(FaultKind::WrongType, at, message))
}

/// Where a finding of the intake is in the file. A table has no pointer to its geometry, and a file that is one
/// geometry has none above it.
fn place_finding(draft: &FeatureDraft, finding: IntakeFinding) -> ImportFinding {
    let warning = finding.is_warning();
    let at = match finding.at.strip_prefix("/geometry") {
        Some(_) if draft.untyped => String::new(),
        Some(below) => format!("{}{below}", draft.geometry_pointer),
        None => finding.at,
    };
    let kind = ImportFindingKind::Feature(finding.kind);
    ImportFinding { warning, ..draft.new_finding(kind, at, finding.message) }
}
