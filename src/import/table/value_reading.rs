//! What a cell stands for in its column: a number in the column's style, a day, a concept of a vocabulary, a list. A
//! cell that its column cannot read is told with a sentence; none is read by a guess.

use super::cell::TableCell;
use super::cell_words::{read_yes_no, says_nothing};
use super::date_reading::{DateContext, DatePeriod, DatePrecision, DateReading, read_date};
use super::number_style::{Currency, DecimalSign, read_number, scale_literal};
use super::vocabulary_words::VocabularyWords;
use crate::collection::FieldType;
use crate::number_literal::NumberLiteral;
use serde_json::Value as Json;
use std::sync::Arc;

/// How the cells of a column are read.
#[derive(Debug, Clone)]
pub enum ValueReading {
    /// Text as it is, for the survey to find its kind.
    AsIs,
    /// Text of the model: numbers with their digits.
    Words,
    Number(NumberReading),
    /// Days only.
    Days(DateContext),
    /// A period as ISO 8601 text.
    PeriodText(DateContext),
    YesNo,
    Coded(Arc<VocabularyWords>),
    CodedList(Arc<VocabularyWords>),
    TextList,
}

/// How numbers are read.
#[derive(Debug, Clone, Copy)]
pub struct NumberReading {
    pub sign: DecimalSign,
    /// The power of ten that the heading says.
    pub scale: usize,
    /// Euros.
    pub is_money: bool,
}

/// The value of a cell, or why there is none, as a sentence.
pub type CellValue = Result<Json, String>;

impl ValueReading {
    pub fn read(&self, cell: &TableCell) -> CellValue {
        match (self, cell) {
            (_, TableCell::Empty | TableCell::Fault(_)) => Ok(Json::Null),
            (_, TableCell::Text(text)) if text.trim().is_empty() => Ok(Json::Null),
            (Self::AsIs, cell) => Ok(cell.to_json()),
            (Self::Words, cell) => Ok(cell.to_text().as_ref().into()),
            (_, TableCell::Text(text)) if says_nothing(text) => Ok(Json::Null),
            (Self::Number(number), cell) => number.read(cell),
            (Self::Days(context), cell) => read_day(cell, *context),
            (Self::PeriodText(context), cell) => read_period_text(cell, *context),
            (Self::YesNo, cell) => read_flag(cell),
            (Self::Coded(words), cell) => read_concept(words, &cell.to_text()).map(Json::from),
            (Self::CodedList(words), cell) => read_list(&cell.to_text(), words),
            (Self::TextList, cell) => Ok(read_texts(&cell.to_text())),
        }
    }

    /// For the summary: `numbers with a decimal comma`.
    pub fn describe(&self) -> Option<String> {
        Some(match self {
            Self::AsIs | Self::Words => return None,
            Self::Number(NumberReading { sign, scale, .. }) => {
                let times = if *scale > 0 { format!(", times 1{}", "0".repeat(*scale)) } else { String::new() };
                format!("numbers with a decimal {}{times}", sign.name())
            }
            Self::Days(_) => "days".into(),
            Self::PeriodText(_) => "periods".into(),
            Self::YesNo => "yes or no".into(),
            Self::Coded(_) => "words of the vocabulary".into(),
            Self::CodedList(_) => "lists of words of the vocabulary".into(),
            Self::TextList => "lists".into(),
        })
    }
}

impl NumberReading {
    fn read(&self, cell: &TableCell) -> CellValue {
        let kind = if self.is_money { "an amount" } else { "a number" };
        let wrong = |text: &str| Err(format!("'{text}' is not {kind}. Write {kind} in digits, or empty the cell."));
        let literal = match cell {
            TableCell::Number(number) if self.scale == 0 => return Ok(TableCell::Number(*number).to_json()),
            TableCell::Number(_) => cell.to_text().into_owned(),
            TableCell::Text(text) => match read_number(text, self.sign) {
                Some(number) if self.is_money && number.currency == Some(Currency::Other) => {
                    return Err(format!("'{text}' is not in euros. Convert it, or empty the cell."));
                }
                Some(number) if self.is_money && number.is_percent => {
                    return Err(format!("'{text}' is a share, not an amount. Write the amount, or empty the cell."));
                }
                // A cell with a scale word of its own is not scaled twice.
                Some(number) if number.is_scaled => return Ok(literal_json(&number.literal)),
                Some(number) => number.literal,
                None => return wrong(text),
            },
            other => return wrong(&other.to_text()),
        };
        match scale_literal(&literal, self.scale) {
            Some(scaled) => Ok(literal_json(&scaled)),
            None => wrong(&literal),
        }
    }
}

/// A number; one with too many digits stays text, which its field refuses.
fn literal_json(literal: &str) -> Json {
    match NumberLiteral::parse(literal) {
        // 380000.00 is 380000.
        Some(NumberLiteral::Exact(number) | NumberLiteral::Rounded(number)) => match number.as_f64() {
            Some(value) if number.is_f64() => super::cell::json_number(value).map_or(Json::Null, Json::Number),
            _ => number.into(),
        },
        Some(NumberLiteral::Wide) | None => literal.into(),
    }
}

/// The period that a cell says; `None` for an empty one.
pub fn read_period(cell: &TableCell, context: DateContext) -> Result<Option<DatePeriod>, String> {
    let text = cell.to_text();
    let text = text.trim();
    let bare = match cell {
        TableCell::Empty | TableCell::Fault(_) => return Ok(None),
        TableCell::Text(_) if text.is_empty() || says_nothing(text) => return Ok(None),
        TableCell::Time(time) => time.split('T').next().unwrap_or_default(),
        TableCell::Number(n) if n.fract() == 0.0 && (1800.0..2200.0).contains(n) => text,
        TableCell::Number(_) => {
            return Err(format!(
                "'{text}' is a number, not a date. Give the cell the format of a date, or write 2026-03-01."
            ));
        }
        _ => text,
    };
    match read_date(bare, context) {
        DateReading::Read(period) => Ok(Some(period)),
        other => Err(describe_doubt(text, other)),
    }
}

fn describe_doubt(text: &str, reading: DateReading) -> String {
    match reading {
        DateReading::EitherOrder => {
            format!("'{text}' may have the day or the month first. Say --day-order day-first or month-first.")
        }
        DateReading::EitherLanguage => {
            format!(
                "'{text}' is October in Croatian and November in Polish, or June and July. Say --language hr or pl."
            )
        }
        DateReading::ShortYear => format!("'{text}' has a year of two digits. Write four."),
        DateReading::EitherWinter => {
            format!("'{text}' may begin in January or in December. Write winter 2026/27, or the month.")
        }
        DateReading::Read(_) | DateReading::NoDate => {
            format!("'{text}' is not a date. Write 2026-03-01, 03/2026, Q3 2026 or 2026, or empty the cell.")
        }
    }
}

fn read_day(cell: &TableCell, context: DateContext) -> CellValue {
    if let TableCell::Time(text) = cell {
        return Ok(Json::from(&**text));
    }
    // A day may be written with a midnight, as programs do.
    if let TableCell::Text(text) = cell
        && text.contains('T')
        && FieldType::Date.read_value(&Json::from(text.trim())).is_ok()
    {
        return Ok(Json::from(text.trim()));
    }
    match read_period(cell, context)? {
        None => Ok(Json::Null),
        Some(DatePeriod { start: Some(day), precision: DatePrecision::Day, is_range: false, .. }) => {
            Ok(day.to_string().into())
        }
        Some(_) => Err(format!("'{}' is not one day. Write a day, such as 2026-03-01.", cell.to_text())),
    }
}

/// `2026`, `2026-03`, `2026-03-01`, or two days with a slash.
fn read_period_text(cell: &TableCell, context: DateContext) -> CellValue {
    let Some(period) = read_period(cell, context)? else { return Ok(Json::Null) };
    let (Some(start), Some(end)) = (period.start, period.end) else {
        return Err(format!("'{}' has no end. Write both ends, such as 2026/2028.", cell.to_text()));
    };
    let form = |day: jiff::civil::Date| match period.precision {
        DatePrecision::Year => format!("{:04}", day.year()),
        DatePrecision::Day => day.to_string(),
        _ => format!("{:04}-{:02}", day.year(), day.month()),
    };
    let (first, last) = (form(start), form(end));
    Ok(if first == last { first.into() } else { format!("{first}/{last}").into() })
}

fn read_flag(cell: &TableCell) -> CellValue {
    let text = cell.to_text();
    match cell {
        TableCell::Flag(flag) => Ok((*flag).into()),
        TableCell::Number(n) if *n == 0.0 || *n == 1.0 => Ok((*n == 1.0).into()),
        _ => match read_yes_no(&text) {
            Some(flag) => Ok(flag.into()),
            None if matches!(text.trim(), "0" | "1") => Ok((text.trim() == "1").into()),
            None => Err(format!("'{text}' is neither yes nor no. Write one of them, or empty the cell.")),
        },
    }
}

fn read_concept(words: &VocabularyWords, text: &str) -> Result<String, String> {
    words.find(text.trim()).map(ToOwned::to_owned).ok_or_else(|| {
        format!("'{}' is no word of the vocabulary. The nearest are {}.", text.trim(), words.nearest(text).join(", "))
    })
}

/// Concepts between semicolons, commas or lines; one that contains a comma is tried whole first.
fn read_list(text: &str, words: &VocabularyWords) -> CellValue {
    if text.trim_start().starts_with('[') {
        return Ok(serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    }
    let mut found: Vec<String> = vec![];
    for part in text.split([';', '\n', '|']).map(str::trim).filter(|part| !part.is_empty()) {
        let whole = words.find(part).map(|concept| vec![concept.to_owned()]);
        let several =
            || part.split([',', '/']).filter(|p| !p.trim().is_empty()).map(|p| read_concept(words, p)).collect();
        let concepts: Vec<String> = whole.map_or_else(several, Ok::<_, String>)?;
        concepts.into_iter().filter(|c| !found.contains(c)).collect::<Vec<_>>().into_iter().for_each(|c| found.push(c));
    }
    Ok(found.into())
}

/// Texts between semicolons or lines; a comma may be part of a name.
fn read_texts(text: &str) -> Json {
    if text.trim_start().starts_with(['[', '{']) {
        return serde_json::from_str(text).unwrap_or_else(|_| text.into());
    }
    let is_links = text.split(',').all(|part| part.trim_start().starts_with("http"));
    let separators: &[char] = if is_links { &[';', '\n', ','] } else { &[';', '\n'] };
    text.split(separators).map(str::trim).filter(|part| !part.is_empty()).map(Json::from).collect()
}
