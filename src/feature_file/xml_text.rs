//! Text in XML 1.0, which has no characters for most control codes.

use std::borrow::Cow;

/// Text as the content of an element or the value of an attribute, and whether it had characters that XML cannot hold:
/// they become `U+FFFD`. Line breaks of any kind come back as they were.
pub fn escape_xml(text: &str) -> (Cow<'_, str>, bool) {
    let is_plain = |c: char| c >= ' ' && !matches!(c, '&' | '<' | '>' | '"' | '\u{fffe}' | '\u{ffff}');
    if text.chars().all(is_plain) {
        return (text.into(), false);
    }
    let (mut out, mut lost) = (String::with_capacity(text.len() + 16), false);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' => out.push_str("&#9;"),
            '\n' => out.push_str("&#10;"),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {
                out.push('\u{fffd}');
                lost = true;
            }
            _ => out.push(c),
        }
    }
    (out.into(), lost)
}
