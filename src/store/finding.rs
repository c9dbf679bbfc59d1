//! What the store cannot show of a file, or shows otherwise than it is: the one form in which the log, `check` and the
//! description of a collection tell it.

use crate::collection::CollectionId;
use std::fmt;

/// One thing of a plan's file that is not shown as it is. The file keeps it byte for byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFinding {
    /// `file` for tables and columns, `places` for a collection without any, `values` and `geometry` for what rows
    /// hold.
    pub kind: &'static str,
    /// The collection, or the table that is none.
    pub collection: String,
    /// The first feature that it concerns, if any.
    pub id: Option<String>,
    /// A JSON pointer within the feature; empty for the whole.
    pub at: String,
    /// How many rows it concerns; 0 for the table itself.
    pub count: u64,
    /// What is not shown, and what to do, as sentences.
    pub message: String,
}

impl PlanFinding {
    /// A collection with features of which none has a place.
    #[must_use]
    pub fn without_places(collection: &CollectionId) -> Self {
        Self {
            kind: "places",
            collection: collection.to_string(),
            id: None,
            at: String::new(),
            count: 0,
            message: "No feature has a place, so that the map does not show them. If their file has coordinates, import it again with --replace: the report names the columns.".into(),
        }
    }

    /// Tells the operator.
    pub fn log(&self) {
        tracing::warn!("{self}");
    }
}

impl fmt::Display for PlanFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.collection, self.message)
    }
}
