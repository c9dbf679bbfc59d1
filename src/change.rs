//! Edits as values: the requested edits, the committed changes, and the change log. The inverse of an edit is an edit.

use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId, FieldValue, Geometry};
use std::sync::Arc;

/// The revision of a collection; each committed change set increases it by one.
pub type RevisionNumber = u64;

/// One edit of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureEdit {
    /// Creates a feature; refused when another feature has the id.
    Create(Feature),
    /// Replaces the feature with this id; `key` is ignored. Refused as stale when the feature changed after `base`,
    /// which is the revision of the feature or of the collection when the client read it.
    Replace {
        feature: Feature,
        base: Option<RevisionNumber>,
    },
    /// Replaces parts of a feature; the others stay as stored.
    Patch {
        id: FeatureId,
        base: Option<RevisionNumber>,
        /// `Some(None)` removes the geometry.
        geometry: Option<Option<Geometry>>,
        /// Field positions with their new values.
        values: Vec<(usize, FieldValue)>,
    },
    Delete {
        id: FeatureId,
        base: Option<RevisionNumber>,
    },
    /// Restores a feature to its state after this revision, even if it has been deleted since.
    Restore {
        id: FeatureId,
        revision: RevisionNumber,
        base: Option<RevisionNumber>,
    },
}

impl FeatureEdit {
    /// The feature that is edited.
    #[must_use]
    pub fn id(&self) -> &FeatureId {
        match self {
            Self::Create(feature) | Self::Replace { feature, .. } => &feature.id,
            Self::Patch { id, .. } | Self::Delete { id, .. } | Self::Restore { id, .. } => id,
        }
    }
}

/// Edits of one collection that are committed together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    pub collection: CollectionId,
    pub edits: Vec<FeatureEdit>,
    pub author: ChangeAuthor,
}

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeAuthor {
    /// As the history shows it: a login, or the name of the program.
    pub name: String,
    /// `None` when no account made the change.
    pub account: Option<AccountId>,
}

impl From<&str> for ChangeAuthor {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), account: None }
    }
}

/// The id of an account or a token. It is random and never used again, whatever becomes of the login.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AccountId(Arc<str>);

impl AccountId {
    #[must_use]
    pub fn new(id: &str) -> Self {
        Self(id.into())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who created a feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureCreator {
    pub author: ChangeAuthor,
    /// RFC 3339, UTC.
    pub at: String,
}

/// A committed change of one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum FeatureChange {
    /// The new state of the feature, with its key.
    Put(Feature),
    Removed {
        key: i64,
        id: FeatureId,
    },
}

impl FeatureChange {
    /// The feature that changed.
    #[must_use]
    pub fn id(&self) -> &FeatureId {
        match self {
            Self::Put(feature) => &feature.id,
            Self::Removed { id, .. } => id,
        }
    }
}

/// The changes of one committed change set.
#[derive(Debug, Clone, PartialEq)]
pub struct CommittedChanges {
    pub revision: RevisionNumber,
    /// One change for each edit, in the same order.
    pub changes: Vec<FeatureChange>,
}

/// The outcome of several change sets that were committed in one transaction.
#[derive(Debug, Default)]
pub struct GroupCommitOutcome {
    /// One result for each set, in the same order. A refused set changes nothing.
    pub results: Vec<crate::error::Result<CommittedChanges>>,
    /// Changes that other programs made to these collections before the sets were committed, and that have not been
    /// reported yet.
    pub external_changes: Vec<(CollectionId, CommittedChanges)>,
}

/// One entry of a feature's history.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureVersion {
    pub revision: RevisionNumber,
    pub author: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// `None` when this revision created the feature.
    pub before: Option<Feature>,
    /// `None` when this revision deleted the feature.
    pub after: Option<Feature>,
}

/// Which part of a feature's history is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryQuery {
    pub order: HistoryOrder,
    /// [`HistoryPage::next`] of the page before; `None` for the first.
    pub after: Option<i64>,
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOrder {
    OldestFirst,
    NewestFirst,
}

/// A page of a feature's history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryPage {
    pub versions: Vec<FeatureVersion>,
    /// Where the next page starts; `None` on the last.
    pub next: Option<i64>,
}

/// How long versions are kept; `None` is without limit. The first and the last version of a feature are always kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistoryRetention {
    /// Older versions may be removed.
    pub days: Option<u32>,
    /// Versions beyond the newest of each feature may be removed.
    pub versions: Option<u32>,
}

/// How large the history of all collections is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HistorySize {
    pub versions: u64,
    /// The bytes of the features in it.
    pub bytes: u64,
}

/// The index of the version whose `before` or `after` is the state after a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatePosition {
    Before(usize),
    After(usize),
}

/// Where a history (versions oldest first) tells the state after a revision; `None` when there was no feature yet. The
/// state before the next version counts first, as another program may have replaced the whole table in between.
///
/// # Errors
/// When the versions around that revision were removed, the first revision that is known again.
pub fn find_state<V, S: PartialEq>(
    versions: &[V],
    revision: RevisionNumber,
    parts: impl Fn(&V) -> (RevisionNumber, Option<&S>, Option<&S>),
) -> Result<Option<StatePosition>, RevisionNumber> {
    let next = versions.partition_point(|v| parts(v).0 <= revision);
    let Some(last) = next.checked_sub(1) else { return Ok(None) };
    let (last_revision, _, after) = parts(&versions[last]);
    let Some((next_revision, before, _)) = versions.get(next).map(&parts) else {
        return Ok(Some(StatePosition::After(last)));
    };
    if next_revision == revision + 1 || before == after {
        Ok(Some(StatePosition::Before(next)))
    } else if last_revision == revision {
        Ok(Some(StatePosition::After(last)))
    } else {
        Err(next_revision)
    }
}

/// The feature after a revision, as its history tells.
///
/// # Errors
/// As [`find_state`].
pub fn state_after(versions: &[FeatureVersion], revision: RevisionNumber) -> Result<Option<&Feature>, RevisionNumber> {
    let position = find_state(versions, revision, |v| (v.revision, v.before.as_ref(), v.after.as_ref()))?;
    Ok(position.and_then(|position| match position {
        StatePosition::Before(at) => versions[at].before.as_ref(),
        StatePosition::After(at) => versions[at].after.as_ref(),
    }))
}

/// A position in a collection's change log. Behind it are all entries of revisions before `revision` and, of that
/// revision, the entries up to `line` and the bulk-loaded features up to `key`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPosition {
    pub revision: RevisionNumber,
    pub line: i64,
    pub key: i64,
}

impl LogPosition {
    /// The position right after all entries of a revision.
    #[must_use]
    pub fn after_revision(revision: RevisionNumber) -> Self {
        Self { revision: revision.saturating_add(1), line: 0, key: i64::MIN }
    }
}

/// A page of a change log, oldest entry first.
#[derive(Debug, Clone, PartialEq)]
pub struct LogPage {
    pub versions: Vec<FeatureVersion>,
    /// Where the next page starts; `None` at the current end of the log.
    pub next: Option<LogPosition>,
    /// This page and those before it contain everything up to this revision.
    pub revision: RevisionNumber,
}
