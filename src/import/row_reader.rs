//! What every format is read through: one feature after the other, in the order of the file.

use super::draft::{FeatureDraft, SurveyedFeature};
use super::element_scanner::ScanFault;
use super::finding::FindingPlace;
use crate::crs::Crs;
use crate::error::Result;
use crate::feature::GeometryTypeSet;

/// How rows are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowOptions {
    /// The reference system of the coordinates; `None` is longitude and latitude.
    pub declared_crs: Option<Crs>,
    /// Keep rows without a place that say so by other words than an empty cell.
    pub lenient: bool,
}

/// What a table says beside its rows.
#[derive(Debug, Default)]
pub struct TableRemarks {
    /// No column holds a place for certain; sentences on columns that may.
    pub without_place: Option<Vec<String>>,
    /// Sentences on columns that are not kept, or are kept by another name.
    pub notes: Vec<String>,
    pub blank_rows: u64,
}

/// The features of a file, one after the other.
pub trait RowReader {
    /// The next feature, or a fault of the file between features; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>>;

    /// What the first reading needs of the next feature; an inner `None` is a feature with faults, which the second
    /// reading reports.
    ///
    /// # Errors
    /// When the file cannot be read.
    fn next_surveyed(&mut self) -> Result<Option<Option<SurveyedFeature>>> {
        Ok(self.next_draft()?.map(|row| {
            let FeatureDraft { id, shape, properties, untyped, .. } = row.ok()?;
            let geometry = shape.as_ref().map(|s| GeometryTypeSet::from_geometry(&s.geometry));
            Some(SurveyedFeature { id, geometry, properties, untyped })
        }))
    }

    /// The place with the line and column of what its pointer names, and of what is below it as far as that is there,
    /// in the feature that was read last.
    fn locate(&self, place: FindingPlace, _below: &str) -> FindingPlace {
        place
    }

    /// What a table says beside its rows; complete after the last one.
    fn table_remarks(&self) -> Option<TableRemarks> {
        None
    }
}
