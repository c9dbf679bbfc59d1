//! Which encoding bytes are probably in, by the letters that they become. Windows and ISO 8859 encodings are told apart
//! by `chardetng`; code pages of DOS by whether letters stand where letters belong.

use super::text_encoding::TextEncoding;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// Code pages of DOS that tables of the ten countries are in.
const DOS_PAGES: [&str; 3] = ["CP852", "CP850", "CP737"];

/// How much better the letters of a code page of DOS must look, of a hundred.
const MARGIN_PERCENT: i64 = 20;

/// The longest example, in bytes.
const MAX_EXAMPLE_BYTES: usize = 40;

/// The encoding that bytes with letters beyond ASCII are probably in.
pub fn guess_encoding(sample: &[u8], domain: Option<&str>) -> TextEncoding {
    if std::str::from_utf8(sample).is_ok() {
        return TextEncoding::UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    let windows = TextEncoding::Web(detector.guess(domain.map(str::as_bytes), Utf8Detection::Deny));
    let letters = sample.iter().filter(|b| !b.is_ascii()).count() as i64;
    let needed = score_letters(sample, windows) + letters * MARGIN_PERCENT / 100;
    let pages = DOS_PAGES.iter().filter_map(|name| TextEncoding::code_page(name));
    let scored = pages.map(|page| (score_letters(sample, page), page));
    // The first of equals.
    let best = scored.rev().max_by_key(|(score, _)| *score);
    best.filter(|(score, _)| *score > needed).map_or(windows, |(_, page)| page)
}

/// A word with the most letters beyond ASCII, as the encoding reads it.
pub fn find_example(sample: &[u8], encoding: TextEncoding) -> Option<String> {
    let is_letter = |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii();
    let words = sample.split(|b| !is_letter(b)).filter(|w| w.len() <= MAX_EXAMPLE_BYTES && !w.is_ascii());
    let readable =
        words.take(10_000).filter_map(|w| Some((w.iter().filter(|b| !b.is_ascii()).count(), encoding.decode(w)?)));
    let best = readable.max_by_key(|(count, text)| (*count.min(&4), text.len().min(12)))?;
    Some(best.1.into_owned())
}

/// How well characters beyond ASCII stand among others: letters of the case around them count for an encoding; symbols
/// inside words, capitals behind small letters, and bytes without a character count against it.
fn score_letters(sample: &[u8], encoding: TextEncoding) -> i64 {
    let is_word_byte = |b: &u8| b.is_ascii_alphabetic() || !b.is_ascii();
    sample.split(|b| !is_word_byte(b)).filter(|word| !word.is_ascii()).map(|word| score_word(word, encoding)).sum()
}

fn score_word(word: &[u8], encoding: TextEncoding) -> i64 {
    let Some(text) = encoding.decode(word) else { return -5 * word.len() as i64 };
    let letters: Vec<char> = text.chars().collect();
    let is_upper = letters.iter().filter(|c| c.is_alphabetic()).all(|c| c.is_uppercase());
    let score = |(at, c): (usize, &char)| {
        let before = at.checked_sub(1).map(|i| letters[i]);
        let stands_in_word =
            before.is_some_and(char::is_alphabetic) || letters.get(at + 1).is_some_and(|next| next.is_alphabetic());
        match c {
            c if c.is_ascii() => 0,
            c if c.is_control() => -5,
            c if c.is_alphabetic() && (is_upper || c.is_lowercase() || before.is_none_or(|b| !b.is_alphabetic())) => 1,
            c if c.is_alphabetic() => -2,
            _ if stands_in_word => -2,
            _ => 0,
        }
    };
    letters.iter().enumerate().map(score).sum()
}
