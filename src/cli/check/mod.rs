//! `cityheart check`: reads a whole plan and reports everything that is wrong with it, and what to do. Changes nothing.

use crate::atlas::{PlanFile, PlanFinding};
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::{BoundingBox, FeatureId, bbox_of};
use crate::intake::{CandidateSource, FaultHandling, FeatureIntake, IntakePolicy, SourceCrs};
use crate::plan::PlanModel;
use std::collections::{BTreeMap, BTreeSet, HashSet};

mod finding; // what a check finds, and its report
mod intake_remarks; // what the intake has against a stored feature
mod links; // ids of other features
mod places; // near the city?
mod rules; // dates and money
mod subject; // a feature that is checked

pub use finding::CheckReport;

use subject::CheckSubject;

/// What the rules must know of the plan as a whole.
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
    let mut report = CheckReport { history: plan_file.history_size()?, ..CheckReport::default() };
    let (source_crs, cities) = (SourceCrs::lonlat(), plan_file.city_locations()?);
    let policy = IntakePolicy { handling: FaultHandling::Usual, source: CandidateSource::Plan };
    for collection in &collections {
        let links = links::declared_links(collection);
        let rules = model.collection(&collection.id).unwrap_or(collection);
        let intake = FeatureIntake::new(model, rules, policy, &source_crs, &cities);
        let (features_before, mut placed) = (report.features, 0_u64);
        let not_shown = plan_file.scan_with_findings(collection, &mut |feature| {
            report.features += 1;
            placed += u64::from(feature.geometry.is_some());
            let subject = CheckSubject { collection, feature: &feature };
            let mut findings = intake_remarks::judge_feature(&subject, &intake);
            let has_geometry_fault = findings.iter().any(|f| f.at.starts_with("/geometry"));
            findings.extend(rules::check_dates(&subject));
            findings.extend(rules::check_money(&subject));
            findings.extend(links::find_broken_links(&subject, &links, &plan.ids));
            findings.extend(places::check_distance(&subject, &plan.cities).filter(|_| !has_geometry_fault));
            findings.into_iter().for_each(|f| report.add_finding(f));
            Ok(())
        })?;
        not_shown.into_iter().for_each(|f| report.add_finding(f.into()));
        let is_without_place = placed == 0 && report.features > features_before;
        if is_without_place && model.collection(&collection.id).is_none() {
            report.add_finding(PlanFinding::without_places(&collection.id).into());
        }
    }
    plan_file.findings()?.into_iter().for_each(|f| report.add_finding(f.into()));
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
