//! `cityheart check`: reads a whole plan and says everything that is wrong with it, and what to do. Changes nothing.

use crate::atlas::Shelf;
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::{Bbox, Feature, FeatureId, bbox_of};
use crate::plan::Model;
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
pub struct Remark {
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
pub struct Checked {
    pub remarks: Vec<Remark>,
    pub features: u64,
    pub errors: u64,
    pub warnings: u64,
    pub by_kind: BTreeMap<&'static str, u64>,
}

/// What rules need to know of the plan as a whole.
struct Plan {
    /// Ids of the collections that others refer to.
    ids: BTreeMap<CollectionId, HashSet<FeatureId>>,
    /// The boxes of each city's areas and its own place.
    cities: BTreeMap<String, Bbox>,
}

/// Checks every feature of every collection.
pub fn check(shelf: &Shelf, model: &Model) -> Result<Checked> {
    let collections = shelf.collections()?;
    let plan = survey(shelf, &collections)?;
    let mut checked = Checked::default();
    for collection in &collections {
        let links = links::of(collection);
        shelf.scan(&collection.id, &mut |feature| {
            checked.features += 1;
            let subject = Subject { collection, feature: &feature };
            let mut remarks = rules::geometry(&subject);
            remarks.extend(rules::schema(&subject, model));
            remarks.extend(rules::dates(&subject));
            remarks.extend(rules::money(&subject));
            remarks.extend(links::broken(&subject, &links, &plan.ids));
            remarks.extend(places::far(&subject, &plan.cities));
            remarks.into_iter().for_each(|r| checked.add(r));
            Ok(())
        })?;
    }
    Ok(checked)
}

fn survey(shelf: &Shelf, collections: &[Collection]) -> Result<Plan> {
    let wanted: BTreeSet<CollectionId> = collections.iter().flat_map(links::of).map(|l| l.target).collect();
    let mut plan = Plan { ids: BTreeMap::new(), cities: BTreeMap::new() };
    for collection in collections {
        let (areas, cities) = (collection.id.as_str() == "areas", collection.id.as_str() == "cities");
        let refered = wanted.contains(&collection.id);
        if !(areas || cities || refered) {
            continue;
        }
        let mut ids = HashSet::new();
        shelf.scan(&collection.id, &mut |feature| {
            let city = if cities {
                Some(feature.id.to_string())
            } else {
                Subject { collection, feature: &feature }.text("city").map(str::to_owned)
            };
            if let (true, Some(city), Some(bbox)) = (areas || cities, city, feature.geometry.as_ref().and_then(bbox_of))
            {
                let known = plan.cities.get(&city).copied();
                plan.cities.insert(city, known.map_or(bbox, |k| k.union(bbox)));
            }
            if refered {
                ids.insert(feature.id);
            }
            Ok(())
        })?;
        if refered {
            plan.ids.insert(collection.id.clone(), ids);
        }
    }
    Ok(plan)
}

/// A feature and its collection, as rules look at them.
struct Subject<'a> {
    collection: &'a Collection,
    feature: &'a Feature,
}

impl Subject<'_> {
    fn value(&self, name: &str) -> Json {
        let value = self.collection.field(name).and_then(|at| self.feature.values.get(at));
        value.map_or(Json::Null, crate::feature::Value::to_json)
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.collection.field(name).and_then(|at| self.feature.values.get(at)) {
            Some(crate::feature::Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    fn remark(&self, kind: &'static str, warning: bool, at: impl Into<String>, message: impl Into<String>) -> Remark {
        Remark {
            kind,
            warning,
            collection: self.collection.id.to_string(),
            id: self.feature.id.to_string(),
            at: at.into(),
            message: message.into(),
        }
    }
}

impl Checked {
    fn add(&mut self, remark: Remark) {
        *self.by_kind.entry(remark.kind).or_default() += 1;
        let count = if remark.warning { &mut self.warnings } else { &mut self.errors };
        *count += 1;
        if *count <= MAX_DETAILS as u64 {
            self.remarks.push(remark);
        }
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        let remark = |r: &Remark| {
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
            "findings": self.remarks.iter().map(remark).collect::<Vec<_>>(),
        })
    }

    /// Lines for people, the outcome last.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.remarks.iter().map(ToString::to_string).collect();
        let more = (self.errors + self.warnings).saturating_sub(self.remarks.len() as u64);
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

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.warning { "warning" } else { "error" };
        write!(f, "{severity}: {}/{}{}: {}", self.collection, self.id, self.at, self.message)
    }
}
