//! GeoPackages of other programs: layers, reference systems, tables without places; the file stays as it is.

use crate::support::python;
use crate::support::reading::{read_file, refusal, told};
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use serde_json::json;
use std::path::Path;

/// Written by GDAL: streets in the Slovene grid, points in degrees, a table, and a layer in a grid that is not known.
const WRITE: &str = r#"
import sys, numpy, pyogrio, shapely
path = sys.stdin.read()
def write(layer, crs, shapes, fields, append):
    geometry = None if shapes is None else shapely.to_wkb(numpy.array(shapes, dtype=object), output_dimension=3)
    kind = None if shapes is None else "Unknown"
    pyogrio.raw.write(path, geometry, [numpy.array(v) for v in fields.values()], list(fields), layer=layer, crs=crs, geometry_type=kind, driver="GPKG", append=append)
line = shapely.LineString([(520648.42984, 121273.94526), (520700, 121300)])
write("ulice", "EPSG:3794", [line, None], {"ime": ["Kovačičeva", "brez"], "koda": ["007", "1.10"], "n": [1, 2]}, False)
write("točke", "EPSG:4326", [shapely.Point(15.26, 46.23, 250)], {"x": [0.5]}, True)
write("tuje", "EPSG:2056", [shapely.Point(2600000, 1200000)], {"x": [1]}, True)
write("neznano", "EPSG:27700", [shapely.Point(400000, 300000)], {"x": [1]}, True)
write("tabela", None, None, {"ime": ["a", "b"]}, True)
"#;

fn package(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("mesto.gpkg");
    python::run(WRITE, &path.display().to_string());
    path
}

fn layer(name: &str) -> SourceOptions {
    SourceOptions { layer: Some(name.into()), ..SourceOptions::default() }
}

#[test]
fn each_layer_is_read_in_its_reference_system_and_the_file_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path());
    let before = std::fs::read(&path).unwrap();
    let asked = refusal(read_file(&path, SourceOptions::default()));
    assert!(
        asked.contains("several layers: choose one of ulice, točke, tuje, neznano, tabela with --layer NAME."),
        "{asked}"
    );
    let read = read_file(&path, layer("Ulice")).unwrap();
    assert_eq!(read.report.findings.details, []);
    let Some(Geometry::LineString(line)) = &read.features[0].geometry else { panic!("a line") };
    assert!((line.0[0].x - 15.2677).abs() < 1e-7 && (line.0[0].y - 46.2309).abs() < 1e-7, "{line:?}");
    assert!(read.features[1].geometry.is_none());
    let values: Vec<_> = read.features[0].values.iter().map(FieldValue::to_json).collect();
    assert_eq!(values, [json!("Kovačičeva"), json!("007"), json!(1)]);
    assert!(told(&read).contains("is a GeoPackage, layer 'ulice', in EPSG:3794 (Slovenia 1996"), "{}", told(&read));
    let heights = read_file(&path, layer("točke")).unwrap();
    assert_eq!((heights.features.len(), heights.report.repairs.flattened), (1, 1));
    assert_eq!(read_file(&path, layer("tuje")).unwrap().features.len(), 1);
    let table = read_file(&path, layer("tabela")).unwrap();
    assert!(table.features.len() == 2 && table.features.iter().all(|f| f.geometry.is_none()));
    let unknown = refusal(read_file(&path, layer("neznano")));
    assert!(unknown.contains("The layer is in EPSG:27700. ") && unknown.contains("is not known here"), "{unknown}");
    assert!(refusal(read_file(&path, layer("nič"))).contains("no layer 'nič': choose one of ulice"));
    assert!(before == std::fs::read(&path).unwrap(), "the file is the same to the byte");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn what_is_still_in_the_log_of_another_program_is_read_without_moving_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path());
    let other = rusqlite::Connection::open(&path).unwrap();
    other.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(())).unwrap();
    other.execute("INSERT INTO tabela (ime) VALUES ('c')", []).unwrap();
    let log = folder.path().join("mesto.gpkg-wal");
    let before = (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap());
    assert_eq!(read_file(&path, layer("tabela")).unwrap().features.len(), 3);
    assert!(before == (std::fs::read(&path).unwrap(), std::fs::read(&log).unwrap()));
}

#[test]
fn damaged_files_and_other_databases_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = package(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    for cut in [100, 5000, bytes.len() / 2] {
        std::fs::write(&path, &bytes[..cut]).unwrap();
        let sentence = refusal(read_file(&path, layer("ulice")));
        assert!(sentence.contains("GeoPackage") && !sentence.contains("plan"), "{cut}: {sentence}");
    }
    let other = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE a (b)").unwrap();
    assert!(refusal(read_file(&other, SourceOptions::default())).contains("no GeoPackage: it has no gpkg_contents"));
    for seed in 0..60_usize {
        let mut damaged = bytes.clone();
        for n in 0..20 {
            let at = (seed * 7919 + n * 104_729) % damaged.len();
            damaged[at] = (seed * 31 + n) as u8;
        }
        std::fs::write(&path, &damaged).unwrap();
        let _ = read_file(&path, layer("ulice"));
    }
}
