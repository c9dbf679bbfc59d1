//! How large a filter may be: it comes from anybody, and must not take long to read or to evaluate.

/// The most bytes that a filter may have.
pub const MAX_FILTER_BYTES: usize = 20_000;
/// How deep conditions may nest.
pub const MAX_DEPTH: usize = 50;
/// The most operators in one filter.
pub const MAX_OPERATORS: usize = 250;
/// The most positions in one geometry of a filter.
pub const MAX_VERTICES: usize = 2_000;
/// The most values in one list.
pub const MAX_LIST_VALUES: usize = 2_000;
