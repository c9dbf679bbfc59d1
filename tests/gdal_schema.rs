//! What every GDAL does to the schema of a plan that is open, one operation after another, on a table of ours and on
//! one that was adopted: each works, is followed, and leaves a table that can be edited here and there.

use crate::store::features::{all_of, collection_id, id, place};
use crate::support::gdal::{GdalLibrary, GdalProcess};
use cityheart::change::{ChangeSet, FeatureEdit};
use cityheart::collection::{Collection, FieldType};
use cityheart::error::Error;
use cityheart::feature::{Feature, FieldValue, GeometryTypeSet};
use cityheart::store::{GeoPackage, Store};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const REAL: i32 = 2;
const TEXT: i32 = 4;

/// A plan that is open, with the collection `trees` (height, name) of three points.
struct OpenPlan {
    dir: TempDir,
    store: GeoPackage,
}

impl OpenPlan {
    fn new(is_own: bool) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("plan.gpkg");
        let store = if is_own {
            let store = GeoPackage::create(&path).unwrap();
            load_trees(&store);
            store
        } else {
            make_layer(&path);
            GeoPackage::open(&path).unwrap()
        };
        make_layer(&dir.path().join("other.gpkg"));
        Self { dir, store }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("plan.gpkg")
    }

    fn other(&self) -> PathBuf {
        self.dir.path().join("other.gpkg")
    }

    /// The fields and the number of features of a collection, after what other programs did was adopted.
    fn shown(&self, name: &str) -> (Vec<String>, Vec<Feature>) {
        match self.store.adopt_external_changes(&collection_id(name)) {
            Ok(_) | Err(Error::Stale(_) | Error::NotFound(_)) => {}
            Err(e) => panic!("{name}: {e}"),
        }
        let all = self.store.list_collections().unwrap();
        let Some(collection) = all.into_iter().find(|c| c.id.as_str() == name) else { return (vec![], vec![]) };
        (collection.fields.into_iter().map(|f| f.name).collect(), all_of(&self.store, name))
    }

    /// A collection has these fields and features, its file is sound, and it can be edited.
    fn check(&self, name: &str, fields: &[&str], count: usize, what: &str) {
        let (names, features) = self.shown(name);
        assert_eq!(names, fields, "{what}");
        assert_eq!(features.len(), count, "{what}");
        let conn = Connection::open(self.path()).unwrap();
        let sound: String = conn.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok", "{what}");
        let triggers = conn
            .prepare("SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=?1 AND name LIKE 'rtree%'")
            .unwrap()
            .query_map([name], |row| row.get(0))
            .unwrap()
            .collect::<Result<Vec<String>, _>>()
            .unwrap();
        let own = format!("rtree_{name}_geom_");
        assert!(triggers.len() >= 6 && triggers.iter().all(|t| t.starts_with(&own)), "{what}: {triggers:?}");
        let moved = &features[0].id;
        let patch =
            FeatureEdit::Patch { id: moved.clone(), base: None, geometry: place(40.0, 40.0).into(), values: vec![] };
        let set = ChangeSet { collection: collection_id(name), edits: vec![patch], author: "ana".into() };
        self.store.commit_change_set(&set).unwrap_or_else(|e| panic!("{what}: {e}"));
        let found: i64 = conn
            .query_row(&format!("SELECT count(*) FROM \"rtree_{name}_geom\" WHERE minx>39"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(found, 1, "{what}: the R-tree has the edit");
    }
}

fn load_trees(store: &GeoPackage) {
    let fields = [("height".to_owned(), FieldType::Integer), ("name".to_owned(), FieldType::Text)];
    let trees =
        Collection::from_inferred_fields(collection_id("trees"), "Trees", GeometryTypeSet::ANY, &fields).unwrap();
    let tree = |i: i32| Feature {
        key: 0,
        id: id(&format!("t{i}")),
        geometry: place(f64::from(i), f64::from(i)),
        values: vec![FieldValue::Int(i.into()), FieldValue::text(i.to_string())],
    };
    store.load_collection(&trees, false, &mut (0..3).map(|i| Ok(tree(i)))).unwrap();
}

/// A file as the new GDAL makes it, by its version 1.4 of the R-tree.
fn make_layer(path: &Path) {
    let script = r#"
import sys, json, shapely, pyogrio, numpy as np
points = shapely.to_wkb(np.array([shapely.Point(i, i) for i in range(3)]))
pyogrio.raw.write(json.load(sys.stdin), points, [np.array([1, 2, 3]), np.array(["a", "b", "c"], dtype=object)], ["height", "name"],
    layer="trees", driver="GPKG", geometry_type="Point", crs="EPSG:4326", dataset_options={"VERSION": "1.4"})
"#;
    crate::support::python::run(script, &json!(path).to_string());
}

/// The operations, each with the collection, its fields and the number of its features afterwards.
fn operations(other: &Path) -> Vec<(Json, &'static str, Vec<&'static str>, usize)> {
    vec![
        (json!(["sql", "ALTER TABLE \"trees\" RENAME TO \"plants\""]), "plants", vec!["height", "name"], 3),
        (json!(["rename", "plants", "name", "label"]), "plants", vec!["height", "label"], 3),
        (json!(["sql", "ALTER TABLE plants RENAME COLUMN label TO word"]), "plants", vec!["height", "word"], 3),
        (json!(["add", "plants", "girth", REAL]), "plants", vec!["height", "word", "girth"], 3),
        (
            json!(["sql", "ALTER TABLE plants ADD COLUMN note TEXT"]),
            "plants",
            vec!["height", "word", "girth", "note"],
            3,
        ),
        (json!(["retype", "plants", "height", REAL]), "plants", vec!["height", "word", "girth", "note"], 3),
        (json!(["insert", "plants", 5.0, 5.0]), "plants", vec!["height", "word", "girth", "note"], 4),
        (json!(["retype", "plants", "girth", TEXT]), "plants", vec!["height", "word", "girth", "note"], 4),
        (json!(["insert", "plants", 6.0, 6.0]), "plants", vec!["height", "word", "girth", "note"], 5),
        (json!(["sql", "UPDATE plants SET girth='1'"]), "plants", vec!["height", "word", "girth", "note"], 5),
        (json!(["drop", "plants", "word"]), "plants", vec!["height", "girth", "note"], 5),
        (json!(["sql", "ALTER TABLE plants DROP COLUMN height"]), "plants", vec!["girth", "note"], 5),
        (json!(["sql", "ALTER TABLE plants RENAME TO trees"]), "trees", vec!["girth", "note"], 5),
        (json!(["copy", "trees", other, "trees"]), "trees", vec!["height", "name"], 3),
        (json!(["sql", "ALTER TABLE trees RENAME TO plants"]), "plants", vec!["height", "name"], 3),
        (json!(["copy", "more", other, "trees"]), "more", vec!["height", "name"], 3),
    ]
}

#[test]
fn every_gdal_changes_the_schema_of_our_tables_and_of_adopted_ones() {
    for library in [GdalLibrary::Installed, GdalLibrary::Bundled] {
        let Some(mut gdal) = GdalProcess::start(library) else { continue };
        for is_own in [true, false] {
            let plan = OpenPlan::new(is_own);
            for (step, name, fields, count) in operations(&plan.other()) {
                let what = format!("{library:?}, {}, {step}", if is_own { "our own" } else { "adopted" });
                assert_eq!(gdal.run(&plan.path(), &[step]), Vec::<String>::new(), "{what}");
                plan.check(name, &fields, count, &what);
            }
            assert_eq!(gdal.run(&plan.path(), &[json!(["sql", "DROP TABLE plants"])]), Vec::<String>::new());
            assert_eq!((plan.shown("plants"), plan.shown("more").1.len()), ((vec![], vec![]), 3));
            let reopened = GeoPackage::open(&plan.path()).unwrap();
            assert_eq!(reopened.list_collections().unwrap().len(), 1);
        }
    }
}

#[test]
fn features_that_gdal_adds_get_ids_after_it_made_a_table_anew() {
    for library in [GdalLibrary::Installed, GdalLibrary::Bundled] {
        let Some(mut gdal) = GdalProcess::start(library) else { continue };
        for is_own in [true, false] {
            let plan = OpenPlan::new(is_own);
            let steps = [
                json!(["retype", "trees", "height", REAL]),
                json!(["insert", "trees", 5.0, 5.0]),
                json!(["drop", "trees", "name"]),
                json!(["insert", "trees", 6.0, 6.0]),
            ];
            assert_eq!(gdal.run(&plan.path(), &steps), Vec::<String>::new());
            let (fields, features) = plan.shown("trees");
            assert_eq!((fields, features.len()), (vec!["height".to_owned()], 5), "{library:?} {is_own}");
            let ids: std::collections::BTreeSet<&str> = features.iter().map(|f| f.id.as_str()).collect();
            assert_eq!(ids.len(), 5);
            for added in &features[3..] {
                let delete = FeatureEdit::Delete { id: added.id.clone(), base: None };
                let set = ChangeSet { collection: collection_id("trees"), edits: vec![delete], author: "ana".into() };
                plan.store.commit_change_set(&set).unwrap();
            }
            assert_eq!(plan.shown("trees").1.len(), 3);
        }
    }
}

/// Runs a program of GDAL; its errors end the test, warnings of old programs about new files do not.
fn program(name: &str, arguments: &[&str]) -> bool {
    let Ok(output) = Command::new(name).args(arguments).output() else {
        eprintln!("left out: {name} is not installed");
        return false;
    };
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !told.contains("ERROR"), "{name} {arguments:?}: {told}");
    true
}

#[test]
fn ogrinfo_and_ogr2ogr_rename_append_overwrite_and_drop() {
    for is_own in [true, false] {
        let plan = OpenPlan::new(is_own);
        let (path, other) = (plan.path(), plan.other());
        let (path, other) = (path.to_str().unwrap(), other.to_str().unwrap());
        if !program("ogrinfo", &[path, "-sql", "ALTER TABLE \"trees\" RENAME TO \"plants\""]) {
            return;
        }
        plan.check("plants", &["height", "name"], 3, "rename");
        program("ogr2ogr", &["-append", path, other, "trees", "-nln", "plants"]);
        plan.check("plants", &["height", "name"], 6, "append");
        program("ogr2ogr", &["-overwrite", path, other, "trees", "-nln", "plants"]);
        plan.check("plants", &["height", "name"], 3, "overwrite");
        program("ogrinfo", &[path, "-sql", "ALTER TABLE plants DROP COLUMN name"]);
        program("ogrinfo", &[path, "-sql", "ALTER TABLE plants RENAME COLUMN height TO tall"]);
        plan.check("plants", &["tall"], 3, "fields");
        program("ogrinfo", &[path, "-sql", "DROP TABLE plants"]);
        assert_eq!(plan.shown("plants"), (vec![], vec![]));
    }
}
