//! Array relations: two lists, compared as sets.

use super::evaluate::{evaluate_instant, evaluate_number, evaluate_text};
use super::json_array::{JsonArrayEntries, JsonArrayEntry};
use crate::filter::expression::{ArrayElement, ArrayExpression, ArrayRelation, BooleanExpression};
use crate::filter::filter_row::{FieldValueRef, FilterRow};
use crate::filter::number::NumberValue;
use crate::filter::temporal::TimeInstant;
use std::borrow::Cow;
use std::cmp::Ordering;

/// A row, and how conditions are evaluated in it.
#[derive(Clone, Copy)]
pub(super) struct RowValues<'a> {
    pub row: &'a dyn FilterRow,
    pub evaluate_condition: fn(&BooleanExpression, &dyn FilterRow) -> Option<bool>,
}

/// Whether two lists are in this relation; `None` (unknown) when one is missing, is an object, or has an element
/// without a value.
pub(super) fn relate_arrays(
    relation: ArrayRelation,
    a: &ArrayExpression,
    b: &ArrayExpression,
    values: RowValues<'_>,
) -> Option<bool> {
    let (a, b) = (ArrayValue::evaluate(a, values)?, ArrayValue::evaluate(b, values)?);
    Some(match relation {
        ArrayRelation::Contains => b.is_subset_of(&a),
        ArrayRelation::ContainedBy => a.is_subset_of(&b),
        ArrayRelation::Equals => a.is_subset_of(&b) && b.is_subset_of(&a),
        ArrayRelation::Overlaps => a.overlaps(&b),
    })
}

/// The value of a list expression.
#[derive(Clone)]
enum ArrayValue<'a> {
    Stored(JsonArrayEntries<'a>),
    Listed(Vec<ElementValue<'a>>),
}

/// The value of an element of a list expression.
#[derive(Clone)]
enum ElementValue<'a> {
    Text(Cow<'a, str>),
    Number(NumberValue),
    Bool(bool),
    Time(TimeInstant),
    List(ArrayValue<'a>),
    /// An element of a stored list.
    Stored(JsonArrayEntry<'a>),
}

impl<'a> ArrayValue<'a> {
    fn evaluate(list: &'a ArrayExpression, values: RowValues<'a>) -> Option<Self> {
        match list {
            ArrayExpression::Literal(elements) => elements
                .iter()
                .map(|element| ElementValue::evaluate(element, values))
                .collect::<Option<_>>()
                .map(Self::Listed),
            ArrayExpression::Field(field) => match values.row.value(*field) {
                FieldValueRef::Text(json) => JsonArrayEntries::from_json(json).map(Self::Stored),
                _ => None,
            },
        }
    }

    fn is_subset_of(&self, other: &Self) -> bool {
        self.elements().all(|element| other.contains(&element))
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.elements().any(|element| other.contains(&element))
    }

    fn contains(&self, element: &ElementValue<'_>) -> bool {
        self.elements().any(|own| own.equals(element))
    }

    fn elements(&self) -> Box<dyn Iterator<Item = ElementValue<'a>> + '_> {
        match self {
            Self::Stored(entries) => Box::new(entries.clone().map(ElementValue::Stored)),
            Self::Listed(elements) => Box::new(elements.iter().cloned()),
        }
    }

    /// Whether two lists within lists have equal elements in the same order.
    fn equals(&self, other: &ArrayValue<'_>) -> bool {
        let (mut own, mut others) = (self.elements(), other.elements());
        loop {
            match (own.next(), others.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.equals(&b) => {}
                _ => return false,
            }
        }
    }
}

impl<'a> ElementValue<'a> {
    fn evaluate(element: &'a ArrayElement, values: RowValues<'a>) -> Option<Self> {
        match element {
            ArrayElement::Text(text) => evaluate_text(text, values.row).map(Self::Text),
            ArrayElement::Number(number) => evaluate_number(number, values.row).map(Self::Number),
            ArrayElement::Condition(condition) => (values.evaluate_condition)(condition, values.row).map(Self::Bool),
            ArrayElement::Time(time) => evaluate_instant(time, values.row).map(Self::Time),
            ArrayElement::List(list) => ArrayValue::evaluate(list, values).map(Self::List),
        }
    }

    fn equals(&self, other: &ElementValue<'_>) -> bool {
        match (self, other) {
            (Self::Stored(a), ElementValue::Stored(b)) => entries_equal(a, b),
            (Self::Stored(entry), listed) => listed.equals_entry(entry),
            (listed, ElementValue::Stored(entry)) => listed.equals_entry(entry),
            (Self::Text(a), ElementValue::Text(b)) => a == b,
            (Self::Number(a), ElementValue::Number(b)) => a.compare_numbers(*b).is_some_and(Ordering::is_eq),
            (Self::Bool(a), ElementValue::Bool(b)) => a == b,
            (Self::Time(a), ElementValue::Time(b)) => a.compare(*b).is_eq(),
            (Self::List(a), ElementValue::List(b)) => a.equals(b),
            _ => false,
        }
    }

    fn equals_entry(&self, entry: &JsonArrayEntry<'_>) -> bool {
        match (self, entry) {
            (Self::Text(a), JsonArrayEntry::Text(b)) => a == b,
            (Self::Number(a), JsonArrayEntry::Number(b)) => {
                NumberValue::Written(*b).compare_numbers(*a).is_some_and(Ordering::is_eq)
            }
            (Self::Bool(a), JsonArrayEntry::Bool(b)) => a == b,
            (Self::Time(a), JsonArrayEntry::Text(b)) => {
                TimeInstant::parse_instant(b).is_some_and(|b| b.compare(*a).is_eq())
            }
            (Self::List(a), JsonArrayEntry::Nested(b)) => {
                JsonArrayEntries::from_json(b).is_some_and(|b| a.equals(&ArrayValue::Stored(b)))
            }
            _ => false,
        }
    }
}

fn entries_equal(a: &JsonArrayEntry<'_>, b: &JsonArrayEntry<'_>) -> bool {
    match (a, b) {
        (JsonArrayEntry::Number(a), JsonArrayEntry::Number(b)) => a.compare_written(*b).is_eq(),
        (a, b) => a == b,
    }
}
