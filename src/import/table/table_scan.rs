//! The first reading of a table: its headings, its rows that are features, what all cells of its columns say, and the
//! first rows as a sample.

use super::cell::TableRow;
use super::column_evidence::ColumnEvidence;
use super::heading::{HeaderRows, TableHeading, find_heading};
use super::row_filter::{RowFilter, RowReason};
use super::sheet_table::SheetTable;
use crate::error::{Error, Result};
use std::collections::HashSet;

/// How many rows decide where the headings are.
const HEAD_ROWS: usize = 200;
/// How many rows decide which columns hold places.
const SAMPLE_ROWS: usize = 500;

/// What a first reading finds.
#[derive(Debug)]
pub struct ScannedTable {
    pub heading: TableHeading,
    pub columns: Vec<ColumnEvidence>,
    pub sample: Vec<TableRow>,
    /// Numbers of rows that are no features.
    pub left_out: Vec<(u64, RowReason, String)>,
    pub blank: u64,
    pub features: u64,
    pub first: u64,
    pub last: u64,
    /// Cells filled from the merged cell above.
    pub filled_down: u64,
}

impl ScannedTable {
    pub fn left_out_numbers(&self) -> HashSet<u64> {
        self.left_out.iter().map(|(number, ..)| *number).collect()
    }
}

/// Finds the headings of a table among its first rows.
///
/// # Errors
/// When the table is empty or cannot be read.
pub fn scan_heading(
    rows: &mut dyn Iterator<Item = Result<TableRow>>,
    sheet: Option<&SheetTable>,
    asked: Option<HeaderRows>,
) -> Result<TableHeading> {
    let head = rows.take(HEAD_ROWS).collect::<Result<Vec<_>>>()?;
    let merges = sheet.map(|sheet| sheet.merges.as_slice()).unwrap_or_default();
    let heading = find_heading(&head, merges, asked);
    heading.ok_or_else(|| Error::Refused("The table is empty. Name the columns in its first row.".into()))
}

/// Reads all rows below the headings.
///
/// # Errors
/// When the table cannot be read.
pub fn scan_rows(
    rows: &mut dyn Iterator<Item = Result<TableRow>>,
    sheet: Option<&SheetTable>,
    heading: TableHeading,
) -> Result<ScannedTable> {
    let mut columns: Vec<ColumnEvidence> = vec![ColumnEvidence::default(); heading.names.len()];
    let (mut sample, mut features, mut first, mut last) = (vec![], 0, 0, 0);
    let mut filter = RowFilter::new(&heading, sheet);
    let mut take = |row: TableRow| {
        if row.cells.len() > columns.len() {
            columns.resize(row.cells.len().min(2000), ColumnEvidence::default());
        }
        columns.iter_mut().zip(&row.cells).for_each(|(evidence, cell)| evidence.add(cell));
        features += 1;
        first = if first == 0 { row.number } else { first };
        last = row.number;
        if sample.len() < SAMPLE_ROWS {
            sample.push(row);
        }
    };
    for row in rows {
        let row = row?;
        if row.number > heading.last {
            filter.push(row, &mut take);
        }
    }
    filter.finish();
    let (left_out, blank) = (filter.left_out, filter.blank);
    Ok(ScannedTable { heading, columns, sample, left_out, blank, features, first, last, filled_down: 0 })
}
