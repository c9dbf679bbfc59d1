//! A file that a person brings in step by step: what was understood of it, what is asked, what each cell is taken as,
//! and what it would change. Knows no requests, keeps nothing, and writes nothing.

mod import_answers; // what the person says
mod import_commit; // a review becomes edits
mod import_review; // all of it together
mod open_question; // what is asked
mod review_findings; // what is wrong, with ways on
mod review_outcome; // what would change
mod review_preview; // rows with a mark for every cell
mod review_table; // columns and what they are

pub use import_answers::ImportAnswers;
pub use import_commit::{CommitConflict, ImportCommit};
pub use import_review::{ImportReview, ReviewRequest, review_import};
