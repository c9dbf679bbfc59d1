//! `cityheart check`: reads a whole plan and says everything that is wrong with it, and what to do. Changes nothing.

use crate::atlas::PlanFile;
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::{BoundingBox, Feature, FeatureId, bbox_of};
use crate::plan::PlanModel;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

mod links;
mod places;
mod rules;

/// How many findings are kept with their details; beyond, they are only counted.
const MAX_DETAILS: usize = 1000;

/// One thing that is wrong, or (a warning) looks wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckFinding {
    /// `geometry`, `schema`, `dates`, `money`, `links`, `places`.
    pub kind: &'static str,
    pub warning: bool,
    pub collection: String,
    pub id: String,
    /// A JSON pointer within the feature.
    pub at: String,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

/// What a check ends with.
#[derive(Debug, Default)]
pub struct CheckReport {
    pub findings: Vec<CheckFinding>,
    pub features: u64,
    pub errors: u64,
    pub warnings: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
}

/// What rules need to know of the plan as a whole.
struct PlanSurvey {
    /// Ids of the collections that others refer to.
    ids: BTreeMap<CollectionId, HashSet<FeatureId>>,
    /// The boxes of each city's areas and its own place.
    cities: BTreeMap<String, BoundingBox>,
}

/// Checks every feature of every collection.
pub fn check_plan(plan_file: &PlanFile, model: &PlanModel) -> Result<CheckReport> {
    let collections = plan_file.collections()?;
    let plan = survey_plan(plan_file, &collections)?;
    let mut report = CheckReport::default();
    for collection in &collections {
        let links = links::declared_links(collection);
        plan_file.scan_features(&collection.id, &mut |feature| {
            report.features += 1;
            let subject = CheckSubject { collection, feature: &feature };
            let mut findings = rules::check_feature_geometry(&subject);
            findings.extend(rules::check_schema(&subject, model));
            findings.extend(rules::check_dates(&subject));
            findings.extend(rules::check_money(&subject));
            findings.extend(links::find_broken_links(&subject, &links, &plan.ids));
            findings.extend(places::check_distance(&subject, &plan.cities));
            findings.into_iter().for_each(|r| report.add_finding(r));
            Ok(())
        })?;
    }
    Ok(report)
}

fn survey_plan(plan_file: &PlanFile, collections: &[Collection]) -> Result<PlanSurvey> {
    let wanted: BTreeSet<CollectionId> = collections.iter().flat_map(links::declared_links).map(|l| l.target).collect();
    let mut plan = PlanSurvey { ids: BTreeMap::new(), cities: BTreeMap::new() };
    for collection in collections {
        let (areas, cities) = (collection.id.as_str() == "areas", collection.id.as_str() == "cities");
        let referenced = wanted.contains(&collection.id);
        if !(areas || cities || referenced) {
            continue;
        }
        let mut ids = HashSet::new();
        plan_file.scan_features(&collection.id, &mut |feature| {
            let city = if cities {
                Some(feature.id.to_string())
            } else {
                CheckSubject { collection, feature: &feature }.text("city").map(str::to_owned)
            };
            if let (true, Some(city), Some(bbox)) = (areas || cities, city, feature.geometry.as_ref().and_then(bbox_of))
            {
                let known = plan.cities.get(&city).copied();
                plan.cities.insert(city, known.map_or(bbox, |k| k.union(bbox)));
            }
            if referenced {
                ids.insert(feature.id);
            }
            Ok(())
        })?;
        if referenced {
            plan.ids.insert(collection.id.clone(), ids);
        }
    }
    Ok(plan)
}

/// A feature and its collection, as rules look at them.
struct CheckSubject<'a> {
    collection: &'a Collection,
    feature: &'a Feature,
}

impl CheckSubject<'_> {
    fn property(&self, name: &str) -> Json {
        let value = self.collection.field_index(name).and_then(|at| self.feature.values.get(at));
        value.map_or(Json::Null, crate::feature::FieldValue::to_json)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.collection.field_index(name).and_then(|at| self.feature.values.get(at)) {
            Some(crate::feature::FieldValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn new_finding(
        &self,
        kind: &'static str,
        warning: bool,
        at: impl Into<String>,
        message: impl Into<String>,
    ) -> CheckFinding {
        CheckFinding {
            kind,
            warning,
            collection: self.collection.id.to_string(),
            id: self.feature.id.to_string(),
            at: at.into(),
            message: message.into(),
        }
    }
}

impl CheckReport {
    fn add_finding(&mut self, finding: CheckFinding) {
        *self.by_kind.entry(finding.kind).or_default() += 1;
        let count = if finding.warning { &mut self.warnings } else { &mut self.errors };
        *count += 1;
        if *count <= MAX_DETAILS as u64 {
            self.findings.push(finding);
        }
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        let finding = |r: &CheckFinding| {
            json!({
                "kind": r.kind,
                "severity": if r.warning { "warning" } else { "error" },
                "collection": r.collection,
                "id": r.id,
                "pointer": r.at,
                "message": r.message,
            })
        };
        json!({
            "features": self.features,
            "errors": self.errors,
            "warnings": self.warnings,
            "by_kind": self.by_kind,
            "findings": self.findings.iter().map(finding).collect::<Vec<_>>(),
        })
    }

    /// Lines for people, the outcome last.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.findings.iter().map(ToString::to_string).collect();
        let more = (self.errors + self.warnings).saturating_sub(self.findings.len() as u64);
        if more > 0 {
            lines.push(format!("… and {more} more."));
        }
        let kinds: Vec<String> = self.by_kind.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        lines.push(format!(
            "{} features checked: {} errors, {} warnings{kinds}.",
            self.features, self.errors, self.warnings
        ));
        lines
    }
}

impl fmt::Display for CheckFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.warning { "warning" } else { "error" };
        write!(f, "{severity}: {}/{}{}: {}", self.collection, self.id, self.at, self.message)
    }
}
