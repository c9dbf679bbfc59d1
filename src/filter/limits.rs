//! Limits on filters, which come from untrusted clients: parsing and evaluating one must not take long.

use crate::work_budget::{SharedBudget, WorkBudget, WorkLimits};
use std::time::Duration;

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
/// The most work units of relating geometries of a filter to each other: about 20 ms.
const MAX_RELATE_UNITS: u64 = 2_000_000;

/// What may be spent on the geometries of a filter themselves: filters are bound before a request has its budget.
pub fn literal_budget() -> WorkBudget {
    let limits = WorkLimits { time: Duration::from_secs(1), units: MAX_RELATE_UNITS, bytes: 0 };
    WorkBudget::new(limits, SharedBudget::new(0))
}
