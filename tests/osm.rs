//! OpenStreetMap extracts into collections: a small one written here, byte by byte, and two real ones where they stand
//! beside the project.

use crate::support::importing::Read;
use crate::support::pbf::Extract;
use cityheart::collection::CollectionId;
use cityheart::error::Error;
use cityheart::feature::{Feature, FieldValue, Geometry};
use cityheart::import::{ImportFormat, ImportOptions, ImportProgress, ImportSource};
use cityheart::plan::PlanModel;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn read(source: ImportSource, into: &str) -> Result<Read, Error> {
    let id = CollectionId::new(into).unwrap();
    let chosen = source.prepare_for(&id, &Arc::<ImportProgress>::default())?;
    let options = ImportOptions { lenient: true, ..ImportOptions::default() };
    Ok(crate::support::importing::read(&PlanModel::load().unwrap(), into, None, &[chosen], &options, &[], &[]))
}

fn bytes(of: &Extract) -> ImportSource {
    ImportSource::from_embedded("small.osm.pbf", of.bytes().into()).unwrap()
}

/// Two streets that cross, one of them private; a house; a park with a pond in two pieces; a shop; nodes that are
/// missing.
fn small() -> Extract {
    let mut e = Extract::default();
    for (id, x, y) in
        [(1, 0, 0), (2, 10, 0), (3, 20, 0), (4, 10, 10), (5, 0, 10), (6, 2, 2), (7, 8, 2), (8, 8, 8), (9, 2, 8)]
    {
        // Steps of a ten-thousandth of a degree.
        e.node(id, 15.26 + f64::from(x) * 1e-4, 46.22 + f64::from(y) * 1e-4, &[]);
    }
    e.node(10, 15.261, 46.221, &[("shop", "bakery"), ("name", "Pekarna"), ("brand", "Zrno")]);
    e.way(100, &[1, 2, 3], &[("highway", "residential"), ("name", "Glavna ulica"), ("surface", "sett")]);
    e.way(101, &[2, 4], &[("highway", "service"), ("access", "private")]);
    e.way(102, &[5, 99, 4, 2], &[("highway", "footway")]);
    e.way(103, &[1, 2, 4, 1], &[("building", "house"), ("building:levels", "3")]);
    e.way(104, &[1, 2, 4], &[]);
    e.way(105, &[4, 5, 1], &[]);
    e.way(106, &[6, 7, 8, 9, 6], &[("natural", "water")]);
    e.way(107, &[1, 99, 2, 1], &[("building", "yes")]);
    e.relation(
        200,
        &[(104, "outer"), (105, "outer"), (106, "inner")],
        &[("type", "multipolygon"), ("leisure", "park")],
    );
    e.relation(201, &[(104, "outer")], &[("type", "multipolygon"), ("landuse", "forest")]);
    e
}

fn ids(read: &Read) -> Vec<&str> {
    read.features.iter().map(|f| f.id.as_str()).collect()
}

fn value<'a>(read: &'a Read, feature: &'a Feature, field: &str) -> &'a FieldValue {
    &feature.values[read.collection.field_index(field).unwrap()]
}

#[test]
fn streets_come_with_their_class_and_whether_one_may_walk_there() {
    let streets = read(bytes(&small()), "streets").unwrap();
    assert_eq!(ids(&streets), ["way-100", "way-101", "way-102"]);
    let [main, private, foot] = &streets.features[..] else { panic!("three streets") };
    assert_eq!(value(&streets, main, "name"), &FieldValue::text("Glavna ulica"));
    assert_eq!(value(&streets, main, "class"), &FieldValue::text("residential"));
    assert_eq!(value(&streets, main, "foot"), &FieldValue::Bool(true));
    assert_eq!(value(&streets, private, "foot"), &FieldValue::Bool(false));
    // One of its nodes is not in the extract: the longest stretch that is.
    let Some(Geometry::LineString(line)) = &foot.geometry else { panic!("a line") };
    assert_eq!(line.0, [(15.261, 46.221), (15.261, 46.22)].map(geo_types::Coord::from));
    assert_eq!(streets.collection.attribution(), "© OpenStreetMap contributors");
    assert_eq!(streets.collection.license().unwrap().0, "ODbL-1.0");
}

#[test]
fn multipolygons_are_put_together_and_what_cannot_be_is_told() {
    let green = read(bytes(&small()), "green").unwrap();
    assert_eq!(ids(&green), ["relation-200"]);
    let Some(Geometry::Polygon(park)) = &green.features[0].geometry else { panic!("a polygon") };
    assert_eq!((park.exterior().0.len(), park.interiors().len()), (5, 1));
    // The forest's ring stays open.
    assert_eq!(green.report.left_out, 1);
    assert!(green.report.findings.first_error().unwrap().place.id.as_deref() == Some("relation-201"));
    let buildings = read(bytes(&small()), "buildings").unwrap();
    assert_eq!((ids(&buildings), buildings.report.left_out), (vec!["way-103"], 1));
    assert_eq!(value(&buildings, &buildings.features[0], "levels"), &FieldValue::Int(3));
    let shops = read(bytes(&small()), "shops").unwrap();
    assert_eq!(ids(&shops), ["node-10"]);
    assert_eq!(value(&shops, &shops.features[0], "brand"), &FieldValue::text("Zrno"));
}

#[test]
fn an_extract_without_what_is_wanted_or_for_another_collection_is_refused_with_a_sentence() {
    let refused = |source: ImportSource, into: &str| read(source, into).map(|_| ()).unwrap_err().to_string();
    let mut bare = Extract::default();
    bare.node(1, 15.26, 46.22, &[("natural", "tree")]);
    assert!(refused(bytes(&bare), "amenities").contains("small.osm.pbf contains nothing for this collection"));
    let sentence = refused(bytes(&small()), "interventions");
    assert!(sentence.contains("amenities, buildings, green, shops, streets, water"), "{sentence}");
    let whole = small().bytes();
    for cut in [20, 60, whole.len() / 2, whole.len() - 1] {
        let source = ImportSource::from_embedded("cut.osm.pbf", whole[..cut].to_vec().into()).unwrap();
        assert_eq!(source.format(), ImportFormat::OsmPbf);
        let sentence = match read(source, "streets") {
            Ok(read) => panic!("{} of {} bytes gave {} features", cut, whole.len(), read.features.len()),
            Err(e) => e.to_string(),
        };
        assert!(sentence.contains("cut.osm.pbf") && sentence.ends_with('.'), "{sentence}");
    }
    // Every byte of the data spoilt in turn: refused or read, never a breakdown.
    for at in (20..whole.len()).step_by(7) {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0x55;
        if let Err(e) = read(ImportSource::from_embedded("spoilt.osm.pbf", spoilt.into()).unwrap(), "streets") {
            assert!(matches!(e, Error::Invalid(_) | Error::Refused(_)), "byte {at}: {e:?}");
        }
    }
}

fn shared(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("CITYHEART_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = shared.join("data/osm").join(name);
    if !path.is_file() {
        eprintln!("left out: the extract {name} is not here");
        return None;
    }
    Some(path)
}

#[test]
fn real_extracts_give_what_gdal_finds_in_them() {
    // GDAL 3.6 (ogr2ogr, layers lines, points and multipolygons) finds in Krems 836 lines and one area with these
    // values of highway, 1195 buildings, 59 + 32 shops; in Paris 169 lines and 9 areas, 738 buildings, 117 + 7 shops.
    // Seven buildings of Paris are cut off at the edge: GDAL does not show them.
    for (file, counts) in [
        ("krems-an-der-donau-201312.osm.pbf", [("streets", 837, 0), ("buildings", 1195, 0), ("shops", 91, 0)]),
        ("paris-9e-10e-202107.osm.pbf", [("streets", 178, 0), ("buildings", 738, 7), ("shops", 124, 0)]),
    ] {
        let Some(path) = shared(file) else { return };
        for (into, count, left_out) in counts {
            let read = read(ImportSource::open(&path, None).unwrap(), into).unwrap();
            assert_eq!((read.features.len(), read.report.left_out), (count, left_out), "{file} {into}");
        }
    }
}
