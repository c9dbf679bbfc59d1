//! What was understood of a table, told to people and programs: the sheet, the headings, the columns with their fields
//! and styles, the rows that are no features, and what is asked.

use super::cell::{TableRow, column_letters};
use super::cell_corrections::{CellCorrection, PickedPlace};
use super::column_layout::ColumnLayout;
use super::named_places::NamedPlaces;
use super::question::TableQuestion;
use super::sheet_table::{SheetEntry, SheetTable};
use super::table_note::TableNote;
use super::text_table::TextForm;
use crate::error::count_noun;
use serde_json::{Value as Json, json};
use std::collections::HashSet;
use std::sync::Arc;

/// What was understood of one table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TableUnderstanding {
    pub file: String,
    pub sheet: Option<String>,
    pub other_sheets: Vec<String>,
    /// All sheets of the workbook.
    pub sheets: Vec<SheetEntry>,
    /// `windows-1250, as in 'občina'; cells between semicolons`.
    pub form: Option<String>,
    pub encoding: Option<String>,
    /// A word with letters beyond ASCII, as it reads in this encoding.
    pub encoding_example: Option<String>,
    /// Rows of headings, from 1.
    pub heading_rows: Vec<u64>,
    pub merged_cells: usize,
    /// The first and the last row with a feature.
    pub data_rows: (u64, u64),
    pub features: u64,
    pub columns: Vec<ColumnSummary>,
    pub notes: Vec<TableNote>,
    pub questions: Vec<TableQuestion>,
}

/// What was understood of one column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ColumnSummary {
    pub column: usize,
    pub heading: String,
    /// The texts above it, the uppermost first.
    pub headings: Vec<String>,
    /// The field, or the part of a place; `None` when it is left out or not known.
    pub field: Option<String>,
    /// `sure`, `likely`, `none`; `None` for a new collection.
    pub confidence: Option<&'static str>,
    pub reason: Option<String>,
    pub style: Option<String>,
    /// The decimal sign of its numbers: `comma`.
    pub decimal: Option<&'static str>,
    /// `EUR` for amounts.
    pub unit: Option<&'static str>,
    pub cells: u64,
    pub example: Option<String>,
}

/// A table that is understood, and how its rows are read.
#[derive(Debug, Clone)]
pub struct UnderstoodTable {
    pub summary: TableUnderstanding,
    pub layout: ColumnLayout,
    pub rows: TableRowsSource,
    pub heading_last: u64,
    pub left_out: HashSet<u64>,
    /// Sentences on columns that may hold places, when none does.
    pub without_place: Option<Vec<String>>,
    pub blank_rows: u64,
    /// Places of rows that have none, by their names; `None` when they are not wanted.
    pub named_places: Option<NamedPlaces>,
    /// Corrections of cells of a text; those of a sheet are in its rows.
    pub corrections: Vec<CellCorrection>,
    /// Places of rows that were picked on a map.
    pub places: Vec<PickedPlace>,
    /// How many features a workbook had when it was exported for this collection.
    pub exported_features: Option<u64>,
}

/// Where the rows come from.
#[derive(Debug, Clone)]
pub enum TableRowsSource {
    Text(TextForm),
    Sheet(Arc<SheetTable>),
    /// The sheet is not chosen.
    None,
}

impl UnderstoodTable {
    /// Whether a row is a feature, and no heading, total or note.
    pub fn is_feature(&self, row: &TableRow) -> bool {
        row.number > self.heading_last && !row.is_blank() && !self.left_out.contains(&row.number)
    }
}

impl TableUnderstanding {
    #[must_use]
    pub fn to_json(&self) -> Json {
        let columns: Vec<Json> = self.columns.iter().map(ColumnSummary::to_json).collect();
        json!({
            "file": self.file,
            "sheet": self.sheet,
            "other_sheets": self.other_sheets,
            "encoding": self.encoding,
            "heading_rows": self.heading_rows,
            "merged_cells": self.merged_cells,
            "data_rows": [self.data_rows.0, self.data_rows.1],
            "features": self.features,
            "columns": columns,
            "notes": self.notes.iter().map(|note| note.sentence.as_str()).collect::<Vec<_>>(),
            "questions": self.questions.iter().map(TableQuestion::to_json).collect::<Vec<_>>(),
        })
    }

    /// What was understood, as lines.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![];
        let place =
            self.sheet.as_ref().map_or_else(|| self.file.clone(), |sheet| format!("{}, sheet '{sheet}'", self.file));
        let rows: Vec<String> = self.heading_rows.iter().map(u64::to_string).collect();
        let headings = match &rows[..] {
            [] => "no headings".to_owned(),
            [one] => format!("headings in row {one}"),
            several => format!("headings in rows {}", several.join(" and ")),
        };
        let data = match self.data_rows {
            (0, _) => "no rows".to_owned(),
            (first, last) => format!("{} in rows {first} to {last}", count_noun(self.features, "feature")),
        };
        if !self.columns.is_empty() {
            lines.push(format!("{place}: {headings}, {data}."));
        }
        lines.extend(self.form.iter().map(|form| format!("Text: {form}.")));
        lines.extend(self.columns.iter().filter(|c| c.cells > 0 || c.field.is_some()).map(ColumnSummary::to_line));
        lines.extend(self.notes.iter().map(|note| note.sentence.clone()));
        lines
    }
}

impl ColumnSummary {
    fn to_json(&self) -> Json {
        json!({
            "column": column_letters(self.column),
            "heading": self.heading,
            "field": self.field,
            "confidence": self.confidence,
            "reason": self.reason,
            "style": self.style,
            "cells": self.cells,
            "example": self.example,
        })
    }

    fn to_line(&self) -> String {
        let field = self.field.as_ref().map_or_else(|| "left out".to_owned(), |field| format!("'{field}'"));
        let confidence = self.confidence.map(|c| format!(" ({c})")).unwrap_or_default();
        let style = self.style.as_ref().map(|s| format!(", {s}")).unwrap_or_default();
        format!("Column {} '{}' is {field}{confidence}{style}.", column_letters(self.column), self.heading)
    }
}
