//! The plan's file in GDAL: what we write it reads, what it writes we take over. GDAL runs in a process of its own, as
//! two SQLite libraries in one process would undo each other's locks.

use crate::store::features::{all, bare, collection_id, geometries, id, ids, load, place, thing};
use crate::support::python;
use cityheart::change::{ChangeSet, FeatureChange, FeatureEdit};
use cityheart::collection::Collection;
use cityheart::feature::{Feature, FieldValue};
use cityheart::store::{GeoPackage, Store};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use tempfile::TempDir;

/// What the scripts below have in common: the layer `things`, GDAL's warnings as errors, and a way to answer.
const PRELUDE: &str = r#"
import sys, json, warnings
import numpy as np, pyogrio
warnings.simplefilter("error")
path = json.load(sys.stdin)
def say(**answer): print(json.dumps(answer))
def read(**options):
    meta, fids, geometry, fields = pyogrio.raw.read(path, layer="things", return_fids=True, **options)
    return fids.tolist(), geometry, dict(zip(meta["fields"].tolist(), fields))
"#;

fn gdal(path: &Path, script: &str) -> Json {
    let answer = python::run(&format!("{PRELUDE}{script}"), &json!(path).to_string());
    serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{e} in {answer:?}"))
}

fn plan() -> (TempDir, PathBuf, GeoPackage) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("plan.gpkg");
    let store = GeoPackage::create(&path).unwrap();
    (dir, path, store)
}

#[test]
fn gdal_sees_layers_counts_types_extents_and_values() {
    let (_dir, path, store) = plan();
    let mut features: Vec<_> =
        geometries().into_iter().enumerate().map(|(i, g)| thing(&format!("t{i}"), Some(g))).collect();
    features.push(bare("nothing"));
    load(&store, false, features);
    let table = Collection::from_inferred_fields(
        collection_id("words"),
        "Words",
        cityheart::feature::GeometryTypeSet::NONE,
        &[],
    )
    .unwrap();
    store.load_collection(&table, false, &mut std::iter::once(Ok(Feature { values: vec![], ..bare("w") }))).unwrap();
    let seen = gdal(
        &path,
        r#"
layers = pyogrio.list_layers(path).tolist()
info = pyogrio.read_info(path, layer="things")
fids, geometry, fields = read()
import shapely
say(layers=layers, features=info["features"], crs=info["crs"], bounds=list(info["total_bounds"]), types=dict(zip(info["fields"].tolist(), info["ogr_types"])),
    subtypes=dict(zip(info["fields"].tolist(), info["ogr_subtypes"])), title=info["layer_metadata"], geometry=[None if g is None else shapely.from_wkb(g).geom_type for g in geometry],
    first={k: str(v[0]) for k, v in fields.items()}, empty=[str(v[-1]) for v in fields.values()])
"#,
    );
    assert_eq!(seen["layers"], json!([["things", "Unknown"], ["words", null]]), "our own tables are not layers");
    assert_eq!((&seen["features"], &seen["crs"]), (&json!(8), &json!("EPSG:4326")));
    assert_eq!(seen["bounds"], json!([-0.1, -90.0, 180.0, 46.231_1]));
    let expected =
        ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"];
    let mut types: Vec<Json> = expected.iter().map(|t| json!(t)).collect();
    types.push(Json::Null);
    assert_eq!(seen["geometry"], json!(types));
    let kinds = json!({"id": "OFTString", "name": "OFTString", "count": "OFTInteger64", "share": "OFTReal", "cost": "OFTReal", "open": "OFTInteger",
        "start": "OFTDate", "seen": "OFTDateTime", "tags": "OFTString", "FID_2": "OFTInteger64", "geom_2": "OFTString", "se\"lect": "OFTString"});
    assert_eq!(seen["types"], kinds);
    assert_eq!((&seen["subtypes"]["open"], &seen["subtypes"]["tags"]), (&json!("OFSTBoolean"), &json!("OFSTJSON")));
    let first = &seen["first"];
    assert_eq!(
        (&first["count"], &first["share"], &first["start"]),
        (&json!("-9.223372036854776e+18"), &json!("0.30000000000000004"), &json!("2026-03-01"))
    );
    assert_eq!((&first["seen"], &first["cost"]), (&json!("2026-03-01T08:30:00.500"), &json!("1234567.89")));
}

#[test]
fn gdal_finds_features_through_our_index() {
    let (_dir, path, store) = plan();
    load(
        &store,
        false,
        (0..400).map(|i| thing(&format!("t{i}"), place(f64::from(i % 20), f64::from(i / 20)))).collect(),
    );
    store
        .commit_change_set(&ChangeSet {
            collection: collection_id("things"),
            edits: vec![
                FeatureEdit::Delete { id: id("t21"), base: None },
                FeatureEdit::Create(thing("more", place(2.5, 2.5))),
            ],
            author: "ana".into(),
        })
        .unwrap();
    let seen = gdal(
        &path,
        r#"
by_box = read(bbox=(1, 1, 3, 3))[2]["id"].tolist()
sql = "SELECT t.id FROM things t JOIN rtree_things_geom r ON t.fid = r.id WHERE r.minx >= 0.99 AND r.maxx <= 3.01 AND r.miny >= 0.99 AND r.maxy <= 3.01"
by_sql = pyogrio.raw.read(path, sql=sql, sql_dialect="SQLITE")[3][0].tolist()
plan = pyogrio.raw.read(path, sql="EXPLAIN QUERY PLAN " + sql)[3][-1].tolist()
say(by_box=sorted(by_box), by_sql=sorted(by_sql), plan=plan)
"#,
    );
    let expected = json!(["more", "t22", "t23", "t41", "t42", "t43", "t61", "t62", "t63"]);
    assert_eq!((&seen["by_box"], &seen["by_sql"]), (&expected, &expected));
    assert!(seen["plan"].to_string().contains("VIRTUAL TABLE INDEX"), "{seen}");
}

#[test]
fn what_gdal_writes_is_noticed_and_taken_over() {
    let (_dir, path, store) = plan();
    load(&store, false, vec![thing("a", place(1.0, 2.0)), thing("b", place(3.0, 4.0)), thing("c", None)]);
    let before = all(&store);
    let (news, heard) = mpsc::channel();
    let _watch = store.watch_changes(Box::new(move |id| drop(news.send(id.to_string())))).unwrap();
    gdal(
        &path,
        r#"
import ctypes, glob, os, shapely
add = shapely.to_wkb(np.array([shapely.Point(100, 50), shapely.LineString([(5, 5), (6, 6)])]))
names = np.array(["added", "line"], dtype=object)
pyogrio.raw.write(path, add, [names, names], ["id", "name"], layer="things", append=True, geometry_type="Unknown", crs="EPSG:4326")
gdal = ctypes.CDLL(glob.glob(os.path.dirname(pyogrio.__file__) + ".libs/libgdal*")[0])
for name in ["GDALOpenEx", "GDALDatasetGetLayerByName", "OGR_L_GetFeature", "OGR_G_CreateGeometry"]: getattr(gdal, name).restype = ctypes.c_void_p
p, key = ctypes.c_void_p, ctypes.c_longlong
vector_update = 4 | 1
data = p(gdal.GDALOpenEx(path.encode(), vector_update, None, None, None))
layer = p(gdal.GDALDatasetGetLayerByName(data, b"things"))
feature = p(gdal.OGR_L_GetFeature(layer, key(1)))
gdal.OGR_F_SetFieldString(feature, gdal.OGR_F_GetFieldIndex(feature, b"name"), b"renamed")
point = p(gdal.OGR_G_CreateGeometry(1))
gdal.OGR_G_SetPoint_2D(point, 0, ctypes.c_double(100), ctypes.c_double(50))
gdal.OGR_F_SetGeometry(feature, point)
assert gdal.OGR_L_SetFeature(layer, feature) == 0
assert gdal.OGR_L_DeleteFeature(layer, key(2)) == 0
gdal.GDALClose(data)
say(done=True)
"#,
    );
    assert_eq!(heard.recv_timeout(Duration::from_mins(1)).as_deref(), Ok("things"));
    let (revision, changes) = store.adopt_external_changes(&collection_id("things")).unwrap();
    let mut changes_seen = changes.clone();
    // GDAL may write in one transaction or several, which the watch may have seen apart.
    while ids(&changes_seen).len() < 4 {
        assert!(heard.recv_timeout(Duration::from_mins(1)).is_ok());
        changes_seen.extend(store.adopt_external_changes(&collection_id("things")).unwrap().1);
    }
    assert!(revision >= 2);
    let stored = all(&store);
    assert_eq!(stored.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["a", "c", "added", "line"]);
    assert_eq!((&stored[0].values[0], &stored[0].geometry), (&FieldValue::text("renamed"), &place(100.0, 50.0)));
    assert!(changes_seen.contains(&FeatureChange::Removed { key: before[1].key, id: id("b") }));
    let history = store.read_history(&collection_id("things"), &id("a")).unwrap();
    assert_eq!(history.last().unwrap().before.as_ref(), Some(&before[0]));
    let seen = gdal(
        &path,
        "say(bounds=list(pyogrio.read_info(path, layer='things', force_total_bounds=True)['total_bounds']), found=sorted(read(bbox=(99, 49, 101, 51))[2]['id']))",
    );
    assert_eq!(seen, json!({"bounds": [5.0, 5.0, 100.0, 50.0], "found": ["a", "added"]}));
}

#[test]
fn a_layer_that_gdal_made_becomes_a_collection_that_gdal_still_reads() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gis.gpkg");
    let make = r#"
import shapely
points = shapely.to_wkb(np.array([shapely.Point(i, i) for i in range(5)] + [None]))
height = np.arange(6, dtype="float64")
pyogrio.raw.write(path, points, [height], ["height"], layer="things", driver="GPKG", geometry_type="Point", crs="EPSG:4326")
say(done=True)
"#;
    gdal(&path, make);
    let store = GeoPackage::open(&path).unwrap();
    let stored = all(&store);
    assert_eq!(stored.iter().map(|f| f.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4", "5", "6"]);
    let tall = Feature { key: 0, id: id("tall"), geometry: place(7.0, 7.0), values: vec![FieldValue::Real(70.0)] };
    let set = |edits| ChangeSet { collection: collection_id("things"), edits, author: "ana".into() };
    store
        .commit_change_set(&set(vec![FeatureEdit::Create(tall), FeatureEdit::Delete { id: id("2"), base: Some(1) }]))
        .unwrap();
    let seen = gdal(
        &path,
        "fids, geometry, fields = read(); say(count=pyogrio.read_info(path, layer='things')['features'], ids=fields['cityheart_id'].tolist(), near=read(bbox=(6, 6, 8, 8))[0])",
    );
    assert_eq!(seen, json!({"count": 6, "ids": [null, null, null, null, null, "tall"], "near": [7]}));
    // Overwriting the layer takes our column and triggers away. When the plan is opened next, it is a collection again.
    gdal(&path, make);
    drop(store);
    let store = GeoPackage::open(&path).unwrap();
    assert_eq!(all(&store).len(), 6);
    store.commit_change_set(&set(vec![FeatureEdit::Delete { id: id("3"), base: None }])).unwrap();
    assert_eq!(gdal(&path, "say(found=read(bbox=(1, 1, 3, 3))[0])"), json!({"found": [2, 4]}));
}

/// Runs statements of SQL in GDAL, as `ogrinfo -sql` does, and changes the type of a field, as QGIS does.
const EXECUTE: &str = r#"
import ctypes, glob, os
gdal = ctypes.CDLL(glob.glob(os.path.dirname(pyogrio.__file__) + ".libs/libgdal*")[0])
for name in ["GDALOpenEx", "GDALDatasetExecuteSQL", "GDALDatasetGetLayerByName", "OGR_Fld_Create", "OGR_L_GetLayerDefn"]: getattr(gdal, name).restype = ctypes.c_void_p
gdal.CPLGetLastErrorMsg.restype = ctypes.c_char_p
p = ctypes.c_void_p
def edit(*statements, retype=None):
    data = p(gdal.GDALOpenEx(path.encode(), 4 | 1, None, None, None))
    for sql in statements:
        gdal.CPLErrorReset()
        result = gdal.GDALDatasetExecuteSQL(data, sql.encode(), None, None)
        assert gdal.CPLGetLastErrorType() < 3, (sql, gdal.CPLGetLastErrorMsg())
        if result: gdal.GDALDatasetReleaseResultSet(data, p(result))
    if retype:
        layer = p(gdal.GDALDatasetGetLayerByName(data, b"things"))
        at = gdal.OGR_FD_GetFieldIndex(p(gdal.OGR_L_GetLayerDefn(layer)), retype[0].encode())
        new = p(gdal.OGR_Fld_Create(retype[0].encode(), retype[1]))
        assert gdal.OGR_L_AlterFieldDefn(layer, at, new, 2) == 0, gdal.CPLGetLastErrorMsg()
    gdal.GDALClose(data)
"#;

#[test]
fn what_gdal_does_to_the_schema_is_followed_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("gis.gpkg");
    let make = |layer: &str, heights: &str| {
        format!(
            r#"
import shapely
points = shapely.to_wkb(np.array([shapely.Point(i, i) for i in range(3)]))
pyogrio.raw.write(path, points, [np.array({heights}), np.array(["a", "b", "c"], dtype=object)], ["height", "name"], layer="{layer}", driver="GPKG", geometry_type="Point", crs="EPSG:4326", append=False)
say(done=True)
"#
        )
    };
    gdal(&path, &make("things", "[1, 2, 3]"));
    let store = GeoPackage::open(&path).unwrap();
    let execute = |script: &str| drop(gdal(&path, &format!("{EXECUTE}{script}\nsay(done=True)")));
    let shown = |name: &str| {
        drop(store.adopt_external_changes(&collection_id(name)));
        let all = store.list_collections().unwrap();
        let fields = all.into_iter().find(|c| c.id.as_str() == name).map(|c| c.fields).unwrap_or_default();
        fields.into_iter().map(|f| f.name).collect::<Vec<_>>()
    };
    execute(
        "edit('ALTER TABLE things ADD COLUMN girth REAL', 'UPDATE things SET girth=1.5 WHERE fid=1', 'ALTER TABLE things ADD COLUMN photo BLOB', \"UPDATE things SET photo=x'00ff'\")",
    );
    assert_eq!(shown("things"), ["height", "name", "girth"]);
    assert_eq!(all(&store)[0].values[2], FieldValue::Real(1.5));
    execute("edit(retype=('height', 2)); edit('UPDATE things SET height=12.75 WHERE fid=2')");
    assert_eq!(shown("things"), ["height", "name", "girth"]);
    assert_eq!(all(&store)[1].values[0], FieldValue::Real(12.75));
    execute("edit('ALTER TABLE things RENAME COLUMN name TO label')");
    assert_eq!(shown("things"), ["height", "label", "girth"]);
    let set = |edit| ChangeSet { collection: collection_id("things"), edits: vec![edit], author: "ana".into() };
    let revision = store.commit_change_set(&set(FeatureEdit::Delete { id: id("1"), base: None })).unwrap().0;
    store.commit_change_set(&set(FeatureEdit::Restore { id: id("1"), revision: revision - 1, base: None })).unwrap();
    execute("edit('ALTER TABLE things DROP COLUMN label', 'ALTER TABLE things DROP COLUMN height')");
    assert_eq!(shown("things"), ["girth"]);
    let seen =
        gdal(&path, "f = read()[2]; say(girth=f['girth'][0], photos=[p.hex() for p in f['photo']], names=sorted(f))");
    assert_eq!(
        seen,
        json!({"girth": 1.5, "photos": ["00ff", "00ff", "00ff"], "names": ["cityheart_id", "girth", "photo"]})
    );
    execute("edit('ALTER TABLE things RENAME TO items')");
    assert_eq!((shown("items"), shown("things").len()), (vec!["girth".to_owned()], 0));
    gdal(&path, &make("more", "[4.5, 5.5, 6.5]"));
    assert_eq!(shown("more"), ["height", "name"]);
    gdal(&path, &make("more", "[7, 8, 9]"));
    assert_eq!(shown("more"), ["height", "name"]);
    let edit = FeatureEdit::Patch { id: id("1"), base: None, geometry: place(9.0, 9.0).into(), values: vec![] };
    let more = ChangeSet { collection: collection_id("more"), edits: vec![edit], author: "ana".into() };
    store.commit_change_set(&more).unwrap();
    let found = "meta, fids, g, f = pyogrio.raw.read(path, layer='more', return_fids=True, bbox=(8, 8, 10, 10)); say(fids=fids.tolist(), height=f[0].tolist())";
    assert_eq!(gdal(&path, found), json!({"fids": [1], "height": [7]}));
}
