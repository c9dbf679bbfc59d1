//! Which sheet of a workbook is read: the one that is named, or the only one with a table. Reads no file.

use crate::error::{Error, Result};
use crate::import::table::{SheetEntry, SheetTable};
use std::io::{Read, Seek};

/// A file that can be read from any place.
pub trait WorkbookInput: Read + Seek + Send {}
impl<R: Read + Seek + Send> WorkbookInput for R {}

/// The sheet to read, or the sheets to choose from.
pub enum SheetChoice {
    Read(Box<SheetTable>),
    /// Several have tables.
    Several(Vec<SheetEntry>),
}

/// The sheet that is meant, by its name or number.
pub fn choose_sheet(sheets: &[SheetEntry], wanted: Option<&str>) -> Result<Option<usize>> {
    let list = || sheets.iter().map(|s| format!("'{}'", s.name)).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let folded = wanted.trim().to_lowercase();
        let by_name = sheets.iter().position(|s| s.name == wanted);
        let by_fold = || sheets.iter().position(|s| s.name.trim().to_lowercase() == folded);
        let by_number =
            || wanted.trim().parse::<usize>().ok().filter(|n| (1..=sheets.len()).contains(n)).map(|n| n - 1);
        return by_name.or_else(by_fold).or_else(by_number).map(Some).ok_or_else(|| {
            Error::invalid("--sheet", format!("The workbook has no sheet '{wanted}'. It has: {}.", list()))
        });
    }
    let mut tables = sheets.iter().enumerate().filter(|(_, s)| s.has_table && !s.is_hidden).map(|(at, _)| at);
    match (tables.next(), tables.next()) {
        (Some(only), None) => Ok(Some(only)),
        (Some(_), Some(_)) => Ok(None),
        (None, _) => {
            let hidden = sheets.iter().any(|s| s.has_table && s.is_hidden);
            let hint = if hidden { " A hidden sheet has one: name it with --sheet." } else { "" };
            let message = format!("No sheet of the workbook has a table with headings and rows ({}).{hint}", list());
            Err(Error::Refused(message))
        }
    }
}

pub fn encrypted() -> Error {
    Error::Refused("The workbook is encrypted. Open it with its password, and save it without one.".into())
}

pub fn damaged(reason: &str) -> Error {
    Error::Refused(format!("The workbook is damaged ({reason}). Open it in a spreadsheet, and save it again."))
}
