//! What is written, read by the programs that own the formats: GDAL, Arrow, openpyxl, and LibreOffice where it is
//! installed.

use super::samples::{FIELDS, SampleShape, bytes, collection, fixed_features, write};
use crate::support::python;
use cityheart::crs::Crs;
use cityheart::encoding::geometry_to_wkt;
use cityheart::feature::{Feature, FieldValue, Geometry};
use cityheart::feature_file::FileFormat;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::process::Command;

const COUNT: usize = 120;

/// What differs between a file and its features.
fn differences(path: &Path, kind: &str, features: &[Feature]) -> Vec<String> {
    let wanted: Vec<Json> = features
        .iter()
        .map(|f| {
            let values = FIELDS.iter().zip(&f.values).map(|((name, _), value)| ((*name).to_owned(), value.to_json()));
            json!({"id": f.id.as_str(), "properties": Json::Object(values.collect()), "wkt": f.geometry.as_ref().map(geometry_to_wkt)})
        })
        .collect();
    let said = python::run(include_str!("../python/read_file.py"), &json!([path, kind, wanted]).to_string());
    serde_json::from_str(said.lines().last().unwrap_or_default()).unwrap_or_else(|e| panic!("{e}: {said}"))
}

fn check(format: FileFormat, kind: &str, ending: &str, shape: SampleShape, features: &[Feature]) {
    let written = write(format, &collection(shape.schema_format()), Crs::CRS84, features);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(format!("things.{ending}"));
    std::fs::write(&path, bytes(&written)).unwrap();
    let wrong = differences(&path, kind, features);
    assert!(wrong.is_empty(), "{format:?}, {} differences: {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
}

#[test]
fn gdal_reads_every_value_of_a_geopackage() {
    check(FileFormat::GeoPackage, "gpkg", "gpkg", SampleShape::Any, &fixed_features(SampleShape::Any, COUNT));
}

#[test]
fn gdal_reads_every_value_of_a_zipped_shapefile() {
    for shape in [SampleShape::Points, SampleShape::Lines, SampleShape::Areas] {
        check(FileFormat::Shapefile, "shp", "shp.zip", shape, &fixed_features(shape, COUNT));
    }
}

#[test]
fn gdal_reads_every_value_of_kml() {
    let mut features = fixed_features(SampleShape::Any, COUNT);
    // GDAL reads numbers of KML as doubles.
    for feature in &mut features {
        if let FieldValue::Int(i) = feature.values[1] {
            feature.values[1] = FieldValue::Int(i % 1_000_000_000);
        }
    }
    check(FileFormat::Kml, "kml", "kml", SampleShape::Any, &features);
}

#[test]
fn gdal_reads_every_value_of_gpx() {
    for shape in [SampleShape::Points, SampleShape::Lines] {
        let mut features = fixed_features(shape, COUNT);
        features.retain(|f| f.geometry.is_some());
        // GDAL guesses whole numbers of 32 bits, and drops line breaks.
        for feature in &mut features {
            if let FieldValue::Int(i) = feature.values[1] {
                feature.values[1] = FieldValue::Int(i % 1_000_000_000);
            }
            for at in [0, 8] {
                if matches!(&feature.values[at], FieldValue::Text(text) if text.contains(['\n', '\t'])) {
                    feature.values[at] = FieldValue::Null;
                }
            }
        }
        check(FileFormat::Gpx, "gpx", "gpx", shape, &features);
    }
}

#[test]
fn gdal_reads_every_place_of_a_drawing() {
    let mut features = fixed_features(SampleShape::Any, COUNT);
    // One entity for each: parts and holes are entities of their own.
    features.retain(|f| matches!(f.geometry, Some(Geometry::Point(_) | Geometry::LineString(_))));
    check(FileFormat::Dxf, "dxf", "dxf", SampleShape::Any, &features);
}

#[test]
fn arrow_reads_every_value_of_geoparquet() {
    check(FileFormat::GeoParquet, "parquet", "parquet", SampleShape::Any, &fixed_features(SampleShape::Any, COUNT));
}

#[test]
fn openpyxl_reads_every_value_of_an_excel_workbook() {
    check(FileFormat::Xlsx, "xlsx", "xlsx", SampleShape::Points, &fixed_features(SampleShape::Points, COUNT));
}

#[test]
fn gdal_reads_the_rows_of_an_opendocument_workbook() {
    let mut features = fixed_features(SampleShape::Points, COUNT);
    // GDAL gives lines and several blanks another form.
    for feature in &mut features {
        for at in [0, 8] {
            if matches!(&feature.values[at], FieldValue::Text(text) if text.contains(['\n', '\t']) || text.contains("  "))
            {
                feature.values[at] = FieldValue::Null;
            }
        }
    }
    check(FileFormat::Ods, "ods", "ods", SampleShape::Points, &features);
}

/// LibreOffice writes each workbook again as XLSX, and openpyxl reads that.
#[test]
fn libreoffice_reads_every_value_of_a_workbook() {
    if Command::new("soffice").arg("--version").output().is_err() {
        eprintln!("left out: LibreOffice is not installed, so that it does not read the workbooks");
        return;
    }
    let mut features = fixed_features(SampleShape::Points, COUNT);
    // It drops tabs when it writes XLSX.
    for feature in &mut features {
        for at in [0, 8] {
            if matches!(&feature.values[at], FieldValue::Text(text) if text.contains('\t')) {
                feature.values[at] = FieldValue::Null;
            }
        }
    }
    for (format, ending) in [(FileFormat::Ods, "ods"), (FileFormat::Xlsx, "xlsx")] {
        let written = write(format, &collection("geometry-point"), Crs::CRS84, &features);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("things.{ending}"));
        std::fs::write(&path, bytes(&written)).unwrap();
        let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
        let converted = folder.path().join("out");
        let ran = Command::new("soffice")
            .args([profile.as_str(), "--headless", "--convert-to", "xlsx", "--outdir"])
            .args([&converted, &path])
            .output()
            .unwrap();
        assert!(ran.status.success(), "{ran:?}");
        let wrong = differences(&converted.join("things.xlsx"), "libreoffice", &features);
        assert!(wrong.is_empty(), "{format:?}, {} differences: {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
    }
}

#[test]
fn places_in_a_grid_are_where_proj_has_them() {
    const SCRIPT: &str = r"
import json, sys
import pyogrio, pyproj, shapely, pyarrow.parquet as parquet
folder, lon, lat = json.load(sys.stdin)
answer = []
for name in ('a.gpkg', 'a.shp.zip', 'a.parquet'):
    if name.endswith('parquet'):
        table = parquet.read_table(f'{folder}/{name}')
        crs = pyproj.CRS.from_json_dict(json.loads(table.schema.metadata[b'geo'])['columns']['geometry']['crs'])
        wkb = table.to_pylist()[0]['geometry']
    else:
        meta, _, geometry, _ = pyogrio.raw.read(f'{folder}/{name}')
        crs, wkb = pyproj.CRS.from_user_input(meta['crs']), geometry[0]
    code = crs.to_json_dict()['id']['code']
    x, y = pyproj.Transformer.from_crs('OGC:CRS84', f'EPSG:{code}', always_xy=True).transform(lon, lat)
    point = shapely.from_wkb(wkb)
    answer.append([name, code, abs(point.x - x) + abs(point.y - y)])
print(json.dumps(answer))
";
    let (lon, lat) = (15.2677, 46.2309);
    let feature = Feature {
        geometry: Some(Geometry::Point(geo_types::Point::new(lon, lat))),
        ..fixed_features(SampleShape::Points, 1).remove(0)
    };
    // Easting first, northing first by its authority, and a central zone of Germany far from its place.
    for code in [3794, 2180, 25833, 3857] {
        let folder = tempfile::tempdir().unwrap();
        let crs = Crs::from_epsg(code).unwrap();
        for (format, name) in [
            (FileFormat::GeoPackage, "a.gpkg"),
            (FileFormat::Shapefile, "a.shp.zip"),
            (FileFormat::GeoParquet, "a.parquet"),
        ] {
            let written = write(format, &collection("geometry-point"), crs, std::slice::from_ref(&feature));
            std::fs::write(folder.path().join(name), bytes(&written)).unwrap();
        }
        let answer = python::run(SCRIPT, &json!([folder.path(), lon, lat]).to_string());
        let rows: Vec<Json> = serde_json::from_str(&answer).unwrap();
        assert_eq!(rows.len(), 3);
        for row in rows {
            assert_eq!(row[1], code, "{row}");
            assert!(row[2].as_f64().is_some_and(|off| off < 0.01), "{row}");
        }
    }
}
