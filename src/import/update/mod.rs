//! Rows of a file and the features of the plan: which row is which feature, and what it would change. A row says nothing
//! of the fields that it does not have. Writes nothing.

mod existing_features; // what must be known of the plan
mod row_change; // what one row changes
mod update_outcome; // what a file changes

pub use existing_features::{ExistingFeatures, PastState};
pub use row_change::{FieldChange, FieldConflict, RowChange, RowChangeKind};
pub use update_outcome::{ConflictHandling, UpdateOptions, UpdateOutcome};
