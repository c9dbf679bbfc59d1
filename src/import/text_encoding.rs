//! Encodings of text in files: their names, and what they decode.

use encoding_rs::Encoding;
use std::borrow::Cow;

/// Code pages that the standard of the web does not know: a name, and the characters of the bytes from 0x80.
const CODE_PAGES: &str = include_str!("code_pages.txt");

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    Web(&'static Encoding),
    /// A code page of DOS or of the old Macintosh: its name and 128 characters.
    CodePage(&'static str, &'static str),
}

impl TextEncoding {
    pub const UTF_8: Self = Self::Web(encoding_rs::UTF_8);

    /// Reads `windows-1250`, `CP1250`, `1250`, `ANSI 1250`, `ISO-8859-2`, `88592`, `LATIN2`, `OEM 852`, `65001`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}').to_ascii_uppercase();
        let bare = ["ANSI", "OEM", "IBM", "MS", "CP", "X-"].iter().fold(name.as_str(), |text, prefix| {
            text.strip_prefix(prefix).map_or(text, |rest| rest.trim_start_matches([' ', '-', '_']))
        });
        // `ISO 88592`, `ISO8859-2` and `8859_2` are one.
        let part = name.split("8859").nth(1).map(|rest| rest.trim_start_matches(['-', '_', ' ']));
        let number: Option<u32> =
            part.map_or_else(|| bare.parse().ok(), |part| part.parse().ok().map(|n: u32| 88590 + n));
        let web = |label: &str| Encoding::for_label(label.as_bytes()).map(Self::Web);
        match number {
            Some(65001) => Some(Self::UTF_8),
            Some(1200) => web("utf-16le"),
            Some(866) => web("ibm866"),
            Some(932) => web("shift_jis"),
            Some(936) => web("gbk"),
            Some(949) => web("euc-kr"),
            Some(950) => web("big5"),
            Some(874) => web("windows-874"),
            Some(10000) => web("macintosh"),
            Some(10029) => Self::code_page("MAC-CE"),
            Some(10006) => Self::code_page("MAC-GREEK"),
            Some(n @ 1250..=1258) => web(&format!("windows-{n}")),
            Some(n @ 88591..=88606) => web(&format!("iso-8859-{}", n - 88590)),
            Some(n) => Self::code_page(&format!("CP{n}")),
            None => web(&name).or_else(|| web(&name.replace("LATIN-", "LATIN"))).or_else(|| web(bare)),
        }
    }

    /// The encoding that the language byte of a dBASE table names; `None` where it names none.
    #[must_use]
    pub fn from_language_byte(byte: u8) -> Option<Self> {
        let code = match byte {
            0x01 | 0x09 | 0x0b | 0x0d | 0x0f | 0x11 | 0x15 | 0x18 | 0x19 | 0x1b => 437,
            0x02 | 0x0a | 0x0e | 0x10 | 0x12 | 0x14 | 0x16 | 0x1a | 0x1d | 0x25 | 0x37 => 850,
            0x03 | 0x58 | 0x59 => 1252,
            0x04 => 10000,
            0x08 | 0x17 | 0x66 => 865,
            0x13 | 0x7b => 932,
            0x1c | 0x6c => 863,
            0x1f | 0x22 | 0x23 | 0x40 | 0x64 | 0x87 => 852,
            0x24 => 860,
            0x26 | 0x65 => 866,
            0x4d | 0x7a => 936,
            0x4e | 0x79 => 949,
            0x4f | 0x78 => 950,
            0x50 | 0x7c => 874,
            0x67 => 861,
            0x6a | 0x86 => 737,
            0x6b | 0x88 => 857,
            0x97 => 10029,
            0x98 => 10006,
            0xc8 => 1250,
            0xc9 => 1251,
            0xca => 1254,
            0xcb => 1253,
            0xcc => 1257,
            _ => return None,
        };
        Self::from_name(&code.to_string())
    }

    pub(super) fn code_page(wanted: &str) -> Option<Self> {
        let (name, characters) =
            CODE_PAGES.lines().filter_map(|l| l.split_once(';')).find(|(name, _)| *name == wanted)?;
        Some(Self::CodePage(name, characters))
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Web(encoding) => encoding.name(),
            Self::CodePage(name, _) => name,
        }
    }

    /// The text; `None` when there are bytes that this encoding does not have.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Web(encoding) => encoding.decode_without_bom_handling_and_without_replacement(bytes),
            Self::CodePage(_, characters) if !bytes.is_ascii() => {
                // One page is 128 characters; most text has a letter of it in a few words.
                let table: Vec<char> = characters.chars().collect();
                let decode = |b: &u8| match b {
                    0..=0x7f => Some(char::from(*b)),
                    _ => table.get(usize::from(*b) - 0x80).copied().filter(|c| *c != '\u{fffd}'),
                };
                bytes.iter().map(decode).collect::<Option<String>>().map(Cow::Owned)
            }
            Self::CodePage(..) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        }
    }
    /// The text; what this encoding does not have becomes U+FFFD.
    #[must_use]
    pub fn decode_lossy(self, bytes: &[u8]) -> String {
        match self {
            Self::Web(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
            Self::CodePage(_, characters) => {
                let table: Vec<char> = characters.chars().collect();
                bytes.iter().map(|b| decode_page_byte(*b, &table)).collect()
            }
        }
    }
}

/// The character of a byte in a code page.
pub(super) fn decode_page_byte(byte: u8, table: &[char]) -> char {
    if byte < 0x80 { char::from(byte) } else { table.get(usize::from(byte) - 0x80).copied().unwrap_or('\u{fffd}') }
}
