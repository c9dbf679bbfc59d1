//! Amounts as decimals. The store holds an amount as a double whose shortest decimal form is the amount; calculations
//! use the exact form.

use crate::feature::FieldValue;
use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};

/// The amount in a property; `None` when it is null or not a number.
#[must_use]
pub fn read_amount(value: &FieldValue) -> Option<Decimal> {
    match value {
        FieldValue::Int(i) => Some(Decimal::from(*i)),
        FieldValue::Real(r) => exact_decimal(*r),
        _ => None,
    }
}

/// The decimal number of a double's shortest decimal form; `None` when it is not finite, or too large for an amount.
#[must_use]
pub fn exact_decimal(number: f64) -> Option<Decimal> {
    (number.is_finite() && number.abs() < 1e15).then(|| format!("{number}").parse().ok()).flatten()
}

/// A share of an amount, rounded to the cent, half away from zero.
#[must_use]
pub fn share_of_amount(amount: Decimal, share: f64) -> Decimal {
    let share = exact_decimal(share).unwrap_or_default();
    amount.checked_mul(share).unwrap_or_default().round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
}

/// The double nearest to an amount.
#[must_use]
pub fn amount_to_f64(amount: Decimal) -> f64 {
    amount.to_f64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_cents_are_exact() {
        let dime = read_amount(&FieldValue::Real(0.1)).unwrap();
        assert_eq!((0..10).map(|_| dime).sum::<Decimal>().to_string(), "1.0");
        assert_eq!(read_amount(&FieldValue::Real(314_623.45)).unwrap().to_string(), "314623.45");
        assert_eq!(read_amount(&FieldValue::Int(3_020_756)).unwrap().to_string(), "3020756");
        assert_eq!(read_amount(&FieldValue::text("12")), None);
    }

    #[test]
    fn parts_are_rounded_to_the_cent() {
        assert_eq!(share_of_amount(exact_decimal(100.0).unwrap(), 1.0 / 3.0).to_string(), "33.33");
        assert_eq!(share_of_amount(exact_decimal(0.25).unwrap(), 0.5).to_string(), "0.13");
        assert_eq!(share_of_amount(exact_decimal(1.0).unwrap(), f64::NAN).to_string(), "0");
    }
}
