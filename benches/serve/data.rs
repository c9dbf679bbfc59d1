//! Generated plans, written once below the target folder.

use crate::city::{self, Random};
use cityheart::feature::BoundingBox;
use std::f64::consts::TAU;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of generated files.
pub fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("serve");
    std::fs::create_dir_all(&folder).expect("a folder below the target folder");
    folder
}

/// The GeoJSON file of `count` features, one per line.
pub fn geojson(size: &str, count: i64) -> PathBuf {
    let file = folder().join(format!("f{size}.geojson"));
    if file.exists() {
        return file;
    }
    let part = file.with_extension("part");
    let mut out = std::io::BufWriter::new(std::fs::File::create(&part).expect("a file"));
    let collection = city::collection();
    let mut r = Random(42);
    writeln!(out, "{{\"type\":\"FeatureCollection\",\"features\":[").expect("it is written");
    for i in 1..=count {
        let feature = city::feature(i, &mut r);
        let geometry = geojson::Geometry::from(feature.geometry.as_ref().expect("every feature has a place"));
        let names = collection.fields.iter().map(|f| f.name.clone());
        let properties: serde_json::Map<_, _> =
            names.zip(feature.values.iter().map(cityheart::feature::FieldValue::to_json)).collect();
        let end = if i == count { "" } else { "," };
        let json = serde_json::json!({"type": "Feature", "id": i, "geometry": geometry, "properties": properties});
        writeln!(out, "{json}{end}").expect("it is written");
    }
    writeln!(out, "]}}").expect("it is written");
    out.flush().expect("it is written");
    std::fs::rename(&part, &file).expect("it is named");
    file
}

/// The plan with these features, imported by the program itself. All runs use the same file.
pub fn plan(program: &str, size: &str, count: i64) -> String {
    let plan = folder().join(format!("f{size}.gpkg"));
    if !plan.exists() {
        let from = geojson(size, count);
        let done = Command::new(program)
            .args(["import", "--into", "features", "--plan"])
            .arg(&plan)
            .arg(from)
            .status()
            .expect("it runs");
        assert!(done.success(), "the import failed");
    }
    plan.to_string_lossy().into_owned()
}

/// A polygon with 5 to 9 vertices in a box, as percent-encoded WKT.
pub fn area(r: &mut Random, within: BoundingBox) -> String {
    let corners = 5 + r.below(5);
    let start = r.unit() * TAU;
    let (x, y) = (f64::midpoint(within.west, within.east), f64::midpoint(within.south, within.north));
    let mut ring: Vec<String> = (0..corners)
        .map(|corner| {
            let angle = start + corner as f64 * TAU / corners as f64;
            let reach = 0.35 + 0.15 * r.unit();
            let lon = x + angle.cos() * reach * (within.east - within.west);
            let lat = y + angle.sin() * reach * (within.north - within.south);
            format!("{lon:.6}%20{lat:.6}")
        })
        .collect();
    ring.push(ring[0].clone());
    format!("POLYGON(({}))", ring.join("%2C"))
}
