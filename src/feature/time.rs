//! Instants and time spans, in milliseconds since 1970-01-01T00:00Z.

use jiff::{Timestamp, civil, tz::TimeZone};

/// A time span in milliseconds since 1970 (UTC), both ends included. An open end is `i64::MIN` or `i64::MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeSpan {
    pub start_ms: i64,
    pub end_ms: i64,
}

impl TimeSpan {
    /// Open at both ends.
    pub const ALWAYS: Self = Self { start_ms: i64::MIN, end_ms: i64::MAX };

    /// Whether the spans share an instant.
    #[must_use]
    pub fn intersects(self, other: Self) -> bool {
        self.start_ms <= other.end_ms && other.start_ms <= self.end_ms
    }
}

/// Parses `2025-09-16` (the whole day, UTC) or an RFC 3339 instant; `None` for anything else.
#[must_use]
pub fn parse_time_span(text: &str) -> Option<TimeSpan> {
    if let Ok(day) = text.parse::<civil::Date>()
        && text.len() == 10
    {
        let start = day.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond();
        return Some(TimeSpan { start_ms: start, end_ms: start + 86_399_999 });
    }
    let at = text.parse::<Timestamp>().ok()?.as_millisecond();
    Some(TimeSpan { start_ms: at, end_ms: at })
}
