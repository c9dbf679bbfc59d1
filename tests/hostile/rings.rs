//! Geometries that are made to be slow to check: each has an answer in bounded work, whether it is valid or too
//! complex.

use super::shapes;
use cityheart::error::Error;
use cityheart::feature::{FaultKind, Geometry, check_geometry, check_geometry_within};
use cityheart::work_budget::{CancelReason, SharedBudget, WorkBudget, WorkLimits};
use geo_types::LineString;
use std::time::Duration;

/// Twice what one geometry may take: what is more was not counted while it was done.
const MOST_UNITS: u64 = 170_000_000;

fn budget() -> WorkBudget {
    let limits = WorkLimits { time: Duration::from_mins(5), units: u64::MAX, bytes: usize::MAX };
    WorkBudget::new(limits, SharedBudget::new(usize::MAX))
}

#[test]
fn a_comb_of_sixty_thousand_positions_is_checked_or_refused_in_bounded_work() {
    for (name, comb) in [("upright", shapes::comb(15_000, true)), ("slanted", shapes::slanted_comb(30_000))] {
        let work = budget();
        let outcome = check_geometry_within(comb.into(), &work);
        assert!(work.spent_units() < MOST_UNITS, "{name}: {} units", work.spent_units());
        match outcome {
            Ok(_) => assert_eq!(name, "upright"),
            Err(fault) => assert_eq!((fault.kind, name), (FaultKind::TooManyVertices, "slanted"), "{}", fault.message),
        }
    }
}

#[test]
fn three_thousand_holes_that_touch_in_one_corner_are_counted_once_each() {
    let work = budget();
    let outcome = check_geometry_within(shapes::touching_holes(3_000).into(), &work);
    assert!(outcome.is_ok() || outcome.is_err_and(|fault| fault.kind == FaultKind::TooManyVertices));
    assert!(work.spent_units() < MOST_UNITS, "{} units", work.spent_units());
    // Few of them are surely valid, and a hole more that joins two of them is not.
    assert!(check_geometry(shapes::touching_holes(300).into()).is_ok());
    let mut joined = shapes::touching_holes(2);
    joined.interiors_push(shapes::ring_that_joins_two());
    let fault = check_geometry(joined.into()).unwrap_err();
    assert!(fault.kind == FaultKind::RingsOverlap && fault.message.contains("splits the interior"), "{fault:?}");
}

#[test]
fn holes_in_a_long_outline_are_found_without_walking_it_each_time() {
    let mut long = shapes::comb(10_000, true);
    // In the back of the comb, which is a twentieth of its height.
    let step = 0.04 / 1_000.0;
    for i in 0..900 {
        let x = shapes::WEST + f64::from(i) * step + step / 4.0;
        let y = shapes::SOUTH + 0.001;
        let hole = [(x, y), (x, y + 1e-4), (x + step / 2.0, y + 1e-4), (x + step / 2.0, y), (x, y)];
        long.interiors_push(LineString::from(hole.to_vec()));
    }
    let work = budget();
    assert_eq!(check_geometry_within(long.into(), &work).err(), None);
    assert!(work.spent_units() < MOST_UNITS / 4, "{} units", work.spent_units());
}

#[test]
fn a_cancelled_check_is_no_verdict() {
    for (name, shape) in shapes::all(2_000) {
        let work = budget();
        work.cancel(CancelReason::ClientGone);
        let outcome = check_geometry_within(shape.clone(), &work);
        assert!(matches!(work.check(), Err(Error::Busy(_))), "{name}");
        let is_area = matches!(shape, Geometry::Polygon(_) | Geometry::MultiPolygon(_));
        assert_eq!(outcome.is_err(), is_area, "{name}: the check of an area had to end");
    }
}
