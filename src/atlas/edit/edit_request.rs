//! What a client wants changed, as values. Ids and GeoJSON are as they were sent; nothing is validated yet.

use crate::change::RevisionNumber;
use crate::crs::Crs;
use crate::intake::FaultHandling;
use crate::work_budget::WorkBudget;
use serde_json::Value as Json;

/// The most edits in one batch.
pub const MAX_EDITS: usize = 10_000;

/// Edits to one collection that happen together or not at all.
pub struct EditBatch {
    /// The id of the collection.
    pub collection: String,
    pub requests: Vec<EditRequest>,
    /// The reference system of all coordinates.
    pub crs: Crs,
    pub handling: FaultHandling,
    /// What validating them may use.
    pub work: WorkBudget,
}

/// One edit to one feature.
pub struct EditRequest {
    /// A JSON pointer to the edit in the request body; empty when the body is the edit.
    pub at: String,
    /// A JSON pointer from there to its GeoJSON.
    pub within: &'static str,
    pub action: EditAction,
    /// The state that the feature must be in.
    pub precondition: Option<EditPrecondition>,
}

/// What is done to a feature.
pub enum EditAction {
    Create(Json),
    Replace {
        id: String,
        feature: Json,
    },
    /// A JSON merge patch (RFC 7396) of its GeoJSON.
    Patch {
        id: String,
        patch: Json,
    },
    Delete {
        id: String,
    },
    /// Back to the state after this revision.
    Restore {
        id: String,
        revision: RevisionNumber,
    },
}

/// The states that a feature may be in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditPrecondition {
    /// Any, as long as the feature exists.
    Any,
    /// State tags, see [`state_tag`](super::state_tag).
    States(Vec<String>),
}
