//! Entity tags of features: one for the state, and one for each representation of it.

use crate::atlas::EditPrecondition;
use crate::digest::hash_content;

/// The tag of a feature's state, for all its representations.
pub fn format_etag(state: &str) -> String {
    format!("\"{state}\"")
}

/// The tag of one representation of a state.
pub fn format_body_etag(state: &str, body: &[u8]) -> String {
    format!("\"{state}-{:08x}\"", hash_content(body) as u32)
}

/// The states that a list of tags names. A weak tag never matches (RFC 9110, 13.1.1).
pub fn parse_etags(tags: &str) -> EditPrecondition {
    if tags.trim() == "*" {
        return EditPrecondition::Any;
    }
    let strong = tags.split(',').filter_map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    EditPrecondition::States(strong.map(|tag| tag.split('-').next().unwrap_or(tag).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strong_tags_of_any_representation_match_and_weak_ones_never() {
        let states = |tags: &str| match parse_etags(tags) {
            EditPrecondition::Any => vec!["*".to_owned()],
            EditPrecondition::States(states) => states,
        };
        assert_eq!(states("*"), ["*"]);
        assert_eq!(states("\"ab\""), ["ab"]);
        assert_eq!(states("\"ab-12\", W/\"cd\" ,\"ef\""), ["ab", "ef"]);
        assert_eq!(states("nonsense"), Vec::<String>::new());
    }
}
