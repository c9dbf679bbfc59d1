//! Array relations: two lists, compared as sets.

use super::json_array::{JsonArrayEntries, JsonArrayEntry};
use crate::filter::expression::{ArrayElement, ArrayExpression, ArrayRelation};
use crate::filter::filter_row::{FieldValueRef, FilterRow};
use crate::filter::temporal::TimeInstant;
use std::borrow::Cow;

/// Whether two lists are in this relation; `None` (unknown) when one is missing or is an object.
pub(super) fn relate_arrays(
    relation: ArrayRelation,
    a: &ArrayExpression,
    b: &ArrayExpression,
    row: &dyn FilterRow,
) -> Option<bool> {
    let (a, b) = (ArrayOperand::from_expression(a, row)?, ArrayOperand::from_expression(b, row)?);
    Some(match relation {
        ArrayRelation::Contains => b.is_subset_of(&a),
        ArrayRelation::ContainedBy => a.is_subset_of(&b),
        ArrayRelation::Equals => a.is_subset_of(&b) && b.is_subset_of(&a),
        ArrayRelation::Overlaps => a.overlaps(&b),
    })
}

enum ArrayOperand<'a> {
    Row(JsonArrayEntries<'a>),
    Literal(&'a [ArrayElement]),
}

/// One entry of a list.
enum ArrayMember<'a> {
    Entry(JsonArrayEntry<'a>),
    Item(&'a ArrayElement),
}

impl<'a> ArrayOperand<'a> {
    fn from_expression(list: &'a ArrayExpression, row: &'a dyn FilterRow) -> Option<Self> {
        match list {
            ArrayExpression::Literal(items) => Some(Self::Literal(items)),
            ArrayExpression::Field(field) => match row.value(*field) {
                FieldValueRef::Text(json) => JsonArrayEntries::from_json(json).map(Self::Row),
                _ => None,
            },
        }
    }

    fn is_subset_of(&self, other: &Self) -> bool {
        self.all_members(|member| other.contains(&member))
    }

    fn overlaps(&self, other: &Self) -> bool {
        !self.all_members(|member| !other.contains(&member))
    }

    /// Whether `test` holds for every member; stops at the first for which it does not.
    fn all_members(&self, mut test: impl FnMut(ArrayMember<'a>) -> bool) -> bool {
        match self {
            Self::Row(items) => items.clone().all(|entry| test(ArrayMember::Entry(entry))),
            Self::Literal(items) => items.iter().all(|item| test(ArrayMember::Item(item))),
        }
    }

    fn contains(&self, member: &ArrayMember<'_>) -> bool {
        !self.all_members(|own| !members_equal(&own, member))
    }
}

fn members_equal(a: &ArrayMember<'_>, b: &ArrayMember<'_>) -> bool {
    match (a, b) {
        (ArrayMember::Entry(JsonArrayEntry::Number(a)), ArrayMember::Entry(JsonArrayEntry::Number(b))) => {
            a.compare_written(*b).is_eq()
        }
        (ArrayMember::Entry(a), ArrayMember::Entry(b)) => a == b,
        (ArrayMember::Entry(entry), ArrayMember::Item(item)) | (ArrayMember::Item(item), ArrayMember::Entry(entry)) => {
            entry_equals(entry, item)
        }
        (ArrayMember::Item(a), ArrayMember::Item(b)) => match (a, b) {
            (ArrayElement::Time(a, _), ArrayElement::Time(b, _)) => a.compare(*b).is_eq(),
            (ArrayElement::Number(a), ArrayElement::Number(b)) => a.value().compare_written(b.value()).is_eq(),
            _ => a == b,
        },
    }
}

fn entry_equals(entry: &JsonArrayEntry<'_>, item: &ArrayElement) -> bool {
    match (entry, item) {
        (JsonArrayEntry::Text(a), ArrayElement::Text(b)) => *a == Cow::Borrowed(&**b),
        (JsonArrayEntry::Number(a), ArrayElement::Number(b)) => a.compare_written(b.value()).is_eq(),
        (JsonArrayEntry::Bool(a), ArrayElement::Bool(b)) => a == b,
        (JsonArrayEntry::Text(a), ArrayElement::Time(b, _)) => {
            TimeInstant::parse_instant(a).is_some_and(|a| a.compare(*b).is_eq())
        }
        _ => false,
    }
}
