//! One sheet of a workbook, in memory: its rows, and which cells are one. Knows no file format.

use super::cell::{TableCell, TableRow};
use super::cell_corrections::{CellCorrection, correct_row};
use super::heading::MergedCells;

/// The rows of a sheet that hold something, in order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetTable {
    pub name: String,
    pub rows: Vec<TableRow>,
    pub merges: Vec<MergedCells>,
    pub hidden_rows: u64,
    /// From 0.
    pub hidden_columns: Vec<usize>,
    /// Other sheets, which were not read.
    pub other_sheets: Vec<String>,
    /// All sheets of the workbook.
    pub sheets: Vec<SheetEntry>,
}

/// What a sheet is before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetEntry {
    pub name: String,
    pub is_hidden: bool,
    /// There are at least two rows of two cells.
    pub has_table: bool,
}

/// The most merges that are looked at.
const MAX_MERGES: usize = 20_000;

impl SheetTable {
    /// Corrects cells; a row that held nothing gets none.
    pub fn correct(&mut self, corrections: &[CellCorrection]) {
        if !corrections.is_empty() {
            self.rows.iter_mut().for_each(|row| correct_row(row, Some(&self.name), corrections));
        }
    }

    /// Fills cells below the first one of a merge within a column, as the sheet shows them; returns how many.
    pub fn fill_down(&mut self, heading_last: u64) -> u64 {
        let mut filled = 0;
        for merge in self.merges.iter().take(MAX_MERGES) {
            let (first, last) = (merge.rows.0 + 1, merge.rows.1 + 1);
            if first <= heading_last || first == last || merge.columns.0 != merge.columns.1 {
                continue;
            }
            let column = merge.columns.0;
            let start = self.rows.partition_point(|row| row.number < first);
            let Some(top) = self.rows.get(start).filter(|row| row.number == first) else { continue };
            let value = top.cells.get(column).cloned().unwrap_or(TableCell::Empty);
            for row in self.rows[start + 1..].iter_mut().take_while(|row| row.number <= last) {
                if row.cells.len() <= column {
                    row.cells.resize(column + 1, TableCell::Empty);
                }
                if row.cells[column].is_blank() && !value.is_blank() && !row.is_blank() {
                    row.cells[column] = value.clone();
                    filled += 1;
                }
            }
        }
        filled
    }

    /// Whether a row is one text over several columns: a heading within the table.
    pub fn is_section(&self, row: &TableRow) -> bool {
        let mut filled = row.filled();
        let (Some((column, _)), None) = (filled.next(), filled.next()) else { return false };
        let at = row.number - 1;
        self.merges
            .iter()
            .take(MAX_MERGES)
            .any(|m| m.rows.0 <= at && at <= m.rows.1 && m.columns.0 == column && m.columns.1 >= column + 2)
    }
}
