//! Moments and how periods lie to each other, as OGC 21-065r2 (7.8) and the W3C Time Ontology define it.

use super::expression::TemporalRelation;
use crate::feature::time;
use std::cmp::Ordering;

/// A day or an instant, in milliseconds since 1970 (UTC). A day equals every instant in it, and comes before the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeInstant {
    first_ms: i64,
    last_ms: i64,
}

/// From a moment to a moment; `None` is an open end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeInterval {
    pub start: Option<TimeInstant>,
    pub end: Option<TimeInstant>,
}

impl TimeInstant {
    pub fn parse_instant(text: &str) -> Option<Self> {
        time::parse_time_span(text).map(|s| Self { first_ms: s.start_ms, last_ms: s.end_ms })
    }

    pub fn first_ms(self) -> i64 {
        self.first_ms
    }

    pub fn last_ms(self) -> i64 {
        self.last_ms
    }

    /// The year, of the proleptic Gregorian calendar in UTC.
    pub fn year(self) -> Option<i16> {
        let at = jiff::Timestamp::from_millisecond(self.first_ms).ok()?;
        Some(at.to_zoned(jiff::tz::TimeZone::UTC).year())
    }

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
    pub fn from_instant(moment: TimeInstant) -> Self {
        Self { start: Some(moment), end: Some(moment) }
    }
}

impl TemporalRelation {
    pub fn holds(self, a: TimeInterval, b: TimeInterval) -> bool {
        use Ordering::{Equal, Greater, Less};
        let starts = compare_ends(a.start, OpenEnd::Before, b.start, OpenEnd::Before);
        let finish = compare_ends(a.end, OpenEnd::After, b.end, OpenEnd::After);
        let start_to_end = compare_ends(a.start, OpenEnd::Before, b.end, OpenEnd::After);
        let end_to_start = compare_ends(a.end, OpenEnd::After, b.start, OpenEnd::Before);
        match self {
            Self::After => start_to_end == Greater,
            Self::Before => end_to_start == Less,
            Self::Contains => starts == Less && finish == Greater,
            Self::Disjoint => end_to_start == Less || start_to_end == Greater,
            Self::During => starts == Greater && finish == Less,
            Self::Equals => starts == Equal && finish == Equal,
            Self::FinishedBy => starts == Less && finish == Equal,
            Self::Finishes => starts == Greater && finish == Equal,
            Self::Intersects => end_to_start != Less && start_to_end != Greater,
            Self::Meets => end_to_start == Equal,
            Self::MetBy => start_to_end == Equal,
            Self::OverlappedBy => starts == Greater && start_to_end == Less && finish == Greater,
            Self::Overlaps => starts == Less && end_to_start == Greater && finish == Less,
            Self::StartedBy => starts == Equal && finish == Greater,
            Self::Starts => starts == Equal && finish == Less,
        }
    }
}

/// Where an end lies that is open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenEnd {
    Before,
    After,
}

fn compare_ends(a: Option<TimeInstant>, a_open: OpenEnd, b: Option<TimeInstant>, b_open: OpenEnd) -> Ordering {
    let side = |open| if open == OpenEnd::Before { Ordering::Less } else { Ordering::Greater };
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b),
        (None, Some(_)) => side(a_open),
        (Some(_), None) => side(b_open).reverse(),
        (None, None) if a_open == b_open => Ordering::Equal,
        (None, None) => side(a_open),
    }
}
