//! GeoParquet of other programs: Arrow's types, every encoding of geometries, every compression, any grid; and damaged
//! files.

use crate::support::python;
use crate::support::reading::{read_bytes, read_file, refusal, told};
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use serde_json::{Value as Json, json};

const WRITE: &str = r"
import datetime, decimal, json, sys
import pyarrow as pa, pyarrow.parquet as parquet, pyproj, shapely
path, encoding, compression, crs = json.load(sys.stdin)
point = {'x': 520648.42984, 'y': 121273.94526}
ring = [point, {'x': 520748.0, 'y': 121273.0}, {'x': 520748.0, 'y': 121373.0}, point]
shapes = {'point': point, 'linestring': ring[:3], 'polygon': [ring], 'multipoint': ring[:2], 'multilinestring': [ring[:2]], 'multipolygon': [[ring]]}
plain = [(c['x'], c['y']) for c in ring]
if encoding == 'WKB':
    geometry = pa.array([shapely.to_wkb(shapely.MultiPolygon([(plain, [])])), None], pa.binary())
else:
    geometry = pa.array([shapes[encoding], None])
utc = datetime.timezone.utc
columns = {
    'ime': ['Kovačičeva', None], 'n': pa.array([2**40, None], pa.int64()), 'small': pa.array([-3, None], pa.int8()), 'wide': pa.array([2**64 - 1, None], pa.uint64()),
    'r': [0.1, None], 'f': pa.array([0.1, None], pa.float32()), 'money': pa.array([decimal.Decimal('1234.50'), None], pa.decimal128(12, 2)), 'da': [True, None],
    'day': [datetime.date(2026, 3, 1), None], 'at': pa.array([datetime.datetime(2026, 3, 1, 8, 30, tzinfo=utc), None], pa.timestamp('us', 'UTC')),
    'nano': pa.array([1772353800123456789, None], pa.timestamp('ns', 'UTC')), 'local': pa.array([datetime.datetime(2026, 3, 1, 8, 30), None], pa.timestamp('ms')),
    'tags': [['a', 'b'], None], 'inner': [{'a': 1, 'b': ['x']}, None], 'picture': [b'\x00\x01', None], 'geometry': geometry,
}
about = {'encoding': encoding, 'geometry_types': []}
if crs == 'null':
    about['crs'] = None
elif crs != 'none':
    about['crs'] = pyproj.CRS.from_user_input(crs).to_json_dict()
table = pa.table(columns)
if crs != 'none':
    table = table.replace_schema_metadata({'geo': json.dumps({'version': '1.1.0', 'primary_column': 'geometry', 'columns': {'geometry': about}})})
parquet.write_table(table, path, compression=compression)
";

fn written(encoding: &str, compression: &str, crs: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    python::run(WRITE, &json!([path, encoding, compression, crs]).to_string());
    std::fs::read(path).unwrap()
}

#[test]
fn values_of_every_type_come_in_as_they_are() {
    let read = read_bytes("a.parquet", &written("WKB", "snappy", "EPSG:3794"), SourceOptions::default()).unwrap();
    assert_eq!(read.report.findings.details, []);
    assert!(told(&read).contains("is GeoParquet, in EPSG:3794"), "{}", told(&read));
    assert!(told(&read).contains("The column 'picture' is not read"), "{}", told(&read));
    let value = |row: usize, name: &str| {
        read.collection.field_index(name).map_or(Json::Null, |at| read.features[row].values[at].to_json())
    };
    for (name, wanted) in [
        ("ime", json!("Kovačičeva")),
        ("n", json!(1_099_511_627_776_i64)),
        ("small", json!(-3)),
        ("wide", json!("18446744073709551615")),
        ("r", json!(0.1)),
        ("f", json!(0.1)),
        ("money", json!(1234.5)),
        ("da", json!(true)),
        ("day", json!("2026-03-01")),
        ("at", json!("2026-03-01T08:30:00Z")),
        ("nano", json!("2026-03-01T08:30:00.123456789Z")),
        ("tags", json!(["a", "b"])),
        ("inner", json!({"a": 1, "b": ["x"]})),
    ] {
        assert_eq!(value(0, name), wanted, "{name}");
        assert_eq!(value(1, name), Json::Null, "{name}");
    }
    assert!(value(0, "local").as_str().unwrap().starts_with("2026-03-01T08:30:00"));
    let Some(Geometry::MultiPolygon(area)) = &read.features[0].geometry else { panic!("{:?}", read.features[0]) };
    assert!((area.0[0].exterior().0[0].x - 15.2677).abs() < 0.01, "{area:?}");
    assert_eq!(read.features[1].geometry, None);
}

#[test]
fn every_encoding_of_geometries_and_every_compression_is_read() {
    for (encoding, kind) in [
        ("point", "Point"),
        ("linestring", "LineString"),
        ("polygon", "Polygon"),
        ("multipoint", "MultiPoint"),
        ("multilinestring", "MultiLineString"),
        ("multipolygon", "MultiPolygon"),
    ] {
        let read = read_bytes("a.parquet", &written(encoding, "none", "EPSG:3794"), SourceOptions::default()).unwrap();
        let geometry = read.features[0].geometry.as_ref().unwrap_or_else(|| panic!("{encoding}: {}", told(&read)));
        assert!(format!("{geometry:?}").starts_with(&kind.to_uppercase()), "{encoding}: {geometry:?}");
    }
    for compression in ["none", "snappy", "brotli", "lz4"] {
        let read = read_bytes("a.parquet", &written("WKB", compression, "EPSG:3794"), SourceOptions::default());
        assert_eq!(read.unwrap().features.len(), 2, "{compression}");
    }
    let refused = refusal(read_bytes("a.parquet", &written("WKB", "zstd", "EPSG:3794"), SourceOptions::default()));
    assert!(refused.contains("compressed with zstd") && refused.contains("snappy"), "{refused}");
}

#[test]
fn the_reference_system_is_that_of_the_file_or_is_asked_for() {
    let read = |crs: &str, said: Option<u16>| {
        let crs_said = said.map(|code| cityheart::crs::Crs::from_epsg(code).unwrap());
        read_bytes(
            "a.parquet",
            &written("WKB", "snappy", crs),
            SourceOptions { crs: crs_said, ..SourceOptions::default() },
        )
    };
    let unknown = refusal(read("EPSG:2263", None));
    assert!(unknown.contains("New York") && unknown.contains("--crs EPSG:n"), "{unknown}");
    let contradicted = refusal(read("EPSG:3794", Some(2180)));
    assert!(contradicted.contains("The file says that it is in EPSG:3794"), "{contradicted}");
    let named = read("null", Some(3794)).unwrap();
    assert!(named.features[0].geometry.is_some(), "{}", told(&named));
    let table = read("none", None).unwrap();
    assert!(told(&table).contains("Parquet, not GeoParquet"), "{}", told(&table));
    assert_eq!(table.features[0].geometry, None);
    assert_eq!(table.features[0].values[0], FieldValue::text("Kovačičeva"));
}

#[test]
fn damaged_files_are_refused_with_a_sentence() {
    let bytes = written("WKB", "none", "EPSG:3794");
    for cut in
        [&bytes[..bytes.len() - 10], &bytes[..20], &b"PAR1"[..], &[&bytes[..100], &bytes[bytes.len() - 100..]].concat()]
    {
        let cut = refusal(read_bytes("a.parquet", cut, SourceOptions::default()));
        assert!(cut.contains("damaged or incomplete"), "{cut}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    for at in (0..bytes.len()).step_by(41) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        // What it says does not matter, as long as it ends and says something.
        match read_file(&path, SourceOptions::default()) {
            Ok(read) => assert!(read.result.is_ok() || !read.report.lines().is_empty()),
            Err(e) => assert!(!e.to_string().is_empty()),
        }
    }
}
