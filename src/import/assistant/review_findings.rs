//! What is wrong with rows, by row and cell, with the ways on that an answer opens.

use super::review_outcome::row_number;
use crate::import::finding::{FindingPlace, ImportFinding, ImportFindingKind};
use crate::import::table::{
    CellCorrection, ColumnRole, DecimalSign, TableRow, UnderstoodTable, ValueReading, column_letters, read_number,
};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The most findings of a review.
const MAX_FINDINGS: usize = 200;
/// The most findings that are kept, so that rows are marked.
const MAX_MARKED: usize = 5_000;

/// A finding at its row.
#[derive(Debug, Clone)]
pub struct RowFinding {
    pub row: u64,
    /// The column of a table, from 0.
    pub column: Option<usize>,
    pub sheet: Option<String>,
    pub kind: &'static str,
    pub message: String,
    /// It keeps nothing out.
    pub is_warning: bool,
}

/// The findings of a review, by row.
#[derive(Debug, Default)]
pub struct ReviewFindings {
    pub by_row: BTreeMap<u64, Vec<RowFinding>>,
    /// What is not about one row.
    pub of_file: Vec<ImportFinding>,
    pub total: u64,
}

impl ReviewFindings {
    /// The findings of a report; questions are none.
    pub fn collect(findings: &[ImportFinding], total: u64, table: Option<&UnderstoodTable>) -> Self {
        let mut own = Self { total, ..Self::default() };
        for finding in findings {
            if finding.kind == ImportFindingKind::Question {
                own.total = own.total.saturating_sub(1);
                continue;
            }
            match row_number(&finding.place, table.is_some()) {
                Some(row) => own.add(RowFinding {
                    row,
                    column: column_of(&finding.place, table),
                    sheet: finding.place.sheet.clone(),
                    kind: finding.kind.name(),
                    message: finding.message.clone(),
                    is_warning: finding.warning,
                }),
                None => own.of_file.push(finding.clone()),
            }
        }
        own
    }

    pub fn add(&mut self, finding: RowFinding) {
        if self.by_row.len() < MAX_MARKED {
            self.by_row.entry(finding.row).or_default().push(finding);
        }
    }

    /// The finding of a row that is shown: the first that keeps it out, or else the first.
    pub fn of_row(&self, row: u64) -> Option<&RowFinding> {
        let all = self.by_row.get(&row)?;
        all.iter().find(|finding| !finding.is_warning).or_else(|| all.first())
    }

    /// Whether a row is kept out.
    pub fn refuses(&self, row: u64) -> bool {
        self.by_row.get(&row).is_some_and(|all| all.iter().any(|finding| !finding.is_warning))
    }

    pub fn to_json(&self) -> Json {
        let of_file = self.of_file.iter().map(ImportFinding::to_json);
        let of_rows = self.by_row.values().flatten().map(RowFinding::to_json);
        of_file.chain(of_rows).take(MAX_FINDINGS).collect()
    }
}

impl RowFinding {
    /// The cell, as a spreadsheet names it.
    pub fn cell(&self) -> Option<String> {
        self.column.map(|column| format!("{}{}", column_letters(column), self.row))
    }

    fn to_json(&self) -> Json {
        json!({
            "row": self.row,
            "cell": self.cell(),
            "sheet": self.sheet,
            "kind": self.kind,
            "severity": if self.is_warning { "warning" } else { "error" },
            "message": self.message,
        })
    }

    /// The finding under its row of the preview, with what an answer can do.
    pub fn to_preview(&self, row: Option<&TableRow>, table: Option<&UnderstoodTable>) -> Json {
        let text = self.column.and_then(|at| row?.cells.get(at)).map(|cell| cell.to_text().into_owned());
        json!({
            "cell": self.cell(),
            "sheet": self.sheet,
            "kind": self.kind,
            "text": text,
            "sentence": self.message,
            "remedies": table.map(|table| self.find_remedies(text.as_deref(), table)).unwrap_or_default(),
        })
    }

    fn find_remedies(&self, text: Option<&str>, table: &UnderstoodTable) -> Vec<Json> {
        let Some(column) = self.column else { return vec![] };
        let sheet = self.sheet.as_ref().map(|sheet| format!("{sheet}!")).unwrap_or_default();
        let address = format!("{sheet}{}{}", column_letters(column), self.row);
        let correct = |text: Json| json!({"cells": {address.as_str(): text}});
        let unknown =
            || json!({"id": "unknown", "parameters": {}, "label": "Leave it unknown", "answer": correct(Json::Null)});
        match table.layout.columns.get(column) {
            Some(ColumnRole::Place(_)) => {
                let row = format!("{sheet}{}", self.row);
                vec![
                    json!({"id": "pick-place", "parameters": {}, "label": "Show the place on the map"}),
                    json!({"id": "no-place", "parameters": {}, "label": "Import it without a place", "answer": {"places": {row: null}}}),
                ]
            }
            Some(ColumnRole::Property { reading: ValueReading::Number(number), .. }) => {
                let take = text.and_then(|text| find_number(text, number.sign)).map(|(shown, written)| {
                    json!({"id": "take", "parameters": {"value": shown}, "label": format!("Take {shown}"), "answer": correct(written.into())})
                });
                take.into_iter().chain([unknown()]).collect()
            }
            Some(ColumnRole::Property { .. } | ColumnRole::Period(_)) => vec![unknown()],
            _ => vec![],
        }
    }
}

/// The only number in a text, in plain digits and as a cell of the column writes it.
fn find_number(text: &str, sign: DecimalSign) -> Option<(String, String)> {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',');
    let mut parts =
        text.split(|c| !is_part(c)).map(|part| part.trim_matches(['.', ','])).filter(|part| !part.is_empty());
    let (only, None) = (parts.next()?, parts.next()) else { return None };
    let literal = read_number(only, sign)?.literal;
    let written = if sign == DecimalSign::Comma { literal.replace('.', ",") } else { literal.clone() };
    Some((literal, written))
}

fn column_of(place: &FindingPlace, table: Option<&UnderstoodTable>) -> Option<usize> {
    let of_cell = place.cell.as_ref().and_then(|cell| CellCorrection::parse(cell, None)).map(|cell| cell.column);
    of_cell.or_else(|| table?.layout.column_of(&place.pointer).filter(|_| !place.pointer.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_number_of_a_text_can_be_taken() {
        let found = |text, sign| find_number(text, sign).map(|(shown, written)| format!("{shown} {written}"));
        assert_eq!(found("ca. 150.000,50 € (ocena)", DecimalSign::Comma).as_deref(), Some("150000.50 150000,50"));
        assert_eq!(found("about 1,500", DecimalSign::Point).as_deref(), Some("1500 1500"));
        assert_eq!(found("100-200", DecimalSign::Comma), None);
        assert_eq!(found("po dogovoru", DecimalSign::Comma), None);
    }
}
