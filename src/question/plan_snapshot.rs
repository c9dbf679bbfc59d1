//! The collections that a question is answered from.

use crate::collection::CollectionId;
use crate::error::{Error, Result};
use crate::index::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The collections of a plan as they were at one moment, each as its viewer sees it.
#[derive(Default)]
pub struct PlanSnapshot(BTreeMap<CollectionId, Arc<Snapshot>>);

impl PlanSnapshot {
    #[must_use]
    pub fn new(snapshots: impl IntoIterator<Item = Arc<Snapshot>>) -> Self {
        Self(snapshots.into_iter().map(|s| (s.collection().id.clone(), s)).collect())
    }

    /// The collection of this name; `at` is the input that names it.
    ///
    /// # Errors
    /// [`Error::InvalidInput`] that lists the collections of the plan.
    pub fn get(&self, name: &str, at: &str) -> Result<&Arc<Snapshot>> {
        self.find(name).ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(CollectionId::as_str).collect();
            Error::invalid(at, format!("There is no collection '{name}' in this plan. It has: {}.", known.join(", ")))
        })
    }

    /// The collection of this name, if the plan has it.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Arc<Snapshot>> {
        CollectionId::new(name).ok().and_then(|id| self.0.get(&id))
    }
}
