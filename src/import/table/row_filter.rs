//! Which rows of a table are features: not blank ones, not sums of the others, not notes below them. Looks ahead past
//! what may be notes, and keeps no other row.

use super::cell::{TableCell, TableRow};
use super::cell_words::{says_note, says_nothing, says_total};
use super::heading::TableHeading;
use super::number_style::{DecimalSign, read_number};
use super::sheet_table::SheetTable;

/// The most rows that may be left out, so that their list stays small.
const MAX_LEFT_OUT: usize = 50_000;
/// The most rows that wait to be told from notes.
const MAX_WAITING: usize = 60;

/// Why a row is no feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowReason {
    Total,
    Note,
    Section,
    RepeatedHeading,
}

impl RowReason {
    pub fn describe(self) -> &'static str {
        match self {
            Self::Total => "sums other rows",
            Self::Note => "is a note below the table",
            Self::Section => "is a heading within the table",
            Self::RepeatedHeading => "repeats the headings",
        }
    }
}

/// Judges rows in their order.
pub struct RowFilter<'a> {
    heading: &'a TableHeading,
    sheet: Option<&'a SheetTable>,
    /// The widest row so far.
    width: usize,
    /// Rows of one cell that are notes if no feature follows.
    waiting: Vec<TableRow>,
    after_gap: bool,
    /// Numbers of rows that are left out, with the reason and their text.
    pub left_out: Vec<(u64, RowReason, String)>,
    pub blank: u64,
}

impl<'a> RowFilter<'a> {
    pub fn new(heading: &'a TableHeading, sheet: Option<&'a SheetTable>) -> Self {
        Self { heading, sheet, width: 0, waiting: vec![], after_gap: false, left_out: vec![], blank: 0 }
    }

    /// Takes a row; hands over those that are features for certain now.
    pub fn push(&mut self, row: TableRow, take: &mut dyn FnMut(TableRow)) {
        if row.is_blank() {
            self.blank += 1;
            self.after_gap = true;
            return;
        }
        let reason = if is_total(&row) {
            Some(RowReason::Total)
        } else if self.repeats_heading(&row) {
            Some(RowReason::RepeatedHeading)
        } else if self.sheet.is_some_and(|sheet| sheet.is_section(&row)) && !says_note(&first_text(&row)) {
            Some(RowReason::Section)
        } else {
            None
        };
        if let Some(reason) = reason {
            self.leave_out(&row, reason);
            self.after_gap |= reason == RowReason::Total;
            return;
        }
        if self.may_be_note(&row) && self.waiting.len() < MAX_WAITING {
            self.waiting.push(row);
            return;
        }
        self.waiting.drain(..).for_each(&mut *take);
        self.width = self.width.max(row.filled().count());
        self.after_gap = false;
        take(row);
    }

    /// At the end, what still waits are notes.
    pub fn finish(&mut self) {
        for row in std::mem::take(&mut self.waiting) {
            self.leave_out(&row, RowReason::Note);
        }
    }

    fn leave_out(&mut self, row: &TableRow, reason: RowReason) {
        if self.left_out.len() < MAX_LEFT_OUT {
            self.left_out.push((row.number, reason, first_text(row).chars().take(40).collect()));
        }
    }

    fn may_be_note(&self, row: &TableRow) -> bool {
        let mut filled = row.filled();
        let (Some((_, TableCell::Text(text))), None) = (filled.next(), filled.next()) else { return false };
        self.width > 2 && (says_note(text) || (self.after_gap && text.len() > 20))
    }

    fn repeats_heading(&self, row: &TableRow) -> bool {
        let names = &self.heading.names;
        let is_same = |(at, cell): (usize, &TableCell)| names.get(at).is_some_and(|n| *n == cell.to_text().trim());
        row.filled().count() > 1 && row.filled().all(is_same)
    }
}

fn first_text(row: &TableRow) -> String {
    row.filled().next().map(|(_, cell)| cell.to_text().trim().to_owned()).unwrap_or_default()
}

/// A word for a sum, and beside it numbers only.
fn is_total(row: &TableRow) -> bool {
    let mut filled = row.filled();
    let Some((_, TableCell::Text(first))) = filled.next() else { return false };
    let is_number = |text: &str| DecimalSign::BOTH.iter().any(|sign| read_number(text, *sign).is_some());
    let is_figure = |cell: &TableCell| match cell {
        TableCell::Number(_) | TableCell::Fault(_) => true,
        TableCell::Text(text) => is_number(text) || says_nothing(text) || says_total(text),
        _ => false,
    };
    says_total(first) && filled.all(|(_, cell)| is_figure(cell))
}
