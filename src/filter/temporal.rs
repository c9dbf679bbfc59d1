//! Instants and intervals of filters, as OGC 21-065r2 (7.8) defines them.

use crate::feature::time;
use jiff::{Timestamp, tz::TimeZone};
use std::cmp::Ordering;

/// A day or an instant (UTC), to the nanosecond. A day equals every instant within it and is before the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeInstant {
    first: Timestamp,
    last: Timestamp,
}

/// From one instant to another; `None` is an open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeInterval {
    pub start: Option<TimeInstant>,
    pub end: Option<TimeInstant>,
}

impl TimeInstant {
    /// Parses a day (`2026-03-01`) or an RFC 3339 instant.
    pub fn parse_instant(text: &str) -> Option<Self> {
        time::parse_time_range(text).map(|(first, last)| Self { first, last })
    }

    /// The first millisecond of the day or instant.
    pub fn first_ms(self) -> i64 {
        self.first.as_millisecond()
    }

    /// The last millisecond of the day or instant.
    pub fn last_ms(self) -> i64 {
        self.last.as_millisecond()
    }

    /// The year in the proleptic Gregorian calendar, in UTC.
    pub fn year(self) -> i16 {
        self.first.to_zoned(TimeZone::UTC).year()
    }

    /// Before, after, or equal when they overlap.
    pub fn compare(self, other: Self) -> Ordering {
        if self.last < other.first {
            Ordering::Less
        } else if self.first > other.last {
            Ordering::Greater
        } else {
            Ordering::Equal
        }
    }
}

impl TimeInterval {
    pub fn from_instant(instant: TimeInstant) -> Self {
        Self { start: Some(instant), end: Some(instant) }
    }
}
