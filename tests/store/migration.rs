//! A file of version 1 becomes one of the present version, with all that was in it.

use crate::store::features::{collection_id, edits, id};
use cityheart::change::FeatureEdit;
use cityheart::feature::{Feature, FieldValue};
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;
use std::path::Path;

/// As version 1 made it: no loads, no journal, no layouts.
fn version_1(path: &Path) {
    GeoPackage::create(path).unwrap();
    let schema = r#"{"title":"Things","type":"object","properties":{"id":{"type":"string","x-ogc-role":"id"},"geometry":{"format":"geometry-point","x-ogc-role":"primary-geometry"},"name":{"type":"string"}}}"#;
    Connection::open(path)
        .unwrap()
        .execute_batch(&format!(
            r#"PRAGMA foreign_keys=OFF; DROP TABLE cityheart_loads; DROP TABLE cityheart_journal; DROP TABLE cityheart_collections;
        DELETE FROM gpkg_extensions WHERE extension_name='cityheart_plan';
        UPDATE cityheart_meta SET value=1 WHERE key='schema_version';
        CREATE TABLE cityheart_collections (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, schema TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0);
        INSERT INTO cityheart_collections VALUES (1, 'things', '{schema}', 4);
        CREATE TABLE things (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom POINT, id TEXT NOT NULL UNIQUE, name TEXT);
        INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('things', 'features', 'Things', 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('things', 'geom', 'POINT', 4326, 0, 0);
        INSERT INTO things VALUES (5, x'47500001E610000001010000000000000000002E400000000000004740', 'old', 'from version 1');
        INSERT INTO cityheart_changes (collection, revision, key, feature, author, at, op, after) VALUES (1, 4, 5, 'old', 'ana', '2026-01-01T00:00:00.000Z', 'create', '{{"name":"from version 1"}}');"#
        ))
        .unwrap();
}

#[test]
fn a_plan_of_version_1_opens_with_all_that_was_in_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.gpkg");
    version_1(&path);
    let store = GeoPackage::open(&path).unwrap();
    let mut seen = Vec::new();
    let revision = store.scan_collection(&collection_id("things"), None, &mut |c| {
        seen.push(c);
        Ok(())
    });
    assert_eq!((revision.unwrap(), crate::store::features::ids(&seen)), (4, vec!["old".to_owned()]));
    let feature = Feature { key: 0, id: id("old"), geometry: None, values: vec![FieldValue::text("edited")] };
    assert_eq!(store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature, base: Some(4) }])).unwrap().0, 5);
    let history = store.read_history(&collection_id("things"), &id("old")).unwrap();
    assert_eq!(history.iter().map(|v| v.revision).collect::<Vec<_>>(), [4, 5]);
    let conn = Connection::open(&path).unwrap();
    let version: i64 =
        conn.query_row("SELECT value FROM cityheart_meta WHERE key='schema_version'", [], |r| r.get(0)).unwrap();
    assert_eq!(version, 4);
    conn.execute_batch("DELETE FROM things").unwrap();
    assert_eq!(
        store.adopt_external_changes(&collection_id("things")).unwrap().0,
        6,
        "other programs are followed from now on"
    );
}

#[test]
fn a_plan_of_version_1_is_not_read_without_leave_to_change_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.gpkg");
    version_1(&path);
    let error = GeoPackage::open_read_only(&path).err().expect("its tables are of version 1");
    assert!(error.to_string().contains("older cityheart"), "{error}");
}

/// As version 2 made it: the triggers note what the program itself writes, too.
fn version_2(path: &Path) {
    version_1(path);
    drop(GeoPackage::open(path).unwrap());
    let conn = Connection::open(path).unwrap();
    let mut triggers = conn.prepare("SELECT name, sql FROM sqlite_master WHERE name GLOB 'cityheart_1_*'").unwrap();
    let found = triggers.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    let found: Vec<(String, String)> = found.collect::<Result<_, _>>().unwrap();
    assert_eq!(found.len(), 3);
    for (name, sql) in found {
        let (head, rest) = sql.split_once(" WHEN ").unwrap();
        let body = rest.split_once("BEGIN").unwrap().1;
        conn.execute_batch(&format!("DROP TRIGGER {name}; {head} BEGIN {body};")).unwrap();
    }
    conn.execute("UPDATE cityheart_meta SET value=2 WHERE key='schema_version'", []).unwrap();
}

#[test]
fn a_plan_of_version_2_notes_others_and_no_longer_itself() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("old.gpkg");
    version_2(&path);
    assert!(GeoPackage::open_read_only(&path).is_ok(), "it can be read as it is");
    let store = GeoPackage::open(&path).unwrap();
    let conn = Connection::open(&path).unwrap();
    // Whatever is noted is counted before anybody takes it over.
    conn.execute_batch(
        "CREATE TABLE noted (n); CREATE TRIGGER counted AFTER INSERT ON cityheart_journal BEGIN INSERT INTO noted VALUES (1); END;",
    )
    .unwrap();
    let noted = || conn.query_row("SELECT count(*) FROM noted", [], |r| r.get::<_, i64>(0)).unwrap();
    let feature = Feature { key: 0, id: id("old"), geometry: None, values: vec![FieldValue::text("edited")] };
    store.commit_change_set(&edits(vec![FeatureEdit::Replace { feature, base: Some(4) }])).unwrap();
    assert_eq!(noted(), 0);
    conn.execute_batch("DELETE FROM things").unwrap();
    assert_eq!(noted(), 1);
    assert_eq!(store.adopt_external_changes(&collection_id("things")).unwrap().0, 6);
}
