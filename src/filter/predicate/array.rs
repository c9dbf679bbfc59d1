//! Array relations: two lists, compared as sets.

use super::evaluate::{evaluate_instant, evaluate_number, evaluate_text};
use super::json_array::{JsonArrayEntries, JsonArrayEntry};
use crate::filter::expression::{ArrayElement, ArrayExpression, ArrayRelation, BooleanExpression};
use crate::filter::filter_row::{FieldValueRef, FilterRow};
use crate::filter::number::NumberValue;
use crate::filter::temporal::TimeInstant;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The conditions among the elements of a list, in the order in which they are evaluated.
pub(super) fn list_conditions(list: &ArrayExpression) -> Vec<&BooleanExpression> {
    let ArrayExpression::Literal(elements) = list else { return vec![] };
    elements.iter().flat_map(element_conditions).collect()
}

fn element_conditions(element: &ArrayElement) -> Vec<&BooleanExpression> {
    match element {
        ArrayElement::Condition(condition) => vec![condition],
        ArrayElement::List(list) => list_conditions(list),
        _ => vec![],
    }
}

/// Whether two lists are in this relation; `None` (unknown) when one is missing, is an object, or has an element
/// without a value. `truths` are the values in this row of the conditions of both lists, as [`list_conditions`] orders
/// them.
pub(super) fn relate_arrays(
    relation: ArrayRelation,
    a: &ArrayExpression,
    b: &ArrayExpression,
    row: &dyn FilterRow,
    truths: &mut dyn Iterator<Item = Option<bool>>,
) -> Option<bool> {
    let (a, b) = (ArrayValue::evaluate(a, row, truths)?, ArrayValue::evaluate(b, row, truths)?);
    Some(match relation {
        ArrayRelation::Contains => b.is_subset_of(&a),
        ArrayRelation::ContainedBy => a.is_subset_of(&b),
        ArrayRelation::Equals => a.is_subset_of(&b) && b.is_subset_of(&a),
        ArrayRelation::Overlaps => a.overlaps(&b),
    })
}

/// The value of a list expression.
enum ArrayValue<'a> {
    Stored(JsonArrayEntries<'a>),
    Listed(Vec<ElementValue<'a>>),
}

/// The value of an element of a list expression.
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
    fn evaluate(
        list: &'a ArrayExpression,
        row: &'a dyn FilterRow,
        truths: &mut dyn Iterator<Item = Option<bool>>,
    ) -> Option<Self> {
        match list {
            ArrayExpression::Literal(elements) => elements
                .iter()
                .map(|element| ElementValue::evaluate(element, row, truths))
                .collect::<Option<_>>()
                .map(Self::Listed),
            ArrayExpression::Field(field) => match row.value(*field) {
                FieldValueRef::Text(json) => JsonArrayEntries::from_json(json).map(Self::Stored),
                _ => None,
            },
        }
    }

    fn is_subset_of(&self, other: &Self) -> bool {
        self.all_elements(|element| other.contains(element))
    }

    fn overlaps(&self, other: &Self) -> bool {
        !self.all_elements(|element| !other.contains(element))
    }

    fn contains(&self, element: &ElementValue<'_>) -> bool {
        !self.all_elements(|own| !own.equals(element))
    }

    /// Whether `test` holds for every element; stops at the first for which it does not.
    fn all_elements(&self, mut test: impl FnMut(&ElementValue<'a>) -> bool) -> bool {
        match self {
            Self::Stored(entries) => entries.clone().map(ElementValue::Stored).all(|entry| test(&entry)),
            Self::Listed(elements) => elements.iter().all(test),
        }
    }

    /// Whether two lists within lists have equal elements in the same order.
    fn equals(&self, other: &ArrayValue<'_>) -> bool {
        match other {
            ArrayValue::Stored(entries) => {
                let mut rest = entries.clone().map(ElementValue::Stored);
                self.all_elements(|own| rest.next().is_some_and(|b| own.equals(&b))) && rest.next().is_none()
            }
            ArrayValue::Listed(elements) => {
                let mut rest = elements.iter();
                self.all_elements(|own| rest.next().is_some_and(|b| own.equals(b))) && rest.next().is_none()
            }
        }
    }
}

impl<'a> ElementValue<'a> {
    fn evaluate(
        element: &'a ArrayElement,
        row: &'a dyn FilterRow,
        truths: &mut dyn Iterator<Item = Option<bool>>,
    ) -> Option<Self> {
        match element {
            ArrayElement::Text(text) => evaluate_text(text, row).map(Self::Text),
            ArrayElement::Number(number) => evaluate_number(number, row).map(Self::Number),
            ArrayElement::Condition(_) => truths.next().flatten().map(Self::Bool),
            ArrayElement::Time(time) => evaluate_instant(time, row).map(Self::Time),
            ArrayElement::List(list) => ArrayValue::evaluate(list, row, truths).map(Self::List),
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
