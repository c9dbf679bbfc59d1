//! The rows of a Parquet file as features, one after the other. A thread of its own reads the file: a fault of the
//! library in a damaged file ends that thread, and is told as damage.

use super::facts::{DAMAGED, FieldRole, ParquetLayer, open_file};
use super::native_shapes::read_native;
use super::values::field_to_json;
use crate::atlas::{PackageShape, decode_wkb};
use crate::error::{Result, count_noun};
use crate::feature::geojson::ParsedGeometry;
use crate::feature::{FaultKind, FeatureFault};
use crate::import::draft::FeatureDraft;
use crate::import::element_scanner::ScanFault;
use crate::import::finding::{FindingPlace, ImportFindingKind};
use crate::import::progress::ImportProgress;
use crate::import::row_reader::{RowReader, TableRemarks};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// How many rows wait to be judged.
const WAITING_ROWS: usize = 64;

pub struct ParquetRows {
    layer: ParquetLayer,
    /// `None` for a row that cannot be read, which is the last one.
    rows: Receiver<Option<Row>>,
    reader: Option<JoinHandle<()>>,
    progress: Option<Arc<ImportProgress>>,
    file_bytes: u64,
    number: u64,
    linearised: u64,
    ended: bool,
}

impl ParquetRows {
    pub fn open(path: &Path, layer: &ParquetLayer, progress: Option<Arc<ImportProgress>>) -> Result<Self> {
        let file = open_file(path)?;
        let (sender, rows) = sync_channel(WAITING_ROWS);
        let reader = std::thread::spawn(move || {
            for row in RowIter::from_file_into(Box::new(file)) {
                let row = row.ok();
                let is_last = row.is_none();
                if sender.send(row).is_err() || is_last {
                    break;
                }
            }
        });
        let file_bytes = path.metadata().map_or(0, |m| m.len());
        let (layer, reader) = (layer.clone(), Some(reader));
        Ok(Self { layer, rows, reader, progress, file_bytes, number: 0, linearised: 0, ended: false })
    }

    fn read_row(&mut self, row: Row) -> FeatureDraft {
        let place = FindingPlace { feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, ..FeatureDraft::default() };
        for (role, (name, field)) in self.layer.columns.iter().zip(row.into_columns()) {
            match *role {
                FieldRole::Unread => {}
                FieldRole::Wkb | FieldRole::Native(_) => match read_shape(*role, &field) {
                    Ok(shape) => {
                        self.linearised += u64::from(shape.linearised);
                        let flattened = shape.flattened;
                        draft.shape = shape.geometry.map(|geometry| ParsedGeometry { geometry, flattened });
                    }
                    Err(what) => {
                        let message = format!("The geometry {what}. Repair it in the file.");
                        let fault = FeatureFault::new(FaultKind::WrongType, "", message);
                        draft.faults.push((ImportFindingKind::of_fault(&fault), fault));
                    }
                },
                role => {
                    draft.properties.insert(name, field_to_json(&field, role));
                }
            }
        }
        draft
    }
}

fn read_shape(role: FieldRole, field: &Field) -> Result<PackageShape, &'static str> {
    match (role, field) {
        (_, Field::Null) => Ok(PackageShape::default()),
        (FieldRole::Native(kind), field) => {
            Ok(PackageShape { geometry: read_native(kind, field)?, ..PackageShape::default() })
        }
        (_, Field::Bytes(wkb)) => decode_wkb(wkb.data()),
        _ => Err("is not well-known binary"),
    }
}

impl RowReader for ParquetRows {
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if self.ended {
            return Ok(None);
        }
        let is_damaged = match self.rows.recv() {
            Ok(Some(row)) => {
                self.number += 1;
                return Ok(Some(Ok(self.read_row(row))));
            }
            Ok(None) => true,
            Err(_) => self.reader.take().is_some_and(|reader| reader.join().is_err()),
        };
        self.ended = true;
        if let Some(progress) = &self.progress {
            progress.add_bytes(std::mem::take(&mut self.file_bytes));
        }
        Ok(is_damaged.then(|| {
            let (kind, number) = (ImportFindingKind::Truncated, Some(self.number + 1));
            let message = DAMAGED.to_owned();
            Err(ScanFault { kind, line: 0, column: None, number, message, fatal: true, warning: false })
        }))
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        let count = count_noun(self.linearised, "feature");
        let note = (self.linearised > 0).then(|| format!("In {count}, arcs became lines of short segments."));
        Some(TableRemarks { notes: note.into_iter().collect(), ..TableRemarks::default() })
    }
}
