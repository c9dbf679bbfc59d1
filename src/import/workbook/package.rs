//! The archive that a workbook is: how large its parts are, and their text. Unpacks nothing that is larger than it says
//! or than the limit.

use super::sheet_choice::damaged;
use crate::error::{Error, Result};
use std::io::{Read, Seek};
use zip::ZipArchive;

/// The most bytes that the parts of a workbook may have, unpacked.
const MAX_UNPACKED: u64 = 512 << 20;
const MAX_ENTRIES: usize = 20_000;

/// Checks the parts whose names pass, and returns their bytes in sum.
///
/// # Errors
/// [`Error::TooLarge`] beyond the limit, [`Error::Refused`] when a part is larger than the directory says.
pub fn check_parts<R: Read + Seek>(zip: &mut ZipArchive<R>, is_read: impl Fn(&str) -> bool) -> Result<u64> {
    if zip.len() > MAX_ENTRIES {
        return Err(Error::TooLarge("The workbook has more than 20,000 parts. Save it again with fewer.".into()));
    }
    let mut total = 0_u64;
    let too_large = || Error::TooLarge("The workbook unpacks to more than 512 MB. Save its table as CSV.".into());
    for at in 0..zip.len() {
        let entry = zip.by_index_raw(at).map_err(|e| damaged(&e.to_string()))?;
        if entry.name().is_ok_and(|name| is_read(&name)) {
            total = total.saturating_add(entry.size());
        }
    }
    if total > MAX_UNPACKED {
        return Err(too_large());
    }
    for at in 0..zip.len() {
        let entry = zip.by_index(at).map_err(|e| damaged(&e.to_string()))?;
        if !entry.name().is_ok_and(|name| is_read(&name)) {
            continue;
        }
        let size = entry.size();
        let got =
            std::io::copy(&mut entry.take(size + 1), &mut std::io::sink()).map_err(|e| damaged(&e.to_string()))?;
        if got > size {
            return Err(damaged("a part is larger than its directory says"));
        }
    }
    Ok(total)
}

/// A part as text.
pub fn read_part<R: Read + Seek>(zip: &mut ZipArchive<R>, name: &str) -> Result<Option<Vec<u8>>> {
    let Some(at) = zip.index_for_name(name) else { return Ok(None) };
    let entry = zip.by_index(at).map_err(|e| damaged(&e.to_string()))?;
    let mut bytes = vec![];
    entry.take(MAX_UNPACKED).read_to_end(&mut bytes).map_err(|e| damaged(&e.to_string()))?;
    Ok(Some(bytes))
}
