//! Words, numbers, texts and signs of CQL2 text, by the lexical rules of its grammar (`cql2.bnf`).

/// One token with its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextToken {
    pub kind: TokenKind,
    /// The number of characters before it.
    pub at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A name or a keyword.
    Name(String),
    /// A name in double quotes, without them.
    QuotedName(String),
    /// Text in single quotes, without them.
    Text(String),
    /// A number without sign.
    Number(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// The longest first.
const SIGNS: [&str; 16] = ["<>", "!=", "<=", ">=", "(", ")", ",", "=", "<", ">", "+", "-", "*", "/", "%", "^"];

/// Splits a text into tokens. `escapes` says whether `\'` is a quote within a text, as the grammar allows; without it a
/// backslash is a character like any other. The error is the place (in characters) of what is no token.
pub(super) fn split_tokens(text: &str, escapes: bool) -> Result<Vec<TextToken>, usize> {
    let mut lexer = TextLexer { rest: text, at: 0, escapes };
    let mut tokens = vec![];
    loop {
        lexer.skip_while(char::is_whitespace);
        if lexer.rest.is_empty() {
            return Ok(tokens);
        }
        let at = lexer.at;
        let kind = lexer.next_token().ok_or(at)?;
        tokens.push(TextToken { kind, at });
    }
}

struct TextLexer<'a> {
    rest: &'a str,
    at: usize,
    escapes: bool,
}

impl<'a> TextLexer<'a> {
    fn next_token(&mut self) -> Option<TokenKind> {
        let first = self.rest.chars().next()?;
        match first {
            '\'' => self.take_quoted(first).map(TokenKind::Text),
            '"' => self.take_quoted(first).map(TokenKind::QuotedName),
            c if c.is_ascii_digit() || (c == '.' && self.rest[1..].starts_with(|d: char| d.is_ascii_digit())) => {
                Some(TokenKind::Number(self.take_number()))
            }
            c if is_name_start(c) => Some(TokenKind::Name(self.skip_while(is_name_part).to_owned())),
            _ => {
                let sign = SIGNS.into_iter().find(|sign| self.rest.starts_with(sign))?;
                self.skip_chars(sign.chars().count());
                Some(TokenKind::Sign(sign))
            }
        }
    }

    /// Takes a quoted text, in which a doubled quote is one; `None` when it does not end.
    fn take_quoted(&mut self, quote: char) -> Option<String> {
        let mut found = String::new();
        self.skip_chars(1);
        loop {
            found.push_str(self.skip_while(|c| c != quote && c != '\\'));
            let mut next = self.rest.chars();
            match (next.next()?, next.next()) {
                ('\\', Some('\'')) if self.escapes && quote == '\'' => {
                    self.skip_chars(2);
                    found.push('\'');
                }
                ('\\', _) => {
                    self.skip_chars(1);
                    found.push('\\');
                }
                (_, Some(second)) if second == quote => {
                    self.skip_chars(2);
                    found.push(quote);
                }
                _ => {
                    self.skip_chars(1);
                    return Some(found);
                }
            }
        }
    }

    fn take_number(&mut self) -> String {
        let digits = |c: char| c.is_ascii_digit();
        let mut found = self.skip_while(digits).to_owned();
        if self.rest.starts_with('.') {
            self.skip_chars(1);
            found.push('.');
            found.push_str(self.skip_while(digits));
        }
        let exponent = self.rest.strip_prefix(['e', 'E']).map(|e| e.strip_prefix(['+', '-']).unwrap_or(e));
        if let Some(digits_at) = exponent.filter(|e| e.starts_with(digits)) {
            let length = self.rest.len() - digits_at.len();
            found.push_str(&self.rest[..length]);
            self.skip_chars(length);
            found.push_str(self.skip_while(digits));
        }
        found
    }

    fn skip_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !accept(c)).unwrap_or(self.rest.len());
        let (found, rest) = self.rest.split_at(end);
        self.at += found.chars().count();
        self.rest = rest;
        found
    }

    fn skip_chars(&mut self, count: usize) {
        let end = self.rest.char_indices().nth(count).map_or(self.rest.len(), |(at, _)| at);
        self.rest = &self.rest[end..];
        self.at += count;
    }
}

/// `identifierStart` of the grammar, and letters that it leaves out.
pub(super) fn is_name_start(c: char) -> bool {
    let listed = matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}'
        | '\u{370}'..='\u{37D}' | '\u{37F}'..='\u{1FFE}'
        | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}'
        | '\u{10000}'..='\u{EFFFF}');
    (listed || c.is_alphabetic()) && !c.is_whitespace()
}

/// `identifierPart` of the grammar.
pub(super) fn is_name_part(c: char) -> bool {
    is_name_start(c) || c.is_numeric() || matches!(c, '.' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}
