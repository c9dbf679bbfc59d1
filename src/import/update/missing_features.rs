//! Which features of the plan a file no longer names: of its cities, and, where the file is an export, those that were
//! in it. A feature that was created after the export is not missing.

use super::existing_features::PastState;
use super::row_matcher::RowMatcher;
use super::update_outcome::UpdateOutcome;
use crate::change::RevisionNumber;
use crate::error::{Result, count_noun};
use crate::feature::{Feature, FeatureId, FieldValue};
use crate::import::finding::FindingPlace;
use std::collections::{BTreeSet, HashMap, HashSet};

/// What the rows say of the features that a file is about.
#[derive(Default)]
pub struct MissingSearch {
    /// The cities of the rows; `None` once a row has none.
    cities: Cities,
    /// The oldest revision that rows were written at.
    revision: Option<RevisionNumber>,
    /// Features that a row may mean.
    possible: HashSet<FeatureId>,
}

/// A row that was found or is new.
pub struct RowRecord<'r> {
    pub revision: Option<RevisionNumber>,
    pub city_of: &'r Feature,
}

/// The cities that rows are in.
#[derive(Default)]
struct Cities {
    known: BTreeSet<Box<str>>,
    is_open: bool,
}

impl MissingSearch {
    pub fn add(&mut self, matcher: &RowMatcher<'_>, row: RowRecord<'_>) {
        match city_of(matcher, row.city_of) {
            Some(city) if !self.cities.known.contains(city) => {
                self.cities.known.insert(city.into());
            }
            Some(_) => {}
            None => self.cities.is_open = true,
        }
        self.revision = match (self.revision, row.revision) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    /// Features of which a row means one.
    pub fn add_possible(&mut self, ids: &[FeatureId]) {
        self.possible.extend(ids.iter().cloned());
    }

    /// Adds the features that no row names.
    ///
    /// # Errors
    /// When the plan cannot be read.
    pub fn finish(
        &self,
        matcher: &RowMatcher<'_>,
        named: &HashMap<FeatureId, FindingPlace>,
        exported: Option<u64>,
        outcome: &mut UpdateOutcome,
    ) -> Result<()> {
        let existing = matcher.existing;
        let changed = match self.revision {
            Some(revision) if revision < existing.revision() => {
                let Some(changed) = existing.changed_since(revision)? else {
                    outcome.missing_unknown = Some("The history no longer tells which features the file had.".into());
                    return Ok(());
                };
                changed
            }
            _ => HashSet::new(),
        };
        let was_there = |id: &FeatureId| -> Result<bool> {
            match self.revision.filter(|_| changed.contains(id)) {
                None => Ok(true),
                Some(revision) => Ok(matches!(existing.find_state(id, revision)?, PastState::Known(_))),
            }
        };
        let ids = existing.list_ids()?;
        if let Some(exported) = exported.filter(|_| self.revision.is_some()) {
            let mut then = ids.iter().filter(|id| !changed.contains(*id)).count() as u64;
            for id in &changed {
                then += u64::from(was_there(id)?);
            }
            if exported < then {
                outcome.missing_unknown = Some(describe_part(exported, then));
                return Ok(());
            }
        }
        let all_cities = self.cities.is_open || self.cities.known.is_empty() || exported.is_some();
        for id in ids.iter().filter(|id| !named.contains_key(*id) && !self.possible.contains(*id)) {
            if !was_there(id)? {
                continue;
            }
            if changed.contains(id) {
                outcome.missing_changed += 1;
                continue;
            }
            let Some(feature) = existing.find_feature(id)? else { continue };
            if all_cities || city_of(matcher, &feature).is_some_and(|city| self.cities.known.contains(city)) {
                outcome.missing.push(feature);
            }
        }
        Ok(())
    }
}

fn city_of<'f>(matcher: &RowMatcher<'_>, feature: &'f Feature) -> Option<&'f str> {
    match feature.values.get(matcher.city_field()?)? {
        FieldValue::Text(city) => Some(city),
        _ => None,
    }
}

fn describe_part(exported: u64, then: u64) -> String {
    format!(
        "The file had {} of {then}: which of them are missing from it now is not known, and none is removed.",
        count_noun(exported, "feature")
    )
}
