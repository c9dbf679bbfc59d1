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

/// A park around each of these rings of nodes, which lie on a grid of ten columns: node 23 is in row 2 and column 3.
fn parks(ways: &[&[i64]], relations: &[&[(i64, &str)]]) -> Read {
    let mut e = Extract::default();
    for id in 0..100 {
        e.node(id, 15.26 + (id % 10) as f64 * 1e-4, 46.22 + (id / 10) as f64 * 1e-4, &[]);
    }
    ways.iter().zip(1..).for_each(|(nodes, id)| e.way(id, nodes, &[]));
    let tags = [("type", "multipolygon"), ("leisure", "park")];
    relations.iter().zip(1..).for_each(|(members, id)| e.relation(id, members, &tags));
    read(bytes(&e), "green").unwrap()
}

/// Polygons, holes, and the area in cells of the grid.
fn measures(feature: &Feature) -> (usize, usize, f64) {
    use geo::Area;
    let polygons = match feature.geometry.as_ref().unwrap() {
        Geometry::Polygon(p) => vec![p.clone()],
        Geometry::MultiPolygon(m) => m.0.clone(),
        other => panic!("{other:?}"),
    };
    let area: f64 = polygons.iter().map(Area::unsigned_area).sum();
    (polygons.len(), polygons.iter().map(|p| p.interiors().len()).sum(), (area * 1e8).round())
}

#[test]
fn areas_are_assembled_as_osmium_does_whatever_the_roles_say() {
    // Expected: what osmium-tool 1.15 (osmium export) makes of the same objects. Only a way that is there twice and a
    // corner on a side are faults to it.
    let frame: &[i64] = &[0, 9, 99, 90, 0];
    for (name, ways, members, expected) in [
        (
            "inner rings with a common corner",
            vec![frame, &[11, 13, 33, 31, 11], &[33, 35, 55, 53, 33]],
            vec![(1, "outer"), (2, "inner"), (3, "inner")],
            (1, 2, 73.0),
        ),
        (
            "inner rings with a common side",
            vec![frame, &[11, 13, 33, 31, 11], &[13, 15, 35, 33, 13]],
            vec![(1, "outer"), (2, "inner"), (3, "inner")],
            (1, 1, 73.0),
        ),
        (
            "an inner ring at a corner of the outer",
            vec![&[0, 2, 9, 99, 90, 20, 0], &[0, 2, 22, 20, 0]],
            vec![(1, "outer"), (2, "inner")],
            (1, 0, 77.0),
        ),
        (
            "an inner ring that touches the outer",
            vec![&[0, 9, 99, 90, 40, 0], &[40, 32, 52, 40]],
            vec![(1, "outer"), (2, "inner")],
            (1, 1, 79.0),
        ),
        (
            "rings of several ways, turned round",
            vec![&[0, 9, 99], &[0, 90, 99], &[11, 13], &[33, 13], &[33, 31, 11]],
            vec![(1, "outer"), (2, "outer"), (3, "inner"), (4, "inner"), (5, "inner")],
            (1, 1, 77.0),
        ),
        ("wrong roles", vec![frame, &[11, 13, 33, 31, 11]], vec![(1, "inner"), (2, "outer")], (1, 1, 77.0)),
        ("no roles", vec![frame, &[11, 13, 33, 31, 11]], vec![(1, ""), (2, "forest")], (1, 1, 77.0)),
        (
            "several outer rings",
            vec![&[0, 4, 44, 40, 0], &[11, 13, 33, 31, 11], &[55, 59, 99, 95, 55]],
            vec![(1, "outer"), (2, "inner"), (3, "outer")],
            (2, 1, 28.0),
        ),
        (
            "an island in a hole",
            vec![frame, &[11, 18, 88, 81, 11], &[33, 36, 66, 63, 33]],
            vec![(1, "outer"), (2, "inner"), (3, "outer")],
            (2, 1, 41.0),
        ),
        (
            "outer rings with a common side",
            vec![&[0, 4, 44, 40, 0], &[4, 8, 48, 44, 4]],
            vec![(1, "outer"), (2, "outer")],
            (1, 0, 32.0),
        ),
        (
            "a hole from side to side",
            vec![&[0, 9, 49, 99, 90, 40, 0], &[40, 34, 49, 54, 40]],
            vec![(1, "outer"), (2, "inner")],
            (2, 0, 72.0),
        ),
        ("a ring that touches itself", vec![&[0, 4, 22, 44, 40, 22, 0]], vec![(1, "outer")], (2, 0, 8.0)),
        (
            "a way that is there twice",
            vec![frame, &[11, 13, 33, 31, 11]],
            vec![(1, "outer"), (2, "inner"), (1, "outer")],
            (1, 1, 77.0),
        ),
        ("a corner on a side", vec![frame, &[40, 32, 52, 40]], vec![(1, "outer"), (2, "inner")], (1, 1, 79.0)),
    ] {
        let read = parks(&ways, &[&members]);
        assert_eq!(read.report.findings.details, [], "{name}");
        assert_eq!(measures(&read.features[0]), expected, "{name}");
    }
}

#[test]
fn a_way_may_be_the_border_of_two_areas() {
    let read = parks(
        &[&[0, 4], &[4, 44], &[44, 40, 0], &[4, 8, 48, 44]],
        &[&[(1, "outer"), (2, "outer"), (3, "outer")], &[(2, "outer"), (4, "outer")]],
    );
    assert_eq!(read.report.findings.details, []);
    assert_eq!(read.features.iter().map(measures).collect::<Vec<_>>(), [(1, 0, 16.0), (1, 0, 16.0)]);
}

#[test]
fn what_the_edge_of_the_extract_cuts_off_is_told_apart_from_what_is_broken() {
    let read = parks(
        &[&[0, 4, 44], &[0, 9, 999, 0], &[0, 4, 40, 44, 0], &[0, 1, 0]],
        &[&[(1, "outer"), (77, "outer")], &[(2, "outer")], &[(1, "outer")], &[(3, "outer")], &[(4, "outer")]],
    );
    let findings: Vec<_> = read.report.findings.details.iter().map(|f| (f.kind.name(), f.message.as_str())).collect();
    let [missing_way, missing_node, open, crossing, empty] = findings[..] else { panic!("{findings:?}") };
    assert_eq!(missing_way.0, "cut-off");
    assert!(
        missing_way.1.contains("1 of its 2 ways is not in it as a whole. Take a larger extract"),
        "{}",
        missing_way.1
    );
    assert!(missing_node.0 == "cut-off" && missing_node.1.contains("1 of its 1 way is not"), "{missing_node:?}");
    assert_eq!(open.0, "broken-outline");
    assert!(
        open.1.contains(
            "does not close near 15.26, 46.22. It is broken in OpenStreetMap: https://www.openstreetmap.org/relation/3."
        ),
        "{}",
        open.1
    );
    assert!(
        crossing.0 == "broken-outline" && crossing.1.contains("crosses itself near 15.2602, 46.2202"),
        "{crossing:?}"
    );
    assert!(empty.0 == "broken-outline" && empty.1.contains("encloses nothing"), "{empty:?}");
    let place = &read.report.findings.details[0].place;
    assert_eq!((place.id.as_deref(), place.line), (Some("relation-1"), None), "an extract has no lines");
    assert!(findings.iter().all(|f| !f.1.contains("Redraw")));
    // A street that leaves the extract is shortened, and that is told.
    let streets = read_streets();
    let [finding] = &streets.report.findings.details[..] else { panic!("{:?}", streets.report.findings) };
    assert!(finding.warning && finding.message.contains("lacks 1 node of it: only its longest part"), "{finding}");
}

fn read_streets() -> Read {
    read(bytes(&small()), "streets").unwrap()
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
            assert!(read.report.findings.details.iter().all(|f| f.kind.name() == "cut-off"), "{file} {into}");
        }
    }
}

#[test]
fn multipolygons_of_a_real_extract_are_those_of_osmium() {
    // osmium-tool 1.15 (osmium export) makes 140 areas with 294 rings of the relations with a building tag, and 598 of
    // closed ways. Areas in square steps of 1e-7 degrees.
    let Some(path) = shared("paris-9e-10e-202107.osm.pbf") else { return };
    let read = read(ImportSource::open(&path, None).unwrap(), "buildings").unwrap();
    for (kind, count, rings, area) in [("relation", 140, 294, 842_224_332.0), ("way", 598, 598, 1_975_896_333.0)] {
        let of_kind = read.features.iter().filter(|f| f.id.as_str().starts_with(kind));
        let polygons = of_kind.map(|f| match f.geometry.clone() {
            Some(Geometry::Polygon(one)) => geo_types::MultiPolygon(vec![one]),
            Some(Geometry::MultiPolygon(many)) => many,
            other => panic!("{other:?}"),
        });
        let (mut found, mut found_rings, mut found_area) = (0, 0, 0.0);
        for all in polygons {
            found += 1;
            found_rings += all.iter().map(|p| 1 + p.interiors().len()).sum::<usize>();
            found_area += geo::Area::unsigned_area(&all) * 1e14;
        }
        assert_eq!((found, found_rings), (count, rings), "{kind}");
        assert!((found_area - area).abs() < 1000.0, "{kind}: {found_area}");
    }
}
