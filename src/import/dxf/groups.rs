//! The groups of a DXF file: a code on one line, a value on the next, in the encoding that the drawing states.

use crate::error::{Error, Result};
use crate::import::byte_reader::{MAX_TEXT_BYTES, read_error};
use crate::import::text_encoding::TextEncoding;
use std::io::{BufRead, BufReader, Read};

/// A code and its value.
#[derive(Debug, Clone)]
pub struct DxfGroup {
    pub code: i32,
    /// Without blanks around it.
    pub raw: Vec<u8>,
}

/// One group after the other.
pub struct DxfGroups {
    input: BufReader<Box<dyn Read + Send>>,
    pub line: u64,
}

impl DxfGroups {
    pub fn new(input: Box<dyn Read + Send>) -> Self {
        Self { input: BufReader::with_capacity(256 << 10, input), line: 0 }
    }

    /// The next group; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Refused`] for a line that is no code, or that never ends.
    pub fn next_group(&mut self) -> Result<Option<DxfGroup>> {
        let Some(code) = self.read_line()? else { return Ok(None) };
        let code = code.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&code);
        if code.is_empty() && self.input.fill_buf().map_err(|e| read_error(&e))?.is_empty() {
            return Ok(None);
        }
        let number = std::str::from_utf8(code).ok().and_then(|text| text.parse().ok());
        let Some(code) = number else {
            let line = self.line;
            return Err(Error::Refused(format!("Line {line} is no group code of DXF. Export the drawing again.")));
        };
        let Some(raw) = self.read_line()? else { return Ok(None) };
        Ok(Some(DxfGroup { code, raw }))
    }

    fn read_line(&mut self) -> Result<Option<Vec<u8>>> {
        let mut line = vec![];
        let limit = MAX_TEXT_BYTES as u64;
        let got = self.input.by_ref().take(limit).read_until(b'\n', &mut line).map_err(|e| read_error(&e))?;
        self.line += 1;
        if got as u64 == limit {
            return Err(Error::Refused(format!("Line {} is longer than 64 MB.", self.line)));
        }
        Ok((got > 0).then(|| line.trim_ascii().to_vec()))
    }
}

impl DxfGroup {
    pub fn is(&self, code: i32, value: &str) -> bool {
        self.code == code && self.raw.eq_ignore_ascii_case(value.as_bytes())
    }

    /// A finite number.
    pub fn number(&self) -> Option<f64> {
        std::str::from_utf8(&self.raw).ok()?.parse().ok().filter(|n: &f64| n.is_finite())
    }

    pub fn flags(&self) -> i64 {
        self.number().map_or(0, |n| n as i64)
    }

    /// The text with its escapes (`\U+010D`, `%%d`) resolved; `None` when it is not in the encoding.
    pub fn text(&self, encoding: TextEncoding) -> Option<String> {
        encoding.decode(&self.raw).map(|text| resolve_escapes(&text))
    }
}

fn resolve_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\\', '%']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let code = rest.get(3..7).filter(|_| rest.starts_with("\\U+")).and_then(|h| u32::from_str_radix(h, 16).ok());
        let (taken, resolved) = match (code.and_then(char::from_u32), rest.get(..3)) {
            (Some(c), _) => (7, c),
            (None, Some("%%d" | "%%D")) => (3, '°'),
            (None, Some("%%p" | "%%P")) => (3, '±'),
            (None, Some("%%c" | "%%C")) => (3, '⌀'),
            _ => (1, rest.chars().next().unwrap_or('\\')),
        };
        out.push(resolved);
        rest = &rest[taken..];
    }
    out + rest
}

/// The text of an MTEXT without its codes for fonts, colours and heights; `\P` ends a line.
pub fn strip_formatting(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '{' | '}' => {}
            '\\' => match chars.next() {
                Some('P') => out.push('\n'),
                Some('~') => out.push('\u{a0}'),
                Some(escaped @ ('\\' | '{' | '}')) => out.push(escaped),
                Some('f' | 'F' | 'H' | 'W' | 'Q' | 'T' | 'A' | 'C' | 'c' | 'p') => {
                    for skipped in chars.by_ref() {
                        if skipped == ';' {
                            break;
                        }
                    }
                }
                // A fraction: its two numbers.
                Some('S') => out.extend(
                    chars.by_ref().take_while(|c| *c != ';').map(|c| if c == '^' || c == '#' { '/' } else { c }),
                ),
                Some('L' | 'l' | 'O' | 'o' | 'K' | 'k' | 'N' | 'X') | None => {}
                Some(other) => out.extend(['\\', other]),
            },
            c => out.push(c),
        }
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_formatting_become_the_text_that_is_seen() {
        assert_eq!(resolve_escapes(r"Kova\U+010Di\U+010D %%d 50% \x"), "Kovačič ° 50% \\x");
        assert_eq!(
            strip_formatting(r"{\fArial|b0|i0;Glavni} \Ptrg\~1 \H2.5x;a\\b \S1/2;"),
            "Glavni \ntrg\u{a0}1 a\\b 1/2"
        );
        assert_eq!(resolve_escapes("\\U+zz"), "\\U+zz");
    }
}
