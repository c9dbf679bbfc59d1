//! Looking at one row after the other: three-valued logic over borrowed values. Reads no JSON documents, and allocates only where
//! text must be folded or a geometry be looked at.

mod items;
mod like;
mod list;
mod slabs;
mod spatial;

use super::node::{Number, Operand, Period, Test, Text, Time};
use super::when::{Moment, Stretch};
use super::{Row, ValueRef};
use like::Pattern;
use spatial::Prepared;
use std::borrow::Cow;

pub(crate) use spatial::related;

/// A filter made ready for many rows. Belongs to one thread: prepared geometries are not shared.
pub struct Predicate<'f> {
    check: Check<'f>,
}

/// A test with what can be made ready beforehand.
enum Check<'f> {
    Plain(&'f Test),
    All(Vec<Check<'f>>),
    Any(Vec<Check<'f>>),
    Not(Box<Check<'f>>),
    Truths(&'f Test, Box<Check<'f>>, Box<Check<'f>>),
    Like(&'f Text, Pattern),
    Spatial(Box<Prepared<'f>>),
}

impl<'f> Predicate<'f> {
    pub(super) fn new(test: &'f Test) -> Self {
        Self { check: Check::new(test) }
    }

    /// Whether the filter lets this row through. What is unknown is not let through.
    #[must_use]
    pub fn holds(&self, row: &dyn Row) -> bool {
        self.check.holds(row) == Some(true)
    }
}

impl<'f> Check<'f> {
    fn new(test: &'f Test) -> Self {
        match test {
            Test::All(tests) => Self::All(sorted(tests)),
            Test::Any(tests) => Self::Any(sorted(tests)),
            Test::Not(inner) => Self::Not(Box::new(Self::new(inner))),
            Test::Truths(_, a, b) => Self::Truths(test, Box::new(Self::new(a)), Box::new(Self::new(b))),
            Test::Like(text, pattern) => Self::Like(text, Pattern::new(pattern)),
            Test::Spatial(relation, a, b) => Self::Spatial(Box::new(Prepared::new(*relation, a, b))),
            other => Self::Plain(other),
        }
    }

    fn holds(&self, row: &dyn Row) -> Option<bool> {
        match self {
            Self::Plain(test) => plain(test, row),
            Self::All(checks) => {
                let mut known = true;
                for check in checks {
                    match check.holds(row) {
                        Some(false) => return Some(false),
                        found => known &= found.is_some(),
                    }
                }
                known.then_some(true)
            }
            Self::Any(checks) => {
                let mut known = true;
                for check in checks {
                    match check.holds(row) {
                        Some(true) => return Some(true),
                        found => known &= found.is_some(),
                    }
                }
                known.then_some(false)
            }
            Self::Not(inner) => inner.holds(row).map(|b| !b),
            Self::Truths(test, a, b) => {
                let Test::Truths(order, ..) = test else { return None };
                Some(order.holds(a.holds(row)?.cmp(&b.holds(row)?)))
            }
            Self::Like(text, pattern) => Some(pattern.matches(&words(text, row)?)),
            Self::Spatial(prepared) => prepared.holds(row),
        }
    }
}

/// Cheap conditions first: the order does not change the result.
fn sorted(tests: &[Test]) -> Vec<Check<'_>> {
    let cost = |test: &&Test| match test {
        Test::Spatial(..) => 2,
        Test::All(_) | Test::Any(_) | Test::Not(_) | Test::Lists(..) | Test::Like(..) | Test::Temporal(..) => 1,
        _ => 0,
    };
    let mut order: Vec<&Test> = tests.iter().collect();
    order.sort_by_key(cost);
    order.into_iter().map(Check::new).collect()
}

fn plain(test: &Test, row: &dyn Row) -> Option<bool> {
    match test {
        Test::Constant(value) => *value,
        Test::Flag(field) => match row.value(*field) {
            ValueRef::Bool(b) => Some(b),
            _ => None,
        },
        Test::Numbers(order, a, b) => Some(order.holds(number(a, row)?.partial_cmp(&number(b, row)?)?)),
        Test::Texts(order, a, b) => Some(order.holds(words(a, row)?.as_ref().cmp(words(b, row)?.as_ref()))),
        Test::Times(order, a, b) => Some(order.holds(moment(a, row)?.order(moment(b, row)?))),
        Test::NumberIn(value, list) => {
            let value = number(value, row)?;
            Some(list.binary_search_by(|n| n.partial_cmp(&value).unwrap_or(std::cmp::Ordering::Less)).is_ok())
        }
        Test::TextIn(text, list) => {
            let text = words(text, row)?;
            Some(list.binary_search_by(|t| (**t).cmp(text.as_ref())).is_ok())
        }
        Test::Null(operand) => Some(match operand {
            Operand::Field(field) => row.value(*field) == ValueRef::Null,
            Operand::Geometry => row.bounds().is_none(),
            Operand::Number(n) => number(n, row).is_none(),
        }),
        Test::Temporal(relation, a, b) => Some(relation.holds(stretch(a, row)?, stretch(b, row)?)),
        Test::Lists(sets, a, b) => list::related(*sets, a, b, row),
        // These are made ready beforehand and do not come here.
        Test::All(_) | Test::Any(_) | Test::Not(_) | Test::Truths(..) | Test::Like(..) | Test::Spatial(..) => None,
    }
}

fn number(number: &Number, row: &dyn Row) -> Option<f64> {
    match number {
        Number::Literal(n) => Some(*n),
        Number::Field(field) => match row.value(*field) {
            ValueRef::Int(i) => Some(i as f64),
            ValueRef::Real(r) => Some(r),
            _ => None,
        },
        Number::Sum(sum, a, b) => sum.of_two(self::number(a, row)?, self::number(b, row)?),
        Number::Year(time) => moment(time, row)?.year().map(f64::from),
        Number::Count(field) => match row.value(*field) {
            ValueRef::Text(json) => Some(items::Items::of(json)?.count() as f64),
            _ => None,
        },
    }
}

fn words<'r>(text: &'r Text, row: &'r dyn Row) -> Option<Cow<'r, str>> {
    match text {
        Text::Literal(literal) => Some(Cow::Borrowed(literal)),
        Text::Id => Some(Cow::Borrowed(row.id())),
        Text::Field(field) => match row.value(*field) {
            ValueRef::Text(t) => Some(Cow::Borrowed(t)),
            _ => None,
        },
        Text::Folded(fold, inner) => match words(inner, row)? {
            Cow::Borrowed(t) => Some(fold.text(t)),
            Cow::Owned(t) => Some(Cow::Owned(fold.text(&t).into_owned())),
        },
    }
}

fn moment(time: &Time, row: &dyn Row) -> Option<Moment> {
    match time {
        Time::Literal(moment, _) => Some(*moment),
        Time::Field(field) => match row.value(*field) {
            ValueRef::Text(t) => Moment::read(t),
            _ => None,
        },
    }
}

/// A missing end is an open one, as for `datetime`; a period without either end is unknown.
fn stretch(period: &Period, row: &dyn Row) -> Option<Stretch> {
    match period {
        Period::Instant(time) => moment(time, row).map(Stretch::at),
        Period::Interval(start, end) => {
            let found = Stretch {
                start: start.as_ref().and_then(|t| moment(t, row)),
                end: end.as_ref().and_then(|t| moment(t, row)),
            };
            let lost = |said: &Option<Time>, found: Option<Moment>| said.is_some() && found.is_none();
            let unknown =
                (found.start.is_none() && found.end.is_none()) && (lost(start, found.start) || lost(end, found.end));
            (!unknown).then_some(found)
        }
    }
}
