//! The rows of a file with a mark for every cell: understood, asked, refused or left out. Rows with findings come
//! before others when there is no room for all.

use super::review_findings::ReviewFindings;
use super::review_outcome::RowChanges;
use super::review_table::ReviewTable;
use crate::error::Result;
use crate::import::prepared_source::PreparedSource;
use crate::import::table::{ColumnRole, TableRow};
use crate::work_budget::WorkBudget;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// The most rows of a preview.
const MAX_ROWS: usize = 200;
/// The most columns of a preview.
const MAX_COLUMNS: usize = 200;
/// The most characters of a cell.
const MAX_CELL_CHARS: usize = 300;

/// How cells were taken, over all rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CellMarks {
    pub understood: u64,
    pub asked: u64,
    pub refused: u64,
}

/// Rows to look at.
#[derive(Debug, Default)]
pub struct ReviewPreview {
    pub rows: Vec<Json>,
    /// Rows of the file.
    pub total: u64,
    pub marks: CellMarks,
}

/// Which rows are shown: those with findings, and the first others.
pub struct RowChoice {
    flagged: BTreeSet<u64>,
    others_left: usize,
}

#[derive(Clone, Copy)]
enum ColumnMark {
    LeftOut,
    Understood,
    /// By the question with this number.
    Asked(usize),
}

impl RowChoice {
    pub fn new(findings: &ReviewFindings) -> Self {
        let flagged: BTreeSet<u64> = findings.by_row.keys().copied().take(MAX_ROWS).collect();
        let others_left = MAX_ROWS - flagged.len();
        Self { flagged, others_left }
    }

    pub fn takes(&mut self, row: u64) -> bool {
        if self.flagged.contains(&row) {
            return true;
        }
        let takes = self.others_left > 0;
        self.others_left -= usize::from(takes);
        takes
    }
}

impl ReviewPreview {
    /// The rows of a table.
    ///
    /// # Errors
    /// When the table cannot be read, and why the work had to stop.
    pub fn of_table(
        source: &PreparedSource<'_>,
        table: &ReviewTable<'_>,
        findings: &ReviewFindings,
        changes: &RowChanges<'_>,
        work: &WorkBudget,
    ) -> Result<Self> {
        let marks: Vec<ColumnMark> = (0..table.table.layout.columns.len()).map(|at| mark_column(table, at)).collect();
        let mut own = Self::default();
        let mut choice = RowChoice::new(findings);
        for row in source.open_cells()? {
            let row = row?;
            own.total += 1;
            if own.total.is_multiple_of(256) {
                work.check()?;
            }
            let refused: Vec<usize> = refused_columns(findings, row.number);
            own.count_marks(&row, &marks, &refused);
            if choice.takes(row.number) {
                own.rows.push(preview_row(&row, &marks, &refused, (table, findings, changes)));
            }
        }
        Ok(own)
    }

    fn count_marks(&mut self, row: &TableRow, marks: &[ColumnMark], refused: &[usize]) {
        for (at, _) in row.filled() {
            match marks.get(at) {
                _ if refused.contains(&at) => self.marks.refused += 1,
                Some(ColumnMark::Understood) => self.marks.understood += 1,
                Some(ColumnMark::Asked(_)) => self.marks.asked += 1,
                Some(ColumnMark::LeftOut) | None => {}
            }
        }
    }
}

fn refused_columns(findings: &ReviewFindings, row: u64) -> Vec<usize> {
    let of_row = findings.by_row.get(&row).into_iter().flatten();
    of_row.filter(|finding| !finding.is_warning).filter_map(|finding| finding.column).collect()
}

fn mark_column(table: &ReviewTable<'_>, at: usize) -> ColumnMark {
    if let Some((number, _)) = table.question_of(at) {
        return ColumnMark::Asked(number);
    }
    match table.table.layout.columns.get(at) {
        Some(ColumnRole::Skipped) | None => ColumnMark::LeftOut,
        Some(_) => ColumnMark::Understood,
    }
}

fn preview_row(
    row: &TableRow,
    marks: &[ColumnMark],
    refused: &[usize],
    (table, findings, changes): (&ReviewTable<'_>, &ReviewFindings, &RowChanges<'_>),
) -> Json {
    let cell = |(at, mark): (usize, &ColumnMark)| {
        let text = row.cells.get(at).map(|cell| cell.to_text()).unwrap_or_default();
        let (name, question) = match mark {
            _ if refused.contains(&at) => ("refused", None),
            ColumnMark::LeftOut => ("left_out", None),
            ColumnMark::Asked(number) if !text.is_empty() => ("asked", Some(*number)),
            ColumnMark::Understood | ColumnMark::Asked(_) => ("understood", None),
        };
        describe_cell(&text, name, question)
    };
    let cells: Vec<Json> = marks.iter().enumerate().take(MAX_COLUMNS).map(cell).collect();
    let finding = findings.of_row(row.number).map(|finding| finding.to_preview(Some(row), Some(table.table)));
    changes.describe_row(row.number, cells, finding, findings.refuses(row.number))
}

pub fn describe_cell(text: &str, mark: &str, question: Option<usize>) -> Json {
    let shown: String = text.chars().take(MAX_CELL_CHARS).collect();
    json!({"text": shown, "mark": mark, "question": question})
}
