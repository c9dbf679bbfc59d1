//! FlatGeobuf of GDAL and of our own, with and without an index, in any grid.

use crate::support::python;
use crate::support::reading::{read_bytes, read_file, refusal, told};
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use serde_json::json;

const WRITE: &str = r#"
import sys, numpy, pyogrio, shapely
path, indexed = sys.stdin.read().split("|")
ring = [(520648.42984, 121273.94526), (520748, 121273), (520748, 121373), (520648.42984, 121273.94526)]
hole = [(520700, 121290), (520720, 121290), (520720, 121310), (520700, 121290)]
shapes = [shapely.MultiPolygon([(ring, [hole])]), shapely.Polygon(ring, [hole]), shapely.Point(520648.42984, 121273.94526), shapely.GeometryCollection([shapely.Point(520648.42984, 121273.94526)])]
fields = {"ime": ["Kovačičeva", "b", "c", "d"], "n": [1, 2, 3, 2**40], "r": [0.5, 0.1, 1e9, 2.25], "da": [True, False, True, True]}
pyogrio.raw.write(path, shapely.to_wkb(numpy.array(shapes, dtype=object)), [numpy.array(v) for v in fields.values()], list(fields), layer="x", crs="EPSG:3794", geometry_type="Unknown", driver="FlatGeobuf", SPATIAL_INDEX=indexed)
"#;

fn written(indexed: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fgb");
    python::run(WRITE, &format!("{}|{indexed}", path.display()));
    std::fs::read(path).unwrap()
}

#[test]
fn features_of_gdal_come_in_with_their_grid_and_their_values() {
    for indexed in ["YES", "NO"] {
        let read = read_bytes("a.fgb", &written(indexed), SourceOptions::default()).unwrap();
        assert_eq!(read.report.findings.details, []);
        assert!(told(&read).contains("is FlatGeobuf, layer 'x', in EPSG:3794"), "{}", told(&read));
        let mut rows: Vec<_> =
            read.features.iter().map(|f| f.values.iter().map(FieldValue::to_json).collect::<Vec<_>>()).collect();
        // The index sorts the features.
        rows.sort_by_key(|r| r[0].as_str().map(str::to_owned));
        assert_eq!(rows[0], [json!("Kovačičeva"), json!(1), json!(0.5), json!(true)]);
        assert_eq!(rows[3], [json!("d"), json!(1_099_511_627_776_i64), json!(2.25), json!(true)]);
        let holes: usize = read
            .features
            .iter()
            .map(|f| match &f.geometry {
                Some(Geometry::MultiPolygon(m)) => m.0[0].interiors().len(),
                Some(Geometry::Polygon(p)) => p.interiors().len(),
                _ => 0,
            })
            .sum();
        assert_eq!(holes, 2);
        let point = read.features.iter().find_map(|f| match f.geometry {
            Some(Geometry::Point(p)) => Some(p),
            _ => None,
        });
        assert!(point.is_some_and(|p| (p.x() - 15.2677).abs() < 1e-7), "{point:?}");
    }
}

#[test]
fn damaged_files_are_refused_and_never_a_panic() {
    let bytes = written("NO");
    let cut = refusal(read_bytes("a.fgb", &bytes[..bytes.len() - 10], SourceOptions::default()));
    assert!(cut.contains("The file ends here, or is damaged"), "{cut}");
    assert!(refusal(read_bytes("a.fgb", &bytes[..20], SourceOptions::default())).contains("header is broken"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.fgb");
    for at in (0..bytes.len()).step_by(5) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        let _ = read_file(&path, SourceOptions::default());
    }
}
