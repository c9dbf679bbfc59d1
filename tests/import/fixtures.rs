//! Files of many programs, read by us and by GDAL: each feature is within a metre of GDAL's and has its values, or the
//! file is refused with a reason. The files are not part of the project.

use crate::support::importing::Read;
use crate::support::python;
use crate::support::reading::read_file;
use cityheart::feature::{Feature, FieldValue};
use cityheart::import::SourceOptions;
use geo::CoordsIter;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

const KINDS: [&str; 5] = ["shapefile", "kml", "geopackage", "flatgeobuf", "geojson"];
const ENDINGS: [&str; 8] = ["shp", "zip", "kml", "kmz", "gpkg", "fgb", "geojson", "json"];
/// A metre in degrees of latitude.
const METRE_DEG: f64 = 1.0 / 111_000.0;

fn fixtures() -> Option<Vec<PathBuf>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/fixtures");
    if !root.exists() {
        eprintln!("left out: ../shared/data/fixtures is not here");
        return None;
    }
    let (mut folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = (KINDS.iter().map(|k| root.join(k)).collect(), vec![]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
            let is_tiles =
                path.to_string_lossy().contains("-tiles") || path.to_string_lossy().ends_with(".expected.json");
            if path.is_dir() {
                folders.push(path);
            } else if ENDINGS.contains(&ending.as_str()) && !is_tiles {
                files.push(path);
            }
        }
    }
    files.sort();
    Some(files)
}

/// How far apart (metres) two positions are, as far as they are near each other.
fn distance_m(a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (a.0 - b.0, a.1 - b.1);
    (dx * a.1.to_radians().cos()).hypot(dy) / METRE_DEG
}

/// Whether each position of one has one of the other within a metre.
fn is_near(ours: &[(f64, f64)], theirs: &[(f64, f64)]) -> bool {
    holds_all(ours, theirs) && holds_all(theirs, ours)
}

fn holds_all(wide: &[(f64, f64)], positions: &[(f64, f64)]) -> bool {
    let cell = |(x, y): (f64, f64)| ((x / METRE_DEG).floor() as i64, (y / METRE_DEG).floor() as i64);
    let mut cells: HashMap<(i64, i64), Vec<(f64, f64)>> = HashMap::new();
    wide.iter().for_each(|position| cells.entry(cell(*position)).or_default().push(*position));
    positions.iter().all(|position| {
        let (x, y) = cell(*position);
        // A degree of longitude is shorter: a metre of it is more cells.
        let reach = (1.0 / position.1.to_radians().cos().abs().max(0.05)).ceil() as i64;
        let near = (-reach..=reach).flat_map(|dx| (-1..=1).map(move |dy| (x + dx, y + dy)));
        near.filter_map(|cell| cells.get(&cell)).flatten().any(|other| distance_m(*position, *other) <= 1.0)
    })
}

/// Whether two have one extent within a hundredth: of arcs, each makes segments of its own.
fn is_as_large(ours: &[(f64, f64)], theirs: &[(f64, f64)]) -> bool {
    let extent = |all: &[(f64, f64)]| {
        all.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |b, (x, y)| {
            [b[0].min(*x), b[1].min(*y), b[2].max(*x), b[3].max(*y)]
        })
    };
    let (a, b) = (extent(ours), extent(theirs));
    let size = (a[2] - a[0]).max(a[3] - a[1]);
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= size / 100.0)
}

/// A value without the differences of how the two write it.
fn plain(value: &Json) -> Json {
    match value {
        Json::Number(n) => json!(n.as_f64().map(|f| format!("{f:.9e}"))),
        Json::Bool(b) => plain(&json!(i32::from(*b))),
        Json::String(s) if s.trim().is_empty() => Json::Null,
        Json::String(s) if s.starts_with(['{', '[']) => {
            json!(s.parse::<Json>().map_or_else(|_| s.clone(), |list| list.to_string()))
        }
        Json::String(s) => match s.trim().parse::<f64>() {
            Ok(number) => json!(Some(format!("{number:.9e}"))),
            Err(_) => {
                json!(s.trim_end().trim_end_matches('Z').trim_end_matches(".000").replace(' ', "T").replace('/', "-"))
            }
        },
        Json::Array(_) | Json::Object(_) => json!(value.to_string()),
        Json::Null => Json::Null,
    }
}

fn has_ending(path: &str, endings: &[&str]) -> bool {
    Path::new(path).extension().is_some_and(|e| endings.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

fn positions_of(feature: &Feature) -> Vec<(f64, f64)> {
    feature.geometry.iter().flat_map(|g| g.coords_iter().map(|c| (c.x, c.y))).collect()
}

fn gdal_positions(feature: &Json) -> Vec<(f64, f64)> {
    let number = |n: &Json| n.as_f64().unwrap_or(f64::NAN);
    let positions = feature["positions"].as_array().into_iter().flatten();
    positions.map(|p| (number(&p[0]), number(&p[1]))).collect()
}

/// What differs between our reading and GDAL's.
fn compare(read: &Read, theirs: &Json) -> Vec<String> {
    let theirs = theirs["features"].as_array().unwrap();
    if read.features.len() != theirs.len() {
        return vec![format!("{} features, GDAL has {}", read.features.len(), theirs.len())];
    }
    let mut differences = vec![];
    let has_arcs = read.report.notes.iter().any(|note| note.contains("arcs became lines"));
    for (row, (own, other)) in read.features.iter().zip(theirs).enumerate() {
        let (ours, positions) = (positions_of(own), gdal_positions(other));
        let is_alike = if has_arcs { is_as_large(&ours, &positions) } else { is_near(&ours, &positions) };
        if !is_alike {
            differences.push(format!("row {row}: misplaced, {:?} and {:?}", ours.first(), positions.first()));
        }
        for (name, value) in other["values"].as_object().unwrap() {
            let renamed = read.report.renamed.iter().find(|r| r.from == *name).map_or(name, |r| &r.to);
            let Some(at) = read.collection.field_index(renamed) else { continue };
            let (ours, value) = (plain(&FieldValue::to_json(&own.values[at])), plain(value));
            if ours != value {
                differences.push(format!("row {row}: {name} is {ours}, GDAL has {value}"));
            }
        }
    }
    differences
}

#[test]
fn files_of_many_programs_are_read_as_gdal_reads_them_or_refused() {
    let Some(files) = fixtures() else { return };
    let asked: Vec<String> = files
        .iter()
        .map(|path| {
            let path = path.display().to_string();
            if has_ending(&path, &["zip"]) { format!("/vsizip/{path}") } else { path }
        })
        .collect();
    let theirs: Json =
        python::run(include_str!("../python/read_with_gdal.py"), &json!(asked).to_string()).parse().unwrap();
    let (mut read_alike, mut refused, mut wrong) = (0, vec![], vec![]);
    for (path, asked) in files.iter().zip(&asked) {
        let layers: Vec<&Json> = theirs.as_array().unwrap().iter().filter(|l| l["path"] == **asked).collect();
        for theirs in &layers {
            let is_kml = has_ending(asked, &["kml", "kmz"]);
            let layer = theirs["layer"].as_str().filter(|_| !is_kml && !has_ending(asked, &["zip", "fgb"]));
            let said = SourceOptions { layer: layer.map(str::to_owned), ..SourceOptions::default() };
            let name = format!("{} {}", path.file_name().unwrap().to_string_lossy(), layer.unwrap_or_default());
            let read = match read_file(path, said) {
                Err(e) => {
                    refused.push(format!("{name}: {e}"));
                    continue;
                }
                Ok(read) => read,
            };
            match (&read.result, theirs["error"].as_str()) {
                (Err(e), _) => refused.push(format!("{name}: {e}")),
                (Ok(()), Some(_)) => {}
                // GDAL has a layer for each folder: together they are what we read.
                (Ok(()), None) if is_kml => {
                    let ours: Vec<_> = read.features.iter().flat_map(positions_of).collect();
                    let theirs = layers.iter().flat_map(|l| l["features"].as_array().unwrap());
                    let theirs: Vec<_> = theirs.flat_map(gdal_positions).collect();
                    // GDAL makes an area of a picture on the ground, which we tell and do not read.
                    let has_pictures = read.report.notes.iter().any(|note| note.contains("GroundOverlay"));
                    if holds_all(&theirs, &ours) && (has_pictures || holds_all(&ours, &theirs)) {
                        read_alike += 1;
                    } else {
                        wrong.push(format!("{name}: misplaced"));
                    }
                }
                (Ok(()), None) => match compare(&read, theirs) {
                    differences if differences.is_empty() => read_alike += 1,
                    differences => wrong.push(format!(
                        "{name}: {}",
                        differences.iter().take(3).cloned().collect::<Vec<_>>().join("; ")
                    )),
                },
            }
        }
    }
    eprintln!("{read_alike} layers as GDAL reads them; refused:\n{}", refused.join("\n"));
    assert_eq!(wrong, Vec::<String>::new());
    assert!(refused.len() * 3 < read_alike, "{} of {} are refused", refused.len(), refused.len() + read_alike);
}
