//! Cells that the caller corrects after a look at the table, and places that are picked on a map. A correction stands
//! in for the cell wherever the table is read; it is of one file, and no recipe keeps it.

use super::cell::{TableCell, TableRow, column_letters};

/// The correction of one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellCorrection {
    /// `None` in a text.
    pub sheet: Option<String>,
    /// From 0.
    pub column: usize,
    /// The row of the sheet, or the line of the text, from 1.
    pub row: u64,
    /// What the cell should say; `None` leaves it empty.
    pub text: Option<String>,
}

/// The place of a row that was picked on a map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PickedPlace {
    /// The row of the sheet, or the line of the text, from 1.
    pub row: u64,
    /// `None` is no place.
    pub lonlat: Option<[f64; 2]>,
}

/// The most columns of a sheet.
const MAX_COLUMNS: usize = 16_384;

impl CellCorrection {
    /// The correction of the cell with this address: `Akcije!F14`, or `F14`.
    pub fn parse(address: &str, text: Option<String>) -> Option<Self> {
        let (sheet, cell) = match address.rsplit_once('!') {
            Some((sheet, cell)) => (Some(sheet.trim_matches('\'').to_owned()), cell),
            None => (None, address),
        };
        let digits = cell.find(|c: char| c.is_ascii_digit())?;
        let (letters, row) = cell.split_at(digits);
        if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|b| b.is_ascii_uppercase()) {
            return None;
        }
        let column = letters.bytes().fold(0, |sum, b| sum * 26 + usize::from(b - b'A') + 1);
        let row = row.parse().ok().filter(|row| *row > 0 && cell.len() <= 12)?;
        (column <= MAX_COLUMNS).then(|| Self { sheet, column: column - 1, row, text })
    }

    /// The address that it is read from.
    #[must_use]
    pub fn address(&self) -> String {
        let cell = format!("{}{}", column_letters(self.column), self.row);
        self.sheet.as_ref().map_or_else(|| cell.clone(), |sheet| format!("{sheet}!{cell}"))
    }

    fn is_of(&self, sheet: Option<&str>) -> bool {
        self.sheet.is_none() || self.sheet.as_deref() == sheet
    }
}

/// Corrects a row of a sheet, or of a text.
pub fn correct_row(row: &mut TableRow, sheet: Option<&str>, corrections: &[CellCorrection]) {
    for correction in corrections.iter().filter(|c| c.row == row.number && c.is_of(sheet)) {
        if row.cells.len() <= correction.column {
            row.cells.resize(correction.column + 1, TableCell::Empty);
        }
        row.cells[correction.column] = TableCell::from_text(correction.text.as_deref().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_named_as_a_spreadsheet_names_its_cell() {
        let parse = |address: &str| CellCorrection::parse(address, Some("5".into()));
        let found = parse("Akcije 2026!AB14").unwrap();
        assert_eq!((found.sheet.as_deref(), found.column, found.row), (Some("Akcije 2026"), 27, 14));
        assert_eq!(found.address(), "Akcije 2026!AB14");
        assert_eq!(parse("F3").unwrap().address(), "F3");
        for bad in ["", "F", "14", "f14", "F0", "F-1", "ABCD1", "XFE1", "F14x", "Akcije!", "F99999999999999"] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn a_correction_stands_in_for_its_cell_only() {
        let mut row = TableRow { number: 2, cells: vec![TableCell::from_text("a")], is_hidden: false };
        let all = ["A1", "Other!A2", "C2"].map(|a| CellCorrection::parse(a, Some("x".into())).unwrap());
        correct_row(&mut row, Some("Akcije"), &all);
        assert_eq!(row.cells, [TableCell::from_text("a"), TableCell::Empty, TableCell::from_text("x")]);
        correct_row(&mut row, None, &[CellCorrection::parse("A2", None).unwrap()]);
        assert!(row.cells[0].is_blank());
    }
}
