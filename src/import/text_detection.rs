//! Which encoding text is in: by its mark, by being UTF-8, or by the letters that it would have in each of the
//! encodings of this part of the world, Windows, ISO 8859 and DOS. Tells the word that decided.

use super::text_encoding::TextEncoding;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

/// What a sample of a text says of its encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DetectedEncoding {
    pub encoding: TextEncoding,
    /// A word with letters beyond ASCII, as it reads in this encoding.
    pub example: Option<String>,
    /// No other encoding is as likely.
    pub is_certain: bool,
    /// The next likely one, with the same word.
    pub other: Option<(TextEncoding, String)>,
}

/// What is tried, the usual ones first.
const CANDIDATES: [&str; 8] =
    ["windows-1250", "windows-1252", "windows-1253", "iso-8859-2", "iso-8859-7", "CP852", "CP850", "CP737"];

/// The letters beyond ASCII of the languages that use an encoding.
const ALPHABETS: [&str; 13] = [
    "čšž",
    "čćđšž",
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýžľĺŕôä",
    "àâæçéèêëîïôœùûüÿ",
    "áéíñóúü¿¡ºª",
    "áâãàçéêíóôõúºª",
    "àèéìòùîº",
    "äöüßé",
    "éëïèöüáóí",
    "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ",
    "áéíóöőúüű",
    "ăâîșțşţ",
];

fn candidates() -> impl Iterator<Item = TextEncoding> {
    CANDIDATES.iter().filter_map(|name| TextEncoding::from_name(name))
}

/// Finds the encoding of a text by its first bytes; a last character that is cut off does no harm. `domain` is the
/// top-level domain of the country that the text is probably from.
pub fn detect_encoding(sample: &[u8], domain: Option<&str>) -> DetectedEncoding {
    let certain = |encoding, example| DetectedEncoding { encoding, example, is_certain: true, other: None };
    if let Some(encoding) = detect_utf16(sample) {
        return certain(TextEncoding::Web(encoding), None);
    }
    let is_utf8 = match std::str::from_utf8(sample) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && e.valid_up_to() + 4 > sample.len(),
    };
    if is_utf8 {
        return certain(TextEncoding::UTF_8, example_word(&String::from_utf8_lossy(sample)));
    }
    let mut scored: Vec<(i64, TextEncoding)> =
        candidates().map(|encoding| (score_text(&encoding.decode_lossy(sample)), encoding)).collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let guess = guess_statistically(sample, domain);
    let (top, mut best) = scored[0];
    let rivals: Vec<TextEncoding> =
        scored.iter().filter(|(score, _)| top - score <= top.abs() / 20).map(|s| s.1).collect();
    if rivals.contains(&guess) {
        best = guess;
    }
    let rival = rivals.into_iter().find(|e| *e != best && e.decode_lossy(sample) != best.decode_lossy(sample));
    let word = find_word(sample, best, rival);
    let read = |encoding: TextEncoding| word.map(|bytes| encoding.decode_lossy(bytes));
    let other = rival.and_then(|encoding| Some((encoding, read(encoding)?)));
    // Letters and statistics agree, or no other encoding reads another text.
    let is_certain = other.is_none() || guess == scored[0].1;
    DetectedEncoding { encoding: best, example: read(best), is_certain, other }
}

/// Whether a text is UTF-16, with a mark or without, and neither JSON nor XML.
pub fn is_utf16_table(head: &[u8]) -> bool {
    let Some(encoding) = detect_utf16(head) else { return false };
    let text = encoding.decode(&head[..head.len().min(200)]).0;
    !text.trim_start().starts_with(['{', '[', '<'])
}

fn detect_utf16(sample: &[u8]) -> Option<&'static Encoding> {
    match sample {
        [0xFF, 0xFE, ..] => return Some(UTF_16LE),
        [0xFE, 0xFF, ..] => return Some(UTF_16BE),
        _ => {}
    }
    let start = &sample[..sample.len().min(2000)];
    let zeros = |odd: usize| start.iter().skip(odd).step_by(2).filter(|b| **b == 0).count();
    let half = start.len() / 2;
    let (even, odd) = (zeros(0), zeros(1));
    let is_text = half >= 4 && even + odd >= half * 7 / 10 && even.min(odd) == 0;
    is_text.then_some(if odd > even { UTF_16LE } else { UTF_16BE })
}

fn guess_statistically(sample: &[u8], domain: Option<&str>) -> TextEncoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(sample, true);
    TextEncoding::Web(detector.guess(domain.map(str::as_bytes), Utf8Detection::Deny))
}

/// How well a text reads: letters of one alphabet are good, other signs inside of words bad.
fn score_text(text: &str) -> i64 {
    let mut own = [0_i64; ALPHABETS.len()];
    let mut base = 0_i64;
    let mut before = ' ';
    for c in text.chars() {
        if !c.is_ascii() {
            let lower = c.to_lowercase().next().unwrap_or(c);
            if c.is_alphabetic() {
                for (at, alphabet) in ALPHABETS.iter().enumerate() {
                    own[at] += if alphabet.contains(lower) { 10 } else { -10 };
                }
                // A capital inside of a word, or one alphabet inside of another.
                base -= if c.is_uppercase() && before.is_lowercase() { 15 } else { 0 };
                let is_greek = |c: char| ('\u{370}'..'\u{400}').contains(&c);
                base -= if before.is_alphabetic() && is_greek(before) != is_greek(c) { 15 } else { 0 };
            } else if matches!(
                c,
                '€' | '–'
                    | '—'
                    | '„'
                    | '“'
                    | '”'
                    | '’'
                    | '‘'
                    | '°'
                    | '²'
                    | '³'
                    | '\u{a0}'
                    | '«'
                    | '»'
                    | '…'
                    | '·'
                    | '•'
                    | '½'
                    | '×'
                    | '§'
            ) {
                base += 2;
            } else {
                base -= if c.is_control() || c == '\u{fffd}' { 60 } else { 15 };
            }
        }
        before = c;
    }
    base + own.iter().max().copied().unwrap_or_default()
}

/// A word with letters beyond ASCII, as it reads in an encoding.
pub fn find_example(sample: &[u8], encoding: TextEncoding) -> Option<String> {
    find_word(sample, encoding, None).map(|word| encoding.decode_lossy(word))
}

/// The bytes of the first long word with bytes beyond ASCII, which the rival reads in another way.
fn find_word(sample: &[u8], encoding: TextEncoding, rival: Option<TextEncoding>) -> Option<&[u8]> {
    let is_end = |b: &u8| b.is_ascii_whitespace() || matches!(b, b';' | b',' | b'"' | b'|' | b'(' | b')' | b'.' | b':');
    let differs = |word: &[u8]| rival.is_none_or(|rival| rival.decode_lossy(word) != encoding.decode_lossy(word));
    let words = sample.split(is_end).filter(|word| word.iter().any(|b| *b >= 128) && differs(word));
    let is_letters = |word: &&[u8]| word.len() >= 4 && encoding.decode_lossy(word).chars().all(char::is_alphabetic);
    words.clone().find(is_letters).or_else(|| words.clone().next()).filter(|word| word.len() <= 60)
}

fn example_word(text: &str) -> Option<String> {
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.find(|word| !word.is_ascii() && word.chars().count() >= 4 && word.len() < 60).map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::decoding_reader::DecodingReader;
    use std::io::Read;

    #[test]
    fn texts_of_ten_languages_are_found_in_their_encodings() {
        let sl = "Preureditev Prešernove ulice;občina;Savinjčani žive ob čistih površinah;ključ;češnje";
        let pl = "Przebudowa ulicy Głównej;zieleń;ścieżka;łąka;żółty;późno";
        let fr = "Réaménagement de la place;école;à côté du théâtre;forêt;été;façade";
        let el = "Ανάπλαση της πλατείας;Δήμος Λαμιέων;πεζόδρομος;οδός";
        let es = "Peatonalización de la calle;señal;año;rehabilitación;niños";
        let pt = "Requalificação do jardim;ação;habitações;lisboa é não";
        for (text, names) in [
            (sl, ["windows-1250", "iso-8859-2", "cp852"]),
            (pl, ["windows-1250", "iso-8859-2", "cp852"]),
            (fr, ["windows-1252", "cp850", "windows-1252"]),
            (es, ["windows-1252", "cp850", "windows-1252"]),
            (pt, ["windows-1252", "cp850", "windows-1252"]),
            (el, ["windows-1253", "iso-8859-7", "CP737"]),
        ] {
            for name in names {
                let encoding = TextEncoding::from_name(name).unwrap();
                let bytes = encode(text, encoding);
                let found = detect_encoding(&bytes, None);
                assert_eq!(found.encoding.decode_lossy(&bytes), text, "{name}: {found:?}");
            }
        }
        assert_eq!(detect_encoding("Češnje".as_bytes(), None).encoding, TextEncoding::UTF_8);
    }

    fn encode(text: &str, encoding: TextEncoding) -> Vec<u8> {
        match encoding {
            TextEncoding::Web(encoding) => encoding.encode(text).0.into_owned(),
            TextEncoding::CodePage(_, high) => {
                let byte = |c: char| match high.chars().position(|h| h == c) {
                    Some(at) => at as u8 + 128,
                    None => c as u8,
                };
                text.chars().map(byte).collect()
            }
        }
    }

    #[test]
    fn utf16_is_read_with_and_without_its_mark() {
        let units: Vec<u8> = "a;b\nč;2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [&[0xFF, 0xFE][..], &units].concat();
        for bytes in [units, marked] {
            let found = detect_encoding(&bytes, None).encoding;
            let mut text = String::new();
            DecodingReader::new(&bytes[..], found).read_to_string(&mut text).unwrap();
            assert_eq!(text, "a;b\nč;2\n");
        }
    }
}
