//! Numbers as people write them: `1.234.567,89`, `1 234,5`, `12.000 €`, `1,2 mio.`, `(500)`, `500-`, `41 %`. Reads a
//! text under one decimal sign; which sign a column has is decided by all its cells. Never rounds.

/// What stands before the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecimalSign {
    Point,
    Comma,
}

impl DecimalSign {
    pub const BOTH: [Self; 2] = [Self::Point, Self::Comma];

    pub fn name(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::BOTH.into_iter().find(|sign| sign.name() == name)
    }

    fn character(self) -> char {
        match self {
            Self::Point => '.',
            Self::Comma => ',',
        }
    }
}

/// A number that was read from text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StyledNumber {
    /// The value in plain digits: `-1234.5`, with the scale word applied.
    pub literal: String,
    /// Digits behind the decimal sign, as they are written.
    pub fraction: String,
    pub is_grouped: bool,
    pub currency: Option<Currency>,
    pub is_percent: bool,
    /// A word such as `mio.` multiplies it.
    pub is_scaled: bool,
    /// In parentheses, or with its minus behind it.
    pub is_accounting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    Euro,
    Other,
}

impl StyledNumber {
    /// Whether it is written as amounts are, and codes are not.
    pub fn is_amount(&self) -> bool {
        self.is_grouped || self.currency.is_some() || self.is_percent || self.is_scaled || self.is_accounting
    }

    /// Digits alone, with at most a minus and a point: nothing had to be understood.
    pub fn is_plain(&self) -> bool {
        !self.is_amount()
    }
}

/// The longest text that is looked at.
const MAX_LENGTH: usize = 48;

/// Words for currencies, folded.
const EUROS: [&str; 12] =
    ["€", "eur", "euro", "euros", "eura", "evro", "evra", "evrov", "evri", "eurow", "ευρω", "€uro"];
const OTHER_CURRENCIES: [&str; 22] = [
    "$", "£", "zl", "pln", "kn", "hrk", "kc", "czk", "chf", "usd", "gbp", "ft", "huf", "din", "rsd", "kuna", "kune",
    "sit", "lei", "ron", "lv", "bgn",
];
/// Words that multiply, folded and without their points, with the power of ten. `mil` is a million in one language
/// and a thousand in another: it is none of them.
const SCALES: [(&str, usize); 48] = [
    ("k", 3),
    ("tis", 3),
    ("tisoc", 3),
    ("tisuc", 3),
    ("tisuca", 3),
    ("tys", 3),
    ("tysiecy", 3),
    ("tsd", 3),
    ("thousand", 3),
    ("duizend", 3),
    ("χιλ", 3),
    ("χιλιαδεσ", 3),
    ("mille", 3),
    ("mila", 3),
    ("m", 6),
    ("mio", 6),
    ("mln", 6),
    ("mill", 6),
    ("milj", 6),
    ("milijon", 6),
    ("milijona", 6),
    ("milijone", 6),
    ("milijoni", 6),
    ("milijonov", 6),
    ("milijun", 6),
    ("milijuna", 6),
    ("million", 6),
    ("millions", 6),
    ("millon", 6),
    ("millones", 6),
    ("milhao", 6),
    ("milhoes", 6),
    ("milione", 6),
    ("milioni", 6),
    ("milion", 6),
    ("miliony", 6),
    ("milionow", 6),
    ("miljoen", 6),
    ("εκατ", 6),
    ("εκατομμυρια", 6),
    ("εκατομμυριο", 6),
    ("mrd", 9),
    ("mld", 9),
    ("milijarda", 9),
    ("milijarde", 9),
    ("miliard", 9),
    ("miljard", 9),
    ("billion", 9),
];

/// The number that a text is, if it is written with this decimal sign; `None` for text, and for codes with zeros in
/// front.
pub fn read_number(text: &str, sign: DecimalSign) -> Option<StyledNumber> {
    let text = text.trim();
    if text.len() > MAX_LENGTH || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    let (text, in_parentheses) = match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let mut marks =
        NumberMarks { is_negative: in_parentheses, is_accounting: in_parentheses, ..NumberMarks::default() };
    marks.read_prefix(&text[..start])?;
    marks.read_suffix(&text[end..])?;
    let (whole, fraction, is_grouped) = split_digits(&text[start..end], sign)?;
    let digits = scale_digits(&whole, fraction, marks.scale.unwrap_or_default());
    let is_zero = digits.bytes().all(|b| matches!(b, b'0' | b'.'));
    let minus = if marks.is_negative && !is_zero { "-" } else { "" };
    Some(StyledNumber {
        literal: format!("{minus}{digits}"),
        fraction: fraction.to_owned(),
        is_grouped,
        currency: marks.currency,
        is_percent: marks.is_percent,
        is_scaled: marks.scale.is_some(),
        is_accounting: marks.is_accounting,
    })
}

/// What stands around the digits.
#[derive(Default)]
struct NumberMarks {
    is_negative: bool,
    is_accounting: bool,
    is_percent: bool,
    currency: Option<Currency>,
    scale: Option<usize>,
}

impl NumberMarks {
    /// A sign, a currency, or both.
    fn read_prefix(&mut self, text: &str) -> Option<()> {
        for word in words_of(text) {
            match &*word {
                "-" | "−" | "–" if !self.is_negative => self.is_negative = true,
                "+" => {}
                word => self.take_currency(word)?,
            }
        }
        Some(())
    }

    /// A scale word, a currency, a percent sign, a minus.
    fn read_suffix(&mut self, text: &str) -> Option<()> {
        for word in words_of(text) {
            let bare = word.trim_end_matches('.');
            match &*word {
                "-" | "−" if !self.is_negative => (self.is_negative, self.is_accounting) = (true, true),
                "%" if !self.is_percent && self.currency.is_none() => self.is_percent = true,
                _ if self.scale.is_none()
                    && self.currency.is_none()
                    && let Some((_, power)) = SCALES.iter().find(|(name, _)| *name == bare) =>
                {
                    // A lone m is metres.
                    if matches!(bare, "m" | "k")
                        && !text.to_lowercase().contains(['€', '$', '£'])
                        && !text.contains("EUR")
                    {
                        return None;
                    }
                    self.scale = Some(*power);
                }
                _ => self.take_currency(bare)?,
            }
        }
        Some(())
    }

    fn take_currency(&mut self, word: &str) -> Option<()> {
        let found = if EUROS.contains(&word) {
            Currency::Euro
        } else {
            OTHER_CURRENCIES.contains(&word).then_some(Currency::Other)?
        };
        (self.currency.is_none() && !self.is_percent).then(|| self.currency = Some(found))
    }
}

/// The words of what surrounds a number; signs of currencies, minus and percent are words of their own.
fn words_of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = vec![];
    let mut open = false;
    for c in super::folding::fold_word(text).chars() {
        match c {
            c if c.is_whitespace() => open = false,
            '€' | '$' | '£' | '%' | '-' | '−' | '–' | '+' => {
                words.push(c.to_string());
                open = false;
            }
            c if open => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
            c => {
                words.push(c.to_string());
                open = true;
            }
        }
    }
    words
}

fn is_group_sign(c: char, sign: DecimalSign) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\u{2007}' | '\'' | '’')
        || (matches!(c, '.' | ',') && c != sign.character())
}

/// The digits before and behind the decimal sign, and whether they are in groups.
fn split_digits(text: &str, sign: DecimalSign) -> Option<(String, &str, bool)> {
    let (before, fraction) = match text.split_once(sign.character()) {
        Some((before, fraction)) => (before, Some(fraction)),
        None => (text, None),
    };
    let fraction = fraction.unwrap_or("");
    let has_sign = before.len() < text.len();
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || (has_sign && fraction.is_empty()) {
        return None;
    }
    let mut group_sign = None;
    let mut groups: Vec<usize> = vec![0];
    for c in before.chars() {
        if c.is_ascii_digit() {
            *groups.last_mut()? += 1;
        } else if is_group_sign(c, sign) && group_sign.is_none_or(|g| g == c) {
            group_sign = Some(c);
            groups.push(0);
        } else {
            return None;
        }
    }
    let is_grouped = groups.len() > 1;
    let fits = (1..=3).contains(&groups[0]) && groups[1..].iter().all(|digits| *digits == 3);
    let whole: String = before.chars().filter(char::is_ascii_digit).collect();
    let is_code = whole.len() > 1 && whole.starts_with('0');
    (!whole.is_empty() && !is_code && (!is_grouped || fits)).then_some((whole, fraction, is_grouped))
}

/// Digits times a power of ten, by moving the point.
fn scale_digits(whole: &str, fraction: &str, power: usize) -> String {
    if power == 0 {
        return if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") };
    }
    let moved: String = fraction.chars().chain(std::iter::repeat('0')).take(power).collect();
    let all = format!("{whole}{moved}");
    let kept = all.trim_start_matches('0');
    let whole = if kept.is_empty() { "0" } else { kept };
    match fraction.get(power..).filter(|rest| !rest.is_empty()) {
        Some(rest) => format!("{whole}.{rest}"),
        None => whole.to_owned(),
    }
}

/// A number in plain digits, times a power of ten; `None` for one with an exponent.
pub fn scale_literal(literal: &str, power: usize) -> Option<String> {
    let (minus, digits) = literal.strip_prefix('-').map_or(("", literal), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_plain = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    (is_plain && !whole.is_empty()).then(|| format!("{minus}{}", scale_digits(whole, fraction, power)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str, sign: DecimalSign) -> Option<String> {
        read_number(text, sign).map(|number| number.literal)
    }

    #[test]
    fn numbers_are_read_in_the_styles_of_many_countries() {
        for (text, comma, point) in [
            ("1.234.567,89", Some("1234567.89"), None),
            ("1 234,5", Some("1234.5"), None),
            ("1\u{a0}234\u{a0}567,5", Some("1234567.5"), None),
            ("1\u{202f}234", Some("1234"), Some("1234")),
            ("12.000 €", Some("12000"), Some("12.000")),
            ("€ 1.900.000,00", Some("1900000.00"), None),
            ("€1,234.50", None, Some("1234.50")),
            ("1,2 mio.", Some("1200000"), None),
            ("1,2 mio. €", Some("1200000"), None),
            ("1.25 M€", None, Some("1250000")),
            ("450 tis. EUR", Some("450000"), Some("450000")),
            ("150 k€", Some("150000"), Some("150000")),
            ("0,0005 mio", Some("500"), None),
            ("1,2345678 mio", Some("1234567.8"), None),
            ("(500)", Some("-500"), Some("-500")),
            ("(1.234,50 €)", Some("-1234.50"), None),
            ("500-", Some("-500"), Some("-500")),
            ("−7,5", Some("-7.5"), None),
            ("- 3", Some("-3"), Some("-3")),
            ("41 %", Some("41"), Some("41")),
            ("12'500", Some("12500"), Some("12500")),
            ("3.500 zł", Some("3500"), Some("3.500")),
            ("1.234", Some("1234"), Some("1.234")),
            ("0.123", None, Some("0.123")),
            ("2,5 εκατ. ευρώ", Some("2500000"), None),
        ] {
            assert_eq!(literal(text, DecimalSign::Comma).as_deref(), comma.filter(|c| !c.is_empty()), "{text} comma");
            assert_eq!(literal(text, DecimalSign::Point).as_deref(), point, "{text} point");
        }
    }

    #[test]
    fn what_is_no_number_for_certain_is_none() {
        for text in [
            "",
            "-",
            "007",
            "00,5",
            "1.2.3",
            "12E3",
            "1,",
            "5 m",
            "cca 150 tisoč",
            "12.34.567,0",
            "1 23",
            "3 mil",
            "12 - 15",
            "2026-03-01",
            "1. 3. 2026",
            "Q3",
            "1.234,5 kg",
            "--5",
            "5 % %",
            "1,2,3",
            "1 234 56",
            "² 5",
        ] {
            for sign in DecimalSign::BOTH {
                assert_eq!(literal(text, sign), None, "{text} {sign:?}");
            }
        }
    }
}
