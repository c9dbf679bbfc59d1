//! What an update must know of the plan: its features as they are now, as they were at a revision, and their codes.

use crate::change::{FeatureVersion, LogPage, LogPosition, RevisionNumber, state_after};
use crate::error::{Error, Result};
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

/// Lines of the change log that are read at once.
const LOG_PAGE: usize = 10_000;

/// The ids in a change log after a revision; `None` when it no longer reaches back to it.
pub(super) fn changed_ids(
    revision: RevisionNumber,
    read_page: impl Fn(LogPosition, usize) -> Result<LogPage>,
) -> Result<Option<HashSet<FeatureId>>> {
    let mut ids = HashSet::new();
    let mut from = LogPosition::after_revision(revision);
    loop {
        let page = match read_page(from, LOG_PAGE) {
            Ok(page) => page,
            Err(Error::Stale(_) | Error::Gone(_)) => return Ok(None),
            Err(e) => return Err(e),
        };
        let changed = page.versions.iter().filter_map(|v| v.after.as_ref().or(v.before.as_ref()));
        ids.extend(changed.map(|feature| feature.id.clone()));
        match page.next {
            Some(next) => from = next,
            None => return Ok(Some(ids)),
        }
    }
}

/// The state after a revision in the versions of a feature, oldest first.
pub(super) fn past_state(versions: &[FeatureVersion], revision: RevisionNumber) -> PastState {
    match state_after(versions, revision) {
        Ok(Some(feature)) => PastState::Known(feature.clone()),
        Ok(None) => PastState::Absent,
        Err(_) => PastState::Unknown,
    }
}
