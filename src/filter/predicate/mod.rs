//! Evaluates a filter on one row after another: three-valued logic over borrowed values. Parses no JSON documents;
//! allocates only to fold text or to read a geometry.

mod json_array;
mod like;
mod array;
mod evaluate;
mod intervals;
mod slabs;
mod spatial;

use super::expression::{ArrayExpression, ArrayRelation, BooleanExpression, CharacterExpression, NullOperand};
use super::filter_row::{FieldValueRef, FilterRow};
use super::number::{NumberLiteral, NumberValue};
use crate::work_budget::{WorkBudget, WorkMeter};
use evaluate::{evaluate_instant, evaluate_interval, evaluate_number, evaluate_text};
use like::LikePattern;
use spatial::PreparedRelation;
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
    /// With the conditions among the elements of both lists.
    Array(ArrayRelation, &'f ArrayExpression, &'f ArrayExpression, Vec<PreparedExpression<'f>>),
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
            BooleanExpression::Array(relation, a, b) => {
                let conditions = [a, b].into_iter().flat_map(array::list_conditions);
                Self::Array(*relation, a, b, conditions.map(Self::new).collect())
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
            Self::Array(relation, a, b, conditions) => {
                array::relate_arrays(*relation, a, b, row, &mut conditions.iter().map(|c| c.holds(row, work)))
            }
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
        // `PreparedExpression` has variants of its own for these.
        BooleanExpression::And(_)
        | BooleanExpression::Or(_)
        | BooleanExpression::Not(_)
        | BooleanExpression::CompareBooleans(..)
        | BooleanExpression::Like(..)
        | BooleanExpression::Spatial(..)
        | BooleanExpression::Array(..) => None,
    }
}
