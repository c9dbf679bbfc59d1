//! The spellings of days and instants that have one meaning, whoever wrote them (GDAL, ESRI, SQLite, spreadsheets),
//! read into the form of RFC 3339. Never guesses whether the day or the month comes first.

use jiff::{ToSpan, civil};
use std::borrow::Cow;

/// An instant as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstantReading<'a> {
    /// RFC 3339, in UTC, with the decimals of a second that were given: `2026-03-01T10:00:00.250Z`.
    pub text: Cow<'a, str>,
    /// Whether the spelling states a time zone; without one it is read as UTC.
    pub zoned: bool,
}

/// Digits of a second beyond the ninth are left out.
const MAX_DECIMALS: usize = 9;

/// Reads an instant. Year first; `-`, `/` or nothing between the parts of the day; `T` or blanks before the time;
/// seconds and a zone may be missing. `None` for anything else.
#[must_use]
pub fn read_instant(text: &str) -> Option<InstantReading<'_>> {
    if is_utc_instant(text.as_bytes()) {
        return Some(InstantReading { text: Cow::Borrowed(text), zoned: true });
    }
    let mut rest = SpellingReader(text.trim_ascii());
    let day = rest.read_day()?;
    rest.skip_time_mark()?;
    let (time, decimals) = rest.read_time()?;
    let offset_s = rest.read_zone()?;
    let at = day.to_datetime(time).checked_sub(offset_s.unwrap_or_default().seconds()).ok()?;
    Some(InstantReading { text: Cow::Owned(format_utc(at, decimals)?), zoned: offset_s.is_some() })
}

/// Reads a day: `2026-03-01`, `2026/3/1`, `20260301`, and midnight of a day (without a zone or in UTC), as programs
/// write it that know only instants. `None` for anything else.
#[must_use]
pub fn read_day(text: &str) -> Option<Cow<'_, str>> {
    if is_plain_day(text.as_bytes()) {
        return Some(Cow::Borrowed(text));
    }
    let mut rest = SpellingReader(text.trim_ascii());
    let day = rest.read_day()?;
    if !rest.0.is_empty() {
        rest.skip_time_mark()?;
        let (time, decimals) = rest.read_time()?;
        let midnight = time == civil::Time::midnight() && decimals.bytes().all(|b| b == b'0');
        if !midnight || rest.read_zone()?.unwrap_or_default() != 0 {
            return None;
        }
    }
    Some(Cow::Owned(day.to_string()))
}

/// The days that a text with the year last may mean, day first and month first: `03/04/2026` has two, `31.12.2025` one.
/// Dots separate only days that come first.
#[must_use]
pub fn read_year_last(text: &str) -> Vec<String> {
    let parts: Vec<&str> = text.split(['.', '/', '-']).map(str::trim).collect();
    let [first, second, year] = parts[..] else { return vec![] };
    let number = |part: &str| part.parse::<i8>().ok().filter(|_| part.len() <= 2);
    let (Some(first), Some(second)) = (number(first), number(second)) else { return vec![] };
    let Some(year) = year.parse::<i16>().ok().filter(|y| *y > 1000) else { return vec![] };
    let mut days: Vec<String> = Vec::new();
    let orders = [(second, first), (first, second)];
    for (month, day) in orders.into_iter().take(if text.contains('.') { 1 } else { 2 }) {
        days.extend(civil::Date::new(year, month, day).ok().map(|d| d.to_string()).filter(|d| !days.contains(d)));
    }
    days
}

/// Whether a text is an instant in the form that [`read_instant`] gives: most are, and need no parsing.
pub(super) fn is_utc_instant(text: &[u8]) -> bool {
    let Some((head, tail)) = text.split_at_checked(19) else { return false };
    let shaped = head[10..].iter().enumerate().all(|(at, b)| match at {
        0 => *b == b'T',
        3 | 6 => *b == b':',
        _ => b.is_ascii_digit(),
    });
    let fraction = match tail {
        [b'Z'] => true,
        [b'.', digits @ .., b'Z'] => {
            (1..=MAX_DECIMALS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        }
        _ => false,
    };
    let two = |at: usize| two_digits(head, at);
    shaped && fraction && two(11) <= 23 && two(14) <= 59 && two(17) <= 59 && is_plain_day(&head[..10])
}

/// Whether a text is a day as `2026-03-01`.
fn is_plain_day(text: &[u8]) -> bool {
    let mark = |at: usize| matches!(at, 4 | 7);
    let shaped = text.iter().enumerate().all(|(at, b)| if mark(at) { *b == b'-' } else { b.is_ascii_digit() });
    let two = |at: usize| two_digits(text, at);
    text.len() == 10 && shaped && civil::Date::new(i16::from(two(0)) * 100 + i16::from(two(2)), two(5), two(8)).is_ok()
}

fn two_digits(text: &[u8], at: usize) -> i8 {
    i8::try_from((text[at] - b'0') * 10 + (text[at + 1] - b'0')).unwrap_or(i8::MAX)
}

fn format_utc(at: civil::DateTime, decimals: &str) -> Option<String> {
    // RFC 3339 has years of four digits.
    (0..=9999).contains(&at.year()).then(|| {
        let seconds = at.strftime("%Y-%m-%dT%H:%M:%S");
        if decimals.is_empty() { format!("{seconds}Z") } else { format!("{seconds}.{decimals}Z") }
    })
}

/// What of a text is not read yet.
struct SpellingReader<'a>(&'a str);

impl<'a> SpellingReader<'a> {
    fn take_mark(&mut self, marks: &[char]) -> Option<char> {
        let mark = self.0.chars().next().filter(|c| marks.contains(c))?;
        self.0 = &self.0[mark.len_utf8()..];
        Some(mark)
    }

    fn count_digits(&self) -> usize {
        self.0.bytes().take_while(u8::is_ascii_digit).count()
    }

    fn take_digits(&mut self, count: usize) -> Option<i16> {
        let digits = self.0.get(..count).filter(|d| !d.is_empty() && d.bytes().all(|b| b.is_ascii_digit()))?;
        self.0 = &self.0[count..];
        digits.parse().ok()
    }

    fn take_short(&mut self, count: usize) -> Option<i8> {
        self.take_digits(count).and_then(|n| i8::try_from(n).ok())
    }

    fn read_day(&mut self) -> Option<civil::Date> {
        let (year, month, day) = match self.count_digits() {
            8 => (self.take_digits(4)?, self.take_short(2)?, self.take_short(2)?),
            4 => {
                let year = self.take_digits(4)?;
                let mark = self.take_mark(&['-', '/'])?;
                let month = self.take_up_to_two()?;
                self.take_mark(&[mark])?;
                (year, month, self.take_up_to_two()?)
            }
            _ => return None,
        };
        civil::Date::new(year, month, day).ok()
    }

    fn take_up_to_two(&mut self) -> Option<i8> {
        let count = self.count_digits();
        if (1..=2).contains(&count) { self.take_short(count) } else { None }
    }

    fn skip_time_mark(&mut self) -> Option<()> {
        let bare = self.0.trim_start_matches(' ');
        if bare.len() < self.0.len() {
            self.0 = bare;
            return Some(());
        }
        self.take_mark(&['T', 't']).map(|_| ())
    }

    /// A time and the decimals of its second, as they are written.
    fn read_time(&mut self) -> Option<(civil::Time, &'a str)> {
        let digits = self.count_digits();
        let (hour, minute, second) = if matches!(digits, 4 | 6) {
            let (hour, minute) = (self.take_short(2)?, self.take_short(2)?);
            (hour, minute, if digits == 6 { self.take_short(2)? } else { 0 })
        } else {
            let hour = self.take_up_to_two()?;
            self.take_mark(&[':'])?;
            let minute = self.take_short(2)?;
            let second = if self.take_mark(&[':']).is_some() { self.take_short(2)? } else { 0 };
            (hour, minute, second)
        };
        let mut decimals = "";
        if self.take_mark(&['.', ',']).is_some() {
            let count = self.count_digits();
            decimals = self.0.get(..count.min(MAX_DECIMALS)).filter(|d| !d.is_empty())?;
            self.0 = &self.0[count..];
        }
        // A leap second is the last one of its minute.
        let second = if second == 60 { 59 } else { second };
        Some((civil::Time::new(hour, minute, second, 0).ok()?, decimals))
    }

    /// Seconds east of UTC; `Some(None)` when no zone is stated. Nothing may follow.
    fn read_zone(&mut self) -> Option<Option<i64>> {
        let zone = self.0.trim_start_matches(' ');
        if zone.is_empty() {
            return Some(None);
        }
        if ["Z", "UTC", "GMT"].iter().any(|name| zone.eq_ignore_ascii_case(name)) {
            return Some(Some(0));
        }
        self.0 = zone;
        let sign = if self.take_mark(&['+', '-'])? == '-' { -1 } else { 1 };
        let digits = self.count_digits();
        let hours = self.take_digits(digits.min(2))?;
        let minutes = match (digits, self.take_mark(&[':'])) {
            (_, Some(_)) | (4, None) => self.take_digits(2)?,
            _ => 0,
        };
        let valid = self.0.is_empty() && hours <= 23 && minutes <= 59;
        valid.then(|| Some(sign * (i64::from(hours) * 3600 + i64::from(minutes) * 60)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_in_every_spelling_that_has_one_meaning() {
        for (text, canonical, zoned) in [
            ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z", true),
            ("2026-03-01T10:00:00.250Z", "2026-03-01T10:00:00.250Z", true),
            ("2026-03-01T10:00:00.000", "2026-03-01T10:00:00.000Z", false),
            ("2026-03-01T10:00:00", "2026-03-01T10:00:00Z", false),
            ("2026-03-01 11:00:00.000", "2026-03-01T11:00:00.000Z", false),
            ("2026/03/01 11:00:00+01", "2026-03-01T10:00:00Z", true),
            ("2026/03/01 11:00:00.5+0130", "2026-03-01T09:30:00.5Z", true),
            ("2026-03-01T11:00:00+01:00", "2026-03-01T10:00:00Z", true),
            ("2026-03-01T00:30:00+02:00", "2026-02-28T22:30:00Z", true),
            ("2025-12-31T23:30-01", "2026-01-01T00:30:00Z", true),
            ("2026-03-01t10:00:00z", "2026-03-01T10:00:00Z", true),
            ("20260301T110000Z", "2026-03-01T11:00:00Z", true),
            ("20260301T1100", "2026-03-01T11:00:00Z", false),
            ("2026-03-01 11:00", "2026-03-01T11:00:00Z", false),
            ("2026/3/1 9:05", "2026-03-01T09:05:00Z", false),
            ("2026-03-01 11:00:00 UTC", "2026-03-01T11:00:00Z", true),
            ("2026-03-01 11:00:00 +0100", "2026-03-01T10:00:00Z", true),
            ("2026-03-01T10:00:00,123456", "2026-03-01T10:00:00.123456Z", false),
            ("2026-03-01T10:00:00.1234567891Z", "2026-03-01T10:00:00.123456789Z", true),
            (" 2026-03-01T10:00:00Z ", "2026-03-01T10:00:00Z", true),
            ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.5Z", true),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59Z", true),
            ("2026-03-01T10:00:00-00:00", "2026-03-01T10:00:00Z", true),
            ("9999-12-31T23:59:59.9999999", "9999-12-31T23:59:59.9999999Z", false),
        ] {
            let read = read_instant(text).unwrap_or_else(|| panic!("{text} is not read"));
            assert_eq!((&*read.text, read.zoned), (canonical, zoned), "{text}");
            assert_eq!(read_instant(&read.text).unwrap().text, read.text, "{text}: read once and for all");
        }
    }

    #[test]
    fn what_has_no_meaning_or_two_is_not_an_instant() {
        for text in [
            "",
            "soon",
            "2026-03-01",
            "03/04/2026 10:00",
            "01.03.2026 10:00",
            "2026-02-30T10:00:00Z",
            "2026-13-01T10:00:00Z",
            "2026-03-01T24:00:00Z",
            "2026-03-01T10:60:00Z",
            "2026-03-01T10:00:00+25",
            "2026-03-01T10:00:00 Europe/Ljubljana",
            "2026-03-01T10:00:00Zx",
            "2026-03-01T10:00:00.Z",
            "2026-03/01T10:00:00Z",
            "9999-12-31T23:30:00-01:00",
            "0000-01-01T00:30:00+01:00",
            "2026-03-01T",
            "2026-03-01T10",
            "12026-03-01T10:00:00Z",
            "2026-03-01T10:00:00é",
        ] {
            assert_eq!(read_instant(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_is_read_from_a_day_or_its_midnight() {
        for (text, day) in [
            ("2026-03-01", Some("2026-03-01")),
            ("2026/03/01", Some("2026-03-01")),
            ("2026/3/1", Some("2026-03-01")),
            ("20260301", Some("2026-03-01")),
            ("2026-03-01T00:00:00.000", Some("2026-03-01")),
            ("2026-03-01T00:00:00Z", Some("2026-03-01")),
            ("2026-03-01 00:00:00+00", Some("2026-03-01")),
            ("2026-03-01T00:00:00+01:00", None),
            ("2026-03-01T10:00:00", None),
            ("2026-02-29", None),
            ("03/04/2026", None),
            ("2026", None),
        ] {
            assert_eq!(read_day(text).as_deref(), day, "{text}");
        }
    }

    #[test]
    fn a_year_at_the_end_may_leave_two_days() {
        for (text, days) in [
            ("31.12.2025", &["2025-12-31"][..]),
            ("03.04.2026", &["2026-04-03"]),
            ("03/04/2026", &["2026-04-03", "2026-03-04"]),
            ("04/04/2026", &["2026-04-04"]),
            ("12/31/2025", &["2025-12-31"]),
            ("31-12-2025", &["2025-12-31"]),
            ("31.13.2025", &[]),
            ("soon", &[]),
            ("2026-03-01", &[]),
        ] {
            assert_eq!(read_year_last(text), days, "{text}");
        }
    }
}
