//! A dBASE table: its heading, and its rows as bytes. Reads dBASE III to 7 and Visual FoxPro; memos are in another file
//! and are not read.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// The longest heading and row that the format has.
const MAX_HEADING_BYTES: usize = 1 << 16;
/// How much text with letters beyond ASCII decides the encoding.
const SAMPLE_BYTES: usize = 1 << 20;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbaseType {
    Text,
    Number,
    Logical,
    Day,
    /// Four bytes, and whether they are those of dBASE 7.
    Integer {
        is_level_7: bool,
    },
    Double {
        is_level_7: bool,
    },
    /// Ten thousandths in eight bytes.
    Currency,
    /// A day and the milliseconds of it.
    Instant {
        is_level_7: bool,
    },
}

/// A column.
#[derive(Debug, Clone)]
pub struct DbaseColumn {
    /// As bytes, as the encoding is found by the rows.
    pub raw_name: Vec<u8>,
    pub kind: DbaseType,
    pub start: usize,
    pub length: usize,
}

/// The heading of a table.
#[derive(Debug, Clone, Default)]
pub struct DbaseHeading {
    pub columns: Vec<DbaseColumn>,
    /// The letters of types that are not read, with the names of their columns.
    pub unread: Vec<(char, Vec<u8>)>,
    pub language: u8,
    pub rows: u64,
    heading_bytes: u64,
    row_bytes: usize,
}

/// The rows of a table.
pub struct DbaseReader {
    input: BufReader<File>,
    row: Vec<u8>,
    left: u64,
}

/// What comes next in a table.
#[derive(Debug, PartialEq, Eq)]
pub enum DbaseRow {
    Row,
    /// Marked as deleted.
    Deleted,
    End,
    /// The file ends before its last row.
    CutShort,
}

impl DbaseHeading {
    /// Reads the heading of a table.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, String> {
        let mut head = vec![];
        let file = File::open(path).map_err(|e| format!("The table cannot be opened ({e})."))?;
        file.take(MAX_HEADING_BYTES as u64)
            .read_to_end(&mut head)
            .map_err(|e| format!("The table cannot be read ({e})."))?;
        Self::parse(&head).ok_or_else(|| "The heading of the table (.dbf) is broken. Export the file again.".to_owned())
    }

    fn parse(head: &[u8]) -> Option<Self> {
        let word = |at: usize| Some(usize::from(u16::from_le_bytes([*head.get(at)?, *head.get(at + 1)?])));
        let (heading_bytes, row_bytes) = (word(8)?, word(10)?);
        let rows = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        let is_level_7 = head[0] & 7 == 4;
        let is_foxpro = matches!(head[0], 0x30..=0x32);
        let (first, step) = if is_level_7 { (68, 48) } else { (32, 32) };
        let mut heading =
            Self { language: *head.get(29)?, rows, heading_bytes: heading_bytes as u64, row_bytes, ..Self::default() };
        let (mut at, mut start) = (first, 1);
        while at + step <= heading_bytes.min(head.len()) && head[at] != 0x0d {
            let field = &head[at..at + step];
            let (name, letter, length, decimals) = if is_level_7 {
                (&field[..32], field[32], field[33], field[34])
            } else {
                (&field[..11], field[11], field[16], field[17])
            };
            let name = name.split(|b| *b == 0).next().unwrap_or_default().trim_ascii().to_vec();
            // Long text has the upper byte of its length where numbers have their decimals.
            let long = if letter == b'C' && !is_level_7 { usize::from(decimals) << 8 } else { 0 };
            let length = usize::from(length) + long;
            match column_type(letter, length, is_foxpro, is_level_7) {
                Some(kind) => heading.columns.push(DbaseColumn { raw_name: name, kind, start, length }),
                None if letter == b'0' => {}
                None => heading.unread.push((char::from(letter), name)),
            }
            start += length;
            at += step;
        }
        let is_whole = head.len() >= heading_bytes.min(MAX_HEADING_BYTES);
        (start <= row_bytes && row_bytes > 0 && heading_bytes > first && is_whole).then_some(heading)
    }

    /// Bytes of texts with letters beyond ASCII, a line each, and of the columns' names.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sample_text(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        let mut sample = vec![];
        for column in &self.columns {
            add_sample(&mut sample, &column.raw_name);
        }
        let mut reader = DbaseReader::open(path, self)?;
        let texts: Vec<&DbaseColumn> = self.columns.iter().filter(|c| c.kind == DbaseType::Text).collect();
        while sample.len() < SAMPLE_BYTES {
            match reader.next_row()? {
                DbaseRow::Row if !reader.row.is_ascii() => {
                    texts.iter().for_each(|column| add_sample(&mut sample, reader.cell(column)));
                }
                DbaseRow::Row | DbaseRow::Deleted => {}
                DbaseRow::End | DbaseRow::CutShort => break,
            }
        }
        Ok(sample)
    }
}

fn add_sample(sample: &mut Vec<u8>, text: &[u8]) {
    if !text.is_ascii() {
        sample.extend_from_slice(whole_letters(text));
        sample.push(b'\n');
    }
}

/// Without a UTF-8 letter at the end that the width of the column cut in two.
pub fn whole_letters(text: &[u8]) -> &[u8] {
    match std::str::from_utf8(text) {
        Err(e) if e.error_len().is_none() && !text[..e.valid_up_to()].is_ascii() => &text[..e.valid_up_to()],
        _ => text,
    }
}

fn column_type(letter: u8, length: usize, is_foxpro: bool, is_level_7: bool) -> Option<DbaseType> {
    Some(match (letter.to_ascii_uppercase(), length) {
        (b'C' | b'V', _) if letter != b'V' || is_foxpro => DbaseType::Text,
        (b'N' | b'F', _) => DbaseType::Number,
        (b'L', 1) => DbaseType::Logical,
        (b'D', 8) => DbaseType::Day,
        (b'I' | b'+', 4) => DbaseType::Integer { is_level_7 },
        (b'O', 8) => DbaseType::Double { is_level_7: true },
        (b'B', 8) if is_foxpro => DbaseType::Double { is_level_7: false },
        (b'Y', 8) => DbaseType::Currency,
        (b'T', 8) => DbaseType::Instant { is_level_7: false },
        (b'@', 8) => DbaseType::Instant { is_level_7: true },
        _ => return None,
    })
}

impl DbaseReader {
    pub fn open(path: &Path, heading: &DbaseHeading) -> std::io::Result<Self> {
        let mut input = BufReader::with_capacity(256 << 10, File::open(path)?);
        input.seek(SeekFrom::Start(heading.heading_bytes))?;
        Ok(Self { input, row: vec![0; heading.row_bytes], left: heading.rows })
    }

    /// Rows that the heading promises and that were not read.
    pub fn rows_left(&self) -> u64 {
        self.left
    }

    pub fn row_bytes(&self) -> u64 {
        self.row.len() as u64
    }

    pub fn next_row(&mut self) -> std::io::Result<DbaseRow> {
        if self.left == 0 {
            return Ok(DbaseRow::End);
        }
        match self.input.read_exact(&mut self.row) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(DbaseRow::CutShort),
            Err(e) => return Err(e),
        }
        self.left -= 1;
        Ok(match self.row[0] {
            b'*' => DbaseRow::Deleted,
            0x1a => DbaseRow::CutShort,
            _ => DbaseRow::Row,
        })
    }

    /// The bytes of a column in the row that was read last.
    pub fn cell(&self, column: &DbaseColumn) -> &[u8] {
        self.row.get(column.start..column.start + column.length).unwrap_or_default()
    }
}
