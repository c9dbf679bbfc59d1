//! Words as they are compared: without case and accents. Knows no meaning.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The word without case and accents; punctuation stays.
pub fn fold_word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let fold = |c: char| match c {
        'ł' => 'l',
        'đ' => 'd',
        'ς' => 'σ',
        c => c,
    };
    text.to_lowercase().nfd().filter(|c| !is_combining_mark(*c)).map(fold).collect()
}

/// The words of a text, folded: runs of letters and digits, a blank between them.
pub fn fold_words(text: &str) -> String {
    let folded = fold_word(text);
    let spaced: String = folded.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}
