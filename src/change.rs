//! Edits as values: what somebody wants changed, and what then changed. The inverse of an edit is an edit.

use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId, FieldValue, Geometry};

/// The number a collection has after an edit; grows by one per committed change set.
pub type RevisionNumber = u64;

/// One wish to change one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureEdit {
    /// A new feature; refused as stale when the id is taken.
    Create(Feature),
    /// A feature as it shall be from now on; `key` is ignored, the id counts. Refused as stale when
    /// the feature changed after `base`, which may be its own revision or that of the collection when it was read.
    Replace {
        feature: Feature,
        base: Option<RevisionNumber>,
    },
    /// Parts of a feature as they shall be from now on; the others stay as the store has them.
    Patch {
        id: FeatureId,
        base: Option<RevisionNumber>,
        /// `Some(None)` takes the place away.
        geometry: Option<Option<Geometry>>,
        /// Positions of fields, with their new values.
        values: Vec<(usize, FieldValue)>,
    },
    Delete {
        id: FeatureId,
        base: Option<RevisionNumber>,
    },
    /// A feature as it was after this revision, also when it was deleted since.
    Restore {
        id: FeatureId,
        revision: RevisionNumber,
        base: Option<RevisionNumber>,
    },
}

impl FeatureEdit {
    #[must_use]
    pub fn id(&self) -> &FeatureId {
        match self {
            Self::Create(feature) | Self::Replace { feature, .. } => &feature.id,
            Self::Patch { id, .. } | Self::Delete { id, .. } | Self::Restore { id, .. } => id,
        }
    }
}

/// Several edits of one collection that happen together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    pub collection: CollectionId,
    pub edits: Vec<FeatureEdit>,
    /// Who did it, as shown in the history: a login, or the name of the program.
    pub author: String,
}

/// What became of one feature, as the store tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureChange {
    /// The feature as it is now, with its key.
    Put(Feature),
    Removed {
        key: i64,
        id: FeatureId,
    },
}

impl FeatureChange {
    #[must_use]
    pub fn id(&self) -> &FeatureId {
        match self {
            Self::Put(feature) => &feature.id,
            Self::Removed { id, .. } => id,
        }
    }
}

/// What one change set came to.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedChanges {
    pub revision: RevisionNumber,
    /// What became of each feature, in the order of the edits.
    pub changes: Vec<FeatureChange>,
}

/// What several change sets came to that were committed in one go.
#[derive(Debug, Default)]
pub struct GroupCommitOutcome {
    /// One answer for each set, in their order. A set that was refused left nothing behind.
    pub results: Vec<crate::error::Result<CommittedChanges>>,
    /// What other programs did to these collections since somebody was last told. It came before the sets.
    pub external_changes: Vec<(CollectionId, CommittedChanges)>,
}

/// One line of a feature's history.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureVersion {
    pub revision: RevisionNumber,
    pub author: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// `None` before it was created.
    pub before: Option<Feature>,
    /// `None` after it was deleted.
    pub after: Option<Feature>,
}

/// A place in a collection's change log: all that happened before `revision` lies behind it, and of that revision the lines up to
/// `line` and the features that came in bulk up to `key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPosition {
    pub revision: RevisionNumber,
    pub line: i64,
    pub key: i64,
}

impl LogPosition {
    /// Right behind a revision.
    #[must_use]
    pub fn after_revision(revision: RevisionNumber) -> Self {
        Self { revision: revision.saturating_add(1), line: 0, key: i64::MIN }
    }
}

/// Some of a change log, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPage {
    pub versions: Vec<FeatureVersion>,
    /// Where the next page starts; `None` when this is the end for now.
    pub next: Option<LogPosition>,
    /// Everything up to this revision has been shown with this page and those before it.
    pub revision: RevisionNumber,
}
