//! What is written into a file: collections, as a reader sees them.

use crate::change::RevisionNumber;
use crate::encoding::OutputSchema;
use crate::plan::PlanModel;

/// A collection of a file.
#[derive(Clone)]
pub struct FileLayer {
    /// Its fields, and the reference system of its geometries.
    pub output: OutputSchema,
    /// The revision of the features.
    pub revision: RevisionNumber,
}

/// How a file is written.
#[derive(Clone, Copy)]
pub struct FileOptions<'o> {
    pub model: &'o PlanModel,
    /// The language of headings and labels, one of [`super::WORKBOOK_LANGUAGES`].
    pub language: &'o str,
    /// The name of the plan.
    pub plan: &'o str,
}
