//! The position of the parser in the tokens of a filter, and the error for a token that does not belong there.

use super::lexer::{TextToken, TokenKind};
use super::syntax_tree::invalid_filter;
use crate::error::{Error, Result};

/// Tokens that are read one after another.
pub(super) struct TokenCursor<'a> {
    text: &'a str,
    tokens: &'a [TextToken],
    at: usize,
}

impl<'a> TokenCursor<'a> {
    pub fn new(text: &'a str, tokens: &'a [TextToken]) -> Self {
        Self { text, tokens, at: 0 }
    }

    /// The number of tokens read.
    pub fn position(&self) -> usize {
        self.at
    }

    pub fn peek(&self) -> Option<&'a TokenKind> {
        self.peek_ahead(0)
    }

    pub fn peek_ahead(&self, count: usize) -> Option<&'a TokenKind> {
        self.tokens.get(self.at + count).map(|t| &t.kind)
    }

    pub fn advance(&mut self) {
        self.at += 1;
    }

    /// Whether the next token is this sign.
    pub fn is_at_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Some(TokenKind::Sign(s)) if *s == sign)
    }

    /// Whether the token after `count` others is this word, in any case.
    pub fn is_word_ahead(&self, count: usize, word: &str) -> bool {
        matches!(self.peek_ahead(count), Some(TokenKind::Name(name)) if name.eq_ignore_ascii_case(word))
    }

    pub fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_at_sign(sign);
        self.at += usize::from(found);
        found
    }

    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word_ahead(0, word);
        self.at += usize::from(found);
        found
    }

    pub fn expect_sign(&mut self, sign: &str) -> Result<()> {
        if self.take_sign(sign) { Ok(()) } else { Err(self.syntax_error()) }
    }

    pub fn expect_word(&mut self, word: &str) -> Result<()> {
        if self.take_word(word) { Ok(()) } else { Err(self.syntax_error()) }
    }

    /// A number, with any signs before it.
    pub fn take_signed_number(&mut self) -> Result<f64> {
        let negative = self.take_sign("-");
        if !negative {
            self.take_sign("+");
        }
        let Some(TokenKind::Number(digits)) = self.peek() else { return Err(self.syntax_error()) };
        let number: f64 = digits.parse().map_err(|_| self.syntax_error())?;
        self.advance();
        Ok(if negative { -number } else { number })
    }

    /// The error for the next token.
    pub fn syntax_error(&self) -> Error {
        let end = || self.text.trim_end().chars().count();
        syntax_error_at(self.text, self.tokens.get(self.at).map_or_else(end, |t| t.at))
    }
}

/// The error for what stands after so many characters.
pub(super) fn syntax_error_at(text: &str, at: usize) -> Error {
    let rest: String = text.chars().skip(at).take(20).collect();
    let near = if rest.trim().is_empty() {
        "at the end of the filter".to_owned()
    } else {
        format!("before '{}'", rest.trim())
    };
    invalid_filter(format!(
        "At character {}: syntax error {near}. Put text in 'single quotes', and names with characters other than letters and digits in \"double quotes\".",
        at + 1
    ))
}
