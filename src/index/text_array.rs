//! Strings in one buffer, with flags that make writing them as JSON fast. Never changes a string.

use super::slot::SourceSlot;
use std::io::Write as _;

/// Strings or nulls, by position.
#[derive(Default)]
pub(crate) struct TextArray {
    buffer: String,
    /// The end of each string in the buffer, with flags in the upper bits.
    ends: Vec<u64>,
}

const ESCAPED_FLAG: u64 = 1 << 63;
const NULL_FLAG: u64 = 1 << 62;
const END_MASK: u64 = NULL_FLAG - 1;

impl TextArray {
    pub fn push(&mut self, text: Option<&str>) {
        let flags = match text {
            None => NULL_FLAG,
            Some(t) if t.bytes().any(needs_escape) => ESCAPED_FLAG,
            Some(_) => 0,
        };
        self.buffer.push_str(text.unwrap_or_default());
        self.ends.push(self.buffer.len() as u64 | flags);
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The string at this position; `None` for null.
    pub fn get(&self, at: usize) -> Option<&str> {
        let end = self.ends[at];
        (end & NULL_FLAG == 0).then(|| &self.buffer[self.start_of(at)..(end & END_MASK) as usize])
    }

    /// The string at this position; empty for null.
    pub fn text_at(&self, at: usize) -> &str {
        &self.buffer[self.start_of(at)..(self.ends[at] & END_MASK) as usize]
    }

    /// Appends the string in quotes, or `null`.
    pub fn write_json(&self, at: usize, out: &mut Vec<u8>) {
        let end = self.ends[at];
        let text = &self.buffer.as_bytes()[self.start_of(at)..(end & END_MASK) as usize];
        if end & (ESCAPED_FLAG | NULL_FLAG) == 0 {
            out.push(b'"');
            out.extend_from_slice(text);
            out.push(b'"');
        } else if end & NULL_FLAG != 0 {
            out.extend_from_slice(b"null");
        } else {
            write_json_string(self.text_at(at), out);
        }
    }

    /// The picked strings of several sources, in the order of the picks.
    pub fn gather_slots(sources: &[&Self], picks: &[SourceSlot]) -> Self {
        let bytes = picks.iter().map(|p| sources[p.source as usize].len_at(p.slot as usize)).sum();
        let mut texts = Self { buffer: String::with_capacity(bytes), ends: Vec::with_capacity(picks.len()) };
        for p in picks {
            let (source, at) = (sources[p.source as usize], p.slot as usize);
            texts.buffer.push_str(source.text_at(at));
            texts.ends.push(texts.buffer.len() as u64 | (source.ends[at] & !END_MASK));
        }
        texts
    }

    fn start_of(&self, at: usize) -> usize {
        if at == 0 { 0 } else { (self.ends[at - 1] & END_MASK) as usize }
    }

    fn len_at(&self, at: usize) -> usize {
        (self.ends[at] & END_MASK) as usize - self.start_of(at)
    }
}

fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends a string in quotes, escaped by RFC 8259.
pub(crate) fn write_json_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if !needs_escape(byte) {
            continue;
        }
        out.extend_from_slice(&bytes[written..at]);
        written = at + 1;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => write!(out, "\\u{byte:04x}").expect("writing to a Vec does not fail"),
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}
