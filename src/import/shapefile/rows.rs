//! The rows of a shapefile as features: a shape and a row of the table each. Tells deleted rows, and files whose shapes
//! and rows are not as many.

use super::dbase::{DbaseReader, DbaseRow};
use super::dbase_values::{CellValue, read_cell};
use super::layer::ShapefileLayer;
use super::shapes::{ShapeFault, ShapeReader};
use crate::error::Result;
use crate::feature::geojson::NumberSpelling;
use crate::feature::{FaultKind, FeatureFault};
use crate::import::byte_reader::read_error;
use crate::import::draft::FeatureDraft;
use crate::import::element_scanner::ScanFault;
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::progress::ImportProgress;
use crate::import::row_reader::{RowReader, TableRemarks};
use crate::intake::{FindingKind, escape_pointer};
use serde_json::Value as Json;
use std::sync::Arc;

pub struct ShapefileRows {
    layer: ShapefileLayer,
    shapes: Option<ShapeReader>,
    table: Option<DbaseReader>,
    progress: Option<Arc<ImportProgress>>,
    number: u64,
    told_bytes: u64,
    deleted: u64,
    /// Shapes without a row, and rows without a shape.
    without_row: u64,
    without_shape: u64,
    ended: bool,
}

impl ShapefileRows {
    pub fn open(layer: &ShapefileLayer, progress: Option<Arc<ImportProgress>>) -> Result<Self> {
        let parts = &layer.parts;
        let shapes = match &parts.shp {
            Some(shp) => {
                ShapeReader::open(shp, parts.shx.as_deref()).map_err(|e| read_error(&e))?.map(|opened| opened.0)
            }
            None => None,
        };
        let table = match (&parts.dbf, &layer.heading) {
            (Some(dbf), Some(heading)) => Some(DbaseReader::open(dbf, heading).map_err(|e| read_error(&e))?),
            _ => None,
        };
        let layer = layer.clone();
        let mut rows = Self {
            layer,
            shapes,
            table,
            progress,
            number: 0,
            told_bytes: 0,
            deleted: 0,
            without_row: 0,
            without_shape: 0,
            ended: false,
        };
        rows.drop_useless_index()?;
        Ok(rows)
    }

    /// An index with fewer entries than the table has rows is that of another file, or cut short.
    fn drop_useless_index(&mut self) -> Result<()> {
        let (Some(shapes), Some(table), Some(shp)) = (&self.shapes, &self.table, &self.layer.parts.shp) else {
            return Ok(());
        };
        if shapes.indexed_count().is_some_and(|count| count < table.rows_left()) {
            self.shapes = ShapeReader::open(shp, None).map_err(|e| read_error(&e))?.map(|opened| opened.0);
        }
        Ok(())
    }

    fn end_with(&mut self, message: &str) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        self.ended = true;
        let (kind, number) = (ImportFindingKind::Truncated, Some(self.number));
        let message = message.to_owned();
        Ok(Some(Err(ScanFault { kind, line: 0, column: None, number, message, fatal: true, warning: false })))
    }

    fn fill_properties(&mut self, draft: &mut FeatureDraft) {
        let (Some(table), Some(heading)) = (&self.table, &self.layer.heading) else { return };
        for (column, name) in heading.columns.iter().zip(&self.layer.names) {
            let at = || format!("/properties/{}", escape_pointer(name));
            let value = match read_cell(column.kind, table.cell(column), self.layer.encoding) {
                CellValue::Value(value) => value,
                CellValue::Rounded(number, literal) => {
                    draft.spellings.push(NumberSpelling { name: name.clone(), literal, is_rounded: true });
                    number.into()
                }
                CellValue::Overflow => {
                    let message = "The number was too long for its column when the file was written: there are stars. It is left out.";
                    let fault = FeatureFault::new(FaultKind::WrongType, at(), message);
                    draft.warnings.push((ImportFindingKind::Feature(FindingKind::BadNumber), fault));
                    Json::Null
                }
                CellValue::NotText => {
                    let encoding = self.layer.encoding.name();
                    let message = format!("The text is not {encoding}. Name its encoding with --encoding.");
                    draft
                        .faults
                        .push((ImportFindingKind::Encoding, FeatureFault::new(FaultKind::WrongType, at(), message)));
                    Json::Null
                }
            };
            draft.properties.insert(name.clone(), value);
        }
    }

    fn tell_progress(&mut self) {
        let Some(progress) = &self.progress else { return };
        let table_bytes = self.table.as_ref().map_or(0, |t| t.row_bytes() * self.number);
        let bytes = self.shapes.as_ref().map_or(0, ShapeReader::position) + table_bytes;
        progress.add_bytes(bytes.saturating_sub(self.told_bytes));
        self.told_bytes = bytes.max(self.told_bytes);
    }
}

impl RowReader for ShapefileRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        loop {
            if self.ended {
                return Ok(None);
            }
            let row = match &mut self.table {
                Some(table) => table.next_row().map_err(|e| read_error(&e))?,
                None => DbaseRow::End,
            };
            let has_row = matches!(row, DbaseRow::Row | DbaseRow::Deleted);
            self.number += 1;
            if row == DbaseRow::CutShort {
                return self.end_with(
                    "The table (.dbf) ends before its last row. The file may be incomplete: copy or export it again.",
                );
            }
            let shape = self.shapes.as_mut().map_or(Ok(None), |shapes| shapes.next_shape(has_row));
            let place = FindingPlace { feature: Some(self.number), ..FindingPlace::default() };
            let mut draft = FeatureDraft { place, ..FeatureDraft::default() };
            match shape {
                Ok(None) if !has_row => {
                    self.ended = true;
                    return Ok(None);
                }
                Ok(None) => self.without_shape += u64::from(self.shapes.is_some()),
                Ok(Some(shape)) => {
                    self.without_row += u64::from(!has_row && self.table.is_some());
                    draft.shape = shape;
                }
                Err(ShapeFault::Bad(what)) => {
                    let message = format!("The shape {what}");
                    draft.faults.push((
                        ImportFindingKind::Feature(FindingKind::Fault(FaultKind::WrongType)),
                        FeatureFault::new(FaultKind::WrongType, "", message),
                    ));
                }
                Err(ShapeFault::CutShort) => {
                    return self.end_with(
                        "The shapes (.shp) end before the last row, or the file is damaged. Copy or export it again.",
                    );
                }
                Err(ShapeFault::Read(e)) => return Err(read_error(&e)),
            }
            if row == DbaseRow::Deleted {
                self.deleted += 1;
                continue;
            }
            if row == DbaseRow::Row {
                self.fill_properties(&mut draft);
            }
            if self.number.is_multiple_of(256) {
                self.tell_progress();
            }
            return Ok(Some(Ok(draft)));
        }
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let mut notes = vec![];
        let mut tell = |count: u64, sentence: &str| {
            if count > 0 {
                notes.push(format!("{sentence}: {count}."));
            }
        };
        tell(self.deleted, "Rows of the table are marked as deleted, and were left out");
        tell(self.without_row, "Shapes have no row in the table, so that they have no properties");
        tell(self.without_shape, "Rows of the table have no shape, so that they have no place");
        Some(TableRemarks { notes, ..TableRemarks::default() })
    }
}
