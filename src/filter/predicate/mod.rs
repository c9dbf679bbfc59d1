//! Evaluates a filter on one row after another: three-valued logic over borrowed values. Parses no JSON documents;
//! allocates only to fold text or to read a geometry.

mod json_array;
mod like;
mod array;
mod intervals;
mod slabs;
mod spatial;

use super::expression::{
    BooleanExpression, CharacterExpression, InstantExpression, NullOperand, NumericExpression, TemporalExpression,
};
use super::filter_row::{FieldValueRef, FilterRow};
use super::number::{NumberLiteral, NumberValue};
use super::temporal::{TimeInstant, TimeInterval};
use crate::work_budget::{WorkBudget, WorkMeter};
use like::LikePattern;
use spatial::PreparedRelation;
use std::borrow::Cow;
use std::cell::RefCell;
use std::cmp::Ordering;

pub(crate) use spatial::relate_geometries;

/// The least work units of one row.
const ROW_UNITS: u64 = 5;

/// A filter prepared for many rows. Stays on one thread: prepared geometries cannot be shared.
pub struct Predicate<'f> {
    expression: PreparedExpression<'f>,
    work: WorkBudget,
    meter: RefCell<WorkMeter>,
    /// The work units of one row, geometries aside.
    row_units: u64,
}

/// A condition with its patterns and geometries prepared.
enum PreparedExpression<'f> {
    Plain(&'f BooleanExpression),
    And(Vec<PreparedExpression<'f>>),
    Or(Vec<PreparedExpression<'f>>),
    Not(Box<PreparedExpression<'f>>),
    IsUnknown(Box<PreparedExpression<'f>>),
    CompareBooleans(&'f BooleanExpression, Box<PreparedExpression<'f>>, Box<PreparedExpression<'f>>),
    Like(&'f CharacterExpression, LikePattern),
    Spatial(Box<PreparedRelation>),
}

impl<'f> Predicate<'f> {
    pub(super) fn new(test: &'f BooleanExpression, text_bytes: usize, work: &WorkBudget) -> Self {
        // The longer its text, the more a filter has to compare.
        let row_units = ROW_UNITS + text_bytes as u64 / 8;
        Self {
            expression: PreparedExpression::new(test),
            work: work.clone(),
            meter: RefCell::new(work.meter()),
            row_units,
        }
    }

    /// Whether the row matches. An unknown result is not a match; nothing matches when the budget has stopped.
    #[must_use]
    pub fn holds(&self, row: &dyn FilterRow) -> bool {
        self.meter.borrow_mut().spend(self.row_units) && self.expression.holds(row, &self.work) == Some(true)
    }
}

impl<'f> PreparedExpression<'f> {
    fn new(test: &'f BooleanExpression) -> Self {
        match test {
            BooleanExpression::And(tests) => Self::And(cheapest_first(tests)),
            BooleanExpression::Or(tests) => Self::Or(cheapest_first(tests)),
            BooleanExpression::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            BooleanExpression::IsNull(NullOperand::Condition(inner)) => Self::IsUnknown(Box::new(Self::new(inner))),
            BooleanExpression::CompareBooleans(_, a, b) => {
                Self::CompareBooleans(test, Box::new(Self::new(a)), Box::new(Self::new(b)))
            }
            BooleanExpression::Like(text, pattern) => Self::Like(text, LikePattern::new(pattern)),
            BooleanExpression::Spatial(relation, a, b) => {
                Self::Spatial(Box::new(PreparedRelation::new(*relation, a, b)))
            }
            other => Self::Plain(other),
        }
    }

    fn holds(&self, row: &dyn FilterRow, work: &WorkBudget) -> Option<bool> {
        match self {
            Self::Plain(test) => evaluate_plain(test, row),
            Self::And(checks) => {
                let mut known = true;
                for check in checks {
                    match check.holds(row, work) {
                        Some(false) => return Some(false),
                        found => known &= found.is_some(),
                    }
                }
                known.then_some(true)
            }
            Self::Or(checks) => {
                let mut known = true;
                for check in checks {
                    match check.holds(row, work) {
                        Some(true) => return Some(true),
                        found => known &= found.is_some(),
                    }
                }
                known.then_some(false)
            }
            Self::Not(inner) => inner.holds(row, work).map(|b| !b),
            Self::IsUnknown(inner) => Some(inner.holds(row, work).is_none()),
            Self::CompareBooleans(test, a, b) => {
                let BooleanExpression::CompareBooleans(order, ..) = test else { return None };
                Some(order.holds(a.holds(row, work)?.cmp(&b.holds(row, work)?)))
            }
            Self::Like(text, pattern) => Some(pattern.matches(&evaluate_text(text, row)?)),
            Self::Spatial(prepared) => prepared.holds(row, work),
        }
    }
}

/// Prepares conditions with the cheap ones first; the order does not change the result.
fn cheapest_first(tests: &[BooleanExpression]) -> Vec<PreparedExpression<'_>> {
    let cost = |test: &&BooleanExpression| match test {
        BooleanExpression::Spatial(..) => 2,
        BooleanExpression::And(_)
        | BooleanExpression::Or(_)
        | BooleanExpression::Not(_)
        | BooleanExpression::Array(..)
        | BooleanExpression::Like(..)
        | BooleanExpression::TemporalRelation(..) => 1,
        _ => 0,
    };
    let mut order: Vec<&BooleanExpression> = tests.iter().collect();
    order.sort_by_key(cost);
    order.into_iter().map(PreparedExpression::new).collect()
}

fn evaluate_plain(test: &BooleanExpression, row: &dyn FilterRow) -> Option<bool> {
    match test {
        BooleanExpression::Constant(value) => *value,
        BooleanExpression::BooleanField(field) => match row.value(*field) {
            FieldValueRef::Bool(b) => Some(b),
            _ => None,
        },
        BooleanExpression::CompareNumbers(order, a, b) => {
            Some(order.holds(evaluate_number(a, row)?.compare_numbers(evaluate_number(b, row)?)?))
        }
        BooleanExpression::CompareTexts(order, a, b) => {
            Some(order.holds(evaluate_text(a, row)?.as_ref().cmp(evaluate_text(b, row)?.as_ref())))
        }
        BooleanExpression::CompareTimes(order, a, b) => {
            Some(order.holds(evaluate_instant(a, row)?.compare(evaluate_instant(b, row)?)))
        }
        BooleanExpression::NumberIn(value, list) => {
            let value = evaluate_number(value, row)?;
            let order = |n: &NumberLiteral| NumberValue::Written(n.value()).compare_numbers(value);
            Some(list.binary_search_by(|n| order(n).unwrap_or(Ordering::Less)).is_ok())
        }
        BooleanExpression::TextIn(text, list) => {
            let text = evaluate_text(text, row)?;
            Some(list.binary_search_by(|t| (**t).cmp(text.as_ref())).is_ok())
        }
        BooleanExpression::IsNull(operand) => Some(match operand {
            NullOperand::Field(field) => row.value(*field) == FieldValueRef::Null,
            NullOperand::Geometry => row.bounds().is_none(),
            NullOperand::Number(n) => evaluate_number(n, row).is_none(),
            NullOperand::Text(text) => evaluate_text(text, row).is_none(),
            NullOperand::Temporal(time) => evaluate_interval(time, row).is_none(),
            NullOperand::Condition(_) => return None, // `PreparedExpression::IsUnknown`
        }),
        BooleanExpression::TemporalRelation(relation, a, b) => {
            Some(intervals::relate_intervals(*relation, evaluate_interval(a, row)?, evaluate_interval(b, row)?))
        }
        BooleanExpression::Array(relation, a, b) => array::relate_arrays(*relation, a, b, row),
        // `PreparedExpression` has variants of its own for these.
        BooleanExpression::And(_)
        | BooleanExpression::Or(_)
        | BooleanExpression::Not(_)
        | BooleanExpression::CompareBooleans(..)
        | BooleanExpression::Like(..)
        | BooleanExpression::Spatial(..) => None,
    }
}

fn evaluate_number(number: &NumericExpression, row: &dyn FilterRow) -> Option<NumberValue> {
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
            FieldValueRef::Text(json) => {
                Some(NumberValue::Int(json_array::JsonArrayEntries::from_json(json)?.count() as i128))
            }
            _ => None,
        },
    }
}

fn evaluate_text<'r>(text: &'r CharacterExpression, row: &'r dyn FilterRow) -> Option<Cow<'r, str>> {
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

fn evaluate_instant(time: &InstantExpression, row: &dyn FilterRow) -> Option<TimeInstant> {
    match time {
        InstantExpression::Literal(instant, _) => Some(*instant),
        InstantExpression::Field(field) => match row.value(*field) {
            FieldValueRef::Text(t) => TimeInstant::parse_instant(t),
            _ => None,
        },
    }
}

/// A missing end is an open one, as for `datetime`; an interval without either end is unknown.
fn evaluate_interval(interval: &TemporalExpression, row: &dyn FilterRow) -> Option<TimeInterval> {
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
