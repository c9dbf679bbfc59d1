//! What other programs do to the schema of a plan that is open: followed without a restart, and nothing lost.

use crate::store::Plan;
use crate::store::features::{all, all_of, bare, collection_id, edits, id, load, place, thing};
use crate::store::other_program::{hear, other, watch};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::collection::FieldType;
use cityheart::error::Error;
use cityheart::feature::{Feature, FieldValue, Geometry};
use cityheart::store::{GeoPackage, PlanFinding, RowFindings, Store};
use rusqlite::Connection;
use std::sync::mpsc::Receiver;
use std::time::Duration;

/// Waits for news of a collection, and takes it up.
fn follow(store: &dyn Store, heard: &Receiver<String>, collection: &str) {
    while hear(heard) != collection {}
    drop(store.adopt_external_changes(&collection_id(collection)));
}

fn fields(store: &dyn Store, collection: &str) -> Vec<(String, FieldType)> {
    let all = store.list_collections().unwrap();
    let found = all.into_iter().find(|c| c.id.as_str() == collection);
    found.map(|c| c.fields.into_iter().map(|f| (f.name, f.kind)).collect()).unwrap_or_default()
}

fn kind_of(store: &dyn Store, name: &str) -> Option<FieldType> {
    fields(store, "things").into_iter().find(|(n, _)| n == name).map(|(_, kind)| kind)
}

/// The values of a field of `things`, in the order of keys.
fn values(store: &dyn Store, name: &str) -> Vec<FieldValue> {
    let at = fields(store, "things").iter().position(|(n, _)| n == name).unwrap();
    all(store).into_iter().map(|f| f.values[at].clone()).collect()
}

/// The cells of a row as SQL quotes them, by column.
fn row(conn: &Connection, table: &str, key: i64) -> Vec<(String, String)> {
    let columns: Vec<String> = conn
        .prepare(&format!("SELECT name FROM pragma_table_info('{table}')"))
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    columns
        .into_iter()
        .map(|column| {
            let sql = format!("SELECT quote(\"{}\") FROM \"{table}\" WHERE fid={key}", column.replace('"', "\"\""));
            (column, conn.query_row(&sql, [], |r| r.get(0)).unwrap())
        })
        .collect()
}

fn retype(conn: &Connection, table: &str, from: &str, to: &str) {
    let version: i64 = conn.query_row("PRAGMA schema_version", [], |r| r.get(0)).unwrap();
    conn.execute_batch(&format!(
        "BEGIN; PRAGMA writable_schema=ON; UPDATE sqlite_master SET sql=replace(sql, '{from}', '{to}') WHERE type='table' AND name='{table}';
         PRAGMA schema_version={}; PRAGMA writable_schema=RESET; COMMIT;",
        version + 1
    ))
    .unwrap();
}

#[test]
fn a_column_is_added_retyped_renamed_and_dropped_while_the_plan_is_open() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
    let (_watch, heard) = watch(&plan.store);
    let conn = other(&plan);
    conn.execute_batch("ALTER TABLE things ADD COLUMN height INTEGER; UPDATE things SET height=12 WHERE id='a';")
        .unwrap();
    follow(&plan.store, &heard, "things");
    assert_eq!(kind_of(&plan.store, "height"), Some(FieldType::Integer));
    assert_eq!(values(&plan.store, "height"), [FieldValue::Int(12), FieldValue::Null]);
    retype(&conn, "things", "height INTEGER", "height REAL");
    conn.execute_batch("UPDATE things SET height=12.75 WHERE id='b'").unwrap();
    follow(&plan.store, &heard, "things");
    assert_eq!(values(&plan.store, "height"), [FieldValue::Real(12.0), FieldValue::Real(12.75)]);
    conn.execute_batch("ALTER TABLE things RENAME COLUMN height TO tall").unwrap();
    follow(&plan.store, &heard, "things");
    assert_eq!(kind_of(&plan.store, "height"), None);
    assert_eq!(values(&plan.store, "tall"), [FieldValue::Real(12.0), FieldValue::Real(12.75)]);
    // Every column but those that a row is known by can go, in one transaction with an edit.
    conn.execute_batch("BEGIN; ALTER TABLE things DROP COLUMN tall; ALTER TABLE things DROP COLUMN share; UPDATE things SET name='x' WHERE id='a'; COMMIT")
        .unwrap();
    follow(&plan.store, &heard, "things");
    assert_eq!((kind_of(&plan.store, "tall"), kind_of(&plan.store, "share")), (None, None));
    assert_eq!(values(&plan.store, "name")[0], FieldValue::text("x"));
    assert_eq!(values(&plan.store, "cost")[0], FieldValue::Real(1_234_567.89), "the other values are where they were");
    let history = plan.store.read_history(&collection_id("things"), &id("a")).unwrap();
    let before = history.last().unwrap().before.clone().unwrap();
    assert_eq!(before.values[0], thing("a", None).values[0], "what was before is known though columns went");
}

#[test]
fn an_edit_that_knows_the_fields_from_before_is_stale() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    other(&plan).execute_batch("ALTER TABLE things DROP COLUMN name").unwrap();
    let patch =
        |at| FeatureEdit::Patch { id: id("a"), base: None, geometry: None, values: vec![(at, FieldValue::Int(5))] };
    assert!(matches!(plan.store.commit_change_set(&edits(vec![patch(1)])), Err(Error::Stale(_))));
    assert!(matches!(plan.store.adopt_external_changes(&collection_id("things")), Err(Error::Stale(_))));
    plan.store.commit_change_set(&edits(vec![patch(0)])).unwrap();
    assert_eq!(values(&plan.store, "count"), [FieldValue::Int(5)]);
}

#[test]
fn what_a_property_cannot_hold_survives_edit_deletion_restoration_and_replacement_byte_for_byte() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
    let conn = other(&plan);
    // A picture, a second geometry, a word among numbers, JSON with blanks and equal members, a time without a zone,
    // and a point with a height.
    conn.execute_batch(
        "ALTER TABLE things ADD COLUMN photo BLOB; ALTER TABLE things ADD COLUMN door POINT; ALTER TABLE things ADD COLUMN odd;
         UPDATE things SET photo=x'00ff27', door=x'4750', odd=x'01', count='many', tags='{\"a\": 1,  \"a\": 2}', open=5,
           geom=x'47500001E610000001E9030000000000000000F03F00000000000000400000000000000840' WHERE id='a';",
    )
    .unwrap();
    drop(plan.store.adopt_external_changes(&collection_id("things")));
    let before = row(&conn, "things", 1);
    let shown = all(&plan.store);
    assert_eq!(shown[0].geometry, place(1.0, 2.0));
    let revision =
        plan.store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("a"), base: None }])).unwrap().0;
    let restore = FeatureEdit::Restore { id: id("a"), revision: revision - 1, base: None };
    plan.store.commit_change_set(&edits(vec![restore])).unwrap();
    assert_eq!(row(&conn, "things", 1), before);
    let mut renamed = all(&plan.store).remove(0);
    renamed.values[0] = FieldValue::text("renamed");
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature: renamed.clone(), base: None }])).unwrap();
    let differ = |now: &[(String, String)]| -> Vec<String> {
        now.iter().zip(&before).filter(|(a, b)| a != b).map(|(a, _)| a.0.clone()).collect()
    };
    assert_eq!(differ(&row(&conn, "things", 1)), ["name"]);
    let collection = plan.store.list_collections().unwrap().remove(0);
    let exported: Vec<Feature> = all(&plan.store).into_iter().map(|f| Feature { key: 0, ..f }).collect();
    plan.store.load_collection(&collection, true, &mut exported.into_iter().map(Ok)).unwrap();
    let after: Vec<_> = row(&conn, "things", 1).into_iter().filter(|(c, _)| c != "name").collect();
    let mut wanted: Vec<_> = before.iter().filter(|(c, _)| c != "name").cloned().collect();
    wanted.sort();
    let mut found = after;
    found.sort();
    assert_eq!(found, wanted);
    let told: Vec<String> = plan.store.list_findings().unwrap().into_iter().map(|f| f.message).collect();
    assert!(told.iter().any(|m| m.contains("'photo', 'door', 'odd'")), "{told:?}");
}

#[test]
fn rows_that_another_program_deleted_come_back_whole() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0))]);
    let conn = other(&plan);
    conn.execute_batch("ALTER TABLE things ADD COLUMN photo BLOB; UPDATE things SET photo=x'0102', count='many'")
        .unwrap();
    drop(plan.store.adopt_external_changes(&collection_id("things")));
    let before = row(&conn, "things", 1);
    conn.execute_batch("DELETE FROM things").unwrap();
    let revision = plan.store.adopt_external_changes(&collection_id("things")).unwrap().0;
    let restore = FeatureEdit::Restore { id: id("a"), revision: revision - 1, base: None };
    plan.store.commit_change_set(&edits(vec![restore])).unwrap();
    assert_eq!(row(&conn, "things", 1), before);
}

#[test]
fn a_version_from_before_a_column_was_renamed_can_be_restored() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Delete { id: id("a"), base: None }])).unwrap();
    let conn = other(&plan);
    conn.execute_batch("ALTER TABLE things RENAME COLUMN count TO tally").unwrap();
    drop(plan.store.adopt_external_changes(&collection_id("things")));
    plan.store.commit_change_set(&edits(vec![FeatureEdit::Restore { id: id("a"), revision: 1, base: None }])).unwrap();
    assert_eq!(values(&plan.store, "tally"), [FieldValue::Int(i64::MIN)]);
}

#[test]
fn a_table_that_is_renamed_takes_its_collection_along() {
    for described in [true, false] {
        let plan = Plan::new();
        load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
        let (_watch, heard) = watch(&plan.store);
        let conn = other(&plan);
        // GDAL also renames the table in the tables of the standard.
        let description = "UPDATE gpkg_contents SET table_name='items'; UPDATE gpkg_geometry_columns SET table_name='items';
             UPDATE gpkg_extensions SET table_name='items' WHERE table_name='things'; ALTER TABLE rtree_things_geom RENAME TO rtree_items_geom;";
        conn.execute_batch(&format!(
            "PRAGMA foreign_keys=OFF; BEGIN; ALTER TABLE things RENAME TO items; {} UPDATE items SET name='x' WHERE id='a'; COMMIT",
            if described { description } else { "" }
        ))
        .unwrap();
        follow(&plan.store, &heard, "items");
        assert_eq!(fields(&plan.store, "things"), [], "the old name is free");
        let items = collection_id("items");
        let set = |edit| ChangeSet { collection: items.clone(), edits: vec![edit], author: "ana".into() };
        let patch = FeatureEdit::Patch { id: id("b"), base: None, geometry: Some(place(3.0, 4.0)), values: vec![] };
        plan.store.commit_change_set(&set(patch)).unwrap();
        let history = plan.store.read_history(&items, &id("a")).unwrap();
        assert_eq!(history.len(), 2, "the history came along");
        // The old name can be used again.
        load(&plan.store, false, vec![bare("new")]);
        assert_eq!(plan.store.list_collections().unwrap().len(), 2);
        drop(plan.store);
        let store = GeoPackage::open(&plan.dir.path().join("plan.gpkg")).unwrap();
        assert_eq!((fields(&store, "items").len(), all(&store).len()), (11, 1), "and after a restart");
        let found: i64 = conn.query_row("SELECT count(*) FROM rtree_items_geom", [], |r| r.get(0)).unwrap();
        assert_eq!(found, 2, "described by GDAL: {described}; what was edited without triggers is in the R-tree again");
    }
}

const PARKS: &str = "CREATE TABLE parks (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT, label TEXT, size MEDIUMINT);
    INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('parks', 'features', 'parks', 4326);
    INSERT INTO gpkg_geometry_columns VALUES ('parks', 'geom', 'POINT', 4326, 0, 0);
    INSERT INTO parks (geom, label, size) VALUES (x'47500001E610000001010000000000000000002E400000000000004740', 'oak', 7);";

#[test]
fn a_new_layer_is_a_collection_at_once_and_is_overwritten_and_removed() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    let (_watch, heard) = watch(&plan.store);
    let conn = other(&plan);
    conn.execute_batch(&format!("BEGIN; {PARKS} COMMIT;")).unwrap();
    follow(&plan.store, &heard, "parks");
    let wanted = [("label".to_owned(), FieldType::Text), ("size".to_owned(), FieldType::Integer)];
    assert_eq!(fields(&plan.store, "parks"), wanted);
    let parks = collection_id("parks");
    let set = |edit| ChangeSet { collection: parks.clone(), edits: vec![edit], author: "ana".into() };
    let patch = |at, value| FeatureEdit::Patch { id: id("1"), base: None, geometry: None, values: vec![(at, value)] };
    plan.store.commit_change_set(&set(patch(0, FieldValue::text("elm")))).unwrap();
    let again = PARKS.replace("size MEDIUMINT", "size REAL, kind TEXT").replace("7)", "7.5)");
    conn.execute_batch(&format!(
        "BEGIN; DELETE FROM gpkg_geometry_columns WHERE table_name='parks'; DELETE FROM gpkg_contents WHERE table_name='parks'; DROP TABLE parks; {again} COMMIT;"
    ))
    .unwrap();
    follow(&plan.store, &heard, "parks");
    let wanted = [("label", FieldType::Text), ("size", FieldType::Real), ("kind", FieldType::Text)];
    assert_eq!(fields(&plan.store, "parks"), wanted.map(|(n, k)| (n.to_owned(), k)));
    plan.store.commit_change_set(&set(patch(2, FieldValue::text("city")))).unwrap();
    let stored: (f64, String) =
        conn.query_row("SELECT size, kind FROM parks", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!(stored, (7.5, "city".to_owned()));
    conn.execute_batch(
        "BEGIN; DELETE FROM gpkg_geometry_columns WHERE table_name='parks'; DELETE FROM gpkg_contents WHERE table_name='parks'; DROP TABLE parks; COMMIT;",
    )
    .unwrap();
    while heard.recv_timeout(Duration::from_secs(30)).expect("news of the removal") != "parks" {}
    assert_eq!(fields(&plan.store, "parks"), []);
    assert_eq!(all(&plan.store).len(), 1, "the other collection stays");
}

#[test]
fn a_reader_follows_the_schema_without_writing() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", None)]);
    let path = plan.path();
    drop(plan.store);
    let reader = GeoPackage::open_read_only(&path).unwrap();
    let (_watch, heard) = watch(&reader);
    let conn = Connection::open(&path).unwrap();
    conn.execute_batch(&format!(
        "ALTER TABLE things ADD COLUMN height REAL; ALTER TABLE things DROP COLUMN share; {PARKS}"
    ))
    .unwrap();
    let mut news = vec![];
    while news.len() < 2 {
        news.push(heard.recv_timeout(Duration::from_secs(30)).unwrap());
    }
    news.sort();
    assert_eq!(news, ["parks", "things"]);
    assert_eq!((kind_of(&reader, "height"), kind_of(&reader, "share")), (Some(FieldType::Real), None));
    assert_eq!(all(&reader).len(), 1);
}

/// A view, tables without an integer key, and a layer in a national grid.
const UNUSUAL: &str = "CREATE VIEW tall AS SELECT fid, id, count FROM things WHERE count > 5;
    CREATE VIEW broken AS SELECT fid, missing FROM things;
    CREATE TABLE keyless (name TEXT, height DECIMAL(10,2)); INSERT INTO keyless VALUES ('oak', 12.75), ('elm', 3);
    CREATE TABLE pairs (a TEXT, b TEXT, n INTEGER, PRIMARY KEY (a, b)) WITHOUT ROWID; INSERT INTO pairs VALUES ('x', 'y', 1), ('x', 'z', 1);
    INSERT INTO gpkg_spatial_ref_sys VALUES ('D96', 3794, 'EPSG', 3794, 'x', 'x');
    CREATE TABLE grid (fid INTEGER PRIMARY KEY, geom POINT, name TEXT);
    INSERT INTO grid VALUES (1, x'47500001D20E000001010000000000000060AD1F4100000000808AFD40', 'celje');
    INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('tall', 'attributes', 'tall', 0), ('broken', 'attributes', 'broken', 0), ('keyless', 'attributes', 'keyless', 0),
      ('pairs', 'attributes', 'pairs', 0), ('grid', 'features', 'grid', 3794);
    INSERT INTO gpkg_geometry_columns VALUES ('grid', 'geom', 'POINT', 3794, 0, 0);";

#[test]
fn views_tables_without_a_key_and_other_grids_can_be_read_and_are_told() {
    let plan = Plan::new();
    load(&plan.store, false, vec![bare("a"), bare("b")]);
    let (_watch, heard) = watch(&plan.store);
    let conn = other(&plan);
    conn.execute_batch(&format!("UPDATE things SET count=7 WHERE id='a'; {UNUSUAL}")).unwrap();
    follow(&plan.store, &heard, "grid");
    let ids = |name| all_of(&plan.store, name).into_iter().map(|f| f.id.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (ids("tall"), ids("keyless"), ids("grid")),
        (vec!["a".into()], vec!["1".into(), "2".into()], vec!["1".into()])
    );
    let heights: Vec<FieldValue> = all_of(&plan.store, "keyless").into_iter().map(|f| f.values[1].clone()).collect();
    assert_eq!(heights, [FieldValue::Real(12.75), FieldValue::Real(3.0)]);
    let Some(Geometry::Point(celje)) = all_of(&plan.store, "grid").remove(0).geometry else { panic!("a point") };
    assert!((15.0..15.6).contains(&celje.x()) && (46.0..46.5).contains(&celje.y()), "{celje:?}");
    let told: Vec<PlanFinding> = plan.store.list_findings().unwrap();
    for (collection, word) in [
        ("tall", "view"),
        ("keyless", "no integer primary key"),
        ("pairs", "not shown"),
        ("broken", "no such column"),
        ("grid", "EPSG:3794"),
    ] {
        assert!(told.iter().any(|f| f.collection == collection && f.message.contains(word)), "{collection}: {told:?}");
    }
    for name in ["tall", "keyless", "grid"] {
        let edit = FeatureEdit::Delete { id: id("1"), base: None };
        let set = ChangeSet { collection: collection_id(name), edits: vec![edit], author: "ana".into() };
        assert!(matches!(plan.store.commit_change_set(&set), Err(Error::Refused(_))), "{name}");
    }
    // What they show is followed, too.
    conn.execute_batch(
        "UPDATE things SET count=9 WHERE id='b'; INSERT INTO keyless VALUES ('ash', 1); UPDATE grid SET name='town'",
    )
    .unwrap();
    let mut news = vec![];
    while !["grid", "keyless", "tall", "things"].iter().all(|n| news.contains(&(*n).to_owned())) {
        news.push(heard.recv_timeout(Duration::from_secs(30)).unwrap());
    }
    assert_eq!(ids("tall"), ["a", "b"]);
    assert_eq!(ids("keyless").len(), 3);
}

#[test]
fn curves_surfaces_heights_and_bad_numbers_are_shown_as_far_as_possible_and_told() {
    let plan = Plan::new();
    load(&plan.store, false, ["arc", "height", "nan", "text", "plain"].map(|n| thing(n, place(1.0, 1.0))).into());
    let conn = other(&plan);
    let (zero, one, two) = ("0000000000000000", "000000000000F03F", "0000000000000040");
    let nan = "000000000000F87F";
    conn.execute_batch(&format!(
        "UPDATE things SET geom=x'47500001E6100000010800000003000000{zero}{zero}{one}{one}{two}{zero}' WHERE id='arc';
         UPDATE things SET geom=x'47500001E610000001E9030000{one}{one}{one}' WHERE id='height';
         UPDATE things SET geom=x'47500001E6100000010200000002000000{one}{one}{nan}{one}' WHERE id='nan';
         UPDATE things SET geom='POINT(1 1)', share='n/a' WHERE id='text';"
    ))
    .unwrap();
    drop(plan.store.adopt_external_changes(&collection_id("things")));
    let mut rows = RowFindings::default();
    let mut shown = vec![];
    let mut push = |change| {
        if let cityheart::change::FeatureChange::Put(feature) = change {
            shown.push((feature.id.to_string(), feature.geometry));
        }
        Ok(())
    };
    plan.store.scan_with_findings(&collection_id("things"), None, &mut push, &mut rows).unwrap();
    let Some(Geometry::LineString(arc)) = &shown[0].1 else { panic!("{shown:?}") };
    assert!(arc.0.len() > 40 && arc.0.iter().all(|c| ((c.x - 1.0).hypot(c.y) - 1.0).abs() < 1e-9));
    assert_eq!((&shown[2].1, &shown[3].1), (&None, &None));
    let collection = plan.store.list_collections().unwrap().remove(0);
    let told: Vec<(String, String)> =
        rows.to_findings(&collection).into_iter().map(|f| (f.id.unwrap_or_default(), f.message)).collect();
    for (id, word) in [
        ("height", "Z or M"),
        ("arc", "curves"),
        ("nan", "not a finite number"),
        ("text", "not a GeoPackage geometry"),
        ("text", "'n/a'"),
    ] {
        assert!(told.iter().any(|(i, m)| i == id && m.contains(word)), "{id}, {word}: {told:?}");
    }
}
