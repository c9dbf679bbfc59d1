//! The values of expressions in one row.

use super::json_array::JsonArrayEntries;
use crate::filter::expression::{CharacterExpression, InstantExpression, NumericExpression, TemporalExpression};
use crate::filter::filter_row::{FieldValueRef, FilterRow};
use crate::filter::number::NumberValue;
use crate::filter::temporal::{TimeInstant, TimeInterval};
use std::borrow::Cow;

pub(super) fn evaluate_number(number: &NumericExpression, row: &dyn FilterRow) -> Option<NumberValue> {
    match number {
        NumericExpression::Literal(n) => Some(NumberValue::Written(n.value())),
        NumericExpression::Field(field) => match row.value(*field) {
            FieldValueRef::Int(i) => Some(NumberValue::Int(i.into())),
            FieldValueRef::Real(r) => Some(NumberValue::Real(r)),
            _ => None,
        },
        NumericExpression::Arithmetic(operator, a, b) => {
            evaluate_number(a, row)?.apply_operator(*operator, evaluate_number(b, row)?)
        }
        NumericExpression::Year(time) => Some(NumberValue::Int(evaluate_instant(time, row)?.year().into())),
        NumericExpression::Count(field) => match row.value(*field) {
            FieldValueRef::Text(json) => Some(NumberValue::Int(JsonArrayEntries::from_json(json)?.count() as i128)),
            _ => None,
        },
    }
}

pub(super) fn evaluate_text<'r>(text: &'r CharacterExpression, row: &'r dyn FilterRow) -> Option<Cow<'r, str>> {
    match text {
        CharacterExpression::Literal(literal) => Some(Cow::Borrowed(literal)),
        CharacterExpression::Id => Some(Cow::Borrowed(row.id())),
        CharacterExpression::Field(field) => match row.value(*field) {
            FieldValueRef::Text(t) => Some(Cow::Borrowed(t)),
            _ => None,
        },
        CharacterExpression::Folded(fold, inner) => match evaluate_text(inner, row)? {
            Cow::Borrowed(t) => Some(fold.fold_text(t)),
            Cow::Owned(t) => Some(Cow::Owned(fold.fold_text(&t).into_owned())),
        },
    }
}

pub(super) fn evaluate_instant(time: &InstantExpression, row: &dyn FilterRow) -> Option<TimeInstant> {
    match time {
        InstantExpression::Literal(instant, _) => Some(*instant),
        InstantExpression::Field(field) => match row.value(*field) {
            FieldValueRef::Text(t) => TimeInstant::parse_instant(t),
            _ => None,
        },
    }
}

/// A missing end is an open one, as for `datetime`; an interval without either end is unknown.
pub(super) fn evaluate_interval(interval: &TemporalExpression, row: &dyn FilterRow) -> Option<TimeInterval> {
    match interval {
        TemporalExpression::Instant(time) => evaluate_instant(time, row).map(TimeInterval::from_instant),
        TemporalExpression::Interval(start, end) => {
            let found = TimeInterval {
                start: start.as_ref().and_then(|t| evaluate_instant(t, row)),
                end: end.as_ref().and_then(|t| evaluate_instant(t, row)),
            };
            let lost = |end: &Option<InstantExpression>, found: Option<TimeInstant>| end.is_some() && found.is_none();
            let unknown =
                (found.start.is_none() && found.end.is_none()) && (lost(start, found.start) || lost(end, found.end));
            (!unknown).then_some(found)
        }
    }
}
