//! What other programs and processes do to the file: noticed, taken over, logged.

use crate::store::Plan;
use crate::store::features::{all, bare, collection_id, edits, id, ids, load, place, scan, thing, things};
use crate::store::other_program::{hear, other, watch};
use cityheart::change::{FeatureChange, FeatureEdit};
use cityheart::error::Error;
use cityheart::feature::FieldValue;
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;

#[test]
fn edits_of_another_program_are_noticed_taken_over_and_logged() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None), thing("c", None)]);
    let before = all(&plan.store);
    let (watch, heard) = watch(&plan.store);
    other(&plan)
        .execute_batch(
            "BEGIN; UPDATE things SET name='changed' WHERE id='a'; UPDATE things SET name='twice' WHERE id='a'; DELETE FROM things WHERE id='b';
             INSERT INTO things (id, name) VALUES ('new', 'made outside'), ('passing', 'x'); DELETE FROM things WHERE id='passing';
             UPDATE things SET count=count WHERE id='c'; COMMIT;",
        )
        .unwrap();
    assert_eq!(hear(&heard), "things");
    let (revision, changes) = plan.store.adopt_external_changes(&collection_id("things")).unwrap();
    assert_eq!((revision, ids(&changes)), (2, vec!["-b".to_owned(), "a".to_owned(), "new".to_owned()]));
    assert_eq!(plan.store.adopt_external_changes(&collection_id("things")).unwrap(), (2, vec![]));
    drop(watch);
    assert!(heard.recv().is_err(), "one call for one change");
    let versions = plan.store.read_history(&collection_id("things"), &id("a")).unwrap();
    let last = versions.last().unwrap();
    assert_eq!(
        (last.author.as_str(), last.before.as_ref()),
        ("another program", Some(&before[0])),
        "all of what was before"
    );
    assert_eq!(last.after.as_ref().unwrap().values[0], FieldValue::text("twice"));
    let gone = plan.store.read_history(&collection_id("things"), &id("b")).unwrap();
    assert_eq!((gone.last().unwrap().before.as_ref(), gone.last().unwrap().after.as_ref()), (Some(&before[1]), None));
    assert_eq!(
        plan.store.read_history(&collection_id("things"), &id("c")).unwrap().len(),
        1,
        "written, but not changed"
    );
}

#[test]
fn what_happened_while_we_were_away_is_taken_over_on_opening() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    drop(plan.store);
    let path = plan.dir.path().join("plan.gpkg");
    Connection::open(&path).unwrap().execute_batch("DELETE FROM things WHERE id='a'").unwrap();
    let store = GeoPackage::open(&path).unwrap();
    assert_eq!(scan(&store, Some(1)).0, 2);
    assert_eq!(store.read_history(&collection_id("things"), &id("a")).unwrap().len(), 2);
}

#[test]
fn an_edit_that_knows_nothing_of_the_other_programs_edit_is_stale() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None), thing("b", None)]);
    other(&plan).execute_batch("UPDATE things SET name='changed' WHERE id='a'").unwrap();
    let replace = |name: &str| edits(vec![FeatureEdit::Replace { feature: bare(name), base: Some(1) }]);
    assert!(matches!(plan.store.commit_change_set(&replace("a")), Err(Error::Stale(_))));
    let (revision, changes) = plan.store.commit_change_set(&replace("b")).unwrap();
    assert_eq!(
        (revision, ids(&changes)),
        (3, vec!["a".to_owned(), "b".to_owned()]),
        "the other's edit is told with ours"
    );
}

#[test]
fn another_process_of_ours_is_followed_and_our_own_edits_are_no_news() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    let second = GeoPackage::open(&plan.path()).unwrap();
    let (_watch, heard) = watch(&plan.store);
    for i in 0..5 {
        plan.store.commit_change_set(&edits(vec![FeatureEdit::Create(bare(&format!("own-{i}")))])).unwrap();
    }
    second.commit_change_set(&edits(vec![FeatureEdit::Create(bare("theirs"))])).unwrap();
    assert_eq!(hear(&heard), "things");
    let (revision, changes) = plan.store.adopt_external_changes(&collection_id("things")).unwrap();
    assert_eq!((revision, ids(&changes)), (7, vec!["theirs".to_owned()]));
    // A collection that is new to us, with our own edits in between.
    let mut more = things();
    more.id = collection_id("more");
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("own-5"))])).unwrap();
    second.load_collection(&more, false, &mut std::iter::once(Ok(bare("m")))).unwrap();
    assert_eq!(hear(&heard), "more");
    assert_eq!(plan.store.list_collections().unwrap().len(), 2);
    assert_eq!(ids(&plan.store.adopt_external_changes(&more.id).unwrap().1), ["m"]);
}

#[test]
fn a_reader_follows_what_a_writer_does() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    let reader = GeoPackage::open_read_only(&plan.path()).unwrap();
    let (_watch, heard) = watch(&reader);
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Create(bare("b"))])).unwrap();
    assert_eq!(hear(&heard), "things");
    assert_eq!(ids(&reader.adopt_external_changes(&collection_id("things")).unwrap().1), ["b"]);
    other(&plan).execute_batch("DELETE FROM things WHERE id='a'").unwrap();
    assert_eq!(hear(&heard), "things");
    assert_eq!(ids(&reader.adopt_external_changes(&collection_id("things")).unwrap().1), ["-a"]);
}

#[test]
fn a_table_that_was_replaced_must_be_read_anew() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0))]);
    let (_watch, heard) = watch(&plan.store);
    let columns = "fid, geom, id, name, count, share, cost, open, start, seen, tags, FID_2, geom_2, \"se\"\"lect\"";
    let conn = other(&plan);
    let create: String = conn.query_row("SELECT sql FROM sqlite_master WHERE name='things'", [], |r| r.get(0)).unwrap();
    conn.execute_batch(&format!(
        "BEGIN; CREATE TEMP TABLE old AS SELECT * FROM things; DROP TABLE things; {create}; INSERT INTO things SELECT * FROM old;
         INSERT INTO things ({columns}) SELECT 9, geom, 'z', name, count, share, cost, open, start, seen, tags, FID_2, geom_2, \"se\"\"lect\" FROM old; COMMIT;"
    ))
    .unwrap();
    assert_eq!(hear(&heard), "things");
    assert!(matches!(plan.store.adopt_external_changes(&collection_id("things")), Err(Error::Stale(_))));
    assert_eq!(scan(&plan.store, None).0, 2);
    assert_eq!(ids(&scan(&plan.store, None).1), ["a", "z"]);
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("z"), base: Some(2) }])).unwrap();
}

#[test]
fn a_layer_that_another_program_removed_is_gone_and_said_once() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    let (_watch, heard) = watch(&plan.store);
    let conn = other(&plan);
    conn.execute_batch(
        "DROP TABLE things; DELETE FROM gpkg_geometry_columns; DELETE FROM gpkg_contents WHERE table_name='things'",
    )
    .unwrap();
    assert_eq!(hear(&heard), "things");
    assert!(plan.store.list_collections().unwrap().is_empty());
    load(&plan.store, false, vec![thing("b", None)]);
    assert!(matches!(scan(&plan.store, None).1.as_slice(), [FeatureChange::Put(f)] if f.id == id("b")));
}

#[test]
fn rows_that_cannot_be_read_stay_as_they_are() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", place(3.0, 4.0))]);
    let conn = other(&plan);
    conn.execute_batch("UPDATE things SET geom=x'47500001E61000000108000000', count='many', tags='{' WHERE id='a'")
        .unwrap();
    plan.store.adopt_external_changes(&collection_id("things")).unwrap();
    let odd = all(&plan.store).remove(0);
    assert_eq!((odd.geometry.clone(), &odd.values[1], &odd.values[7]), (None, &FieldValue::Null, &FieldValue::Null));
    let mut renamed = odd;
    renamed.values[0] = FieldValue::text("renamed");
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: renamed, base: None }])).unwrap();
    let kept: (String, i64, String) = conn
        .query_row("SELECT count, length(geom), tags FROM things WHERE id='a'", [], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?))
        })
        .unwrap();
    assert_eq!((kept.0.as_str(), kept.2.as_str()), ("many", "{"));
    assert!(kept.1 > 8, "the curve is still there");
}

#[test]
fn what_another_program_put_beyond_the_globe_is_not_drawn_somewhere_else() {
    let plan = Plan::new();
    let names = ["hair", "beyond", "north", "nan", "nul"];
    load(&plan.store, false, names.iter().map(|name| thing(name, place(1.0, 2.0))).collect());
    let point = |x: f64, y: f64| {
        let head = [b"GP\0\x01".as_slice(), &4326_i32.to_le_bytes(), &[1, 1, 0, 0, 0]].concat();
        [head, x.to_le_bytes().to_vec(), y.to_le_bytes().to_vec()].concat()
    };
    let conn = other(&plan);
    for (name, x, y) in [
        ("hair", 180.000_000_000_000_06, -90.000_000_04),
        ("beyond", 180.1, 0.0),
        ("north", 0.0, 91.0),
        ("nan", f64::INFINITY, 0.0),
    ] {
        conn.execute("UPDATE things SET geom=?1 WHERE id=?2", (point(x, y), name)).unwrap();
    }
    conn.execute("UPDATE things SET name='a' || char(0) || 'b' WHERE id='nul'", ()).unwrap();
    drop(conn);
    let read = all(&plan.store);
    let found = |name: &str| read.iter().find(|f| f.id.as_str() == name).unwrap();
    assert_eq!(found("hair").geometry, place(180.0, -90.0), "what rounds to the edge is on the edge");
    // The rest is read as it is, so that a check can tell it; an index has none of it.
    assert_eq!(found("beyond").geometry, place(180.1, 0.0));
    let index = crate::support::features::index_of(&std::sync::Arc::new(things()), &read);
    for feature in &read {
        let slot = index.snapshot().get(&feature.id).unwrap();
        let is_there = ["hair", "nul"].contains(&feature.id.as_str());
        assert_eq!(index.snapshot().feature_geometry(slot).is_some(), is_there, "{}", feature.id);
    }
    assert_eq!(found("nul").values[0], FieldValue::text("a\0b"), "read as it is");
}
