//! Numbers of filters: integers of any size that a store holds are compared and computed exactly, whether they are
//! written as `12`, `12.0` or `1.2e1`. Other numbers are doubles, as the store has them.

use super::arithmetic::ArithmeticOperator;
use std::cmp::Ordering;

/// A number while a filter is evaluated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum NumberValue {
    /// The value of an integer field, or computed from integers.
    Int(i128),
    Real(f64),
    Written(WrittenNumber),
}

/// A number as its digits say it: exact against integers, and the nearest double against doubles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WrittenNumber {
    /// The largest integer that is not greater; beyond 38 digits, the end of the range.
    floor: i128,
    /// Whether the number is `floor`.
    is_integer: bool,
    real: f64,
}

/// A number that stands in a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct NumberLiteral {
    value: WrittenNumber,
    /// The digits of a fraction whose nearest double is an integer.
    digits: Option<Box<str>>,
}

/// The whole number that a text writes (`12`, `12.0`, `1.2e1`); `None` for other text and beyond 64 bits.
#[must_use]
pub fn parse_whole_number(text: &str) -> Option<i64> {
    NumberLiteral::parse_number(text)?.to_i64()
}

impl NumberLiteral {
    /// Parses `12`, `-1.5`, `.5`, `2.` or `1E-7`; `None` for other text. A number beyond the range of doubles is
    /// infinite.
    pub fn parse_number(text: &str) -> Option<Self> {
        let value = WrittenNumber::parse_number(text)?;
        let is_ambiguous = !value.is_integer && value.real.fract() == 0.0;
        Some(Self { value, digits: is_ambiguous.then(|| text.trim_start_matches('+').into()) })
    }

    pub fn from_integer(value: i128) -> Self {
        Self { value: WrittenNumber { floor: value, is_integer: true, real: value as f64 }, digits: None }
    }

    pub fn from_real(real: f64) -> Self {
        if real.fract() == 0.0 && real.abs() < 1e38 {
            return Self::from_integer(real as i128);
        }
        // The cast saturates.
        Self { value: WrittenNumber { floor: real.floor() as i128, is_integer: false, real }, digits: None }
    }

    pub fn value(&self) -> WrittenNumber {
        self.value
    }

    pub fn real(&self) -> f64 {
        self.value.real
    }

    /// The number as an integer of 64 bits, when it is one.
    pub fn to_i64(&self) -> Option<i64> {
        self.value.is_integer.then(|| i64::try_from(self.value.floor).ok())?
    }
}

impl std::fmt::Display for NumberLiteral {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.digits {
            _ if self.value.is_integer => write!(f, "{}", self.value.floor),
            Some(digits) => f.write_str(digits),
            None => write!(f, "{}", self.value.real),
        }
    }
}

impl From<NumberValue> for NumberLiteral {
    fn from(value: NumberValue) -> Self {
        match value {
            NumberValue::Int(i) => Self::from_integer(i),
            NumberValue::Real(r) => Self::from_real(r),
            NumberValue::Written(value) => Self { value, digits: None },
        }
    }
}

impl WrittenNumber {
    pub fn parse_number(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let is_digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if !is_digits(whole) || !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let exponent_digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        if exponent_digits.is_empty() || !is_digits(exponent_digits) {
            return None;
        }
        // An exponent beyond 32 bits moves every digit out of sight.
        let exponent = exponent.parse::<i32>().unwrap_or(if exponent.starts_with('-') { i32::MIN } else { i32::MAX });
        let real: f64 = text.parse().ok()?;
        let (floor, is_integer) = floor_of(negative, whole, fraction, i64::from(exponent));
        // Zero has no sign: -0 equals 0.
        Some(Self { floor, is_integer, real: real + 0.0 })
    }

    /// The order of two numbers as they are written.
    pub fn compare_written(self, other: Self) -> Ordering {
        self.floor.cmp(&other.floor).then(other.is_integer.cmp(&self.is_integer)).then(self.real.total_cmp(&other.real))
    }

    fn compare_with_integer(self, i: i128) -> Ordering {
        if self.is_integer || self.floor != i { self.floor.cmp(&i) } else { Ordering::Greater }
    }
}

/// The floor of a decimal number, and whether that is the number.
fn floor_of(negative: bool, whole: &str, fraction: &str, exponent: i64) -> (i128, bool) {
    let digits = || whole.bytes().chain(fraction.bytes());
    // So many digits stand before the decimal point.
    let before = whole.len() as i64 + exponent;
    let (mut magnitude, mut is_integer, mut is_too_large) = (0_i128, true, false);
    for (at, digit) in digits().enumerate() {
        let digit = i128::from(digit - b'0');
        if (at as i64) < before {
            match magnitude.checked_mul(10).and_then(|m| m.checked_add(digit)) {
                Some(next) => magnitude = next,
                None => is_too_large = true,
            }
        } else {
            is_integer &= digit == 0;
        }
    }
    let zeros = if magnitude == 0 { 0 } else { (before - digits().count() as i64).max(0) };
    match 10_i128.checked_pow(u32::try_from(zeros).unwrap_or(u32::MAX)).and_then(|p| magnitude.checked_mul(p)) {
        Some(exact) if !is_too_large => {
            let signed = if negative { -exact } else { exact };
            (if negative && !is_integer { signed - 1 } else { signed }, is_integer)
        }
        _ => (if negative { i128::MIN } else { i128::MAX }, false),
    }
}

impl NumberValue {
    /// The order of two numbers; `None` for what is not a number.
    pub fn compare_numbers(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Real(b)) => compare_integer_with_real(a, b),
            (Self::Real(a), Self::Int(b)) => compare_integer_with_real(b, a).map(Ordering::reverse),
            (Self::Written(a), Self::Int(b)) => Some(a.compare_with_integer(b)),
            (Self::Int(a), Self::Written(b)) => Some(b.compare_with_integer(a).reverse()),
            (Self::Written(a), Self::Real(b)) => a.real.partial_cmp(&b),
            (Self::Real(a), Self::Written(b)) => a.partial_cmp(&b.real),
            (Self::Written(a), Self::Written(b)) => Some(a.compare_written(b)),
        }
    }

    /// The result of an operator: exact for integers as long as they have 38 digits at most. `None` where it is not a
    /// finite number, such as a division by zero.
    pub fn apply_operator(self, operator: ArithmeticOperator, other: Self) -> Option<Self> {
        if let (Some(a), Some(b)) = (self.to_integer(), other.to_integer())
            && let Some(exact) = apply_to_integers(operator, a, b)
        {
            return Some(Self::Int(exact));
        }
        apply_to_reals(operator, self.to_real(), other.to_real()).map(Self::Real)
    }

    fn to_integer(self) -> Option<i128> {
        match self {
            Self::Int(i) => Some(i),
            Self::Written(n) if n.is_integer => Some(n.floor),
            _ => None,
        }
    }

    fn to_real(self) -> f64 {
        match self {
            Self::Int(i) => i as f64,
            Self::Real(r) => r,
            Self::Written(n) => n.real,
        }
    }
}

fn compare_integer_with_real(i: i128, real: f64) -> Option<Ordering> {
    // The cast saturates: no integer of a filter reaches the end of the range.
    let whole = real.trunc();
    let fraction = if real > whole { Ordering::Less } else { Ordering::Equal };
    let fraction = if real < whole { Ordering::Greater } else { fraction };
    (!real.is_nan()).then(|| i.cmp(&(whole as i128)).then(fraction))
}

/// `None` where the result is no integer, or has too many digits.
fn apply_to_integers(operator: ArithmeticOperator, a: i128, b: i128) -> Option<i128> {
    match operator {
        ArithmeticOperator::Add => a.checked_add(b),
        ArithmeticOperator::Subtract => a.checked_sub(b),
        ArithmeticOperator::Multiply => a.checked_mul(b),
        ArithmeticOperator::Divide => (a.checked_rem(b)? == 0).then(|| a.checked_div(b))?,
        ArithmeticOperator::IntegerDivide => a.checked_div(b),
        ArithmeticOperator::Remainder => a.checked_rem(b),
        ArithmeticOperator::Power => a.checked_pow(u32::try_from(b).ok()?),
    }
}

fn apply_to_reals(operator: ArithmeticOperator, a: f64, b: f64) -> Option<f64> {
    let found = match operator {
        ArithmeticOperator::Add => a + b,
        ArithmeticOperator::Subtract => a - b,
        ArithmeticOperator::Multiply => a * b,
        ArithmeticOperator::Divide => a / b,
        ArithmeticOperator::IntegerDivide => (a / b).trunc(),
        ArithmeticOperator::Remainder => a % b,
        ArithmeticOperator::Power => a.powf(b),
    };
    found.is_finite().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(text: &str) -> NumberValue {
        NumberValue::Written(WrittenNumber::parse_number(text).unwrap())
    }

    #[test]
    fn digits_are_compared_exactly_with_integers() {
        for (text, integer, order) in [
            ("12", 12, Ordering::Equal),
            ("12.0", 12, Ordering::Equal),
            ("1.2e1", 12, Ordering::Equal),
            ("1200E-2", 12, Ordering::Equal),
            ("-0", 0, Ordering::Equal),
            (".5", 0, Ordering::Greater),
            ("-.5", 0, Ordering::Less),
            ("-.5", -1, Ordering::Greater),
            ("4.99999999999999999999", 5, Ordering::Less),
            ("9007199254740993", 9_007_199_254_740_992, Ordering::Greater),
            ("9007199254740992.5", 9_007_199_254_740_992, Ordering::Greater),
            ("9007199254740992.5", 9_007_199_254_740_993, Ordering::Less),
            ("9223372036854775808", i64::MAX, Ordering::Greater),
            ("-9223372036854775809", i64::MIN, Ordering::Less),
            ("1e400", i64::MAX, Ordering::Greater),
            ("-1e99999999999", i64::MIN, Ordering::Less),
            ("0e99999999999", 0, Ordering::Equal),
            ("1e-99999999999", 0, Ordering::Greater),
        ] {
            assert_eq!(written(text).compare_numbers(NumberValue::Int(integer.into())), Some(order), "{text}");
        }
        for text in ["", ".", "-", "1e", "1e+", "e5", "1.2.3", "0x1", "1 ", "inf", "NaN", "--1"] {
            assert_eq!(NumberLiteral::parse_number(text), None, "{text}");
        }
    }

    #[test]
    fn doubles_are_compared_exactly_with_integers_and_by_nearness_with_digits() {
        let real = NumberValue::Real;
        assert_eq!(
            NumberValue::Int(9_007_199_254_740_993).compare_numbers(real(9_007_199_254_740_992.0)),
            Some(Ordering::Greater)
        );
        assert_eq!(NumberValue::Int(3).compare_numbers(real(3.5)), Some(Ordering::Less));
        assert_eq!(NumberValue::Int(-3).compare_numbers(real(-3.5)), Some(Ordering::Greater));
        assert_eq!(NumberValue::Int(3).compare_numbers(real(f64::NAN)), None);
        assert_eq!(
            real(1.844_674_407_370_955_2e19).compare_numbers(written("18446744073709552000")),
            Some(Ordering::Equal)
        );
        assert_eq!(real(0.1).compare_numbers(written("0.1")), Some(Ordering::Equal));
    }

    #[test]
    fn integers_are_computed_exactly() {
        let apply = |a: &str, operator, b: &str| written(a).apply_operator(operator, written(b));
        let int = |i| Some(NumberValue::Int(i));
        assert_eq!(apply("9223372036854775807", ArithmeticOperator::Add, "1"), int(9_223_372_036_854_775_808));
        assert_eq!(apply("9007199254740993", ArithmeticOperator::Multiply, "1.0"), int(9_007_199_254_740_993));
        assert_eq!(apply("9824657365274853001", ArithmeticOperator::Remainder, "10"), int(1));
        assert_eq!(apply("9824657365274853001", ArithmeticOperator::IntegerDivide, "10"), int(982_465_736_527_485_300));
        assert_eq!(apply("3", ArithmeticOperator::Power, "39"), int(4_052_555_153_018_976_267));
        assert_eq!(apply("7", ArithmeticOperator::Divide, "2"), Some(NumberValue::Real(3.5)));
        assert_eq!(apply("7", ArithmeticOperator::Divide, "0"), None);
        assert_eq!(apply("7", ArithmeticOperator::Remainder, "0"), None);
        assert_eq!(apply("10", ArithmeticOperator::Power, "400"), None);
        assert_eq!(apply("2", ArithmeticOperator::Power, "-1"), Some(NumberValue::Real(0.5)));
    }

    proptest! {
        #[test]
        fn a_literal_prints_as_itself(whole in any::<i64>(), fraction in "[0-9]{0,25}", exponent in -30..30) {
            for text in [format!("{whole}.{fraction}"), format!("{whole}.{fraction}e{exponent}")] {
                let literal = NumberLiteral::parse_number(&text).unwrap();
                let again = NumberLiteral::parse_number(&literal.to_string()).unwrap();
                prop_assert_eq!(literal.value(), again.value(), "{} {}", text, literal);
                prop_assert_eq!(literal.to_string(), again.to_string());
            }
        }

        #[test]
        fn small_numbers_compare_as_doubles_do(a in -1_000_000..1_000_000_i32, b in -1_000_000..1_000_000_i32) {
            let (x, y) = (f64::from(a) / 1000.0, f64::from(b) / 1000.0);
            prop_assert_eq!(written(&x.to_string()).compare_numbers(written(&y.to_string())), x.partial_cmp(&y));
            prop_assert_eq!(written(&x.to_string()).compare_numbers(NumberValue::Int(i128::from(b))), x.partial_cmp(&f64::from(b)));
        }
    }
}
