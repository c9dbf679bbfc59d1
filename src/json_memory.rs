//! How much memory a JSON text takes when it is parsed, estimated without parsing it: `{"a":0}` is seven bytes of text
//! and several hundred of memory. Never allocates.

use crate::exact_json::{is_numeral, skip_string};
use serde_json::Value as Json;

const VALUE: usize = size_of::<Json>();
/// A member of an object: its hash, its name and its value.
const MEMBER: usize = VALUE + 4 * size_of::<usize>();
/// What an allocation takes beside its content.
const ALLOCATION: usize = 16;

/// The parts of a JSON text that take memory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JsonCounts {
    pub arrays: usize,
    pub objects: usize,
    /// Members of objects.
    pub members: usize,
    /// Values, those that have values in them included.
    pub values: usize,
    /// Bytes of strings, as they are written.
    pub text_bytes: usize,
}

impl JsonCounts {
    /// Counts brackets, commas and colons outside of strings. A text that is not JSON has some counts, too: the parser
    /// stops where it is wrong, so it makes no more of it.
    #[must_use]
    pub fn of_text(text: &[u8]) -> Self {
        let mut counts = Self::default();
        let (mut commas, mut numbers, mut at) = (0, 0, 0);
        while at < text.len() {
            match text[at] {
                b'"' => {
                    let end = skip_string(text, at);
                    counts.text_bytes += end - at - 1;
                    at = end;
                    continue;
                }
                b'-' | b'0'..=b'9' => {
                    numbers += 1;
                    at += text[at + 1..].iter().take_while(|b| is_numeral(**b)).count();
                }
                b'[' => counts.arrays += 1,
                b'{' => counts.objects += 1,
                b':' => counts.members += 1,
                b',' => commas += 1,
                _ => {}
            }
            at += 1;
        }
        // Each comma stands before a value, and so does each bracket, unless it is empty. Before it is parsed, numbers
        // are looked at wherever they stand.
        counts.values = numbers.max(1 + commas + counts.arrays + counts.objects);
        counts
    }

    /// The memory that the parsed value takes, room in lists that grow included.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        // The parser gives each list room for two values at once, and an object for three members. Whatever is more
        // lies in lists that grow, and so does each list itself.
        let growing = self.values.saturating_sub(self.members + 2 * self.arrays).max(self.arrays);
        self.arrays * (2 * VALUE + ALLOCATION)
            + growing * 2 * VALUE
            + self.objects * (3 * MEMBER + 5 * ALLOCATION)
            + self.members * (MEMBER + 2 * ALLOCATION)
            + self.text_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_text_are_counted_outside_of_its_strings() {
        let counts = JsonCounts::of_text(br#"{"a": [1, [2, 3], "[{,:\"}"], "b": {"c": null}}"#);
        let JsonCounts { arrays, objects, members, values, .. } = counts;
        assert_eq!((arrays, objects, members), (2, 2, 3));
        assert!(values >= 9, "the root, two of its members, three and two in lists, one in an object: {values}");
        assert_eq!(JsonCounts::of_text(br#""never ends \"#).values, 1);
        assert_eq!(JsonCounts::of_text(b"1e1 1e1 -1.5 2").values, 4, "it is no JSON, and has numbers all the same");
    }

    #[test]
    fn small_values_take_many_times_their_text() {
        let memory =
            |element: &str| JsonCounts::of_text(format!("[{}0]", element.repeat(1000)).as_bytes()).memory_bytes();
        assert!(memory("{\"a\":0},") > 1000 * (3 * MEMBER + VALUE));
        assert!(memory("[],") > 1000 * 3 * VALUE);
        assert!(memory("0,") > 1000 * VALUE);
        assert!(memory("[15.1234567,46.1234567],") > 1000 * 4 * VALUE);
        let text = memory("\"a long text that takes what it takes and not much more than that, whatever it says\",");
        assert!(text < 1000 * 300, "{text}");
    }
}
