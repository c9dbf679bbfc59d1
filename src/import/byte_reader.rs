//! A byte reader that knows its line and column, and that finds the end of a JSON value by its strings and brackets
//! alone.

use super::text_position::TextPosition;
use crate::error::{Error, Result};
use std::io::Read;

/// The longest text of one feature, in bytes.
pub const MAX_TEXT_BYTES: usize = 64 << 20;

const CHUNK_BYTES: usize = 256 << 10;

/// Buffered input.
pub struct ByteReader<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    /// Where the next byte is.
    position: TextPosition,
}

/// The size of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JsonExtent {
    /// How deep lists and objects are nested.
    pub depth: usize,
    /// Commas and opening brackets: an upper bound for the number of values.
    pub values: usize,
}

impl JsonExtent {
    /// The extent of the first JSON value in a text.
    pub fn measure(text: &[u8]) -> Self {
        let mut scanner = JsonScanner::default();
        scanner.scan(text);
        scanner.extent
    }
}

/// Why a value could not be taken.
#[derive(Debug)]
pub enum JsonScanError {
    /// The input ended within the value.
    Truncated,
    /// The value is longer than [`MAX_TEXT_BYTES`].
    TooLong,
    /// No value starts here; the byte found.
    UnexpectedByte(u8),
    Io(Error),
}

impl<R: Read> ByteReader<R> {
    pub fn new(input: R) -> Self {
        Self { input, buffer: vec![0; CHUNK_BYTES], at: 0, filled: 0, position: TextPosition::START }
    }

    pub fn line(&self) -> u64 {
        self.position.line
    }

    /// Where the next byte is.
    pub fn position(&self) -> TextPosition {
        self.position
    }

    /// The buffered bytes: at least one, unless the input is at its end.
    pub fn chunk(&mut self) -> Result<&[u8]> {
        while self.at == self.filled {
            match self.input.read(&mut self.buffer) {
                Ok(0) => return Ok(&[]),
                Ok(n) => (self.at, self.filled) = (0, n),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(read_error(&e)),
            }
        }
        Ok(&self.buffer[self.at..self.filled])
    }

    pub fn peek(&mut self) -> Result<Option<u8>> {
        Ok(self.chunk()?.first().copied())
    }

    pub fn skip(&mut self, count: usize) {
        self.position = self.position.after(&self.buffer[self.at..self.at + count]);
        self.at += count;
    }

    /// Skips white space (and, between texts, record separators); returns the byte after it.
    pub fn skip_whitespace(&mut self) -> Result<Option<u8>> {
        loop {
            let chunk = self.chunk()?;
            let blank = chunk.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count();
            let (ended, next) = (chunk.is_empty(), chunk.get(blank).copied());
            self.skip(blank);
            if ended || next.is_some() {
                return Ok(next);
            }
        }
    }

    /// Appends everything before the next `end` (not included, but skipped) or the end of input to `out`. Returns
    /// `false` when that is longer than [`MAX_TEXT_BYTES`]; the rest is then skipped too.
    pub fn take_until(&mut self, end: u8, out: &mut Vec<u8>) -> Result<bool> {
        let mut fits = true;
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(fits);
            }
            let found = chunk.iter().position(|b| *b == end);
            let count = found.unwrap_or(chunk.len());
            fits = fits && out.len() + count <= MAX_TEXT_BYTES;
            if fits {
                out.extend_from_slice(&chunk[..count]);
            }
            self.skip(count + usize::from(found.is_some()));
            if found.is_some() {
                return Ok(fits);
            }
        }
    }

    /// Appends the JSON value that starts at the next byte to `out`. Brackets are counted, not matched: the parser does
    /// that.
    pub fn take_value(&mut self, out: &mut Vec<u8>) -> Result<JsonExtent, JsonScanError> {
        let start = out.len();
        let mut scanner = JsonScanner::default();
        loop {
            let chunk = self.chunk().map_err(JsonScanError::Io)?;
            if chunk.is_empty() {
                return if scanner.scalar { Ok(scanner.extent) } else { Err(JsonScanError::Truncated) };
            }
            if out.len() == start && !starts_value(chunk[0]) {
                return Err(JsonScanError::UnexpectedByte(chunk[0]));
            }
            let (count, done) = scanner.scan(chunk);
            out.extend_from_slice(&chunk[..count]);
            self.skip(count);
            if done {
                return Ok(scanner.extent);
            }
            if out.len() - start > MAX_TEXT_BYTES {
                return Err(JsonScanError::TooLong);
            }
        }
    }
}

pub fn read_error(e: &std::io::Error) -> Error {
    Error::Refused(format!(
        "The file cannot be read to its end ({e}). If it is compressed, it may be damaged: download or export it again."
    ))
}

fn starts_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'{' | b'[' | b'"' | b'-' | b'+' | b'.')
}

/// The state of a scan over a value, from one chunk to the next.
#[derive(Default)]
struct JsonScanner {
    extent: JsonExtent,
    open: usize,
    in_string: bool,
    escaped: bool,
    /// A number or a word: ends where something else begins.
    scalar: bool,
}

impl JsonScanner {
    /// Scans a chunk; returns how many bytes belong to the value, and whether it ends there.
    fn scan(&mut self, chunk: &[u8]) -> (usize, bool) {
        let mut i = 0;
        while i < chunk.len() {
            let byte = chunk[i];
            if self.in_string {
                i = self.scan_string(chunk, i);
                if !self.in_string && self.open == 0 {
                    return (i, true);
                }
                continue;
            }
            if self.scalar {
                if matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                    return (i, true);
                }
                i += 1;
                continue;
            }
            i += 1;
            match BYTE_CLASSES[byte as usize] {
                ByteClass::Plain if self.open == 0 => self.scalar = true,
                ByteClass::Plain => {}
                ByteClass::Quote => self.in_string = true,
                ByteClass::Comma => self.extent.values += 1,
                ByteClass::Open => {
                    self.open += 1;
                    self.extent.values += 1;
                    self.extent.depth = self.extent.depth.max(self.open);
                }
                ByteClass::Close => {
                    self.open = self.open.saturating_sub(1);
                    if self.open == 0 {
                        return (i, true);
                    }
                }
            }
        }
        (i, false)
    }

    /// Scans to the end of a string or of the chunk.
    fn scan_string(&mut self, chunk: &[u8], mut i: usize) -> usize {
        while i < chunk.len() {
            let byte = chunk[i];
            i += 1;
            if self.escaped {
                self.escaped = false;
            } else if byte == b'\\' {
                self.escaped = true;
            } else if byte == b'"' {
                self.in_string = false;
                break;
            }
        }
        i
    }
}

#[derive(Clone, Copy)]
enum ByteClass {
    Plain,
    Quote,
    Comma,
    Open,
    Close,
}

const BYTE_CLASSES: [ByteClass; 256] = {
    let mut table = [ByteClass::Plain; 256];
    table[b'"' as usize] = ByteClass::Quote;
    table[b',' as usize] = ByteClass::Comma;
    table[b'[' as usize] = ByteClass::Open;
    table[b'{' as usize] = ByteClass::Open;
    table[b']' as usize] = ByteClass::Close;
    table[b'}' as usize] = ByteClass::Close;
    table
};
