//! Instants and time spans, in milliseconds since 1970-01-01T00:00Z.

use super::time_spelling::{is_utc_instant, read_instant};
use jiff::{Span, Timestamp, civil, tz::TimeZone};
use std::cmp::Ordering;

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
    let (first, last) = parse_time_range(text)?;
    let (start_ms, end_ms) = (first.as_millisecond(), last.as_millisecond());
    Some(TimeSpan { start_ms, end_ms })
}

/// The first and the last instant of what [`parse_time_span`] parses, to the nanosecond.
#[must_use]
pub fn parse_time_range(text: &str) -> Option<(Timestamp, Timestamp)> {
    if text.len() == 10 {
        let first =
            text.parse::<civil::Date>().ok()?.to_zoned(TimeZone::UTC).map_or(Timestamp::MAX, |at| at.timestamp());
        let day = Span::new().hours(23).minutes(59).seconds(59).nanoseconds(999_999_999);
        return Some((first, first.saturating_add(day).ok()?));
    }
    // The last hours of the year 9999, which databases write for an open end, are beyond the last timestamp.
    let latest = || (text.starts_with("9999-12-3") && is_utc_instant(text.as_bytes())).then_some(Timestamp::MAX);
    let at = text.parse::<Timestamp>().ok().or_else(latest)?;
    Some((at, at))
}

/// The order of two instants, whatever their zones and decimals.
#[must_use]
pub fn compare_instants(a: &str, b: &str) -> Ordering {
    sort_instants(a, b, false)
}

/// The order in which instants are sorted; text that is no instant comes last in both directions.
#[must_use]
pub fn sort_instants(a: &str, b: &str, descending: bool) -> Ordering {
    let directed = |order: Ordering| if descending { order.reverse() } else { order };
    match (split_utc_instant(a), split_utc_instant(b)) {
        (Some((a, a_decimals)), Some((b, b_decimals))) => {
            // Decimals without zeros at the end are in the order of their text.
            let bare = |decimals: &'_ str| decimals.trim_end_matches('0').len();
            directed(a.cmp(b).then_with(|| a_decimals[..bare(a_decimals)].cmp(&b_decimals[..bare(b_decimals)])))
        }
        _ => match (read_timestamp(a), read_timestamp(b)) {
            (Some(x), Some(y)) => directed(x.cmp(&y)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => a.cmp(b),
        },
    }
}

/// Seconds and decimals of an instant in UTC: the text of the seconds is in the order of time.
fn split_utc_instant(text: &str) -> Option<(&str, &str)> {
    let (seconds, rest) = text.split_at_checked(19)?;
    match rest.strip_suffix('Z')? {
        "" => Some((seconds, "")),
        rest => Some((seconds, rest.strip_prefix('.')?)),
    }
}

fn read_timestamp(text: &str) -> Option<Timestamp> {
    parse_time_range(&read_instant(text)?.text).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_ordered_by_time_and_not_by_text() {
        let ordered = [
            "2026-03-01T09:59:59.9Z",
            "2026-03-01T10:00:00Z",
            "2026-03-01T10:00:00.1Z",
            "2026-03-01T10:00:00.123Z",
            "2026-03-01T10:00:00.123456Z",
            "2026-03-01T10:00:00.250Z",
            "2026-03-01T11:30:00+01:00",
            "2026-03-01T11:00:00Z",
            "soon",
        ];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(compare_instants(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        assert_eq!(sort_instants("soon", "2026-03-01T10:00:00Z", true), Ordering::Greater);
        assert_eq!(sort_instants("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.5Z", true), Ordering::Greater);
        for (a, b) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
            ("2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.500Z"),
            ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00+01:00"),
        ] {
            assert_eq!(compare_instants(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn a_day_lasts_to_its_last_nanosecond() {
        let (first, last) = parse_time_range("2026-03-01").unwrap();
        assert_eq!(
            (first.to_string().as_str(), last.to_string().as_str()),
            ("2026-03-01T00:00:00Z", "2026-03-01T23:59:59.999999999Z")
        );
        let span = parse_time_span("2026-03-01").unwrap();
        assert_eq!(span.end_ms - span.start_ms, 86_399_999);
        for open_end in ["9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.999999Z"] {
            assert_eq!(parse_time_range(open_end), Some((Timestamp::MAX, Timestamp::MAX)), "{open_end}");
        }
    }
}
