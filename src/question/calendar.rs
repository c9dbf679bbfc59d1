//! Works as a calendar (iCalendar, RFC 5545): one all-day event for each feature with a date, over all days that it may take. An event whose
//! days are not exactly known is tentative. Reads no clock of its own.

use super::choose;
use super::when::{Clock, Days};
use crate::collection::Collection;
use crate::feature::{Feature, Value, bbox_of};
use jiff::ToSpan;
use jiff::civil::Date;
use std::fmt::Write as _;

/// The longest line, in bytes, without its end.
const LINE_BYTES: usize = 75;

/// What a calendar says besides its features.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a> {
    pub title: &'a str,
    /// Now, as `20261126T120000Z`.
    pub stamp: &'a str,
    /// What the address of a feature begins with; its id follows.
    pub address: &'a str,
}

/// Writes the calendar. Features without a date are not in it.
#[must_use]
pub fn calendar(collection: &Collection, features: impl Iterator<Item = Feature>, header: Header<'_>) -> String {
    let mut out = Lines::default();
    out.line("BEGIN", "VCALENDAR");
    out.line("VERSION", "2.0");
    out.line("PRODID", concat!("-//cityheart//cityheart ", env!("CARGO_PKG_VERSION"), "//EN"));
    out.line("CALSCALE", "GREGORIAN");
    out.line("METHOD", "PUBLISH");
    out.line("X-WR-CALNAME", &escaped(header.title));
    if let Some(clock) = Clock::of(collection) {
        features.for_each(|feature| out.event(collection, clock, &feature, header));
    }
    out.line("END", "VCALENDAR");
    out.0
}

#[derive(Default)]
struct Lines(String);

impl Lines {
    fn event(&mut self, collection: &Collection, clock: Clock, feature: &Feature, header: Header<'_>) {
        let value = |field: usize| feature.values.get(field).cloned().unwrap_or(Value::Null);
        let Some(period) = clock.read(value) else { return };
        let word = |name: &str| {
            let list = collection.field(name).map(|f| choose::words(&value(f))).unwrap_or_default();
            list.into_iter().next()
        };
        // Without an end, or a beginning, the event lasts as long as the date that is known is wide.
        let days = period.might(0);
        let Some(after) = days.last.checked_add(1.day()).ok().filter(|_| days != Days::ALWAYS) else { return };
        self.line("BEGIN", "VEVENT");
        self.line("UID", &format!("{}{}", header.address, feature.id));
        self.line("DTSTAMP", header.stamp);
        self.line("DTSTART;VALUE=DATE", &plain(days.first));
        self.line("DTEND;VALUE=DATE", &plain(after));
        self.line(
            "SUMMARY",
            &escaped(&word("title").or_else(|| word("name")).unwrap_or_else(|| feature.id.to_string())),
        );
        for (name, field) in [("DESCRIPTION", "summary"), ("LOCATION", "place")] {
            if let Some(text) = word(field) {
                self.line(name, &escaped(&text));
            }
        }
        if let Some(b) = feature.geometry.as_ref().and_then(bbox_of) {
            let (lat, lon) = (f64::midpoint(b.south, b.north), f64::midpoint(b.west, b.east));
            self.line("GEO", &format!("{lat:.6};{lon:.6}"));
        }
        let types = collection.field("types").map(|f| choose::words(&value(f))).unwrap_or_default();
        if !types.is_empty() {
            self.line("CATEGORIES", &types.iter().map(|t| escaped(t)).collect::<Vec<_>>().join(","));
        }
        let status = word("status");
        let certain = period.sure() == Some(days);
        self.line(
            "STATUS",
            match status.as_deref() {
                Some("abandoned") => "CANCELLED",
                _ if certain => "CONFIRMED",
                _ => "TENTATIVE",
            },
        );
        // A work in the street does not make anybody busy.
        self.line("TRANSP", "TRANSPARENT");
        if let Some(status) = status {
            self.line("X-CITYHEART-STATUS", &escaped(&status));
        }
        if let Some(precision) = word("date_precision") {
            self.line("X-CITYHEART-DATE-PRECISION", &escaped(&precision));
        }
        self.line("URL", &format!("{}{}", header.address, feature.id));
        self.line("END", "VEVENT");
    }

    /// One content line, folded: no line has more than 75 bytes, and none ends within a letter.
    fn line(&mut self, name: &str, value: &str) {
        let mut text = String::new();
        let _ = write!(text, "{name}:{value}");
        let mut room = LINE_BYTES;
        for c in text.chars() {
            if c.len_utf8() > room {
                self.0.push_str("\r\n ");
                room = LINE_BYTES - 1;
            }
            room -= c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }
}

fn plain(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// Text as a value: separators and line ends are escaped, other control characters are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_folded_between_letters() {
        let mut lines = Lines::default();
        lines.line("SUMMARY", &"Πλατεία Ελευθερίας, ".repeat(20));
        assert!(lines.0.split("\r\n").all(|l| l.len() <= 75));
        assert_eq!(
            lines.0.replace("\r\n ", "").trim_end(),
            format!("SUMMARY:{}", "Πλατεία Ελευθερίας, ".repeat(20)).trim_end()
        );
        assert_eq!(escaped("a;b,c\\d\r\ne\u{7}"), "a\\;b\\,c\\\\d\\ne");
    }
}
