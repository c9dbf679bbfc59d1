//! Sentences on what was done with the rows and columns of a table that is not seen in its features.

use super::cell::column_letters;
use super::column_evidence::ColumnEvidence;
use super::column_layout::{ColumnLayout, ColumnRole};
use super::row_filter::RowReason;
use super::sheet_table::SheetTable;
use super::table_note::TableNote;
use super::table_scan::ScannedTable;
use super::value_reading::ValueReading;
use crate::error::count_noun;
use serde_json::json;

/// On rows that are no features, hidden ones, and filled cells. What an exported workbook hides itself is not told.
pub fn note_rows(scan: &ScannedTable, sheet: Option<&SheetTable>, is_export: bool) -> Vec<TableNote> {
    let mut notes = vec![];
    for reason in [RowReason::Total, RowReason::Section, RowReason::Note, RowReason::RepeatedHeading] {
        let rows: Vec<&(u64, RowReason, String)> = scan.left_out.iter().filter(|(_, r, _)| *r == reason).collect();
        let what = reason.describe();
        match rows[..] {
            [] => {}
            [(number, _, text)] => {
                let sentence = format!("Row {number} ('{text}') {what}. It was left out.");
                notes.push(TableNote::new("left-out-rows", sentence, json!({"rows": 1, "row": number, "text": text})));
            }
            [(number, _, text), ..] => {
                let count = rows.len();
                let sentence =
                    format!("{count} rows were left out, as each {what}; the first is row {number} ('{text}').");
                let parameters = json!({"rows": count, "row": number, "text": text});
                notes.push(TableNote::new("left-out-rows", sentence, parameters));
            }
        }
    }
    if scan.filled_down > 0 {
        let sentence = format!("{} filled from the merged cell above.", was_were(scan.filled_down, "cell"));
        notes.push(TableNote::new("filled-cells", sentence, json!({"cells": scan.filled_down})));
    }
    if let Some(sheet) = sheet {
        let hidden_rows = sheet.hidden_rows.saturating_sub(u64::from(is_export));
        if hidden_rows > 0 {
            let sentence = format!(
                "{} of the sheet {} hidden. They were read, too.",
                count_noun(hidden_rows, "row"),
                if hidden_rows == 1 { "is" } else { "are" }
            );
            notes.push(TableNote::new("hidden-rows", sentence, json!({"rows": hidden_rows})));
        }
        let letters: Vec<String> =
            sheet.hidden_columns.iter().filter(|c| **c < scan.columns.len()).map(|c| column_letters(*c)).collect();
        if !letters.is_empty() && !is_export {
            let letters = letters.join(", ");
            let sentence = format!("Hidden columns were read, too: {letters}.");
            notes.push(TableNote::new("hidden-columns", sentence, json!({"columns": letters})));
        }
        if !sheet.other_sheets.is_empty() && !is_export {
            let others = sheet.other_sheets.join(", ");
            let sentence = format!("Other sheets were not read: {others}.");
            notes.push(TableNote::new("other-sheets", sentence, json!({"sheets": others})));
        }
    }
    let faults: u64 = scan.columns.iter().map(|c| c.faults).sum();
    if faults > 0 {
        let sentence = format!("{} an error of a formula, such as #N/A, and became empty.", has_have(faults, "cell"));
        notes.push(TableNote::new("formula-errors", sentence, json!({"cells": faults})));
    }
    notes
}

/// On columns of a new collection that stay text though their cells look like numbers or dates.
pub fn note_text_columns(names: &[String], columns: &[ColumnEvidence], layout: &ColumnLayout) -> Vec<TableNote> {
    let mut notes = vec![];
    let mut tell = |heading: &str, sentence: String| {
        notes.push(TableNote::new("stays-text", sentence, json!({"heading": heading})));
    };
    for ((name, column), role) in names.iter().zip(columns).zip(&layout.columns) {
        let ColumnRole::Property { reading: ValueReading::AsIs, .. } = role else { continue };
        let numeric = column.point.read.max(column.comma.read);
        let example = column.differing_example.as_deref().or(column.example.as_deref()).unwrap_or_default();
        let is_styled = column.point.plain < numeric;
        if column.texts > 0 && numeric == column.texts && is_styled {
            tell(
                name,
                format!(
                    "'{name}' stays text, as its numbers, such as '{example}', would not come back with the same characters."
                ),
            );
        } else if numeric * 2 > column.texts && column.texts > 0 && is_styled {
            tell(name, format!("'{name}' stays text, as not all its cells are numbers in one style."));
        } else if column.text_periods > 0 && column.dates() == column.cells() {
            tell(name, format!("'{name}' stays text, as its dates are not all days (such as '{example}')."));
        } else if column.short_years > 0 {
            tell(name, format!("'{name}' stays text, as its years have two digits."));
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
