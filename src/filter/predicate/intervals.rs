//! The relations of two intervals (Allen 1983, as OGC 21-065r2, 7.8 and the W3C Time Ontology define them).

use crate::filter::expression::TemporalRelation;
use crate::filter::temporal::{TimeInstant, TimeInterval};
use std::cmp::Ordering;

/// Whether interval `a` is in this relation to interval `b`.
pub(super) fn relate_intervals(relation: TemporalRelation, a: TimeInterval, b: TimeInterval) -> bool {
    use Ordering::{Equal, Greater, Less};
    let starts = compare_ends(a.start, OpenEnd::Before, b.start, OpenEnd::Before);
    let finish = compare_ends(a.end, OpenEnd::After, b.end, OpenEnd::After);
    let start_to_end = compare_ends(a.start, OpenEnd::Before, b.end, OpenEnd::After);
    let end_to_start = compare_ends(a.end, OpenEnd::After, b.start, OpenEnd::Before);
    match relation {
        TemporalRelation::After => start_to_end == Greater,
        TemporalRelation::Before => end_to_start == Less,
        TemporalRelation::Contains => starts == Less && finish == Greater,
        TemporalRelation::Disjoint => end_to_start == Less || start_to_end == Greater,
        TemporalRelation::During => starts == Greater && finish == Less,
        TemporalRelation::Equals => starts == Equal && finish == Equal,
        TemporalRelation::FinishedBy => starts == Less && finish == Equal,
        TemporalRelation::Finishes => starts == Greater && finish == Equal,
        TemporalRelation::Intersects => end_to_start != Less && start_to_end != Greater,
        TemporalRelation::Meets => end_to_start == Equal,
        TemporalRelation::MetBy => start_to_end == Equal,
        TemporalRelation::OverlappedBy => starts == Greater && start_to_end == Less && finish == Greater,
        TemporalRelation::Overlaps => starts == Less && end_to_start == Greater && finish == Less,
        TemporalRelation::StartedBy => starts == Equal && finish == Greater,
        TemporalRelation::Starts => starts == Equal && finish == Less,
    }
}

/// On which side of all instants an open end is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OpenEnd {
    Before,
    After,
}

fn compare_ends(a: Option<TimeInstant>, a_open: OpenEnd, b: Option<TimeInstant>, b_open: OpenEnd) -> Ordering {
    let side = |open| if open == OpenEnd::Before { Ordering::Less } else { Ordering::Greater };
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b),
        (None, Some(_)) => side(a_open),
        (Some(_), None) => side(b_open).reverse(),
        (None, None) if a_open == b_open => Ordering::Equal,
        (None, None) => side(a_open),
    }
}
