//! Drawings: entities, code pages, and the grid that must be said.

use crate::support::reading::{read_bytes, refusal, told};
use cityheart::crs::Crs;
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use geo::{Area, MapCoords};
use proptest::prelude::*;

const X: f64 = 520_648.429_84;
const Y: f64 = 121_273.945_26;

/// Pairs of a code and a value as lines.
fn lines(pairs: &[(i32, String)]) -> String {
    pairs.iter().flat_map(|(code, value)| [format!("{code:3}"), value.clone()]).collect::<Vec<_>>().join("\r\n")
        + "\r\n"
}

fn entity(kind: &str, pairs: &[(i32, &str)]) -> Vec<(i32, String)> {
    let start = [(0, kind.to_owned()), (8, "ULICE".to_owned())];
    start.into_iter().chain(pairs.iter().map(|(c, v)| (*c, (*v).to_owned()))).collect()
}

fn at(x: i32, dx: f64, dy: f64) -> Vec<(i32, String)> {
    vec![(x, (X + dx).to_string()), (x + 10, (Y + dy).to_string())]
}

fn drawing() -> Vec<u8> {
    let mut pairs: Vec<(i32, String)> = vec![];
    let mut add = |more: Vec<(i32, String)>| pairs.extend(more);
    add([
        (0, "SECTION"),
        (2, "HEADER"),
        (9, "$ACADVER"),
        (1, "AC1015"),
        (9, "$DWGCODEPAGE"),
        (3, "ANSI_1250"),
        (9, "$INSUNITS"),
        (70, "4"),
        (0, "ENDSEC"),
        (0, "SECTION"),
        (2, "BLOCKS"),
        (0, "BLOCK"),
        (0, "POINT"),
        (10, "1"),
        (20, "2"),
        (0, "ENDBLK"),
        (0, "ENDSEC"),
        (0, "SECTION"),
        (2, "ENTITIES"),
    ]
    .map(|(c, v)| (c, v.to_owned()))
    .to_vec());
    add([entity("POINT", &[]), at(10, 0.0, 0.0)].concat());
    add([entity("LINE", &[]), at(10, 0.0, 0.0), at(11, 10.0, 0.0)].concat());
    add([entity("TEXT", &[(1, "Kovačičeva")]), at(10, 1.0, 1.0)].concat());
    add([entity("LWPOLYLINE", &[(70, "1")]), at(10, 0.0, 0.0), at(10, 10.0, 0.0), at(10, 10.0, 10.0)].concat());
    // Half a circle to the right of a chord of 10.
    add([entity("LWPOLYLINE", &[(70, "0")]), at(10, 0.0, 0.0), vec![(42, "1".into())], at(10, 10.0, 0.0)].concat());
    let vertex = |dx: f64, dy: f64| [entity("VERTEX", &[]), at(10, dx, dy)].concat();
    add([entity("POLYLINE", &[(66, "1"), (70, "0")]), vertex(0.0, 0.0), vertex(5.0, 5.0), entity("SEQEND", &[])]
        .concat());
    add([
        entity("INSERT", &[(2, "HIDRANT"), (66, "1")]),
        at(10, 3.0, 3.0),
        entity("ATTRIB", &[(2, "ŠT"), (1, "12")]),
        entity("SEQEND", &[]),
    ]
    .concat());
    add([entity("CIRCLE", &[(40, "5")]), at(10, 0.0, 0.0)].concat());
    add(entity("SPLINE", &[]));
    add(entity("HATCH", &[]));
    add([entity("POINT", &[(67, "1")]), at(10, 0.0, 0.0)].concat());
    add(vec![(0, "ENDSEC".into()), (0, "EOF".into())]);
    encoding_rs::WINDOWS_1250.encode(&lines(&pairs)).0.into_owned()
}

fn slovene() -> SourceOptions {
    SourceOptions { crs: Crs::from_epsg(3794), ..SourceOptions::default() }
}

#[test]
fn entities_become_features_in_the_grid_that_was_said() {
    let read = read_bytes("a.dxf", &drawing(), slovene()).unwrap();
    assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings.details);
    let kinds: Vec<&str> = read
        .features
        .iter()
        .map(|f| match f.geometry {
            Some(Geometry::Point(_)) => "point",
            Some(Geometry::LineString(_)) => "line",
            Some(Geometry::Polygon(_)) => "area",
            _ => "other",
        })
        .collect();
    assert_eq!(kinds, ["point", "line", "point", "area", "line", "line", "point", "area"]);
    let Some(Geometry::Point(p)) = &read.features[0].geometry else { panic!("a point") };
    assert!((p.x() - 15.2677).abs() < 1e-7 && (p.y() - 46.2309).abs() < 1e-7, "{p:?}");
    let value = |row: usize, name: &str| read.features[row].values[read.collection.field_index(name).unwrap()].clone();
    assert_eq!(value(2, "text"), FieldValue::text("Kovačičeva"));
    assert_eq!(
        (value(6, "block"), value(6, "ŠT"), value(0, "layer")),
        (FieldValue::text("HIDRANT"), FieldValue::text("12"), FieldValue::text("ULICE"))
    );
    let lines = told(&read);
    for words in [
        "1 HATCH",
        "1 SPLINE",
        "1 entities on paper",
        "arcs became lines that keep within 1 cm",
        "its unit is millimetres",
    ] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
}

#[test]
fn arcs_keep_within_a_centimetre() {
    let read = read_bytes("a.dxf", &drawing(), slovene()).unwrap();
    let projection = cityheart::crs::Projection::new(Crs::from_epsg(3794).unwrap()).unwrap();
    let grid = |row: usize| {
        let geometry = read.features[row].geometry.clone().unwrap();
        geometry.map_coords(|c| projection.lonlat_to_easting_first(c).unwrap())
    };
    let circle = grid(7).unsigned_area();
    assert!((circle - 25.0 * std::f64::consts::PI).abs() < 0.01 * 10.0 * std::f64::consts::PI, "{circle}");
    let Geometry::LineString(half) = grid(4) else { panic!("a line") };
    for c in half.coords() {
        let radius = (c.x - X - 5.0).hypot(c.y - Y);
        assert!((radius - 5.0).abs() < 0.001 && c.y < Y + 0.001, "counterclockwise from left to right is below: {c:?}");
    }
}

#[test]
fn the_grid_must_be_said_and_is_proposed() {
    let sentence = refusal(read_bytes("a.dxf", &drawing(), SourceOptions::default()));
    assert!(
        sentence.contains("does not say in which reference system it is. Its positions fit")
            && sentence.contains("EPSG:3794"),
        "{sentence}"
    );
    for (bytes, words) in [
        (b"AC1032\0\0\0".to_vec(), "Save it as DXF"),
        (b"AutoCAD Binary DXF\r\n\x1a\0".to_vec(), "text (ASCII) DXF"),
        (b"  0\nSECTION\n  2\nHEADER\n  0\nENDSEC\n  0\nEOF\n".to_vec(), "no entities"),
        (b"  0\nSECTION\n  2\nENTITIES\n  x\nPOINT\n".to_vec(), "Line 5 is no group code"),
    ] {
        let refused = refusal(read_bytes("a.dxf", &bytes, slovene()));
        assert!(refused.contains(words), "{words}: {refused}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_drawings_never_end_in_a_panic(at in 0_usize..3000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = drawing();
        let at = at % bytes.len();
        bytes[at] = byte;
        if cut {
            bytes.truncate(at);
        }
        let _ = read_bytes("a.dxf", &bytes, slovene());
    }
}
