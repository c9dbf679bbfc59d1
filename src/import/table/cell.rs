//! The cells of a table, as a text or a workbook has them, and where they are. Reads nothing into them.

use serde_json::{Number, Value as Json};
use std::borrow::Cow;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum TableCell {
    Empty,
    Text(Box<str>),
    /// As the file holds it.
    Number(f64),
    /// `2026-03-01`, or `2026-03-01T10:00:00` in no zone.
    Time(Box<str>),
    Flag(bool),
    /// What a formula ends in: `#N/A`.
    Fault(&'static str),
}

/// One row of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRow {
    /// The row of the sheet, or the line of the text, from 1.
    pub number: u64,
    pub cells: Vec<TableCell>,
    pub is_hidden: bool,
}

impl TableCell {
    /// The cell of a text.
    pub fn from_text(text: &str) -> Self {
        if text.is_empty() { Self::Empty } else { Self::Text(text.into()) }
    }

    /// Whether there is nothing but blanks.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            _ => false,
        }
    }

    /// The text of a cell of text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The cell as a person would copy it, numbers with the shortest digits that return them.
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Empty => Cow::Borrowed(""),
            Self::Text(text) | Self::Time(text) => Cow::Borrowed(text),
            Self::Number(number) => json_number(*number).map_or(Cow::Borrowed(""), |n| Cow::Owned(n.to_string())),
            Self::Flag(flag) => Cow::Borrowed(if *flag { "true" } else { "false" }),
            Self::Fault(name) => Cow::Borrowed(name),
        }
    }

    /// The value, with text as it is.
    pub fn to_json(&self) -> Json {
        match self {
            Self::Empty | Self::Fault(_) => Json::Null,
            Self::Text(text) | Self::Time(text) => Json::from(&**text),
            Self::Number(number) => json_number(*number).map_or(Json::Null, Json::Number),
            Self::Flag(flag) => Json::Bool(*flag),
        }
    }
}

impl TableRow {
    pub fn is_blank(&self) -> bool {
        self.cells.iter().all(TableCell::is_blank)
    }

    /// The positions and cells that are not blank.
    pub fn filled(&self) -> impl Iterator<Item = (usize, &TableCell)> {
        self.cells.iter().enumerate().filter(|(_, cell)| !cell.is_blank())
    }
}

/// A double as JSON, whole where a double keeps every whole number; `None` for infinities.
pub fn json_number(number: f64) -> Option<Number> {
    let is_whole = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    if is_whole { Some((number as i64).into()) } else { Number::from_f64(number) }
}

/// The letters of a column: `A` for 0, `AB` for 27.
pub fn column_letters(column: usize) -> String {
    let mut letters = vec![];
    let mut rest = column + 1;
    while rest > 0 {
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_the_letters_of_a_spreadsheet() {
        for (column, letters) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA"), (16383, "XFD")] {
            assert_eq!(column_letters(column), letters);
        }
    }

    #[test]
    fn numbers_are_written_with_the_digits_that_return_them() {
        for (number, text) in [(5.0, "5"), (0.1, "0.1"), (-2.5, "-2.5"), (1e300, "1e+300"), (46.231_1, "46.2311")] {
            assert_eq!(TableCell::Number(number).to_text(), text);
        }
        assert_eq!(TableCell::Number(f64::NAN).to_json(), Json::Null);
    }
}
