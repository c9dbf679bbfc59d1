//! Random filters over random features, against an evaluator that was written from the standard and shares nothing with
//! ours.

use crate::filter::row::{Feature, collection, parse};
use cityheart::change::FeatureChange;
use cityheart::collection::{Collection, FieldType};
use cityheart::feature::{self as stored, Geometry, bbox_of};
use cityheart::filter::{FilterRow, IndexPlan};
use cityheart::index::IndexBuilder;
use cityheart::query::Query;
use proptest::prelude::*;
use std::sync::Arc;

mod evaluate;
pub mod expression;
mod random;

use random::{features, filters};

const FIELDS: [(&str, FieldType); 8] = [
    ("name", FieldType::Text),
    ("count", FieldType::Integer),
    ("cost", FieldType::Decimal),
    ("open", FieldType::Boolean),
    ("start", FieldType::Date),
    ("end", FieldType::Date),
    ("tags", FieldType::Json),
    ("code", FieldType::Text),
];

fn things() -> Collection {
    collection(&FIELDS)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_filter_lets_through_what_brute_force_lets_through(filter in filters(), rows in prop::collection::vec(features(), 1..12)) {
        let things = things();
        let text = filter.text();
        let parsed = parse(&text, &things).map_err(|e| TestCaseError::fail(format!("{text}: {e}")))?;
        let again = parse(parsed.text(), &things).map_err(|e| TestCaseError::fail(format!("{}: {e}", parsed.text())))?;
        prop_assert_eq!(again.text(), parsed.text());
        let predicate = parsed.compile();
        for row in &rows {
            let expected = filter.of(row) == Some(true);
            prop_assert_eq!(predicate.holds(row), expected, "{} on {:?} {:?}", text, row.values, row.geometry);
            prop_assert!(!expected || chosen(parsed.plan(), row, &things), "the plan of {} leaves out {:?}: {:?}", text, row.values, parsed.plan());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    /// The same through the index: its plan, its columns, its rows, over several tiers.
    #[test]
    fn the_index_finds_what_brute_force_finds(filter in filters(), rows in prop::collection::vec(features(), 1..30)) {
        let things = Arc::new(things());
        let stored: Vec<stored::Feature> = rows
            .iter()
            .enumerate()
            .map(|(i, row)| stored::Feature {
                key: i as i64 + 1,
                id: stored::FeatureId::new(&format!("f{i}")).unwrap(),
                geometry: row.geometry.clone(),
                values: row.values.clone(),
            })
            .collect();
        let mut builder = IndexBuilder::new(things.clone());
        let (first, later) = stored.split_at(stored.len() / 2);
        first.iter().for_each(|f| builder.push(f));
        let index = builder.finish(1);
        for (i, feature) in later.iter().enumerate() {
            index.apply_changes(&[FeatureChange::Put(feature.clone())], i as u64 + 2);
        }
        let parsed = parse(&filter.text(), &things).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let query = Query { filter: Some(Arc::new(parsed)), limit: 1000, ..Query::default() };
        let snapshot = index.snapshot();
        let found = snapshot.select(&query);
        let found: Vec<i64> = found.slots.iter().map(|s| snapshot.read_feature(*s).key).collect();
        let named = |f: &stored::Feature| Feature::new(f.id.as_str(), f.geometry.clone(), f.values.clone());
        let expected: Vec<i64> =
            stored.iter().filter(|f| filter.of(&named(f)) == Some(true)).map(|f| f.key).collect();
        prop_assert_eq!(found, expected, "{}", filter.text());
    }
}

/// Whether a plan's first choice has a row in it.
fn chosen(plan: &IndexPlan, row: &Feature, things: &Collection) -> bool {
    let meets = |b: cityheart::feature::BoundingBox, g: &Geometry| {
        let own = bbox_of(g).unwrap();
        own.west <= b.east && b.west <= own.east && own.south <= b.north && b.south <= own.north
    };
    !plan.empty
        && plan.bbox.is_none_or(|b| row.geometry.as_ref().is_some_and(|g| meets(b, g)))
        && plan.time.is_none_or(|t| things.time_span(&row.values).is_none_or(|s| s.intersects(t)))
        && plan.ids.as_ref().is_none_or(|ids| ids.iter().any(|i| **i == *row.id()))
        && plan.equals.iter().all(|(field, values)| values.contains(&row.values[*field]))
}
