//! The text of an XML document as UTF-8, without its byte order mark and, where it was in another encoding, without the
//! declaration that says so. Counts lines, and ends what is too long.

use crate::import::byte_reader::MAX_TEXT_BYTES;
use crate::import::decoding_reader::DecodingReader;
use crate::import::text_encoding::TextEncoding;
use encoding_rs::Encoding;
use std::io::{BufRead, BufReader, Read};

/// How much of a document may come before the end of its declaration.
const DECLARATION_BYTES: u64 = 1024;
const CHUNK_BYTES: usize = 64 << 10;

/// The document, line by line counted.
pub struct TextInput {
    input: BufReader<Box<dyn Read + Send>>,
    pub lines: u64,
    /// Bytes since the last event.
    event_bytes: usize,
}

impl TextInput {
    /// `said` is the encoding that the caller names.
    pub fn new(mut input: Box<dyn Read + Send>, said: Option<TextEncoding>) -> std::io::Result<Self> {
        let mut head = vec![];
        input.by_ref().take(DECLARATION_BYTES).read_to_end(&mut head)?;
        let web = TextEncoding::Web;
        let (encoding, skipped) = match (Encoding::for_bom(&head), said) {
            (Some((encoding, mark)), _) => (web(encoding), mark),
            (None, Some(said)) => (said, declaration_end(&head)),
            (None, None) => match declared_encoding(&head) {
                Some(encoding) if encoding != encoding_rs::UTF_8 => (web(encoding), declaration_end(&head)),
                _ => (TextEncoding::UTF_8, 0),
            },
        };
        let rest = std::io::Cursor::new(head.split_off(skipped)).chain(input);
        let text: Box<dyn Read + Send> = if encoding == TextEncoding::UTF_8 {
            Box::new(rest)
        } else {
            Box::new(DecodingReader::new(rest, encoding))
        };
        Ok(Self { input: BufReader::with_capacity(CHUNK_BYTES, text), lines: 1, event_bytes: 0 })
    }

    pub fn start_event(&mut self) {
        self.event_bytes = 0;
    }
}

impl Read for TextInput {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.fill_buf()?.read(buffer)?;
        self.consume(got);
        Ok(got)
    }
}

impl BufRead for TextInput {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        if self.event_bytes > MAX_TEXT_BYTES {
            return Err(std::io::Error::other("an element is longer than 64 MB"));
        }
        self.input.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let taken = &self.input.buffer()[..amount];
        self.lines += bytecount::count(taken, b'\n') as u64;
        self.event_bytes += amount;
        self.input.consume(amount);
    }
}

/// Where the text behind `<?xml …?>` begins; 0 without one.
fn declaration_end(head: &[u8]) -> usize {
    if !head.starts_with(b"<?xml") {
        return 0;
    }
    head.windows(2).position(|two| two == b"?>").map_or(0, |at| at + 2)
}

fn declared_encoding(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = std::str::from_utf8(&head[..declaration_end(head)]).ok()?;
    let value = declaration.split("encoding").nth(1)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}
