//! A plan file without an index, for the command line and for opening an [`Atlas`](super::Atlas).

use crate::change::{ChangeSet, FeatureChange, FeatureVersion, HistorySize, LogPage, LogPosition, RevisionNumber};
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use crate::intake::CityLocations;
use crate::plan::PlanModel;
use crate::store::{self, GeoPackage, LoadSummary, PlanFinding, RestoredPlan, RowFindings, Store};
use std::path::Path;

/// An open plan file.
pub struct PlanFile {
    store: Box<dyn Store>,
    writable: bool,
}

impl PlanFile {
    /// Opens an existing plan.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open(path)?), writable: true })
    }

    /// Opens a plan, or creates an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let store = if path.exists() { GeoPackage::open(path)? } else { GeoPackage::create(path)? };
        Ok(Self { store: Box::new(store), writable: true })
    }

    /// Opens a plan that is not written to.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open_read_only(path)?), writable: false })
    }

    pub fn collections(&self) -> Result<Vec<Collection>> {
        self.store.list_collections()
    }

    /// Updates the collections of the model: properties that the model has gained since the plan was created become
    /// columns. Nothing is removed, and a plan that is open for reading only stays as it is.
    pub fn add_model_fields(&self, model: &PlanModel) -> Result<()> {
        if self.writable {
            for collection in self.collections()? {
                let updated =
                    model.collection(&collection.id).and_then(|newer| collection.with_newer_schema(newer).transpose());
                if let Some(updated) = updated.transpose()? {
                    self.store.add_fields(&updated)?;
                }
            }
        }
        Ok(())
    }

    /// Loads features in bulk, all or nothing; see [`Store::load_collection`].
    pub fn load_collection(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<LoadSummary> {
        self.store.load_collection(collection, replace, features)
    }

    /// Calls `visit` for every feature of a collection in the order of keys, with the coordinates as they are stored.
    pub fn scan_features(&self, id: &CollectionId, visit: &mut dyn FnMut(Feature) -> Result<()>) -> Result<()> {
        self.scan_revision(id, visit).map(drop)
    }

    /// The same, and returns the revision that was read.
    pub fn scan_revision(
        &self,
        id: &CollectionId,
        visit: &mut dyn FnMut(Feature) -> Result<()>,
    ) -> Result<RevisionNumber> {
        let mut put = |change| match change {
            FeatureChange::Put(feature) => visit(feature),
            FeatureChange::Removed { .. } => Ok(()),
        };
        self.store.scan_collection(id, None, &mut put)
    }

    /// One feature as it is; `None` when there is none with this id.
    ///
    /// # Errors
    /// When the plan cannot be read, or has no such collection.
    pub fn find_feature(&self, collection: &CollectionId, id: &FeatureId) -> Result<Option<Feature>> {
        self.store.find_feature(collection, id)
    }

    /// The versions of one feature, oldest first.
    ///
    /// # Errors
    /// When the plan cannot be read; [`Error::NotFound`](crate::error::Error::NotFound) for an id that never was.
    pub fn feature_versions(&self, collection: &CollectionId, id: &FeatureId) -> Result<Vec<FeatureVersion>> {
        self.store.read_history(collection, id)
    }

    /// A page of a collection's change log; see [`Store::read_change_log`].
    ///
    /// # Errors
    /// As there.
    pub fn read_change_log(&self, collection: &CollectionId, from: LogPosition, limit: usize) -> Result<LogPage> {
        self.store.read_change_log(collection, from, limit)
    }

    /// Applies all edits of a change set or none, and returns the new revision.
    ///
    /// # Errors
    /// [`Error::Stale`](crate::error::Error::Stale) when a feature has changed since the revision that its edit names.
    pub fn commit(&self, edits: &ChangeSet) -> Result<RevisionNumber> {
        Ok(self.store.commit_change_set(edits)?.0)
    }

    /// The same, and returns what the features do not show of their rows.
    pub fn scan_with_findings(
        &self,
        collection: &Collection,
        visit: &mut dyn FnMut(Feature) -> Result<()>,
    ) -> Result<Vec<PlanFinding>> {
        let mut put = |change| match change {
            FeatureChange::Put(feature) => visit(feature),
            FeatureChange::Removed { .. } => Ok(()),
        };
        let mut rows = RowFindings::default();
        self.store.scan_with_findings(&collection.id, None, &mut put, &mut rows)?;
        Ok(rows.to_unjudged_findings(collection))
    }

    /// Tables and columns of the file that are not shown, or can only be read.
    pub fn findings(&self) -> Result<Vec<PlanFinding>> {
        self.store.list_findings()
    }

    /// Where the plan's cities are; nowhere when it has no such collection.
    pub fn city_locations(&self) -> Result<CityLocations> {
        let mut places = vec![];
        if let Some(cities) = self.collections()?.iter().find(|c| c.id.as_str() == "cities") {
            self.scan_features(&cities.id, &mut |city| {
                places.extend(city.geometry);
                Ok(())
            })?;
        }
        Ok(CityLocations::from_geometries(&places))
    }

    /// Writes a complete copy of the plan; others may write to it meanwhile.
    pub fn backup(&self, to: &Path) -> Result<()> {
        self.store.write_backup(to)
    }

    /// Checks that a copy can be restored, and returns the number of its collections.
    pub fn verify_copy(copy: &Path) -> Result<usize> {
        store::verify_copy(copy)
    }

    /// Puts a copy in the place of a plan that no program has open.
    pub fn restore(copy: &Path, plan: &Path) -> Result<RestoredPlan> {
        store::restore_plan(copy, plan)
    }

    /// What the operator should know of how the file was opened.
    #[must_use]
    pub fn opening_note(&self) -> Option<&str> {
        self.store.opening_note()
    }

    /// How large the history of all collections is.
    pub fn history_size(&self) -> Result<HistorySize> {
        self.store.history_size()
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }
}
