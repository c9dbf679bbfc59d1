//! Tables as text: one feature a row, with its place in the columns that [`csv_columns`](super::csv_columns) finds.
//! Reads what spreadsheets write (comma, semicolon or tab; quotes; a byte order mark; `sep=;`; blank rows). Refuses
//! decimal commas rather than guess.

use super::byte_reader::MAX_TEXT_BYTES;
use super::csv_cells::{self, add_place};
use super::csv_columns::{CsvColumn, CsvColumns, decide_columns};
use super::draft::FeatureDraft;
use super::element_scanner::ScanFault;
use super::finding::{FindingPlace, ImportFindingKind};
use super::row_reader::{RowOptions, RowReader, TableRemarks};
use crate::error::Result;
use crate::feature::{FaultKind, FeatureFault};
use csv::ByteRecord;
use serde_json::Value as Json;
use std::io::{BufReader, Chain, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// How much of a table decides what its columns hold.
const HEAD_BYTES: u64 = 256 << 10;
/// How many rows of that.
const HEAD_ROWS: usize = 1000;

/// The rows of a table.
pub struct CsvRows<R: Read> {
    reader: csv::Reader<RecordLimiter<BufReader<Chain<Cursor<Vec<u8>>, R>>>>,
    columns: CsvColumns,
    record: ByteRecord,
    progress: Arc<RecordProgress>,
    number: u64,
    lines: LineCounter,
    options: RowOptions,
    blank_rows: u64,
    /// The fault of the heading; reported once.
    heading_fault: Option<ScanFault>,
}

/// How far the input of the CSV reader was read.
#[derive(Default)]
pub struct RecordProgress {
    /// Bytes since the last row.
    pub record_bytes: AtomicUsize,
    pub ended: AtomicBool,
}

/// Ends the input when one record gets too long, as with a quote that is never closed.
pub struct RecordLimiter<R> {
    pub input: R,
    pub progress: Arc<RecordProgress>,
}

impl<R: Read> Read for RecordLimiter<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.progress.record_bytes.load(Ordering::Relaxed) > MAX_TEXT_BYTES {
            return Err(std::io::Error::other("a row is longer than 64 MB, perhaps because a quote is not closed"));
        }
        let n = self.input.read(buffer)?;
        self.progress.record_bytes.fetch_add(n, Ordering::Relaxed);
        self.progress.ended.fetch_or(n == 0, Ordering::Relaxed);
        Ok(n)
    }
}

impl<R: Read> CsvRows<R> {
    pub fn new(mut input: R, options: RowOptions) -> Result<Self> {
        let read_error = |e: std::io::Error| super::byte_reader::read_error(&e);
        let mut head = vec![];
        input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(read_error)?;
        let (delimiter, skipped) = detect_delimiter(&head);
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        let is_whole = (head.len() as u64) < HEAD_BYTES;
        let first_rows = read_first_rows(&builder, &head[skipped..], is_whole);
        let lines = LineCounter::new(&head, skipped);
        let mut start = Cursor::new(head);
        start.set_position(skipped as u64);
        let progress = Arc::<RecordProgress>::default();
        let input = BufReader::with_capacity(256 << 10, start.chain(input));
        let mut reader = builder.from_reader(RecordLimiter { input, progress: progress.clone() });
        let mut record = ByteRecord::new();
        reader.read_byte_record(&mut record).map_err(csv_error)?;
        let (columns, heading_fault) = match decide_columns(&record, &first_rows, options.declared_crs) {
            Ok(columns) => (columns, None),
            Err(message) => {
                let (kind, line) = (ImportFindingKind::Columns, lines.before + 1);
                let fault = ScanFault { kind, line, column: None, number: None, message, fatal: true, warning: false };
                (CsvColumns::default(), Some(fault))
            }
        };
        let mut rows =
            Self { reader, columns, record, progress, number: 0, lines, options, blank_rows: 0, heading_fault };
        rows.count_lines();
        Ok(rows)
    }

    fn count_lines(&mut self) -> u64 {
        let ended = self.progress.ended.load(Ordering::Relaxed);
        self.lines.count_record(&self.record, self.reader.position().line(), ended)
    }

    fn fill_draft(&self, draft: &mut FeatureDraft) {
        let (mut lon, mut lat) = ("", "");
        let (crs, lenient) = (self.options.declared_crs, self.options.lenient);
        for (cell, column) in self.record.iter().zip(&self.columns.columns) {
            let Ok(text) = std::str::from_utf8(cell) else {
                let message = "The row is not UTF-8. Save the table as 'CSV UTF-8'.";
                draft.faults.push((ImportFindingKind::Encoding, FeatureFault::new(FaultKind::WrongType, "", message)));
                return;
            };
            match column {
                CsvColumn::Lon => lon = text.trim(),
                CsvColumn::Lat => lat = text.trim(),
                CsvColumn::Pair { latitude_first } => {
                    add_place(draft, csv_cells::parse_pair(text.trim(), *latitude_first), lenient);
                }
                CsvColumn::Geometry => add_place(draft, csv_cells::parse_geometry(text, crs), lenient),
                CsvColumn::Property(name) => {
                    let value = if text.is_empty() { Json::Null } else { strip_formula_guard(text).into() };
                    draft.properties.insert(name.clone(), value);
                }
                CsvColumn::RowNumbers if text.trim().parse::<u64>().is_ok() => {}
                CsvColumn::Unnamed | CsvColumn::RowNumbers if text.trim().is_empty() => {}
                CsvColumn::Unnamed | CsvColumn::RowNumbers => {
                    let message = format!("'{text}' is in a column without a heading. Name the column, or empty it.");
                    draft
                        .faults
                        .push((ImportFindingKind::Columns, FeatureFault::new(FaultKind::WrongType, "", message)));
                }
            }
        }
        add_place(draft, csv_cells::parse_point(lon, lat), lenient);
    }
}

impl<R: Read> RowReader for CsvRows<R> {
    /// The next row that is not blank; `None` at the end.
    fn next_draft(&mut self) -> Result<Option<Result<FeatureDraft, ScanFault>>> {
        if let Some(fault) = self.heading_fault.take() {
            return Ok(Some(Err(fault)));
        }
        let columns = self.columns.columns.len();
        let line = loop {
            self.progress.record_bytes.store(0, Ordering::Relaxed);
            if columns == 0 || !self.reader.read_byte_record(&mut self.record).map_err(csv_error)? {
                return Ok(None);
            }
            let line = self.count_lines();
            if !self.record.as_slice().iter().all(u8::is_ascii_whitespace) {
                break line;
            }
            self.blank_rows += 1;
        };
        self.number += 1;
        let place = FindingPlace { line: Some(line), feature: Some(self.number), ..FindingPlace::default() };
        let mut draft = FeatureDraft { place, untyped: true, ..FeatureDraft::default() };
        if self.record.len() != columns {
            let message = format!(
                "The row has {} cells, the heading has {columns}. Put cells that contain the separator in quotes.",
                self.record.len(),
            );
            draft.faults.push((ImportFindingKind::Columns, FeatureFault::new(FaultKind::WrongType, "", message)));
            return Ok(Some(Ok(draft)));
        }
        self.fill_draft(&mut draft);
        Ok(Some(Ok(draft)))
    }

    fn table_remarks(&self) -> Option<TableRemarks> {
        Some(TableRemarks {
            without_place: (!self.columns.has_place).then(|| self.columns.candidates.clone()),
            notes: self.columns.notes.clone(),
            blank_rows: self.blank_rows,
        })
    }
}

/// The lines on which rows start. The CSV reader counts the end of a line that ends with a carriage return and a line
/// feed to the next row.
pub struct LineCounter {
    /// Lines before the input of the CSV reader.
    before: u64,
    ends_with_return: bool,
    /// Of the reader after the last row.
    last: u64,
}

impl LineCounter {
    pub fn new(head: &[u8], skipped: usize) -> Self {
        let before = bytecount::count(&head[..skipped], b'\n') as u64;
        let first_end = head.iter().position(|b| *b == b'\n');
        let ends_with_return = first_end.is_some_and(|at| at > 0 && head[at - 1] == b'\r');
        Self { before, ends_with_return, last: 1 }
    }

    /// The line on which the row starts that was just read; the reader is on line `now`, and may be at the end of a
    /// file whose last line has no end.
    pub fn count_record(&mut self, record: &ByteRecord, now: u64, ended: bool) -> u64 {
        let is_one_line = now == self.last + 1 && !ended;
        self.last = now;
        let inside = if is_one_line { 0 } else { bytecount::count(record.as_slice(), b'\n') as u64 };
        let end_is_counted = !self.ends_with_return && !ended;
        self.before + now - inside - u64::from(end_is_counted)
    }
}

/// The heading is not among them.
fn read_first_rows(builder: &csv::ReaderBuilder, head: &[u8], is_whole: bool) -> Vec<ByteRecord> {
    let mut rows: Vec<ByteRecord> =
        builder.from_reader(head).into_byte_records().skip(1).take(HEAD_ROWS).map_while(Result::ok).collect();
    if !is_whole && rows.len() < HEAD_ROWS {
        // The last one is probably cut off.
        rows.pop();
    }
    rows.retain(|row| !row.as_slice().iter().all(u8::is_ascii_whitespace));
    rows
}

/// Removes the quote before `=`, `+`, `-`, `@`, tab or return that keeps spreadsheets from running a cell as a formula.
pub fn strip_formula_guard(text: &str) -> &str {
    let bare = text.trim_start_matches('\'');
    if bare.len() < text.len() && bare.starts_with(['=', '+', '-', '@', '\t', '\r']) { &text[1..] } else { text }
}

/// The separator, and how many bytes come before the heading: a byte order mark and Excel's `sep=;` line.
pub fn detect_delimiter(head: &[u8]) -> (u8, usize) {
    let mark = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let text = &head[mark..];
    if text.len() > 5 && text[..4].eq_ignore_ascii_case(b"sep=") && matches!(text[5], b'\r' | b'\n') {
        let line = text.iter().position(|b| *b == b'\n').map_or(text.len(), |i| i + 1);
        return (text[4], mark + line);
    }
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text.iter().skip_while(|b| matches!(b, b'\r' | b'\n')) {
        if *byte == b'\n' && !quoted {
            break;
        }
        quoted ^= *byte == b'"';
        if !quoted {
            counts.iter_mut().filter(|c| c.0 == *byte).for_each(|c| c.1 += 1);
        }
    }
    let best = counts.iter().rev().max_by_key(|c| c.1).map_or(b',', |c| c.0);
    (best, mark)
}

pub fn csv_error(e: csv::Error) -> crate::error::Error {
    match e.into_kind() {
        csv::ErrorKind::Io(e) => super::byte_reader::read_error(&e),
        other => {
            crate::error::Error::invalid("", format!("The table cannot be read ({other:?}). Save it as CSV again."))
        }
    }
}
