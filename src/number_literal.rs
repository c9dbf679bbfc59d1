//! Numbers as text writes them, held against what a 64-bit integer and a double keep of them. Never rounds without
//! saying so.

use serde_json::Number;

/// The most significant digits that a double keeps: more than these are rounded.
const MAX_DIGITS: usize = 17;
/// Up to here, every integer is a double: 2^53.
pub const MAX_EXACT_INTEGER: u64 = 1 << 53;

/// What becomes of the literal of a number.
#[derive(Debug, Clone, PartialEq)]
pub enum NumberLiteral {
    /// A number with all its digits.
    Exact(Number),
    /// The nearest double to a fraction with more digits.
    Rounded(Number),
    /// An integer that neither 64 bits nor a double keep: only text does.
    Wide,
}

impl NumberLiteral {
    /// Reads `-12`, `12.50`, `1e3`; also `.5` and `5.`, as some tables write them. `None` for what is no number, or
    /// beyond the range of a double.
    #[must_use]
    pub fn parse(literal: &str) -> Option<Self> {
        if let Ok(int) = literal.parse::<i64>() {
            return Some(Self::Exact(int.into()));
        }
        let form = DecimalForm::parse(literal)?;
        let double = || literal.parse::<f64>().ok().and_then(Number::from_f64);
        if form.exponent >= 0 && form.digits > 0 {
            return match form.to_i64(literal) {
                Some(int) if int.unsigned_abs() > MAX_EXACT_INTEGER => Some(Self::Exact(int.into())),
                Some(_) => double().map(Self::Exact),
                None if form.is_plain || form.digits > MAX_DIGITS => double().map(|_| Self::Wide),
                None => double().map(Self::Exact),
            };
        }
        let number = double()?;
        let vanished = form.digits > 0 && number.as_f64() == Some(0.0);
        Some(if form.digits > MAX_DIGITS || vanished { Self::Rounded(number) } else { Self::Exact(number) })
    }
}

/// Whether a number, written again, is spelled as its literal.
#[must_use]
pub fn is_spelled_alike(literal: &str, number: &Number) -> bool {
    is_usual_spelling(literal) || number.to_string() == literal
}

/// A fraction that is its own shortest form, judged by its bytes: no exponent, no zero at its end that is not the only
/// decimal, neither small nor long.
fn is_usual_spelling(literal: &str) -> bool {
    let Some((whole, fraction)) = literal.strip_prefix('-').unwrap_or(literal).split_once('.') else { return false };
    let is_whole = whole == "0" || whole.starts_with(|c: char| matches!(c, '1'..='9'));
    let is_digits = whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit());
    is_whole
        && is_digits
        && !fraction.is_empty()
        && literal.len() <= 16
        && (fraction == "0" || !fraction.ends_with('0'))
        && !fraction.starts_with("000")
}

/// The digits of a literal without zeros at either end, and the power of ten that they are multiplied by.
struct DecimalForm {
    digits: usize,
    exponent: i64,
    /// No decimal point and no exponent.
    is_plain: bool,
}

impl DecimalForm {
    fn parse(literal: &str) -> Option<Self> {
        let unsigned = literal.strip_prefix(['-', '+']).unwrap_or(literal);
        let (mantissa, power) = match unsigned.find(['e', 'E']) {
            Some(at) => (&unsigned[..at], Some(&unsigned[at + 1..])),
            None => (unsigned, None),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let power = match power {
            None => 0,
            Some(text) if !text.is_empty() && all_digits(text.strip_prefix(['-', '+']).unwrap_or(text)) => {
                text.parse::<i64>().unwrap_or(if text.starts_with('-') { -9999 } else { 9999 }).clamp(-9999, 9999)
            }
            Some(_) => return None,
        };
        let significant = || whole.bytes().chain(fraction.bytes()).skip_while(|b| *b == b'0');
        let trailing = fraction.bytes().rev().chain(whole.bytes().rev()).take_while(|b| *b == b'0').count();
        let digits = significant().count().saturating_sub(trailing);
        let exponent = power - fraction.len() as i64 + trailing as i64;
        Some(Self { digits, exponent, is_plain: mantissa.len() == unsigned.len() && fraction.is_empty() })
    }

    /// The integer, if it has no more than 64 bits.
    fn to_i64(&self, literal: &str) -> Option<i64> {
        if self.digits as i64 + self.exponent > 19 {
            return None;
        }
        let mantissa = literal.split(['e', 'E']).next().unwrap_or_default();
        let digits = mantissa.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').take(self.digits);
        let value = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        let value = value * 10_i128.pow(u32::try_from(self.exponent).ok()?);
        i64::try_from(if literal.starts_with('-') { -value } else { value }).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_is_exact_rounded_or_too_wide() {
        let exact = |n: f64| Some(NumberLiteral::Exact(Number::from_f64(n).unwrap()));
        let int = |n: i64| Some(NumberLiteral::Exact(n.into()));
        for (literal, expected) in [
            ("0", int(0)),
            ("-0", int(0)),
            ("9223372036854775807", int(i64::MAX)),
            ("-9223372036854775808", int(i64::MIN)),
            ("9223372036854775808", Some(NumberLiteral::Wide)),
            ("12345678901234567890123", Some(NumberLiteral::Wide)),
            ("12345678901234567890123.0", Some(NumberLiteral::Wide)),
            ("9007199254740993.0", int(9_007_199_254_740_993)),
            ("9007199254740993e0", int(9_007_199_254_740_993)),
            ("12.0", exact(12.0)),
            ("1e3", exact(1000.0)),
            ("1E18", int(1_000_000_000_000_000_000)),
            ("1e22", exact(1e22)),
            ("0.0", exact(0.0)),
            (".5", exact(0.5)),
            ("5.", exact(5.0)),
            ("0.10000000000000001", exact(0.1)),
            ("0.100000000000000005", Some(NumberLiteral::Rounded(Number::from_f64(0.1).unwrap()))),
            ("0.10000000000000000000", exact(0.1)),
            ("1e-400", Some(NumberLiteral::Rounded(Number::from_f64(0.0).unwrap()))),
            ("1e400", None),
            ("1e99999999999999999999", None),
            ("1,5", None),
            ("1e", None),
            (".", None),
            ("NaN", None),
            ("", None),
        ] {
            assert_eq!(NumberLiteral::parse(literal), expected, "{literal}");
        }
    }

    #[test]
    fn the_usual_spelling_is_the_shortest_one() {
        for literal in [
            "1.5", "1.0", "0.25", "-12.125", "100.5", "1.10", "1e3", "-0.0", "0.00001", "12.50", "1.00", "00.5", ".5",
            "5.", "+1.5",
        ] {
            let number = Number::from_f64(literal.parse().unwrap()).unwrap();
            assert_eq!(is_spelled_alike(literal, &number), number.to_string() == literal, "{literal}");
        }
    }
}
