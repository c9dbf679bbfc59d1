//! Rows of a file and the features of the plan: which row is which feature, and what it would change. A row says
//! nothing of the fields that it does not have. Writes nothing.

mod existing_features; // what must be known of the plan
mod field_comparison; // the cells of a row and their feature
mod missing_features; // features that no row names
mod plan_features; // the features of a plan file
mod row_change; // what one row changes
mod row_comparison; // the rows of a file
mod row_matcher; // which feature a row is
mod update_outcome; // what a file changes
mod update_report; // what is told of it
mod value_equality; // values that mean the same
mod viewer_features; // the features that a viewer sees

pub use existing_features::{ExistingFeatures, PastState};
pub use plan_features::PlanFeatures;
pub use row_change::{FieldChange, FieldConflict, RowChange, RowChangeKind};
pub use row_comparison::RowComparison;
pub use row_matcher::{RowMatch, RowMatcher};
pub use update_outcome::{ConflictHandling, UpdateOptions, UpdateOutcome};
pub use update_report::UpdateReport;
pub use value_equality::is_cut;
pub use viewer_features::ViewerFeatures;
