//! What an update must know of the plan: its features as they are now, as they were at a revision, and their codes.

use crate::change::RevisionNumber;
use crate::error::Result;
use crate::feature::{Feature, FeatureId};
use std::collections::HashSet;

/// The features of one collection at one moment, as the one who imports may see them.
pub trait ExistingFeatures {
    /// The revision of the collection at that moment.
    fn revision(&self) -> RevisionNumber;

    /// The feature with this id.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn find_feature(&self, id: &FeatureId) -> Result<Option<Feature>>;

    /// The features whose field `code` has this text, without blanks around it.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn find_by_code(&self, code: &str) -> Result<Vec<Feature>>;

    /// The ids of all features.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn list_ids(&self) -> Result<Vec<FeatureId>>;

    /// The ids of features that were created, changed or deleted after a revision; `None` when the change log no longer
    /// reaches back to it.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn changed_since(&self, revision: RevisionNumber) -> Result<Option<HashSet<FeatureId>>>;

    /// A feature as it was after a revision, from the change log.
    ///
    /// # Errors
    /// When the plan cannot be read.
    fn find_state(&self, id: &FeatureId, revision: RevisionNumber) -> Result<PastState>;
}

/// A feature as it was after a revision.
#[derive(Debug, Clone, PartialEq)]
pub enum PastState {
    Known(Feature),
    /// There was no such feature.
    Absent,
    /// The versions around that revision were removed.
    Unknown,
}
