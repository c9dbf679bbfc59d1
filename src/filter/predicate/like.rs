//! LIKE: `%` stands for any characters, `_` for one, a backslash makes the next character plain.

/// A pattern, cut into its parts.
pub(super) struct LikePattern(Vec<PatternPart>);

#[derive(Clone, Copy, PartialEq)]
enum PatternPart {
    Char(char),
    One,
    Many,
}

impl LikePattern {
    pub fn new(text: &str) -> Self {
        let mut parts = vec![];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let part = match c {
                '%' => PatternPart::Many,
                '_' => PatternPart::One,
                // QGIS doubles backslashes, and one at the end stands for itself.
                '\\' => PatternPart::Char(chars.next().unwrap_or('\\')),
                c => PatternPart::Char(c),
            };
            if part != PatternPart::Many || parts.last() != Some(&PatternPart::Many) {
                parts.push(part);
            }
        }
        Self(parts)
    }

    /// Goes back at most to the last `%`: time grows with text times pattern, and nothing is allocated.
    pub fn matches(&self, text: &str) -> bool {
        let parts = &self.0;
        let mut chars = text.chars();
        let mut at = 0;
        // After the last `%`: which part follows, and from where the text was tried.
        let mut back: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let rest = chars.clone();
            match (parts.get(at), chars.next()) {
                (Some(PatternPart::Many), _) => {
                    at += 1;
                    chars = rest;
                    back = Some((at, chars.clone()));
                }
                (Some(PatternPart::One), Some(_)) => at += 1,
                (Some(PatternPart::Char(p)), Some(c)) if *p == c => at += 1,
                (None, None) => return true,
                (_, _) => {
                    let Some((part, tried)) = &mut back else { return false };
                    if tried.next().is_none() {
                        return false;
                    }
                    at = *part;
                    chars = tried.clone();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, word for word.
    fn slow(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('%'), _) => (0..=text.len()).any(|i| slow(&pattern[1..], &text[i..])),
            (Some('_'), Some(_)) => slow(&pattern[1..], &text[1..]),
            (Some(p), Some(t)) if p == t => slow(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_defined(pattern in "[ab%_]{0,6}", text in "[abč]{0,8}") {
            let chars = |s: &str| s.chars().collect::<Vec<_>>();
            prop_assert_eq!(LikePattern::new(&pattern).matches(&text), slow(&chars(&pattern), &chars(&text)));
        }
    }

    #[test]
    fn a_backslash_makes_wildcards_plain() {
        assert!(LikePattern::new("50\\%").matches("50%") && !LikePattern::new("50\\%").matches("500"));
        assert!(LikePattern::new("a\\_b").matches("a_b") && !LikePattern::new("a\\_b").matches("axb"));
        assert!(LikePattern::new("a\\\\b").matches("a\\b"));
        assert!(LikePattern::new("a\\").matches("a\\"));
    }
}
