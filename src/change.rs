//! Edits as values: what somebody wants changed, and what then changed. The inverse of an edit is an edit.

use crate::collection::CollectionId;
use crate::feature::{Feature, FeatureId};

/// The number a collection has after an edit; grows by one per committed change set.
pub type Revision = u64;

/// One wish to change one feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A new feature; refused as stale when the id is taken.
    Create(Feature),
    /// A feature as it shall be from now on; `key` is ignored, the id counts. Refused as stale when
    /// the feature changed after `base`, which may be its own revision or that of the collection when it was read.
    Replace {
        feature: Feature,
        base: Option<Revision>,
    },
    Delete {
        id: FeatureId,
        base: Option<Revision>,
    },
}

/// Several edits of one collection that happen together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeSet {
    pub collection: CollectionId,
    pub edits: Vec<Edit>,
    /// Who did it, as shown in the history: a login, or the name of the program.
    pub author: String,
}

/// What became of one feature, as the store tells it.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The feature as it is now, with its key.
    Put(Feature),
    Removed {
        key: i64,
        id: FeatureId,
    },
}

/// One line of a feature's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    pub revision: Revision,
    pub author: String,
    /// RFC 3339, UTC.
    pub at: String,
    /// `None` before it was created.
    pub before: Option<Feature>,
    /// `None` after it was deleted.
    pub after: Option<Feature>,
}
