//! A plan file without an index, for the command line and for opening an [`Atlas`](super::Atlas).

use crate::change::Change;
use crate::collection::{Collection, CollectionId};
use crate::error::Result;
use crate::feature::Feature;
use crate::plan::Model;
use crate::store::{GeoPackage, Loaded, Store};
use std::path::Path;

/// An opened plan.
pub struct Shelf {
    store: Box<dyn Store>,
    writable: bool,
}

impl Shelf {
    /// Opens a plan that is there.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open(path)?), writable: true })
    }

    /// Opens a plan, or makes an empty one.
    pub fn open_or_create(path: &Path) -> Result<Self> {
        let store = if path.exists() { GeoPackage::open(path)? } else { GeoPackage::create(path)? };
        Ok(Self { store: Box::new(store), writable: true })
    }

    /// Opens a plan that shall not be written.
    pub fn open_read_only(path: &Path) -> Result<Self> {
        Ok(Self { store: Box::new(GeoPackage::open_read_only(path)?), writable: false })
    }

    pub fn collections(&self) -> Result<Vec<Collection>> {
        self.store.collections()
    }

    /// Brings the model's own collections up to date with what the model says of them by now: properties that it got since the plan was made
    /// become columns. Nothing goes, and a plan that may only be read stays as it is.
    pub fn grow(&self, model: &Model) -> Result<()> {
        if self.writable {
            for collection in self.collections()? {
                let grown = model.collection(&collection.id).and_then(|newer| collection.grown(newer).transpose());
                if let Some(grown) = grown.transpose()? {
                    self.store.grow(&grown)?;
                }
            }
        }
        Ok(())
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
