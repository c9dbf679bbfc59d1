//! The tree of a well-known text of a reference system: `KEYWORD["name",1.5,CHILD[…]]`, of version 1 (OGC, ESRI) or 2.

/// The longest text; a definition has a few thousand characters.
const MAX_BYTES: usize = 64 << 10;
const MAX_DEPTH: usize = 24;

/// One `KEYWORD[…]`, with what is in its brackets.
#[derive(Debug, Default)]
pub struct WktNode {
    /// In capitals.
    pub keyword: String,
    pub texts: Vec<String>,
    pub numbers: Vec<f64>,
    pub children: Vec<WktNode>,
}

impl WktNode {
    /// `None` when the text is not of this form.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut parser = WktParser { text: text.as_bytes(), at: 0 };
        (text.len() <= MAX_BYTES).then(|| parser.parse_node(0)).flatten()
    }

    /// The first child with one of these keywords.
    pub fn child(&self, keywords: &[&str]) -> Option<&Self> {
        self.children.iter().find(|child| keywords.contains(&child.keyword.as_str()))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }
}

struct WktParser<'t> {
    text: &'t [u8],
    at: usize,
}

impl WktParser<'_> {
    fn parse_node(&mut self, depth: usize) -> Option<WktNode> {
        let keyword = self.take_word()?;
        let mut node = WktNode { keyword: keyword.to_ascii_uppercase(), ..WktNode::default() };
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek() {
            Some(b'[' | b'(') => self.at += 1,
            // A direction: `NORTH`.
            _ => return Some(node),
        }
        loop {
            match self.peek()? {
                b']' | b')' => {
                    self.at += 1;
                    return Some(node);
                }
                b',' => self.at += 1,
                b'"' => node.texts.push(self.take_text()?),
                b'+' | b'-' | b'.' | b'0'..=b'9' => node.numbers.push(self.take_number()?),
                _ => node.children.push(self.parse_node(depth + 1)?),
            }
        }
    }

    fn peek(&mut self) -> Option<u8> {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.text.get(self.at).copied()
    }

    fn take_while(&mut self, is_part: impl Fn(&u8) -> bool) -> Option<&str> {
        let rest = &self.text[self.at..];
        let end = rest.iter().position(|b| !is_part(b)).unwrap_or(rest.len());
        self.at += end;
        std::str::from_utf8(&rest[..end]).ok().filter(|part| !part.is_empty())
    }

    fn take_word(&mut self) -> Option<String> {
        self.peek()?;
        self.take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').map(ToOwned::to_owned)
    }

    fn take_number(&mut self) -> Option<f64> {
        self.take_while(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'))?.parse().ok()
    }

    /// Text in quotes; two quotes are one.
    fn take_text(&mut self) -> Option<String> {
        let mut text = vec![];
        self.at += 1;
        loop {
            match (*self.text.get(self.at)?, self.text.get(self.at + 1)) {
                (b'"', Some(b'"')) => {
                    text.push(b'"');
                    self.at += 2;
                }
                (b'"', _) => {
                    self.at += 1;
                    return String::from_utf8(text).ok();
                }
                (byte, _) => {
                    text.push(byte);
                    self.at += 1;
                }
            }
        }
    }
}
