//! The rows of a file with a mark for every cell: understood, asked, refused or left out. Rows with findings come
//! before others when there is no room for all.

use super::review_findings::ReviewFindings;
use super::review_outcome::RowChanges;
use super::review_table::ReviewTable;
use crate::error::Result;
use crate::import::prepared_source::PreparedSource;
use crate::import::table::{ColumnRole, ColumnSummary, TableCell, TableRow};
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
        let marks = mark_columns(table);
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

    /// The features of a file that is no table, with their properties as cells.
    ///
    /// # Errors
    /// When the file cannot be read, and why the work had to stop.
    pub fn of_features(
        source: &PreparedSource<'_>,
        table: &ReviewTable<'_>,
        findings: &ReviewFindings,
        changes: &RowChanges<'_>,
        work: &WorkBudget,
    ) -> Result<Self> {
        let marks = mark_columns(table);
        let mut own = Self::default();
        let mut choice = RowChoice::new(findings);
        let mut rows = source.open_plain_rows()?;
        while let Some(draft) = rows.next_draft()? {
            let Ok(draft) = draft else { continue };
            own.total += 1;
            if own.total.is_multiple_of(256) {
                work.check()?;
            }
            let cell = |column: &ColumnSummary| match draft.properties.get(&column.heading) {
                Some(Json::String(text)) => TableCell::from_text(text),
                None | Some(Json::Null) => TableCell::Empty,
                Some(other) => TableCell::from_text(&other.to_string()),
            };
            let cells = table.summary.columns.iter().map(cell).collect();
            let row = TableRow { number: draft.place.feature.unwrap_or(own.total), cells, is_hidden: false };
            own.count_marks(&row, &marks, &[]);
            if choice.takes(row.number) {
                own.rows.push(preview_row(&row, &marks, &[], (table, findings, changes)));
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

fn mark_columns(table: &ReviewTable<'_>) -> Vec<ColumnMark> {
    let is_taken = |at: usize| match table.table {
        Some(table) => !matches!(table.layout.columns.get(at), Some(ColumnRole::Skipped) | None),
        None => table.summary.columns[at].field.is_some(),
    };
    let mark = |at: usize| match table.question_of(at) {
        Some((number, _)) => ColumnMark::Asked(number),
        None if is_taken(at) => ColumnMark::Understood,
        None => ColumnMark::LeftOut,
    };
    (0..table.summary.columns.len()).map(mark).collect()
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
    let finding = findings.of_row(row.number).map(|finding| finding.to_preview(Some(row), table.table));
    changes.describe_row(row.number, cells, finding, findings.refuses(row.number))
}

pub fn describe_cell(text: &str, mark: &str, question: Option<usize>) -> Json {
    let shown: String = text.chars().take(MAX_CELL_CHARS).collect();
    json!({"text": shown, "mark": mark, "question": question})
}
