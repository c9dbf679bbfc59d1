//! Cells that are neither text nor numbers: dates as serial numbers or text, errors of formulas.

use crate::import::table::TableCell;
use calamine::ExcelDateTime;

pub fn fault_name(e: &calamine::CellErrorType) -> &'static str {
    use calamine::CellErrorType as E;
    match e {
        E::Div0 => "#DIV/0!",
        E::NA => "#N/A",
        E::Name => "#NAME?",
        E::Null => "#NULL!",
        E::Num => "#NUM!",
        E::Ref => "#REF!",
        _ => "#VALUE!",
    }
}

/// A serial number as a day, as a time in no zone, or as hours.
pub fn convert_time(time: &ExcelDateTime) -> TableCell {
    let serial = time.as_f64();
    let (year, month, day, hour, minute, second, milli) = time.to_ymd_hms_milli();
    if time.is_duration() || (0.0..1.0).contains(&serial) {
        let seconds = (serial * 86400.0).round().max(0.0) as u64;
        let text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        return TableCell::from_text(text.strip_suffix(":00").unwrap_or(&text));
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second, milli) == (0, 0, 0, 0) {
        return TableCell::Time(date.into());
    }
    TableCell::Time(format!("{date}T{hour:02}:{minute:02}:{second:02}").into())
}

/// An instant at midnight is a day.
pub fn shorten_instant(text: &str) -> &str {
    match text.split_once('T') {
        Some((day, time)) if time.bytes().all(|b| matches!(b, b'0' | b':' | b'.')) => day,
        _ => text,
    }
}
