//! The features of a plan file, for the command line: ids and codes are read once, features one by one.

use super::existing_features::{ExistingFeatures, PastState, changed_ids, past_state};
use crate::atlas::PlanFile;
use crate::change::RevisionNumber;
use crate::collection::Collection;
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId, FieldValue};
use std::collections::{HashMap, HashSet};

/// The features of one collection of a plan file.
pub struct PlanFeatures<'a> {
    plan_file: &'a PlanFile,
    collection: Collection,
    revision: RevisionNumber,
    ids: Vec<FeatureId>,
    codes: HashMap<Box<str>, Vec<FeatureId>>,
}

impl<'a> PlanFeatures<'a> {
    /// Reads the ids and codes of a collection.
    ///
    /// # Errors
    /// When the plan cannot be read, or has no such collection.
    pub fn read(plan_file: &'a PlanFile, collection: &Collection) -> Result<Self> {
        let code = collection.field_index("code");
        let (mut ids, mut codes) = (vec![], HashMap::<Box<str>, Vec<FeatureId>>::new());
        let revision = plan_file.scan_revision(&collection.id, &mut |feature| {
            if let Some(FieldValue::Text(text)) = code.and_then(|at| feature.values.get(at)) {
                codes.entry(text.trim().into()).or_default().push(feature.id.clone());
            }
            ids.push(feature.id);
            Ok(())
        })?;
        Ok(Self { plan_file, collection: collection.clone(), revision, ids, codes })
    }
}

impl ExistingFeatures for PlanFeatures<'_> {
    fn revision(&self) -> RevisionNumber {
        self.revision
    }

    fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>> {
        self.plan_file.find_feature(&self.collection.id, id)
    }

    fn find_by_code(&self, code: &str) -> Result<Vec<Feature>> {
        let ids = self.codes.get(code).into_iter().flatten();
        ids.filter_map(|id| self.find_feature(id).transpose()).collect()
    }

    fn list_ids(&self) -> Result<Vec<FeatureId>> {
        Ok(self.ids.clone())
    }

    fn changed_since(&self, revision: RevisionNumber) -> Result<Option<HashSet<FeatureId>>> {
        changed_ids(revision, |from, limit| self.plan_file.read_change_log(&self.collection.id, from, limit))
    }

    fn find_state(&self, id: &FeatureId, revision: RevisionNumber) -> Result<PastState> {
        match self.plan_file.feature_versions(&self.collection.id, id) {
            Ok(versions) => Ok(past_state(&versions, revision)),
            Err(Error::NotFound(_)) => Ok(PastState::Absent),
            Err(e) => Err(e),
        }
    }
}
