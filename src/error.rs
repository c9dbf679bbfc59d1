//! What can go wrong, in terms of the domain. Knows nothing of HTTP or SQL; every message is a sentence that a user can
//! act on.

use std::fmt;

/// A result whose error is a sentence for the user.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request could not be fulfilled. Each variant carries a sentence that says what is wrong and what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The requested object does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The input cannot be understood; says where.
    #[error("{0}")]
    Invalid(InvalidInput),
    /// The input is understood but breaks rules; one entry for each, with its place.
    #[error("{}", .0.iter().map(InvalidInput::to_string).collect::<Vec<_>>().join(" "))]
    RuleViolations(Vec<InvalidInput>),
    /// The state of the plan forbids it: a read-only file, a status that may not follow another.
    #[error("{0}")]
    Refused(String),
    /// The feature has changed since the client read it.
    #[error("{0}")]
    Stale(String),
    /// Another feature has the id of the new one.
    #[error("{0}")]
    AlreadyExists(String),
    /// The object existed but is no longer recorded.
    #[error("{0}")]
    Gone(String),
    /// Another error, with its place in the input as a JSON pointer.
    #[error("{0}: {1}")]
    AtPointer(String, Box<Self>),
    /// The viewer lacks the permission.
    #[error("{0}")]
    PermissionDenied(String),
    /// The request exceeds a stated limit.
    #[error("{0}")]
    TooLarge(String),
    /// The input is understood, but answering it would take too much work; the client should send less.
    #[error("{0}")]
    TooMuchWork(String),
    /// The disk has no space for it.
    #[error("{0}")]
    StorageFull(String),
    /// The server is overloaded; the client should try again.
    #[error("{0}")]
    Busy(String),
    /// The plan's file is not what it was when it was opened; trying again does not help.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of the program. The text goes to the log and never to the client.
    #[error("internal: {0}")]
    Internal(String),
}

/// A broken rule and its place in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    /// A parameter name, a JSON pointer, `line 7`, `feature 12` …; empty for the whole input.
    pub at: String,
    /// What is wrong and what to do, as a sentence.
    pub message: String,
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.at, self.message) }
    }
}

impl Error {
    /// [`Error::Invalid`] at this place of the input; an empty place means all of it.
    pub fn invalid(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(InvalidInput { at: at.into(), message: message.into() })
    }

    /// The same error with this JSON pointer in front of its place.
    #[must_use]
    pub fn at_pointer(self, place: &str) -> Self {
        match self {
            e if place.is_empty() => e,
            Self::Invalid(i) => Self::invalid(format!("{place}{}", i.at), i.message),
            Self::RuleViolations(all) => {
                let moved =
                    all.into_iter().map(|i| InvalidInput { at: format!("{place}{}", i.at), message: i.message });
                Self::RuleViolations(moved.collect())
            }
            e @ (Self::AtPointer(..) | Self::Internal(_)) => e,
            e => Self::AtPointer(place.to_owned(), Box::new(e)),
        }
    }

    /// [`Error::Internal`] with this cause, for the log.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}

/// [`Error::StorageFull`] for what is written to the plan.
#[must_use]
pub fn disk_full_error() -> Error {
    Error::StorageFull("The disk is full; nothing was written. Free some space and try again.".into())
}

/// The refusal of an id that a deleted feature had, or a feature has that the viewer may not see.
#[must_use]
pub fn id_reused_error(id: &impl fmt::Display) -> Error {
    Error::Refused(format!(
        "The id '{id}' is or was that of another feature, and ids are never used again. Choose another id."
    ))
}

/// The refusal to restore a version that the history no longer has.
#[must_use]
pub fn version_removed_error(id: &impl fmt::Display, revision: u64, known: u64) -> Error {
    Error::Refused(format!(
        "The state of '{id}' after revision {revision} is no longer kept. Choose a revision of its history, such as {known}."
    ))
}

/// A count and its noun: `1 feature`, `2 features`, `2 geometries`.
#[must_use]
pub fn count_noun(count: u64, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{count} {stem}ies"),
        _ => format!("{count} {noun}s"),
    }
}

/// A count and its noun as the subject of a sentence: `1 feature is`, `2 features are`.
#[must_use]
pub fn count_noun_be(count: u64, noun: &str) -> String {
    format!("{} {}", count_noun(count, noun), if count == 1 { "is" } else { "are" })
}

/// The beginning of a text from the client (60 characters), short enough for a message.
#[must_use]
pub fn shorten_text(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_and_every_other_count_plural() {
        let counted = |count| [count_noun(count, "feature"), count_noun(count, "geometry"), count_noun(count, "day")];
        assert_eq!(counted(1), ["1 feature", "1 geometry", "1 day"]);
        assert_eq!(counted(0), ["0 features", "0 geometries", "0 days"]);
        assert_eq!([count_noun_be(1, "row"), count_noun_be(12, "row")], ["1 row is", "12 rows are"]);
    }
}
