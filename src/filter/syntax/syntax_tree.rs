//! The syntax tree of a filter, as both encodings of CQL2 write it.

use crate::error::Error;
use crate::feature::Geometry;
use crate::filter::limits::{MAX_COLLECTION_DEPTH, MAX_DEPTH, MAX_OPERATORS};
use crate::filter::number::NumberLiteral;

/// An expression whose names are not resolved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SyntaxTree {
    /// An operator or a function; operators of CQL2 have their name in JSON (`isNull`, `<>`), in any case.
    Operation {
        op: String,
        args: Vec<SyntaxTree>,
    },
    Property(String),
    Number(NumberLiteral),
    Text(String),
    Bool(bool),
    Null,
    /// `DATE` or `TIMESTAMP` of one argument.
    Instant(Box<SyntaxTree>),
    Interval(Vec<SyntaxTree>),
    Array(Vec<SyntaxTree>),
    /// Coordinates as they are written, without heights.
    Geometry(Geometry),
    BBox(Vec<SyntaxTree>),
}

/// Names with their places, in the order of the source: `At character 14`, `At /args/0`.
pub(crate) type NamePlaces = Vec<(String, String)>;

impl SyntaxTree {
    pub fn operation(op: &str, args: Vec<Self>) -> Self {
        Self::Operation { op: op.to_owned(), args }
    }

    /// Joins conditions by `and` or `or`.
    pub fn join(op: &str, mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.swap_remove(0) } else { Self::operation(op, parts) }
    }
}

/// [`Error::Invalid`] at the parameter `filter`.
pub(crate) fn invalid_filter(message: impl Into<String>) -> Error {
    Error::invalid("filter", message)
}

pub(super) fn too_deep_error() -> Error {
    Error::TooLarge(format!("The filter is nested more than {MAX_DEPTH} levels deep. Flatten it."))
}

pub(super) fn nested_collections_error() -> Error {
    Error::TooLarge(format!(
        "A geometry of the filter has collections nested more than {MAX_COLLECTION_DEPTH} levels deep. Write their parts side by side."
    ))
}

pub(super) fn too_many_error() -> Error {
    Error::TooLarge(format!(
        "The filter has more than {MAX_OPERATORS} operators. Split it into several requests, or use IN with a list."
    ))
}
