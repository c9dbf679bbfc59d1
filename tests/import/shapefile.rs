//! Shapefiles, loose and zipped: their values, encodings, grids and rings, and what is wrong with them.

use crate::support::reading::{read_bytes, read_file, refusal, told};
use crate::support::shapefiles::{SLOVENIA, Shape, dbf, point, shp, write, zip};
use cityheart::collection::FieldType;
use cityheart::crs::Crs;
use cityheart::feature::{FieldValue, Geometry};
use cityheart::import::SourceOptions;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn options() -> SourceOptions {
    SourceOptions::default()
}

fn named(encoding: &str) -> SourceOptions {
    SourceOptions { encoding: Some(encoding.into()), ..options() }
}

/// Files of one point for each word, in a table with this language byte, text encoding as bytes.
fn words(language: u8, words: &[&[u8]], others: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Vec<&[u8]>> = words.iter().map(|w| vec![*w]).collect();
    let shapes: Vec<Shape> = words.iter().map(|_| point(520_648.429_84, 121_273.945_26)).collect();
    let (main, _) = shp(&shapes);
    write(folder.path(), &[("Ulice.SHP", &main), ("ulice.dbf", &dbf(language, &[("IME", b'C', 40, 0)], &rows))]);
    write(folder.path(), &[("ulice.PRJ", SLOVENIA.as_bytes())]);
    write(folder.path(), others);
    folder
}

fn texts(read: &crate::support::importing::Read) -> Vec<String> {
    read.features.iter().map(|f| f.values[0].to_json().as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn the_grid_is_that_of_the_prj_and_files_are_found_in_any_case() {
    let folder = words(0, &[b"Glavni trg"], &[]);
    let read = read_file(&folder.path().join("Ulice.SHP"), options()).unwrap();
    assert_eq!(read.report.findings.details, []);
    let Some(Geometry::Point(p)) = read.features[0].geometry else { panic!("a point") };
    assert!((p.x() - 15.2677).abs() < 1e-7 && (p.y() - 46.2309).abs() < 1e-7, "{p:?}");
    let lines = told(&read);
    assert!(
        lines.contains(
            "is a shapefile, in EPSG:3794 (Slovenia 1996 / Slovene National Grid), by the parameters of its .prj"
        ),
        "{lines}"
    );
    let json = read.report.to_json();
    assert_eq!(
        (&json["sources"][0]["format"], &json["sources"][0]["crs"]),
        (&json!("a shapefile"), &json!("EPSG:3794"))
    );
    let other = SourceOptions { crs: Crs::from_epsg(2154), ..options() };
    assert!(refusal(read_file(&folder.path().join("Ulice.SHP"), other)).contains("in EPSG:3794 (Slovenia 1996"));
}

#[test]
fn text_is_read_in_the_encoding_that_its_files_or_its_letters_say() {
    let slovene = ["Kovačičeva ulica", "Šubičeva", "Čopova", "Žalec", "Pod gozdom", "Prešernova cesta", "Mariborska"];
    let greek = ["Οδός Ερμού", "Λεωφόρος Αθηνών", "Πλατεία Ελευθερίας", "Λαμία", "Παλιά πόλη"];
    let french = ["Rue de l'Église", "Place du Marché", "Fossé", "Hôtel de ville", "Théâtre", "Cœur de ville"];
    let encode = |label: &str, words: &[&str]| -> Vec<Vec<u8>> {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes()).unwrap();
        words.iter().map(|w| encoding.encode(w).0.into_owned()).collect()
    };
    let cp852 = |text: &str| -> Vec<u8> {
        let table = [('č', 0x9f), ('š', 0xe7), ('ž', 0xa7), ('Č', 0xac), ('Š', 0xe6), ('Ž', 0xa6)];
        text.chars().map(|c| table.iter().find(|t| t.0 == c).map_or(c as u8, |t| t.1)).collect()
    };
    let polish = ["Ulica Żwirki", "Święty Łukasz", "Rynek Główny", "Źródło", "Małopolska", "Wąska", "Kręta"];
    let croatian =
        ["Ulica Šime Đurića", "Županijska", "Kralja Petra Krešimira", "Čepin", "Đakovo", "Trg Ante Starčevića"];
    let french_dos =
        ["Rue de l'église", "Place du Marché", "Fossé", "Hôtel de ville", "Théâtre", "Crèche des Tilleuls"];
    let cp850 = |text: &str| -> Vec<u8> {
        let table = [('é', 0x82), ('â', 0x83), ('è', 0x8a), ('ô', 0x93), ('î', 0x8c), ('ç', 0x87)];
        text.chars().map(|c| table.iter().find(|t| t.0 == c).map_or(c as u8, |t| t.1)).collect()
    };
    let latin_dos: Vec<Vec<u8>> = french_dos.iter().map(|w| cp850(w)).collect();
    let dos: Vec<Vec<u8>> = slovene.iter().map(|w| cp852(w)).collect();
    for (bytes, language, cpg, wanted, name, reason) in [
        (encode("windows-1250", &slovene), 0, "", &slovene[..], "windows-1250", "detected"),
        (encode("windows-1250", &slovene), 0xc8, "", &slovene, "windows-1250", "stated"),
        (encode("windows-1250", &slovene), 0x57, "1250", &slovene, "windows-1250", "stated"),
        (encode("iso-8859-2", &slovene), 0, "ISO 88592", &slovene, "ISO-8859-2", "stated"),
        (encode("iso-8859-2", &slovene), 0, "", &slovene, "ISO-8859-2", "detected"),
        (encode("iso-8859-2", &polish), 0, "", &polish, "ISO-8859-2", "detected"),
        (encode("windows-1250", &polish), 0, "", &polish, "windows-1250", "detected"),
        (encode("iso-8859-2", &croatian), 0, "8859-2", &croatian, "ISO-8859-2", "stated"),
        (latin_dos.clone(), 0, "", &french_dos, "CP850", "detected"),
        (latin_dos, 0x02, "", &french_dos, "CP850", "stated"),
        (dos.clone(), 0, "", &slovene, "CP852", "detected"),
        (dos, 0x64, "", &slovene, "CP852", "stated"),
        (encode("utf-8", &slovene), 0, "", &slovene, "UTF-8", "detected"),
        (encode("utf-8", &slovene), 3, "", &slovene, "UTF-8", "proven"),
        (encode("utf-8", &slovene), 0, "UTF-8", &slovene, "UTF-8", "stated"),
        (encode("windows-1253", &greek), 0, "", &greek, "windows-1253", "detected"),
        (encode("windows-1252", &french), 0, "", &french, "windows-1252", "detected"),
    ] {
        let rows: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
        let page: &[(&str, &[u8])] = if cpg.is_empty() { &[] } else { &[("ulice.cpg", cpg.as_bytes())] };
        let folder = words(language, &rows, page);
        // The country of a grid is a hint that a table of another country does not have.
        if wanted != slovene && wanted != croatian {
            std::fs::remove_file(folder.path().join("ulice.PRJ")).unwrap();
        }
        let crs = Crs::from_epsg(3794);
        let read = read_file(&folder.path().join("Ulice.SHP"), SourceOptions { crs, ..options() }).unwrap();
        assert_eq!(texts(&read), wanted, "{name} {reason}");
        let encoding = &read.report.to_json()["sources"][0]["encoding"];
        assert_eq!((&encoding["name"], &encoding["reason"]), (&json!(name), &json!(reason)));
        let example = encoding["example"].as_str().unwrap();
        assert!(wanted.iter().any(|w| w.contains(example)) && !example.is_ascii(), "{example}");
    }
    let wrong = words(0, &[b"Kova\xe8i\xe8eva"], &[("ulice.cpg", b"1252")]);
    let read = read_file(&wrong.path().join("Ulice.SHP"), named("CP1250")).unwrap();
    assert_eq!(texts(&read), ["Kovačičeva"]);
    assert!(told(&read).contains("windows-1250 (as in 'Kovačičeva'), by --encoding"), "{}", told(&read));
    assert!(refusal(read_file(&wrong.path().join("Ulice.SHP"), named("UTF-8"))).contains("is not UTF-8"));
    assert!(refusal(read_file(&wrong.path().join("Ulice.SHP"), named("klingon"))).contains("is not known"));
}

#[test]
fn values_keep_their_kind_and_their_characters() {
    let folder = tempfile::tempdir().unwrap();
    let columns = [
        ("CODE", b'C', 6, 0),
        ("N", b'N', 8, 0),
        ("AREA", b'N', 12, 2),
        ("DONE", b'L', 1, 0),
        ("DAY", b'D', 8, 0),
        ("WIDE", b'N', 20, 0),
        ("code", b'C', 3, 0),
        ("CODE", b'C', 3, 0),
        ("MEMO", b'M', 10, 0),
    ];
    let rows: Vec<Vec<&[u8]>> = vec![
        vec![b"007", b"      12", b"     1234.50", b"T", b"20260301", b"12345678901234567890", b"a", b"b", b"1"],
        vec![b"*", b"gone", b"1", b"1", b"T", b"20260301", b"1", b"", b"", b""],
        vec![b"", b"", b"", b"?", b"", b"", b"", b"", b""],
    ];
    let (main, index) = shp(&[point(15.26, 46.23), point(1.0, 1.0), (1, vec![])]);
    write(folder.path(), &[("a.shp", &main), ("a.shx", &index), ("a.dbf", &dbf(0, &columns, &rows))]);
    let read = read_file(&folder.path().join("a.shp"), options()).unwrap();
    assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings.details);
    let fields: Vec<_> = read.collection.fields.iter().map(|f| (f.name.as_str(), f.kind)).collect();
    use FieldType::{Boolean, Date, Integer, Real, Text};
    assert_eq!(
        fields,
        [
            ("CODE", Text),
            ("N", Integer),
            ("AREA", Real),
            ("DONE", Boolean),
            ("DAY", Date),
            ("WIDE", Text),
            ("code_", Text),
            ("CODE_2", Text)
        ]
    );
    let values: Vec<Json> = read.features[0].values.iter().map(FieldValue::to_json).collect();
    let wanted = json!(["007", 12, 1234.5, true, "2026-03-01", "12345678901234567890", "a", "b"]);
    assert_eq!(Json::from(values), wanted);
    assert_eq!(read.features.len(), 2, "the deleted row is left out");
    assert!(read.features[1].geometry.is_none() && read.features[1].values.iter().all(FieldValue::is_null));
    let lines = told(&read);
    for words in [
        "marked as deleted, and were left out: 1.",
        "'MEMO' is not read: it is a memo",
        "names no reference system",
        "one is read as 'CODE_2'",
    ] {
        assert!(lines.contains(words), "{words}: {lines}");
    }
}

#[test]
fn rings_become_polygons_with_their_holes() {
    let ring = |x: f64, y: f64, size: f64, clockwise: bool| {
        let mut ring = vec![[x, y], [x, y + size], [x + size, y + size], [x + size, y], [x, y]];
        if !clockwise {
            ring.reverse();
        }
        ring
    };
    let shapes = [
        (
            5,
            vec![
                ring(0.0, 0.0, 10.0, true),
                ring(1.0, 1.0, 2.0, false),
                ring(20.0, 0.0, 5.0, true),
                ring(21.0, 1.0, 1.0, false),
            ],
        ),
        // A hole before its outer ring; an outer ring that is counterclockwise; an island in a hole.
        (5, vec![ring(1.0, 1.0, 2.0, false), ring(0.0, 0.0, 10.0, true)]),
        (5, vec![ring(0.0, 0.0, 10.0, false)]),
        (
            5,
            vec![
                ring(0.0, 0.0, 10.0, true),
                ring(1.0, 1.0, 8.0, false),
                ring(2.0, 2.0, 5.0, true),
                ring(3.0, 3.0, 1.0, false),
            ],
        ),
    ];
    let read = read_bytes("a.shp", &shp(&shapes).0, options()).unwrap();
    assert_eq!(read.report.findings.errors, 0, "{:?}", read.report.findings.details);
    let holes: Vec<Vec<usize>> = read
        .features
        .iter()
        .map(|f| match &f.geometry {
            Some(Geometry::Polygon(p)) => vec![p.interiors().len()],
            Some(Geometry::MultiPolygon(m)) => m.iter().map(|p| p.interiors().len()).collect(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(holes, [vec![1, 1], vec![1], vec![0], vec![1, 1]]);
    assert!(told(&read).contains("There is no .dbf beside the .shp"));
}

#[test]
fn heights_are_dropped_and_told_and_multipatches_refused() {
    let read = read_bytes("a.shp", &shp(&[(11, vec![vec![[15.0, 46.0]]])]).0, options()).unwrap();
    assert_eq!((read.features.len(), read.report.repairs.flattened), (1, 1));
    let mut bodies = shp(&[point(1.0, 1.0)]).0;
    bodies[32] = 31;
    assert!(refusal(read_bytes("a.shp", &bodies, options())).contains("multipatches"));
}

#[test]
fn what_is_broken_is_refused_with_its_place() {
    let (main, index) = shp(&[point(15.0, 46.0), point(15.1, 46.1)]);
    let table = dbf(0, &[("N", b'N', 4, 0)], &[vec![b"1"], vec![b"2"]]);
    let with = |main: &[u8], table: &[u8], index: &[u8], prj: &str| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a.shp", main), ("a.dbf", table), ("a.shx", index), ("a.prj", prj.as_bytes())]);
        read_file(&folder.path().join("a.shp"), options())
    };
    assert_eq!(with(&main, &table, &index, "").unwrap().features.len(), 2);
    for (read, words) in [
        (with(&main[..main.len() - 4], &table, &index, ""), "feature 2"),
        (with(&main, &table[..table.len() - 4], &index, ""), "ends before its last row"),
        (with(&main[..60], &table, &index, ""), "not a shapefile, or it is cut short"),
        (with(&main, &table[..40], &index, ""), "heading of the table (.dbf) is broken"),
        (
            with(&main, &table, &index, "PROJCS["),
            "The .prj: The definition of the reference system cannot be read. Say --crs",
        ),
        (with(&main, &table, &index, &SLOVENIA.replace("0.9999", "0.9")), "no known grid has its parameters"),
    ] {
        let sentence = refusal(read);
        assert!(sentence.contains(words), "{words}: {sentence}");
    }
    // A file length of zero, or of 4 GB, in the heading.
    for length in [0_u32, u32::MAX] {
        let mut lying = main.clone();
        lying[24..28].copy_from_slice(&length.to_be_bytes());
        assert_eq!(with(&lying, &table, &[], "").unwrap().features.len(), 2, "{length}");
    }
    // A table that promises 4 billion rows.
    let mut lying = table.clone();
    lying[4..8].fill(0xff);
    assert!(refusal(with(&main, &lying, &index, "")).contains("ends before its last row"));
    let fewer = dbf(0, &[("N", b'N', 4, 0)], &[vec![b"1"]]);
    let read = with(&main, &fewer, &index, "").unwrap();
    assert_eq!(read.features.len(), 2);
    assert!(
        told(&read).contains("Shapes have no row in the table, so that they have no properties: 1."),
        "{}",
        told(&read)
    );
}

#[test]
fn a_zipped_shapefile_is_read_and_several_are_asked_about() {
    let (main, _) = shp(&[point(520_648.429_84, 121_273.945_26)]);
    let table = dbf(0, &[("IME", b'C', 10, 0)], &[vec![b"Kova\xe8i\xe8"]]);
    let files: [(&str, &[u8]); 4] = [
        ("data/Ulice.shp", &main),
        ("data/ULICE.DBF", &table),
        ("data/ulice.Prj", SLOVENIA.as_bytes()),
        ("data/ulice.cpg", b"1250"),
    ];
    let read = read_bytes("in.zip", &zip(&files), options()).unwrap();
    assert_eq!(texts(&read), ["Kovačič"]);
    assert_eq!(read.report.to_json()["sources"][0]["crs"], "EPSG:3794");
    let mut two = files.to_vec();
    two.extend([("parki.shp", &main[..]), ("parki.prj", SLOVENIA.as_bytes())]);
    let asked = refusal(read_bytes("in.zip", &zip(&two), options()));
    assert!(asked.contains("several layers: choose one of Ulice, parki with --layer NAME."), "{asked}");
    let layer = |name: &str| SourceOptions { layer: Some(name.into()), ..options() };
    assert_eq!(texts(&read_bytes("in.zip", &zip(&two), layer("ulice")).unwrap()), ["Kovačič"]);
    assert!(refusal(read_bytes("in.zip", &zip(&two), layer("trees"))).contains("no layer 'trees': choose one of"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damaged_bytes_never_end_in_a_panic(at in 0_usize..400, byte in any::<u8>(), cut in 0_usize..400, of_table in any::<bool>()) {
        let shapes = [(5, vec![vec![[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]], vec![[0.1, 0.2], [0.2, 0.3], [0.1, 0.2]]]), (5, vec![])];
        let (mut main, index) = shp(&shapes);
        let mut table = dbf(0, &[("IME", b'C', 10, 0), ("N", b'N', 5, 1)], &[vec![b"Kova\xe8", b"1.5"], vec![b"b", b"2"]]);
        let target = if of_table { &mut table } else { &mut main };
        let length = target.len();
        target[at % length] = byte;
        if cut < length {
            target.truncate(length - cut % 50);
        }
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &[("a.shp", &main), ("a.dbf", &table), ("a.shx", &index)]);
        let _ = read_file(&folder.path().join("a.shp"), options());
    }
}
