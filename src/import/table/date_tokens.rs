//! The words, numbers and signs of a date. A hyphen between blanks is a dash. Reads no meaning into them.

use super::folding::fold_word;

/// One part of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DateToken {
    /// A number and its count of digits.
    Number(i16, u8),
    Word(String),
    Sign(char),
}

/// The parts of a text, words folded.
pub fn tokenise_date(text: &str) -> Vec<DateToken> {
    let folded = fold_word(text);
    let mut tokens: Vec<DateToken> = vec![];
    let mut rest = folded.as_str();
    while let Some(c) = rest.chars().next() {
        let length_of = |matches: fn(char) -> bool| rest.find(|c| !matches(c)).unwrap_or(rest.len());
        if c.is_ascii_digit() {
            let end = length_of(|c| c.is_ascii_digit());
            let number = rest[..end].parse().unwrap_or(-1);
            tokens.push(DateToken::Number(number, u8::try_from(end).unwrap_or(u8::MAX)));
            rest = &rest[end..];
        } else if c.is_alphabetic() {
            let end = length_of(char::is_alphabetic);
            tokens.push(DateToken::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            let sign = if matches!(c, '–' | '—' | '−') { '–' } else { c };
            if !c.is_whitespace() {
                tokens.push(DateToken::Sign(sign));
            } else if rest[c.len_utf8()..].starts_with(['-', '–', '—']) {
                // A hyphen between blanks is a dash.
                rest = rest[c.len_utf8()..].trim_start_matches(['-', '–', '—']);
                tokens.push(DateToken::Sign('–'));
                continue;
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    tokens
}
