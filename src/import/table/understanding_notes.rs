//! Sentences on what was done with the rows and columns of a table that is not seen in its features.

use super::cell::column_letters;
use super::column_evidence::ColumnEvidence;
use super::column_layout::{ColumnLayout, ColumnRole};
use super::row_filter::RowReason;
use super::sheet_table::SheetTable;
use super::table_scan::ScannedTable;
use super::value_reading::ValueReading;
use crate::error::count_noun;

/// On rows that are no features, hidden ones, and filled cells. What an exported workbook hides itself is not told.
pub fn note_rows(scan: &ScannedTable, sheet: Option<&SheetTable>, is_export: bool) -> Vec<String> {
    let mut notes = vec![];
    for reason in [RowReason::Total, RowReason::Section, RowReason::Note, RowReason::RepeatedHeading] {
        let rows: Vec<&(u64, RowReason, String)> = scan.left_out.iter().filter(|(_, r, _)| *r == reason).collect();
        let what = reason.describe();
        match rows[..] {
            [] => {}
            [(number, _, text)] => notes.push(format!("Row {number} ('{text}') {what}. It was left out.")),
            [(number, _, text), ..] => {
                let count = rows.len();
                notes
                    .push(format!("{count} rows were left out, as each {what}; the first is row {number} ('{text}')."));
            }
        }
    }
    if scan.filled_down > 0 {
        notes.push(format!("{} filled from the merged cell above.", was_were(scan.filled_down, "cell")));
    }
    if let Some(sheet) = sheet {
        let hidden_rows = sheet.hidden_rows.saturating_sub(u64::from(is_export));
        if hidden_rows > 0 {
            notes.push(format!(
                "{} of the sheet {} hidden. They were read, too.",
                count_noun(hidden_rows, "row"),
                if hidden_rows == 1 { "is" } else { "are" }
            ));
        }
        let letters: Vec<String> =
            sheet.hidden_columns.iter().filter(|c| **c < scan.columns.len()).map(|c| column_letters(*c)).collect();
        if !letters.is_empty() && !is_export {
            notes.push(format!("Hidden columns were read, too: {}.", letters.join(", ")));
        }
        if !sheet.other_sheets.is_empty() && !is_export {
            notes.push(format!("Other sheets were not read: {}.", sheet.other_sheets.join(", ")));
        }
    }
    let faults: u64 = scan.columns.iter().map(|c| c.faults).sum();
    if faults > 0 {
        notes.push(format!("{} an error of a formula, such as #N/A, and became empty.", has_have(faults, "cell")));
    }
    notes
}

/// On columns of a new collection that stay text though their cells look like numbers or dates.
pub fn note_text_columns(names: &[String], columns: &[ColumnEvidence], layout: &ColumnLayout) -> Vec<String> {
    let mut notes = vec![];
    for ((name, column), role) in names.iter().zip(columns).zip(&layout.columns) {
        let ColumnRole::Property { reading: ValueReading::AsIs, .. } = role else { continue };
        let numeric = column.point.read.max(column.comma.read);
        let example = column.differing_example.as_deref().or(column.example.as_deref()).unwrap_or_default();
        let is_styled = column.point.plain < numeric;
        if column.texts > 0 && numeric == column.texts && is_styled {
            notes.push(format!("'{name}' stays text, as its numbers, such as '{example}', would not come back with the same characters."));
        } else if numeric * 2 > column.texts && column.texts > 0 && is_styled {
            notes.push(format!("'{name}' stays text, as not all its cells are numbers in one style."));
        } else if column.text_periods > 0 && column.dates() == column.cells() {
            notes.push(format!("'{name}' stays text, as its dates are not all days (such as '{example}')."));
        } else if column.short_years > 0 {
            notes.push(format!("'{name}' stays text, as its years have two digits."));
        }
    }
    notes
}

fn was_were(count: u64, noun: &str) -> String {
    format!("{} {}", count_noun(count, noun), if count == 1 { "was" } else { "were" })
}

fn has_have(count: u64, noun: &str) -> String {
    format!("{} {}", count_noun(count, noun), if count == 1 { "has" } else { "have" })
}
