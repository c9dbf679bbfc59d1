//! Whatever is written in a style that is understood is read back as it was meant; no text breaks the reading.

use super::cell::TableCell;
use super::coordinate_text::normalise_coordinate;
use super::date_reading::{DateContext, DatePrecision, DateReading, read_date};
use super::date_words::MonthLanguage;
use super::number_style::{DecimalSign, read_number};
use proptest::prelude::*;

/// The months as sentences have them.
const MONTHS: [(&str, &str); 10] = [
    ("en", "January February March April May June July August September October November December"),
    ("fr", "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
    ("pl", "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia"),
    ("es", "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"),
    ("hr", "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna listopada studenoga prosinca"),
    ("pt", "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"),
    ("sl", "januarja februarja marca aprila maja junija julija avgusta septembra oktobra novembra decembra"),
    ("it", "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"),
    (
        "el",
        "Ιανουαρίου Φεβρουαρίου Μαρτίου Απριλίου Μαΐου Ιουνίου Ιουλίου Αυγούστου Σεπτεμβρίου Οκτωβρίου Νοεμβρίου Δεκεμβρίου",
    ),
    ("nl", "januari februari maart april mei juni juli augustus september oktober november december"),
];

/// Writes whole digits in groups of three.
fn in_groups(whole: u64, sign: &str) -> String {
    let digits = whole.to_string();
    let first = digits.len() % 3;
    let mut parts: Vec<&str> = if first > 0 { vec![&digits[..first]] } else { vec![] };
    parts.extend((first..digits.len()).step_by(3).map(|at| &digits[at..at + 3]));
    parts.join(sign)
}

proptest! {
    #[test]
    fn a_number_written_in_any_style_is_read_back(
        whole in 0_u64..1_000_000_000_000,
        cents in 0_u32..100,
        group in 0_usize..6,
        comma in any::<bool>(),
        mark in 0_usize..7,
    ) {
        let (sign, decimal) = if comma { (DecimalSign::Comma, ",") } else { (DecimalSign::Point, ".") };
        let other = if comma { "." } else { "," };
        let digits = in_groups(whole, ["", " ", "\u{a0}", "\u{202f}", "'", other][group]);
        let bare = format!("{digits}{decimal}{cents:02}");
        let text = match mark {
            0 => bare,
            1 => format!("{bare} €"),
            2 => format!("€ {bare}"),
            3 => format!("-{bare}"),
            4 => format!("({bare})"),
            5 => format!("{bare} EUR"),
            _ => format!("{bare}-"),
        };
        let minus = if matches!(mark, 3 | 4 | 6) && (whole, cents) != (0, 0) { "-" } else { "" };
        let read = read_number(&text, sign).map(|number| number.literal);
        prop_assert_eq!(read, Some(format!("{minus}{whole}.{cents:02}")), "{}", text);
    }

    #[test]
    fn a_day_written_in_any_language_is_read_back(year in 1900_i16..2100, month in 1_i8..=12, day in 1_i8..=28, language in 0_usize..10, form in 0_usize..3) {
        let (code, names) = MONTHS[language];
        let name = names.split(' ').nth(month as usize - 1).unwrap();
        let text = match form {
            0 => format!("{day} {name} {year}"),
            1 => format!("{day}. {name} {year}"),
            _ => format!("{name} {year}"),
        };
        let context = DateContext { order: None, language: MonthLanguage::from_code(code) };
        match read_date(&text, context) {
            DateReading::Read(period) => {
                let start = period.start.unwrap();
                let expected_day = if form == 2 { 1 } else { day };
                prop_assert_eq!((start.year(), start.month(), start.day()), (year, month, expected_day), "{}", text);
                let precision = if form == 2 { DatePrecision::Month } else { DatePrecision::Day };
                prop_assert_eq!(period.precision, precision);
            }
            other => prop_assert!(false, "{}: {:?}", text, other),
        }
    }

    #[test]
    fn no_text_breaks_the_reading(text in "\\PC{0,60}", signs in "[0-9.,/ €%()°'\"NSEW–-]{0,40}") {
        for text in [&text, &signs] {
            for sign in DecimalSign::BOTH {
                let _ = read_number(text, sign);
                let _ = normalise_coordinate(&TableCell::from_text(text), sign);
            }
            let _ = read_date(text, DateContext::default());
            let _ = super::cell_words::says_total(text);
            let _ = super::field_names::split_unit(text);
        }
    }
}
