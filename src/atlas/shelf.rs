//! A plan file without an index, for the command line and for opening an [`Atlas`](super::Atlas).

use crate::change::Change;
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::Feature;
use crate::store::{GeoPackage, Loaded, Store};
use std::path::Path;

/// An opened plan.
pub struct Shelf {
    store: Box<dyn Store>,
}

impl Shelf {
    /// Opens a plan that is there.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open(path)?) })
    }

    /// Opens a plan, or makes an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let store = if path.exists() { GeoPackage::open(path)? } else { GeoPackage::create(path)? };
        Ok(Self { store: Box::new(store) })
    }

    /// Opens a plan that shall not be written.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open_read_only(path)?) })
    }

    pub fn collections(&self) -> Result<Vec<Collection>> {
        self.store.collections()
    }

    /// Fills a collection, all or nothing; see [`Store::load`].
    pub fn load(
        &self,
        collection: &Collection,
        replace: bool,
        features: &mut dyn Iterator<Item = Result<Feature>>,
    ) -> Result<Loaded> {
        self.store.load(collection, replace, features)
    }

    /// Shows every feature of a collection in the order of keys, with the coordinates as they were given.
    pub fn scan(&self, id: &CollectionId, visit: &mut dyn FnMut(Feature) -> Result<()>) -> Result<()> {
        let mut put = |change| match change {
            Change::Put(feature) => visit(feature),
            Change::Removed { .. } => Ok(()),
        };
        self.store.scan(id, None, &mut put).map(drop)
    }

    /// A whole copy of the plan, taken while others may write.
    pub fn backup(&self, to: &Path) -> Result<()> {
        self.store.backup(to)
    }

    pub(super) fn store(&self) -> &dyn Store {
        &*self.store
    }
}
