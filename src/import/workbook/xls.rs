//! The binary format of old workbooks, by calamine. Its sheets have at most 65,536 rows of 256 columns.

use super::sheet_builder::{SheetBuilder, is_table};
use super::sheet_choice::{SheetChoice, WorkbookInput, choose_sheet, damaged, encrypted};
use super::typed_cell::{convert_time, fault_name, shorten_instant};
use crate::error::{Error, Result};
use crate::import::table::{MergedCells, SheetEntry, TableCell, json_number};
use calamine::{Data, Range, Reader, SheetType, SheetVisible, Xls, XlsError};
use std::io::{BufReader, Read, Seek, SeekFrom};

const MAX_BYTES: u64 = 128 << 20;

pub fn read_xls(input: &mut Box<dyn WorkbookInput>, wanted: Option<&str>) -> Result<SheetChoice> {
    let bytes = input.seek(SeekFrom::End(0)).map_err(|e| damaged(&e.to_string()))?;
    if bytes > MAX_BYTES {
        return Err(Error::TooLarge("The workbook is larger than 128 MB. Save its table as XLSX or CSV.".into()));
    }
    input.rewind().map_err(|e| damaged(&e.to_string()))?;
    if is_encrypted_package(input)? {
        return Err(encrypted());
    }
    let mut book: Xls<_> = Xls::new(BufReader::new(&mut *input)).map_err(|e| match e {
        XlsError::Password => encrypted(),
        other => damaged(&other.to_string()),
    })?;
    let metadata = book.sheets_metadata().to_vec();
    let mut sheets = vec![];
    for sheet in metadata.iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let range = book.worksheet_range(&sheet.name).unwrap_or_else(|_| Range::empty());
        let filled = |row: &[Data]| row.iter().filter(|cell| **cell != Data::Empty).count();
        let has_table = is_table(range.rows().take(200).map(filled));
        sheets.push(SheetEntry {
            name: sheet.name.clone(),
            is_hidden: sheet.visible != SheetVisible::Visible,
            has_table,
        });
    }
    let Some(at) = choose_sheet(&sheets, wanted)? else { return Ok(SheetChoice::Several(sheets)) };
    let name = sheets[at].name.clone();
    let range = book.worksheet_range(&name).map_err(|e| damaged(&e.to_string()))?;
    let mut builder = SheetBuilder::new(&name, bytes.max(MAX_BYTES));
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, data) in range.used_cells() {
        builder.add(u64::from(top) + row as u64, left as usize + column, convert_cell(data))?;
    }
    let mut table = builder.finish();
    let merges = book.merge_cells_by_sheet_name(&name).unwrap_or_default();
    let convert = |m: &calamine::Dimensions| MergedCells {
        rows: (u64::from(m.start.0), u64::from(m.end.0)),
        columns: (m.start.1 as usize, m.end.1 as usize),
    };
    table.merges = merges.iter().take(20_000).map(convert).collect();
    table.other_sheets = sheets.iter().filter(|s| s.name != name).map(|s| s.name.clone()).collect();
    table.sheets = sheets;
    Ok(SheetChoice::Read(Box::new(table)))
}

/// An encrypted XLSX is a file of this format, with a stream of that name in its directory.
fn is_encrypted_package(input: &mut Box<dyn WorkbookInput>) -> Result<bool> {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = vec![];
    input.take(MAX_BYTES).read_to_end(&mut bytes).map_err(|e| damaged(&e.to_string()))?;
    input.rewind().map_err(|e| damaged(&e.to_string()))?;
    Ok(bytes.windows(name.len()).any(|window| window == name))
}

fn convert_cell(data: &Data) -> TableCell {
    match data {
        Data::Int(n) => TableCell::Number(*n as f64),
        Data::Float(f) if json_number(*f).is_some() => TableCell::Number(*f),
        Data::String(text) => TableCell::from_text(text),
        Data::Bool(flag) => TableCell::Flag(*flag),
        Data::DateTime(time) => convert_time(time),
        Data::DateTimeIso(text) => TableCell::Time(shorten_instant(text).into()),
        Data::DurationIso(text) => TableCell::from_text(text),
        Data::Error(e) => TableCell::Fault(fault_name(e)),
        Data::Float(_) | Data::Empty => TableCell::Empty,
    }
}
