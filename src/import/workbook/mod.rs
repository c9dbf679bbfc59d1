//! Workbooks into sheets: XLSX, XLSM (whose macros are never run), XLS, ODS. Checks before it reads how much there is to
//! unpack, and keeps within ten times of that.

mod ods; // OpenDocument
mod package; // what is in the archive
mod sheet_builder; // rows within a limit
mod xls; // the binary format
mod xlsx; // Office Open XML

use super::table::SheetTable;
use crate::error::{Error, Result};
use std::io::{Read, Seek};

/// A file that can be read from any place.
pub trait WorkbookInput: Read + Seek + Send {}
impl<R: Read + Seek + Send> WorkbookInput for R {}

/// The formats of workbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkbookFormat {
    Xlsx,
    Xls,
    Ods,
}

/// What a sheet is before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetEntry {
    pub name: String,
    pub is_hidden: bool,
    /// There are at least two rows of two cells.
    pub has_table: bool,
}

/// The sheet to read, or the sheets to choose from.
pub enum SheetChoice {
    Read(Box<SheetTable>),
    /// Several have tables.
    Several(Vec<SheetEntry>),
}

const CFB_MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// The format of a workbook that begins so; its name decides where the beginning does not.
pub fn detect_workbook(head: &[u8], name: &str) -> Option<WorkbookFormat> {
    let name = name.to_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|e| name.ends_with(e));
    let start = &head[..head.len().min(64 << 10)];
    let holds = |needle: &[u8]| start.windows(needle.len()).any(|window| window == needle);
    if head.starts_with(CFB_MAGIC) {
        return Some(WorkbookFormat::Xls);
    }
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    if holds(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet") || ends(&[".ods", ".fods"]) {
        return Some(WorkbookFormat::Ods);
    }
    let is_office = holds(b"xl/workbook") || holds(b"xl/_rels") || holds(b"xl/worksheets");
    (is_office || ends(&[".xlsx", ".xlsm", ".xltx"])).then_some(WorkbookFormat::Xlsx)
}

/// Reads the sheet with this name or number, or else the only one with a table.
///
/// # Errors
/// [`Error::Refused`] for a workbook that is encrypted or damaged, or has no such sheet; [`Error::TooLarge`] beyond the
/// limits.
pub fn read_workbook(mut input: Box<dyn WorkbookInput>, format: WorkbookFormat, wanted: Option<&str>) -> Result<SheetChoice> {
    // Libraries for old binary formats trust what they read.
    let read = std::panic::AssertUnwindSafe(|| match format {
        WorkbookFormat::Xlsx => xlsx::read_xlsx(&mut input, wanted),
        WorkbookFormat::Xls => xls::read_xls(&mut input, wanted),
        WorkbookFormat::Ods => ods::read_ods(&mut input, wanted),
    });
    std::panic::catch_unwind(read).unwrap_or_else(|_| Err(damaged("its parts contradict each other")))
}

/// The sheet that is meant, by its name or number.
fn choose_sheet(sheets: &[SheetEntry], wanted: Option<&str>) -> Result<Option<usize>> {
    let list = || sheets.iter().map(|s| format!("'{}'", s.name)).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        let folded = wanted.trim().to_lowercase();
        let by_name = sheets.iter().position(|s| s.name == wanted);
        let by_fold = || sheets.iter().position(|s| s.name.trim().to_lowercase() == folded);
        let by_number = || wanted.trim().parse::<usize>().ok().filter(|n| (1..=sheets.len()).contains(n)).map(|n| n - 1);
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

fn encrypted() -> Error {
    Error::Refused("The workbook is encrypted. Open it with its password, and save it without one.".into())
}

fn damaged(reason: &str) -> Error {
    Error::Refused(format!("The workbook is damaged ({reason}). Open it in a spreadsheet, and save it again."))
}
