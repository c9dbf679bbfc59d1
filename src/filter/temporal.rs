//! Instants and intervals of filters, as OGC 21-065r2 (7.8) defines them.

use crate::feature::time;
use std::cmp::Ordering;

/// A day or an instant, in milliseconds since 1970 (UTC). A day equals every instant within it and is before the next
/// day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeInstant {
    first_ms: i64,
    last_ms: i64,
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
        time::parse_time_span(text).map(|s| Self { first_ms: s.start_ms, last_ms: s.end_ms })
    }

    /// The first millisecond of the day or instant.
    pub fn first_ms(self) -> i64 {
        self.first_ms
    }

    /// The last millisecond of the day or instant.
    pub fn last_ms(self) -> i64 {
        self.last_ms
    }

    /// The year in the proleptic Gregorian calendar, in UTC.
    pub fn year(self) -> Option<i16> {
        let at = jiff::Timestamp::from_millisecond(self.first_ms).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).year())
    }

    /// Before, after, or equal when they overlap.
    pub fn compare(self, other: Self) -> Ordering {
        if self.last_ms < other.first_ms {
            Ordering::Less
        } else if self.first_ms > other.last_ms {
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
