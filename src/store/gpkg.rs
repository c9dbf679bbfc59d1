//! The GeoPackage store.

use super::{Loaded, Store, Watch};
use crate::change::{Change, ChangeSet, Revision, Version};
use crate::collection::{Collection, CollectionId};
use crate::error::{Error, Result};
use crate::feature::{Feature, FeatureId};
use std::path::Path;

/// One GeoPackage file.
pub struct GeoPackage {}

impl GeoPackage {
    pub fn create(_path: &Path) -> Result<Self> {
        Err(Error::internal("not there yet"))
    }
    pub fn open(_path: &Path) -> Result<Self> {
        Err(Error::internal("not there yet"))
    }
    pub fn open_read_only(_path: &Path) -> Result<Self> {
        Err(Error::internal("not there yet"))
    }
}

impl Store for GeoPackage {
    fn collections(&self) -> Result<Vec<Collection>> {
        unimplemented!()
    }
    fn scan(&self, _: &CollectionId, _: Option<Revision>, _: &mut dyn FnMut(Change) -> Result<()>) -> Result<Revision> {
        unimplemented!()
    }
    fn commit(&self, _: &ChangeSet) -> Result<(Revision, Vec<Change>)> {
        unimplemented!()
    }
    fn load(&self, _: &Collection, _: bool, _: &mut dyn Iterator<Item = Result<Feature>>) -> Result<Loaded> {
        unimplemented!()
    }
    fn history(&self, _: &CollectionId, _: &FeatureId) -> Result<Vec<Version>> {
        unimplemented!()
    }
    fn adopt(&self, _: &CollectionId) -> Result<(Revision, Vec<Change>)> {
        unimplemented!()
    }
    fn backup(&self, _: &Path) -> Result<()> {
        unimplemented!()
    }
    fn watch(&self, _: Box<dyn Fn(CollectionId) + Send>) -> Result<Watch> {
        unimplemented!()
    }
}
