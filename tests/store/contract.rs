//! What every store must do, whatever it is made of. Each function gets an empty store.

use crate::store::features::{
    all, bare, collection_id, edits, geometries, id, ids, keyless, load, place, scan, thing, things,
};
use cityheart::change::{FeatureChange, FeatureEdit};
use cityheart::collection::{Collection, FieldType};
use cityheart::error::Error;
use cityheart::feature::{Feature, FieldValue, GeometryTypeSet, time};
use cityheart::store::Store;
use serde_json::json;

pub fn every_kind_of_value_and_geometry_comes_back_as_it_went(store: &dyn Store) {
    let mut features: Vec<_> =
        geometries().into_iter().enumerate().map(|(i, g)| thing(&format!("loaded-{i}"), Some(g))).collect();
    features.push(bare("nothing-at-all"));
    load(store, false, features.clone());
    let created: Vec<_> =
        geometries().into_iter().enumerate().map(|(i, g)| thing(&format!("created-{i}"), Some(g))).collect();
    store.commit_change_set(&edits(created.iter().cloned().map(FeatureEdit::Create).collect())).unwrap();
    features.extend(created);
    let stored = all(store);
    assert_eq!(stored.iter().map(keyless).collect::<Vec<_>>(), features);
    assert!(stored.windows(2).all(|w| w[0].key < w[1].key), "scans go by keys");
    assert_eq!(store.list_collections().unwrap(), vec![things()]);
}

pub fn a_revision_is_one_more_and_shows_in_scans(store: &dyn Store) {
    assert_eq!(load(store, false, vec![thing("a", None)]), 1);
    let (revision, changes) = store
        .commit_change_set(&edits(vec![
            FeatureEdit::Create(thing("b", place(1.0, 2.0))),
            FeatureEdit::Create(bare("c")),
        ]))
        .unwrap();
    assert_eq!((revision, ids(&changes)), (2, vec!["b".to_owned(), "c".to_owned()]));
    let stored = all(store);
    assert_eq!(changes, stored[1..].iter().cloned().map(FeatureChange::Put).collect::<Vec<_>>());
    let (revision, changes) =
        store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("b"), base: Some(2) }])).unwrap();
    assert_eq!((revision, changes), (3, vec![FeatureChange::Removed { key: stored[1].key, id: id("b") }]));
    assert_eq!(scan(store, None).0, 3);
    assert_eq!(store.commit_change_set(&edits(vec![])).unwrap(), (3, vec![]), "nothing to do is no revision");
}

pub fn stale_and_impossible_edits_are_refused_and_leave_nothing(store: &dyn Store) {
    load(store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: bare("a"), base: Some(1) }])).unwrap();
    let before = scan(store, None);
    let good = || FeatureEdit::Create(bare("new"));
    let refused = |edit: FeatureEdit| {
        let error = store.commit_change_set(&edits(vec![good(), edit])).unwrap_err();
        assert_eq!(scan(store, None), before, "after {error}");
        assert!(error.to_string().ends_with('.'), "a sentence: {error}");
        error
    };
    let replace = |name: &str, base| FeatureEdit::Replace { feature: thing(name, None), base };
    assert!(matches!(refused(replace("a", Some(1))), Error::Stale(_)), "changed after revision 1");
    assert!(matches!(refused(FeatureEdit::Delete { id: id("a"), base: Some(1) }), Error::Stale(_)));
    assert!(matches!(refused(replace("a", Some(99))), Error::Stale(_)), "a revision that has not been");
    assert!(matches!(refused(FeatureEdit::Create(bare("a"))), Error::Stale(_)), "taken");
    assert!(matches!(refused(FeatureEdit::Create(bare("new"))), Error::Stale(_)), "taken by the same set");
    assert!(matches!(refused(replace("nobody", None)), Error::NotFound(_)));
    assert!(matches!(refused(FeatureEdit::Delete { id: id("nobody"), base: None }), Error::NotFound(_)));
    assert!(store.read_history(&collection_id("things"), &id("new")).is_err());
    // The present revision, a later one of the collection, and none at all are good bases.
    store.commit_change_set(&edits(vec![replace("a", Some(2))])).unwrap();
    store.commit_change_set(&edits(vec![replace("b", Some(3))])).unwrap();
    store.commit_change_set(&edits(vec![replace("a", None), replace("a", Some(4))])).unwrap();
}

pub fn an_id_is_never_used_twice(store: &dyn Store) {
    load(store, false, vec![thing("a", None), thing("b", None)]);
    let last = all(store)[1].key;
    store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("b"), base: None }])).unwrap();
    assert!(matches!(store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("b"))])), Err(Error::Refused(_))));
    let again = store.load_collection(&things(), false, &mut std::iter::once(Ok(bare("b"))));
    assert!(matches!(again, Err(Error::Refused(_))));
    store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("c"))])).unwrap();
    assert!(all(store)[1].key > last, "the key of a deleted feature is not given again");
}

pub fn sets_committed_together_do_not_spoil_each_other(store: &dyn Store) {
    load(store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
    let mut elsewhere = edits(vec![]);
    elsewhere.collection = collection_id("nowhere");
    let sets = [
        edits(vec![FeatureEdit::Create(bare("c"))]),
        edits(vec![FeatureEdit::Create(bare("d")), FeatureEdit::Create(bare("a"))]),
        edits(vec![FeatureEdit::Replace { feature: bare("a"), base: Some(1) }]),
        edits(vec![FeatureEdit::Delete { id: id("a"), base: Some(1) }]),
        elsewhere,
        edits(vec![]),
    ];
    let group = store.commit_all(&sets).unwrap();
    let told: Vec<_> = group.results.iter().map(|a| a.as_ref().map(|d| (d.revision, ids(&d.changes))).ok()).collect();
    let named = |revision, names: &[&str]| Some((revision, names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()));
    assert_eq!(told, [named(2, &["c"]), None, named(3, &["a"]), None, None, named(3, &[])]);
    assert!(matches!(group.results[1], Err(Error::Stale(_))), "the id is taken");
    assert!(matches!(group.results[3], Err(Error::Stale(_))), "changed by the set before it");
    assert!(matches!(group.results[4], Err(Error::NotFound(_))));
    assert_eq!(ids(&scan(store, None).1), ["a", "b", "c"], "nothing of a refused set is left");
    let refused = store.commit_all(&sets[1..2]).unwrap();
    assert!(matches!(refused.results[..], [Err(Error::Stale(_))]));
    assert_eq!(scan(store, None).0, 3);
}

pub fn a_patch_changes_what_it_names_and_nothing_else(store: &dyn Store) {
    let fine = place(15.267_512_345_678_9, 46.231_098_765_432_1);
    load(store, false, vec![thing("a", fine.clone())]);
    let patch = |geometry, values| FeatureEdit::Patch { id: id("a"), base: Some(1), geometry, values };
    store.commit_change_set(&edits(vec![patch(None, vec![(1, FieldValue::Int(5)), (2, FieldValue::Null)])])).unwrap();
    let mut expected = thing("a", fine);
    (expected.values[1], expected.values[2]) = (FieldValue::Int(5), FieldValue::Null);
    assert_eq!(keyless(&all(store)[0]), expected, "the place keeps all its decimals");
    assert!(matches!(store.commit_change_set(&edits(vec![patch(Some(None), vec![])])), Err(Error::Stale(_))));
    let gone = FeatureEdit::Patch { id: id("a"), base: None, geometry: Some(None), values: vec![] };
    store.commit_change_set(&edits(vec![gone])).unwrap();
    assert_eq!(keyless(&all(store)[0]), Feature { geometry: None, ..expected });
}

pub fn what_was_once_can_be_restored_also_after_it_was_deleted(store: &dyn Store) {
    let first = thing("a", place(15.267_512_345_678_9, 46.0));
    load(store, false, vec![first.clone(), bare("b")]);
    let key = all(store)[0].key;
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: bare("a"), base: None }])).unwrap();
    let restore = |revision, base| edits(vec![FeatureEdit::Restore { id: id("a"), revision, base }]);
    assert!(matches!(store.commit_change_set(&restore(1, Some(1))), Err(Error::Stale(_))));
    store.commit_change_set(&restore(1, Some(2))).unwrap();
    assert_eq!(keyless(&all(store)[0]), first);
    store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("a"), base: None }])).unwrap();
    assert!(
        matches!(store.commit_change_set(&restore(4, None)), Err(Error::Refused(_))),
        "it was not there after revision 4"
    );
    assert!(
        matches!(store.commit_change_set(&restore(3, Some(3))), Err(Error::NotFound(_))),
        "there is nothing that could match"
    );
    let (revision, changes) = store.commit_change_set(&restore(2, None)).unwrap();
    assert_eq!((revision, changes), (5, vec![FeatureChange::Put(Feature { key, ..bare("a") })]), "under its own key");
    let versions = store.read_history(&collection_id("things"), &id("a")).unwrap();
    assert_eq!(versions.iter().map(|v| v.after.is_some()).collect::<Vec<_>>(), [true, true, true, false, true]);
    assert!(matches!(store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("a"))])), Err(Error::Stale(_))));
    store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("a"), base: None }])).unwrap();
    assert!(matches!(store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("a"))])), Err(Error::Refused(_))));
}

pub fn history_tells_who_changed_what_from_what_to_what(store: &dyn Store) {
    let (first, second, third) = (thing("a", place(1.0, 2.0)), thing("a", place(3.0, 4.000_000_000_1)), bare("a"));
    load(store, false, vec![first.clone()]);
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: second.clone(), base: None }])).unwrap();
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: third.clone(), base: None }])).unwrap();
    store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("a"), base: None }])).unwrap();
    let versions = store.read_history(&collection_id("things"), &id("a")).unwrap();
    let told: Vec<_> =
        versions.iter().map(|v| (v.revision, v.before.as_ref().map(keyless), v.after.as_ref().map(keyless))).collect();
    let expected = vec![
        (1, None, Some(first.clone())),
        (2, Some(first), Some(second.clone())),
        (3, Some(second), Some(third.clone())),
        (4, Some(third), None),
    ];
    assert_eq!(told, expected);
    assert_eq!(versions.iter().map(|v| v.author.as_str()).collect::<Vec<_>>(), ["import", "ana", "ana", "ana"]);
    assert!(versions.iter().all(|v| v.at.ends_with('Z') && time::parse_time_span(&v.at).is_some()));
    store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("b"))])).unwrap();
    let created = store.read_history(&collection_id("things"), &id("b")).unwrap();
    assert_eq!(
        (created.len(), created[0].before.as_ref(), created[0].after.as_ref().map(keyless)),
        (1, None, Some(bare("b")))
    );
}

pub fn a_load_that_fails_leaves_nothing(store: &dyn Store) {
    let broken = || vec![Ok(thing("a", None)), Err(Error::invalid("line 2", "Bad."))];
    let error = store.load_collection(&things(), false, &mut broken().into_iter()).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)));
    assert!(store.list_collections().unwrap().is_empty(), "not even the collection");
    load(store, false, vec![thing("a", place(1.0, 1.0))]);
    let before = scan(store, None);
    for replace in [false, true] {
        let mut features = vec![Ok(bare("b")), Err(Error::invalid("line 2", "Bad."))].into_iter();
        assert!(store.load_collection(&things(), replace, &mut features).is_err());
        assert_eq!(scan(store, None), before);
    }
    let mut twice = vec![Ok(bare("b")), Ok(bare("b"))].into_iter();
    assert!(matches!(store.load_collection(&things(), false, &mut twice), Err(Error::Stale(_))));
    let mut there = vec![Ok(bare("b")), Ok(bare("a"))].into_iter();
    assert!(matches!(store.load_collection(&things(), false, &mut there), Err(Error::Stale(_))));
    assert_eq!(scan(store, None), before);
    store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("b"))])).unwrap();
}

pub fn a_load_adds_to_what_is_there(store: &dyn Store) {
    load(store, false, vec![thing("a", None)]);
    let fields = [("name".to_owned(), FieldType::Text), ("count".to_owned(), FieldType::Integer)];
    let fewer = |fields: &[(String, FieldType)]| {
        Collection::from_inferred_fields(collection_id("things"), "Things", GeometryTypeSet::ANY, fields).unwrap()
    };
    let some = Feature { values: vec![FieldValue::text("x"), FieldValue::Int(3)], ..bare("b") };
    let loaded = store.load_collection(&fewer(&fields), false, &mut std::iter::once(Ok(some))).unwrap();
    assert_eq!((loaded.features, loaded.revision), (1, 2));
    let stored = &all(store)[1];
    assert_eq!(
        (&stored.values[0], &stored.values[1], &stored.values[2]),
        (&FieldValue::text("x"), &FieldValue::Int(3), &FieldValue::Null)
    );
    for (name, kind) in [("colour", FieldType::Text), ("name", FieldType::Integer)] {
        let error =
            store.load_collection(&fewer(&[(name.to_owned(), kind)]), false, &mut std::iter::empty()).unwrap_err();
        assert!(matches!(&error, Error::Invalid(i) if i.at == format!("/properties/{name}")), "{error}");
    }
}

pub fn a_replacing_load_keeps_keys_and_history_of_what_stays(store: &dyn Store) {
    load(store, false, vec![thing("same", place(1.0, 1.0)), thing("other", None), thing("gone", None)]);
    let before = all(store);
    let unchanged = load(store, true, vec![thing("gone", None), thing("same", place(1.0, 1.0)), thing("other", None)]);
    assert_eq!((unchanged, all(store)), (1, before.clone()), "the same again is no change");
    let fields = [("name".to_owned(), FieldType::Text), ("colour".to_owned(), FieldType::Text)];
    let collection =
        Collection::from_inferred_fields(collection_id("things"), "Coloured things", GeometryTypeSet::ANY, &fields)
            .unwrap();
    let coloured = |name: &str, colour: &str| Feature {
        values: vec![thing(name, None).values[0].clone(), FieldValue::text(colour)],
        ..thing(name, None)
    };
    let new = vec![coloured("other", "red"), coloured("new", "blue")];
    let loaded = store.load_collection(&collection, true, &mut new.clone().into_iter().map(Ok)).unwrap();
    assert_eq!((loaded.features, loaded.revision), (2, 2));
    assert_eq!(store.list_collections().unwrap(), vec![collection]);
    let stored = all(store);
    assert_eq!(stored.iter().map(keyless).collect::<Vec<_>>(), new);
    assert_eq!(stored[0].key, before[1].key);
    assert!(stored[1].key > before[2].key);
    assert_eq!(ids(&scan(store, Some(1)).1), ["-same", "-gone", "other", "new"]);
    let versions = store.read_history(&collection_id("things"), &id("gone")).unwrap();
    assert_eq!((versions.len(), versions[1].after.as_ref()), (2, None));
}

pub fn scanning_since_a_revision_shows_what_changed_and_what_went(store: &dyn Store) {
    load(store, false, vec![thing("a", None), thing("b", None), thing("c", None)]);
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: bare("b"), base: None }])).unwrap();
    store
        .commit_change_set(&edits(vec![
            FeatureEdit::Delete { id: id("c"), base: None },
            FeatureEdit::Create(bare("d")),
        ]))
        .unwrap();
    store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("d"), base: None }])).unwrap();
    load(store, false, vec![bare("e")]);
    let since = |revision| ids(&scan(store, Some(revision)).1);
    assert_eq!(since(0), ["-c", "-d", "b", "a", "e"]);
    assert_eq!(since(1), ["-c", "-d", "b", "e"]);
    assert_eq!(since(2), ["-c", "-d", "e"]);
    assert_eq!(since(4), ["e"]);
    assert_eq!(scan(store, Some(5)), (5, vec![]));
}

pub fn the_store_keeps_created_and_updated(store: &dyn Store) {
    let fields = [
        ("created".to_owned(), FieldType::DateTime),
        ("updated".to_owned(), FieldType::DateTime),
        ("note".to_owned(), FieldType::Text),
    ];
    let collection =
        Collection::from_inferred_fields(collection_id("things"), "Things", GeometryTypeSet::NONE, &fields).unwrap();
    let feature = |name: &str, created: FieldValue| Feature {
        key: 0,
        id: id(name),
        geometry: None,
        values: vec![created, FieldValue::Null, FieldValue::Null],
    };
    let given = FieldValue::text("2020-01-01T00:00:00Z");
    store
        .load_collection(
            &collection,
            false,
            &mut vec![Ok(feature("old", given.clone())), Ok(feature("fresh", FieldValue::Null))].into_iter(),
        )
        .unwrap();
    store.commit_change_set(&edits(vec![FeatureEdit::Create(feature("made", given.clone()))])).unwrap();
    let stored = all(store);
    assert_eq!(stored[0].values[0], given, "an import keeps what it says");
    let instant =
        |v: &FieldValue| matches!(v, FieldValue::Text(t) if time::parse_time_span(t).is_some() && **t > *"2026");
    assert!(
        instant(&stored[0].values[1]) && instant(&stored[1].values[0]) && instant(&stored[2].values[0]),
        "{stored:?}"
    );
    store
        .commit_change_set(&edits(vec![FeatureEdit::Replace {
            feature: feature("old", FieldValue::text("1999-01-01T00:00:00Z")),
            base: None,
        }]))
        .unwrap();
    let now = &all(store)[0];
    assert_eq!(now.values[0], given, "an edit does not change when a feature was created");
    assert_eq!(store.list_collections().unwrap()[0].schema["properties"]["note"]["type"], json!("string"));
}

pub fn instants_come_back_in_utc(store: &dyn Store) {
    let given = [
        "2026-03-01T08:30:00Z",
        "2026-03-01T09:30:00.5+01:00",
        "2026-03-01T08:30:00.25Z",
        "2026-03-01T08:30:00.123456Z",
    ];
    let seen = |i: usize, text: &str| {
        let mut feature = bare(&format!("t{i}"));
        feature.values[6] = FieldValue::text(text);
        feature
    };
    load(store, false, given.iter().enumerate().map(|(i, t)| seen(i, t)).collect());
    store
        .commit_change_set(&edits(given.iter().enumerate().map(|(i, t)| FeatureEdit::Create(seen(i + 4, t))).collect()))
        .unwrap();
    let expected =
        ["2026-03-01T08:30:00Z", "2026-03-01T08:30:00.500Z", "2026-03-01T08:30:00.250Z", "2026-03-01T08:30:00.123456Z"]
            .map(FieldValue::text);
    let stored: Vec<_> = all(store).into_iter().map(|f| f.values[6].clone()).collect();
    assert_eq!(stored, [expected.clone(), expected].concat());
}

pub fn what_is_not_there_is_not_found(store: &dyn Store) {
    let missing = collection_id("missing");
    assert!(matches!(store.scan_collection(&missing, None, &mut |_| Ok(())), Err(Error::NotFound(_))));
    assert!(matches!(store.read_history(&missing, &id("a")), Err(Error::NotFound(_))));
    assert!(matches!(store.commit_change_set(&edits(vec![])), Err(Error::NotFound(_))));
    load(store, false, vec![thing("a", None)]);
    assert!(matches!(store.read_history(&collection_id("things"), &id("b")), Err(Error::NotFound(_))));
    let stop = store.scan_collection(&collection_id("things"), None, &mut |_| Err(Error::Busy("Enough.".into())));
    assert!(matches!(stop, Err(Error::Busy(_))), "a visitor's error ends the scan");
}
