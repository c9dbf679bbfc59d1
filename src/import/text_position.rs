//! Lines and columns of a text, and where in it a JSON pointer leads.

use std::borrow::Cow;

/// A place in a text file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextPosition {
    /// From 1.
    pub line: u64,
    /// In characters, from 1.
    pub column: u64,
}

impl TextPosition {
    pub const START: Self = Self { line: 1, column: 1 };

    /// Where the text goes on behind these bytes.
    #[must_use]
    pub fn after(self, bytes: &[u8]) -> Self {
        let lines = bytecount::count(bytes, b'\n') as u64;
        if lines == 0 {
            return Self { column: self.column + count_characters(bytes), ..self };
        }
        let last = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        Self { line: self.line + lines, column: 1 + count_characters(&bytes[last..]) }
    }
}

fn count_characters(bytes: &[u8]) -> u64 {
    bytecount::num_chars(bytes) as u64
}

/// Where a parser's error is, in bytes.
#[must_use]
pub fn error_offset(text: &[u8], error: &serde_json::Error) -> usize {
    let line =
        text.split_inclusive(|b| *b == b'\n').take(error.line().saturating_sub(1)).map(<[u8]>::len).sum::<usize>();
    (line + error.column().saturating_sub(1)).min(text.len())
}

/// Where the string starts that ends at or before `end`.
#[must_use]
pub fn string_start(text: &[u8], end: usize) -> usize {
    let mut quotes = (0..=end.min(text.len().saturating_sub(1)))
        .rev()
        .filter(|at| text[*at] == b'"' && text[..*at].iter().rev().take_while(|b| **b == b'\\').count() % 2 == 0);
    quotes.next();
    quotes.next().unwrap_or(end)
}

/// Where in a JSON text the value starts that a pointer (RFC 6901) names, in bytes; as far as the pointer leads. Of
/// twin members the last one counts, as it does for parsers.
#[must_use]
pub fn locate_pointer(text: &[u8], pointer: &str) -> usize {
    let mut at = skip_whitespace(text, 0);
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let found = match text.get(at) {
            Some(b'{') => locate_member(text, at + 1, &step),
            Some(b'[') => step.parse().ok().and_then(|nth| locate_item(text, at + 1, nth)),
            _ => None,
        };
        match found {
            Some(next) => at = next,
            None => return at,
        }
    }
    at
}

fn locate_member(text: &[u8], mut at: usize, name: &str) -> Option<usize> {
    let mut found = None;
    loop {
        at = skip_whitespace(text, at);
        let end = match text.get(at) {
            Some(b'"') => skip_string(text, at),
            Some(b',') => {
                at += 1;
                continue;
            }
            _ => return found,
        };
        let is_wanted = read_string(&text[at..end]).is_some_and(|key| key == name);
        at = skip_whitespace(text, end);
        if text.get(at) != Some(&b':') {
            return found;
        }
        at = skip_whitespace(text, at + 1);
        if is_wanted {
            found = Some(at);
        }
        at = skip_value(text, at);
    }
}

fn locate_item(text: &[u8], mut at: usize, nth: usize) -> Option<usize> {
    for number in 0.. {
        at = skip_whitespace(text, at);
        if matches!(text.get(at), None | Some(b']')) {
            return None;
        }
        if number == nth {
            return Some(at);
        }
        at = skip_whitespace(text, skip_value(text, at));
        if text.get(at) != Some(&b',') {
            return None;
        }
        at += 1;
    }
    None
}

fn read_string(quoted: &[u8]) -> Option<Cow<'_, str>> {
    if quoted.contains(&b'\\') {
        return serde_json::from_slice(quoted).ok().map(Cow::Owned);
    }
    std::str::from_utf8(quoted.get(1..quoted.len().checked_sub(1)?)?).ok().map(Cow::Borrowed)
}

fn skip_whitespace(text: &[u8], at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r' | b'\n')).count()
}

/// Behind the string whose quote is here.
fn skip_string(text: &[u8], at: usize) -> usize {
    let mut escaped = false;
    for (i, byte) in text.iter().enumerate().skip(at + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    text.len()
}

/// Behind the value that starts here.
fn skip_value(text: &[u8], mut at: usize) -> usize {
    let mut open = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => at = skip_string(text, at),
            b'{' | b'[' => {
                open += 1;
                at += 1;
            }
            b'}' | b']' | b',' if open == 0 => return at,
            b'}' | b']' => {
                open -= 1;
                at += 1;
            }
            _ => at += 1,
        }
        if open == 0 && text.get(at - 1).is_some_and(|b| matches!(b, b'}' | b']' | b'"')) {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_leads_to_its_value() {
        let text = br#" {"a/b": [1, {"c\u00e9": "]}"}, [ 7 ,8]], "d": null, "d": 5 }"#;
        let at = |pointer: &str| std::str::from_utf8(&text[locate_pointer(text, pointer)..]).unwrap();
        for (pointer, rest) in [
            ("", "{\"a/b\""),
            ("/a~1b", "[1, {"),
            ("/a~1b/0", "1, {"),
            ("/a~1b/1/cé", "\"]}\"}"),
            ("/a~1b/2/1", "8]], \"d\""),
            ("/d", "5 }"),
            ("/e/f", "{\"a/b\""),
            ("/a~1b/9", "[1, {"),
        ] {
            assert!(at(pointer).starts_with(rest), "{pointer}: {}", at(pointer));
        }
        for end in 0..text.len() {
            assert!(locate_pointer(&text[..end], "/a~1b/2/1") <= end);
        }
    }

    #[test]
    fn columns_count_characters() {
        let start = TextPosition::START.after("é\n\nüx".as_bytes());
        assert_eq!(start, TextPosition { line: 3, column: 3 });
        assert_eq!(start.after(b"yz"), TextPosition { line: 3, column: 5 });
    }
}
