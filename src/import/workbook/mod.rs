//! Workbooks into sheets: XLSX, XLSM (whose macros are never run), XLS, ODS. Checks before it reads how much there is
//! to unpack, and keeps within ten times of that.

mod ods; // OpenDocument
mod package; // what is in the archive
mod sheet_builder; // rows within a limit
mod sheet_choice; // which sheet is read
mod typed_cell; // dates and errors of cells
mod xls; // the binary format
mod xlsx; // Office Open XML
mod xml_attribute; // attributes of elements

use crate::error::Result;
use std::io::SeekFrom;

pub use sheet_choice::{SheetChoice, WorkbookInput};

/// The formats of workbooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkbookFormat {
    Xlsx,
    Xls,
    Ods,
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

/// How many bytes a workbook unpacks to, as its directory says; for one that is no archive, how many it has.
///
/// # Errors
/// [`Error::Refused`](crate::error::Error::Refused) when it is damaged.
pub fn count_unpacked_bytes(mut input: Box<dyn WorkbookInput>) -> Result<u64> {
    let bytes = input.seek(SeekFrom::End(0)).map_err(|e| sheet_choice::damaged(&e.to_string()))?;
    let Ok(mut zip) = zip::ZipArchive::new(input) else { return Ok(bytes) };
    let sizes = (0..zip.len()).map(|at| zip.by_index_raw(at).map_or(0, |entry| entry.size()));
    Ok(sizes.fold(0, u64::saturating_add))
}

/// Reads the sheet with this name or number, or else the only one with a table.
///
/// # Errors
/// [`Error::Refused`] for a workbook that is encrypted or damaged, or has no such sheet; [`Error::TooLarge`] beyond the
/// limits.
pub fn read_workbook(
    mut input: Box<dyn WorkbookInput>,
    format: WorkbookFormat,
    wanted: Option<&str>,
) -> Result<SheetChoice> {
    // Libraries for old binary formats trust what they read.
    let read = std::panic::AssertUnwindSafe(|| match format {
        WorkbookFormat::Xlsx => xlsx::read_xlsx(&mut input, wanted),
        WorkbookFormat::Xls => xls::read_xls(&mut input, wanted),
        WorkbookFormat::Ods => ods::read_ods(&mut input, wanted),
    });
    std::panic::catch_unwind(read).unwrap_or_else(|_| Err(sheet_choice::damaged("its parts contradict each other")))
}
