//! LIKE: `%` matches any characters, `_` matches one, a backslash escapes the next character.

/// A parsed pattern.
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
                // QGIS doubles backslashes; one at the end matches itself.
                '\\' => PatternPart::Char(chars.next().unwrap_or('\\')),
                c => PatternPart::Char(c),
            };
            if part != PatternPart::Many || parts.last() != Some(&PatternPart::Many) {
                parts.push(part);
            }
        }
        Self(parts)
    }

    /// Backtracks to the last `%` at most: takes time proportional to text times pattern, and allocates nothing.
    pub fn matches(&self, text: &str) -> bool {
        let parts = &self.0;
        let mut chars = text.chars();
        let mut at = 0;
        // The part after the last `%`, and the position in the text at which it was last tried.
        let mut backtrack: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let rest = chars.clone();
            match (parts.get(at), chars.next()) {
                (Some(PatternPart::Many), _) => {
                    at += 1;
                    chars = rest;
                    backtrack = Some((at, chars.clone()));
                }
                (Some(PatternPart::One), Some(_)) => at += 1,
                (Some(PatternPart::Char(p)), Some(c)) if *p == c => at += 1,
                (None, None) => return true,
                (_, _) => {
                    let Some((part, tried)) = &mut backtrack else { return false };
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

    /// The definition, without optimisation.
    fn matches_by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.first(), text.first()) {
            (None, None) => true,
            (Some('%'), _) => (0..=text.len()).any(|i| matches_by_definition(&pattern[1..], &text[i..])),
            (Some('_'), Some(_)) => matches_by_definition(&pattern[1..], &text[1..]),
            (Some(p), Some(t)) if p == t => matches_by_definition(&pattern[1..], &text[1..]),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn patterns_match_as_defined(pattern in "[ab%_]{0,6}", text in "[abč]{0,8}") {
            let chars = |s: &str| s.chars().collect::<Vec<_>>();
            prop_assert_eq!(LikePattern::new(&pattern).matches(&text), matches_by_definition(&chars(&pattern), &chars(&text)));
        }
    }

    #[test]
    fn a_backslash_escapes_wildcards() {
        assert!(LikePattern::new("50\\%").matches("50%") && !LikePattern::new("50\\%").matches("500"));
        assert!(LikePattern::new("a\\_b").matches("a_b") && !LikePattern::new("a\\_b").matches("axb"));
        assert!(LikePattern::new("a\\\\b").matches("a\\b"));
        assert!(LikePattern::new("a\\").matches("a\\"));
    }
}
