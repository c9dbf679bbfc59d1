//! The index against a plain list of features that is searched from end to end.

use crate::support::features::{FIELDS, Model, PARIS, Place, Random, collection, feature, index_of, query};
use cityheart::change::FeatureChange;
use cityheart::feature::{
    BoundingBox, Feature, FeatureId, FieldValue, Geometry, GeometryTypeSet, bbox_of, time::TimeSpan,
};
use cityheart::index::{CollectionIndex, Snapshot};
use cityheart::query::{PageCursor, Query, SortKey};
use geo::{Intersects, MapCoords};
use geo_types::{Coord, GeometryCollection, MultiPoint, MultiPolygon, Rect};
use proptest::prelude::*;
use std::cmp::Ordering;

/// Steps of the grid that positions and boxes lie on, in a degree.
const STEPS: f64 = 1e7;

/// Whether a feature meets a box, both in whole steps of the grid: there geo's predicates are exact, while in degrees a
/// line through the very corner of a box may miss it by a rounding.
fn meets(feature: &Feature, b: &BoundingBox) -> bool {
    let Some(geometry) = &feature.geometry else { return false };
    let step = |degrees: f64| (degrees * STEPS).round();
    let geometry = geometry.map_coords(|c| Coord { x: step(c.x), y: step(c.y) });
    let [west, south, east, north] = b.to_array().map(step);
    let rect = |west, east| Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north }).to_polygon();
    if west <= east {
        geometry.intersects(&rect(west, east))
    } else {
        geometry.intersects(&rect(west, step(180.0))) || geometry.intersects(&rect(step(-180.0), east))
    }
}

fn equals(a: &FieldValue, b: &FieldValue) -> bool {
    let number = |v: &FieldValue| match v {
        FieldValue::Int(i) => Some(*i as f64),
        FieldValue::Real(r) => Some(*r),
        _ => None,
    };
    match (a, b) {
        (FieldValue::Json(list), b) => {
            let same = |item: &serde_json::Value| {
                *item == b.to_json() || (item.as_f64().is_some() && item.as_f64() == number(b))
            };
            same(list) || list.as_array().is_some_and(|l| l.iter().any(same))
        }
        (FieldValue::Int(a), FieldValue::Int(b)) => a == b,
        (a, b) => a == b || (number(a).is_some() && number(a) == number(b)),
    }
}

fn compare(a: &FieldValue, b: &FieldValue, descending: bool) -> Ordering {
    let order = match (a, b) {
        (FieldValue::Null, FieldValue::Null) => Ordering::Equal,
        (FieldValue::Null, _) => return Ordering::Greater,
        (_, FieldValue::Null) => return Ordering::Less,
        (FieldValue::Bool(a), FieldValue::Bool(b)) => a.cmp(b),
        (FieldValue::Int(a), FieldValue::Int(b)) => a.cmp(b),
        (FieldValue::Real(a), FieldValue::Real(b)) => a.partial_cmp(b).unwrap(),
        (FieldValue::Text(a), FieldValue::Text(b)) => a.cmp(b),
        (FieldValue::Json(a), FieldValue::Json(b)) => a.to_string().cmp(&b.to_string()),
        other => unreachable!("a column of one kind: {other:?}"),
    };
    if descending { order.reverse() } else { order }
}

fn in_order(a: (&[FieldValue], i64), b: (&[FieldValue], i64), sort: &[SortKey]) -> Ordering {
    let by_fields = sort.iter().enumerate().map(|(i, s)| compare(&a.0[i], &b.0[i], s.descending));
    by_fields.fold(Ordering::Equal, Ordering::then).then(a.1.cmp(&b.1))
}

/// All matches in order, the page, and the cursor to the next.
fn brute_force(model: &Model, q: &Query) -> (usize, Vec<FeatureId>, Option<PageCursor>) {
    let c = collection(GeometryTypeSet::ANY);
    let values = |f: &Feature| -> Vec<FieldValue> { q.sort.iter().map(|s| f.values[s.field].clone()).collect() };
    let mut found: Vec<&Feature> = model
        .0
        .iter()
        .filter(|f| q.bbox.is_none_or(|b| meets(f, &b)))
        .filter(|f| q.time.is_none_or(|t| c.time_span(&f.values).is_none_or(|s| s.intersects(t))))
        .filter(|f| q.equals.iter().all(|(field, value)| equals(&f.values[*field], value)))
        .collect();
    let matched = found.len();
    found.sort_by(|a, b| in_order((&values(a), a.key), (&values(b), b.key), &q.sort));
    found.retain(|f| {
        q.after.as_ref().is_none_or(|c| in_order((&values(f), f.key), (&c.values, c.key), &q.sort).is_gt())
    });
    let more = found.len() > q.limit;
    found.truncate(q.limit);
    let next = found.last().filter(|_| more).map(|f| PageCursor { values: values(f), key: f.key });
    (matched, found.iter().map(|f| f.id.clone()).collect(), next)
}

fn ask(snapshot: &Snapshot, q: &Query) -> (usize, Vec<FeatureId>, Option<PageCursor>) {
    let selection = snapshot.select(q);
    let ids = selection.slots.iter().map(|s| snapshot.read_feature(*s).id).collect();
    (selection.matched, ids, selection.next)
}

/// Everything that a snapshot says of itself.
fn assert_same(snapshot: &Snapshot, model: &Model) {
    assert_eq!(snapshot.len(), model.0.len());
    let bbox = model.0.iter().filter_map(|f| bbox_of(f.geometry.as_ref()?)).reduce(BoundingBox::union);
    assert_eq!(snapshot.extent(), bbox);
    let c = collection(GeometryTypeSet::ANY);
    let spans = model.0.iter().filter_map(|f| c.time_span(&f.values));
    let longer =
        |a: TimeSpan, b: TimeSpan| TimeSpan { start_ms: a.start_ms.min(b.start_ms), end_ms: a.end_ms.max(b.end_ms) };
    assert_eq!(snapshot.time_extent(), spans.reduce(longer));
    for f in &model.0 {
        let slot = snapshot.get(&f.id).unwrap_or_else(|| panic!("{} is not there", f.id));
        assert_eq!(&snapshot.read_feature(slot), f);
    }
    assert_eq!(snapshot.get(&FeatureId::new("nobody").unwrap()), None);
}

fn place(r: &mut Random) -> Place {
    r.pick(&[
        PARIS,
        Place { spread: 0.000_02, ..PARIS },
        Place { lon: 179.9, lat: -16.5, spread: 3.0 },
        Place { lon: 0.0, lat: 0.0, spread: 180.0 },
        Place { lon: 20.0, lat: 86.0, spread: 4.0 },
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_query_equals_brute_force(seed: u64, count in 0_usize..80) {
        let r = &mut Random(seed);
        let place = place(r);
        let model = Model::random(r, count, place);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        let snapshot = index.snapshot();
        assert_same(&snapshot, &model);
        for _ in 0..30 {
            let q = query(r, place);
            prop_assert_eq!(ask(&snapshot, &q), brute_force(&model, &q), "{:?}", q);
        }
    }

    #[test]
    fn every_query_equals_brute_force_after_edits_and_old_snapshots_stay(seed: u64, count in 0_usize..40) {
        let r = &mut Random(seed);
        let place = place(r);
        let mut model = Model::random(r, count, place);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        let mut held = vec![];
        for revision in 2..12 {
            held.push((index.snapshot(), model.clone()));
            let size = r.pick(&[1, 1, 2, 10]);
            let changes = model.edit(r, size, place, feature);
            index.apply_changes(&changes, revision);
            if r.chance(0.1) {
                index.compact();
            }
            let snapshot = index.snapshot();
            prop_assert_eq!(snapshot.revision(), revision);
            assert_same(&snapshot, &model);
            for _ in 0..5 {
                let q = query(r, place);
                prop_assert_eq!(ask(&snapshot, &q), brute_force(&model, &q), "{:?}", q);
            }
        }
        for (snapshot, model) in held {
            assert_same(&snapshot, &model);
            let q = query(r, place);
            prop_assert_eq!(ask(&snapshot, &q), brute_force(&model, &q));
        }
    }

    #[test]
    fn pages_walk_every_match_exactly_once(seed: u64, count in 0_usize..60, limit in 1_usize..20) {
        let r = &mut Random(seed);
        let mut model = Model::random(r, count, PARIS);
        let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
        let changes = model.edit(r, 7, PARIS, feature);
        index.apply_changes(&changes, 2);
        let snapshot = index.snapshot();
        for _ in 0..10 {
            let mut q = Query { limit: usize::MAX - 1, ..query(r, PARIS) };
            let (matched, all, _) = brute_force(&model, &q);
            q.limit = limit;
            let mut walked = vec![];
            loop {
                let (count, ids, next) = ask(&snapshot, &q);
                prop_assert_eq!(count, matched);
                prop_assert!(ids.len() <= limit);
                walked.extend(ids);
                q.after = next;
                if q.after.is_none() {
                    break;
                }
            }
            prop_assert_eq!(walked, all);
        }
    }

    #[test]
    fn geojson_read_by_the_geojson_crate_is_the_feature(seed: u64) {
        let r = &mut Random(seed);
        let place = place(r);
        let c = collection(GeometryTypeSet::ANY);
        let model = Model::random(r, 20, place);
        let snapshot = index_of(&c, &model.0).snapshot();
        for f in &model.0 {
            let mut text = vec![];
            snapshot.write_geojson(snapshot.get(&f.id).unwrap(), None, &mut text);
            let read: geojson::Feature = String::from_utf8(text).unwrap().parse().unwrap();
            prop_assert_eq!(read.id, Some(geojson::feature::Id::String(f.id.to_string())));
            let geometry = read.geometry.map(|g| cityheart::feature::Geometry::try_from(g).unwrap());
            prop_assert_eq!(&geometry, &f.geometry);
            let properties = read.properties.unwrap();
            let names: Vec<&str> = properties.keys().map(String::as_str).collect();
            prop_assert_eq!(names, FIELDS.map(|f| f.0));
            prop_assert_eq!(&c.read_values(&properties).unwrap(), &f.values);
        }
    }
}

fn one(f: &Feature) -> CollectionIndex {
    index_of(&collection(GeometryTypeSet::ANY), [f])
}

fn written(f: &Feature, properties: Option<&[usize]>) -> String {
    let snapshot = one(f).snapshot();
    let mut out = vec![];
    snapshot.write_geojson(snapshot.get(&f.id).unwrap(), properties, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn geojson_is_written_in_a_fixed_form() {
    let mut f = crate::support::features::point(7, 2.352_221_9, 48.0);
    f.values[1] = FieldValue::text("a \"b\"");
    f.values[3] = FieldValue::Real(3_020_756.0);
    f.values[5] = FieldValue::Real(3.0);
    assert_eq!(
        written(&f, Some(&[3, 1, 5, 6])),
        r#"{"type":"Feature","id":"thing-7","geometry":{"type":"Point","coordinates":[2.3522219,48]},"properties":{"cost":3020756,"kind":"a \"b\"","ratio":3.0,"open":null}}"#
    );
    f.geometry = None;
    f.values[3] = FieldValue::Real(314_623.45);
    assert_eq!(
        written(&f, Some(&[3])),
        r#"{"type":"Feature","id":"thing-7","geometry":null,"properties":{"cost":314623.45}}"#
    );
    assert_eq!(written(&f, Some(&[])), r#"{"type":"Feature","id":"thing-7","geometry":null,"properties":{}}"#);
}

#[test]
fn positions_finer_than_seven_decimals_are_rounded() {
    let f = crate::support::features::point(1, 2.123_456_749, -48.999_999_96);
    assert!(written(&f, Some(&[])).contains("[2.1234567,-49]"));
}

#[test]
fn shapes_without_a_position_come_and_go() {
    let empties = [
        Geometry::from(MultiPoint::<f64>(vec![])),
        Geometry::GeometryCollection(GeometryCollection(vec![])),
        Geometry::from(MultiPolygon::<f64>(vec![])),
    ];
    let index = index_of(&collection(GeometryTypeSet::ANY), []);
    let mut revision = 1;
    let mut change = |change: FeatureChange| {
        revision += 1;
        index.apply_changes(&[change], revision);
        index.snapshot().len()
    };
    for (key, geometry) in (1..).zip(empties) {
        let empty = crate::support::features::shaped(key, geometry);
        assert_eq!(change(FeatureChange::Put(empty.clone())), 1);
        assert_eq!(change(FeatureChange::Put(empty.clone())), 1);
        assert_eq!(change(FeatureChange::Removed { key, id: empty.id }), 0);
    }
}

#[test]
fn an_empty_collection_answers() {
    let index = index_of(&collection(GeometryTypeSet::ANY), []);
    let snapshot = index.snapshot();
    assert!(snapshot.is_empty());
    assert_eq!(snapshot.extent(), None);
    assert_eq!(snapshot.time_extent(), None);
    assert_eq!(ask(&snapshot, &Query::default()), (0, vec![], None));
    index.apply_changes(&[], 2);
    assert_eq!(index.snapshot().revision(), 2);
}

#[test]
fn a_feature_changed_twice_in_one_batch_is_as_it_was_last() {
    let a = crate::support::features::point(1, 1.0, 1.0);
    let index = one(&a);
    let moved = Feature { geometry: Some(geo_types::Point::new(5.0, 5.0).into()), ..a.clone() };
    index.apply_changes(
        &[
            FeatureChange::Removed { key: 1, id: a.id.clone() },
            FeatureChange::Put(a.clone()),
            FeatureChange::Put(moved.clone()),
        ],
        2,
    );
    assert_same(&index.snapshot(), &Model(vec![moved.clone()]));
    index.apply_changes(&[FeatureChange::Put(a.clone()), FeatureChange::Removed { key: 1, id: a.id.clone() }], 3);
    assert_same(&index.snapshot(), &Model(vec![]));
}

#[test]
fn large_merges_in_the_background_lose_nothing_while_edits_go_on() {
    let r = &mut Random(11);
    let mut model = Model((1..=6_000).map(|key| feature(r, key, PARIS)).collect());
    let index = index_of(&collection(GeometryTypeSet::ANY), &model.0);
    for revision in 2..60 {
        let changes = model.edit(r, 300, PARIS, feature);
        index.apply_changes(&changes, revision);
        if revision % 10 == 0 {
            assert_same(&index.snapshot(), &model);
        }
    }
    assert_same(&index.snapshot(), &model);
    index.compact();
    assert_same(&index.snapshot(), &model);
}
