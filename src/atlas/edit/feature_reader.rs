//! GeoJSON as clients send it, judged by the intake: findings become faults at JSON pointers into the request.

use super::edit_request::EditBatch;
use crate::atlas::Atlas;
use crate::collection::Collection;
use crate::crs::Crs;
use crate::error::{Error, InvalidInput, Result};
use crate::feature::geojson::{self, describe_json, member_rules};
use crate::feature::{FaultKind, Feature, FieldValue};
use crate::intake::{
    CandidateGeometry, CandidateSource, CityLocations, FaultHandling, FeatureCandidate, FeatureIntake, FindingKind,
    FindingSeverity, IntakeFinding, IntakePolicy, IntakeVerdict, SourceCrs, check_declared_crs, escape_pointer,
    format_id,
};
use crate::plan::PlanModel;
use crate::work_budget::WorkBudget;
use serde_json::{Map, Value as Json};
use std::borrow::Cow;
use std::sync::Arc;

/// Reads what one edit sends.
pub(super) struct EditReader<'a> {
    model: &'a PlanModel,
    collection: Arc<Collection>,
    cities: Arc<CityLocations>,
    crs: Crs,
    policy: IntakePolicy<'static>,
    work: WorkBudget,
    /// Where the feature is in the request.
    at: String,
    broken: Vec<InvalidInput>,
    left_out: Vec<String>,
}

impl<'a> EditReader<'a> {
    pub(super) fn new(atlas: &'a Atlas, collection: Arc<Collection>, batch: &EditBatch, at: String) -> Self {
        let policy = IntakePolicy { handling: batch.handling, source: CandidateSource::Request };
        let (model, cities) = (atlas.model(), atlas.city_locations());
        let (crs, work) = (batch.crs, batch.work.clone());
        Self { model, collection, cities, crs, policy, work, at, broken: vec![], left_out: vec![] }
    }

    /// The rules that are broken, and JSON pointers to what was left out.
    pub(super) fn finish(self) -> (Vec<InvalidInput>, Vec<String>) {
        (self.broken, self.left_out)
    }

    /// A new feature; `None` when it breaks rules.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is no GeoJSON feature.
    pub(super) fn read_feature(&mut self, json: &Json) -> Result<Option<Feature>> {
        let members = feature_members(json, true)?;
        let properties = feature_properties(members)?;
        let mut faults = self.check_members(members, true);
        let geometry = read_geometry(members.get("geometry"), &mut faults);
        let source_crs = SourceCrs::of_request(self.crs)?;
        let candidate = FeatureCandidate { id: members.get("id"), geometry, properties: &properties, faults };
        let verdict = self.intake(&source_crs).judge_new(candidate);
        self.take_verdict(verdict)
    }

    /// The feature that takes the place of another.
    ///
    /// # Errors
    /// As [`Self::read_feature`]; [`Error::Invalid`] for another id.
    pub(super) fn read_replacement(&mut self, before: &Feature, json: &Json) -> Result<Option<Feature>> {
        let members = feature_members(json, true)?;
        check_same_id(members.get("id").filter(|id| !id.is_null()), before)?;
        let properties = feature_properties(members)?;
        let mut faults = self.check_members(members, true);
        let geometry = read_geometry(members.get("geometry"), &mut faults);
        let source_crs = SourceCrs::of_request(self.crs)?;
        let intake = self.intake(&source_crs);
        let base = intake.read_only_values(before);
        let verdict =
            intake.judge_change(before, base, FeatureCandidate { id: None, geometry, properties: &properties, faults });
        self.take_verdict(verdict)
    }

    /// The feature after a merge patch (RFC 7396).
    ///
    /// # Errors
    /// As [`Self::read_feature`]; [`Error::Invalid`] for another id.
    pub(super) fn read_patched(&mut self, before: &Feature, patch: &Json) -> Result<Option<Feature>> {
        let members = feature_members(patch, false)?;
        check_same_id(members.get("id"), before)?;
        let mut faults = self.check_members(members, false);
        let geometry = match members.get("geometry") {
            None => CandidateGeometry::Unchanged,
            Some(geometry) => read_geometry(Some(&complete_geometry(geometry, before)), &mut faults),
        };
        let source_crs = SourceCrs::of_request(self.crs)?;
        let intake = self.intake(&source_crs);
        let (base, properties) = match members.get("properties") {
            None => (before.values.clone(), Map::new()),
            Some(Json::Null) => (intake.read_only_values(before), Map::new()),
            Some(Json::Object(given)) => {
                let merge = |(name, patch): (&String, &Json)| {
                    let present = self.collection.field_index(name).and_then(|at| before.values.get(at));
                    (name.clone(), merge_patch(present.map_or(Json::Null, FieldValue::to_json), patch))
                };
                (before.values.clone(), given.iter().map(merge).collect())
            }
            Some(other) => return Err(properties_error(other)),
        };
        let candidate = FeatureCandidate { id: None, geometry, properties: &properties, faults };
        let verdict = intake.judge_change(before, base, candidate);
        self.take_verdict(verdict)
    }

    fn intake<'s>(&'s self, source_crs: &'s SourceCrs) -> FeatureIntake<'s> {
        FeatureIntake::new(self.model, &self.collection, self.policy, source_crs, &self.cities)
            .within_budget(self.work.clone())
    }

    /// The feature of a verdict. Warnings are not told to clients that edit.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what cannot be understood.
    fn take_verdict(&mut self, verdict: IntakeVerdict) -> Result<Option<Feature>> {
        for finding in verdict.findings {
            match finding.severity {
                FindingSeverity::Malformed => return Err(Error::invalid(finding.at, finding.message)),
                FindingSeverity::Violation => {
                    let at = format!("{}{}", self.at, finding.at);
                    self.broken.push(InvalidInput { at, message: finding.message });
                }
                FindingSeverity::Warning => {}
            }
        }
        self.left_out.extend(verdict.left_out.iter().map(|at| format!("{}{at}", self.at)));
        Ok(verdict.feature)
    }

    /// Members that GeoJSON does not know, and a `crs` (of GeoJSON before RFC 7946) that is not the one the request is
    /// read in.
    fn check_members(&self, members: &Map<String, Json>, whole: bool) -> Vec<IntakeFinding> {
        const KNOWN: [&str; 6] = ["type", "id", "geometry", "properties", "bbox", "links"];
        let forbidden = member_rules::find_member_faults(members, "Feature", "");
        let is_forbidden = |name: &str| forbidden.iter().any(|fault| fault.at.strip_prefix('/') == Some(name));
        let foreign = members.keys().filter(|name| !KNOWN.contains(&name.as_str()) && !is_forbidden(name));
        let mut faults: Vec<IntakeFinding> = foreign
            .map(|name| {
                let at = format!("/{}", escape_pointer(name));
                IntakeFinding::violation(FindingKind::ForeignMember, at, "This member is not kept. Leave it out.")
            })
            .collect();
        if whole && self.policy.handling == FaultHandling::Strict {
            let missing = ["geometry", "properties"].into_iter().filter(|name| !members.contains_key(*name));
            faults.extend(missing.map(|name| {
                let message =
                    format!("A Feature has a member '{name}' (RFC 7946, section 3.2). Write null if it has none.");
                IntakeFinding::violation(FindingKind::Fault(FaultKind::NotGeoJson), format!("/{name}"), message)
            }));
        }
        let forbidden = forbidden.into_iter();
        faults.extend(forbidden.map(|f| IntakeFinding::violation(FindingKind::Fault(f.kind), f.at, f.message)));
        let read_in = Some(self.crs).filter(|crs| *crs != Crs::CRS84);
        if let Some(name) = members.get("crs").and_then(|crs| crs.pointer("/properties/name")).and_then(Json::as_str)
            && let Some(message) = check_declared_crs(name, read_in, self.policy.source)
        {
            faults.push(IntakeFinding::violation(FindingKind::Crs, "/crs", message));
        }
        faults
    }
}

fn check_same_id(id: Option<&Json>, before: &Feature) -> Result<()> {
    match id {
        Some(id) if format_id(id).as_deref() != Some(before.id.as_str()) => {
            Err(Error::invalid("/id", "The id of a feature stays as it is. Leave it out."))
        }
        _ => Ok(()),
    }
}

fn read_geometry(json: Option<&Json>, faults: &mut Vec<IntakeFinding>) -> CandidateGeometry {
    match json.map_or(Ok(None), geojson::read_geometry) {
        Ok(shape) => CandidateGeometry::Parsed(shape),
        Err(fault) => {
            faults.push(IntakeFinding::from_geometry_fault(fault));
            CandidateGeometry::Unreadable
        }
    }
}

/// The members of a feature, or of a patch of one.
fn feature_members(json: &Json, whole: bool) -> Result<&Map<String, Json>> {
    let Json::Object(members) = json else {
        return Err(Error::invalid("", format!("Expected one GeoJSON Feature, found {}.", describe_json(json))));
    };
    match members.get("type") {
        Some(Json::String(kind)) if kind == "Feature" => Ok(members),
        Some(Json::String(kind)) if kind == "FeatureCollection" => Err(Error::invalid(
            "/type",
            "This takes one Feature. Send several as {\"edits\": [{\"create\": …}, …]} to 'changes' of the collection.",
        )),
        None if !whole => Ok(members),
        _ => Err(Error::invalid("/type", "The type of a GeoJSON feature is \"Feature\".")),
    }
}

fn feature_properties(members: &Map<String, Json>) -> Result<Cow<'_, Map<String, Json>>> {
    match members.get("properties") {
        None | Some(Json::Null) => Ok(Cow::Owned(Map::new())),
        Some(Json::Object(properties)) => Ok(Cow::Borrowed(properties)),
        Some(other) => Err(properties_error(other)),
    }
}

fn properties_error(found: &Json) -> Error {
    let message =
        format!("Properties are an object or null, not {}. Write them as {{\"name\": value}}.", describe_json(found));
    Error::invalid("/properties", message)
}

/// The geometry of a patch; a member that it leaves out is as it was.
fn complete_geometry(patch: &Json, before: &Feature) -> Json {
    let (Json::Object(members), Some(geometry)) = (patch, &before.geometry) else { return patch.clone() };
    let mut members = members.clone();
    if !members.contains_key("type")
        && let Ok(Json::Object(present)) = serde_json::to_value(::geojson::Geometry::from(geometry))
        && let Some(kind) = present.get("type")
    {
        members.insert("type".into(), kind.clone());
    }
    members.into()
}

/// RFC 7396.
fn merge_patch(target: Json, patch: &Json) -> Json {
    let Json::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Json::Object(target) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let present = target.remove(name).unwrap_or_default();
            target.insert(name.clone(), merge_patch(present, value));
        }
    }
    target.into()
}
