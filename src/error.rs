//! What can go wrong, in the words of the domain. Knows nothing of HTTP or SQL; every message is a sentence for people.

use std::fmt;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An answer that is not the one asked for. Each variant carries a sentence that says what is wrong and what to do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The thing asked for does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The input breaks a rule; says where in the input.
    #[error("{0}")]
    Invalid(InvalidInput),
    /// The input can be understood, but breaks rules; each with its place.
    #[error("{}", .0.iter().map(InvalidInput::to_string).collect::<Vec<_>>().join(" "))]
    RuleViolations(Vec<InvalidInput>),
    /// A rule of the plan forbids it (an unwritable file, a status that may not follow another).
    #[error("{0}")]
    Refused(String),
    /// Somebody else changed the feature first.
    #[error("{0}")]
    Stale(String),
    /// The id of a new feature belongs to another.
    #[error("{0}")]
    AlreadyExists(String),
    /// It was there, and is not known any more.
    #[error("{0}")]
    Gone(String),
    /// Another error with its place in the input, as a JSON pointer.
    #[error("{0}: {1}")]
    AtPointer(String, Box<Self>),
    /// Not allowed for this person.
    #[error("{0}")]
    PermissionDenied(String),
    /// Over a stated limit.
    #[error("{0}")]
    TooLarge(String),
    /// Cannot be answered now; try again.
    #[error("{0}")]
    Busy(String),
    /// Our fault. The text is for the log, not for the caller.
    #[error("internal: {0}")]
    Internal(String),
}

/// A broken rule and its place in the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    /// Where: a parameter name, a JSON pointer, `line 7`, `feature 12` …; empty when the whole input is meant.
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
    pub fn invalid(at: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(InvalidInput { at: at.into(), message: message.into() })
    }

    /// The same error, of something that stands at this JSON pointer in the input.
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

    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}
