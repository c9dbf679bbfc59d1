//! Lists as sets.

use super::items::{Entry, Items};
use crate::filter::node::{Item, List, Sets};
use crate::filter::when::Moment;
use crate::filter::{Row, ValueRef};
use std::borrow::Cow;

/// Unknown when a list is missing, or is an object.
pub(super) fn related(sets: Sets, a: &List, b: &List, row: &dyn Row) -> Option<bool> {
    let (a, b) = (Side::of(a, row)?, Side::of(b, row)?);
    Some(match sets {
        Sets::Contains => b.all_in(&a),
        Sets::ContainedBy => a.all_in(&b),
        Sets::Equals => a.all_in(&b) && b.all_in(&a),
        Sets::Overlaps => a.any_in(&b),
    })
}

enum Side<'a> {
    Row(Items<'a>),
    Literal(&'a [Item]),
}

/// One entry of either side.
enum Member<'a> {
    Entry(Entry<'a>),
    Item(&'a Item),
}

impl<'a> Side<'a> {
    fn of(list: &'a List, row: &'a dyn Row) -> Option<Self> {
        match list {
            List::Literal(items) => Some(Self::Literal(items)),
            List::Field(field) => match row.value(*field) {
                ValueRef::Text(json) => Items::of(json).map(Self::Row),
                _ => None,
            },
        }
    }

    fn all_in(&self, other: &Self) -> bool {
        self.each(|member| other.has(&member))
    }

    fn any_in(&self, other: &Self) -> bool {
        !self.each(|member| !other.has(&member))
    }

    /// Whether `keep` is true for every member; stops at the first that it is not.
    fn each(&self, mut keep: impl FnMut(Member<'a>) -> bool) -> bool {
        match self {
            Self::Row(items) => items.clone().all(|entry| keep(Member::Entry(entry))),
            Self::Literal(items) => items.iter().all(|item| keep(Member::Item(item))),
        }
    }

    fn has(&self, member: &Member<'_>) -> bool {
        !self.each(|own| !same(&own, member))
    }
}

fn same(a: &Member<'_>, b: &Member<'_>) -> bool {
    match (a, b) {
        (Member::Entry(a), Member::Entry(b)) => a == b,
        (Member::Entry(entry), Member::Item(item)) | (Member::Item(item), Member::Entry(entry)) => is(entry, item),
        (Member::Item(a), Member::Item(b)) => match (a, b) {
            (Item::Time(a, _), Item::Time(b, _)) => a.order(*b).is_eq(),
            _ => a == b,
        },
    }
}

fn is(entry: &Entry<'_>, item: &Item) -> bool {
    match (entry, item) {
        (Entry::Text(a), Item::Text(b)) => *a == Cow::Borrowed(&**b),
        (Entry::Number(a), Item::Number(b)) => a == b,
        (Entry::Bool(a), Item::Bool(b)) => a == b,
        (Entry::Text(a), Item::Time(b, _)) => Moment::read(a).is_some_and(|a| a.order(*b).is_eq()),
        _ => false,
    }
}
