//! The time of a feature, as precise as the plan states it: a date with the precision `month` is any day of that month.
//! Tells the days that a period may have from those that it certainly has.

use crate::collection::Collection;
use crate::feature::{FieldValue, time};
use jiff::civil::Date;
use jiff::{Span, ToSpan};

/// The most months that are listed.
const MAX_MONTHS: usize = 100;

/// The days from `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayRange {
    pub first: Date,
    pub last: Date,
}

/// The days on which a feature may begin, and those on which it may end. One of the two may be unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeaturePeriod {
    pub begins: Option<DayRange>,
    pub ends: Option<DayRange>,
}

/// Reads the period of features from the date fields of their collection.
#[derive(Debug, Clone, Copy)]
pub struct PeriodReader {
    start: usize,
    end: Option<usize>,
    precision: Option<usize>,
}

impl DayRange {
    pub const ALWAYS: Self = Self { first: Date::MIN, last: Date::MAX };

    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// The days that both ranges have; `None` when there are none.
    #[must_use]
    pub fn intersection(self, other: Self) -> Option<Self> {
        self.overlaps(other).then(|| Self { first: self.first.max(other.first), last: self.last.min(other.last) })
    }

    /// The months of the range, such as `2026-03`; at most [`MAX_MONTHS`].
    #[must_use]
    pub fn list_months(self) -> Vec<String> {
        let mut month = self.first.first_of_month();
        let mut months = Vec::new();
        while month <= self.last && months.len() < MAX_MONTHS {
            months.push(month.strftime("%Y-%m").to_string());
            month = month.saturating_add(1.month());
        }
        months
    }
}

impl FeaturePeriod {
    /// All days that the feature may take. An unknown start or end is assumed to be `open_months` from the known one.
    #[must_use]
    pub fn possible_days(&self, open_months: i64) -> DayRange {
        let open = Span::new().months(open_months);
        match (self.begins, self.ends) {
            (Some(b), Some(e)) => DayRange { first: b.first, last: e.last.max(b.first) },
            (Some(b), None) => DayRange { first: b.first, last: b.last.saturating_add(open).max(b.last) },
            (None, Some(e)) => DayRange { first: e.first.saturating_sub(open).min(e.first), last: e.last },
            (None, None) => DayRange::ALWAYS,
        }
    }

    /// The days that the feature takes on every reading of its dates; `None` when there are none.
    #[must_use]
    pub fn certain_days(&self) -> Option<DayRange> {
        let (first, last) = match (self.begins, self.ends) {
            (Some(b), Some(e)) => (b.last, e.first),
            (Some(b), None) if b.first == b.last => (b.first, b.first),
            (None, Some(e)) if e.first == e.last => (e.first, e.first),
            _ => return None,
        };
        (first <= last).then_some(DayRange { first, last })
    }

    /// The days between start and end; without limit where one of them is unknown.
    #[must_use]
    pub fn open_range(&self) -> DayRange {
        DayRange { first: self.begins.map_or(Date::MIN, |d| d.first), last: self.ends.map_or(Date::MAX, |d| d.last) }
    }

    /// The days on which the feature may have been completed: its end, or its start when no end is known.
    #[must_use]
    pub fn completion_days(&self) -> Option<DayRange> {
        self.ends.or(self.begins)
    }
}

impl PeriodReader {
    /// `None` when the collection has no dates.
    #[must_use]
    pub fn for_collection(collection: &Collection) -> Option<Self> {
        let time = collection.time?;
        Some(Self { start: time.start, end: time.end, precision: collection.field_index("date_precision") })
    }

    /// `None` when the feature is undated.
    #[must_use]
    pub fn read_period(&self, value: impl Fn(usize) -> FieldValue) -> Option<FeaturePeriod> {
        let precision = match self.precision.map(&value) {
            Some(FieldValue::Text(t)) => t.to_string(),
            _ => "day".to_owned(),
        };
        let read = |at: usize| match value(at) {
            FieldValue::Text(t) => parse_day(&t).map(|d| days_of_date(d, &precision)),
            _ => None,
        };
        let begins = read(self.start);
        // Without a field for the end, a feature ends when it starts.
        let ends = self.end.map_or(begins, read);
        (begins.is_some() || ends.is_some()).then_some(FeaturePeriod { begins, ends })
    }
}

/// The day of a date or an instant.
#[must_use]
pub fn parse_day(text: &str) -> Option<Date> {
    time::parse_time_span(text).and_then(|_| text.get(..10)).and_then(|d| d.parse().ok())
}

/// The days that a date with this precision may mean. Seasons are meteorological: December to February, and so on.
fn days_of_date(date: Date, precision: &str) -> DayRange {
    let from = |first: Date, months: i64| DayRange {
        first,
        last: first.saturating_add((months - 1).months()).last_of_month(),
    };
    match precision {
        "month" => from(date.first_of_month(), 1),
        "season" => from(date.first_of_month().saturating_sub(i64::from(date.month() % 3).months()), 3),
        "quarter" => from(first_of_part(date, 3), 3),
        "half_year" => from(first_of_part(date, 6), 6),
        "year" | "unknown" => DayRange { first: date.first_of_year(), last: date.last_of_year() },
        _ => DayRange { first: date, last: date },
    }
}

/// The first day of the quarter or half-year, of so many months, that a date is in.
fn first_of_part(date: Date, months: i8) -> Date {
    date.first_of_month().saturating_sub(i64::from((date.month() - 1) % months).months())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn a_date_is_as_wide_as_its_precision() {
        for (date, precision, first, last) in [
            ("2026-03-15", "day", "2026-03-15", "2026-03-15"),
            ("2024-02-10", "month", "2024-02-01", "2024-02-29"),
            ("2026-01-15", "season", "2025-12-01", "2026-02-28"),
            ("2025-12-31", "season", "2025-12-01", "2026-02-28"),
            ("2026-03-01", "season", "2026-03-01", "2026-05-31"),
            ("2026-11-30", "season", "2026-09-01", "2026-11-30"),
            ("2026-07-01", "quarter", "2026-07-01", "2026-09-30"),
            ("2026-12-31", "quarter", "2026-10-01", "2026-12-31"),
            ("2026-06-30", "half_year", "2026-01-01", "2026-06-30"),
            ("2026-07-01", "half_year", "2026-07-01", "2026-12-31"),
            ("2026-06-01", "year", "2026-01-01", "2026-12-31"),
            ("2026-06-01", "unknown", "2026-01-01", "2026-12-31"),
            ("9999-12-01", "month", "9999-12-01", "9999-12-31"),
        ] {
            assert_eq!(
                days_of_date(d(date), precision),
                DayRange { first: d(first), last: d(last) },
                "{date} {precision}"
            );
        }
    }

    #[test]
    fn certain_days_lie_within_possible_days() {
        let month = |first: &str, last: &str| DayRange { first: d(first), last: d(last) };
        let march_to_may = FeaturePeriod {
            begins: Some(month("2026-03-01", "2026-03-31")),
            ends: Some(month("2026-05-01", "2026-05-31")),
        };
        assert_eq!(march_to_may.possible_days(12), month("2026-03-01", "2026-05-31"));
        assert_eq!(march_to_may.certain_days(), Some(month("2026-03-31", "2026-05-01")));
        let open = FeaturePeriod { ends: None, ..march_to_may };
        assert_eq!(open.possible_days(12), month("2026-03-01", "2027-03-31"));
        assert_eq!(open.certain_days(), None);
        assert_eq!(open.open_range().last, Date::MAX);
        assert_eq!(month("2025-11-20", "2026-02-01").list_months(), ["2025-11", "2025-12", "2026-01", "2026-02"]);
    }
}
