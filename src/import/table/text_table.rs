//! A table as text: its encoding and its separator, found by its first rows, and its rows, one after the other. Keeps
//! no row.

use super::cell::{TableCell, TableRow};
use crate::error::Result;
use crate::import::byte_reader::read_error;
use crate::import::csv::{LineCounter, RecordLimiter, RecordProgress, csv_error, strip_formula_guard};
use crate::import::decoding_reader::DecodingReader;
use crate::import::text_detection::{DetectedEncoding, detect_encoding};
use crate::import::text_encoding::TextEncoding;
use csv::ByteRecord;
use std::io::{BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// How much of a text decides its form.
pub const HEAD_BYTES: u64 = 256 << 10;
/// How many of its rows.
const HEAD_RECORDS: usize = 200;

/// The form of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextForm {
    pub encoding: TextEncoding,
    /// How the encoding was found; `None` when the caller named it.
    pub detected: Option<DetectedEncoding>,
    pub delimiter: u8,
}

impl TextForm {
    /// The form of a text that begins so.
    pub fn detect(head: &[u8], named: Option<TextEncoding>) -> Self {
        let detected = if named.is_some() { None } else { Some(detect_encoding(head, None)) };
        let encoding = named.or_else(|| detected.as_ref().map(|d| d.encoding)).unwrap_or(TextEncoding::UTF_8);
        let mut text = String::new();
        // Text in memory is read without a fault; a last character that is cut off is replaced.
        let _ = DecodingReader::new(head, encoding).read_to_string(&mut text);
        Self { encoding, detected, delimiter: find_delimiter(text.as_bytes()) }
    }

    /// What separates the cells, in words.
    pub fn delimiter_name(&self) -> &'static str {
        match self.delimiter {
            b';' => "semicolons",
            b'\t' => "tabs",
            b'|' => "bars",
            _ => "commas",
        }
    }
}

/// The separator by which most rows have as many cells; a line `sep=;` says it.
fn find_delimiter(text: &[u8]) -> u8 {
    if let Some([separator @ (b',' | b';' | b'\t' | b'|'), ..]) = text.strip_prefix(b"sep=") {
        return *separator;
    }
    let score = |delimiter: u8| {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(delimiter).flexible(true).has_headers(false);
        let widths: Vec<usize> = builder
            .from_reader(text)
            .into_byte_records()
            .map_while(Result::ok)
            .take(HEAD_RECORDS)
            .map(|record| record.len())
            .filter(|width| *width > 0)
            .collect();
        let mut best = (0, 0);
        for width in widths.iter().filter(|w| **w > 1) {
            let rows = widths.iter().filter(|w| *w == width).count();
            best = best.max((rows * 1000 / widths.len(), *width));
        }
        // The share of rows that agree counts; among equals, more cells.
        best
    };
    let scored = [b',', b';', b'\t', b'|'].map(|delimiter| (score(delimiter), delimiter));
    scored.iter().filter(|((rows, _), _)| *rows > 0).max_by_key(|(score, _)| *score).map_or(b',', |(_, sign)| *sign)
}

/// The rows of a text, blank ones too.
pub struct TextRows {
    reader: csv::Reader<RecordLimiter<BufReader<DecodingReader<Box<dyn Read + Send>>>>>,
    record: ByteRecord,
    progress: Arc<RecordProgress>,
    lines: LineCounter,
    is_first: bool,
}

impl TextRows {
    /// `input` is the text from its start.
    pub fn new(mut input: Box<dyn Read + Send>, form: &TextForm) -> Result<Self> {
        let mut head = vec![];
        input.by_ref().take(64 << 10).read_to_end(&mut head).map_err(|e| read_error(&e))?;
        let text = form.encoding.decode_lossy(&head);
        let lines = LineCounter::new(text.as_bytes(), 0);
        let input: Box<dyn Read + Send> = Box::new(Cursor::new(head).chain(input));
        let input = BufReader::with_capacity(256 << 10, DecodingReader::new(input, form.encoding));
        let progress = Arc::<RecordProgress>::default();
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(form.delimiter).flexible(true).has_headers(false);
        let reader = builder.from_reader(RecordLimiter { input, progress: progress.clone() });
        Ok(Self { reader, record: ByteRecord::new(), progress, lines, is_first: true })
    }

    fn read_row(&mut self) -> Result<Option<TableRow>> {
        loop {
            self.progress.record_bytes.store(0, Ordering::Relaxed);
            if !self.reader.read_byte_record(&mut self.record).map_err(csv_error)? {
                return Ok(None);
            }
            let ended = self.progress.ended.load(Ordering::Relaxed);
            let number = self.lines.count_record(&self.record, self.reader.position().line(), ended);
            let is_separator_line = self.record.get(0).is_some_and(|cell| cell.starts_with(b"sep="));
            if std::mem::take(&mut self.is_first) && is_separator_line {
                continue;
            }
            // The decoder writes UTF-8.
            let cell = |cell: &[u8]| TableCell::from_text(strip_formula_guard(&String::from_utf8_lossy(cell)));
            return Ok(Some(TableRow { number, cells: self.record.iter().map(cell).collect(), is_hidden: false }));
        }
    }
}

impl Iterator for TextRows {
    type Item = Result<TableRow>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_row().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_one_by_which_rows_agree() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", b','),
            ("Načrt, mesto Celje;;\na;b;c\n1,5;2,5;x\n2,5;3,5;y\n", b';'),
            ("a\tb\n1,5\t2\n", b'\t'),
            ("a|b|c\n1|2|3\n", b'|'),
            ("sep=|\na,b|c\n", b'|'),
            ("a;b\n\"x;y\";1,2\n", b';'),
            ("name\nx\n", b','),
            (
                "id,wkt\na,\"POLYGON ((0 0, 9 0, 9 9, 0 0),\n\t\t(1 1, 2 1, 2 2, 1 1),\n\t\t(3 3, 4 3, 4 4, 3 3))\"\n",
                b',',
            ),
        ] {
            assert_eq!(find_delimiter(text.as_bytes()), delimiter, "{text}");
        }
    }
}
