//! Content hashes for ETags and for the tags of feature states: equal content has the same hash on every machine and
//! after a restart. Not for secrets, which have hashes of their own in `access`.

use twox_hash::XxHash3_128;

/// The hash of these bytes (XXH3 with 128 bits).
#[must_use]
pub fn hash_content(bytes: &[u8]) -> u128 {
    XxHash3_128::oneshot(bytes)
}

/// The same hash of content that comes in parts: `finish` is [`hash_content`] of everything written, joined.
#[derive(Default)]
pub struct ContentHasher(XxHash3_128);

impl ContentHasher {
    pub fn write_byte(&mut self, byte: u8) {
        self.0.write(&[byte]);
    }

    pub fn write_bytes(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// Writes the length in front, so that "ab" and "c" differ from "a" and "bc".
    pub fn write_text(&mut self, text: &str) {
        self.write_bytes(&(text.len() as u64).to_le_bytes());
        self.write_bytes(text.as_bytes());
    }

    #[must_use]
    pub fn finish(&self) -> u128 {
        self.0.finish_128()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tags that clients hold stay good after an update only while this holds.
    #[test]
    fn hashes_are_those_that_xxhash_publishes() {
        assert_eq!(hash_content(b""), 0x99aa_06d3_0147_98d8_6001_c324_468d_497f);
    }

    #[test]
    fn parts_have_the_hash_of_the_whole() {
        let bytes: Vec<u8> = (0..5000_u32).map(|i| (i * 7) as u8).collect();
        for size in [1, 3, 64, 1000] {
            let mut hasher = ContentHasher::default();
            bytes.chunks(size).for_each(|part| hasher.write_bytes(part));
            assert_eq!(hasher.finish(), hash_content(&bytes));
        }
    }

    #[test]
    fn texts_do_not_run_into_each_other() {
        let hash = |texts: [&str; 2]| {
            let mut hasher = ContentHasher::default();
            texts.iter().for_each(|text| hasher.write_text(text));
            hasher.finish()
        };
        assert_ne!(hash(["ab", "c"]), hash(["a", "bc"]));
    }
}
