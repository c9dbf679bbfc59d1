//! Limits on filters, which come from untrusted clients: parsing and evaluating one must not take long.

/// The most bytes of a filter.
pub const MAX_FILTER_BYTES: usize = 20_000;
/// The most levels of nested conditions.
pub const MAX_DEPTH: usize = 50;
/// The most operators of one filter.
pub const MAX_OPERATORS: usize = 250;
/// The most positions in all geometries of one filter.
pub const MAX_VERTICES: usize = 2_000;
/// The most levels of collections within collections.
pub const MAX_COLLECTION_DEPTH: usize = 16;
/// The most values of one list.
pub const MAX_LIST_VALUES: usize = 2_000;
