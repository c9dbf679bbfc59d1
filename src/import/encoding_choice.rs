//! The encoding that the text of a file is read in, and why. A guess is always told, with a word that shows it.

use super::text_detection::{detect_encoding, find_example};
use super::text_encoding::TextEncoding;
use crate::error::{Error, Result, shorten_text};
use serde_json::{Value as Json, json};

/// Why an encoding was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EncodingReason {
    /// By `--encoding`.
    Said,
    /// By what the file says: "its .cpg says so".
    Stated(&'static str),
    /// The file says another one, and its bytes are UTF-8.
    ProvenUtf8(&'static str),
    /// By the letters.
    Detected,
}

/// The encoding of a file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodingChoice {
    pub encoding: TextEncoding,
    pub reason: EncodingReason,
    /// A word of the file with letters beyond ASCII.
    pub example: Option<String>,
}

impl EncodingChoice {
    /// The encoding of text. `sample` is its bytes, or many of them; `stated` is what the file says, and where;
    /// `domain` is the top-level domain of the country that it is probably from.
    #[must_use]
    pub fn decide(
        said: Option<TextEncoding>,
        stated: Option<(TextEncoding, &'static str)>,
        sample: &[u8],
        domain: Option<&str>,
    ) -> Self {
        let has_letters = !sample.is_ascii();
        let is_utf8 = has_letters && std::str::from_utf8(sample).is_ok();
        let (encoding, reason) = match (said, stated) {
            (Some(said), _) => (said, EncodingReason::Said),
            (None, Some((stated, place))) if is_utf8 && stated != TextEncoding::UTF_8 => {
                (TextEncoding::UTF_8, EncodingReason::ProvenUtf8(place))
            }
            (None, Some((stated, place))) if stated.decode(sample).is_some() => (stated, EncodingReason::Stated(place)),
            (None, None) if !has_letters => (TextEncoding::UTF_8, EncodingReason::Detected),
            (None, _) => (detect_encoding(sample, domain).encoding, EncodingReason::Detected),
        };
        Self { encoding, reason, example: find_example(sample, encoding) }
    }

    /// The end of a sentence.
    #[must_use]
    pub fn describe(&self) -> String {
        let name = self.encoding.name();
        let Some(example) = &self.example else { return "its text is ASCII".to_owned() };
        let reason = match self.reason {
            EncodingReason::Said => "by --encoding".to_owned(),
            EncodingReason::Stated(place) => format!("as {place} says"),
            EncodingReason::ProvenUtf8(place) => format!("by its bytes, although {place} says another one"),
            EncodingReason::Detected => "by its letters; if they are wrong, say --encoding".to_owned(),
        };
        format!("its text is in {name} (as in '{example}'), {reason}")
    }

    #[must_use]
    pub fn to_json(&self) -> Json {
        let reason = match self.reason {
            EncodingReason::Said => "said",
            EncodingReason::Stated(_) => "stated",
            EncodingReason::ProvenUtf8(_) => "proven",
            EncodingReason::Detected => "detected",
        };
        json!({"name": self.encoding.name(), "reason": reason, "example": self.example})
    }
}

/// Reads the value of `--encoding`.
///
/// # Errors
/// [`Error::Invalid`] for an encoding that is not known.
pub fn parse_encoding(text: Option<&str>) -> Result<Option<TextEncoding>> {
    let parse = |text: &str| {
        TextEncoding::from_name(text).ok_or_else(|| {
            let message = format!(
                "The encoding '{}' is not known. Use one such as UTF-8, windows-1250, windows-1252, windows-1253, ISO-8859-2, CP852 or CP850.",
                shorten_text(text)
            );
            Error::invalid("--encoding", message)
        })
    };
    text.map(parse).transpose()
}
