//! Rows far down in a plain text that may be no features: sums, notes, headings that are repeated. Looks at every row,
//! as cheaply as that goes, and decides nothing: a text with such a row is understood in full.

use super::cell_words::{says_note, says_nothing, says_total};
use crate::import::csv::{RecordLimiter, RecordProgress};
use csv::ByteRecord;
use std::io::{BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The longest name of a sum.
const MAX_TOTAL: usize = 40;
/// Notes without a word that says so are longer.
const MIN_NOTE: usize = 20;

/// Whether a text in UTF-8, whose first row has the headings, has a row that may be no feature. What cannot be read is
/// left to the reading of the features, which reports it.
pub fn has_doubtful_row(input: Box<dyn Read + Send>, delimiter: u8) -> bool {
    let progress = Arc::<RecordProgress>::default();
    let input = RecordLimiter { input: BufReader::with_capacity(256 << 10, input), progress: progress.clone() };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(input);
    let (mut names, mut record) = (ByteRecord::new(), ByteRecord::new());
    let mut is_first = true;
    loop {
        progress.record_bytes.store(0, Ordering::Relaxed);
        if !matches!(reader.read_byte_record(&mut record), Ok(true)) {
            return false;
        }
        if std::mem::take(&mut is_first) {
            std::mem::swap(&mut names, &mut record);
        } else if is_doubtful(&record, &names) {
            return true;
        }
    }
}

fn is_doubtful<'r>(record: &'r ByteRecord, names: &'r ByteRecord) -> bool {
    let mut filled = record.iter().map(<[u8]>::trim_ascii).filter(|cell| !cell.is_empty());
    let Some(first) = filled.next() else { return false };
    let rest = filled;
    let repeats = || {
        let bare = |name: &'r [u8]| name.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(name).trim_ascii();
        let mut cells = record.iter().zip(names).filter(|(cell, _)| !cell.is_empty());
        cells.all(|(cell, name)| cell.trim_ascii() == bare(name))
    };
    let has_digit = first.iter().any(u8::is_ascii_digit);
    match rest.clone().next() {
        None => {
            let text = String::from_utf8_lossy(first);
            names.len() > 2
                && !(has_digit && first.len() <= MIN_NOTE)
                && (first.len() > MIN_NOTE || says_note(&text) || says_total(&text))
        }
        Some(_) if !has_digit && first.len() <= MAX_TOTAL && rest.clone().all(may_be_figure) => {
            repeats() || says_total(&String::from_utf8_lossy(first))
        }
        Some(_) => repeats(),
    }
}

fn may_be_figure(cell: &[u8]) -> bool {
    cell.iter().any(u8::is_ascii_digit) || (cell.len() <= 12 && says_nothing(&String::from_utf8_lossy(cell)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_found(row: &str) -> bool {
        let text = format!("id,title,cost\n{}{row}\n", "a1,Square,5\n".repeat(2000));
        has_doubtful_row(Box::new(std::io::Cursor::new(text.into_bytes())), b',')
    }

    #[test]
    fn sums_notes_and_repeated_headings_are_found_however_far_down() {
        for row in [
            "Skupaj,,12000",
            ",Total,12000",
            "Razem,-,\"12.000,00 €\"",
            "id,title,cost",
            "Opomba: brez DDV,,",
            "* without VAT,,",
            "These amounts were estimated,,",
        ] {
            assert!(is_found(row), "{row}");
        }
        for row in ["a1,Square,5", "Square,Total,5", "a2,,", "b,Total renewal of the square,7", "Trg,,"] {
            assert!(!is_found(row), "{row}");
        }
    }
}
