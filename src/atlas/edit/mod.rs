//! Editing: what clients ask for becomes change sets that the store can take, and outcomes that clients understand.

mod edit_request; // what a client asks for
mod feature_reader; // GeoJSON into features, with every fault
mod feature_state; // tags of states
mod edit_validator; // requests against the current state of the plan
mod change; // from request to outcome

pub use change::{ChangeOutcome, EditOutcome};
pub use edit_request::{EditAction, EditBatch, EditPrecondition, EditRequest, FaultHandling, MAX_EDITS};
pub use feature_state::state_tag;
