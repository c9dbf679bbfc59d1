//! Works as a calendar (iCalendar, RFC 5545): one all-day event for each feature with a date, over all days that it may
//! take. An event whose days are not certain is tentative. The caller gives the current time.

use super::features;
use super::period::{DayRange, PeriodReader};
use crate::collection::Collection;
use crate::feature::{Feature, FieldValue, bbox_of};
use jiff::ToSpan;
use jiff::civil::Date;
use std::fmt::Write as _;

/// The longest line, in bytes, without its end.
const LINE_BYTES: usize = 75;

/// The properties of a calendar besides its events.
#[derive(Debug, Clone, Copy)]
pub struct CalendarHeader<'a> {
    pub title: &'a str,
    /// The current time, such as `20261126T120000Z`.
    pub stamp: &'a str,
    /// The address of a feature without its id.
    pub address: &'a str,
}

/// Writes the calendar; features without a date are omitted.
#[must_use]
pub fn write_calendar(
    collection: &Collection,
    features: impl Iterator<Item = Feature>,
    header: CalendarHeader<'_>,
) -> String {
    let mut out = CalendarLines::default();
    out.write_line("BEGIN", "VCALENDAR");
    out.write_line("VERSION", "2.0");
    out.write_line("PRODID", concat!("-//cityheart//cityheart ", env!("CARGO_PKG_VERSION"), "//EN"));
    out.write_line("CALSCALE", "GREGORIAN");
    out.write_line("METHOD", "PUBLISH");
    out.write_line("X-WR-CALNAME", &escape_text(header.title));
    if let Some(reader) = PeriodReader::for_collection(collection) {
        features.for_each(|feature| out.write_event(collection, reader, &feature, header));
    }
    out.write_line("END", "VCALENDAR");
    out.0
}

#[derive(Default)]
struct CalendarLines(String);

impl CalendarLines {
    fn write_event(
        &mut self,
        collection: &Collection,
        reader: PeriodReader,
        feature: &Feature,
        header: CalendarHeader<'_>,
    ) {
        let value = |field: usize| feature.values.get(field).cloned().unwrap_or(FieldValue::Null);
        let Some(period) = reader.read_period(value) else { return };
        let word = |name: &str| {
            let list = collection.field_index(name).map(|f| features::value_words(&value(f))).unwrap_or_default();
            list.into_iter().next()
        };
        // Without a start or an end, the event takes the days that the known date may mean.
        let days = period.possible_days(0);
        let Some(after) = days.last.checked_add(1.day()).ok().filter(|_| days != DayRange::ALWAYS) else { return };
        self.write_line("BEGIN", "VEVENT");
        self.write_line("UID", &format!("{}{}", header.address, feature.id));
        self.write_line("DTSTAMP", header.stamp);
        self.write_line("DTSTART;VALUE=DATE", &format_day(days.first));
        self.write_line("DTEND;VALUE=DATE", &format_day(after));
        self.write_line(
            "SUMMARY",
            &escape_text(&word("title").or_else(|| word("name")).unwrap_or_else(|| feature.id.to_string())),
        );
        for (name, field) in [("DESCRIPTION", "summary"), ("LOCATION", "place")] {
            if let Some(text) = word(field) {
                self.write_line(name, &escape_text(&text));
            }
        }
        if let Some(b) = feature.geometry.as_ref().and_then(bbox_of) {
            let (lat, lon) = (f64::midpoint(b.south, b.north), f64::midpoint(b.west, b.east));
            self.write_line("GEO", &format!("{lat:.6};{lon:.6}"));
        }
        let types = collection.field_index("types").map(|f| features::value_words(&value(f))).unwrap_or_default();
        if !types.is_empty() {
            self.write_line("CATEGORIES", &types.iter().map(|t| escape_text(t)).collect::<Vec<_>>().join(","));
        }
        let status = word("status");
        let certain = period.certain_days() == Some(days);
        self.write_line(
            "STATUS",
            match status.as_deref() {
                Some("abandoned") => "CANCELLED",
                _ if certain => "CONFIRMED",
                _ => "TENTATIVE",
            },
        );
        // Works do not block time in anyone's calendar.
        self.write_line("TRANSP", "TRANSPARENT");
        if let Some(status) = status {
            self.write_line("X-CITYHEART-STATUS", &escape_text(&status));
        }
        if let Some(precision) = word("date_precision") {
            self.write_line("X-CITYHEART-DATE-PRECISION", &escape_text(&precision));
        }
        self.write_line("URL", &format!("{}{}", header.address, feature.id));
        self.write_line("END", "VEVENT");
    }

    /// One content line, folded: no line has more than 75 bytes, and none ends inside a character (RFC 5545, section
    /// 3.1).
    fn write_line(&mut self, name: &str, value: &str) {
        let mut text = String::new();
        let _ = write!(text, "{name}:{value}");
        let mut bytes_left = LINE_BYTES;
        for c in text.chars() {
            if c.len_utf8() > bytes_left {
                self.0.push_str("\r\n ");
                bytes_left = LINE_BYTES - 1;
            }
            bytes_left -= c.len_utf8();
            self.0.push(c);
        }
        self.0.push_str("\r\n");
    }
}

fn format_day(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A TEXT value: separators and line breaks are escaped (RFC 5545, section 3.3.11), other control characters are
/// removed.
fn escape_text(text: &str) -> String {
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
    fn long_lines_are_folded_between_characters() {
        let mut lines = CalendarLines::default();
        lines.write_line("SUMMARY", &"Πλατεία Ελευθερίας, ".repeat(20));
        assert!(lines.0.split("\r\n").all(|l| l.len() <= 75));
        assert_eq!(
            lines.0.replace("\r\n ", "").trim_end(),
            format!("SUMMARY:{}", "Πλατεία Ελευθερίας, ".repeat(20)).trim_end()
        );
        assert_eq!(escape_text("a;b,c\\d\r\ne\u{7}"), "a\\;b\\,c\\\\d\\ne");
    }
}
