//! Files that are not as they should be: each gives a sentence, none a panic.

use crate::store::Plan;
use crate::store::features::{collection_id, edits, load, place, scan, thing, things};
use cityheart::error::Error;
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;
use std::fs;
use std::path::{Path, PathBuf};

fn sql(path: &Path, batch: &str) {
    Connection::open(path).unwrap().execute_batch(batch).unwrap();
}

/// A plan with enough features for some hundred pages.
fn plan(path: &Path) {
    let store = GeoPackage::create(path).unwrap();
    load(&store, false, (0..2000).map(|i| thing(&format!("t{i}"), place(f64::from(i % 90), 1.0))).collect());
}

fn overwrite(path: &Path, from: usize, bytes: usize) {
    let mut all = fs::read(path).unwrap();
    let end = (from + bytes).min(all.len());
    all[from..end].fill(0xAA);
    fs::write(path, all).unwrap();
}

fn cut(path: &Path, part: f64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len((file.metadata().unwrap().len() as f64 * part) as u64).unwrap();
}

/// Opens it, and reads all of it.
fn read(path: &Path, open: fn(&Path) -> cityheart::error::Result<GeoPackage>) -> Result<usize, Error> {
    let store = open(path)?;
    let mut seen = 0;
    for collection in store.list_collections()? {
        store.scan_collection(&collection.id, None, &mut |_| {
            seen += 1;
            Ok(())
        })?;
    }
    Ok(seen)
}

type Make = fn(&Path);

/// What was done to the file, the kind of error, and a word of its sentence.
const BROKEN: [(&str, Make, &str, &str); 17] = [
    ("missing", |_| {}, "not found", "There is no file"),
    ("a directory", |p| fs::create_dir(p).unwrap(), "refused", "is a directory"),
    ("empty", |p| fs::write(p, "").unwrap(), "refused", "is empty"),
    ("text", |p| fs::write(p, "id,lon,lat\n1,2,3\n").unwrap(), "refused", "is not a GeoPackage"),
    ("almost SQLite", |p| fs::write(p, b"SQLite format 3\0").unwrap(), "refused", "corrupt"),
    ("SQLite", |p| sql(p, "CREATE TABLE t (x)"), "refused", "but not a GeoPackage"),
    (
        "cut in half",
        |p| {
            plan(p);
            cut(p, 0.5);
        },
        "refused",
        "corrupt",
    ),
    (
        "cut to a page",
        |p| {
            plan(p);
            cut(p, 0.001);
        },
        "refused",
        "corrupt",
    ),
    (
        "corrupt first page",
        |p| {
            plan(p);
            overwrite(p, 100, 3996);
        },
        "refused",
        "corrupt",
    ),
    (
        "corrupt pages",
        |p| {
            plan(p);
            overwrite(p, 4096, usize::MAX / 2);
        },
        "refused",
        "corrupt",
    ),
    (
        "a newer version",
        |p| {
            plan(p);
            sql(p, "UPDATE cityheart_meta SET value=99 WHERE key='schema_version'");
        },
        "refused",
        "newer cityheart (schema version 99",
    ),
    (
        "no version",
        |p| {
            plan(p);
            sql(p, "DELETE FROM cityheart_meta");
        },
        "refused",
        "lost the version",
    ),
    (
        "a corrupt schema",
        |p| {
            plan(p);
            sql(p, "UPDATE cityheart_collections SET schema='{'");
        },
        "refused",
        "corrupt",
    ),
    (
        "a corrupt layout",
        |p| {
            plan(p);
            sql(p, "UPDATE cityheart_collections SET layout='[]'");
        },
        "refused",
        "corrupt",
    ),
    (
        "an unknown grid",
        |p| {
            gis(p);
            sql(
                p,
                "INSERT INTO gpkg_spatial_ref_sys VALUES ('Some','9999','EPSG',9999,'x','x'); UPDATE gpkg_geometry_columns SET srs_id=9999",
            );
        },
        "refused",
        "The table 'Old Trees' is in the reference system EPSG:9999",
    ),
    (
        "no reference system",
        |p| {
            gis(p);
            sql(p, "UPDATE gpkg_geometry_columns SET srs_id=0");
        },
        "refused",
        "does not state its reference system",
    ),
    (
        "contents without tables",
        |p| {
            gis(p);
            sql(p, "DROP TABLE gpkg_geometry_columns");
        },
        "refused",
        "",
    ),
];

/// A GeoPackage as a desktop GIS makes it, with one table and no index.
fn gis(path: &Path) {
    GeoPackage::create(path).unwrap();
    sql(
        path,
        r#"PRAGMA journal_mode=DELETE; PRAGMA foreign_keys=OFF;
        DROP TABLE cityheart_meta; DROP TABLE cityheart_changes; DROP TABLE cityheart_loads; DROP TABLE cityheart_journal; DROP TABLE cityheart_collections;
        DELETE FROM gpkg_extensions;
        CREATE TABLE "Old Trees" (fid INTEGER PRIMARY KEY, geom POINT, name TEXT(50), "Höhe" DOUBLE, photo BLOB, planted DATE, id MEDIUMINT);
        INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('Old Trees', 'features', 'Trees of the town', 4326);
        INSERT INTO gpkg_geometry_columns VALUES ('Old Trees', 'geom', 'POINT', 4326, 0, 0);
        INSERT INTO "Old Trees" VALUES (3, x'47500001E610000001010000000000000000002E400000000000004740', 'oak', 12.5, x'00', '1990-04-01', 1),
          (8, NULL, NULL, NULL, NULL, NULL, 1);"#,
    );
}

#[test]
fn a_broken_file_gives_a_sentence() {
    for (what, make, kind, word) in BROKEN {
        for open in [GeoPackage::open, GeoPackage::open_read_only] {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("plan.gpkg");
            make(&path);
            let error = read(&path, open).expect_err(what);
            let found = match &error {
                Error::NotFound(_) => "not found",
                Error::Refused(_) => "refused",
                Error::Busy(_) => "busy",
                _ => "else",
            };
            let sentence = error.to_string();
            assert_eq!(found, kind, "{what}: {sentence}");
            assert!(sentence.contains(word) && sentence.ends_with(['.', ')']), "{what}: {sentence}");
        }
    }
}

#[test]
fn a_file_that_another_program_locks_is_busy() {
    let plan = Plan::new();
    load(&plan.store, false, vec![]);
    let other = Connection::open(plan.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = GeoPackage::open(&plan.path()).err().expect("it is locked");
    assert!(matches!(&error, Error::Busy(s) if s.contains("plan.gpkg is locked by another program")), "{error}");
    assert!(matches!(plan.store.commit_change_set(&edits(vec![])), Err(Error::Busy(_))));
    assert_eq!(scan(&plan.store, None), (1, vec![]), "reading goes on");
    other.execute_batch("ROLLBACK").unwrap();
    assert!(GeoPackage::open(&plan.path()).is_ok());
}

#[test]
fn a_file_that_may_only_be_read_can_be_read() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0))]);
    let before = scan(&plan.store, None);
    drop(plan.store);
    let path = plan.dir.path().join("plan.gpkg");
    let read_only = GeoPackage::open_read_only(&path).unwrap();
    assert_eq!(scan(&read_only, None), before);
    assert!(matches!(read_only.commit_change_set(&edits(vec![])), Err(Error::Refused(_))));
    assert!(matches!(read_only.load_collection(&things(), false, &mut std::iter::empty()), Err(Error::Refused(_))));
    drop(read_only);
    let allow = |mode: u32| {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode & 0o666)).unwrap();
        fs::set_permissions(plan.dir.path(), fs::Permissions::from_mode(mode)).unwrap();
    };
    allow(0o555);
    if fs::OpenOptions::new().write(true).open(&path).is_ok() {
        eprintln!("left out: this user may write everywhere, so that no file can be read-only");
    } else {
        let error = GeoPackage::open(&path).err().expect("it may only be read");
        assert!(matches!(&error, Error::Refused(s) if s.contains("is read-only")), "{error}");
        assert_eq!(scan(&GeoPackage::open_read_only(&path).unwrap(), None), before);
    }
    allow(0o777);
}

#[test]
fn a_plan_is_not_made_where_something_is_or_nothing_can_be() {
    let plan = Plan::new();
    let error = |path: &Path| GeoPackage::create(path).err().expect("it cannot be made");
    assert!(matches!(error(&plan.path()), Error::Refused(s) if s.contains("already exists")));
    assert!(
        matches!(error(&plan.dir.path().join("no/such/plan.gpkg")), Error::Refused(s) if s.contains("cannot be created"))
    );
}

#[test]
fn a_copy_is_the_plan_as_it_is_and_overwrites_nothing() {
    let plan = Plan::new();
    load(&plan.store, false, vec![thing("a", place(1.0, 2.0)), thing("b", None)]);
    let copy = plan.dir.path().join("copy.gpkg");
    plan.store.write_backup(&copy).unwrap();
    let opened = GeoPackage::open(&copy).unwrap();
    assert_eq!(scan(&opened, None), scan(&plan.store, None));
    assert_eq!(opened.read_history(&collection_id("things"), &crate::store::features::id("a")).unwrap().len(), 1);
    assert!(matches!(plan.store.write_backup(&copy), Err(Error::Refused(s)) if s.contains("already exists")));
    assert!(matches!(plan.store.write_backup(&plan.dir.path().join("no/copy.gpkg")), Err(Error::Refused(_))));
}

#[test]
fn a_table_of_a_desktop_gis_becomes_a_collection() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gis.gpkg");
    gis(&path);
    let before = fs::read(&path).unwrap();
    let read_only = GeoPackage::open_read_only(&path).unwrap();
    let collection = read_only.list_collections().unwrap().remove(0);
    let names: Vec<_> = collection.fields.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(
        (collection.id.as_str(), collection.title.as_str(), names),
        ("old_trees", "Trees of the town", vec!["name", "Höhe", "planted", "id_2"])
    );
    drop(read_only);
    assert_eq!(fs::read(&path).unwrap(), before, "reading changes nothing");

    let store = GeoPackage::open(&path).unwrap();
    let trees = collection_id("old_trees");
    let mut seen = Vec::new();
    store
        .scan_collection(&trees, None, &mut |c| {
            seen.push(c);
            Ok(())
        })
        .unwrap();
    assert_eq!(crate::store::features::ids(&seen), ["3", "8"]);
    let set =
        |edit| cityheart::change::ChangeSet { collection: trees.clone(), edits: vec![edit], author: "ana".into() };
    let linden = cityheart::feature::Feature {
        key: 0,
        id: crate::store::features::id("linden"),
        geometry: place(15.0, 46.0),
        values: vec![cityheart::feature::FieldValue::Null; 4],
    };
    store.commit_change_set(&set(cityheart::change::FeatureEdit::Create(linden))).unwrap();
    store
        .commit_change_set(&set(cityheart::change::FeatureEdit::Delete {
            id: crate::store::features::id("8"),
            base: Some(1),
        }))
        .unwrap();
    let mut seen = Vec::new();
    store
        .scan_collection(&trees, None, &mut |c| {
            seen.push(c);
            Ok(())
        })
        .unwrap();
    assert_eq!(crate::store::features::ids(&seen), ["3", "linden"]);
    let conn = Connection::open(&path).unwrap();
    let indexed: i64 = conn.query_row("SELECT count(*) FROM \"rtree_Old Trees_geom\"", [], |r| r.get(0)).unwrap();
    assert_eq!(indexed, 2, "the missing index was made, and follows");
    let photo: Vec<u8> = conn.query_row("SELECT photo FROM \"Old Trees\" WHERE fid=3", [], |r| r.get(0)).unwrap();
    assert_eq!(photo, [0], "what a property cannot show stays");
}

/// The fixtures: for each file its collections and how many features they show, or a word of the sentence.
const FIXTURES: [(&str, Result<&[(&str, usize)], &str>); 13] = [
    ("planetiler/empty-geom.gpkg", Ok(&[("e120n40_probav_lc100_global_v3_0_1_2019_nrt_snow_c", 1)])),
    ("planetiler/geopackage.gpkg", Ok(&[("stations", 86)])),
    ("planetiler/geopackage-unindexed.gpkg", Ok(&[("stations", 86)])),
    ("pyogrio/line_zm.gpkg", Ok(&[("line_zm", 1)])),
    ("pyogrio/curve.gpkg", Ok(&[("curve", 1)])),
    ("pyogrio/test_gpkg_nulls.gpkg", Ok(&[("test_gpkg_nulls", 4)])),
    ("urschrei-geopackage/attributes_spread.gpkg", Ok(&[("spread", 3)])),
    ("urschrei-geopackage/case_mismatch.gpkg", Ok(&[("roads", 2)])),
    (
        "urschrei-geopackage/gdal_multilayer_1_4.gpkg",
        Ok(&[("points", 3), ("lines", 2), ("polygons", 2), ("points3d", 2), ("emptyline", 2)]),
    ),
    ("urschrei-geopackage/gdal_related.gpkg", Ok(&[("sites", 2), ("notes", 3), ("sites_notes", 3)])),
    ("urschrei-geopackage/gdal_tiles.gpkg", Ok(&[])),
    ("urschrei-geopackage/legacy_gp10.gpkg", Ok(&[("points", 3)])),
    ("urschrei-geopackage/qgis_lines.gpkg", Ok(&[("qgis_lines", 2)])),
];

#[test]
fn files_of_other_programs_become_plans() {
    let shared = std::env::var_os("CITYHEART_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let fixtures = shared.join("data/fixtures/geopackage");
    if !fixtures.is_dir() {
        eprintln!("left out: {} is not there", fixtures.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, expected) in FIXTURES {
        let path = dir.path().join(name.replace('/', "-"));
        fs::write(&path, fs::read(fixtures.join(name)).unwrap()).unwrap();
        for open in [GeoPackage::open_read_only, GeoPackage::open, GeoPackage::open] {
            let found = open(&path).and_then(|store| {
                let count = |id| {
                    let mut n = 0;
                    store
                        .scan_collection(id, None, &mut |_| {
                            n += 1;
                            Ok(())
                        })
                        .map(|_| n)
                };
                store
                    .list_collections()?
                    .iter()
                    .map(|c| Ok((c.id.to_string(), count(&c.id)?)))
                    .collect::<Result<Vec<_>, _>>()
            });
            match (found, expected) {
                (Ok(mut found), Ok(expected)) => {
                    let mut expected: Vec<_> = expected.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect();
                    found.sort();
                    expected.sort();
                    assert_eq!(found, expected, "{name}");
                }
                (Err(e), Err(word)) => assert!(e.to_string().contains(word), "{name}: {e}"),
                (found, _) => panic!("{name}: {found:?}"),
            }
        }
    }
    // One table for each geometry type, in 2-D, with heights, with measures, with both; and one whose key is of two
    // texts, which can only be read.
    let path = dir.path().join("geozero.gpkg");
    fs::write(&path, fs::read(fixtures.join("geozero/gpkg_test.gpkg")).unwrap()).unwrap();
    let store = GeoPackage::open(&path).unwrap();
    assert_eq!((store.list_collections().unwrap().len(), read(&path, GeoPackage::open_read_only).unwrap()), (33, 137));
}
