//! What all cells of a column say of its kind: which decimal signs read its numbers, which order its dates, how much is
//! neither. Keeps counts and a few examples, however long the table is.

use super::cell::TableCell;
use super::cell_words::{read_yes_no, says_nothing};
use super::date_reading::{DateContext, DatePrecision, DateReading, DayOrder, proves_order, read_date};
use super::number_style::{Currency, DecimalSign, StyledNumber, read_number};
use crate::number_literal::NumberLiteral;
use std::collections::HashSet;

/// The most different texts of a column that are kept.
const MAX_WORDS: usize = 60;
/// Longer texts are no words.
const MAX_WORD_BYTES: usize = 80;

/// Counts of the cells of one column.
#[derive(Debug, Clone, Default)]
pub struct ColumnEvidence {
    pub texts: u64,
    pub numbers: u64,
    pub days: u64,
    pub instants: u64,
    pub flags: u64,
    /// Words such as `n/a`.
    pub absent: u64,
    /// Errors of formulas.
    pub faults: u64,
    pub point: SignEvidence,
    pub comma: SignEvidence,
    /// Texts that are two different numbers under the two signs, with the first.
    pub differing: u64,
    pub differing_example: Option<String>,
    pub percents: u64,
    pub foreign_money: u64,
    pub text_days: u64,
    pub text_periods: u64,
    pub either_order: u64,
    pub order_example: Option<String>,
    pub either_language: u64,
    pub language_example: Option<String>,
    pub short_years: u64,
    pub day_first: u64,
    pub month_first: u64,
    pub yes: u64,
    pub no: u64,
    /// Different texts, as long as they are few.
    pub words: HashSet<Box<str>>,
    pub has_many_words: bool,
    pub example: Option<String>,
}

/// What one decimal sign makes of the texts of a column.
#[derive(Debug, Clone, Default)]
pub struct SignEvidence {
    pub read: u64,
    /// Texts that the other sign does not read.
    pub only: u64,
    pub amounts: u64,
    /// Texts with no mark beside digits, minus and point.
    pub plain: u64,
    shortest: Option<usize>,
    longest: usize,
    has_trailing_zero: bool,
    has_bare_wholes: bool,
    /// More digits than a number keeps.
    pub is_wide: bool,
}

impl SignEvidence {
    fn add(&mut self, number: &StyledNumber) {
        self.read += 1;
        self.amounts += u64::from(number.is_amount());
        self.plain += u64::from(number.is_plain());
        let digits = number.fraction.len();
        if digits == 0 {
            self.has_bare_wholes = true;
        } else {
            self.shortest = Some(self.shortest.map_or(digits, |s| s.min(digits)));
            self.longest = self.longest.max(digits);
            self.has_trailing_zero |= number.fraction.ends_with('0');
        }
        self.is_wide |= !matches!(NumberLiteral::parse(&number.literal), Some(NumberLiteral::Exact(n)) if n.as_i64().is_none_or(|i| i.unsigned_abs() <= crate::number_literal::MAX_EXACT_INTEGER));
    }

    /// Whether the numbers, written again in the style of the column, have the same characters: as many decimals in
    /// all cells, or none that ends with a zero. Amounts are no codes.
    pub fn comes_back(&self) -> bool {
        let is_even = self.shortest == Some(self.longest) && !self.has_bare_wholes;
        !self.is_wide && (!self.has_trailing_zero || is_even || self.amounts > 0)
    }

    /// Whether the column proves that this sign is the table's: its numbers are no codes such as `1.10`.
    pub fn proves(&self, sign: DecimalSign) -> bool {
        self.only > 0
            && self.comes_back()
            && (sign == DecimalSign::Comma || self.amounts > 0 || self.shortest.is_some_and(|s| s >= 2))
    }
}

impl ColumnEvidence {
    pub fn add(&mut self, cell: &TableCell) {
        match cell {
            TableCell::Empty => {}
            TableCell::Number(_) => self.numbers += 1,
            TableCell::Time(text) if text.len() > 10 => self.instants += 1,
            TableCell::Time(_) => self.days += 1,
            TableCell::Flag(_) => self.flags += 1,
            TableCell::Fault(_) => self.faults += 1,
            TableCell::Text(text) if text.trim().is_empty() => {}
            TableCell::Text(text) if says_nothing(text) => self.absent += 1,
            TableCell::Text(text) => self.add_text(text.trim()),
        }
        if self.example.is_none() && !cell.is_blank() {
            self.example = Some(cell.to_text().chars().take(40).collect());
        }
    }

    fn add_text(&mut self, text: &str) {
        self.texts += 1;
        self.keep_word(text);
        match read_yes_no(text) {
            Some(true) if !text.eq_ignore_ascii_case("x") => self.yes += 1,
            Some(false) => self.no += 1,
            _ => {}
        }
        if !text.bytes().any(|b| b.is_ascii_digit()) {
            return;
        }
        self.add_number(text);
        self.add_date(text);
    }

    fn keep_word(&mut self, text: &str) {
        if text.len() > MAX_WORD_BYTES || self.words.len() >= MAX_WORDS {
            self.has_many_words |= !self.words.contains(text);
        } else if !self.words.contains(text) {
            self.words.insert(text.into());
        }
    }

    fn add_number(&mut self, text: &str) {
        let (point, comma) = (read_number(text, DecimalSign::Point), read_number(text, DecimalSign::Comma));
        if let (Some(p), Some(c)) = (&point, &comma)
            && p.literal != c.literal
        {
            self.differing += 1;
            self.differing_example.get_or_insert_with(|| text.to_owned());
        }
        self.point.only += u64::from(point.is_some() && comma.is_none());
        self.comma.only += u64::from(comma.is_some() && point.is_none());
        if let Some(number) = point.as_ref().or(comma.as_ref()) {
            self.percents += u64::from(number.is_percent);
            self.foreign_money += u64::from(number.currency == Some(Currency::Other));
        }
        point.iter().for_each(|number| self.point.add(number));
        comma.iter().for_each(|number| self.comma.add(number));
    }

    fn add_date(&mut self, text: &str) {
        match proves_order(text) {
            Some(DayOrder::DayFirst) => self.day_first += 1,
            Some(DayOrder::MonthFirst) => self.month_first += 1,
            None => {}
        }
        match read_date(text, DateContext::default()) {
            DateReading::Read(period) if period.precision == DatePrecision::Day && !period.is_range => {
                self.text_days += 1;
            }
            DateReading::Read(_) | DateReading::EitherWinter => self.text_periods += 1,
            DateReading::EitherOrder => {
                self.either_order += 1;
                self.order_example.get_or_insert_with(|| text.to_owned());
            }
            DateReading::EitherLanguage => {
                self.either_language += 1;
                self.language_example.get_or_insert_with(|| text.to_owned());
            }
            DateReading::ShortYear => self.short_years += 1,
            DateReading::NoDate => {}
        }
    }

    /// Cells with a value.
    pub fn cells(&self) -> u64 {
        self.texts + self.numbers + self.days + self.instants + self.flags
    }

    pub fn of(&self, sign: DecimalSign) -> &SignEvidence {
        match sign {
            DecimalSign::Point => &self.point,
            DecimalSign::Comma => &self.comma,
        }
    }

    /// Whether all texts are numbers under this sign.
    pub fn is_all(&self, sign: DecimalSign) -> bool {
        self.texts > 0 && self.of(sign).read == self.texts
    }

    /// The sign that this column alone proves.
    pub fn proven_sign(&self) -> Option<DecimalSign> {
        let proves = |sign: DecimalSign, other: DecimalSign| {
            self.is_all(sign) && self.of(other).only == 0 && self.of(sign).proves(sign)
        };
        if proves(DecimalSign::Comma, DecimalSign::Point) {
            Some(DecimalSign::Comma)
        } else {
            proves(DecimalSign::Point, DecimalSign::Comma).then_some(DecimalSign::Point)
        }
    }

    /// Cells that may be days or rougher.
    pub fn dates(&self) -> u64 {
        self.days
            + self.instants
            + self.text_days
            + self.text_periods
            + self.either_order
            + self.either_language
            + self.short_years
    }

    /// Cells that are numbers, typed or as text.
    pub fn numeric(&self) -> u64 {
        self.numbers + self.point.read.max(self.comma.read)
    }
}
