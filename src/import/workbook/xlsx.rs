//! Office Open XML: cells by calamine, hidden rows and columns by the sheet's own text.

use super::package::{check_parts, read_part};
use super::sheet_builder::{SheetBuilder, is_table};
use super::sheet_choice::{SheetChoice, WorkbookInput, choose_sheet, damaged, encrypted};
use super::typed_cell::{convert_time, fault_name, shorten_instant};
use super::xml_attribute::attribute;
use crate::error::Result;
use crate::import::table::{MergedCells, SheetEntry, SheetTable, TableCell, json_number};
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use quick_xml::events::{BytesStart, Event};
use std::collections::HashMap;
use std::io::BufReader;

type Input<'a> = BufReader<&'a mut Box<dyn WorkbookInput>>;

pub fn read_xlsx(input: &mut Box<dyn WorkbookInput>, wanted: Option<&str>) -> Result<SheetChoice> {
    let mut zip = zip::ZipArchive::new(&mut *input).map_err(|e| damaged(&e.to_string()))?;
    let unpacked =
        check_parts(&mut zip, |name| name.to_lowercase().ends_with(".xml") || name.to_lowercase().ends_with(".rels"))?;
    let parts = sheet_parts(&mut zip)?;
    drop(zip);
    let mut book: Xlsx<Input> = Xlsx::new(BufReader::new(&mut *input)).map_err(|e| to_error(&e))?;
    let named: Vec<(String, bool)> = book
        .sheets_metadata()
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .map(|sheet| (sheet.name.clone(), sheet.visible != SheetVisible::Visible))
        .collect();
    let mut sheets = vec![];
    for (name, is_hidden) in named {
        let has_table = has_table(&mut book, &name)?;
        sheets.push(SheetEntry { name, is_hidden, has_table });
    }
    let Some(at) = choose_sheet(&sheets, wanted)? else { return Ok(SheetChoice::Several(sheets)) };
    let name = sheets[at].name.clone();
    let mut sheet = read_cells(&mut book, &name, unpacked)?;
    drop(book);
    if let Some(part) = parts.get(&name) {
        let mut zip = zip::ZipArchive::new(&mut *input).map_err(|e| damaged(&e.to_string()))?;
        mark_hidden(&read_part(&mut zip, part)?.unwrap_or_default(), &mut sheet)?;
    }
    sheet.other_sheets = sheets.iter().filter(|s| s.name != name).map(|s| s.name.clone()).collect();
    sheet.sheets = sheets;
    Ok(SheetChoice::Read(Box::new(sheet)))
}

fn to_error(e: &XlsxError) -> crate::error::Error {
    match e {
        XlsxError::Password => encrypted(),
        other => damaged(&other.to_string()),
    }
}

fn has_table(book: &mut Xlsx<Input>, name: &str) -> Result<bool> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| to_error(&e))?;
    let mut widths: Vec<(u32, usize)> = vec![];
    while let Some(cell) = cells.next_cell().map_err(|e| to_error(&e))? {
        if *cell.get_value() == DataRef::Empty {
            continue;
        }
        let row = cell.get_position().0;
        match widths.last_mut() {
            Some((last, count)) if *last == row => *count += 1,
            _ => widths.push((row, 1)),
        }
        if is_table(widths.iter().map(|(_, count)| *count)) {
            return Ok(true);
        }
        if widths.len() > 200 {
            break;
        }
    }
    Ok(false)
}

fn read_cells(book: &mut Xlsx<Input>, name: &str, unpacked: u64) -> Result<SheetTable> {
    let mut builder = SheetBuilder::new(name, unpacked);
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| to_error(&e))?;
    while let Some(cell) = cells.next_cell().map_err(|e| to_error(&e))? {
        let (row, column) = cell.get_position();
        builder.add(u64::from(row), column as usize, convert_cell(cell.get_value()))?;
    }
    Ok(builder.finish())
}

fn convert_cell(data: &DataRef<'_>) -> TableCell {
    match data {
        DataRef::Int(n) => TableCell::Number(*n as f64),
        DataRef::Float(f) if json_number(*f).is_some() => TableCell::Number(*f),
        DataRef::String(text) => TableCell::from_text(text),
        DataRef::SharedString(text) => TableCell::from_text(text),
        DataRef::Bool(flag) => TableCell::Flag(*flag),
        DataRef::DateTime(time) => convert_time(time),
        DataRef::DateTimeIso(text) => TableCell::Time(shorten_instant(text).into()),
        DataRef::DurationIso(text) => TableCell::from_text(text),
        DataRef::Error(e) => TableCell::Fault(fault_name(e)),
        DataRef::Float(_) | DataRef::Empty => TableCell::Empty,
    }
}

/// The parts of the sheets by their names.
fn sheet_parts<R: std::io::Read + std::io::Seek>(zip: &mut zip::ZipArchive<R>) -> Result<HashMap<String, String>> {
    let read = |zip: &mut zip::ZipArchive<R>, name: &str| {
        Ok::<_, crate::error::Error>(read_part(zip, name)?.unwrap_or_default())
    };
    let (book, links) = (read(zip, "xl/workbook.xml")?, read(zip, "xl/_rels/workbook.xml.rels")?);
    let mut targets = HashMap::new();
    for_each_element(&links, |name, e| {
        if name == "Relationship"
            && let (Some(id), Some(target)) = (attribute(e, "Id"), attribute(e, "Target"))
        {
            let target = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), ToOwned::to_owned);
            targets.insert(id, target);
        }
    })?;
    let mut parts = HashMap::new();
    for_each_element(&book, |name, e| {
        if name == "sheet"
            && let (Some(sheet), Some(id)) = (attribute(e, "name"), attribute(e, "r:id"))
            && let Some(target) = targets.get(&id)
        {
            parts.insert(sheet, target.clone());
        }
    })?;
    Ok(parts)
}

/// Hidden rows and columns, and merged cells, from the text of a sheet.
fn mark_hidden(part: &[u8], sheet: &mut SheetTable) -> Result<()> {
    let is_true = |value: Option<String>| value.is_some_and(|v| v == "1" || v == "true");
    let mut hidden = vec![];
    let (mut columns, mut merges, mut row) = (vec![], vec![], 0_u64);
    for_each_element(part, |name, e| match name {
        "row" => {
            row = attribute(e, "r").and_then(|r| r.parse().ok()).unwrap_or(row + 1);
            if is_true(attribute(e, "hidden")) && hidden.len() < 2_000_000 {
                hidden.push(row);
            }
        }
        "col" if is_true(attribute(e, "hidden")) => {
            let bound = |key| attribute(e, key).and_then(|n| n.parse::<usize>().ok());
            if let (Some(min), Some(max)) = (bound("min"), bound("max")) {
                columns
                    .extend((min.max(1)..=max.min(2000)).map(|c| c - 1).take(2000_usize.saturating_sub(columns.len())));
            }
        }
        "mergeCell" if merges.len() < 20_000 => merges.extend(attribute(e, "ref").and_then(|r| parse_merge(&r))),
        _ => {}
    })?;
    for number in hidden {
        if let Ok(at) = sheet.rows.binary_search_by_key(&number, |r| r.number) {
            sheet.rows[at].is_hidden = true;
            sheet.hidden_rows += 1;
        }
    }
    sheet.hidden_columns = columns;
    sheet.merges = merges;
    Ok(())
}

/// `B3:D4`
fn parse_merge(text: &str) -> Option<MergedCells> {
    let cell = |text: &str| {
        let split = text.find(|c: char| c.is_ascii_digit())?;
        let mut column = 0_usize;
        for b in text[..split].bytes() {
            column = column.checked_mul(26)?.checked_add(usize::from(b.to_ascii_uppercase().checked_sub(b'A')?) + 1)?;
        }
        Some((text[split..].parse::<u64>().ok()?.checked_sub(1)?, column.checked_sub(1)?))
    };
    let (a, b) = text.split_once(':')?;
    let ((top, left), (bottom, right)) = (cell(a)?, cell(b)?);
    (top <= bottom && left <= right).then_some(MergedCells { rows: (top, bottom), columns: (left, right) })
}

/// Calls back for every element that begins.
fn for_each_element(text: &[u8], mut each: impl FnMut(&str, &BytesStart<'_>)) -> Result<()> {
    let mut reader = quick_xml::Reader::from_reader(text);
    let mut buffer = vec![];
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(e) | Event::Empty(e)) => each(e.local_name().as_ref(), &e),
            Ok(Event::Eof) => return Ok(()),
            Err(e) => return Err(damaged(&e.to_string())),
            Ok(_) => {}
        }
        buffer.clear();
    }
}
